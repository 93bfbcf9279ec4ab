//! What a service says of itself in numbers: above all, that none of them lies.

use std::{collections::BTreeMap, num::NonZeroUsize};

use minwon_core::{
    metrics::{
        COMMANDS, DUES_MISSED, DUES_TODAY, ENDING, EVENTS_PROJECTED, LAG_EVENTS, LAG_SECONDS,
        LETTERS, LETTERS_OPEN, LIMIT_HITS, LIVE, METRICS, Metric, NOTICES, OLDEST_LETTER,
        OLDEST_WAITING, PART_STATE, PART_WAITING, QUEUED_EVENTS, REACTIONS, READY,
        REBUILD_PROGRESS, REPORTED, RETRIES, STARTED, WAITERS,
    },
    testing::KeptMetrics,
};
use minwon_projections::ProjectorOptions;

use super::*;
use crate::{PetitionService, service::Limits};

const HOUR: Duration = Duration::from_secs(3_600);
const GENERAL: &str = "general";

/// The numbers of a metric, by the labels after the namespace.
fn by(kept: &KeptMetrics, metric: &Metric) -> BTreeMap<String, f64> {
    let values = kept.values(metric).into_iter();
    let values = values.map(|(labels, value)| {
        assert_eq!(labels[0], GENERAL, "{}", metric.name);
        (labels[1..].join(" "), value)
    });
    values.collect()
}

/// The numbers of the slices of a part.
fn of_slices(kept: &KeptMetrics, metric: &Metric, part: &str) -> Vec<f64> {
    let values = kept.values(metric).into_iter();
    let of = values.filter(|(labels, _)| labels[1] == part);
    of.map(|(_, value)| value).collect()
}

/// Runs a test in paused time, with its metrics kept.
fn kept(test: impl AsyncFnOnce(&KeptMetrics)) {
    let kept = KeptMetrics::default();
    kept.during(|| run(test(&kept)));
}

#[test]
fn of_a_service_at_work_all_is_well_and_counted() {
    kept(async |kept| {
        let world = World::new();
        let service = world.start();
        world.issue_now(&service, "p-1").await.unwrap();
        let filed = world.file(&service, "p-2", ServiceType::DeadlineBound);
        filed.await.unwrap();
        service.settled().await.unwrap();
        world.clock.sleep(HOUR).await;
        service.report_metrics().await;

        let general = [GENERAL];
        assert_eq!(kept.value(&READY, &general), Some(1.0));
        assert_eq!(kept.value(&LIVE, &general), Some(1.0));
        assert_eq!(kept.value(&STARTED, &general), Some(1.0));
        assert_eq!(kept.value(&ENDING, &general), Some(0.0));
        for (part, state) in service
            .health()
            .parts
            .iter()
            .map(|it| (&it.part, &it.state))
        {
            let is = |state| kept.value(&PART_STATE, &[GENERAL, part, state]);
            assert_eq!(is("running"), Some(1.0), "{part} {state:?}");
            assert_eq!((is("paused"), is("failed")), (Some(0.0), Some(0.0)));
            assert_eq!(kept.value(&PART_WAITING, &[GENERAL, part]), Some(0.0));
        }
        let lags = [by(kept, &LAG_EVENTS), by(kept, &LAG_SECONDS)];
        for lag in lags {
            assert_eq!(
                lag.len(),
                6 * 16,
                "each slice of each part that follows the log"
            );
            assert!(lag.values().all(|lag| *lag == 0.0), "{lag:?}");
        }
        let zeros = |metric| by(kept, metric).into_values().all(|value| value == 0.0);
        assert!(zeros(&OLDEST_WAITING) && zeros(&QUEUED_EVENTS) && zeros(&WAITERS));
        assert_eq!(by(kept, &REBUILD_PROGRESS).into_values().sum::<f64>(), 2.0);
        assert_eq!(by(kept, &REPORTED).into_values().sum::<f64>(), 3.0);
        assert_eq!(kept.values(&LETTERS_OPEN).len(), 0);
        assert_eq!(kept.value(&OLDEST_LETTER, &general), Some(0.0));

        let command = ["GeneralApplication", "Submit", "done"].join(" ");
        assert_eq!(by(kept, &COMMANDS)[&command], 2.0);
        assert_eq!(by(kept, &NOTICES)["received sent"], 2.0);
        assert_eq!(
            by(kept, &EVENTS_PROJECTED)["projection petitions"],
            world.log_length() as f64
        );
        let reactions = by(kept, &REACTIONS);
        assert!(
            reactions.keys().all(|it| it.ends_with(" done")),
            "{reactions:?}"
        );
        service.stop().await;
        service.report_metrics().await;
        assert_eq!(kept.value(&ENDING, &general), Some(1.0));
        let stopped = kept.value(&PART_STATE, &[GENERAL, "reactor issuance", "stopped"]);
        assert_eq!(stopped, Some(1.0));
    });
}

/// A gauge that stands still with its part would say that all is well.
#[test]
fn what_a_part_that_has_ended_does_not_do_grows_older() {
    kept(async |kept| {
        let mut world = World::new();
        world.breaks_letters = true;
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        for hours in 1..=2 {
            world.clock.sleep(HOUR).await;
            service.report_metrics().await;
            let broken = "projection letters";
            let lag = of_slices(kept, &LAG_SECONDS, broken);
            let least = (HOUR * hours).as_secs_f64();
            assert_eq!(lag.len(), 16);
            assert!(lag.iter().all(|lag| *lag >= least), "{hours} {lag:?}");
            assert!(kept.value(&OLDEST_WAITING, &[GENERAL, broken]) >= Some(least));
            let events = of_slices(kept, &LAG_EVENTS, broken);
            assert!(events.iter().all(|events| *events >= 2.0), "{events:?}");
            assert!(kept.value(&PART_WAITING, &[GENERAL, broken]) >= Some(least - 1.0));
            assert_eq!(
                kept.value(&PART_STATE, &[GENERAL, broken, "failed"]),
                Some(1.0)
            );
            let others = of_slices(kept, &LAG_SECONDS, "projection petitions");
            assert!(others.iter().all(|lag| *lag == 0.0), "{others:?}");
        }
        assert_eq!(kept.value(&LIVE, &[GENERAL]), Some(0.0));
        service.stop().await;
    });
}

/// What nobody knows is not a number, however often it was one.
#[test]
fn while_the_store_is_away_nothing_is_said_of_what_only_it_knows() {
    kept(async |kept| {
        let world = World::new();
        let service = world.start();
        world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        for (is_away, is_slow) in [(false, false), (true, false), (false, false), (false, true)] {
            world.hide_events(is_away);
            world.slow_reads_down(is_slow);
            let began = world.clock.now();
            service.report_metrics().await;
            let took = world.clock.now().unix_micros() - began.unix_micros();
            assert!(
                took <= 2_000_000,
                "whoever asks does not wait for long: {took} µs"
            );
            let is_away = is_away || is_slow;
            let (lags, reported) = (by(kept, &LAG_SECONDS), by(kept, &REPORTED));
            assert!(lags.values().all(|lag| lag.is_nan() == is_away), "{lags:?}");
            let is_known = f64::from(u8::from(!is_away));
            assert_eq!((reported["log"], reported["letters"]), (is_known, is_known));
            assert_eq!(reported["dues"], 1.0, "the read model answers");
            let oldest = kept.value(&OLDEST_LETTER, &[GENERAL]).unwrap();
            assert_eq!(oldest.is_nan(), is_away);
        }
        service.stop().await;
    });
}

#[test]
fn dues_are_counted_as_the_read_model_shows_them() {
    kept(async |kept| {
        let mut world = World::new();
        world.look_wait = HOUR;
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        service.settled().await.unwrap();
        let mut seen = Vec::new();
        // Each day of a month, in Seoul.
        for _ in 0..30 {
            service.report_metrics().await;
            let dues = [&DUES_TODAY, &DUES_MISSED].map(|it| kept.value(it, &[GENERAL]).unwrap());
            if seen.last() != Some(&dues) {
                seen.push(dues);
            }
            world.clock.sleep(24 * HOUR).await;
        }
        assert_eq!(seen, [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]);
        service.stop().await;
    });
}

#[test]
fn letters_are_counted_by_cause_and_age_and_none_stays_that_was_seen_to() {
    kept(async |kept| {
        let world = World::new();
        world.refuse_notices();
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        service.settled().await.unwrap();
        let open = || {
            let open = by(kept, &LETTERS_OPEN).into_iter();
            open.filter(|(_, letters)| *letters > 0.0)
                .collect::<Vec<_>>()
        };
        let of = |age: &str| [(format!("notifications handler {age}"), 1.0)];
        service.report_metrics().await;
        assert_eq!(open(), of("hour"));
        world.clock.sleep(2 * HOUR).await;
        service.report_metrics().await;
        assert_eq!(open(), of("day"));
        let oldest = kept.value(&OLDEST_LETTER, &[GENERAL]);
        assert!(oldest >= Some(2.0 * HOUR.as_secs_f64()), "{oldest:?}");
        assert_eq!(by(kept, &LETTERS)["notifications handler"], 1.0);
        let retries = by(kept, &RETRIES);
        assert!(
            retries["part reactor notifications handler"] >= 1.0,
            "{retries:?}"
        );
        service.stop().await;
    });
}

/// Its new process says how far it is; here it is not known any more.
#[test]
fn a_slice_that_another_process_took_over_is_not_reported_any_more() {
    kept(async |kept| {
        let mut world = World::new();
        world.member = Some("one");
        let options = || ProjectorOptions::default().look_wait(Duration::from_secs(1));
        let one = world.start_on(world.read_models.clone(), options());
        world.issue_now(&one, "p-1").await.unwrap();
        one.settled().await.unwrap();
        one.report_metrics().await;
        let known = |part| {
            let lags = of_slices(kept, &LAG_SECONDS, part);
            lags.into_iter().filter(|lag| !lag.is_nan()).count()
        };
        let parts = ["projection petitions", "reactor issuance"];
        assert_eq!(parts.map(known), [16; 2]);
        world.member = Some("two");
        let two = world.start_on(world.read_models.clone(), options());
        world.clock.sleep(HOUR / 10).await;
        one.report_metrics().await;
        assert_eq!(parts.map(known), [8; 2]);
        two.stop().await;
        one.stop().await;
    });
}

#[test]
fn what_is_refused_since_there_is_too_much_is_counted() {
    kept(async |kept| {
        let world = World::new();
        let service = PetitionService::builder(world.namespace(), world.read_models.clone())
            .limits(
                Limits::default()
                    .calls_max(NonZeroUsize::MIN)
                    .waiting_calls_max(0),
            )
            .start();
        let turn = service.enter().await.unwrap();
        service.report_metrics().await;
        assert!(service.enter().await.is_err());
        let calls = by(kept, &LIMIT_HITS);
        assert_eq!(calls["calls"], 1.0);
        let [calls, waiting] = [
            &minwon_core::metrics::CALLS,
            &minwon_core::metrics::CALLS_WAITING,
        ]
        .map(|it| kept.value(it, &[GENERAL]));
        assert_eq!((calls, waiting), (Some(1.0), Some(0.0)));
        drop(turn);
        service.stop().await;
    });
}

/// The list of metrics, as the documentation has it.
#[test]
fn the_documentation_has_a_row_for_each_metric_and_no_other() {
    let documented = include_str!("../../../docs/metrics.md").lines();
    let documented = documented.filter(|line| line.starts_with("| `minwon_"));
    let listed = METRICS.iter().map(|it| {
        let labels = it.labels.iter().map(|label| format!("`{label}`"));
        let labels = labels.collect::<Vec<_>>().join(", ");
        let (kind, unit) = (it.kind.as_str(), it.unit.as_str());
        format!(
            "| `{}` | {kind} | {unit} | {labels} | {} |",
            it.name, it.meaning
        )
    });
    assert_eq!(documented.collect::<Vec<_>>(), listed.collect::<Vec<_>>());
}
