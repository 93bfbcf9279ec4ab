//! Settling identity and fee.

use super::*;

fn verified() -> Event {
    IdentityVerified {
        method: IdentityMethod::SimpleAuthentication,
        evidence: Some(read("proof-1")),
    }
    .into()
}

fn fee(won: u32) -> Vec<Event> {
    let request = Request {
        fee: Won::new(won),
        ..request(ServiceType::InstantIssuance)
    };
    history([request.into()])
}

#[test]
fn identity_and_payment_have_an_event_each() {
    let paid_500 = FeePaid {
        amount: Won::new(500),
        payment: read("payment-1"),
    };
    given(&issuance(), fee(500))
        .when(authorize(paid(500)))
        .then([verified(), paid_500.into()]);
}

#[test]
fn a_fee_may_be_waived_whatever_it_is() {
    for won in [0, 500] {
        let waived_fee = FeeWaived {
            amount: Won::new(won),
            ground: read("Free of charge online"),
        };
        given(&issuance(), fee(won))
            .when(authorize(waived()))
            .then([verified(), waived_fee.into()]);
    }
}

#[test]
fn a_payment_is_the_assessed_fee() {
    for won in [0, 499, 501] {
        given(&issuance(), fee(500))
            .when(authorize(paid(won)))
            .then_rejected(Rejection::WrongAmount {
                assessed: Won::new(500),
                paid: Won::new(won),
            });
    }
    given(&issuance(), fee(0))
        .when(authorize(paid(0)))
        .then_rejected(Rejection::NothingToPay);
}

#[test]
fn nobody_pays_twice() {
    let second = FeeSettlement::Paid {
        amount: Won::new(500),
        payment: read("payment-2"),
    };
    let other_proof = Authorize {
        evidence: None,
        ..authorize(paid(500))
    };
    for again in [authorize(second), authorize(waived()), other_proof] {
        given(&issuance(), at(Status::Authorized))
            .when(again)
            .then_rejected(Rejection::AlreadyAuthorized);
    }
}

#[test]
fn a_fee_without_a_proof_of_identity_authorizes_nothing() {
    let mut without_proof = at(Status::Authorized);
    without_proof.retain(|event| !matches!(event, Event::IdentityVerified(_)));
    given(&issuance(), without_proof).then_state(|state| state.status() == Some(Status::Requested));
}

#[test]
fn an_issued_document_is_not_authorized_again() {
    given(&issuance(), at(Status::Issued))
        .when(authorize(paid(500)))
        .then_rejected(Rejection::AlreadyIssued {
            command: "authorize",
        });
}
