//! What each event changes.
//!
//! As with applications, an event that no decision could have written in a state leaves that
//! state as it is.

use super::{
    event::{DocumentRevoked, FeeRefunded, IdentityVerified},
    state::{IssuanceResult, IssuanceState as State, IssuanceStatus as Status, Settlement, Usage},
};
use crate::catalogue::IssuanceEvent as Event;

pub(super) fn evolve(state: State, event: &Event) -> State {
    match event {
        Event::Requested(request) => match state {
            State::None => State::Requested {
                request: request.clone(),
                identity: None,
                assessed: None,
            },
            state => state,
        },
        Event::IdentityVerified(identity) => identify(state, identity),
        Event::FeeAssessed(fee) => match state {
            State::Requested {
                request, identity, ..
            } => State::Requested {
                request,
                identity,
                assessed: Some(fee.clone()),
            },
            state => state,
        },
        Event::FeePaid(paid) => settle(state, Settlement::Paid(paid.clone())),
        Event::FeeWaived(waived) => settle(state, Settlement::Waived(waived.clone())),
        Event::FeeRefunded(given_back) => refund(state, given_back),
        Event::SourceDataRequested(_)
        | Event::SourceDataRetrieved(_)
        | Event::SourceDataFailed(_) => evolve_source(state, event),
        Event::DocumentIssued(document) => issue(state, IssuanceResult::Document(document.clone())),
        Event::ResultEnteredManually(result) => {
            issue(state, IssuanceResult::Manual(result.clone()))
        }
        Event::DocumentViewed(_)
        | Event::DocumentPrinted(_)
        | Event::DocumentDelivered(_)
        | Event::DocumentVerified(_) => note_use(state, event),
        Event::DocumentReadyForPickup(_)
        | Event::DocumentCollected(_)
        | Event::DocumentDiscarded(_) => evolve_pickup(state, event),
        Event::VerificationExpired(expired) => match state {
            State::Issued { .. } => State::Expired(expired.clone()),
            state => state,
        },
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
        Event::DocumentRevoked(revoked) => revoke(state, revoked),
    }
}

/// The newest proof counts.
fn identify(state: State, identity: &IdentityVerified) -> State {
    match state {
        State::Requested {
            request, assessed, ..
        } => State::Requested {
            request,
            identity: Some(identity.clone()),
            assessed,
        },
        state => state,
    }
}

fn settle(state: State, settlement: Settlement) -> State {
    match state {
        State::Requested {
            request,
            identity: Some(identity),
            ..
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

fn evolve_source(state: State, event: &Event) -> State {
    match (state, event) {
        (
            State::Authorized {
                request,
                identity,
                settlement,
                ..
            },
            Event::SourceDataRequested(source),
        ) => State::Generating {
            request,
            identity,
            settlement,
            attempt: source.attempt,
            retrieved: None,
        },
        (
            State::Generating {
                request,
                identity,
                settlement,
                attempt,
                ..
            },
            Event::SourceDataRetrieved(data),
        ) => State::Generating {
            request,
            identity,
            settlement,
            attempt,
            retrieved: Some(data.clone()),
        },
        (
            State::Generating {
                request,
                identity,
                settlement,
                ..
            },
            Event::SourceDataFailed(failed),
        ) => State::Authorized {
            request,
            identity,
            settlement,
            failure: Some(failed.clone()),
        },
        (state, _) => state,
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
            usage: Usage::default(),
        },
        state => state,
    }
}

fn note_use(mut state: State, event: &Event) -> State {
    if let State::Issued { usage, .. } = &mut state {
        match event {
            Event::DocumentViewed(viewed) => usage.viewed = Some(viewed.clone()),
            Event::DocumentPrinted(printed) => {
                usage.copies_printed = usage.copies_printed.saturating_add(printed.copies);
                usage.printed = Some(printed.clone());
            }
            Event::DocumentDelivered(delivered) => usage.delivered = Some(delivered.clone()),
            Event::DocumentVerified(verified) => usage.verified = Some(verified.clone()),
            _ => {}
        }
    }
    state
}

fn evolve_pickup(state: State, event: &Event) -> State {
    match (state, event) {
        (
            State::Issued {
                request,
                result,
                settlement,
                usage,
            },
            Event::DocumentReadyForPickup(pickup),
        ) => State::ReadyForPickup {
            request,
            result,
            settlement,
            usage,
            pickup: pickup.clone(),
        },
        (
            State::ReadyForPickup {
                request,
                result,
                settlement,
                usage,
                ..
            },
            Event::DocumentCollected(collected),
        ) => State::Issued {
            request,
            result,
            settlement,
            usage: Usage {
                collected: Some(collected.clone()),
                ..usage
            },
        },
        (State::ReadyForPickup { .. }, Event::DocumentDiscarded(discarded)) => {
            State::Discarded(discarded.clone())
        }
        (state, _) => state,
    }
}

fn revoke(state: State, revoked: &DocumentRevoked) -> State {
    match state {
        State::Issued { settlement, .. } | State::ReadyForPickup { settlement, .. } => {
            State::Revoked {
                revocation: revoked.clone(),
                settlement,
                refunded: false,
            }
        }
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
            )
            | (Event::DocumentCollected(_), Some(Self::ReadyForPickup)) => Self::Issued,
            (Event::DocumentReadyForPickup(_), Some(Self::Issued)) => Self::ReadyForPickup,
            (Event::DocumentDiscarded(_), Some(Self::ReadyForPickup)) => Self::Discarded,
            (Event::VerificationExpired(_), Some(Self::Issued)) => Self::Expired,
            (Event::Cancelled(_), Some(Self::Requested | Self::Authorized)) => Self::Cancelled,
            (Event::Failed(_), Some(Self::Requested | Self::Authorized | Self::Generating)) => {
                Self::Failed
            }
            (Event::DocumentRevoked(_), Some(Self::Issued | Self::ReadyForPickup)) => Self::Revoked,
            _ => return before,
        };
        Some(after)
    }
}
