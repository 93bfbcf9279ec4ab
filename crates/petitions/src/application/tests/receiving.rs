//! Taking a petition in.

use super::*;

fn received(command: Receive, due: &str) -> Received {
    Received {
        receipt_number: command.receipt_number,
        kind: command.kind,
        period: command.period,
        due: read(due),
        department: command.department,
        calendar_version: crate::Calendar::published().version().clone(),
        basis: DueBasis::Statute,
        received_at: command.received_at,
        late: false,
    }
}

#[test]
fn receipt_cannot_be_refused() {
    // A9①. Another kind than declared is the agency's business.
    let odd = receive(PetitionKind::Grievance);
    given(&application(), at(Status::Submitted))
        .when(odd.clone())
        .then([received(odd, "2026-03-17").into()]);
}

#[test]
fn the_due_is_counted_by_the_statute() {
    // A19: received on Monday 2026-03-09 at 10:00.
    for (period, due) in [
        ("immediate", "2026-03-09T14:00:00+09:00"),
        ("8 hours", "2026-03-10T10:00:00+09:00"),
        ("5 days", "2026-03-16T10:00:00+09:00"),
        ("6 days", "2026-03-16"),
        ("2 weeks", "2026-03-23"),
        ("1 month", "2026-04-08"),
    ] {
        let receive = Receive {
            period: read(period),
            ..receive(PetitionKind::Statutory)
        };
        given(&application(), at(Status::Submitted))
            .when(receive.clone())
            .then([received(receive, due).into()]);
    }
}

#[test]
fn a_receipt_after_8_working_hours_is_late_and_a_receipt_all_the_same() {
    // D6⑧: it reached the window on Monday 2026-03-09 at 09:00.
    for (received_at, late) in [
        ("2026-03-09T18:00:00+09:00", false),
        ("2026-03-09T18:00:00.000001+09:00", true),
        ("2026-03-10T09:00:01+09:00", true),
    ] {
        let receive = Receive {
            received_at: read(received_at),
            period: read("1 month"),
            ..receive(PetitionKind::Statutory)
        };
        let due = if received_at.starts_with("2026-03-09") {
            "2026-04-08"
        } else {
            "2026-04-09"
        };
        let receipt = Received {
            late,
            ..received(receive.clone(), due)
        };
        given(&application(), at(Status::Submitted))
            .when(receive)
            .then([receipt.into()]);
    }
}

#[test]
fn only_an_electronic_petition_has_to_be_received_within_8_working_hours() {
    // D6⑧ says it of no other: this one came by post.
    let submit = Submit {
        channel: Channel::Post,
        ..submit(ServiceType::DeadlineBound, PetitionKind::Statutory)
    };
    let receive = Receive {
        received_at: read("2026-03-13T10:00:00+09:00"),
        ..receive(PetitionKind::Statutory)
    };
    let receipt = received(receive.clone(), "2026-03-23");
    given(&application(), history([submit.into()]))
        .when(receive)
        .then([receipt.into()]);
}

#[test]
fn the_due_of_an_imported_case_is_what_it_was_there() {
    let imported = Receive {
        due: ReceiptDue::Imported {
            due: read("2020-01-01"),
            calendar_version: read("imported"),
        },
        received_at: read("1999-01-01T00:00:00Z"),
        ..receive(PetitionKind::Statutory)
    };
    let receipt = Received {
        calendar_version: read("imported"),
        basis: DueBasis::Imported,
        ..received(imported.clone(), "2020-01-01")
    };
    let events = [at(Status::Submitted), vec![receipt.clone().into()]].concat();
    given(&application(), at(Status::Submitted))
        .when(imported.clone())
        .then([receipt.into()]);
    given(&application(), events).when(imported).then([]);
}

/// D6⑧ speaks of the electronic petition window alone.
#[test]
fn what_came_by_other_ways_is_not_received_late() {
    for (channel, late) in [
        ("online", true),
        ("email", false),
        ("kiosk", false),
        ("post", false),
    ] {
        let submit = Submit {
            channel: read(channel),
            ..submit(ServiceType::DeadlineBound, PetitionKind::Statutory)
        };
        let receive = Receive {
            received_at: read("2026-03-10T09:00:01+09:00"),
            ..receive(PetitionKind::Statutory)
        };
        let events = history([submit.into(), receive.into()]);
        let Some(Event::Received(receipt)) = events.last() else {
            panic!("{events:?}");
        };
        assert_eq!(receipt.late, late, "{channel}");
    }
}

#[test]
fn a_receipt_that_no_calendar_covers_is_not_counted() {
    use minwon_core::Decider;
    let state = at(Status::Submitted)
        .iter()
        .fold(application().initial(), |s, e| application().evolve(s, e));
    let late = Receive {
        received_at: read("2031-01-02T10:00:00+09:00"),
        ..receive(PetitionKind::Statutory)
    };
    let refused = application().decide(&state, &late.into());
    assert!(
        matches!(refused, Err(Rejection::Calendar(_))),
        "{refused:?}"
    );
}

#[test]
fn the_same_receipt_again_changes_nothing() {
    for status in [Status::Received, Status::InReview, Status::Approved] {
        given(&application(), at(status))
            .when(receive(PetitionKind::Statutory))
            .then([]);
    }
}

#[test]
fn another_receipt_is_refused_and_names_the_first() {
    let first = || receive(PetitionKind::Statutory);
    let others = [
        Receive {
            receipt_number: read("2026-000124"),
            ..first()
        },
        Receive {
            due: ReceiptDue::Imported {
                due: read("2026-03-18"),
                calendar_version: read("imported"),
            },
            ..first()
        },
    ];
    for other in others {
        given(&application(), at(Status::Received))
            .when(other)
            .then_rejected(Rejection::AlreadyReceived {
                receipt_number: read("2026-000123"),
            });
    }
}

#[test]
fn the_kind_found_at_receipt_counts() {
    let answered = [
        submit(ServiceType::DeadlineBound, PetitionKind::Statutory).into(),
        receive(PetitionKind::Inquiry).into(),
        record_progress("Answer").into(),
        complete().into(),
    ];
    assert_eq!(history(answered).len(), 4);
}
