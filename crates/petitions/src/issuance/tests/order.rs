//! Nothing happens before what it depends on.

use std::time::Duration;

use minwon_core::Timestamp;

use super::*;
use crate::{BeforeCause, CLOCK_TOLERANCE};

/// Checks that a command may be as much earlier than its cause as clocks differ by, and no more.
fn check<C: Into<Command>>(
    before: &[Event],
    (cause, cause_at): (&'static str, &str),
    at: impl Fn(Timestamp) -> C,
) {
    let cause_at: Timestamp = read(cause_at);
    let earliest = cause_at.saturating_sub(CLOCK_TOLERANCE);
    let taken = history_of(before, &at(earliest).into());
    assert!(taken.is_ok_and(|events| !events.is_empty()), "{cause}");
    let early = earliest.saturating_sub(Duration::from_micros(1));
    let refused = Rejection::from(BeforeCause {
        at: early,
        cause,
        cause_at,
    });
    assert_eq!(history_of(before, &at(early).into()), Err(refused));
}

#[test]
fn a_register_answers_after_it_was_asked() {
    let asked = at(Status::Generating);
    let question = ("the question to the register", "2026-03-09T23:29:00+09:00");
    check(&asked, question, |retrieved_at| NoteSourceData {
        retrieved_at,
        ..note_data(1)
    });
    check(&asked, question, |failed_at| NoteSourceFailure {
        failed_at,
        ..note_failure(1)
    });
    check(&asked, question, |issued_at| IssueDocument {
        issued_at,
        ..issue_document()
    });
    let answered = then(asked.clone(), note_data(1));
    let answer = ("the answer of the register", "2026-03-09T23:29:10+09:00");
    check(&answered, answer, |issued_at| IssueDocument {
        issued_at,
        ..issue_document()
    });
    let failure = ("the failure of the register", "2026-03-09T23:29:30+09:00");
    check(&failed_once(), failure, |requested_at| RetrieveSourceData {
        requested_at,
        ..retrieve(2)
    });
    // Nor is it asked again before it failed.
    let backwards = NoteSourceFailure {
        retry_at: Some(read("2026-03-09T23:24:29+09:00")),
        ..note_failure(1)
    };
    let refused = history_of(&asked, &backwards.into());
    assert!(matches!(refused, Err(Rejection::BeforeCause(_))));
}

#[test]
fn a_document_is_not_used_before_it_was_issued() {
    let issued = at(Status::Issued);
    let issue = ("the issue of the document", "2026-03-09T23:30:00+09:00");
    check(&issued, issue, |viewed_at| View { viewed_at });
    check(&issued, issue, |printed_at| Print {
        printed_at,
        ..print(1)
    });
    check(&issued, issue, |delivered_at| Deliver {
        delivered_at,
        ..deliver(Delivery::Wallet)
    });
    check(&issued, issue, |verified_at| VerifyDocument {
        verified_at,
        ..verify(DAY_91)
    });
    check(&issued, issue, |ready_at| MakeReadyForPickup {
        ready_at,
        ..make_ready()
    });
    let ready = (
        "the time since which the document waits",
        "2026-03-12T09:00:00+09:00",
    );
    check(&at(Status::ReadyForPickup), ready, |collected_at| Collect {
        collected_at,
        ..collect()
    });
}
