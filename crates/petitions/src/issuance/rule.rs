//! The parts that the rules of all chapters have in common.

use super::{
    Attempt, AttemptStage as Stage, IssuanceEvent as Event, IssuanceRejection as Rejection,
    IssuanceState as State, IssuanceStatus as Status,
};

pub(super) use crate::chapter::{happened, unchanged};

pub(super) type Decision = Result<Vec<Event>, Rejection>;

/// The attempt, where it stands at one of `statuses`; else why it does not take `command`.
pub(super) fn at<'s>(
    state: &'s State,
    statuses: &[Status],
    command: &'static str,
) -> Result<&'s Attempt, Rejection> {
    let attempt = state.at(statuses);
    attempt.ok_or_else(|| refuse(state, command))
}

/// Returns why `state` takes no `command`, where there is no nearer reason.
pub(super) fn refuse(state: &State, command: &'static str) -> Rejection {
    let Some(attempt) = state.attempt() else {
        return Rejection::NotRequested { command };
    };
    let status = attempt.status();
    match attempt.stage {
        Stage::Requested => Rejection::NotAuthorized { command },
        Stage::Authorized => Rejection::NotIssued { command },
        Stage::Generating => Rejection::BeingGenerated { command },
        Stage::Issued | Stage::ReadyForPickup => Rejection::AlreadyIssued { command },
        Stage::Expired(_)
        | Stage::Cancelled(_)
        | Stage::Failed(_)
        | Stage::Revoked(_)
        | Stage::Discarded(_) => Rejection::Ended { command, status },
    }
}

/// Returns why nothing is done in `state` with a document that is out, where there is no nearer
/// reason.
pub(super) fn refuse_use(state: &State, command: &'static str) -> Rejection {
    match state.status() {
        Some(status) if status.is_under_way() => Rejection::NotOut { command },
        Some(Status::ReadyForPickup) => Rejection::WaitsForPickup { command },
        _ => refuse(state, command),
    }
}
