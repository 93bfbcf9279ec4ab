//! Identity and fee, step by step (A29).

use super::*;

/// Requested, with a fee of 500 won, by somebody who has proved who they are.
fn identified() -> Vec<Event> {
    then(at(Status::Requested), verify_identity())
}

fn fee_assessed(won: u32) -> Event {
    let AssessFee { amount, ground } = assess(won);
    FeeAssessed { amount, ground }.into()
}

fn fee_paid(won: u32) -> Event {
    let PayFee { amount, payment } = pay(won);
    FeePaid { amount, payment }.into()
}

fn fee_waived(won: u32) -> Event {
    FeeWaived {
        amount: Won::new(won),
        ground: waive().ground,
    }
    .into()
}

#[test]
fn whoever_has_proved_who_they_are_pays_the_assessed_fee() {
    let VerifyIdentity { identity, evidence } = verify_identity();
    let verified = IdentityVerified {
        method: identity,
        evidence,
    };
    given(&issuance(), at(Status::Requested))
        .when(verify_identity())
        .then([verified.into()]);
    given(&issuance(), identified()).then_state(|state| state.status() == Some(Status::Requested));
    given(&issuance(), identified())
        .when(pay(500))
        .then([fee_paid(500)]);
    given(&issuance(), then(identified(), pay(500)))
        .then_state(|state| state.status() == Some(Status::Authorized));
    given(&issuance(), identified())
        .when(waive())
        .then([fee_waived(500)]);
}

#[test]
fn nobody_settles_a_fee_without_an_identity() {
    for command in [Command::from(pay(500)), waive().into()] {
        let words = command.words();
        given(&issuance(), at(Status::Requested))
            .when(command)
            .then_rejected(Rejection::IdentityNotVerified { command: words });
    }
}

#[test]
fn a_payment_is_what_was_assessed_last() {
    given(&issuance(), identified())
        .when(assess(300))
        .then([fee_assessed(300)]);
    let reduced = then(identified(), assess(300));
    given(&issuance(), reduced.clone())
        .when(pay(300))
        .then([fee_paid(300)]);
    given(&issuance(), reduced.clone())
        .when(pay(500))
        .then_rejected(Rejection::WrongAmount {
            assessed: Won::new(300),
            paid: Won::new(500),
        });
    let again = then(reduced, assess(400));
    given(&issuance(), again)
        .when(pay(400))
        .then([fee_paid(400)]);
    // A reduction and an identity may come in either order.
    let before_identity = then(at(Status::Requested), assess(300));
    given(&issuance(), then(before_identity, verify_identity()))
        .when(waive())
        .then([fee_waived(300)]);
}

#[test]
fn the_wrong_amount_is_refused() {
    for won in [0, 499, 501] {
        given(&issuance(), identified())
            .when(pay(won))
            .then_rejected(Rejection::WrongAmount {
                assessed: Won::new(500),
                paid: Won::new(won),
            });
    }
    given(&issuance(), then(identified(), assess(0)))
        .when(pay(0))
        .then_rejected(Rejection::NothingToPay);
}

#[test]
fn nobody_pays_twice() {
    let settled = then(identified(), pay(500));
    let second = PayFee {
        payment: read("payment-2"),
        ..pay(500)
    };
    let commands = [
        Command::from(second),
        pay(300).into(),
        waive().into(),
        assess(300).into(),
    ];
    for status in [Status::Authorized, Status::Generating] {
        for command in commands.clone() {
            given(&issuance(), at(status))
                .when(command)
                .then_rejected(Rejection::AlreadyAuthorized);
        }
    }
    // The same payment reported again is not a second one.
    given(&issuance(), settled).when(pay(500)).then([]);
}

#[test]
fn a_step_taken_again_changes_nothing() {
    given(&issuance(), identified())
        .when(verify_identity())
        .then([]);
    given(&issuance(), then(identified(), assess(300)))
        .when(assess(300))
        .then([]);
    given(&issuance(), then(identified(), waive()))
        .when(waive())
        .then([]);
}

#[test]
fn the_newest_proof_of_identity_counts_until_the_fee_is_settled() {
    let other = VerifyIdentity {
        identity: IdentityMethod::IdentityCard,
        evidence: None,
    };
    let verified = IdentityVerified {
        method: IdentityMethod::IdentityCard,
        evidence: None,
    };
    given(&issuance(), identified())
        .when(other.clone())
        .then([verified.into()]);
    given(&issuance(), then(identified(), pay(500)))
        .when(other)
        .then_rejected(Rejection::AlreadyAuthorized);
}

#[test]
fn both_in_one_step_need_no_second_proof() {
    given(&issuance(), identified())
        .when(authorize(paid(500)))
        .then([fee_paid(500)]);
    given(&issuance(), then(identified(), assess(300)))
        .when(authorize(paid(300)))
        .then([fee_paid(300)]);
    let reduced = then(then(identified(), assess(300)), pay(300));
    given(&issuance(), reduced.clone())
        .when(authorize(paid(300)))
        .then([]);
    given(&issuance(), reduced).when(pay(300)).then([]);
}

#[test]
fn what_was_paid_after_a_reduction_is_what_is_given_back() {
    let reduced = then(then(identified(), assess(300)), pay(300));
    let given_back = FeeRefunded {
        amount: Won::new(300),
        payment: read("payment-1"),
    };
    let cancelled = Cancelled {
        reason: cancel().reason,
    };
    given(&issuance(), reduced)
        .when(cancel())
        .then([cancelled.into(), given_back.into()]);
}
