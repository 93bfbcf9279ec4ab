//! Answers about a petition's time: what is left, what stops it, who works on it.

use std::time::Duration;

use super::*;
use crate::{
    ApplicationStatus as Status, Calendar, Remaining,
    application::{
        Assigned, ClockResumed, ClockSuspended, CountedDue, ObjectionDismissed, ObjectionFiled,
        ObjectionOutcome, ObjectionUpheld, PeriodExtended, PeriodExtendedAgain, Reassigned,
        ResultNotified, TransferredToAgency,
    },
    statute::{ExtensionGround, SuspensionGround},
    view::{ClockStop, StopCause},
};

fn counted(due: &str) -> CountedDue {
    CountedDue {
        due: read(due),
        calendar_version: read("kr-2020-2030.1"),
    }
}

fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 60 * 60)
}

#[track_caller]
fn left(view: &PetitionView, now: &str) -> Option<Remaining> {
    view.remaining(Calendar::published(), read(now)).unwrap()
}

fn running(count: u64) -> Option<Remaining> {
    Some(Remaining::Running { left: hours(count) })
}

/// Received on Monday at 10, 7 days: due on Tuesday of the next week.
fn opened(more: impl IntoIterator<Item = RecordedEvent>) -> PetitionView {
    let opened = [filed(submitted()), filed(received()), filed(progress())];
    shown(opened.into_iter().chain(more))
}

#[test]
fn working_time_runs_down_in_office_hours_and_ends_in_lateness() {
    let view = opened([]);
    // Days: all of the first one counts, but what is past of it is past.
    assert_eq!(left(&view, "2026-03-09T10:00:00+09:00"), running(7 * 8 - 1));
    assert_eq!(left(&view, "2026-03-09T12:30:00+09:00"), running(6 * 8 + 5));
    assert_eq!(left(&view, "2026-03-14T12:00:00+09:00"), running(2 * 8));
    assert_eq!(left(&view, "2026-03-17T20:00:00+09:00"), running(0));
    let late = Remaining::Overdue { by: hours(1) };
    assert_eq!(left(&view, "2026-03-18T10:00:00+09:00"), Some(late));
    let unreceived = shown([filed(submitted())]);
    assert_eq!(left(&unreceived, "2026-03-10T10:00:00+09:00"), None);
}

#[test]
fn while_a_supplement_is_awaited_no_time_passes() {
    let asked = opened([filed(supplement_requested())]);
    let stop = ClockStop {
        cause: StopCause::Supplement,
        since: read("2026-03-10T11:00:00+09:00"),
    };
    // The day of the request does not count (D20), so its morning is given back.
    let standing = Some(Remaining::Standing {
        left: hours(6 * 8),
        stop,
    });
    for now in ["2026-03-10T15:00:00+09:00", "2026-03-19T10:00:00+09:00"] {
        assert_eq!(left(&asked, now), standing, "{now}");
    }
    // Asked for on the day of the receipt, nothing of the period has passed.
    let at_once = SupplementRequested {
        requested_at: read("2026-03-09T11:00:00+09:00"),
        ..supplement_requested()
    };
    let view = shown([filed(submitted()), filed(received()), filed(at_once)]);
    let Some(Remaining::Standing { left: all, .. }) = left(&view, "2026-03-16T15:00:00+09:00")
    else {
        panic!("a supplement is awaited")
    };
    assert_eq!(all, hours(7 * 8));
    let supplied = Supplemented {
        deadline: Some(counted("2026-03-20")),
        ..supplemented()
    };
    let view = opened([filed(supplement_requested()), filed(supplied)]);
    assert_eq!(view.filed().unwrap().clock_stop(), None);
    // Neither does the day of its arrival, the 12th.
    assert_eq!(left(&view, "2026-03-12T10:00:00+09:00"), running(6 * 8));
    assert_eq!(left(&view, "2026-03-13T10:00:00+09:00"), running(6 * 8 - 1));
}

#[test]
fn a_stopped_clock_shows_its_ground_until_it_runs_again() {
    let suspended = ClockSuspended {
        ground: SuspensionGround::Outage,
        note: None,
        officer: read("officer-1"),
        suspended_at: read("2026-03-10T11:00:00+09:00"),
    };
    let resumed = ClockResumed {
        officer: read("officer-1"),
        resumed_at: read("2026-03-10T15:00:00+09:00"),
        deadline: Some(counted("2026-03-17")),
    };
    let view = opened([filed(suspended.clone())]);
    let stop = ClockStop {
        cause: StopCause::Suspension(SuspensionGround::Outage),
        since: suspended.suspended_at,
    };
    assert_eq!(view.filed().unwrap().clock_stop(), Some(stop));
    // A period in days gets whole days back (D20②), and of this one some hours are gone.
    let left_then = hours(5 * 8 + 4);
    let standing = Remaining::Standing {
        left: left_then,
        stop,
    };
    assert_eq!(left(&view, "2026-03-10T14:00:00+09:00"), Some(standing));
    let view = opened([filed(suspended), filed(resumed)]);
    assert_eq!(view.filed().unwrap().clock_stop(), None);
    assert_eq!(left(&view, "2026-03-10T15:00:00+09:00"), running(5 * 8 + 3));
}

#[test]
fn a_clock_that_has_run_out_does_not_stop() {
    let asked = SupplementRequested {
        due: read("2026-03-27"),
        requested_at: read("2026-03-18T11:00:00+09:00"),
        ..supplement_requested()
    };
    let view = opened([filed(asked)]);
    let application = view.filed().unwrap();
    assert_eq!(application.status(), Status::AwaitingSupplement);
    assert_eq!(application.clock_stop(), None);
    assert_eq!(application.running_due(), Some(read("2026-03-17")));
    let late = Remaining::Overdue { by: hours(8) };
    assert_eq!(left(&view, "2026-03-19T09:00:00+09:00"), Some(late));
}

#[test]
fn an_imported_due_passes_whatever_is_waited_for() {
    let imported = Received {
        basis: DueBasis::Imported,
        ..received()
    };
    let view = shown([
        filed(submitted()),
        filed(imported),
        filed(supplement_requested()),
    ]);
    let Some(Remaining::Standing { left: first, .. }) = left(&view, "2026-03-10T15:00:00+09:00")
    else {
        panic!("a supplement is awaited")
    };
    let Some(Remaining::Standing { left: later, .. }) = left(&view, "2026-03-11T15:00:00+09:00")
    else {
        panic!("a supplement is awaited")
    };
    assert_eq!(first - later, hours(8));
}

#[test]
fn a_due_beyond_the_calendar_is_an_error_and_the_rest_is_shown() {
    let endless = Received {
        basis: DueBasis::Imported,
        due: crate::Due::At(Timestamp::MAX),
        ..received()
    };
    let view = shown([filed(submitted()), filed(endless)]);
    let now = read("2026-03-10T15:00:00+09:00");
    let result = view.result(Calendar::published(), now).unwrap();
    assert!(result.remaining.is_err());
    assert_eq!(result.status, Status::Received);
}

#[test]
fn extensions_are_shown_with_their_dues() {
    let first = PeriodExtended {
        by: read("3 days"),
        ground: ExtensionGround::SiteCheck,
        reason: read("The site has to be visited"),
        deadline: counted("2026-03-20"),
        officer: read("officer-1"),
        extended_at: read("2026-03-12T10:00:00+09:00"),
    };
    let again = PeriodExtendedAgain {
        by: read("2 days"),
        ground: ExtensionGround::ForceMajeure,
        reason: read("A flood"),
        consent_of: read("applicant-1"),
        deadline: counted("2026-03-24"),
        officer: read("officer-1"),
        extended_at: read("2026-03-19T10:00:00+09:00"),
    };
    let view = opened([filed(first), filed(again)]);
    let application = view.filed().unwrap();
    let extensions: Vec<_> = answer(&view)
        .extensions
        .iter()
        .map(|extension| (extension.by.to_string(), extension.until.to_string()))
        .collect();
    let expected = [("3 days", "2026-03-20"), ("2 days", "2026-03-24")];
    assert_eq!(
        extensions,
        expected.map(|(by, until)| (by.into(), until.into()))
    );
    assert_eq!(application.due(), Some(read("2026-03-24")));
    assert_eq!(left(&view, "2026-03-23T18:00:00+09:00"), running(8));
}

fn assigned(officer: &str) -> Assigned {
    Assigned {
        officer: read(officer),
        by: read("head-1"),
        assigned_at: read("2026-03-10T09:00:00+09:00"),
    }
}

#[test]
fn the_officer_in_charge_is_shown_until_the_petition_goes_elsewhere() {
    let officer = |events: Vec<RecordedEvent>| opened(events).filed().unwrap().officer().cloned();
    let reassigned = Reassigned {
        from: read("officer-1"),
        to: read("officer-2"),
        reason: read("Leave"),
        by: read("head-1"),
        reassigned_at: read("2026-03-11T09:00:00+09:00"),
    };
    assert_eq!(officer(vec![]), None);
    let first = filed(assigned("officer-1"));
    assert_eq!(officer(vec![first.clone()]), Some(read("officer-1")));
    let second = vec![first, filed(reassigned)];
    assert_eq!(officer(second), Some(read("officer-2")));
}

#[test]
fn the_competent_agency_begins_anew() {
    let transferred = TransferredToAgency {
        from: read("Seoul"),
        to: read("Busan"),
        reason: read("The owner lives there"),
        by: read("officer-1"),
        due: None,
        transferred_at: read("2026-03-10T09:00:00+09:00"),
    };
    let view = shown([
        filed(submitted()),
        filed(received()),
        filed(transferred),
        filed(Received {
            received_at: read("2026-03-11T09:00:00+09:00"),
            due: read("2026-03-19"),
            ..received()
        }),
    ]);
    assert_eq!(answer(&view).agency, read("Busan"));
    assert_eq!(left(&view, "2026-03-11T09:00:00+09:00"), running(7 * 8));
}

fn result_notified() -> ResultNotified {
    ResultNotified {
        officer: read("officer-2"),
        notified_at: read("2026-03-16T15:00:00+09:00"),
        objection: Some(counted("2026-05-15")),
    }
}

fn objected() -> ObjectionFiled {
    ObjectionFiled {
        by: read("applicant-1"),
        grounds: read("The seller does own the vehicle"),
        attachments: Vec::new(),
        filed_at: read("2026-04-06T15:00:00+09:00"),
        deadline: counted("2026-04-16"),
    }
}

#[test]
fn an_objection_may_be_filed_once_the_refusal_was_notified() {
    let until = |events: Vec<RecordedEvent>| {
        let view = opened(events);
        view.filed().unwrap().may_object_until()
    };
    let (refused, notice) = (filed(rejected()), filed(result_notified()));
    assert_eq!(until(vec![refused.clone()]), None);
    let objectable = vec![refused.clone(), notice.clone()];
    assert_eq!(until(objectable), Some(read("2026-05-15")));
    let objected = vec![refused, notice, filed(objected())];
    assert_eq!(until(objected), None, "once");
}

#[test]
fn a_decided_objection_is_shown_and_what_is_upheld_runs_on() {
    let refused = [
        filed(rejected()),
        filed(result_notified()),
        filed(objected()),
    ];
    let view = opened(refused.clone());
    let stop = ClockStop {
        cause: StopCause::Refusal,
        since: result_notified().notified_at,
    };
    let standing = Remaining::Standing {
        left: hours(2 * 8),
        stop,
    };
    assert_eq!(left(&view, "2026-04-10T10:00:00+09:00"), Some(standing));
    let outcome = |event: RecordedEvent| {
        let view = opened(refused.clone().into_iter().chain([event]));
        let objection = answer(&view).objection;
        (view, objection.unwrap().decision.unwrap().outcome)
    };
    let upheld = ObjectionUpheld {
        officer: read("officer-3"),
        reasons: vec![read("The register shows it")],
        upheld_at: read("2026-04-13T10:00:00+09:00"),
        deadline: Some(counted("2026-04-15")),
    };
    let (view, decided) = outcome(filed(upheld));
    assert_eq!(decided, ObjectionOutcome::Upheld);
    assert_eq!(left(&view, "2026-04-14T09:00:00+09:00"), running(2 * 8));
    let dismissed = ObjectionDismissed {
        officer: read("officer-3"),
        reasons: vec![read("The register shows it")],
        dismissed_at: read("2026-04-13T10:00:00+09:00"),
    };
    let (view, decided) = outcome(filed(dismissed));
    assert_eq!(decided, ObjectionOutcome::Dismissed);
    assert_eq!(view.status(), Some(Status::Completed));
    assert_eq!(left(&view, "2026-04-14T09:00:00+09:00"), None);
}

#[test]
fn an_approval_that_was_notified_is_still_due() {
    let notice = ResultNotified {
        objection: None,
        ..result_notified()
    };
    let view = opened([filed(approved()), filed(notice)]);
    assert_eq!(left(&view, "2026-03-17T09:00:00+09:00"), running(8));
}

#[test]
fn the_whole_answer_names_no_document_by_its_number() {
    let events = [filed(submitted()), filed(received()), filed(progress())];
    let more = [filed(progress_notified(1)), filed(approved())];
    let events = events.into_iter().chain(more);
    let view = shown(events.chain(document(1, document_issued())));
    let now = read("2026-03-10T15:00:00+09:00");
    let result = view.result(Calendar::published(), now).unwrap();
    assert_eq!(result.id, petition());
    assert_eq!((result.notices, result.noticed_at.is_some()), (1, true));
    let receipt = result.receipt.as_ref().unwrap();
    assert_eq!(receipt.number, read("R-77"));
    assert_eq!(receipt.department, read("Vehicles"));
    assert_eq!(receipt.due, read("2026-03-17"));
    let masked = result.documents[0].masked_number.as_deref();
    assert_eq!(masked, Some("1710-****-****-4233"));
    let all = format!("{result:?}");
    let number = document_issued().verification_number.to_string();
    assert!(
        !all.contains(&number) && !all.contains("applicant-1"),
        "{all}"
    );
}

#[test]
fn what_is_left_is_said_in_working_days_and_hours() {
    let stop = ClockStop {
        cause: StopCause::Suspension(SuspensionGround::Hearing),
        since: read("2026-03-10T15:00:00+09:00"),
    };
    let minutes = |count: u64| Duration::from_secs(count * 60 + 59);
    let left = minutes(8 * 60 + 61);
    for (remaining, words) in [
        (Remaining::Running { left }, "1 day 1 h 01 min left"),
        (
            Remaining::Standing { left, stop },
            "1 day 1 h 01 min left; stands still, hearing",
        ),
        (
            Remaining::Overdue { by: hours(20) },
            "overdue by 2 days 4 h 00 min",
        ),
        (Remaining::Running { left: hours(0) }, "0 h 00 min left"),
    ] {
        assert_eq!(remaining.to_string(), words);
    }
}
