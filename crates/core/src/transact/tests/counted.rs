//! What is counted of commands.

use super::{
    account::{close, give, handler, pay_in, pay_out, stream},
    probe::{Fault, Probe},
};
use crate::{
    Command, CommandId,
    metrics::{APPEND_DURATION, COMMANDS, CONFLICTS, METRICS, MetricKind, RETRIES},
    testing::{KeptMetrics, MemoryStore},
};

#[test]
fn a_command_is_counted_by_what_became_of_it() {
    let kept = KeptMetrics::default();
    kept.during(|| {
        let handler = handler(&MemoryStore::new());
        give(&handler, &pay_in("a", 10)).unwrap();
        give(&handler, &pay_in("a", 10)).unwrap();
        assert!(give(&handler, &pay_out("b", 100)).is_err());
        let batch = [pay_in("a", 10), close("c")];
        futures_executor::block_on(handler.transact_all(&stream(), &batch)).unwrap();
        give(&handler, &close("d")).unwrap();
        let nil = Command {
            id: CommandId::from_bytes([0; 16]),
            ..close("e")
        };
        assert!(give(&handler, &nil).is_err());
    });
    let counted = kept.values(&COMMANDS);
    let counted: Vec<_> = counted
        .iter()
        .map(|(labels, n)| (&*labels[3], *n))
        .collect();
    let expected = [
        ("command_id", 1.0),
        ("done", 2.0),
        ("rejected", 1.0),
        ("repeated", 2.0),
        ("unchanged", 1.0),
    ];
    assert_eq!(counted, expected);
    let labels = ["general", "Account", "done"];
    assert_eq!(kept.value(&APPEND_DURATION, &labels), Some(2.0));
}

#[test]
fn conflicts_and_lost_answers_are_counted_as_such() {
    let (kept, store) = (KeptMetrics::default(), Probe::default());
    kept.during(|| {
        let handler = handler(&store).conflict_retries_max(2);
        give(&handler, &pay_in("before", 1)).unwrap();
        store.will(vec![Fault::Conflict; 3]);
        assert!(give(&handler, &pay_in("a", 10)).is_err());
        store.will(vec![Fault::LostRequest]);
        give(&handler, &pay_in("b", 10)).unwrap();
    });
    let account = ["general", "Account"];
    assert_eq!(kept.value(&CONFLICTS, &account), Some(3.0));
    let retries = |cause| kept.value(&RETRIES, &["general", "append", "Account", cause]);
    assert_eq!(retries("conflict"), Some(2.0));
    assert_eq!(retries("outcome_unknown"), Some(1.0));
    let appends = kept.values(&APPEND_DURATION);
    let appends: Vec<_> = appends
        .iter()
        .map(|(labels, n)| (&*labels[2], *n))
        .collect();
    // After what was contended the stream is guessed to be new, which the store refuses as well.
    let expected = [("conflict", 4.0), ("done", 2.0), ("outcome_unknown", 1.0)];
    assert_eq!(appends, expected);
    let contended = ["general", "Account", "command", "contended"];
    assert_eq!(kept.value(&COMMANDS, &contended), Some(1.0));
}

/// A stream that has begun is no other writer.
#[test]
fn to_find_that_a_stream_is_not_new_is_no_conflict() {
    let (kept, store) = (KeptMetrics::default(), MemoryStore::new());
    kept.during(|| {
        give(&handler(&store), &pay_in("a", 10)).unwrap();
        give(&handler(&store), &pay_in("b", 10)).unwrap();
    });
    assert_eq!(kept.values(&CONFLICTS).len(), 0);
}

#[test]
fn names_tell_kind_and_unit_and_no_label_is_an_id() {
    for metric in METRICS {
        let (name, is_counter) = (metric.name, metric.kind == MetricKind::Counter);
        assert!(name.starts_with("minwon_"), "{name}");
        assert_eq!(name.ends_with("_total"), is_counter, "{name}");
        let is_in_seconds = metric.unit.as_str() == "seconds";
        assert_eq!(name.ends_with("_seconds"), is_in_seconds, "{name}");
        for id in [
            "petition",
            "subject",
            "stream",
            "applicant",
            "actor",
            "event_id",
        ] {
            assert!(!metric.labels.contains(&id), "{name} by {id}");
        }
    }
    let mut names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), METRICS.len(), "each name is one metric's");
}
