//! Failing, cancelling and revoking.

use super::*;

fn ends() -> [(Command, Event); 2] {
    let Fail { reason } = fail();
    let failed = Failed { reason };
    let Cancel { reason } = cancel();
    let cancelled = Cancelled { reason };
    [
        (fail().into(), failed.into()),
        (cancel().into(), cancelled.into()),
    ]
}

#[test]
fn what_was_paid_is_refunded_right_after_the_end() {
    for (command, end) in ends() {
        given(&issuance(), at(Status::Authorized))
            .when(command)
            .then([end, refunded()]);
    }
}

#[test]
fn what_was_not_paid_is_not_refunded() {
    let waived = [
        request(ServiceType::InstantIssuance).into(),
        authorize(waived()).into(),
    ];
    for before in [at(Status::Requested), history(waived)] {
        for (command, end) in ends() {
            given(&issuance(), before.clone()).when(command).then([end]);
        }
    }
}

#[test]
fn an_issued_document_can_only_be_revoked() {
    for (command, _) in ends() {
        let words = command.words();
        given(&issuance(), at(Status::Issued))
            .when(command)
            .then_rejected(Rejection::AlreadyIssued { command: words });
    }
    for service in ServiceType::ALL.iter().copied() {
        given(&issuance(), at_with(Status::Issued, service))
            .when(revoke())
            .then([revoked()]);
    }
}

fn revoked() -> Event {
    let Revoke {
        authority, reason, ..
    } = revoke();
    DocumentRevoked { authority, reason }.into()
}

fn revoke_and_refund() -> Revoke {
    Revoke {
        fee: FeeConsequence::Refunded,
        ..revoke()
    }
}

#[test]
fn a_revocation_gives_back_what_was_paid_where_it_says_so() {
    for service in ServiceType::ALL.iter().copied() {
        given(&issuance(), at_with(Status::Issued, service))
            .when(revoke_and_refund())
            .then([revoked(), refunded()]);
    }
    let free = history([
        request(ServiceType::InstantIssuance).into(),
        authorize(waived()).into(),
        issue_document().into(),
    ]);
    given(&issuance(), free)
        .when(revoke_and_refund())
        .then([revoked()]);
}

#[test]
fn a_revocation_says_once_what_becomes_of_the_fee() {
    let twice = |first: Revoke, again: Revoke| {
        let path = path(Status::Issued, ServiceType::InstantIssuance).unwrap();
        given(&issuance(), history([path, vec![first.into()]].concat())).when(again)
    };
    let ended = Rejection::Ended {
        command: "revoke",
        status: Status::Revoked,
    };
    twice(revoke(), revoke()).then([]);
    twice(revoke_and_refund(), revoke_and_refund()).then([]);
    twice(revoke(), revoke_and_refund()).then_rejected(ended.clone());
    twice(revoke_and_refund(), revoke()).then_rejected(ended);
}

#[test]
fn only_what_was_paid_can_have_been_given_back() {
    let other_payment = FeeRefunded {
        amount: Won::new(500),
        payment: read("payment-2"),
    };
    let other_amount = FeeRefunded {
        amount: Won::new(400),
        payment: read("payment-1"),
    };
    for stray in [other_payment, other_amount] {
        let history = [at(Status::Revoked), vec![stray.into()]].concat();
        given(&issuance(), history).when(revoke()).then([]);
    }
}

#[test]
fn nothing_is_revoked_before_it_is_issued() {
    for status in [Status::Requested, Status::Authorized] {
        given(&issuance(), at(status))
            .when(revoke())
            .then_rejected(Rejection::NotIssued { command: "revoke" });
    }
}

#[test]
fn an_end_has_one_reason() {
    let other = Fail {
        reason: read("Another reason"),
    };
    given(&issuance(), at(Status::Failed))
        .when(other)
        .then_rejected(Rejection::Ended {
            command: "fail",
            status: Status::Failed,
        });
    given(&issuance(), at(Status::Failed))
        .when(cancel())
        .then_rejected(Rejection::Ended {
            command: "cancel",
            status: Status::Failed,
        });
}
