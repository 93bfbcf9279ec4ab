//! The deadlines that wait after each event.

use super::*;
use crate::application::{CountedDue, DeadlineRecalculated, TransferredToAgency};

fn folded_deadlines(events: &[RecordedEvent]) -> (Option<PetitionView>, Vec<IndexEntry>) {
    let (view, mut entries) = folded(&PetitionViews::default(), events.iter().cloned());
    entries.retain(is_pending);
    (view, entries)
}

/// Keys and instants of what is pending after these events; and that the petition stands where
/// the earliest of them says.
#[track_caller]
fn check(events: &[RecordedEvent], expected: &[(&str, &str)]) {
    let (view, entries) = folded_deadlines(events);
    let pending = view.map(|view| view.pending()).unwrap_or_default();
    let found: Vec<_> = pending.iter().map(|d| (d.key(), d.at)).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(key, at)| ((*key).to_owned(), read::<Timestamp>(at)))
        .collect();
    assert_eq!(found, expected);
    let places: Vec<_> = expected
        .first()
        .map(|(_, at)| IndexEntry::Listed {
            list: PetitionViews::pending(),
            order: PetitionViews::pending_order(*at),
        })
        .into_iter()
        .collect();
    assert_eq!(entries, places);
}

const DUE: (&str, &str) = ("application-due/2026-03-17", "2026-03-18T00:00:00+09:00");
const SUPPLEMENT: (&str, &str) = ("supplement-due/2026-03-20", "2026-03-21T00:00:00+09:00");
const FIRST_NOTICE: (&str, &str) = ("progress-notice/1", "2026-04-09T00:00:00+09:00");
const SECOND_NOTICE: (&str, &str) = ("progress-notice/2", "2026-05-09T00:00:00+09:00");
const RETRY: (&str, &str) = ("source-retry/2026-000123.1/2", "2026-03-09T10:10:00+09:00");

/// The day after the 90th.
const VERIFICATION: (&str, &str) = (
    "verification-end/2026-000123.1",
    "2026-06-08T00:00:00+09:00",
);

fn received_petition() -> Vec<RecordedEvent> {
    vec![filed(submitted()), filed(received())]
}

fn after(more: impl IntoIterator<Item = RecordedEvent>) -> Vec<RecordedEvent> {
    received_petition().into_iter().chain(more).collect()
}

#[test]
fn time_runs_from_the_receipt_to_the_end() {
    check(&[filed(submitted())], &[]);
    let running = [DUE, FIRST_NOTICE];
    check(&received_petition(), &running);
    check(&after([filed(progress())]), &running);
    check(&after([filed(approved())]), &running);
    check(&after([filed(progress()), filed(withdrawn())]), &[]);
    check(&after([filed(approved()), filed(completed())]), &[]);
}

#[test]
fn after_a_refusal_nothing_of_the_offices_is_pending() {
    check(&after([filed(progress()), filed(rejected())]), &[]);
}

#[test]
fn while_a_supplement_is_awaited_its_own_due_is_pending_instead() {
    let asked = after([filed(supplement_requested())]);
    check(&asked, &[SUPPLEMENT, FIRST_NOTICE]);
    let supplied = [asked, vec![filed(supplemented())]].concat();
    check(&supplied, &[DUE, FIRST_NOTICE]);
}

/// A due that passed before the request was missed, and is noted while the supplement is awaited.
#[test]
fn what_was_late_before_a_supplement_was_asked_for_stays_pending() {
    let late = SupplementRequested {
        due: read("2026-03-27"),
        requested_at: read("2026-03-18T09:00:00+09:00"),
        ..supplement_requested()
    };
    let own = ("supplement-due/2026-03-27", "2026-03-28T00:00:00+09:00");
    let asked = after([filed(late)]);
    check(&asked, &[DUE, own, FIRST_NOTICE]);
    let noted = [asked, vec![filed(deadline_missed())]].concat();
    check(&noted, &[own, FIRST_NOTICE]);
}

#[test]
fn what_has_fired_is_not_pending_any_more() {
    check(&after([filed(deadline_missed())]), &[FIRST_NOTICE]);
    check(&after([filed(progress_notified(1))]), &[DUE, SECOND_NOTICE]);
    let reminded = after([filed(supplement_requested()), filed(reminder_issued())]);
    check(&reminded, &[FIRST_NOTICE]);
    // The next request has a due of its own.
    let again = SupplementRequested {
        due: read("2026-04-01"),
        ..supplement_requested()
    };
    let second = [reminded, vec![filed(supplemented()), filed(again)]].concat();
    let due = (
        "supplement-due/2026-04-01/term-2",
        "2026-04-02T00:00:00+09:00",
    );
    check(&second, &[due, FIRST_NOTICE]);
}

/// Its notices start again, and so do the ids of their commands.
#[test]
fn a_petition_that_is_received_again_has_deadlines_of_its_own() {
    let first = after([filed(deadline_missed()), filed(progress_notified(1))]);
    let sent = [
        first,
        vec![filed(TransferredToAgency {
            from: read("Seoul"),
            to: read("Busan"),
            reason: read("It issues the licence"),
            by: read("officer-1"),
            due: None,
            transferred_at: read("2026-04-09T09:00:00+09:00"),
        })],
    ]
    .concat();
    check(&sent, &[]);
    let again = [sent, vec![filed(received())]].concat();
    let due = ("application-due/2026-03-17/term-2", DUE.1);
    let notice = ("progress-notice/1/term-2", FIRST_NOTICE.1);
    check(&again, &[due, notice]);
    let second_term = [again, vec![filed(progress_notified(1))]].concat();
    check(
        &second_term,
        &[due, ("progress-notice/2/term-2", SECOND_NOTICE.1)],
    );
}

/// A calendar that was put right twice may lead back to a due that was missed.
#[test]
fn a_due_that_moves_back_behind_a_missed_one_is_not_missed_again() {
    let moved = |due: &str| {
        filed(DeadlineRecalculated {
            deadline: CountedDue {
                due: read(due),
                calendar_version: read("kr-2026.2"),
            },
            recalculated_at: read("2026-03-18T09:00:00+09:00"),
        })
    };
    let missed = |due: &str| {
        filed(DeadlineMissed {
            due: read(due),
            ..deadline_missed()
        })
    };
    let on = [missed("2026-03-17"), moved("2026-03-18")];
    let due = ("application-due/2026-03-18", "2026-03-19T00:00:00+09:00");
    check(&after(on.clone()), &[due, FIRST_NOTICE]);
    let back = [missed("2026-03-18"), moved("2026-03-17")];
    check(&after(on.into_iter().chain(back)), &[FIRST_NOTICE]);
}

#[test]
fn what_did_not_fire_stays_pending() {
    let other_due = DeadlineMissed {
        due: read("2026-03-16"),
        ..deadline_missed()
    };
    for event in [
        filed(other_due),
        filed(progress_notified(0)),
        filed(reminder_issued()),
    ] {
        check(&after([event]), &[DUE, FIRST_NOTICE]);
    }
}

#[test]
fn a_due_in_hours_fires_right_after_its_instant() {
    let in_hours = Received {
        due: read("2026-03-09T13:00:00+09:00"),
        ..received()
    };
    let due = (
        "application-due/2026-03-09T04:00:00Z",
        "2026-03-09T13:00:00.000001+09:00",
    );
    check(&[filed(submitted()), filed(in_hours)], &[due, FIRST_NOTICE]);
}

fn failed_fetch() -> Vec<RecordedEvent> {
    vec![
        issued(1, requested()),
        issued(1, identity_verified()),
        issued(1, fee_paid()),
        issued(1, source_requested(1)),
        issued(1, source_failed(1)),
    ]
}

#[test]
fn a_register_is_asked_again_at_the_time_that_was_said() {
    check(&failed_fetch(), &[RETRY]);
    let in_a_petition = [received_petition(), failed_fetch()].concat();
    check(&in_a_petition, &[RETRY, DUE, FIRST_NOTICE]);
    let for_good = SourceDataFailed {
        retry_at: None,
        ..source_failed(1)
    };
    let mut given_up = failed_fetch();
    given_up[4] = issued(1, for_good);
    check(&given_up, &[]);
}

#[test]
fn whatever_happens_to_the_attempt_ends_the_wait() {
    for event in [issued(1, source_requested(2)), issued(1, failed())] {
        check(&[failed_fetch(), vec![event]].concat(), &[]);
    }
    let in_the_end = [failed_fetch(), vec![issued(1, document_issued())]].concat();
    check(&in_the_end, &[VERIFICATION]);
    let other = issued(2, requested());
    check(&[failed_fetch(), vec![other]].concat(), &[RETRY]);
}

#[test]
fn a_register_that_fails_after_the_end_is_not_asked_again() {
    let ended = after([filed(withdrawn())]);
    check(&[ended, failed_fetch()].concat(), &[]);
    check(&[failed_fetch(), after([filed(withdrawn())])].concat(), &[]);
}

#[test]
fn a_petition_keeps_its_category() {
    let foreign = filed_in(Category::General, &withdrawn().into(), read(OCCURRED));
    check(&after([foreign]), &[DUE, FIRST_NOTICE]);
    let foreign = issued_in(
        Category::General,
        1,
        &source_failed(1).into(),
        read(OCCURRED),
    );
    check(&after([foreign]), &[DUE, FIRST_NOTICE]);
}

#[test]
fn nothing_waits_without_a_beginning() {
    for event in [filed(received()), issued(1, requested())] {
        check(&[event], &[]);
    }
    let mut no_attempt = issued(1, source_failed(1));
    no_attempt.stream = "car_CarIssuance-2026-000123".parse().unwrap();
    assert_eq!(folded_deadlines(&[no_attempt]).0, None);
}

#[test]
fn the_verification_of_a_document_ends_on_day_ninety_one() {
    let out = document(1, document_issued());
    check(&out, &[VERIFICATION]);
    // Whatever becomes of the petition.
    let closed = after([filed(approved()), filed(completed())]);
    check(&[out.clone(), closed].concat(), &[VERIFICATION]);
    for event in [
        issued(1, verification_expired()),
        issued(1, document_revoked()),
    ] {
        check(&[out.clone(), vec![event]].concat(), &[]);
    }
    for event in [issued(1, document_viewed()), issued(1, document_verified())] {
        check(&[out.clone(), vec![event]].concat(), &[VERIFICATION]);
    }
}

#[test]
fn while_a_document_waits_at_the_agency_its_verification_does_not_end() {
    let ready = [
        document(1, document_issued()),
        vec![issued(1, document_ready())],
    ]
    .concat();
    check(&ready, &[]);
    let collected = [ready.clone(), vec![issued(1, document_collected())]].concat();
    check(&collected, &[VERIFICATION]);
    let discarded = [ready, vec![issued(1, document_discarded())]].concat();
    check(&discarded, &[]);
}

#[test]
fn each_document_has_its_own_last_day() {
    let later = DocumentIssued {
        verifiable_until: read("2026-06-09"),
        ..document_issued()
    };
    let both = [document(2, later), document(1, document_issued())].concat();
    let second = (
        "verification-end/2026-000123.2",
        "2026-06-10T00:00:00+09:00",
    );
    check(&both, &[VERIFICATION, second]);
    let first_is_gone = [both, vec![issued(1, document_revoked())]].concat();
    check(&first_is_gone, &[second]);
}
