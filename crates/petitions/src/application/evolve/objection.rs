//! What becomes of a decision, and of a refusal above all.

use super::{Event, State};
use crate::application::{
    event::{ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, ResultNotified},
    state::{Completion, OpenObjection},
};

pub(super) fn notify_result(mut state: State, told: &ResultNotified, event: &Event) -> State {
    if let State::Rejected { case, notice, .. } = &mut state
        && notice.is_none()
    {
        case.follow(event);
        *notice = Some(told.clone());
    }
    if let State::Approved { notice, .. } = &mut state {
        notice.get_or_insert_with(|| told.clone());
    }
    state
}

pub(super) fn file(state: State, filed: &ObjectionFiled, event: &Event) -> State {
    match state {
        State::Rejected { case, .. } => State::UnderObjection {
            case: case.after(event),
            objection: OpenObjection::filed(filed),
        },
        state => state,
    }
}

pub(super) fn extend(mut state: State, extended: &ObjectionDecisionExtended) -> State {
    if let State::UnderObjection { objection, .. } = &mut state
        && objection.extension.is_none()
    {
        objection.due = extended.deadline.due;
        objection.extension = Some(extended.clone());
    }
    state
}

pub(super) fn uphold(state: State, event: &Event) -> State {
    match state {
        State::UnderObjection { case, .. } => State::InReview(case.after(event)),
        state => state,
    }
}

pub(super) fn dismiss(state: State, dismissed: &ObjectionDismissed) -> State {
    match state {
        State::UnderObjection { .. } => {
            State::Completed(Completion::ObjectionDismissed(dismissed.clone()))
        }
        state => state,
    }
}
