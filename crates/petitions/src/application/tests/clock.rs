//! The clock that stands still (D20).
//!
//! Received on Monday 2026-03-09 at 10:00 for 7 days: due on 03-17.

use super::*;
use crate::statute::SuspensionGround;

fn suspended(more: impl IntoIterator<Item = Command>) -> Vec<Event> {
    let path = path(
        Status::Suspended,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    history(path.unwrap().into_iter().chain(more))
}

fn resumed(command: Resume, due: &str) -> Event {
    ClockResumed {
        officer: command.officer,
        resumed_at: command.resumed_at,
        deadline: Some(counted(due)),
    }
    .into()
}

#[test]
fn the_days_of_a_test_are_not_counted_both_ends_among_them() {
    // D20, item 1: 03-11, 03-12 and 03-13 are three working days.
    given(&application(), suspended([]))
        .when(resume())
        .then([resumed(resume(), "2026-03-20")]);
    given(&application(), suspended([resume().into()]))
        .then_state(|state| state.status() == Some(Status::InReview));
}

#[test]
fn an_outage_takes_its_hours_from_a_period_in_hours() {
    // D20, item 2: 8 working hours from 06-08 10:00, of which 14:00 to 16:00 do not count.
    let submit = Submit {
        submitted_at: read("2026-06-08T09:00:00+09:00"),
        ..submit(ServiceType::DeadlineBound, PetitionKind::Statutory)
    };
    let receive = Receive {
        period: read("8 hours"),
        received_at: read("2026-06-08T10:00:00+09:00"),
        ..receive(PetitionKind::Statutory)
    };
    let outage = Suspend {
        ground: SuspensionGround::Outage,
        suspended_at: read("2026-06-08T14:00:00+09:00"),
        ..suspend()
    };
    let over = Resume {
        resumed_at: read("2026-06-08T16:00:00+09:00"),
        ..resume()
    };
    let before = history([submit.into(), receive.into(), outage.into()]);
    given(&application(), before)
        .when(over.clone())
        .then([resumed(over, "2026-06-09T12:00:00+09:00")]);
}

#[test]
fn the_clock_stands_still_on_every_ground_that_the_law_lists() {
    let of_that_time = |ground: &&SuspensionGround| **ground != SuspensionGround::Outage;
    for &ground in SuspensionGround::ALL.iter().filter(of_that_time) {
        let kind = PetitionKind::Grievance;
        let Suspend {
            note,
            officer,
            suspended_at,
            ..
        } = suspend();
        let stop = Suspend {
            ground,
            ..suspend()
        };
        let before = at_with(Status::InReview, ServiceType::DeadlineBound, kind);
        given(&application(), before)
            .when(stop)
            .then([ClockSuspended {
                ground,
                note,
                officer,
                suspended_at,
            }
            .into()]);
    }
}

/// Decree 36296, addenda Art. 3.
#[test]
fn in_an_outage_before_2026_05_06_the_clock_goes_on() {
    let began_at = read("2026-05-05T23:59:59+09:00");
    let stop = |suspended_at| Suspend {
        ground: SuspensionGround::Outage,
        suspended_at,
        ..suspend()
    };
    given(&application(), at(Status::InReview))
        .when(stop(began_at))
        .then_rejected(Rejection::OutageCounts { began_at });
    let since = read("2026-05-06T00:00:00+09:00");
    given(
        &application(),
        after(Status::InReview, [stop(since).into()]),
    )
    .then_state(|state| state.status() == Some(Status::Suspended));
}

#[test]
fn only_a_grievance_is_investigated_on_the_spot() {
    // D17⑤.
    let ground = SuspensionGround::Investigation;
    let stop = Suspend {
        ground,
        ..suspend()
    };
    given(&application(), at(Status::InReview))
        .when(stop)
        .then_rejected(Rejection::ForeignGround {
            ground,
            kind: PetitionKind::Statutory,
        });
}

/// A grievance that is investigated in these stretches, and what is left then.
fn investigated(stretches: &[(&str, &str)]) -> Vec<Event> {
    let kind = PetitionKind::Grievance;
    let stretch = |&(from, until): &(&str, &str)| {
        let stop = Suspend {
            ground: SuspensionGround::Investigation,
            suspended_at: read(from),
            ..suspend()
        };
        let go_on = Resume {
            resumed_at: read(until),
            ..resume()
        };
        [stop.into(), go_on.into()]
    };
    let review = path(Status::InReview, ServiceType::DeadlineBound, kind).unwrap();
    let more = stretches.iter().flat_map(stretch);
    history(review.into_iter().chain(more))
}

fn check_investigation(stretches: &[(&str, &str)], due: &str) {
    given(&application(), investigated(stretches)).then_state(|state| {
        let filed = state.at(&[Status::InReview]);
        filed.and_then(Application::due) == Some(read(due))
    });
}

#[test]
fn an_investigation_is_not_counted_for_14_days_and_once_for_7_more() {
    // D17④, ⑤. Received on Monday 2026-03-09 for 7 days, of which 2 are used up before 03-11: with
    // the 14 days from the day after (Civil Act 157) the clock stands up to Wednesday 03-25.
    let morning = |day: &str| format!("2026-{day}T10:00:00+09:00");
    let (from, day_14, later) = (morning("03-11"), morning("03-25"), morning("04-03"));
    check_investigation(&[(&from, &day_14)], "2026-04-01");
    // Time saved counts as well: three days do not.
    check_investigation(&[(&from, &morning("03-13"))], "2026-03-20");
    // Time beyond that counts.
    check_investigation(&[(&from, &later)], "2026-04-01");
    // Extended from the 14th day on, by 7 days: up to Wednesday 04-01.
    let day_21 = morning("04-01");
    check_investigation(&[(&from, &day_14), (&day_14, &day_21)], "2026-04-08");
    check_investigation(&[(&from, &day_14), (&day_14, &later)], "2026-04-08");
}

#[test]
fn an_investigation_is_extended_once() {
    // D17④.
    let twice = [
        ("2026-03-11T10:00:00+09:00", "2026-03-12T10:00:00+09:00"),
        ("2026-03-13T10:00:00+09:00", "2026-03-16T10:00:00+09:00"),
    ];
    let third = Suspend {
        ground: SuspensionGround::Investigation,
        suspended_at: read("2026-03-17T10:00:00+09:00"),
        ..suspend()
    };
    given(&application(), investigated(&twice))
        .when(third)
        .then_rejected(Rejection::InvestigatedTwice);
}

#[test]
fn a_clock_that_runs_is_not_resumed_and_one_that_stands_not_stopped() {
    for status in [Status::Received, Status::InReview] {
        given(&application(), at(status))
            .when(resume())
            .then_rejected(Rejection::NotSuspended { status });
    }
    given(&application(), suspended([]))
        .when(suspend())
        .then([]);
    let other = Suspend {
        ground: SuspensionGround::Hearing,
        ..suspend()
    };
    given(&application(), suspended([]))
        .when(other)
        .then_rejected(Rejection::ClockStopped {
            command: "stop the clock of",
            ground: SuspensionGround::Examination,
        });
}

#[test]
fn a_clock_does_not_run_before_it_stopped() {
    let early = Resume {
        resumed_at: read("2026-03-10T23:59:59+09:00"),
        ..resume()
    };
    given(&application(), suspended([]))
        .when(early.clone())
        .then_rejected(Rejection::BeforeCause(crate::BeforeCause {
            at: early.resumed_at,
            cause: "the stop of the clock",
            cause_at: suspend().suspended_at,
        }));
}

#[test]
fn nothing_is_decided_while_the_clock_stands() {
    let refused = |command| Rejection::ClockStopped {
        command,
        ground: SuspensionGround::Examination,
    };
    given(&application(), suspended([]))
        .when(approve())
        .then_rejected(refused("approve"));
    given(&application(), suspended([]))
        .when(reject())
        .then_rejected(refused("reject"));
    given(&application(), suspended([]))
        .when(mark_missed())
        .then_rejected(refused("note the missed due of"));
}

#[test]
fn a_due_that_has_moved_is_missed_anew() {
    // A stop entered afterwards: the due of 03-17 was none.
    let missed = [
        mark_missed().into(),
        Suspend {
            ground: SuspensionGround::Transport,
            suspended_at: read("2026-03-11T09:00:00+09:00"),
            ..suspend()
        }
        .into(),
        Resume {
            resumed_at: read("2026-03-11T18:00:00+09:00"),
            ..resume()
        }
        .into(),
    ];
    let review = path(
        Status::InReview,
        ServiceType::DeadlineBound,
        PetitionKind::Statutory,
    );
    let before = history(review.unwrap().into_iter().chain(missed));
    let present = read("2026-03-18");
    given(&application(), before.clone())
        .when(mark_missed())
        .then_rejected(Rejection::OtherDue {
            due: read("2026-03-17"),
            present,
        });
    let noted_at = read("2026-03-19T00:00:00+09:00");
    given(&application(), before)
        .when(MarkDeadlineMissed {
            due: present,
            noted_at,
        })
        .then([DeadlineMissed {
            due: present,
            noted_at,
        }
        .into()]);
}
