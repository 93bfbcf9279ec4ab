//! What petitioner and front office do: submit, correct, modify, withdraw.

use super::{
    Decision, Rejection, State, check_applicant, check_attachments, check_texts, happened,
    out_of_turn, refuse, unchanged,
};
use crate::{
    application::{
        command::{CorrectClericalError, IssueReceiptSlip, Modify, Submit, Withdraw},
        event::{
            ClericalErrorCorrected, Modified, Outage, ReceiptSlipIssued, Submitted, Withdrawn,
        },
        state::{ApplicationStatus as Status, Filing, Withdrawal},
    },
    category::{Category, PetitionKind},
};

/// A petition is submitted in writing; only other petitions may be spoken (A8).
pub(super) fn submit(own: Category, state: &State, command: &Submit) -> Decision {
    happened(submitted(own, state, command, None)?)
}

/// What is submitted; in an outage, if it was taken on paper.
pub(super) fn submitted(
    own: Category,
    state: &State,
    command: &Submit,
    outage: Option<Outage>,
) -> Result<Submitted, Rejection> {
    if let Some(status) = state.status() {
        return Err(Rejection::AlreadySubmitted { status });
    }
    check_submission(own, command)?;
    Ok(Submitted {
        service: command.service,
        kind: command.kind,
        channel: command.channel.clone(),
        petition_type: command.petition_type.clone(),
        applicant: command.applicant.clone(),
        agency: command.agency.clone(),
        submitted_at: command.submitted_at,
        attachments: command.attachments.clone(),
        outage,
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

/// The petitioner, and nobody else, may withdraw until processing is concluded (A22②).
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
        | State::Withdrawn(Withdrawal::Deemed(_))
        | State::Closed(_) => return Err(refuse(state, Withdraw::WORDS)),
    }
    happened(Withdrawn {
        by: command.by.clone(),
        reason: command.reason.clone(),
    })
}

/// Whoever has a receipt may have the slip of it (D6②). Where the law lets an office leave it out
/// (D6③), an office may still give one.
pub(super) fn issue_slip(state: &State, command: &IssueReceiptSlip) -> Decision {
    match state {
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. } => {
            // Given is given: another slip says the same.
            if case.slip_issued_at.is_some() {
                return unchanged();
            }
            happened(ReceiptSlipIssued {
                issued_at: command.issued_at,
            })
        }
        State::None
        | State::Submitted(_)
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, IssueReceiptSlip::WORDS)),
    }
}

/// An obvious clerical error is corrected ex officio before the petition is examined, and not
/// without the petitioner's consent (D6⑤).
pub(super) fn correct(state: &State, command: &CorrectClericalError) -> Decision {
    match state {
        State::Submitted(filing) => correct_filing(filing, command),
        State::Received(case) => correct_filing(&case.filing, command),
        State::InReview(_) => Err(out_of_turn(
            CorrectClericalError::WORDS,
            Status::InReview,
            "submitted or received",
        )),
        State::None
        | State::AwaitingSupplement { .. }
        | State::Suspended { .. }
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, CorrectClericalError::WORDS)),
    }
}

fn correct_filing(filing: &Filing, command: &CorrectClericalError) -> Decision {
    let Some(consent_of) = &command.consent_of else {
        return Err(Rejection::NoConsent {
            command: CorrectClericalError::WORDS,
            article: "D6⑤",
        });
    };
    check_applicant(&filing.applicant, consent_of, "agree to correct")?;
    if command.corrections.is_empty() {
        return Err(Rejection::NothingToCorrect);
    }
    check_texts("corrections", &command.corrections)?;
    let corrected = ClericalErrorCorrected {
        corrections: command.corrections.clone(),
        consent_of: consent_of.clone(),
        officer: command.officer.clone(),
        corrected_at: command.corrected_at,
    };
    if filing.correction.as_ref() == Some(&corrected) {
        return unchanged();
    }
    happened(corrected)
}

/// The petitioner may modify a petition until processing is concluded (A22②).
pub(super) fn modify(state: &State, command: &Modify) -> Decision {
    let filing = match state {
        State::Submitted(filing) => filing,
        State::Received(case)
        | State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. } => &case.filing,
        State::None
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => return Err(refuse(state, Modify::WORDS)),
    };
    check_applicant(&filing.applicant, &command.by, Modify::WORDS)?;
    check_attachments(&command.attachments)?;
    let modified = Modified {
        by: command.by.clone(),
        changes: command.changes.clone(),
        attachments: command.attachments.clone(),
        modified_at: command.modified_at,
    };
    if filing.modification.as_ref() == Some(&modified) {
        return unchanged();
    }
    happened(modified)
}
