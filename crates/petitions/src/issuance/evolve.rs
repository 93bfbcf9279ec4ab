//! What each event changes.
//!
//! As with applications, an event that no decision could have written in a state leaves that
//! state as it is.

use super::{
    event::FeeRefunded,
    state::{IssuanceResult, IssuanceState as State, IssuanceStatus as Status, Settlement},
};
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
        Event::FeeRefunded(given_back) => refund(state, given_back),
        Event::SourceDataRequested(source) => generate(state, source.attempt),
        Event::SourceDataFailed(failed) => match state {
            State::Generating {
                request,
                identity,
                settlement,
                ..
            } => State::Authorized {
                request,
                identity,
                settlement,
                failure: Some(failed.clone()),
            },
            state => state,
        },
        Event::DocumentIssued(document) => issue(state, IssuanceResult::Document(document.clone())),
        Event::ResultEnteredManually(result) => {
            issue(state, IssuanceResult::Manual(result.clone()))
        }
        Event::Cancelled(cancelled) => match state {
            State::Requested { .. } | State::Authorized { .. } => {
                State::Cancelled(cancelled.clone())
            }
            state => state,
        },
        Event::Failed(failed) => match state {
            State::Requested { .. } | State::Authorized { .. } | State::Generating { .. } => {
                State::Failed(failed.clone())
            }
            state => state,
        },
        Event::DocumentRevoked(revoked) => match state {
            State::Issued { settlement, .. } => State::Revoked {
                revocation: revoked.clone(),
                settlement,
                refunded: false,
            },
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
            failure: None,
        },
        state => state,
    }
}

/// A refund follows an end in the same append. Where the result was never out, the end itself says
/// that what was paid is given back.
fn refund(mut state: State, given_back: &FeeRefunded) -> State {
    if let State::Revoked {
        settlement: Settlement::Paid(paid),
        refunded,
        ..
    } = &mut state
    {
        *refunded |= paid.amount == given_back.amount && paid.payment == given_back.payment;
    }
    state
}

fn generate(state: State, attempt: u32) -> State {
    match state {
        State::Authorized {
            request,
            identity,
            settlement,
            ..
        } => State::Generating {
            request,
            identity,
            settlement,
            attempt,
        },
        state => state,
    }
}

fn issue(state: State, result: IssuanceResult) -> State {
    match state {
        State::Authorized {
            request,
            settlement,
            ..
        }
        | State::Generating {
            request,
            settlement,
            ..
        } => State::Issued {
            request,
            result,
            settlement,
        },
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
            (Event::SourceDataRequested(_), Some(Self::Authorized)) => Self::Generating,
            (Event::SourceDataFailed(_), Some(Self::Generating)) => Self::Authorized,
            (
                Event::DocumentIssued(_) | Event::ResultEnteredManually(_),
                Some(Self::Authorized | Self::Generating),
            ) => Self::Issued,
            (Event::Cancelled(_), Some(Self::Requested | Self::Authorized)) => Self::Cancelled,
            (Event::Failed(_), Some(Self::Requested | Self::Authorized | Self::Generating)) => {
                Self::Failed
            }
            (Event::DocumentRevoked(_), Some(Self::Issued)) => Self::Revoked,
            _ => return before,
        };
        Some(after)
    }
}
