//! Nothing happens before what it depends on.

use std::time::Duration;

use minwon_core::{Decider, Timestamp};

use super::*;
use crate::{BeforeCause, CLOCK_TOLERANCE};

const MICRO: Duration = Duration::from_micros(1);

fn decide(before: &[Event], command: Command) -> Result<Vec<Event>, Rejection> {
    let application = application();
    let evolve = |state, event| application.evolve(state, event);
    let state = before.iter().fold(application.initial(), evolve);
    application.decide(&state, &command)
}

/// Checks that a command may be as much earlier than its cause as clocks differ by, and no more.
fn check<C: Into<Command>>(
    before: &[Event],
    (cause, cause_at): (&'static str, &str),
    at: impl Fn(Timestamp) -> C,
) {
    let cause_at: Timestamp = read(cause_at);
    let earliest = cause_at.saturating_sub(CLOCK_TOLERANCE);
    let taken = decide(before, at(earliest).into());
    assert!(taken.is_ok_and(|events| !events.is_empty()), "{cause}");
    let early = earliest.saturating_sub(MICRO);
    let refused = Rejection::from(BeforeCause {
        at: early,
        cause,
        cause_at,
    });
    assert_eq!(decide(before, at(early).into()), Err(refused));
}

const FILED_AT: &str = "2026-03-09T09:00:00+09:00";
const RECEIPT: (&str, &str) = ("the receipt", "2026-03-09T10:00:00+09:00");

#[test]
fn a_result_dated_before_the_receipt_does_not_bar_the_objection() {
    let early = NotifyResult {
        notified_at: read("2026-01-05T10:00:00+09:00"),
        ..notify_result()
    };
    let refused = decide(&at(Status::Rejected), early.into()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "2026-01-05T01:00:00Z is before the receipt, at 2026-03-09T01:00:00Z; check both times, \
         and the clocks that they are from"
    );
}

#[test]
fn a_petition_is_not_received_before_it_was_filed() {
    let filing = ("the filing at the agency", FILED_AT);
    check(&at(Status::Submitted), filing, |received_at| Receive {
        received_at,
        ..receive(PetitionKind::Statutory)
    });
    let backdated = |submitted_at: &str| {
        let command = register_backdated(ServiceType::DeadlineBound, PetitionKind::Statutory);
        let submit = Submit {
            submitted_at: read(submitted_at),
            ..command.submit
        };
        decide(&[], RegisterBackdated { submit, ..command }.into())
    };
    assert!(backdated("2026-03-09T10:05:00+09:00").is_ok());
    let late = backdated("2026-03-09T10:05:01+09:00");
    assert!(matches!(late, Err(Rejection::BeforeCause(_))));
    // The agency that has it now has it since the transfer.
    let transferred = history([
        submit(ServiceType::DeadlineBound, PetitionKind::Statutory).into(),
        to_agency().into(),
    ]);
    let transfer = ("the filing at the agency", "2026-03-09T15:00:00+09:00");
    check(&transferred, transfer, |received_at| Receive {
        received_at,
        ..receive(PetitionKind::Statutory)
    });
}

#[test]
fn a_petition_is_not_handled_before_its_receipt() {
    let received = at(Status::Received);
    check(&received, RECEIPT, |issued_at| IssueReceiptSlip {
        issued_at,
    });
    check(&received, RECEIPT, |noted_at| RecordProgress {
        noted_at,
        ..record_progress("Examine")
    });
    check(&received, RECEIPT, |assigned_at| Assign {
        assigned_at,
        ..assign()
    });
    check(&received, RECEIPT, |transferred_at| TransferToDepartment {
        transferred_at,
        ..to_department()
    });
    check(&received, RECEIPT, |transferred_at| TransferToAgency {
        transferred_at,
        ..to_agency()
    });
    check(&received, RECEIPT, |requested_at| RequestSupplement {
        requested_at,
        ..request_supplement()
    });
    check(&received, RECEIPT, |suspended_at| Suspend {
        suspended_at,
        ..suspend()
    });
    check(&received, RECEIPT, |extended_at| ExtendPeriod {
        extended_at,
        ..extend_period()
    });
    check(&received, RECEIPT, |merged_at| Merge {
        merged_at,
        ..merge()
    });
    let reviewed = at(Status::InReview);
    check(&reviewed, RECEIPT, |requested_at| RequestConsultation {
        requested_at,
        ..consult()
    });
    let inquiry = at_with(
        Status::InReview,
        ServiceType::DeadlineBound,
        PetitionKind::Inquiry,
    );
    check(&inquiry, RECEIPT, |closed_at| CloseAsRepeated {
        closed_at,
        ..close_as_repeated()
    });
    check(&inquiry, RECEIPT, |closed_at| CloseAsExempt {
        closed_at,
        ..close_as_exempt()
    });
    check(&inquiry, RECEIPT, |completed_at| Complete {
        completed_at,
        ..complete()
    });
    check(&at(Status::Rejected), RECEIPT, |notified_at| NotifyResult {
        notified_at,
        ..notify_result()
    });
    check(&at(Status::Rejected), RECEIPT, |filed_at| FileObjection {
        filed_at,
        ..file_objection()
    });
}

#[test]
fn what_a_petitioner_changes_is_not_changed_before_it_was_filed() {
    let received = at(Status::Received);
    let filing = ("the filing", FILED_AT);
    check(&received, filing, |modified_at| Modify {
        modified_at,
        ..modify()
    });
    check(&received, filing, |corrected_at| CorrectClericalError {
        corrected_at,
        ..correct_error()
    });
}

#[test]
fn a_case_is_not_handed_on_before_it_was_handed_out() {
    let assigned = [at(Status::Received), history_of(assign())].concat();
    let handed = (
        "the last assignment or transfer",
        "2026-03-09T11:00:00+09:00",
    );
    check(&assigned, handed, |reassigned_at| Reassign {
        reassigned_at,
        ..reassign()
    });
    check(&assigned, handed, |transferred_at| TransferToDepartment {
        transferred_at,
        ..to_department()
    });
}

/// The events that a command leads to at the receipt.
fn history_of(command: impl Into<Command>) -> Vec<Event> {
    decide(&at(Status::Received), command.into()).unwrap()
}

/// These events and those of the command that is given after them.
fn then(before: &[Event], command: impl Into<Command>) -> Vec<Event> {
    let events = decide(before, command.into()).unwrap();
    [before, events.as_slice()].concat()
}

#[test]
fn no_supplement_comes_before_it_was_asked_for() {
    let awaiting = at(Status::AwaitingSupplement);
    let request = (
        "the request for the supplement",
        "2026-03-10T11:00:00+09:00",
    );
    check(&awaiting, request, |supplemented_at| Supplement {
        supplemented_at,
        ..supplement()
    });
    check(&awaiting, request, |extended_at| ExtendSupplementPeriod {
        extended_at,
        ..extend_supplement_period()
    });
    let undeliverable = |attempt| {
        move |noted_at| MarkSupplementUndeliverable {
            noted_at,
            ..mark_undeliverable(attempt)
        }
    };
    check(&awaiting, request, undeliverable(1));
    let again = then(&awaiting, request_again());
    let second = ("the second request for it", "2026-03-21T10:00:00+09:00");
    check(&again, second, |extended_at| ExtendSupplementPeriod {
        extended_at,
        ..extend_supplement_period()
    });
    let failed = ("the failed delivery before", "2026-03-16T10:00:00+09:00");
    let once = then(&awaiting, mark_undeliverable(1));
    check(&once, failed, undeliverable(2));
    let twice = then(&once, mark_undeliverable(2));
    check(&twice, failed, |deemed_at| DeemWithdrawn {
        deemed_at,
        ..deem_withdrawn()
    });
}

#[test]
fn a_clock_runs_on_after_it_stopped_and_stops_after_it_ran_on() {
    let stop = ("the stop of the clock", "2026-03-11T10:00:00+09:00");
    check(&at(Status::Suspended), stop, |resumed_at| Resume {
        resumed_at,
        ..resume()
    });
    // By the day, as the law says it.
    let resumed = then(&at(Status::Suspended), resume());
    let end = (
        "the end of the last stop of the clock",
        "2026-03-13T00:00:00+09:00",
    );
    check(&resumed, end, |suspended_at| Suspend {
        suspended_at,
        ..suspend()
    });
    check(&resumed, end, |requested_at| RequestSupplement {
        requested_at,
        ..request_supplement()
    });
    let refused = then(&resumed, reject());
    check(&refused, end, |notified_at| NotifyResult {
        notified_at,
        ..notify_result()
    });
}

#[test]
fn clocks_that_differ_around_midnight_stop_no_clock_backwards() {
    let stop = Suspend {
        suspended_at: read("2026-03-11T00:01:00+09:00"),
        ..suspend()
    };
    let run_on = Resume {
        resumed_at: read("2026-03-10T23:59:00+09:00"),
        ..resume()
    };
    let stopped = then(&at(Status::InReview), stop);
    // One day, that of the stop.
    given(&application(), stopped)
        .when(run_on.clone())
        .then([ClockResumed {
            officer: run_on.officer,
            resumed_at: run_on.resumed_at,
            deadline: Some(counted("2026-03-18")),
        }
        .into()]);
}

#[test]
fn a_period_is_extended_again_after_it_was_extended() {
    let extended = then(&at(Status::InReview), extend_period());
    let first = ("the first extension", "2026-03-16T10:00:00+09:00");
    check(&extended, first, |extended_at| ExtendPeriodAgain {
        extended_at,
        ..extend_period_again()
    });
}

#[test]
fn an_objection_is_decided_after_it_was_filed() {
    let objected = at(Status::UnderObjection);
    let objection = ("the objection", "2026-04-06T15:00:00+09:00");
    check(&objected, objection, |extended_at| {
        ExtendObjectionDecision {
            extended_at,
            ..extend_objection_decision()
        }
    });
    check(&objected, objection, |upheld_at| UpholdObjection {
        upheld_at,
        ..uphold_objection()
    });
    check(&objected, objection, |dismissed_at| DismissObjection {
        dismissed_at,
        ..dismiss_objection()
    });
    // Filed before the notice, and entered after it.
    let notified = then(&at(Status::Rejected), notify_result());
    let early = FileObjection {
        filed_at: read("2026-03-16T09:00:00+09:00"),
        ..file_objection()
    };
    let objected = then(&notified, early);
    let notice = ("the notice of the refusal", "2026-03-16T15:00:00+09:00");
    check(&objected, notice, |dismissed_at| DismissObjection {
        dismissed_at,
        ..dismiss_objection()
    });
}

#[test]
fn an_agency_answers_after_it_was_asked() {
    let asked = then(&at(Status::InReview), consult());
    let question = ("the question to the agency", "2026-03-10T10:30:00+09:00");
    check(&asked, question, |extended_at| ExtendConsultation {
        extended_at,
        ..extend_consultation()
    });
    check(&asked, question, |replied_at| ReplyConsultation {
        replied_at,
        ..reply()
    });
    let answered = then(&asked, reply());
    let answer = (
        "the answer to the question before",
        "2026-03-12T10:00:00+09:00",
    );
    check(&answered, answer, |requested_at| RequestConsultation {
        requested_at,
        ..consult()
    });
}

#[test]
fn an_imported_case_is_recorded_as_it_was_handled_there() {
    let imported = Receive {
        received_at: read("2026-03-02T09:00:00+09:00"),
        due: ReceiptDue::Imported {
            due: read("2026-03-18"),
            calendar_version: read("imported"),
        },
        ..receive(PetitionKind::Statutory)
    };
    let received = then(&at(Status::Submitted), imported);
    let suspended = then(
        &received,
        Suspend {
            suspended_at: read("2026-03-01T09:00:00+09:00"),
            ..suspend()
        },
    );
    let resumed = Resume {
        resumed_at: read("2026-02-01T09:00:00+09:00"),
        ..resume()
    };
    assert!(decide(&suspended, resumed.into()).is_ok());
}
