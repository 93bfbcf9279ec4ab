//! Where a petition stands, and what holds it up.

use std::fmt;

use minwon_core::{ConsumerName, EventType, Timestamp, in_seoul};
use minwon_petitions::PetitionId;
use minwon_petitions::{PetitionResult, stage_of};
use minwon_projections::{Answer, Letter, QueryError};
use serde::Serialize;

use crate::{
    PetitionService,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
};

/// Where a petition stands, as its applicant sees it, and where it is stuck if it is. Serialises as
/// it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tracking {
    /// The answer to its applicant.
    pub petition: Answer<Option<PetitionResult>>,
    /// All of it that could not be handled, in the order of the log; empty where all goes well. Not all
    /// of it holds the petition itself: see [`is_stuck`](Self::is_stuck).
    pub stuck: Vec<Stuck>,
}

/// Something of a petition that is stuck, until an operator sees to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stuck {
    /// The thing held up by it.
    pub holds: Holds,
    /// At which step.
    pub step: ProcessingStep,
    /// The event that could not be handled.
    pub event_type: EventType,
    /// Who could not: a read model, or a service that should have gone on.
    pub consumer: ConsumerName,
    /// Since when.
    #[serde(serialize_with = "in_seoul::instant")]
    pub since: Timestamp,
    /// How many later events wait behind it.
    pub waiting: usize,
}

/// The thing held up where an event could not be handled; that depends on who could not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Holds {
    /// The petition: a step that should follow is not taken.
    Petition,
    /// A notice: the petitioner was not notified. The petition goes on.
    Notice,
    /// The view of the petition, and with it its deadlines: nobody is reminded. The petition goes
    /// on, but not by lapse of time.
    View,
    /// Something that a consumer of the team's own does.
    Other,
}

/// A step on the way of every petition, in the order in which petitioners know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
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

impl Holds {
    /// Returns the work that a consumer of a petition service holds up when it cannot handle an
    /// event.
    #[must_use]
    pub fn of(consumer: &ConsumerName) -> Self {
        match consumer.as_str() {
            "issuance" | "completion" | "compensation" => Self::Petition,
            "notifications" => Self::Notice,
            "petitions" => Self::View,
            _ => Self::Other,
        }
    }
}

impl Tracking {
    /// Returns whether the petition itself waits for an operator; false where only a notice, a view
    /// or the like does.
    #[must_use]
    pub fn is_stuck(&self) -> bool {
        let mut stuck = self.stuck.iter();
        stuck.any(|stuck| stuck.holds == Holds::Petition)
    }
}

impl From<&Letter> for Stuck {
    fn from(letter: &Letter) -> Self {
        Self {
            holds: Holds::of(&letter.consumer),
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
        let (number, step, since) = (self.step.number(), self.step.name(), self.since);
        let (consumer, event) = (&self.consumer, &self.event_type);
        match self.holds {
            Holds::Petition => write!(
                f,
                "stuck at step {number} ({step}) since {since}: {consumer} could not handle {event}",
            ),
            Holds::Notice => write!(
                f,
                "a notice about step {number} ({step}) has not been delivered since {since}; the \
                 petition itself goes on",
            ),
            Holds::View => write!(
                f,
                "what is shown and what falls due has not changed since {since}, at step {number} \
                 ({step}); the petition itself goes on",
            ),
            Holds::Other => write!(
                f,
                "{consumer} could not handle {event} of step {number} ({step}) since {since}",
            ),
        }
    }
}

/// As in "received, being processed, stuck at step 3 (review) since …".
impl fmt::Display for Tracking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = self.petition.value.as_ref().map(|it| it.status);
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

impl<S: ServiceStore, R: ServiceReadModels, T: ServiceClock> PetitionService<S, R, T> {
    /// Where a petition stands, and where it is stuck if it is. Costs one question to each of two
    /// read models, however many dead letters there are.
    ///
    /// # Errors
    /// [`QueryError`], of either.
    pub async fn track(&self, petition: &PetitionId) -> Result<Tracking, QueryError> {
        let letters = self.letters().of_subject(petition).await?.value;
        let now = self.namespace().timer().now();
        Ok(Tracking {
            petition: self.results().result_of(petition, now).await?,
            stuck: letters.iter().map(Stuck::from).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use minwon_core::{Projection, Reactor};
    use minwon_petitions::{
        PetitionViews, event_types,
        flow::{CompensationReactor, CompletionReactor, IssuanceReactor, NotificationReactor},
    };

    use super::*;

    #[test]
    fn every_consumer_of_a_service_is_known_by_what_it_holds_up() {
        let reactors = [
            (IssuanceReactor::default().name().clone(), Holds::Petition),
            (CompletionReactor::default().name().clone(), Holds::Petition),
            (
                CompensationReactor::default().name().clone(),
                Holds::Petition,
            ),
            (NotificationReactor::default().name().clone(), Holds::Notice),
        ];
        for (consumer, holds) in reactors {
            assert_eq!(Holds::of(&consumer), holds, "{consumer}");
        }
        let petitions = PetitionViews::default();
        let consumer = ConsumerName::new(petitions.name().as_str()).unwrap();
        assert_eq!(Holds::of(&consumer), Holds::View, "{consumer}");
        let own = ConsumerName::new("statistics").unwrap();
        assert_eq!(Holds::of(&own), Holds::Other);
    }

    #[test]
    fn every_stage_belongs_to_a_step() {
        for (event_type, _) in event_types(minwon_petitions::Category::BUILT_IN.iter().copied()) {
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
