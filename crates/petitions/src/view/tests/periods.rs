//! Dues that move, and what an officer has to see to.

use super::*;
use crate::{
    application::{
        CountedDue, DeadlineRecalculated, DeemedWithdrawn, ObjectionDecisionExtended,
        ObjectionFiled, ResultNotified, SupplementPeriodExtended, SupplementRerequested,
        SupplementUndeliverable,
    },
    view::OfficerTask,
};

fn counted(due: &str) -> CountedDue {
    CountedDue {
        due: read(due),
        calendar_version: read("kr-2020-2030.1"),
    }
}

fn recalculated(due: &str) -> DeadlineRecalculated {
    DeadlineRecalculated {
        deadline: counted(due),
        recalculated_at: read("2026-03-12T10:00:00+09:00"),
    }
}

fn result_notified() -> ResultNotified {
    ResultNotified {
        officer: read("officer-2"),
        notified_at: read("2026-03-16T15:00:00+09:00"),
        objection: Some(counted("2026-05-15")),
    }
}

fn objection() -> ObjectionFiled {
    ObjectionFiled {
        by: read("applicant-1"),
        grounds: read("The seller does own the vehicle"),
        attachments: Vec::new(),
        filed_at: read("2026-04-06T15:00:00+09:00"),
        deadline: counted("2026-04-16"),
    }
}

fn waiting_for(events: impl IntoIterator<Item = RecordedEvent>) -> PetitionView {
    let opened = [filed(submitted()), filed(received()), filed(progress())];
    shown(opened.into_iter().chain(events))
}

fn keys(view: &PetitionView) -> Vec<String> {
    let pending = view.pending();
    pending.iter().map(crate::Deadline::key).collect()
}

#[test]
fn a_due_that_moves_takes_its_deadline_along() {
    let moved = waiting_for([filed(recalculated("2026-03-18"))]);
    assert_eq!(keys(&moved)[0], "application-due/2026-03-18");
    let shown = shown([
        filed(submitted()),
        filed(received()),
        filed(deadline_missed()),
        filed(recalculated("2026-03-18")),
    ]);
    let receipt = answer(&shown).receipt.unwrap();
    assert_eq!(receipt.due, read("2026-03-18"));
    assert_eq!(receipt.missed_at, None);
}

#[test]
fn what_was_missed_before_the_due_came_back_is_not_missed_again() {
    let view = waiting_for([
        filed(deadline_missed()),
        filed(recalculated("2026-03-18")),
        filed(recalculated("2026-03-17")),
    ]);
    assert_eq!(keys(&view), ["progress-notice/1"]);
}

#[test]
fn nobody_objects_and_the_petition_is_completed() {
    let view = waiting_for([filed(rejected()), filed(result_notified())]);
    assert_eq!(keys(&view), ["objection-period/2026-05-15"]);
    let at = view.pending()[0].at;
    assert_eq!(at, read("2026-05-16T00:00:00+09:00"));
}

#[test]
fn an_objection_waits_for_an_officer_and_for_no_clock() {
    let objected = [
        filed(rejected()),
        filed(result_notified()),
        filed(objection()),
    ];
    let view = waiting_for(objected.clone());
    assert_eq!(keys(&view), [""; 0]);
    let due = read("2026-04-16");
    assert_eq!(view.officer_tasks(), [OfficerTask::DecideObjection { due }]);
    let extended = ObjectionDecisionExtended {
        by: read("10 days"),
        reason: read("The committee meets later"),
        deadline: counted("2026-04-27"),
        officer: read("officer-2"),
        extended_at: read("2026-04-16T10:00:00+09:00"),
    };
    let view = waiting_for(objected.into_iter().chain([filed(extended)]));
    let due = read("2026-04-27");
    assert_eq!(view.officer_tasks(), [OfficerTask::DecideObjection { due }]);
}

#[test]
fn a_supplement_that_does_not_come_waits_for_an_officer() {
    let asked = filed(supplement_requested());
    let extended = SupplementPeriodExtended {
        asked_by: read("applicant-1"),
        by: read("3 days"),
        deadline: counted("2026-03-23"),
        officer: read("officer-1"),
        extended_at: read("2026-03-19T10:00:00+09:00"),
    };
    let again = SupplementRerequested {
        period: read("10 days"),
        deadline: counted("2026-04-03"),
        officer: read("officer-1"),
        requested_at: read("2026-03-24T10:00:00+09:00"),
    };
    let failed = |attempt| SupplementUndeliverable {
        attempt,
        reason: read("Moved"),
        noted_at: read("2026-03-16T10:00:00+09:00"),
    };
    let until = |from: &str| OfficerTask::Return { from: read(from) };

    let view = waiting_for([asked.clone(), filed(extended.clone())]);
    assert_eq!(keys(&view)[0], "supplement-due/2026-03-23");
    assert_eq!(view.officer_tasks(), [until("2026-03-24T00:00:00+09:00")]);

    let events = [
        asked,
        filed(extended),
        filed(reminder_issued()),
        filed(again),
    ];
    let view = waiting_for(events.clone());
    assert_eq!(keys(&view)[0], "supplement-due/2026-04-03/term-2");
    assert_eq!(view.officer_tasks(), [until("2026-04-04T00:00:00+09:00")]);

    let missed = [filed(failed(1)), filed(failed(2))];
    let view = waiting_for(events.iter().cloned().chain(missed.clone()));
    assert!(view.officer_tasks().contains(&OfficerTask::DeemWithdrawn));
    let deemed = DeemedWithdrawn {
        officer: read("officer-1"),
        deemed_at: read("2026-03-18T09:00:00+09:00"),
    };
    let view = waiting_for(events.into_iter().chain(missed).chain([filed(deemed)]));
    assert_eq!(view.officer_tasks(), []);
    assert_eq!(keys(&view), [""; 0]);
}
