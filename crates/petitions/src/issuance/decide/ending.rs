//! How an issuance ends: failed, cancelled, revoked.

use super::{Decision, Event, Rejection, State, happened, refuse, unchanged};
use crate::issuance::{
    command::{Cancel, Fail, FeeConsequence, Revoke},
    event::{Cancelled, DocumentRevoked, Failed, FeeRefunded},
    state::Settlement,
};

/// Given up before there is a document, and what was paid given back. Our addition to the table:
/// also before identity and fee are settled, so that none is left open for good.
pub(super) fn fail(state: &State, command: &Fail) -> Decision {
    let failed = Failed {
        reason: command.reason.clone(),
    };
    match state {
        State::Requested { .. } => happened(failed),
        State::Authorized { settlement, .. } | State::Generating { settlement, .. } => {
            Ok(ended(failed.into(), settlement))
        }
        State::Failed(before) if *before == failed => unchanged(),
        State::None
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, Fail::WORDS)),
    }
}

/// Called off before the document is being made, and what was paid given back.
pub(super) fn cancel(state: &State, command: &Cancel) -> Decision {
    let cancelled = Cancelled {
        reason: command.reason.clone(),
    };
    match state {
        State::Requested { .. } => happened(cancelled),
        State::Authorized { settlement, .. } => Ok(ended(cancelled.into(), settlement)),
        State::Cancelled(before) if *before == cancelled => unchanged(),
        State::None
        // The register has been asked: whoever makes the document does not look back.
        | State::Generating { .. }
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, Cancel::WORDS)),
    }
}

/// The end, and what was paid given back.
fn ended(end: Event, settlement: &Settlement) -> Vec<Event> {
    // The end first: no later decision can then refund a second time, even on a history cut short.
    std::iter::once(end)
        .chain(refund(settlement).map(Event::from))
        .collect()
}

fn refund(settlement: &Settlement) -> Option<FeeRefunded> {
    match settlement {
        Settlement::Waived(_) => None,
        Settlement::Paid(paid) => Some(FeeRefunded {
            amount: paid.amount,
            payment: paid.payment.clone(),
        }),
    }
}

/// An authority takes an issued document back, says why, and what becomes of the fee.
pub(super) fn revoke(state: &State, command: &Revoke) -> Decision {
    let revoked = DocumentRevoked {
        authority: command.authority.clone(),
        reason: command.reason.clone(),
    };
    match (state, command.fee) {
        (State::Issued { .. } | State::ReadyForPickup { .. }, FeeConsequence::Kept) => {
            happened(revoked)
        }
        (
            State::Issued { settlement, .. } | State::ReadyForPickup { settlement, .. },
            FeeConsequence::Refunded,
        ) => Ok(ended(revoked.into(), settlement)),
        (
            State::Revoked {
                revocation,
                settlement,
                refunded,
            },
            fee,
        ) if *revocation == revoked && *refunded == gives_back(settlement, fee) => unchanged(),
        (State::Requested { .. } | State::Authorized { .. }, _) => Err(Rejection::NotIssued {
            command: Revoke::WORDS,
        }),
        (
            State::None
            | State::Generating { .. }
            | State::Expired(_)
            | State::Cancelled(_)
            | State::Failed(_)
            | State::Revoked { .. }
            | State::Discarded(_),
            _,
        ) => Err(refuse(state, Revoke::WORDS)),
    }
}

/// Whether there is anything to give back, and it is given back.
fn gives_back(settlement: &Settlement, fee: FeeConsequence) -> bool {
    fee == FeeConsequence::Refunded && refund(settlement).is_some()
}
