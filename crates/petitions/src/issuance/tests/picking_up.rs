//! Documents on paper that wait at the agency (A27④, D25④).

use super::*;
use crate::{Calendar, Due, calendar::CalendarError};

fn ready(until: &str) -> Event {
    let MakeReadyForPickup {
        place,
        expected_on,
        ready_at,
    } = make_ready();
    DocumentReadyForPickup {
        place,
        expected_on,
        collect_until: read(until),
        calendar_version: Calendar::published().version().clone(),
        ready_at,
    }
    .into()
}

fn collected() -> Event {
    let Collect {
        identity,
        evidence,
        officer,
        collected_at,
    } = collect();
    DocumentCollected {
        identity,
        evidence,
        officer,
        collected_at,
    }
    .into()
}

fn discard_at(at: &str) -> Discard {
    Discard {
        discarded_at: read(at),
        ..discard()
    }
}

#[test]
fn a_document_on_paper_is_kept_for_fifteen_days_after_the_expected_completion() {
    for service in ServiceType::ALL.iter().copied() {
        // Day 15 is a Saturday.
        given(&issuance(), at_with(Status::Issued, service))
            .when(make_ready())
            .then([ready("2026-03-30")]);
    }
}

/// Our reading of D25④.
#[test]
fn a_document_that_is_ready_late_is_kept_for_fifteen_days_as_well() {
    let late = MakeReadyForPickup {
        ready_at: read("2026-03-24T09:00:00+09:00"),
        ..make_ready()
    };
    let events = history_after(&at(Status::Issued), late.into());
    let [Event::DocumentReadyForPickup(ready)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(ready.collect_until, read::<Due>("2026-04-08"));
}

#[test]
fn the_days_are_counted_by_the_calendar_of_the_decider() {
    let holiday = Calendar::published().with_holiday(read("2026-03-30"));
    let calendar = holiday.unwrap();
    let version = calendar.version().clone();
    let state = at(Status::Issued)
        .iter()
        .fold(issuance().initial(), |state, event| {
            issuance().evolve(state, event)
        });
    let events = issuance()
        .with_calendar(calendar)
        .decide(&state, &make_ready().into())
        .unwrap();
    let [Event::DocumentReadyForPickup(ready)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(ready.collect_until, read::<Due>("2026-03-31"));
    assert_eq!(ready.calendar_version, version);
}

#[test]
fn days_that_no_calendar_covers_are_not_counted() {
    let far = MakeReadyForPickup {
        expected_on: read("2099-01-01"),
        ..make_ready()
    };
    let refused = history_of(&at(Status::Issued), &far.into());
    assert!(
        matches!(
            refused,
            Err(Rejection::Calendar(CalendarError::Uncovered { .. }))
        ),
        "{refused:?}"
    );
}

#[test]
fn whoever_shows_who_they_are_is_handed_the_document() {
    given(&issuance(), at(Status::ReadyForPickup))
        .when(collect())
        .then([collected()]);
    given(&issuance(), then(at(Status::ReadyForPickup), collect()))
        .then_state(|state| state.status() == Some(Status::Issued));
}

#[test]
fn nothing_is_collected_or_discarded_that_is_not_ready() {
    for status in [Status::Authorized, Status::Generating, Status::Issued] {
        for command in [Command::from(collect()), discard().into()] {
            let words = command.words();
            given(&issuance(), at(status))
                .when(command)
                .then_rejected(Rejection::NotReadyForPickup { command: words });
        }
    }
    given(&issuance(), at(Status::Authorized))
        .when(make_ready())
        .then_rejected(Rejection::NotOut {
            command: "make ready for pick-up",
        });
}

#[test]
fn nothing_is_collected_twice() {
    let handed_over = then(at(Status::ReadyForPickup), collect());
    let second = Collect {
        officer: read("officer-2"),
        ..collect()
    };
    for command in [Command::from(second), discard().into(), make_ready().into()] {
        let words = command.words();
        given(&issuance(), handed_over.clone())
            .when(command)
            .then_rejected(Rejection::AlreadyCollected { command: words });
    }
    given(&issuance(), handed_over).when(collect()).then([]);
}

#[test]
fn a_document_is_discarded_after_its_days_and_not_before() {
    let until = read("2026-03-30");
    for early in [
        // The 15th day itself, and the day that it is put off to.
        "2026-03-28T12:00:00+09:00",
        "2026-03-30T23:59:59.999999+09:00",
    ] {
        given(&issuance(), at(Status::ReadyForPickup))
            .when(discard_at(early))
            .then_rejected(Rejection::KeptForPetitioner { until });
    }
    let Discard {
        officer,
        discarded_at,
    } = discard();
    let discarded = DocumentDiscarded {
        officer,
        discarded_at,
    };
    given(&issuance(), at(Status::ReadyForPickup))
        .when(discard())
        .then([discarded.into()]);
}

#[test]
fn a_document_that_is_still_there_may_be_collected_late() {
    let late = Collect {
        collected_at: read("2026-04-30T09:00:00+09:00"),
        ..collect()
    };
    assert_eq!(
        history_after(&at(Status::ReadyForPickup), late.into()).len(),
        1
    );
}

#[test]
fn making_ready_again_changes_nothing_and_elsewhere_is_refused() {
    given(&issuance(), at(Status::ReadyForPickup))
        .when(make_ready())
        .then([]);
    let elsewhere = MakeReadyForPickup {
        place: read("Jung-gu"),
        ..make_ready()
    };
    given(&issuance(), at(Status::ReadyForPickup))
        .when(elsewhere)
        .then_rejected(Rejection::WaitsForPickup {
            command: "make ready for pick-up",
        });
}

#[test]
fn rejections_cite_the_law_and_say_what_to_do() {
    let kept = Rejection::KeptForPetitioner {
        until: read("2026-03-30"),
    };
    assert_eq!(
        kept.to_string(),
        "the document is kept for the petitioner until 2026-03-30 (D25④); discard it after that"
    );
}
