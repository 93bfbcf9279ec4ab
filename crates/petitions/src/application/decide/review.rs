//! What happens while an officer examines a petition.

use super::{
    Decision, Rejection, State, check_applicant, check_attachments, check_texts, happened,
    none_awaited, refuse, unchanged,
};
use crate::application::{
    command::{RecordProgress, RequestSupplement, Supplement},
    event::{ProgressRecorded, SupplementRequested, Supplemented},
    state::ApplicationStatus as Status,
};

/// Always recorded: a step is a note, not a transition, and equal notes may be two. Clocks are
/// coarse, an imported log may know the day alone; only the command's id tells a step sent again
/// from one done again.
pub(super) fn record_progress(state: &State, command: &RecordProgress) -> Decision {
    match state {
        State::Received(_) | State::InReview(_) | State::AwaitingSupplement { .. } => {
            happened(ProgressRecorded {
                activity: command.activity.clone(),
                officer: command.officer.clone(),
                department: command.department.clone(),
                noted_at: command.noted_at,
            })
        }
        State::None
        | State::Submitted(_)
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::Completed(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, RecordProgress::WORDS)),
    }
}

pub(super) fn request_supplement(state: &State, command: &RequestSupplement) -> Decision {
    let requested = SupplementRequested {
        items: command.items.clone(),
        due: command.due,
        officer: command.officer.clone(),
        requested_at: command.requested_at,
    };
    match state {
        State::Received(_) | State::InReview(_) => {
            check_supplement_request(command)?;
            happened(requested)
        }
        State::AwaitingSupplement { request, .. } if *request == requested => unchanged(),
        State::None
        | State::Submitted(_)
        | State::AwaitingSupplement { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::Completed(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, RequestSupplement::WORDS)),
    }
}

fn check_supplement_request(command: &RequestSupplement) -> Result<(), Rejection> {
    if command.items.is_empty() {
        return Err(Rejection::NothingMissing);
    }
    if !command.due.is_after(command.requested_at) {
        return Err(Rejection::SupplementDueTooEarly {
            due: command.due,
            requested_at: command.requested_at,
        });
    }
    check_texts("missing items", &command.items)
}

pub(super) fn supplement(state: &State, command: &Supplement) -> Decision {
    match state {
        State::AwaitingSupplement { case, .. } => {
            check_applicant(&case.filing.applicant, &command.by, Supplement::WORDS)?;
            check_attachments(&command.attachments)?;
            happened(Supplemented {
                by: command.by.clone(),
                supplemented_at: command.supplemented_at,
                attachments: command.attachments.clone(),
                note: command.note.clone(),
            })
        }
        State::Received(_) => Err(none_awaited(Status::Received)),
        State::InReview(_) => Err(none_awaited(Status::InReview)),
        State::None
        | State::Submitted(_)
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::Completed(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, Supplement::WORDS)),
    }
}
