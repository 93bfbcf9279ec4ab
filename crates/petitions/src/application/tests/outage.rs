//! Petitions taken on paper in an outage of the system (D6-2).

use super::*;

fn register() -> RegisterBackdated {
    register_backdated(ServiceType::DeadlineBound, PetitionKind::Statutory)
}

/// The same, received at another time.
fn received_at(instant: &str) -> RegisterBackdated {
    let mut command = register();
    command.receive.received_at = read(instant);
    command
}

#[test]
fn what_was_taken_on_paper_is_submitted_and_received_at_once() {
    let events = history([register().into()]);
    let [Event::Submitted(submitted), Event::Received(received)] = &events[..] else {
        panic!("{events:?}");
    };
    // Each at its own time on paper; when they were recorded, the log itself shows.
    let command = register();
    assert_eq!(submitted.submitted_at, command.submit.submitted_at);
    assert_eq!(received.received_at, command.receive.received_at);
    assert_eq!(submitted.outage, Some(outage()));
    assert_eq!(received.receipt_number, command.receive.receipt_number);
}

#[test]
fn it_stands_as_if_it_had_been_received_then() {
    let on_paper = history([register().into()]);
    let in_time = at(Status::Received);
    let state_of = |events: &[Event]| {
        use minwon_core::Decider;
        let apply = |state, event| application().evolve(state, event);
        events.iter().fold(application().initial(), apply)
    };
    assert_eq!(state_of(&on_paper), state_of(&in_time));
}

#[test]
fn both_ends_of_the_outage_are_in_it_and_nothing_else() {
    for instant in ["2026-03-09T08:00:00+09:00", "2026-03-09T17:00:00+09:00"] {
        let mut both = received_at(instant);
        both.submit.submitted_at = read("2026-03-09T08:00:00+09:00");
        assert_eq!(history([both.into()]).len(), 2);
    }
    for instant in [
        "2026-03-09T07:59:59.999999+09:00",
        "2026-03-09T17:00:00.000001+09:00",
    ] {
        given(&application(), [])
            .when(received_at(instant))
            .then_rejected(Rejection::OutsideOutage {
                received_at: read(instant),
                began_at: outage().began_at,
                ended_at: outage().ended_at,
            });
    }
}

#[test]
fn it_is_registered_after_recovery() {
    let registered_at = outage().ended_at;
    given(&application(), [])
        .when(RegisterBackdated {
            registered_at,
            ..register()
        })
        .then_rejected(Rejection::OutageNotOver {
            registered_at,
            ended_at: outage().ended_at,
        });
}

#[test]
fn the_rules_of_submission_hold_on_paper_too() {
    for status in [Status::Submitted, Status::Withdrawn] {
        given(&application(), at(status))
            .when(register())
            .then_rejected(Rejection::AlreadySubmitted { status });
    }
    let mut spoken = register();
    spoken.submit.channel = Channel::Oral;
    given(&application(), [])
        .when(spoken)
        .then_rejected(Rejection::MustBeWritten {
            kind: PetitionKind::Statutory,
            channel: Channel::Oral,
        });
    let mut foreign = register();
    foreign.submit.category = Category::Building;
    given(&application(), [])
        .when(foreign)
        .then_rejected(Rejection::ForeignCategory {
            asked: Category::Building,
            own: Category::Car,
        });
}
