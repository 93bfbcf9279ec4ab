//! The table of transitions: one function per command, one arm per group of states.
//!
//! The rules of an application's table hold here as well: no catch-all arms, and a command that
//! would write the very event on record changes nothing.

mod before;
mod delivery;
mod ending;
mod pickup;
mod result;
mod source;
mod verification;

use super::{
    Issuance,
    command::IssuanceCommand as Command,
    rejection::IssuanceRejection as Rejection,
    state::{IssuanceState as State, IssuanceStatus as Status},
};
use crate::catalogue::IssuanceEvent as Event;

type Decision = Result<Vec<Event>, Rejection>;

pub(super) fn decide(rules: &Issuance, state: &State, command: &Command) -> Decision {
    match command {
        Command::Request(command) => before::request(rules.petition_category, state, command),
        Command::VerifyIdentity(command) => before::verify_identity(state, command),
        Command::AssessFee(command) => before::assess_fee(state, command),
        Command::PayFee(command) => before::pay_fee(state, command),
        Command::WaiveFee(command) => before::waive_fee(state, command),
        Command::Authorize(command) => before::authorize(state, command),
        Command::RetrieveSourceData(command) => source::retrieve(state, command),
        Command::NoteSourceData(command) => source::note_data(state, command),
        Command::NoteSourceFailure(command) => source::note_failure(state, command),
        Command::IssueDocument(command) => result::issue_document(state, command),
        Command::EnterResultManually(command) => result::enter_manually(state, command),
        Command::View(command) => delivery::view(state, command),
        Command::Print(command) => delivery::print(state, command),
        Command::Deliver(command) => delivery::deliver(state, command),
        Command::MakeReadyForPickup(command) => pickup::make_ready(&rules.calendar, state, command),
        Command::Collect(command) => pickup::collect(state, command),
        Command::Discard(command) => pickup::discard(state, command),
        Command::VerifyDocument(command) => verification::verify(state, command),
        Command::ExpireVerification(command) => verification::expire(state, command),
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
        State::Issued { .. } | State::ReadyForPickup { .. } => Rejection::AlreadyIssued { command },
        State::Expired(_) => ended(command, Status::Expired),
        State::Cancelled(_) => ended(command, Status::Cancelled),
        State::Failed(_) => ended(command, Status::Failed),
        State::Revoked { .. } => ended(command, Status::Revoked),
        State::Discarded(_) => ended(command, Status::Discarded),
    }
}

/// Why nothing is done in `state` with a document that is out, where there is no nearer reason.
fn refuse_use(state: &State, command: &'static str) -> Rejection {
    match state {
        State::Requested { .. } | State::Authorized { .. } | State::Generating { .. } => {
            Rejection::NotOut { command }
        }
        State::ReadyForPickup { .. } => Rejection::WaitsForPickup { command },
        State::None
        | State::Issued { .. }
        | State::Expired(_)
        | State::Cancelled(_)
        | State::Failed(_)
        | State::Revoked { .. }
        | State::Discarded(_) => refuse(state, command),
    }
}

fn ended(command: &'static str, status: Status) -> Rejection {
    Rejection::Ended { command, status }
}
