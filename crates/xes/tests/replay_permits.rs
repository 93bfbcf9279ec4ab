//! The example `replay_permits` as its users meet it: a program with arguments, output and a store.
//!
//! `cargo test` builds it first. `cargo test --test replay_permits` alone does not, so then
//! `cargo build -p minwon-xes --example replay_permits` comes before it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use flate2::{Compression, write::GzEncoder};
use minwon::{
    Timestamp,
    adapters::sqlite::SqliteStore,
    engine::{
        CountCell, EventFilter, Generation, GenerationName, GlobalPosition, IndexName, ModelName,
        ReadModelStore, RecordedEvent, Slice, SliceWrites, Wanted, fold_log,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Beside this test in the target directory: `deps/replay_permits-…` and `examples/replay_permits`.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let name = format!("replay_permits{}", std::env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(name);
    assert!(
        program.is_file(),
        "{program:?} is missing: cargo build -p minwon-xes --example replay_permits"
    );
    program
}

/// A directory with logs in it and a store.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    fn log(&self, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("log.xes");
        fs::write(&path, content).unwrap();
        path
    }

    fn command(&self, log: &Path) -> Command {
        let mut command = Command::new(program());
        command
            .arg(log)
            .arg("--json")
            .arg("--data")
            .arg(self.data());
        command
    }

    fn run(&self, log: &Path) -> Output {
        self.command(log).output().unwrap()
    }

    /// The figures of the store after a run over this log, and its warnings.
    fn replay_warned(&self, log: &Path) -> (Value, String) {
        let output = self.run(log);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut figures: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
        let seconds = figures.as_object_mut().unwrap().remove("seconds");
        assert!(seconds.unwrap().as_f64().unwrap() > 0.0);
        (figures, stderr)
    }

    fn replay(&self, log: &Path) -> Value {
        let (figures, stderr) = self.replay_warned(log);
        assert_eq!(stderr, "", "a progress bar belongs on a terminal");
        figures
    }

    /// The error of a run over this log that has to fail.
    fn fail(&self, log: impl AsRef<[u8]>) -> String {
        let output = self.run(&self.log(log));
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }

    /// Everything in the store.
    fn events(&self) -> Vec<RecordedEvent> {
        let store = SqliteStore::open_read_only(self.data().join("petitions.db")).unwrap();
        let mut events = Vec::new();
        let keep = |event: &RecordedEvent| {
            events.push(event.clone());
            Ok::<_, Infallible>(())
        };
        let reading = fold_log(&store, GlobalPosition::START, EventFilter::all(), keep);
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(reading)
            .unwrap();
        events
    }

    /// The fields of the events whose type ends so.
    fn fields(&self, event_type: &str, name: &str) -> Vec<String> {
        let payload =
            |event: &RecordedEvent| -> Value { serde_json::from_slice(&event.payload).unwrap() };
        self.events()
            .iter()
            .filter(|event| event.event_type.as_str().ends_with(event_type))
            .map(|event| payload(event)[name].as_str().unwrap().to_owned())
            .collect()
    }
}

fn log(traces: &str) -> String {
    format!("<?xml version='1.0' encoding='UTF-8'?>\n<log xes.version='1.0'>{traces}</log>")
}

fn trace(content: impl AsRef<str>) -> String {
    format!("<trace>{}</trace>", content.as_ref())
}

fn string(key: &str, value: &str) -> String {
    format!("<string key='{key}' value='{value}'/>")
}

fn date(key: &str, value: &str) -> String {
    format!("<date key='{key}' value='{value}'/>")
}

fn event(activity: &str, time: &str) -> String {
    let activity = string("concept:name", activity);
    format!("<event>{activity}{}</event>", date("time:timestamp", time))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The figures of a single run over a log.
fn figures(content: impl AsRef<[u8]>) -> Value {
    let place = Place::new();
    place.replay(&place.log(content))
}

/// The figures, but for those by name.
fn check_counts(figures: &Value, petitions: u64, events_read: u64, completed: u64, late: u64) {
    let expected = [petitions, events_read, completed, late];
    let names = ["petitions", "events_read", "completed", "late"];
    assert_eq!(names.map(|name| figures[name].as_u64().unwrap()), expected);
}

const MORNING: &str = "2011-10-11T09:00:00+02:00";
const NOON: &str = "2011-10-11T12:00:00+02:00";
const EVENING: &str = "2011-10-11T18:00:00.5+02:00";

/// Cases of all sorts; a good number of them, so that many are recorded at a time.
fn town(cases: usize) -> String {
    let case = |number: usize| {
        let channel = ["Internet", "Desk", "Post"][number % 3];
        let mut content = string("concept:name", &format!("case-{number}"));
        content += &string("channel", channel);
        content += &date("deadline", NOON);
        match number % 4 {
            0 => content += &date("enddate", MORNING),
            1 => content += &date("enddate", EVENING),
            _ => {}
        }
        for step in 0..number % 7 {
            let name = format!("T{} of case {}", step, number % 5);
            content += &event(&name, MORNING);
        }
        trace(content)
    };
    (0..cases).map(case).collect()
}

#[test]
fn the_real_log_comes_out_as_its_authors_describe_it() {
    let shared = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/receipt.xes.gz"
    );
    let path = Path::new(shared);
    if !path.is_file() {
        println!("skipped: {shared} is not there");
        return;
    }
    let place = Place::new();
    let first = place.replay(path);
    // Counted in the XML by other means.
    check_counts(&first, 1434, 8577, 1329, 377);
    assert_eq!(
        first["by_channel"],
        json!({"Internet": 1250, "Desk": 109, "Post": 53, "e-mail": 21, "Intern": 1})
    );
    assert_eq!(
        first["by_department"],
        json!({"General": 1390, "Customer contact": 29, "Experts": 15})
    );
    let last = &first["by_last_activity"];
    assert_eq!(last["T10 Determine necessity to stop indication"], 828);
    assert_eq!(last["T05 Print and send confirmation of receipt"], 400);
    assert_eq!(last.as_object().unwrap().len(), 14);

    let stored = place.events().len();
    assert_eq!(stored, 2 * 1434 + 8577 + 1329);
    assert_eq!(place.replay(path), first);
    assert_eq!(
        place.events().len(),
        stored,
        "the second run added something"
    );
}

#[test]
fn a_log_without_attributes_of_cases_is_replayed() {
    let traces = [
        trace(event("a", MORNING) + &event("b", NOON)),
        trace(event("a", NOON)),
    ];
    let figures = figures(log(&traces.concat()));
    check_counts(&figures, 2, 3, 0, 0);
    assert_eq!(figures["by_channel"], json!({"(none)": 2}));
    assert_eq!(figures["by_department"], json!({"(none)": 2}));
    assert_eq!(figures["by_last_activity"], json!({"a": 1, "b": 1}));
}

#[test]
fn the_form_of_the_file_does_not_matter() {
    let plain = log(&town(30));
    let expected = figures(&plain);
    check_counts(&expected, 30, 85, 16, 8);
    assert_eq!(figures(gzip(plain.as_bytes())), expected);
    assert_eq!(
        figures([b"\xef\xbb\xbf", plain.as_bytes()].concat()),
        expected
    );
    let latin = plain.replace("UTF-8", "ISO-8859-1");
    assert_eq!(figures(gzip(latin.as_bytes())), expected);
}

#[test]
fn nested_attributes_belong_to_no_case() {
    let nested = format!(
        "<string key='cost' value='7'>{}{}</string><list key='more'><values>{}</values></list>",
        string("channel", "inner"),
        date("enddate", NOON),
        string("department", "inner"),
    );
    let own = string("channel", "outer") + &string("department", "outer");
    let step = event("a", MORNING).replace("</event>", &(nested.clone() + "</event>"));
    let figures = figures(log(&trace(nested + &own + &step)));
    check_counts(&figures, 1, 1, 0, 0);
    assert_eq!(figures["by_channel"], json!({"outer": 1}));
    assert_eq!(figures["by_department"], json!({"outer": 1}));
}

#[test]
fn steps_keep_the_order_of_the_document() {
    // At one time, one after the other twice the same, and one out of order.
    let steps = [
        ("b", NOON),
        ("a", NOON),
        ("a", NOON),
        ("a", NOON),
        ("c", MORNING),
    ];
    let events: String = steps.iter().map(|(name, time)| event(name, time)).collect();
    let place = Place::new();
    let path = place.log(log(&trace(date("enddate", MORNING) + &events)));
    let first = place.replay(&path);
    check_counts(&first, 1, 5, 1, 0);
    assert_eq!(first["by_last_activity"], json!({"c": 1}));
    assert_eq!(place.replay(&path), first);
    assert_eq!(
        place.fields("ProgressRecorded", "activity"),
        ["b", "a", "a", "a", "c"]
    );
    let noted_at = place.fields("ProgressRecorded", "noted_at");
    assert_eq!(noted_at[0], "2011-10-11T10:00:00Z", "the original time");
    let events = place.events();
    let completed = events.last().unwrap();
    assert!(completed.event_type.as_str().ends_with("Completed"));
    let ended_at = completed.metadata.occurred_at().to_string();
    assert_eq!(ended_at, "2011-10-11T07:00:00Z");
}

#[test]
fn cases_without_a_name_and_with_the_same_are_each_a_petition() {
    let unnamed = trace(event("a", MORNING));
    let named = trace(string("concept:name", "twin") + &event("a", MORNING));
    let traces = [&*unnamed, &unnamed, &named, &named, "<trace/>", "<trace/>"].concat();
    let place = Place::new();
    let path = place.log(log(&traces));
    let first = place.replay(&path);
    check_counts(&first, 6, 4, 0, 0);
    assert_eq!(first["by_last_activity"], json!({"a": 4, "(none)": 2}));
    assert_eq!(place.replay(&path), first);
    let numbers = place.fields("ApplicationReceived", "receipt_number");
    assert_eq!(numbers.iter().filter(|number| *number == "twin").count(), 2);
}

#[test]
fn another_log_adds_its_own_petitions() {
    let place = Place::new();
    place.replay(&place.log(log(&trace(event("a", MORNING)))));
    let both = place.replay(&place.log(log(&trace(event("b", MORNING)))));
    check_counts(&both, 2, 2, 0, 0);
}

#[test]
fn missing_times_are_those_around_them() {
    let check = |content: String, noted_at: [&str; 2]| {
        let place = Place::new();
        place.replay(&place.log(log(&trace(content))));
        assert_eq!(place.fields("ProgressRecorded", "noted_at"), noted_at);
        assert_eq!(place.fields("Submitted", "submitted_at"), [noted_at[0]]);
    };
    let (morning, noon) = ("2011-10-11T07:00:00Z", "2011-10-11T10:00:00Z");
    let start = "2011-10-10T00:00:00Z";
    let without = "<event><string key='concept:name' value='x'/></event>";
    let started = date("startdate", start);
    check(event("a", MORNING) + without, [morning, morning]);
    check(started + without + &event("a", MORNING), [start, morning]);
    check(without.to_owned() + &event("a", NOON), [noon, noon]);
    check(without.repeat(2), ["1970-01-01T00:00:00Z"; 2]);
}

#[test]
fn an_empty_event_is_a_step_all_the_same() {
    let place = Place::new();
    let figures = place.replay(&place.log(log(&trace("<event/>"))));
    check_counts(&figures, 1, 1, 0, 0);
    assert_eq!(figures["by_last_activity"], json!({"(unnamed)": 1}));
    assert_eq!(place.fields("ProgressRecorded", "officer"), ["unknown"]);
}

#[test]
fn only_a_real_end_date_completes_a_petition() {
    let ended = |end: &str| {
        let deadline = date("deadline", NOON);
        trace(deadline + &date("enddate", end) + &event("a", MORNING))
    };
    let traces = [
        ended("1970-01-01T00:00:00+01:00"),
        ended("1969-12-31T23:00:00.000Z"),
        ended(""),
        ended(NOON),
        ended("2011-10-11T12:00:00.001+02:00"),
        trace(date("enddate", EVENING) + &event("a", MORNING)),
    ];
    let place = Place::new();
    let (figures, warning) = place.replay_warned(&place.log(log(&traces.concat())));
    check_counts(&figures, 6, 6, 3, 1);
    assert!(warning.contains("1 dates are empty or none"), "{warning}");
}

#[test]
fn a_case_of_1960_is_completed_then() {
    let place = Place::new();
    let steps = event("a", "1960-05-01T09:00:00Z");
    let path = place.log(log(&trace(
        date("enddate", "1960-06-01T09:00:00Z") + &steps,
    )));
    check_counts(&place.replay(&path), 1, 1, 1, 0);
    let ended_at = place.events().last().unwrap().metadata.occurred_at();
    assert_eq!(ended_at.to_string(), "1960-06-01T09:00:00Z");
}

#[test]
fn dates_that_are_none_and_padding_are_reported_and_stop_nothing() {
    let times = [
        "",
        "24:00:00",
        "2016-12-31T24:00:00Z",
        "2016-12-31T23:59:60Z",
    ];
    let steps: String = times.iter().map(|time| event("a", time)).collect();
    let padded = [gzip(log(&trace(steps)).as_bytes()), vec![0; 512]].concat();
    let place = Place::new();
    let path = place.log(padded);
    let (figures, warning) = place.replay_warned(&path);
    check_counts(&figures, 1, 4, 0, 0);
    for part in [
        "2 dates are empty or none and count as missing; the first: `time:timestamp` of case 0",
        "2 dates are written as hour 24 or second 60",
        "512 zero bytes",
    ] {
        assert!(warning.contains(part), "{part:?} is missing in {warning}");
    }
    let new_year = ["2017-01-01T00:00:00Z"; 4];
    assert_eq!(place.fields("ProgressRecorded", "noted_at"), new_year);
    assert_eq!(place.replay_warned(&path).0, figures);
}

#[test]
fn a_log_that_is_too_large_is_refused_unless_the_limit_is_raised() {
    let place = Place::new();
    let path = place.log(log(&trace(event("a", MORNING)).repeat(3)));
    let run = |option: &str, most: &str| {
        let output = place.command(&path).args([option, most]).output().unwrap();
        (
            output.status.success(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    for (option, says) in [
        ("--cases-max", "more than 2 cases"),
        ("--bytes-max", "more than 2 bytes"),
    ] {
        let (success, error) = run(option, "2");
        assert!(!success);
        assert!(
            error.contains(says) && error.contains("raise the limit"),
            "{error}"
        );
    }
    assert!(run("--cases-max", "3").0);
}

#[test]
fn a_case_without_steps_can_be_completed() {
    let place = Place::new();
    let dates = date("deadline", NOON) + &date("enddate", EVENING);
    let path = place.log(log(&trace(dates)));
    let first = place.replay(&path);
    check_counts(&first, 1, 0, 1, 1);
    assert_eq!(first["by_last_activity"], json!({"(none)": 1}));
    assert_eq!(place.replay(&path), first);
}

#[test]
fn long_cases_and_late_attributes_are_replayed() {
    let steps = |count: usize| -> String {
        let step = |number| event(&format!("step {number}"), MORNING);
        (0..count).map(step).collect()
    };
    let attributes = [
        string("concept:name", "long"),
        string("channel", "Desk"),
        string("department", "Experts"),
        date("deadline", MORNING),
        date("enddate", NOON),
    ];
    let place = Place::new();
    let path = place.log(log(&trace(steps(2500) + &attributes.concat())));
    let first = place.replay(&path);
    check_counts(&first, 1, 2500, 1, 1);
    assert_eq!(first["by_channel"], json!({"Desk": 1}));
    assert_eq!(first["by_department"], json!({"Experts": 1}));
    assert_eq!(first["by_last_activity"], json!({"step 2499": 1}));
    assert_eq!(place.replay(&path), first);
    let in_order = (0..2500).map(|number| format!("step {number}"));
    assert!(
        place
            .fields("ProgressRecorded", "activity")
            .into_iter()
            .eq(in_order)
    );

    // Longer than a case is held back for its attributes, and its end still counts.
    let place = Place::new();
    let path = place.log(log(&trace(steps(10_001) + &attributes.concat())));
    let (figures, warning) = place.replay_warned(&path);
    check_counts(&figures, 1, 10_001, 1, 0);
    assert_eq!(figures["by_channel"], json!({"(none)": 1}));
    assert!(
        warning.contains("1 cases have more than 10000 events"),
        "{warning}"
    );
    assert_eq!(place.replay_warned(&path).0, figures);
}

#[test]
fn values_that_do_not_fit_are_shortened_and_reported() {
    let long = "x".repeat(300);
    let person = string("org:resource", "Sue Smith");
    let step = event(&long, MORNING).replace("</event>", &(person + "</event>"));
    let attributes = string("channel", "by\tpigeon") + &string("concept:name", "case 1");
    let place = Place::new();
    let (figures, warning) = place.replay_warned(&place.log(log(&trace(attributes + &step))));
    check_counts(&figures, 1, 1, 0, 0);
    assert_eq!(figures["by_channel"], json!({"by pigeon": 1}));
    let shortened = format!("{}…", "x".repeat(197));
    assert_eq!(figures["by_last_activity"], json!({shortened: 1}));
    assert!(warning.starts_with("warning: 1 texts"), "{warning}");
    assert!(warning.contains("2 ids"), "{warning}");
    assert!(place.fields("ProgressRecorded", "officer")[0].starts_with("xes-"));
}

#[test]
fn what_stands_before_a_malformed_place_stays_and_the_mended_log_goes_on() {
    let whole = log(&town(300));
    let broken = whole.find("case-200").unwrap();
    let broken = [&whole[..broken], "case-&bad;", &whole[broken + 8..]].concat();
    let place = Place::new();
    let error = place.fail(broken);
    for part in [
        "error: ",
        "log.xes",
        "line 2, byte ",
        "fix it",
        "caused by: ",
    ] {
        assert!(error.contains(part), "{part:?} is missing in {error}");
    }
    let submitted = place.fields("ApplicationSubmitted", "channel").len();
    assert_eq!(submitted, 200);
    let fixed = place.replay(&place.log(&whole));
    assert_eq!(fixed, figures(&whole));
}

#[test]
fn a_missing_log_leaves_no_store() {
    let place = Place::new();
    let missing = place.0.path().join("missing.xes");
    let output = place.run(&missing);
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("missing.xes") && error.contains("caused by: "),
        "{error}"
    );
    assert!(!place.data().exists());
}

#[test]
fn a_file_that_is_no_log_is_refused() {
    let error = Place::new().fail("case,activity\n1,a\n");
    assert!(error.contains("log.xes"), "{error}");
}

#[test]
fn a_log_that_changed_is_not_mixed_with_what_was_recorded() {
    let case = |second: &str, end: &str| {
        let steps = event("a", MORNING) + &event(second, NOON);
        log(&trace(date("enddate", end) + &steps))
    };
    let place = Place::new();
    let before = place.replay(&place.log(case("b", NOON)));
    for (changed, what) in [
        (case("c", NOON), "step c of 2011-10-11T10:00:00Z"),
        (case("b", EVENING), "in its end"),
        (
            case("b", NOON).replace("</trace>", &(event("c", NOON) + "</trace>")),
            "completed",
        ),
    ] {
        let error = place.fail(changed);
        assert!(error.contains(what), "{what:?} is missing in {error}");
        assert!(error.contains("new directory"), "{error}");
    }
    assert_eq!(place.replay(&place.log(case("b", NOON))), before);

    // What only grew is continued.
    let open = |steps: String| log(&trace(string("name", "open") + &steps));
    place.replay(&place.log(open(event("a", MORNING))));
    let grown = place.replay(&place.log(open(event("a", MORNING) + &event("b", NOON))));
    check_counts(&grown, 2, 4, 1, 0);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_half_way_is_completed_by_the_next() {
    let whole = log(&town(4000));
    let expected = figures(&whole);
    let place = Place::new();
    let mut child = place
        .command(Path::new("/dev/stdin"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The log never ends, so the run cannot be over before it is killed; and it reads only a
    // little ahead of what it records, so most of this half is in the store by then.
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all(&whole.as_bytes()[..whole.len() / 2])
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();

    let mut per_petition = BTreeMap::<_, u64>::new();
    for event in place.events() {
        *per_petition.entry(event.stream.to_string()).or_default() += 1;
    }
    let petitions = per_petition.len();
    assert!((500..2001).contains(&petitions), "{petitions} petitions");
    assert_eq!(place.replay(&place.log(&whole)), expected);
}

/// One count too many, as from a hand in the database.
#[tokio::test]
async fn a_read_model_that_was_changed_is_noticed() {
    let place = Place::new();
    let log = place.log(log(&trace(event("a", MORNING))));
    place.replay(&log);
    let slice = GenerationName {
        model: ModelName {
            namespace: "general".parse().unwrap(),
            projection: "permits".parse().unwrap(),
        },
        generation: Generation::FIRST,
    }
    .slice(Slice::new(3));
    let store = SqliteStore::open(place.data().join("petitions.db")).unwrap();
    let checkpoint = store.load(&slice, &Wanted::default()).await.unwrap();
    let checkpoint = checkpoint.checkpoint.unwrap();
    let mut elsewhere = checkpoint.clone();
    elsewhere.recorded_at = Timestamp::UNIX_EPOCH;
    let cell = CountCell {
        index: IndexName::new("state"),
        group: "all".into(),
        member: "late".into(),
    };
    let writes = SliceWrites {
        counts: vec![(cell, 1)],
        ..SliceWrites::default()
    };
    // There and back: a checkpoint that does not fit the log would begin the slice anew.
    let changed = store.commit(&slice, Some(&checkpoint), &elsewhere, &writes);
    changed.await.unwrap();
    let nothing = SliceWrites::default();
    let back = store.commit(&slice, Some(&elsewhere), &checkpoint, &nothing);
    back.await.unwrap();
    drop(store);
    let output = place.run(&log);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(
        stderr.contains("completed is 1 in the read model and 0 in the log"),
        "{stderr}"
    );
}
