//! The services behind the steps of the choreography: what each step means, given where things
//! stand when it is taken.
//!
//! A step may be taken again at any time, by another process too. So each looks up first how far
//! things are, gives commands whose ids follow from the step, and takes what the domain refuses
//! because things have moved on for an answer.
//!
//! It reads no more than it has to. That a step is not due is known from the stream of its event up to
//! that event, for every event after which it may be due asks for it; and what a command appends shows
//! by itself whether the state was old. What another stream says is read before it keeps something
//! from happening that is not decided on that stream.

mod closing;
mod issuing;
mod sources;

pub(super) use self::closing::Closing;
use self::issuing::ISSUANCE;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use minwon_core::{
    Aggregate, Cause, Command, CommandExecutor, CommandId, Decider, ExecuteError, GlobalPosition,
    Reaction, StreamVersion,
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    Agency, ApplicationEvent, ApplicationState, Category, IssuanceId, IssuanceState,
    PetitionApplication, flow::Step,
};

use super::{
    failure::{failed, failure, read_failure},
    order::{IssuancePolicy, PetitionFacts},
    outside::AnyRegister,
    randomness::Randomness,
    under_way::UnderWay,
};
use crate::{
    Namespace,
    namespace::{ServiceClock, ServiceStore},
    origin::{Origin, part_of},
    results::IssuanceStates,
};

/// The name of an office, and how long it waits for its register.
///
/// ```
/// use std::{num::NonZeroU32, time::Duration};
/// use minwon::service::OfficeSettings;
/// let settings = OfficeSettings::new("Jongno District Office".parse()?)
///     .source_attempts_max(NonZeroU32::new(3).expect("not 0"))
///     .source_waits(Duration::from_secs(30), Duration::from_secs(600));
/// # drop(settings);
/// # Ok::<(), minwon::petitions::FormatError>(())
/// ```
#[derive(Debug, Clone)]
pub struct OfficeSettings {
    pub(super) agency: Agency,
    pub(super) source_attempts_max: u32,
    pub(super) source_wait_first: Duration,
    pub(super) source_wait_max: Duration,
    pub(super) source_time_max: Duration,
}

/// The office of a service that issues no documents.
impl Default for OfficeSettings {
    fn default() -> Self {
        Self::new("agency".parse().expect("a word"))
    }
}

impl OfficeSettings {
    /// An office with the agency in whose name documents are revoked.
    #[must_use]
    pub fn new(agency: Agency) -> Self {
        Self {
            agency,
            source_attempts_max: 5,
            source_wait_first: Duration::from_secs(60),
            source_wait_max: Duration::from_secs(30 * 60),
            source_time_max: Duration::from_secs(25),
        }
    }

    /// How often a register that does not answer is asked for one document, before the attempt
    /// fails and its fee is refunded. Each of these tries is one call of the link, which may try
    /// several times in quick succession. Default: 5.
    #[must_use]
    pub fn source_attempts_max(mut self, attempts: NonZeroU32) -> Self {
        self.source_attempts_max = attempts.get();
        self
    }

    /// First and longest wait between two such tries; it doubles in between. Default: 1 min,
    /// 30 min.
    #[must_use]
    pub fn source_waits(mut self, first: Duration, longest: Duration) -> Self {
        self.source_wait_first = first;
        self.source_wait_max = longest.max(first);
        self
    }

    /// How long one call of the link may take, the tries within it included; then the register counts
    /// as one that does not answer. Keep it below the
    /// [`execution_time_max`](minwon_projections::ReactorOptions::execution_time_max) of the
    /// reactors. Default: 25 s.
    #[must_use]
    pub fn source_time_max(mut self, time: Duration) -> Self {
        self.source_time_max = time;
        self
    }

    /// Returns how long to wait after the try with this number, from 1.
    fn source_wait(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let wait = self.source_wait_first.saturating_mul(doubled);
        wait.min(self.source_wait_max)
    }
}

/// The group of the services of petitions.
pub(super) const PETITIONS: &str = "petitions";

/// Events of a petition that are read at once; most have fewer.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(64).expect("not 0");

/// The application and the issuance service of a namespace.
pub(crate) struct Office<S, T> {
    pub(super) namespace: Namespace<S, T>,
    pub(super) policy: Arc<dyn IssuancePolicy>,
    pub(super) register: Arc<dyn AnyRegister>,
    pub(super) randomness: Arc<dyn Randomness>,
    pub(super) settings: OfficeSettings,
    pub(super) under_way: UnderWay,
}

/// A step that is being taken, for a petition of this category.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub(super) category: Category,
    /// The id that those of its commands follow from.
    pub(super) step: CommandId,
    pub(super) cause: &'a Cause,
}

impl<S: ServiceStore, T: ServiceClock> CommandExecutor<Step> for Office<S, T> {
    async fn execute(&self, reaction: &Reaction<Step>) -> Result<(), ExecuteError> {
        let task = |category: &Category| Task {
            category: *category,
            step: reaction.id,
            cause: &reaction.cause,
        };
        match &reaction.body {
            Step::OpenIssuance {
                occasion,
                category,
                petition,
            } => {
                self.under_way.over(petition).await;
                self.open_issuance(task(category), *occasion, petition)
                    .await
            }
            Step::FetchSource {
                category,
                issuance,
                attempt,
            } => self.fetch_source(task(category), issuance, *attempt).await,
            Step::CloseApplication { category, issuance } => {
                self.under_way.over(issuance.petition()).await;
                self.close(task(category), issuance).await.map(drop)
            }
            Step::CallOffIssuance { category, petition } => {
                self.call_off(task(category), petition).await
            }
            Step::FailIssuance { category, issuance } => self.fail(task(category), issuance).await,
            Step::GiveUpIssuance { category, petition } => {
                self.give_up(task(category), petition).await
            }
        }
    }
}

impl<S: ServiceStore, T: ServiceClock> Office<S, T> {
    /// A petition as it stands.
    pub(super) async fn application(
        &self,
        category: Category,
        id: &PetitionId,
    ) -> Result<ApplicationState, ExecuteError> {
        let stream = self.namespace.application_stream(category, id);
        let handler = self.namespace.applications(category);
        Ok(handler.state(&stream).await.map_err(failure)?.0)
    }

    /// A petition with what had happened to it up to `position`, and maybe not with what others did
    /// since: see [`CommandHandler::state_up_to`](minwon_core::CommandHandler::state_up_to).
    async fn application_up_to(
        &self,
        category: Category,
        id: &PetitionId,
        position: GlobalPosition,
    ) -> Result<ApplicationState, ExecuteError> {
        let stream = self.namespace.application_stream(category, id);
        let handler = self.namespace.applications(category);
        let state = handler.state_up_to(&stream, position).await;
        Ok(state.map_err(failure)?.0)
    }

    /// Returns the facts about a petition that are known from the day it was filed; none where it
    /// never was. Costs the read of one event.
    pub(super) async fn facts(
        &self,
        category: Category,
        id: &PetitionId,
    ) -> Result<Option<PetitionFacts>, ExecuteError> {
        let stream = self.namespace.application_stream(category, id);
        let first =
            self.namespace
                .store()
                .read_stream(&stream, StreamVersion::FIRST, NonZeroU32::MIN);
        let Some(first) = first.await.map_err(read_failure)?.events.pop() else {
            return Ok(None);
        };
        let codec = PetitionApplication::new(category);
        let submitted = codec.codec().read(&first).map_err(failed)?;
        let ApplicationEvent::Submitted(submitted) = submitted else {
            return Ok(None);
        };
        Ok(Some(PetitionFacts::of(id, category, &submitted)))
    }

    /// Returns a petition as it stood right after the event at `position`, whatever happened since.
    /// Costs the read of its events up to there.
    pub(super) async fn as_of(
        &self,
        category: Category,
        id: &PetitionId,
        position: GlobalPosition,
    ) -> Result<ApplicationState, ExecuteError> {
        let stream = self.namespace.application_stream(category, id);
        let aggregate = PetitionApplication::new(category);
        let (mut state, mut from) = (aggregate.initial(), StreamVersion::FIRST);
        loop {
            let page = self
                .namespace
                .store()
                .read_stream(&stream, from, PAGE_EVENTS);
            let page = page.await.map_err(read_failure)?;
            for recorded in &page.events {
                if recorded.position > position {
                    return Ok(state);
                }
                let event = aggregate.codec().read(recorded).map_err(failed)?;
                state = aggregate.evolve(state, &event);
                from = recorded.version.next();
            }
            if page.is_end {
                return Ok(state);
            }
        }
    }

    /// An attempt as it stands.
    pub(super) async fn issuance(
        &self,
        category: Category,
        id: &IssuanceId,
    ) -> Result<IssuanceState, ExecuteError> {
        IssuanceStates::state(&self.namespace, category, id).await
    }

    /// An attempt with what had happened to it up to `position`, an event of its own, and maybe not
    /// with what others did since.
    async fn issuance_up_to(
        &self,
        category: Category,
        id: &IssuanceId,
        position: GlobalPosition,
    ) -> Result<IssuanceState, ExecuteError> {
        let stream = self
            .namespace
            .issuance_stream(category, id)
            .map_err(failed)?;
        let handler = self.namespace.issuances(category);
        let state = handler.state_up_to(&stream, position).await;
        Ok(state.map_err(failure)?.0)
    }

    /// A command of the issuance service, with an id that follows from the step and the part it
    /// plays in it.
    pub(super) fn command<C>(&self, task: Task<'_>, part: &str, body: impl Into<C>) -> Command<C> {
        let origin = Origin::part(PETITIONS, self.namespace.name(), ISSUANCE).caused_by(task.cause);
        let now = self.namespace.timer().now();
        origin.command(part_of(task.step, part), &task.cause.subject, now, body)
    }
}
