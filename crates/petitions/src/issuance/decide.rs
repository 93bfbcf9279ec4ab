//! The table of transitions: one function per command, one arm per group of states.
//!
//! The rules of an application's table hold here as well: no catch-all arms, and a command that
//! would write the very event on record changes nothing.

mod before;
mod ending;
mod result;
mod source;

use super::{
    command::IssuanceCommand as Command,
    rejection::IssuanceRejection as Rejection,
    state::{IssuanceState as State, IssuanceStatus as Status},
};
use crate::{catalogue::IssuanceEvent as Event, category::Category};

type Decision = Result<Vec<Event>, Rejection>;

pub(super) fn decide(category: Category, state: &State, command: &Command) -> Decision {
    match command {
        Command::Request(command) => before::request(category, state, command),
        Command::Authorize(command) => before::authorize(state, command),
        Command::RetrieveSourceData(command) => source::retrieve(state, command),
        Command::NoteSourceFailure(command) => source::note_failure(state, command),
        Command::IssueDocument(command) => result::issue_document(state, command),
        Command::EnterResultManually(command) => result::enter_manually(state, command),
        Command::Fail(command) => ending::fail(state, command),
        Command::Cancel(command) => ending::cancel(state, command),
        Command::Revoke(command) => ending::revoke(state, command),
    }
}

fn happened(event: impl Into<Event>) -> Decision {
    Ok(vec![event.into()])
}

fn unchanged() -> Decision {
    Ok(Vec::new())
}

/// Why `state` takes no `command`, where there is no nearer reason.
fn refuse(state: &State, command: &'static str) -> Rejection {
    match state {
        State::None => Rejection::NotRequested { command },
        State::Requested { .. } => Rejection::NotAuthorized { command },
        State::Authorized { .. } => Rejection::NotIssued { command },
        State::Generating { .. } => Rejection::BeingGenerated { command },
        State::Issued { .. } => Rejection::AlreadyIssued { command },
        State::Cancelled(_) => ended(command, Status::Cancelled),
        State::Failed(_) => ended(command, Status::Failed),
        State::Revoked { .. } => ended(command, Status::Revoked),
    }
}

fn ended(command: &'static str, status: Status) -> Rejection {
    Rejection::Ended { command, status }
}
