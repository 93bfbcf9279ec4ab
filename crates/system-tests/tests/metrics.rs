//! The example `metrics` as its operators meet it: scraped by a real Prometheus, to which every query of the
//! dashboard is put; and the alerts with their runbook.
//!
//! `cargo test` builds the example first. `cargo test --test metrics` alone does not, so then
//! `cargo build -p minwon-system-tests --example metrics` comes before it.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[path = "../../../tests/programs/mod.rs"]
#[allow(dead_code, reason = "this example has no end and no figures")]
mod programs;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use minwon::metrics::{LIMIT_HITS, METRICS};
use minwon_test_servers::PrometheusServer;
use serde_json::Value;

const ALERTS: &str = include_str!("../../../deploy/prometheus/alerts.yaml");
const ALERT_TESTS: &str = include_str!("../../../deploy/prometheus/alerts_test.yaml");
const DASHBOARD: &str = include_str!("../../../deploy/grafana/minwon.json");
const RUNBOOK: &str = include_str!("../../../docs/runbook.md");

/// Metrics that the example has no number of: nobody calls so often that a limit is hit.
const NOT_IN_EXAMPLE: [&str; 1] = [LIMIT_HITS.name];

/// The example while it runs.
struct Example {
    process: Child,
    /// Host and port.
    address: String,
}

impl Example {
    fn start() -> Self {
        let mut process = Command::new(programs::program("metrics"))
            .args(["--listen", "127.0.0.1:0", "--pause", "20"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("metrics: http://");
        let address = address.and_then(|it| it.strip_suffix("/metrics"));
        Self {
            address: address.unwrap_or_else(|| panic!("{line}")).to_owned(),
            process,
        }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // It may have ended by itself, and then the test has failed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The queries of the dashboard, as Grafana puts them for all namespaces.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels
        .filter_map(|panel| panel["targets"].as_array())
        .flatten();
    let queries = targets.map(|target| {
        let query = target["expr"].as_str().unwrap();
        let query = query.replace("$__rate_interval", "10s");
        query.replace("$namespace", ".*")
    });
    queries.collect()
}

/// The names of metrics in a text, without what histograms add.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let names = words.filter(|word| word.starts_with("minwon_"));
    let names = names.map(|name| {
        let of = ["_bucket", "_count", "_sum"].iter();
        let mut of = of.filter_map(|end| name.strip_suffix(end));
        of.next().unwrap_or(name)
    });
    names.collect()
}

/// Whether there is a number in an answer.
fn has_data(answer: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["status"], "success", "{answer}");
    let results = answer["data"]["result"].as_array().unwrap();
    let mut values = results.iter().map(|result| &result["value"][1]);
    values.any(|value| value != "NaN")
}

#[test]
fn every_query_of_the_dashboard_is_answered_by_a_prometheus_that_scraped_the_example() {
    let example = Example::start();
    let prometheus = PrometheusServer::scraping(&example.address);
    // From here on there is of each kind what the example has.
    for metric in ["minwon_letters_open", "minwon_append_conflicts_total"] {
        prometheus.wait_for(metric, has_data);
    }
    for query in queries() {
        let names = named(&query);
        if names.iter().any(|name| NOT_IN_EXAMPLE.contains(name)) {
            let (status, answer) = prometheus.query(&query);
            assert_eq!(status, 200, "{query}: {answer}");
            assert!(!has_data(&answer), "the example has it after all: {query}");
        } else {
            prometheus.wait_for(&query, has_data);
        }
    }
    let all = prometheus.wait_for("count by (__name__) ({job=\"minwon\"})", has_data);
    let listed: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
    let mut served = named(&all);
    served.extend(NOT_IN_EXAMPLE);
    assert_eq!(served, listed);
}

/// The dashboards and alerts ask for the least and the greatest of processes, of which some do not know.
#[test]
fn to_prometheus_what_is_not_a_number_is_neither_least_nor_greatest() {
    let prometheus = PrometheusServer::scraping("127.0.0.1:1");
    let both = "label_replace(vector(NaN), 'of', 'one', '', '') \
                or label_replace(vector(5), 'of', 'two', '', '')";
    for of in ["min", "max"] {
        let (_, answer) = prometheus.query(&format!("{of}({both})"));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["data"]["result"][0]["value"][1], "5", "{answer}");
    }
    let (_, answer) = prometheus.query("vector(NaN) > 300 or vector(NaN) < 300");
    assert!(!has_data(&answer), "no alert fires by it: {answer}");
}

fn promtool(arguments: &[&str], file: &str) {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/prometheus");
    let file: PathBuf = deploy.join(file);
    let output = Command::new("promtool").args(arguments).arg(file).output();
    let output = output.unwrap_or_else(|error| panic!("promtool: {error}; run ./test"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
}

#[test]
fn the_alerts_are_sound_and_each_fires_where_it_is_to_and_else_not() {
    promtool(&["check", "rules"], "alerts.yaml");
    promtool(&["test", "rules"], "alerts_test.yaml");
    for alert in alerts() {
        for case in ["fires", "silent"] {
            let test = format!("  name: {alert} {case}\n");
            assert!(ALERT_TESTS.contains(&test), "{alert} {case}");
        }
    }
}

fn alerts() -> Vec<&'static str> {
    let lines = ALERTS.lines();
    lines
        .filter_map(|line| line.strip_prefix("  - alert: "))
        .collect()
}

#[test]
fn each_alert_has_its_section_in_the_runbook_and_no_section_is_of_none() {
    let sections: Vec<_> = RUNBOOK
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    assert_eq!(sections, alerts());
    let mut links = ALERTS.lines().filter_map(|line| {
        let link = line.trim().strip_prefix("runbook_url: ")?;
        Some(link.split_once('#').unwrap().1)
    });
    for alert in alerts() {
        assert_eq!(links.next(), Some(&*alert.to_lowercase()));
    }
    for part in RUNBOOK.split("\n## ").skip(1) {
        for step in ["- **Look at**", "- **Do**"] {
            assert!(part.contains(step), "{step} in {part}");
        }
        let urgency = if part.contains("\n\nPage. ") {
            "page"
        } else {
            "ticket"
        };
        let alert = part.lines().next().unwrap();
        let rule = ALERTS
            .split("  - alert: ")
            .find(|rule| rule.lines().next() == Some(alert));
        let severity = format!("severity: {urgency}");
        assert!(
            rule.unwrap().contains(&severity),
            "{alert} is {urgency} in the runbook"
        );
    }
}

#[test]
fn alerts_dashboard_and_runbook_name_no_metric_that_there_is_not() {
    let listed: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
    let queries = queries().join("\n");
    for text in [ALERTS, ALERT_TESTS, RUNBOOK, &queries] {
        let unknown: Vec<_> = named(text).difference(&listed).copied().collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
