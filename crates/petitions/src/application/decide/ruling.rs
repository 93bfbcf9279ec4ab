//! How a petition is decided and brought to its end.

use super::{
    Decision, Rejection, State, check_attachments, check_texts, happened,
    objection::check_time_to_object_is_over, refuse, unchanged,
};
use crate::{
    application::{
        command::{Approve, Complete, DueDocument, Reject},
        event::{Approved, Completed, CompletionOutcome, Rejected},
        state::Completion,
    },
    calendar::Calendar,
};

/// An officer grants what was examined. What is issued instantly, or dealt with at once (D16), may
/// be granted as soon as it is received.
pub(super) fn approve(state: &State, command: &Approve) -> Decision {
    let approved = Approved {
        officer: command.officer.clone(),
        conditions: command.conditions.clone(),
    };
    match state {
        State::InReview(_) => {}
        State::Received(case) if case.is_decided_at_once() => {}
        State::Approved { approval, .. } if *approval == approved => return unchanged(),
        State::None
        | State::Submitted(_)
        | State::Received(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, Approve::WORDS)),
    }
    check_texts("conditions", &command.conditions)?;
    happened(approved)
}

/// A refusal names its reasons, and what the petitioner can do against it (A27③).
pub(super) fn reject(state: &State, command: &Reject) -> Decision {
    let rejected = Rejected {
        officer: command.officer.clone(),
        reasons: command.reasons.clone(),
        remedies: command.remedies.clone(),
    };
    match state {
        State::InReview(_) => {
            check_refusal(command)?;
            happened(rejected)
        }
        State::Rejected { refusal, .. } if *refusal == rejected => unchanged(),
        State::None
        | State::Submitted(_)
        | State::Received(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, Reject::WORDS)),
    }
}

fn check_refusal(command: &Reject) -> Result<(), Rejection> {
    if command.reasons.is_empty() {
        return Err(Rejection::NoReasons);
    }
    if command.remedies.is_empty() {
        return Err(Rejection::NoRemedies);
    }
    check_texts("reasons", &command.reasons)?;
    check_texts("remedies", &command.remedies)
}

/// What was granted is completed with its document (A27); what was refused, once nobody can object
/// any more (A35①); what is only answered, by the answer (D14-D16).
pub(super) fn complete(calendar: &Calendar, state: &State, command: &Complete) -> Decision {
    let outcome = match state {
        State::Approved { .. } => {
            check_document(command.document, Complete::WORDS)?;
            CompletionOutcome::Granted
        }
        State::Rejected { case, notice, .. } => {
            let at = command.completed_at;
            check_time_to_object_is_over(calendar, case, notice.as_ref(), at)?;
            CompletionOutcome::Refused
        }
        State::InReview(case) if case.receipt.kind.ends_in_answer() => CompletionOutcome::Answered,
        // Whoever closes it again: the petitioner was told the same.
        State::Completed(Completion::Completed(completed))
            if completed.answer == command.answer
                && completed.attachments == command.attachments =>
        {
            return unchanged();
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
        | State::Closed(_) => return Err(refuse(state, Complete::WORDS)),
    };
    check_attachments(&command.attachments)?;
    happened(Completed {
        outcome,
        officer: command.officer.clone(),
        answer: command.answer.clone(),
        attachments: command.attachments.clone(),
    })
}

/// What was granted is not done before the petitioner can have the document of it.
pub(super) fn check_document(
    document: DueDocument,
    command: &'static str,
) -> Result<(), Rejection> {
    match document {
        DueDocument::NotDue | DueDocument::Finished => Ok(()),
        DueDocument::UnderWay => Err(Rejection::DocumentUnderWay { command }),
    }
}
