//! Deciding a petition.

use super::*;

#[test]
fn an_approval_and_a_refusal_say_all_they_have_to() {
    let Reject {
        officer,
        reasons,
        remedies,
    } = reject();
    given(&application(), at(Status::InReview))
        .when(reject())
        .then([Rejected {
            officer,
            reasons,
            remedies,
        }
        .into()]);
    let conditional = Approve {
        conditions: texts(TEXTS_MAX),
        ..approve()
    };
    let Approve {
        officer,
        conditions,
    } = conditional.clone();
    given(&application(), at(Status::InReview))
        .when(conditional)
        .then([Approved {
            officer,
            conditions,
        }
        .into()]);
}

#[test]
fn a_refusal_needs_reasons_and_remedies() {
    let rejecting = |reject: Reject| given(&application(), at(Status::InReview)).when(reject);
    rejecting(Reject {
        reasons: Vec::new(),
        ..reject()
    })
    .then_rejected(Rejection::NoReasons);
    rejecting(Reject {
        remedies: Vec::new(),
        ..reject()
    })
    .then_rejected(Rejection::NoRemedies);
    let too_many = |what| Rejection::TooMany {
        what,
        count: 11,
        count_max: 10,
    };
    rejecting(Reject {
        reasons: texts(11),
        ..reject()
    })
    .then_rejected(too_many("reasons"));
    rejecting(Reject {
        remedies: texts(11),
        ..reject()
    })
    .then_rejected(too_many("remedies"));
    given(&application(), at(Status::InReview))
        .when(Approve {
            conditions: texts(11),
            ..approve()
        })
        .then_rejected(too_many("conditions"));
}

#[test]
fn nothing_is_decided_before_review() {
    let rulings: [(Command, _); 2] = [(approve().into(), "approve"), (reject().into(), "reject")];
    for (ruling, command) in rulings {
        let deciding = |status| given(&application(), at(status)).when(ruling.clone());
        deciding(Status::Submitted).then_rejected(Rejection::NotReceived { command });
        deciding(Status::Received).then_rejected(Rejection::NotInReview { command });
        deciding(Status::AwaitingSupplement).then_rejected(Rejection::SupplementAwaited {
            command,
            due: read("2026-03-20"),
        });
    }
}

#[test]
fn what_is_issued_or_dealt_with_at_once_needs_no_review() {
    let instant = at_with(
        Status::Received,
        ServiceType::InstantIssuance,
        PetitionKind::Statutory,
    );
    let other = at_with(
        Status::Received,
        ServiceType::DeadlineBound,
        PetitionKind::Other,
    );
    for before in [instant, other] {
        let approved = Approved {
            officer: read("officer-2"),
            conditions: Vec::new(),
        };
        given(&application(), before.clone())
            .when(approve())
            .then([approved.into()]);
        given(&application(), before)
            .when(reject())
            .then_rejected(Rejection::NotInReview { command: "reject" });
    }
}

#[test]
fn a_decision_stands() {
    let command = "approve";
    given(&application(), at(Status::Approved))
        .when(Approve {
            conditions: texts(1),
            ..approve()
        })
        .then_rejected(Rejection::Decided {
            command,
            status: Status::Approved,
        });
    given(&application(), at(Status::Rejected))
        .when(approve())
        .then_rejected(Rejection::Decided {
            command,
            status: Status::Rejected,
        });
    given(&application(), at(Status::Approved))
        .when(reject())
        .then_rejected(Rejection::Decided {
            command: "reject",
            status: Status::Approved,
        });
}
