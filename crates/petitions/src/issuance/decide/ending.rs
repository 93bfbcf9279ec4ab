//! How an issuance ends: failed, cancelled, revoked.

use super::{Decision, Event, Rejection, State, happened, refuse, unchanged};
use crate::issuance::{
    command::{Cancel, Fail, Revoke},
    event::{Cancelled, DocumentRevoked, Failed, FeeRefunded},
    state::Settlement,
};

pub(super) fn fail(state: &State, command: &Fail) -> Decision {
    let failed = Failed {
        reason: command.reason.clone(),
    };
    match state {
        State::Requested { .. } => happened(failed),
        State::Authorized { settlement, .. } => Ok(ended(failed.into(), settlement)),
        State::Failed(before) if *before == failed => unchanged(),
        State::None
        | State::Issued { .. }
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked(_) => Err(refuse(state, Fail::WORDS)),
    }
}

pub(super) fn cancel(state: &State, command: &Cancel) -> Decision {
    let cancelled = Cancelled {
        reason: command.reason.clone(),
    };
    match state {
        State::Requested { .. } => happened(cancelled),
        State::Authorized { settlement, .. } => Ok(ended(cancelled.into(), settlement)),
        State::Cancelled(before) if *before == cancelled => unchanged(),
        State::None
        | State::Issued { .. }
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked(_) => Err(refuse(state, Cancel::WORDS)),
    }
}

/// The end first: no later decision can then refund a second time, even on a history cut short.
fn ended(end: Event, settlement: &Settlement) -> Vec<Event> {
    match settlement {
        Settlement::Waived(_) => vec![end],
        Settlement::Paid(paid) => {
            let refunded = FeeRefunded {
                amount: paid.amount,
                payment: paid.payment.clone(),
            };
            vec![end, refunded.into()]
        }
    }
}

pub(super) fn revoke(state: &State, command: &Revoke) -> Decision {
    let revoked = DocumentRevoked {
        authority: command.authority.clone(),
        reason: command.reason.clone(),
    };
    match state {
        State::Issued { .. } => happened(revoked),
        State::Revoked(before) if *before == revoked => unchanged(),
        State::Requested { .. } | State::Authorized { .. } => Err(Rejection::NotIssued {
            command: Revoke::WORDS,
        }),
        State::None | State::Cancelled(_) | State::Failed(_) | State::Revoked(_) => {
            Err(refuse(state, Revoke::WORDS))
        }
    }
}
