//! Telling the petitioner the result (A27).

use super::{Decision, Event, State, objection, refuse, ruling::check_document, unchanged};
use crate::{
    application::{
        command::NotifyResult,
        event::{Completed, CompletionOutcome, ResultNotified},
        state::Completion,
    },
    calendar::Calendar,
};

/// A result is told without delay (A27①). With the result of an approval, and the document if one
/// is due, the work is done; after a refusal the petitioner has time to object (A35①).
pub(super) fn notify(calendar: &Calendar, state: &State, command: &NotifyResult) -> Decision {
    match state {
        State::Approved { .. } => {
            check_document(command.document, NotifyResult::WORDS)?;
            Ok(done(command))
        }
        State::Rejected { .. } => objection::notify_result(calendar, state, command),
        State::Completed(Completion::Completed(completed)) if is_told(completed, command) => {
            unchanged()
        }
        State::None
        | State::Submitted(_)
        | State::Received(_)
        | State::InReview(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, NotifyResult::WORDS)),
    }
}

fn done(command: &NotifyResult) -> Vec<Event> {
    let told = ResultNotified {
        officer: command.officer.clone(),
        notified_at: command.notified_at,
        objection: None,
    };
    vec![told.into(), completed(command).into()]
}

fn completed(command: &NotifyResult) -> Completed {
    Completed {
        outcome: CompletionOutcome::Granted,
        officer: command.officer.clone(),
        answer: None,
        attachments: Vec::new(),
    }
}

/// Told is told: at what time adds nothing once the work is done.
fn is_told(before: &Completed, command: &NotifyResult) -> bool {
    *before == completed(command)
}
