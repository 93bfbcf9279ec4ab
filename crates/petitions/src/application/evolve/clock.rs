//! What becomes of the time that a petition may take.

use super::{Event, State};
use crate::application::{
    event::{ClockSuspended, DeadlineMissed, ProgressNotified},
    state::Case,
};

pub(super) fn suspend(state: State, suspension: &ClockSuspended, event: &Event) -> State {
    match state {
        State::Received(case) | State::InReview(case) => State::Suspended {
            case: case.after(event),
            suspension: suspension.clone(),
        },
        state => state,
    }
}

pub(super) fn resume(state: State, event: &Event) -> State {
    match state {
        State::Suspended { case, .. } => State::InReview(case.after(event)),
        state => state,
    }
}

/// The first extension, or the second.
pub(super) fn extend(mut state: State, granted_before: usize, event: &Event) -> State {
    match &mut state {
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. }
            if case.clock.extensions().len() == granted_before =>
        {
            case.follow(event);
        }
        _ => {}
    }
    state
}

pub(super) fn recalculate(mut state: State, event: &Event) -> State {
    if let Some(case) = open_case(&mut state) {
        case.follow(event);
    }
    state
}

pub(super) fn miss(mut state: State, missed: &DeadlineMissed) -> State {
    match &mut state {
        State::Received(case) | State::InReview(case) | State::Approved { case, .. }
            if case.due == missed.due =>
        {
            case.missed = Some(missed.due);
        }
        _ => {}
    }
    state
}

pub(super) fn remind(mut state: State) -> State {
    match &mut state {
        State::Received(case) | State::InReview(case) | State::Approved { case, .. } => {
            case.reminded = Some(case.due);
        }
        _ => {}
    }
    state
}

pub(super) fn notify(mut state: State, notice: &ProgressNotified) -> State {
    if let Some(case) = open_case(&mut state)
        && notice.number == case.next_notice()
    {
        case.notices = notice.number;
    }
    state
}

/// The petition as long as its result was not told to the petitioner as a refusal.
fn open_case(state: &mut State) -> Option<&mut Case> {
    match state {
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. }
        | State::Approved { case, .. } => Some(case),
        _ => None,
    }
}
