//! Taking a petition in.

use super::*;

#[test]
fn receipt_cannot_be_refused() {
    // Another kind than declared, due before it was received: the agency's business.
    let odd = Receive {
        due: read("2020-01-01"),
        ..receive(PetitionKind::Grievance)
    };
    let Receive {
        receipt_number,
        kind,
        period,
        due,
        department,
        calendar_version,
        received_at,
    } = odd.clone();
    given(&application(), at(Status::Submitted))
        .when(odd)
        .then([event::Received {
            receipt_number,
            kind,
            period,
            due,
            department,
            calendar_version,
            received_at,
        }
        .into()]);
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
            due: read("2026-03-18"),
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
