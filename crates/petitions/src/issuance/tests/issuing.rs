//! Documents, and results entered by hand.

use super::*;

#[test]
fn a_document_can_be_verified_for_ninety_days() {
    let IssueDocument {
        verification_number,
        issued_at,
        document,
    } = issue_document();
    let issued = DocumentIssued {
        verification_number,
        document_type: read("건축물대장"),
        copies: 2,
        issued_at,
        verifiable_until: read("2026-06-07"),
        document,
    };
    for service in [ServiceType::InstantIssuance, ServiceType::DeadlineBound] {
        given(&issuance(), at_with(Status::Authorized, service))
            .when(issue_document())
            .then([issued.clone().into()]);
    }
}

#[test]
fn a_document_waits_for_identity_and_fee() {
    given(&issuance(), at(Status::Requested))
        .when(issue_document())
        .then_rejected(Rejection::NotAuthorized {
            command: "issue a document for",
        });
    given(
        &issuance(),
        at_with(Status::Requested, ServiceType::Unlinked),
    )
    .when(enter_result())
    .then_rejected(Rejection::NotAuthorized {
        command: "enter a result for",
    });
}

#[test]
fn a_second_document_is_refused() {
    let second = IssueDocument {
        verification_number: read("0000-0000-0000-0001"),
        ..issue_document()
    };
    given(&issuance(), at(Status::Issued))
        .when(second)
        .then_rejected(Rejection::AlreadyIssued {
            command: "issue a document for",
        });
}

#[test]
fn results_are_entered_by_hand_where_no_register_is_linked_and_only_there() {
    let EnterResultManually {
        officer,
        result,
        document,
    } = enter_result();
    let entered = ResultEnteredManually {
        officer,
        result,
        document,
    };
    given(
        &issuance(),
        at_with(Status::Authorized, ServiceType::Unlinked),
    )
    .when(enter_result())
    .then([entered.into()]);
    for service in [ServiceType::InstantIssuance, ServiceType::DeadlineBound] {
        given(&issuance(), at_with(Status::Authorized, service))
            .when(enter_result())
            .then_rejected(Rejection::Linked { service });
    }
    given(
        &issuance(),
        at_with(Status::Authorized, ServiceType::Unlinked),
    )
    .when(issue_document())
    .then_rejected(Rejection::Unlinked);
}

#[test]
fn a_second_result_is_refused() {
    let second = EnterResultManually {
        result: read("Sent by post"),
        ..enter_result()
    };
    given(&issuance(), at_with(Status::Issued, ServiceType::Unlinked))
        .when(second)
        .then_rejected(Rejection::AlreadyIssued {
            command: "enter a result for",
        });
}
