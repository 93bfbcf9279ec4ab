//! Where a petition stands, and where it is stuck.

use std::fmt;

use minwon_core::{
    CheckpointStore, ConsumerName, EventStore, EventType, PetitionId, ReadModelAdmin,
    ReadModelStore, SnapshotStore, Timer, Timestamp,
};
use minwon_petitions::{PetitionView, stage_of};
use minwon_projections::{Answer, Letter, OperatorError, QueryError};

use super::{IssuancePolicy, PetitionService, RegisterLink};

/// Where a petition stands, as a clerk tells the petitioner, and where it is stuck if it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What the read model shows.
    pub petition: Answer<Option<PetitionView>>,
    /// What could not be handled of it, in the order of the log; empty where all goes well.
    pub stuck: Vec<Stuck>,
}

/// A step at which a petition is stuck, until an operator mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Which step.
    pub step: ProcessingStep,
    /// The event that could not be handled.
    pub event_type: EventType,
    /// Who could not: a read model, or a service that should have gone on.
    pub consumer: ConsumerName,
    /// Since when.
    pub since: Timestamp,
    /// How many later events wait behind it.
    pub waiting: usize,
}

/// A step on the way of every petition, in the order in which petitioners know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProcessingStep {
    /// 신청.
    Submission = 1,
    /// 접수.
    Receipt,
    /// 검토, supplements and notices of progress included.
    Review,
    /// 처분.
    Decision,
    /// 발급.
    Document,
    /// 처리완료, also by withdrawal.
    Completion,
}

/// How a petition could not be told of.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StandingError {
    /// The read model does not answer.
    #[error("the read model does not tell where the petition stands")]
    Query(#[from] QueryError),
    /// The queues of dead letters do not answer.
    #[error("the dead letters do not tell whether the petition is stuck")]
    DeadLetters(#[from] OperatorError),
}

impl ProcessingStep {
    /// The step that events of this stored name belong to; submission, where the name is unknown:
    /// nothing is known to have happened then.
    #[must_use]
    pub fn of(event_type: &EventType) -> Self {
        match stage_of(event_type) {
            Some("receipt") => Self::Receipt,
            Some(
                "review" | "supplement" | "deadline" | "notice" | "clock" | "assignment"
                | "transfer" | "consultation" | "modification",
            ) => Self::Review,
            Some("decision" | "objection") => Self::Decision,
            Some(
                "request" | "identity" | "fee" | "source" | "issuance" | "delivery"
                | "verification" | "revocation",
            ) => Self::Document,
            Some("completion" | "withdrawal" | "return" | "closing") => Self::Completion,
            _ => Self::Submission,
        }
    }

    /// Its number, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Receipt => "receipt",
            Self::Review => "review",
            Self::Decision => "decision",
            Self::Document => "document",
            Self::Completion => "completion",
        }
    }
}

impl From<&Letter> for Stuck {
    fn from(letter: &Letter) -> Self {
        Self {
            step: ProcessingStep::of(&letter.event.event_type),
            event_type: letter.event.event_type.clone(),
            consumer: letter.consumer.clone(),
            since: letter.since,
            waiting: letter.parked.len(),
        }
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "stuck at step {} ({}) since {}: {} could not handle {}",
            self.step.number(),
            self.step.name(),
            self.since,
            self.consumer,
            self.event_type,
        )
    }
}

/// As in "received, being processed, stuck at step 3 (review) since …".
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.petition.value.as_ref().and_then(PetitionView::status);
        match status {
            Some(status) => write!(f, "{status}")?,
            None if self.stuck.is_empty() => return f.write_str("no such petition"),
            None => f.write_str("filed, and nothing can be shown yet")?,
        }
        for stuck in &self.stuck {
            write!(f, "; {stuck}")?;
        }
        Ok(())
    }
}

impl<S, R, T, P, L> PetitionService<S, R, T, P, L>
where
    S: EventStore + SnapshotStore + CheckpointStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
    T: Timer + Clone + 'static,
    P: IssuancePolicy,
    L: RegisterLink,
{
    /// Where a petition stands, and where it is stuck if it is. Costs one question to the read
    /// model and one read of each queue of dead letters.
    ///
    /// # Errors
    /// [`StandingError`].
    pub async fn standing(&self, petition: &PetitionId) -> Result<Standing, StandingError> {
        let letters = self.dead_letters().letters_of(petition).await?;
        Ok(Standing {
            petition: self.results().petition(petition).await?,
            stuck: letters.iter().map(Stuck::from).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use minwon_petitions::event_types;

    use super::*;

    #[test]
    fn every_stage_belongs_to_a_step() {
        for (event_type, _) in event_types() {
            let is_submission = stage_of(&event_type) == Some("submission");
            let step = ProcessingStep::of(&event_type);
            assert_eq!(
                step == ProcessingStep::Submission,
                is_submission,
                "{event_type}"
            );
        }
    }
}
