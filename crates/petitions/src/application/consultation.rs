//! Asking other agencies for their opinion (협의, A20).

use std::time::Duration;

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ApplicationRejection as Rejection, ApplicationState as State, ApplicationStatus as Status,
    Case, PetitionApplication,
    rule::{Decision, case_at, check_attachments, happened, unchanged},
};
use crate::{
    attachment::Attachment,
    chapter::{Happening, Rule},
    due::Due,
    text::{Agency, Text},
    time_order::Cause,
};

/// Most agencies that are consulted about one petition.
pub const CONSULTATIONS_MAX: usize = 20;

/// A question to another agency (A20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Consultation {
    /// The request that was sent.
    pub request: ConsultationRequested,
    /// How it was given longer to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<ConsultationExtended>,
    /// The reply, if one has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ConsultationReplied>,
}

impl Consultation {
    /// Returns until when the answer is wanted now.
    #[must_use]
    pub fn answer_due(&self) -> Due {
        let extended = self.extension.as_ref();
        extended.map_or(self.request.answer_due, |extension| extension.answer_due)
    }
}

impl Case {
    /// The last question to this agency.
    fn consultation(&self, agency: &Agency) -> Option<&Consultation> {
        let is_with = |consultation: &&Consultation| consultation.request.agency == *agency;
        self.consultations.iter().find(is_with)
    }

    fn consultation_mut(&mut self, agency: &Agency) -> Option<&mut Consultation> {
        let is_with = |consultation: &&mut Consultation| consultation.request.agency == *agency;
        self.consultations.iter_mut().find(is_with)
    }
}

/// The last question to this agency.
fn consultation<'s>(state: &'s State, agency: &Agency) -> Option<&'s Consultation> {
    state.filed()?.case.as_ref()?.consultation(agency)
}

fn asked(state: &State, agency: &Agency) -> Option<Cause> {
    let request = &consultation(state, agency)?.request;
    Some(("the question to the agency", request.requested_at))
}

/// Asks another agency for its opinion (협의, A20): one question at a time for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RequestConsultation {
    /// Who is asked.
    pub agency: Agency,
    /// The question.
    pub question: Text,
    /// Until when the answer is wanted: [after](Due::is_after) `requested_at`, and not after the
    /// petition's own due.
    pub answer_due: Due,
    /// Who asks.
    pub officer: ActorId,
    /// When.
    pub requested_at: Timestamp,
}

/// Another agency was asked for its opinion (협의, A20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultationRequested {
    /// Who was asked.
    pub agency: Agency,
    /// The question.
    pub question: Text,
    /// Until when the answer is wanted; inside the period of the petition.
    pub answer_due: Due,
    /// Who asked.
    pub officer: ActorId,
    /// When.
    pub requested_at: Timestamp,
}

/// Whoever examines a petition may consult other agencies, which answer inside its period (A20).
impl Rule<PetitionApplication> for RequestConsultation {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, &[Status::InReview], Self::WORDS)?;
        let request = ConsultationRequested {
            agency: self.agency.clone(),
            question: self.question.clone(),
            answer_due: self.answer_due,
            officer: self.officer.clone(),
            requested_at: self.requested_at,
        };
        if let Some(before) = case.consultation(&self.agency) {
            if before.request == request {
                return unchanged();
            }
            if before.reply.is_none() {
                return Err(Rejection::AlreadyConsulted {
                    agency: self.agency.clone(),
                    answer_due: before.answer_due(),
                });
            }
        } else if case.consultations.len() >= CONSULTATIONS_MAX {
            return Err(Rejection::TooManyConsulted {
                count_max: CONSULTATIONS_MAX,
            });
        }
        self.check_answer_due(case)?;
        happened(request)
    }
}

impl RequestConsultation {
    fn check_answer_due(&self, case: &Case) -> Result<(), Rejection> {
        let (answer_due, requested_at) = (self.answer_due, self.requested_at);
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
}

/// A question takes the place of the one before to the same agency.
impl Happening<State> for ConsultationRequested {
    fn apply(&self, state: &mut State) -> bool {
        let Some(case) = state.case_mut(&[Status::InReview]) else {
            return false;
        };
        case.consultations
            .retain(|consultation| consultation.request.agency != self.agency);
        case.consultations.push(Consultation {
            request: self.clone(),
            extension: None,
            reply: None,
        });
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        let reply = consultation(state, &self.agency)?.reply.as_ref()?;
        Some(("the answer to the question before", reply.replied_at))
    }
}

/// An answer can still be for it. Our reading: it is entered while the petition can still be
/// decided by it, also where a supplement is awaited meanwhile.
const ANSWERED_INTO: &[Status] = &[
    Status::InReview,
    Status::AwaitingSupplement,
    Status::Suspended,
];

/// Gives an agency that was asked longer to answer, since it said in time that it cannot otherwise
/// (A20②, ③): once, and by no more than it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtendConsultation {
    /// Who was asked, and has not answered.
    pub agency: Agency,
    /// Until when the answer is wanted now. The law measures it by the time that the agency had,
    /// not by the petition's own; where that gets too short it is extended in turn (D21①).
    pub answer_due: Due,
    /// Why, as the agency said.
    pub reason: Text,
    /// When the agency said so; its time must not be over by then.
    pub extended_at: Timestamp,
}

/// The agency that was asked was given longer to answer (A20②). An addition of ours to the
/// catalogue, which knows question and answer alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultationExtended {
    /// Who was asked.
    pub agency: Agency,
    /// Until when the answer is wanted now.
    pub answer_due: Due,
    /// Why, as the agency said.
    pub reason: Text,
    /// When the agency said so.
    pub extended_at: Timestamp,
}

/// Once, before the time is over, and by no more than the agency had (A20②, ③).
impl Rule<PetitionApplication> for ExtendConsultation {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, ANSWERED_INTO, Self::WORDS)?;
        let agency = self.agency.clone();
        let Some(consultation) = case.consultation(&agency) else {
            return Err(Rejection::NotConsulted { agency });
        };
        let extended = ConsultationExtended {
            agency: agency.clone(),
            answer_due: self.answer_due,
            reason: self.reason.clone(),
            extended_at: self.extended_at,
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
        if due.is_overdue_at(self.extended_at) {
            let at = self.extended_at;
            return Err(Rejection::PeriodOver { due, at });
        }
        check_extension(&consultation.request, self.answer_due)?;
        happened(extended)
    }
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

impl Happening<State> for ConsultationExtended {
    fn apply(&self, state: &mut State) -> bool {
        let case = state.case_mut(ANSWERED_INTO);
        let asked = case.and_then(|case| case.consultation_mut(&self.agency));
        match asked {
            Some(consultation) if consultation.extension.is_none() => {
                consultation.extension = Some(self.clone());
                true
            }
            _ => false,
        }
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        asked(state, &self.agency)
    }
}

/// Answers a consultation (A20). A late answer is an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplyConsultation {
    /// Who answers; it must have been asked.
    pub agency: Agency,
    /// The answer.
    pub answer: Text,
    /// Documents that come with the answer, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// When.
    pub replied_at: Timestamp,
}

/// The agency that was asked answered (A20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultationReplied {
    /// Who answered.
    pub agency: Agency,
    /// The answer.
    pub answer: Text,
    /// Documents that came with the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When.
    pub replied_at: Timestamp,
}

/// The answer comes from outside, whenever it comes: late as well.
impl Rule<PetitionApplication> for ReplyConsultation {
    fn decide(&self, _: &PetitionApplication, state: &State) -> Decision {
        let (_, case) = case_at(state, ANSWERED_INTO, Self::WORDS)?;
        let agency = self.agency.clone();
        let Some(consultation) = case.consultation(&agency) else {
            return Err(Rejection::NotConsulted { agency });
        };
        check_attachments(&self.attachments)?;
        let replied = ConsultationReplied {
            agency: agency.clone(),
            answer: self.answer.clone(),
            attachments: self.attachments.clone(),
            replied_at: self.replied_at,
        };
        match &consultation.reply {
            None => happened(replied),
            Some(before) if *before == replied => unchanged(),
            Some(_) => Err(Rejection::AlreadyReplied { agency }),
        }
    }
}

impl Happening<State> for ConsultationReplied {
    fn apply(&self, state: &mut State) -> bool {
        let case = state.case_mut(ANSWERED_INTO);
        let asked = case.and_then(|case| case.consultation_mut(&self.agency));
        asked
            .map(|consultation| consultation.reply = Some(self.clone()))
            .is_some()
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        asked(state, &self.agency)
    }
}
