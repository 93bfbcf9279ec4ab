//! The steps of a petition and their times.

use super::*;
use crate::view::{NEWEST_STEPS_MAX, StepKind, Timeline};

fn steps(timeline: &Timeline) -> Vec<(&'static str, String)> {
    timeline
        .steps()
        .iter()
        .map(|step| (step.what.as_str(), step.at.to_string()))
        .collect()
}

#[test]
fn steps_stand_in_the_logs_order_at_their_own_times() {
    let view = shown([
        filed(submitted()),
        filed(received()),
        issued(1, requested()),
        filed(progress()),
        filed(supplement_requested()),
        filed(supplemented()),
        filed(withdrawn()),
    ]);
    let expected = [
        // To the full second; the submission itself is recorded exactly.
        ("submitted", "2026-03-09T00:00:00Z"),
        ("received", "2026-03-09T01:00:00Z"),
        ("document-requested", "2026-03-20T06:00:00Z"),
        ("progress", "2026-03-10T01:00:00Z"),
        ("supplement-requested", "2026-03-10T02:00:00Z"),
        ("supplemented", "2026-03-12T00:00:00Z"),
        ("withdrawn", "2026-03-20T06:00:00Z"),
    ];
    assert_eq!(
        steps(&view.timeline),
        expected.map(|(what, at)| (what, at.to_owned()))
    );
    assert_eq!(view.last_step().unwrap().what, StepKind::Withdrawn);
}

#[test]
fn what_time_and_registers_did_stands_at_its_own_time() {
    let view = shown([
        filed(submitted()),
        filed(received()),
        issued(1, requested()),
        issued(1, identity_verified()),
        issued(1, fee_paid()),
        issued(1, source_requested(1)),
        issued(1, source_failed(1)),
        filed(progress_notified(1)),
        filed(deadline_missed()),
        filed(supplement_requested()),
        filed(reminder_issued()),
    ]);
    let found = steps(&view.timeline);
    let expected = [
        (5, ("source-requested", "2026-03-09T01:00:01Z")),
        (6, ("source-failed", "2026-03-09T01:00:02Z")),
        (7, ("progress-notified", "2026-04-08T01:00:00Z")),
        (8, ("deadline-missed", "2026-03-18T00:00:00Z")),
        (10, ("reminded", "2026-03-21T00:00:00Z")),
    ];
    for (place, (what, at)) in expected {
        assert_eq!(found[place], (what, at.to_owned()));
    }
}

#[test]
fn an_issued_document_stands_at_the_time_of_issue() {
    let mut events = document(1, document_issued());
    events.push(issued(1, document_revoked()));
    let found: Vec<_> = steps(&shown(events).timeline);
    let kinds: Vec<_> = found.iter().map(|(what, _)| *what).collect();
    assert_eq!(
        kinds,
        [
            "document-requested",
            "identity-verified",
            "fee-paid",
            "document-issued",
            "document-revoked",
        ]
    );
    assert_eq!(found[3].1, "2026-03-09T01:00:03Z");
}

#[test]
fn a_long_life_keeps_its_first_and_its_newest_steps() {
    let life = |notes: usize| {
        let minute =
            |n: u64| Timestamp::UNIX_EPOCH.saturating_add(std::time::Duration::from_secs(n * 60));
        let notes = (0_u64..).map(minute).take(notes).map(|noted_at| {
            filed(ProgressRecorded {
                noted_at,
                ..progress()
            })
        });
        let opened = [filed(submitted()), filed(received())];
        shown(opened.into_iter().chain(notes)).timeline
    };
    let full = life(NEWEST_STEPS_MAX - 1);
    assert_eq!(
        (full.steps().len(), full.left_out()),
        (NEWEST_STEPS_MAX + 1, 0)
    );

    let over = life(NEWEST_STEPS_MAX + 9);
    assert_eq!(
        (over.steps().len(), over.left_out()),
        (NEWEST_STEPS_MAX + 1, 10)
    );
    assert_eq!(over.steps()[0].what, StepKind::Submitted);
    // The receipt and the first nine notes are gone.
    let found = steps(&over);
    assert_eq!(found[1], ("progress", "1970-01-01T00:09:00Z".to_owned()));
    assert_eq!(found[64], ("progress", "1970-01-01T01:12:00Z".to_owned()));
}

#[test]
fn a_timeline_is_stored_flat_and_reads_back() {
    let timeline = shown([filed(submitted()), filed(received()), filed(withdrawn())]).timeline;
    let json = serde_json::to_string(&timeline).unwrap();
    assert_eq!(
        json,
        r#"[0,"submitted",1773014400,"received",3600,"withdrawn",968400]"#
    );
    assert_eq!(serde_json::from_str::<Timeline>(&json).unwrap(), timeline);
}

#[test]
fn a_damaged_timeline_is_an_error() {
    for bad in [
        "[]",
        r#"[0,"submitted"]"#,
        r#"[0,"sung",1]"#,
        r#"[-1,"submitted",1]"#,
        r#"[0,"submitted",9223372036854775807]"#,
        r#"[0,"submitted",1,"received",9223372036854775807]"#,
    ] {
        assert!(serde_json::from_str::<Timeline>(bad).is_err(), "{bad}");
    }
}
