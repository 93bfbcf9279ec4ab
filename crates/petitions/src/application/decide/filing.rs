//! What petitioners do: submit, withdraw.

use super::{
    Decision, Rejection, State, check_applicant, check_attachments, happened, refuse, unchanged,
};
use crate::{
    application::{
        command::{Submit, Withdraw},
        event::{Submitted, Withdrawn},
        state::Withdrawal,
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

pub(super) fn withdraw(state: &State, command: &Withdraw) -> Decision {
    let check = |applicant| check_applicant(applicant, &command.by, Withdraw::WORDS);
    match state {
        State::Submitted(filing) => check(&filing.applicant)?,
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. } => check(&case.filing.applicant)?,
        // Withdrawn is withdrawn: another reason adds nothing.
        State::Withdrawn(Withdrawal::Declared(withdrawn)) => {
            check(&withdrawn.by)?;
            return unchanged();
        }
        State::None
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(Withdrawal::Deemed(_)) => return Err(refuse(state, Withdraw::WORDS)),
    }
    happened(Withdrawn {
        by: command.by.clone(),
        reason: command.reason.clone(),
    })
}
