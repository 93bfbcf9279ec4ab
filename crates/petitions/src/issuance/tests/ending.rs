//! Failing, cancelling and revoking.

use super::*;

fn ends() -> [(Command, Event); 2] {
    let Fail { reason } = fail();
    let failed = event::Failed { reason };
    let Cancel { reason } = cancel();
    let cancelled = event::Cancelled { reason };
    [
        (fail().into(), failed.into()),
        (cancel().into(), cancelled.into()),
    ]
}

#[test]
fn what_was_paid_is_refunded_right_after_the_end() {
    let refunded = Event::from(event::FeeRefunded {
        amount: Won::new(500),
        payment: read("payment-1"),
    });
    for (command, end) in ends() {
        given(&issuance(), at(Status::Authorized))
            .when(command)
            .then([end, refunded.clone()]);
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
    let Revoke { authority, reason } = revoke();
    let revoked = event::DocumentRevoked { authority, reason };
    for service in ServiceType::ALL.iter().copied() {
        given(&issuance(), at_with(Status::Issued, service))
            .when(revoke())
            .then([revoked.clone().into()]);
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
