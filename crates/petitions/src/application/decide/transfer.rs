//! Who works on a petition: the officer in charge, the responsible department, the agency.

use minwon_core::Timestamp;

use super::{Decision, Rejection, State, happened, out_of_turn, refuse, unchanged};
use crate::{
    application::{
        command::{Assign, Reassign, TransferToAgency, TransferToDepartment},
        event::{Assigned, Reassigned, TransferredToAgency, TransferredToDepartment},
        state::{ApplicationStatus as Status, Case, Filing},
    },
    calendar::Calendar,
    due::Due,
    statute,
};

/// The received petition that is handed to somebody, who examines it from then on.
fn handed_over<'s>(state: &'s State, command: &'static str) -> Result<&'s Case, Rejection> {
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

/// One officer is in charge of a petition at a time.
pub(super) fn assign(state: &State, command: &Assign) -> Decision {
    match &handed_over(state, Assign::WORDS)?.officer {
        None => happened(Assigned {
            officer: command.officer.clone(),
            by: command.by.clone(),
            assigned_at: command.assigned_at,
        }),
        // Whoever is in charge is in charge.
        Some(officer) if *officer == command.officer => unchanged(),
        Some(officer) => Err(Rejection::AlreadyAssigned {
            officer: officer.clone(),
        }),
    }
}

/// Another officer takes over from the one in charge.
pub(super) fn reassign(state: &State, command: &Reassign) -> Decision {
    match &handed_over(state, Reassign::WORDS)?.officer {
        None => Err(Rejection::NotAssigned),
        Some(officer) if *officer == command.officer => unchanged(),
        Some(officer) => happened(Reassigned {
            from: officer.clone(),
            to: command.officer.clone(),
            reason: command.reason.clone(),
            by: command.by.clone(),
            reassigned_at: command.reassigned_at,
        }),
    }
}

/// Inside an agency a petition moves freely (D13): each department may find that another is
/// responsible.
pub(super) fn to_department(state: &State, command: &TransferToDepartment) -> Decision {
    let case = handed_over(state, TransferToDepartment::WORDS)?;
    if case.department == command.department {
        return unchanged();
    }
    happened(TransferredToDepartment {
        from: case.department.clone(),
        to: command.department.clone(),
        by: command.by.clone(),
        transferred_at: command.transferred_at,
    })
}

/// An agency that is not competent passes a petition on to the one that is (A16), before it begins
/// to examine it. There it is submitted, and the receipt there begins its period anew.
pub(super) fn to_agency(
    calendar: &Calendar,
    state: &State,
    command: &TransferToAgency,
) -> Decision {
    let (filing, since) = match state {
        State::Submitted(filing) if is_on_record(filing, command) => return unchanged(),
        State::Submitted(filing) => (filing, filing.submitted_at),
        State::Received(case) => (&case.filing, case.receipt.received_at),
        State::InReview(_) => {
            let command = TransferToAgency::WORDS;
            return Err(out_of_turn(
                command,
                Status::InReview,
                "submitted or received",
            ));
        }
        State::None
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, TransferToAgency::WORDS)),
    };
    if filing.agency == command.agency {
        return Err(Rejection::SameAgency {
            agency: command.agency.clone(),
        });
    }
    happened(TransferredToAgency {
        from: filing.agency.clone(),
        to: command.agency.clone(),
        reason: command.reason.clone(),
        by: command.by.clone(),
        due: transfer_due(filing, since, calendar),
        transferred_at: command.transferred_at,
    })
}

/// Until when it has to go on: an electronic petition at once, one on paper within 8 working hours
/// (D13). Where the calendar does not reach, nothing is said: that is no reason to keep it.
fn transfer_due(filing: &Filing, since: Timestamp, calendar: &Calendar) -> Option<Due> {
    if filing.channel.is_electronic() {
        return Some(Due::At(since));
    }
    statute::transfer_due(since, calendar).ok()
}

fn is_on_record(filing: &Filing, command: &TransferToAgency) -> bool {
    filing.transfer.as_ref().is_some_and(|transfer| {
        transfer.to == command.agency
            && transfer.reason == command.reason
            && transfer.by == command.by
            && transfer.transferred_at == command.transferred_at
    })
}
