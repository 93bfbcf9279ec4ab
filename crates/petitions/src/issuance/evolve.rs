//! What each event changes.
//!
//! As with applications, an event that no decision could have written in a state leaves that
//! state as it is.

use super::state::{IssuanceResult, IssuanceState as State, IssuanceStatus as Status, Settlement};
use crate::catalogue::IssuanceEvent as Event;

pub(super) fn evolve(state: State, event: &Event) -> State {
    match event {
        Event::Requested(request) => match state {
            State::None => State::Requested {
                request: request.clone(),
                identity: None,
            },
            state => state,
        },
        Event::IdentityVerified(identity) => match state {
            State::Requested { request, .. } => State::Requested {
                request,
                identity: Some(identity.clone()),
            },
            state => state,
        },
        Event::FeePaid(paid) => settle(state, Settlement::Paid(paid.clone())),
        Event::FeeWaived(waived) => settle(state, Settlement::Waived(waived.clone())),
        // It follows an end in the same append, and the end is what decisions look at.
        Event::FeeRefunded(_) => state,
        Event::DocumentIssued(document) => issue(state, IssuanceResult::Document(document.clone())),
        Event::ResultEnteredManually(result) => {
            issue(state, IssuanceResult::Manual(result.clone()))
        }
        Event::Cancelled(cancelled) => end(state, State::Cancelled(cancelled.clone())),
        Event::Failed(failed) => end(state, State::Failed(failed.clone())),
        Event::DocumentRevoked(revoked) => match state {
            State::Issued { .. } => State::Revoked(revoked.clone()),
            state => state,
        },
    }
}

fn settle(state: State, settlement: Settlement) -> State {
    match state {
        State::Requested {
            request,
            identity: Some(identity),
        } => State::Authorized {
            request,
            identity,
            settlement,
        },
        state => state,
    }
}

fn issue(state: State, result: IssuanceResult) -> State {
    match state {
        State::Authorized { request, .. } => State::Issued { request, result },
        state => state,
    }
}

fn end(state: State, ended: State) -> State {
    match state {
        State::Requested { .. } | State::Authorized { .. } => ended,
        state => state,
    }
}

impl Status {
    /// Where an issuance stands after `event`, told from where it stood before alone: for read
    /// models, which keep no state. `laws.rs` holds it against the fold above.
    ///
    /// Of an identity it knows nothing, so it takes a settled fee's word that there was one. No
    /// decision settles a fee without.
    #[must_use]
    pub const fn after(before: Option<Self>, event: &Event) -> Option<Self> {
        let after = match (event, before) {
            (Event::Requested(_), None) => Self::Requested,
            (Event::FeePaid(_) | Event::FeeWaived(_), Some(Self::Requested)) => Self::Authorized,
            (
                Event::DocumentIssued(_) | Event::ResultEnteredManually(_),
                Some(Self::Authorized),
            ) => Self::Issued,
            (Event::Cancelled(_), Some(Self::Requested | Self::Authorized)) => Self::Cancelled,
            (Event::Failed(_), Some(Self::Requested | Self::Authorized)) => Self::Failed,
            (Event::DocumentRevoked(_), Some(Self::Issued)) => Self::Revoked,
            _ => return before,
        };
        Some(after)
    }
}
