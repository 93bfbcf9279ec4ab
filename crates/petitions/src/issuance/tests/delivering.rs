//! Looking at a document, printing and delivering it (A28, D30, D32).

use super::*;
use crate::issuance::DeliveryWay;

fn printed(copies: u16) -> Event {
    let Print { copies, printed_at } = print(copies);
    DocumentPrinted { copies, printed_at }.into()
}

fn later(copies: u16) -> Print {
    Print {
        printed_at: read("2026-03-11T09:00:00+09:00"),
        ..print(copies)
    }
}

fn uses() -> [Command; 3] {
    [
        view().into(),
        print(1).into(),
        deliver(Delivery::Wallet).into(),
    ]
}

#[test]
fn an_issued_document_is_looked_at_as_often_as_one_likes() {
    let View { viewed_at } = view();
    let viewed = Event::from(DocumentViewed { viewed_at });
    for service in ServiceType::ALL.iter().copied() {
        given(&issuance(), at_with(Status::Issued, service))
            .when(view())
            .then([viewed.clone()]);
    }
    let again = View {
        viewed_at: read("2026-03-11T09:00:00+09:00"),
    };
    assert_eq!(
        then(then(at(Status::Issued), view()), again).len(),
        at(Status::Issued).len() + 2
    );
}

/// Two copies were asked for.
#[test]
fn no_more_copies_are_printed_than_were_asked_for() {
    given(&issuance(), at(Status::Issued))
        .when(print(2))
        .then([printed(2)]);
    let beyond = |asked, left| Rejection::PrintsBeyondCopies { asked, left };
    for asked in [0, 3] {
        given(&issuance(), at(Status::Issued))
            .when(print(asked))
            .then_rejected(beyond(asked, 2));
    }
    let one = then(at(Status::Issued), print(1));
    given(&issuance(), one.clone())
        .when(later(2))
        .then_rejected(beyond(2, 1));
    let both = then(one, later(1));
    let third = Print {
        printed_at: read("2026-03-12T09:00:00+09:00"),
        ..print(1)
    };
    given(&issuance(), both)
        .when(third)
        .then_rejected(beyond(1, 0));
    assert_eq!(
        beyond(1, 0).to_string(),
        "1 copies cannot be printed, since 0 are left of those that were requested; print 1 to as \
         many as are left, or request another document"
    );
}

#[test]
fn a_certificate_goes_to_the_wallet_by_e_mail_or_to_an_agency() {
    let ways = [
        (Delivery::Wallet, DeliveryWay::Wallet, None),
        (Delivery::Email, DeliveryWay::Email, None),
        (
            Delivery::Agency(read("Jongno-gu")),
            DeliveryWay::Agency,
            Some(read("Jongno-gu")),
        ),
    ];
    for (to, way, agency) in ways {
        let Deliver {
            receipt,
            delivered_at,
            ..
        } = deliver(to.clone());
        let delivered = DocumentDelivered {
            way,
            agency,
            receipt,
            delivered_at,
        };
        given(&issuance(), at(Status::Issued))
            .when(deliver(to))
            .then([delivered.into()]);
    }
}

#[test]
fn a_use_that_is_reported_again_changes_nothing() {
    for command in uses() {
        let used = then(at(Status::Issued), command.clone());
        // Whatever else was done with it meanwhile.
        let used = then(used, verify("2026-03-11T09:00:00+09:00"));
        given(&issuance(), used).when(command).then([]);
    }
}

#[test]
fn nothing_is_used_before_it_is_issued() {
    for status in [Status::Requested, Status::Authorized, Status::Generating] {
        for command in uses() {
            let words = command.words();
            given(&issuance(), at(status))
                .when(command)
                .then_rejected(Rejection::NotOut { command: words });
        }
    }
}

#[test]
fn a_document_that_waits_at_the_agency_is_collected_first() {
    for command in uses() {
        let words = command.words();
        given(&issuance(), at(Status::ReadyForPickup))
            .when(command.clone())
            .then_rejected(Rejection::WaitsForPickup { command: words });
        let collected = then(at(Status::ReadyForPickup), collect());
        assert_eq!(history_after(&collected, command).len(), 1);
    }
}

#[test]
fn nobody_is_served_with_a_document_that_can_no_longer_be_verified() {
    let until = read("2026-06-07");
    let on = |at: &str| -> [Command; 4] {
        [
            View {
                viewed_at: read(at),
            }
            .into(),
            Print {
                printed_at: read(at),
                ..print(1)
            }
            .into(),
            Deliver {
                delivered_at: read(at),
                ..deliver(Delivery::Wallet)
            }
            .into(),
            MakeReadyForPickup {
                ready_at: read(at),
                ..make_ready()
            }
            .into(),
        ]
    };
    for command in on("2026-06-07T23:59:59.999999+09:00") {
        assert_eq!(history_after(&at(Status::Issued), command).len(), 1);
    }
    for command in on(DAY_91) {
        given(&issuance(), at(Status::Issued))
            .when(command.clone())
            .then_rejected(Rejection::VerificationOver { until });
        // How long a result entered by hand is good for, only its agency knows.
        let by_hand = at_with(Status::Issued, ServiceType::Unlinked);
        assert_eq!(history_after(&by_hand, command).len(), 1);
    }
}
