//! Asking other agencies for their opinion (A20).

use std::time::Duration;

use super::{Decision, Rejection, State, check_attachments, happened, refuse, unchanged};
use crate::{
    application::{
        command::{ExtendConsultation, ReplyConsultation, RequestConsultation},
        event::{ConsultationExtended, ConsultationReplied, ConsultationRequested},
        state::{CONSULTATIONS_MAX, Case},
    },
    due::Due,
};

/// Whoever examines a petition may consult other agencies, which answer inside its period (A20).
pub(super) fn request(state: &State, command: &RequestConsultation) -> Decision {
    let case = match state {
        State::InReview(case) => case,
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
        | State::Closed(_) => return Err(refuse(state, RequestConsultation::WORDS)),
    };
    let request = ConsultationRequested {
        agency: command.agency.clone(),
        question: command.question.clone(),
        answer_due: command.answer_due,
        officer: command.officer.clone(),
        requested_at: command.requested_at,
    };
    if let Some(before) = case.consultation(&command.agency) {
        if before.request == request {
            return unchanged();
        }
        if before.reply.is_none() {
            return Err(Rejection::AlreadyConsulted {
                agency: command.agency.clone(),
                answer_due: before.answer_due(),
            });
        }
    } else if case.consultations.len() >= CONSULTATIONS_MAX {
        return Err(Rejection::TooManyConsulted {
            count_max: CONSULTATIONS_MAX,
        });
    }
    check_answer_due(case, command)?;
    happened(request)
}

fn check_answer_due(case: &Case, command: &RequestConsultation) -> Result<(), Rejection> {
    let &RequestConsultation {
        answer_due,
        requested_at,
        ..
    } = command;
    if !answer_due.is_after(requested_at) {
        return Err(Rejection::AnswerDueTooEarly {
            due: answer_due,
            requested_at,
        });
    }
    let due = case.due;
    if answer_due.last_instant() > due.last_instant() {
        return Err(Rejection::AnswerAfterDue { answer_due, due });
    }
    Ok(())
}

/// Once, before the time is over, and by no more than the agency had (A20②, ③).
pub(super) fn extend(state: &State, command: &ExtendConsultation) -> Decision {
    let case = answered_into(state, ExtendConsultation::WORDS)?;
    let agency = command.agency.clone();
    let Some(consultation) = case.consultation(&agency) else {
        return Err(Rejection::NotConsulted { agency });
    };
    let extended = ConsultationExtended {
        agency: agency.clone(),
        answer_due: command.answer_due,
        reason: command.reason.clone(),
        extended_at: command.extended_at,
    };
    match &consultation.extension {
        Some(before) if *before == extended => return unchanged(),
        Some(_) => return Err(Rejection::ConsultationExtended { agency }),
        None => {}
    }
    if consultation.reply.is_some() {
        return Err(Rejection::AlreadyReplied { agency });
    }
    let due = consultation.request.answer_due;
    if due.is_overdue_at(command.extended_at) {
        let at = command.extended_at;
        return Err(Rejection::PeriodOver { due, at });
    }
    check_extension(&consultation.request, command.answer_due)?;
    happened(extended)
}

fn check_extension(request: &ConsultationRequested, answer_due: Due) -> Result<(), Rejection> {
    let due = request.answer_due;
    let had = due.last_instant().unix_micros() - request.requested_at.unix_micros();
    let had = Duration::from_micros(had.unsigned_abs());
    let latest = due.last_instant().saturating_add(had);
    if (due.last_instant()..=latest).contains(&answer_due.last_instant()) && answer_due != due {
        return Ok(());
    }
    Err(Rejection::ConsultationExtendedTooFar {
        answer_due,
        due,
        latest,
    })
}

/// The answer comes from outside, whenever it comes. Our reading: it is entered while the petition
/// can still be decided by it, also where a supplement is awaited meanwhile, and late as well.
pub(super) fn reply(state: &State, command: &ReplyConsultation) -> Decision {
    let case = answered_into(state, ReplyConsultation::WORDS)?;
    let agency = command.agency.clone();
    let Some(consultation) = case.consultation(&agency) else {
        return Err(Rejection::NotConsulted { agency });
    };
    check_attachments(&command.attachments)?;
    let replied = ConsultationReplied {
        agency: agency.clone(),
        answer: command.answer.clone(),
        attachments: command.attachments.clone(),
        replied_at: command.replied_at,
    };
    match &consultation.reply {
        None => happened(replied),
        Some(before) if *before == replied => unchanged(),
        Some(_) => Err(Rejection::AlreadyReplied { agency }),
    }
}

/// The petition that an answer can still be for.
fn answered_into<'s>(state: &'s State, command: &'static str) -> Result<&'s Case, Rejection> {
    match state {
        State::InReview(case)
        | State::AwaitingSupplement { case, .. }
        | State::Suspended { case, .. } => Ok(case),
        State::None
        | State::Submitted(_)
        | State::Received(_)
        | State::Approved { .. }
        | State::Rejected { .. }
        | State::UnderObjection { .. }
        | State::Completed(_)
        | State::Returned(_)
        | State::Withdrawn(_)
        | State::Closed(_) => Err(refuse(state, command)),
    }
}
