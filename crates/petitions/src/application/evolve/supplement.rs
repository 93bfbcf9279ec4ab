//! What becomes of a request for a supplement.

use super::{Event, State};
use crate::application::{
    event::{
        DeemedWithdrawn, Returned, SupplementPeriodExtended, SupplementRequested,
        SupplementRerequested, SupplementUndeliverable,
    },
    state::{OpenSupplement, Withdrawal},
};
use crate::statute::SUPPLEMENT_EXTENSIONS_MAX;

pub(super) fn request(state: State, request: &SupplementRequested, event: &Event) -> State {
    match state {
        State::Received(case) | State::InReview(case) => State::AwaitingSupplement {
            case: case.after(event),
            supplement: OpenSupplement::requested(request),
        },
        state => state,
    }
}

pub(super) fn supply(state: State, event: &Event) -> State {
    match state {
        State::AwaitingSupplement { case, .. } => State::InReview(case.after(event)),
        state => state,
    }
}

pub(super) fn remind(mut state: State) -> State {
    if let State::AwaitingSupplement { supplement, .. } = &mut state {
        supplement.reminded = true;
    }
    state
}

pub(super) fn extend(mut state: State, extended: &SupplementPeriodExtended) -> State {
    if let State::AwaitingSupplement { supplement, .. } = &mut state
        && supplement.extensions.len() < SUPPLEMENT_EXTENSIONS_MAX as usize
    {
        supplement.due = extended.deadline.due;
        supplement.extensions.push(extended.clone());
    }
    state
}

/// The petitioner is reminded of each request once, so of this one anew.
pub(super) fn request_again(mut state: State, again: &SupplementRerequested) -> State {
    if let State::AwaitingSupplement { supplement, .. } = &mut state
        && supplement.again.is_none()
    {
        supplement.due = again.deadline.due;
        supplement.again = Some(again.clone());
        supplement.reminded = false;
    }
    state
}

pub(super) fn miss_petitioner(mut state: State, failed: &SupplementUndeliverable) -> State {
    if let State::AwaitingSupplement { supplement, .. } = &mut state
        && failed.attempt == supplement.next_attempt()
    {
        supplement.undelivered = failed.attempt;
    }
    state
}

pub(super) fn return_documents(state: State, returned: &Returned) -> State {
    match state {
        State::AwaitingSupplement { .. } => State::Returned(returned.clone()),
        state => state,
    }
}

pub(super) fn deem_withdrawn(state: State, deemed: &DeemedWithdrawn) -> State {
    match state {
        State::AwaitingSupplement { .. } => State::Withdrawn(Withdrawal::Deemed(deemed.clone())),
        state => state,
    }
}
