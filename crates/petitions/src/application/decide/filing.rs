//! What petitioner and front office do: submit, receive, withdraw.

use super::{
    Decision, Rejection, State, check_applicant, check_attachments, happened, refuse, unchanged,
};
use crate::{
    application::{
        command::{Receive, Submit, Withdraw},
        event::{Received, Submitted, Withdrawn},
    },
    category::{Category, PetitionKind},
};

pub(super) fn submit(own: Category, state: &State, command: &Submit) -> Decision {
    if let Some(status) = state.status() {
        return Err(Rejection::AlreadySubmitted { status });
    }
    check_submission(own, command)?;
    happened(Submitted {
        service: command.service,
        kind: command.kind,
        channel: command.channel.clone(),
        petition_type: command.petition_type.clone(),
        applicant: command.applicant.clone(),
        agency: command.agency.clone(),
        submitted_at: command.submitted_at,
        attachments: command.attachments.clone(),
    })
}

fn check_submission(own: Category, command: &Submit) -> Result<(), Rejection> {
    if command.category != own {
        return Err(Rejection::ForeignCategory {
            asked: command.category,
            own,
        });
    }
    if command.channel.is_spoken() && command.kind != PetitionKind::Other {
        return Err(Rejection::MustBeWritten {
            kind: command.kind,
            channel: command.channel.clone(),
        });
    }
    check_attachments(&command.attachments)
}

/// A submitted petition is received whatever the command says: an agency cannot refuse (A9①).
pub(super) fn receive(state: &State, command: &Receive) -> Decision {
    let received = Received {
        receipt_number: command.receipt_number.clone(),
        kind: command.kind,
        period: command.period,
        due: command.due,
        department: command.department.clone(),
        calendar_version: command.calendar_version.clone(),
        received_at: command.received_at,
    };
    match state {
        State::Submitted(_) => happened(received),
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Approved { case, .. }
        | State::Rejected { case, .. } => {
            if case.receipt == received {
                return unchanged();
            }
            Err(Rejection::AlreadyReceived {
                receipt_number: case.receipt.receipt_number.clone(),
            })
        }
        State::None | State::Completed(_) | State::Withdrawn(_) => {
            Err(refuse(state, Receive::WORDS))
        }
    }
}

pub(super) fn withdraw(state: &State, command: &Withdraw) -> Decision {
    let check = |applicant| check_applicant(applicant, &command.by, Withdraw::WORDS);
    match state {
        State::Submitted(filing) => check(&filing.applicant)?,
        State::Received(case) | State::InReview(case) | State::AwaitingSupplement { case, .. } => {
            check(&case.filing.applicant)?
        }
        // Withdrawn is withdrawn: another reason adds nothing.
        State::Withdrawn(withdrawn) => {
            check(&withdrawn.by)?;
            return unchanged();
        }
        State::None | State::Approved { .. } | State::Rejected { .. } | State::Completed(_) => {
            return Err(refuse(state, Withdraw::WORDS));
        }
    }
    happened(Withdrawn {
        by: command.by.clone(),
        reason: command.reason.clone(),
    })
}
