//! How a linked register is asked for what a document is made of.

use minwon_core::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    AttemptStage as Stage, Issuance, IssuanceRejection as Rejection, IssuanceState as State,
    IssuanceStatus as Status, SourceAnswer,
    rule::{Decision, at, happened, unchanged},
};
use crate::{
    chapter::{Happening, Rule},
    flow::Next,
    text::{Reference, Text},
    time_order::{Cause, check_follows},
};

fn check_attempt(attempt: u32, expected: u32) -> Result<(), Rejection> {
    if attempt == expected {
        Ok(())
    } else {
        Err(Rejection::WrongAttempt { attempt, expected })
    }
}

/// Asks the linked register for what the document is made of. From then on the document is being
/// made, and the issuance can no longer be cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetrieveSourceData {
    /// Which time the register is asked, from 1; it must be the next one.
    pub attempt: u32,
    /// When.
    pub requested_at: Timestamp,
}

/// The register was asked for what the document is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDataRequested {
    /// Which time, from 1.
    pub attempt: u32,
    /// When.
    pub requested_at: Timestamp,
}

/// The register is asked again after a failure, with the next attempt number.
impl Rule<Issuance> for RetrieveSourceData {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let &Self {
            attempt: number,
            requested_at,
        } = self;
        // One answer is awaited, whenever it was asked for.
        if state
            .at(&[Status::Generating])
            .is_some_and(|attempt| attempt.asked == number)
        {
            return unchanged();
        }
        let attempt = at(state, &[Status::Authorized], Self::WORDS)?;
        if !attempt.request.service.is_linked() {
            return Err(Rejection::Unlinked);
        }
        let before = attempt.failure().map_or(0, |failure| failure.attempt);
        check_attempt(number, before.saturating_add(1))?;
        happened(SourceDataRequested {
            attempt: number,
            requested_at,
        })
    }
}

impl Happening<State> for SourceDataRequested {
    fn apply(&self, state: &mut State) -> bool {
        let Some(attempt) = state.at_mut(&[Status::Authorized]) else {
            return false;
        };
        attempt.stage = Stage::Generating;
        attempt.asked = self.attempt;
        attempt.asked_at = Some(self.requested_at);
        attempt.answer = None;
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.asked_or_answered()
    }

    /// A deadline began a later try and may not have lived to ask. The first try is a step of the
    /// fee's event, which asks until it has an answer.
    fn next(&self) -> Option<Next> {
        (self.attempt > 1).then_some(Next::FetchSource {
            attempt: self.attempt,
        })
    }
}

/// Notes that the register gave what the document is made of, where the document is not issued
/// right away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteSourceData {
    /// Which time the register was asked; it must be the present one.
    pub attempt: u32,
    /// Under which id the register keeps what it gave, if it does.
    pub source: Option<Reference>,
    /// When it answered.
    pub retrieved_at: Timestamp,
}

/// The register gave what the document is made of.
///
/// Where the document is issued right after the answer, its own event shows that there was one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDataRetrieved {
    /// Which time it was asked, from 1.
    pub attempt: u32,
    /// Under which id the register keeps what it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Reference>,
    /// When it answered.
    pub retrieved_at: Timestamp,
}

/// The answer of the register is noted once.
impl Rule<Issuance> for NoteSourceData {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let data = SourceDataRetrieved {
            attempt: self.attempt,
            source: self.source.clone(),
            retrieved_at: self.retrieved_at,
        };
        let attempt = at(state, Status::IN_THE_MAKING, Self::WORDS)?;
        if attempt.stage == Stage::Authorized {
            return Err(Rejection::NotGenerating {
                command: Self::WORDS,
            });
        }
        match attempt.answer.as_deref() {
            Some(SourceAnswer::Data(before)) if *before == data => unchanged(),
            Some(SourceAnswer::Data(_)) => Err(Rejection::AlreadyRetrieved),
            _ => {
                check_attempt(self.attempt, attempt.asked)?;
                happened(data)
            }
        }
    }
}

impl Happening<State> for SourceDataRetrieved {
    fn apply(&self, state: &mut State) -> bool {
        let Some(attempt) = state.at_mut(&[Status::Generating]) else {
            return false;
        };
        attempt.answer = Some(Box::new(SourceAnswer::Data(self.clone())));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.asked_or_answered()
    }
}

/// Notes that the register did not give what the document is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoteSourceFailure {
    /// Which time the register was asked; it must be the present one.
    pub attempt: u32,
    /// Why it gave nothing.
    pub reason: Text,
    /// When it will be asked again, if it will.
    pub retry_at: Option<Timestamp>,
    /// When that was clear.
    pub failed_at: Timestamp,
}

/// The register did not give what the document is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceDataFailed {
    /// Which time it was asked, from 1.
    pub attempt: u32,
    /// Why it gave nothing.
    pub reason: Text,
    /// When it will be asked again; none where the attempt to issue is to be given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// When that was clear.
    pub failed_at: Timestamp,
}

/// Also of data that were retrieved: they may turn out to be of no use.
impl Rule<Issuance> for NoteSourceFailure {
    fn decide(&self, _: &Issuance, state: &State) -> Decision {
        let failed = SourceDataFailed {
            attempt: self.attempt,
            reason: self.reason.clone(),
            retry_at: self.retry_at,
            failed_at: self.failed_at,
        };
        let attempt = at(state, Status::IN_THE_MAKING, Self::WORDS)?;
        if attempt.stage == Stage::Generating {
            check_attempt(self.attempt, attempt.asked)?;
            if let Some(retry_at) = self.retry_at {
                check_follows(retry_at, ("the failure of the register", self.failed_at))?;
            }
            return happened(failed);
        }
        if attempt.failure() == Some(&failed) {
            return unchanged();
        }
        Err(Rejection::NotGenerating {
            command: Self::WORDS,
        })
    }
}

impl Happening<State> for SourceDataFailed {
    fn apply(&self, state: &mut State) -> bool {
        let Some(attempt) = state.at_mut(&[Status::Generating]) else {
            return false;
        };
        attempt.stage = Stage::Authorized;
        attempt.answer = Some(Box::new(SourceAnswer::Failure(self.clone())));
        true
    }

    fn cause(&self, state: &State) -> Option<Cause> {
        state.attempt()?.asked_or_answered()
    }

    /// It will be tried again by a deadline, or else has failed for good.
    fn next(&self) -> Option<Next> {
        self.retry_at.is_none().then_some(Next::Fail)
    }
}
