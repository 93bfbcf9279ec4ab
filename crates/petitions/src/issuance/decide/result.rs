//! What an issuance comes to: a document, or a result entered by hand.

use super::{Decision, Rejection, State, happened, refuse, unchanged};
use crate::{
    date::Date,
    issuance::{
        command::{EnterResultManually, IssueDocument},
        event::{DocumentIssued, Requested, ResultEnteredManually, VERIFIABLE_DAYS},
        state::IssuanceResult,
    },
};

/// A document comes of the register's answer, once (A28, D32). Our addition to the table: also where
/// the question was not recorded, as in an instant issuance, which asks before anything is written.
pub(super) fn issue_document(state: &State, command: &IssueDocument) -> Decision {
    match state {
        State::Authorized { request, .. } | State::Generating { request, .. }
            if request.service.is_linked() =>
        {
            happened(document(request, command))
        }
        State::Authorized { .. } | State::Generating { .. } => Err(Rejection::Unlinked),
        State::Issued {
            request,
            result: IssuanceResult::Document(issued),
            ..
        }
        | State::ReadyForPickup {
            request,
            result: IssuanceResult::Document(issued),
            ..
        } if *issued == document(request, command) => unchanged(),
        State::None
        | State::Requested { .. }
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, IssueDocument::WORDS)),
    }
}

fn document(request: &Requested, command: &IssueDocument) -> DocumentIssued {
    DocumentIssued {
        verification_number: command.verification_number,
        document_type: request.document_type.clone(),
        copies: request.copies,
        issued_at: command.issued_at,
        verifiable_until: Date::in_seoul(command.issued_at).plus_days(VERIFIABLE_DAYS),
        document: command.document.clone(),
    }
}

/// Where no register is linked an officer enters the result, and nowhere else.
pub(super) fn enter_manually(state: &State, command: &EnterResultManually) -> Decision {
    let entered = ResultEnteredManually {
        officer: command.officer.clone(),
        result: command.result.clone(),
        document: command.document.clone(),
    };
    match state {
        State::Authorized { request, .. } | State::Generating { request, .. }
            if request.service.is_linked() =>
        {
            Err(Rejection::Linked {
                service: request.service,
            })
        }
        State::Authorized { .. } | State::Generating { .. } => happened(entered),
        State::Issued {
            result: IssuanceResult::Manual(result),
            ..
        }
        | State::ReadyForPickup {
            result: IssuanceResult::Manual(result),
            ..
        } if *result == entered => unchanged(),
        State::None
        | State::Requested { .. }
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, EnterResultManually::WORDS)),
    }
}
