//! How a petition ends without a decision, or with a document that nobody collects.

use super::{Decision, Rejection, State, happened, out_of_turn, refuse, unchanged};
use crate::{
    application::{
        command::{
            CloseAsExempt, CloseAsRepeated, CloseUncollected, DocumentForm, MERGED_PETITIONERS_MIN,
            Merge, REPEATED_RESULTS_MIN, REPEATED_TIMES_MIN,
        },
        event::{ClosedAsExempt, ClosedAsRepeated, ClosedUncollected, MergedInto, Petitioners},
        state::{ApplicationStatus as Status, Case, Closing},
    },
    calendar::Calendar,
    category::PetitionKind,
    date::Date,
    due::Due,
    statute::collection_due,
};

/// Five petitioners or more with the same purpose are handled as one (D6⑦).
pub(super) fn merge(state: &State, command: &Merge) -> Decision {
    let merged = MergedInto {
        into: command.into.clone(),
        purpose: command.purpose.clone(),
        petitioners: command.petitioners,
        officer: command.officer.clone(),
        merged_at: command.merged_at,
    };
    match state {
        State::Received(_) => {}
        State::Closed(Closing::Merged(before)) if *before == merged => return unchanged(),
        State::InReview(_) => {
            return Err(out_of_turn(Merge::WORDS, Status::InReview, "received"));
        }
        State::None
        | State::Submitted(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, Merge::WORDS)),
    }
    if command.into == command.petition {
        return Err(Rejection::MergedIntoItself);
    }
    if command.petitioners < MERGED_PETITIONERS_MIN {
        return Err(Rejection::TooFewPetitioners {
            petitioners: command.petitioners,
            petitioners_min: MERGED_PETITIONERS_MIN,
        });
    }
    happened(merged)
}

/// The same content for the third time or more, answered twice or more, need not be answered again
/// (A23). Where many petition, the mediation committee has dealt with it before (D26).
pub(super) fn as_repeated(state: &State, command: &CloseAsRepeated) -> Decision {
    let closed = ClosedAsRepeated {
        times: command.times,
        results_notified: command.results_notified,
        petitioners: command.petitioners,
        committee: command.committee.clone(),
        officer: command.officer.clone(),
        closed_at: command.closed_at,
    };
    if matches!(state, State::Closed(Closing::Repeated(before)) if *before == closed) {
        return unchanged();
    }
    let case = undecided(state, CloseAsRepeated::WORDS)?;
    check_is_not_statutory(case, CloseAsRepeated::WORDS, "A23")?;
    check_repetition(command)?;
    happened(closed)
}

fn check_repetition(command: &CloseAsRepeated) -> Result<(), Rejection> {
    if command.times < REPEATED_TIMES_MIN {
        return Err(Rejection::TooFewTimes {
            times: command.times,
            times_min: REPEATED_TIMES_MIN,
        });
    }
    if command.results_notified < REPEATED_RESULTS_MIN {
        return Err(Rejection::TooFewResults {
            notified: command.results_notified,
            notified_min: REPEATED_RESULTS_MIN,
        });
    }
    match (command.petitioners, &command.committee) {
        (Petitioners::Many, None) => Err(Rejection::NoCommittee),
        (Petitioners::Many, Some(_)) | (Petitioners::Few, _) => Ok(()),
    }
}

/// Nine grounds exempt a petition from being handled (A21); the type of the ground knows no tenth.
pub(super) fn as_exempt(state: &State, command: &CloseAsExempt) -> Decision {
    let closed = ClosedAsExempt {
        ground: command.ground,
        reason: command.reason.clone(),
        officer: command.officer.clone(),
        closed_at: command.closed_at,
    };
    if matches!(state, State::Closed(Closing::Exempt(before)) if *before == closed) {
        return unchanged();
    }
    let case = undecided(state, CloseAsExempt::WORDS)?;
    check_is_not_statutory(case, CloseAsExempt::WORDS, "A21")?;
    happened(closed)
}

/// The petition that may be closed without a decision, since there is none.
fn undecided<'s>(state: &'s State, command: &'static str) -> Result<&'s Case, Rejection> {
    match state {
        State::Received(case) | State::InReview(case) => Ok(case),
        State::None
        | State::Submitted(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, command)),
    }
}

/// The kind as the agency found it counts, not as the petitioner declared it.
fn check_is_not_statutory(
    case: &Case,
    command: &'static str,
    article: &'static str,
) -> Result<(), Rejection> {
    match case.receipt.kind {
        PetitionKind::Statutory => Err(Rejection::Statutory { command, article }),
        PetitionKind::Inquiry
        | PetitionKind::Suggestion
        | PetitionKind::Other
        | PetitionKind::Grievance => Ok(()),
    }
}

/// A paper document that is not collected within 15 days after the day on which the petition was
/// expected to be completed may be discarded, and the petition closed (D25④). Our reading: that day
/// is the petition's due.
pub(super) fn uncollected(
    calendar: &Calendar,
    state: &State,
    command: &CloseUncollected,
) -> Decision {
    let case = match state {
        State::Approved { case, .. } => case,
        State::Closed(Closing::Uncollected(before))
            if before.officer == command.officer && before.closed_at == command.closed_at =>
        {
            return unchanged();
        }
        State::None
        | State::Submitted(_)
        | State::Received(_)
        | State::InReview(_)
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, CloseUncollected::WORDS)),
    };
    match command.form {
        DocumentForm::Paper => {}
        DocumentForm::Electronic => return Err(Rejection::NotOnPaper),
    }
    let expected_on = day_of(case.due);
    let (until, at) = (collection_due(expected_on, calendar)?, command.closed_at);
    if !until.is_overdue_at(at) {
        return Err(Rejection::StillKept { until, at });
    }
    happened(ClosedUncollected {
        expected_on,
        officer: command.officer.clone(),
        closed_at: command.closed_at,
    })
}

fn day_of(due: Due) -> Date {
    match due {
        Due::At(instant) => Date::in_seoul(instant),
        Due::On(day) => day,
    }
}
