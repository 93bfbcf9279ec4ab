//! What happens while an officer examines a petition.

use super::{Decision, State, happened, refuse};
use crate::application::{command::RecordProgress, event::ProgressRecorded};

/// Always recorded: a step is a note, not a transition, and equal notes may be two. Clocks are
/// coarse, an imported log may know the day alone; only the command's id tells a step sent again
/// from one done again.
pub(super) fn record_progress(state: &State, command: &RecordProgress) -> Decision {
    match state {
        State::Received(_)
        | State::InReview(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::UnderObjection { .. } => happened(ProgressRecorded {
            activity: command.activity.clone(),
            officer: command.officer.clone(),
            department: command.department.clone(),
            noted_at: command.noted_at,
        }),
        State::None
        | State::Submitted(_)
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, RecordProgress::WORDS)),
    }
}
