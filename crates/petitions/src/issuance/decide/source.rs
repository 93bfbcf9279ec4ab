//! How a linked register is asked for what a document is made of.

use super::{Decision, Rejection, State, happened, refuse, unchanged};
use crate::issuance::{
    command::{NoteSourceData, NoteSourceFailure, RetrieveSourceData},
    event::{SourceDataFailed, SourceDataRequested, SourceDataRetrieved},
};

/// The register is asked again after a failure, for the time with the next number.
pub(super) fn retrieve(state: &State, command: &RetrieveSourceData) -> Decision {
    let &RetrieveSourceData {
        attempt,
        requested_at,
    } = command;
    match state {
        State::Authorized { request, .. } if !request.service.is_linked() => {
            Err(Rejection::Unlinked)
        }
        State::Authorized { failure, .. } => {
            let before = failure.as_ref().map_or(0, |failure| failure.attempt);
            check_attempt(attempt, before.saturating_add(1))?;
            happened(SourceDataRequested {
                attempt,
                requested_at,
            })
        }
        // One answer is awaited, whenever it was asked for.
        State::Generating { attempt: asked, .. } if *asked == attempt => unchanged(),
        State::None
        | State::Requested { .. }
        | State::Generating { .. }
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, RetrieveSourceData::WORDS)),
    }
}

/// What the register gave is noted once.
pub(super) fn note_data(state: &State, command: &NoteSourceData) -> Decision {
    let data = SourceDataRetrieved {
        attempt: command.attempt,
        source: command.source.clone(),
        retrieved_at: command.retrieved_at,
    };
    match state {
        State::Generating {
            retrieved: Some(before),
            ..
        } if *before == data => unchanged(),
        State::Generating {
            retrieved: Some(_), ..
        } => Err(Rejection::AlreadyRetrieved),
        State::Generating { attempt, .. } => {
            check_attempt(command.attempt, *attempt)?;
            happened(data)
        }
        State::Authorized { .. } => Err(Rejection::NotGenerating {
            command: NoteSourceData::WORDS,
        }),
        State::None
        | State::Requested { .. }
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, NoteSourceData::WORDS)),
    }
}

/// Also of data that were retrieved: they may turn out to be of no use.
pub(super) fn note_failure(state: &State, command: &NoteSourceFailure) -> Decision {
    let failed = SourceDataFailed {
        attempt: command.attempt,
        reason: command.reason.clone(),
        retry_at: command.retry_at,
        failed_at: command.failed_at,
    };
    match state {
        State::Generating { attempt, .. } => {
            check_attempt(command.attempt, *attempt)?;
            happened(failed)
        }
        State::Authorized { failure, .. } if failure.as_ref() == Some(&failed) => unchanged(),
        State::Authorized { .. } => Err(Rejection::NotGenerating {
            command: NoteSourceFailure::WORDS,
        }),
        State::None
        | State::Requested { .. }
        | State::Issued { .. }
        | State::ReadyForPickup { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => Err(refuse(state, NoteSourceFailure::WORDS)),
    }
}

fn check_attempt(attempt: u32, expected: u32) -> Result<(), Rejection> {
    if attempt == expected {
        Ok(())
    } else {
        Err(Rejection::WrongAttempt { attempt, expected })
    }
}
