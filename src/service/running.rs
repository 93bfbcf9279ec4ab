//! A petition service while it runs.

use std::{num::NonZeroU32, path::Path, sync::Arc, time::Duration};

use futures_util::future::join_all;

use minwon_core::{
    ActorId, CheckpointStore, EventStore, ExecuteError, GlobalPosition, PetitionId, ReadModelAdmin,
    ReadModelStore, ServiceName, SnapshotStore, StoreError, Timer, dead_letter_category,
};
use minwon_petitions::{
    PetitionTypeRejection,
    application::{Receive, Submit},
};
use minwon_projections::{
    DeadLetters, Health, LetterReader, ModelStatus, PartHealth, Projector, ProjectorStatus,
    ReactorStatus, RunningReactor, Stopped,
};

use super::{
    PetitionServiceBuilder, Turn,
    deadlines::{KeeperStatus, RunningKeeper},
    instant::{Filing, FilingError, InstantAnswer, Receipt},
    limits::Gate,
    office::Office,
    operators::Listener,
    verification::{Verification, VerificationError},
};
use crate::{DocumentResult, Namespace, ResultQuery, Session};

/// Events looked at in one read, of those that are not handled yet.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1000).expect("not 0");

/// A namespace at work. Its projector keeps the read models, its reactors carry petitions from
/// step to step, its keeper gives the commands that fall due; all of them may run in several
/// processes at once, and none of them loses anything by being killed.
///
/// Dropping it aborts all of that, which is safe at any moment.
pub struct PetitionService<S, R, T> {
    pub(super) office: Arc<Office<S, T>>,
    pub(super) parts: Parts<S, R, T>,
}

pub(super) struct Parts<S, R, T> {
    pub(super) operators: Option<Listener>,
    pub(super) gate: Gate,
    pub(super) results: ResultQuery<R, T>,
    pub(super) dead_letters: DeadLetters<S, T>,
    pub(super) letters: LetterReader<R, T>,
    pub(super) projector: Projector,
    pub(super) reactors: Vec<RunningReactor>,
    pub(super) keeper: RunningKeeper,
    /// One that has not got on for this long is not ready.
    pub(super) pause_max: Duration,
}

/// What the parts of a service tell of themselves.
#[derive(Debug, Clone)]
pub struct ServiceStatus {
    /// The projector.
    pub projector: ProjectorStatus,
    /// The reactors.
    pub reactors: Vec<ReactorStatus>,
    /// The keeper of deadlines.
    pub keeper: KeeperStatus,
}

/// What was waited for does not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// A projection or a reactor has ended; [`health`](PetitionService::health) says what to do.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The event store failed.
    #[error("the event store did not tell what is in the log")]
    Store(#[source] StoreError),
}

impl<S, R, T> PetitionService<S, R, T>
where
    S: EventStore + SnapshotStore + CheckpointStore + Clone + 'static,
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
    T: Timer + Clone + 'static,
{
    /// Begins to put a service together; as [`PetitionServiceBuilder::new`].
    pub fn builder(
        namespace: impl Into<Arc<Namespace<S, T>>>,
        read_models: R,
    ) -> PetitionServiceBuilder<S, R, T> {
        PetitionServiceBuilder::new(namespace, read_models)
    }

    /// The service in the hands of somebody who works on petitions, through the service `source`.
    #[must_use]
    pub fn as_actor(&self, actor: ActorId, source: ServiceName) -> Session<'_, Self> {
        Session::new(self, actor, source)
    }

    pub(crate) async fn enter(&self) -> Option<Turn> {
        self.parts.gate.enter().await
    }

    pub(crate) async fn check_offered(
        &self,
        petition: &PetitionId,
        submit: &Submit,
    ) -> Result<Result<(), PetitionTypeRejection>, ExecuteError> {
        self.office.check_offered(petition, submit, None).await
    }

    /// Files a petition, and receives it where `receive` says how, in one append. Everything else
    /// follows by itself.
    ///
    /// # Errors
    /// [`FilingError`]. After any of them the same filing may be sent again.
    pub async fn file(
        &self,
        filing: &Filing,
        receive: Option<&Receive>,
    ) -> Result<Receipt, FilingError> {
        let turn = self.parts.gate.enter().await;
        let _turn = turn.ok_or(FilingError::Overloaded)?;
        self.office.file(filing, receive).await
    }

    /// Files a petition and issues its document while the caller waits (즉시발급), in three appends:
    /// the petition is received, the register asked, the document issued, the petition completed. No
    /// fee is taken for what the register does not give. Where the caller is
    /// gone or the process dies in between, the choreography takes the steps that are left.
    ///
    /// # Errors
    /// [`FilingError`]. After any of them the same filing may be sent again.
    pub async fn issue_now(
        &self,
        filing: &Filing,
        receive: &Receive,
    ) -> Result<InstantAnswer, FilingError> {
        let turn = self.parts.gate.enter().await;
        let _turn = turn.ok_or(FilingError::Overloaded)?;
        self.office.issue_now(filing, receive).await
    }

    /// Says whether a document is genuine that somebody holds (진위확인), and puts on record that it
    /// was asked. The question alone is one of the [results](Self::results).
    ///
    /// A document is found once the read models show that it was issued.
    ///
    /// # Errors
    /// [`VerificationError`]. After any of them the same may be asked again.
    pub async fn verify_document(
        &self,
        asked: &Verification,
    ) -> Result<DocumentResult, VerificationError> {
        let turn = self.parts.gate.enter().await;
        let _turn = turn.ok_or(VerificationError::Overloaded)?;
        self.office.verify(asked, &self.parts.results).await
    }

    /// The namespace: its command handlers, for the commands of officers and petitioners.
    pub fn namespace(&self) -> &Arc<Namespace<S, T>> {
        &self.office.namespace
    }

    /// The questions to its read models.
    pub fn results(&self) -> &ResultQuery<R, T> {
        &self.parts.results
    }

    /// The questions to the read model of what could not be handled: each costs what it is answered
    /// with, however many letters there are. To decide about letters, see
    /// [`dead_letters`](Self::dead_letters).
    pub fn letters(&self) -> &LetterReader<R, T> {
        &self.parts.letters
    }

    /// What could not be handled, as the queues have it, and what is decided about it.
    pub fn dead_letters(&self) -> &DeadLetters<S, T> {
        &self.parts.dead_letters
    }

    /// What its parts tell of themselves.
    pub fn status(&self) -> ServiceStatus {
        let reactors = self.parts.reactors.iter();
        ServiceStatus {
            projector: self.parts.projector.status().borrow().clone(),
            reactors: reactors.map(|it| it.status().borrow().clone()).collect(),
            keeper: self.parts.keeper.status(),
        }
    }

    /// How its parts are, why one waits or has stopped, and what an operator does about it. Asks no
    /// store: it costs a look at what the parts last told.
    pub fn health(&self) -> Health {
        let mut parts = projections(&self.parts.projector.status().borrow());
        parts.extend(self.parts.reactors.iter().map(RunningReactor::health));
        parts.push(self.parts.keeper.health());
        let now = self.namespace().timer().now();
        Health {
            newer_keys: self.parts.dead_letters.newer_keys(),
            ..Health::of(parts, now, self.parts.pause_max)
        }
    }

    /// Waits until the read models show everything up to `position`, and every reactor has handled
    /// it or put it aside.
    ///
    /// # Errors
    /// [`ServiceError::Stopped`], with the part and why.
    pub async fn reached(&self, position: GlobalPosition) -> Result<(), ServiceError> {
        for reactor in &self.parts.reactors {
            reactor.reached(position).await?;
        }
        Ok(self.parts.projector.reached(position).await?)
    }

    /// Waits until nothing follows any more from what has happened so far: every reactor has
    /// handled all events of the namespace, what that wrote included. What falls due later is not
    /// waited for, nor is what others write to the same store. Answers a position up to which all
    /// is handled.
    ///
    /// # Errors
    /// [`ServiceError`].
    pub async fn settled(&self) -> Result<GlobalPosition, ServiceError> {
        loop {
            let handled = self.handled();
            let last = self.last_event_after(handled).await;
            match last.map_err(ServiceError::Store)? {
                // Never the head of the log: a feed need not move over what it leaves out.
                Some(last) => self.reached(last).await?,
                None => {
                    // Read models of an empty log have still to be said to be complete.
                    self.reached(handled).await?;
                    return Ok(handled);
                }
            }
        }
    }

    /// Up to where the log is handled by all parts.
    fn handled(&self) -> GlobalPosition {
        let ServiceStatus {
            projector,
            reactors,
            ..
        } = self.status();
        let reactors = reactors.iter().map(ReactorStatus::position);
        let positions = reactors.chain([projector.position()]);
        positions
            .map(|position| position.unwrap_or(GlobalPosition::START))
            .min()
            .unwrap_or(GlobalPosition::START)
    }

    /// Where the last event stands that every part of the service sees; none where there is none
    /// after `after`.
    async fn last_event_after(
        &self,
        mut after: GlobalPosition,
    ) -> Result<Option<GlobalPosition>, StoreError> {
        let namespace = self.namespace();
        let events = namespace.petition_events();
        let events = events.and_category(dead_letter_category());
        let mut last = None;
        loop {
            let page = namespace.store().read_all(after, &events, PAGE_EVENTS);
            let page = page.await?;
            last = page.events.last().map(|event| event.position).or(last);
            if page.is_end {
                return Ok(last);
            }
            after = page.position;
        }
    }

    /// Where it listens for [operators](crate::operator); none where it does not.
    pub fn operator_socket(&self) -> Option<&Path> {
        self.parts.operators.as_ref().map(Listener::socket)
    }

    /// Finishes what is in hand, and stops: the keeper and the reactors first, then the projector.
    /// What takes long is dropped, which loses nothing: see
    /// [`ReactorOptions::stop_time_max`](minwon_projections::ReactorOptions::stop_time_max) and
    /// [`ProjectorOptions::stop_time_max`](minwon_projections::ProjectorOptions::stop_time_max).
    /// Answers how each part ended; one that had stopped by itself before says why.
    pub async fn stop(self) -> Vec<PartHealth> {
        let parts = self.parts;
        drop(parts.operators);
        let reactors = parts.reactors.into_iter().map(async |reactor| {
            let status = reactor.status();
            let before = reactor.health();
            reactor.stop().await;
            PartHealth {
                state: status.borrow().state.clone(),
                ..before
            }
        });
        let (keeper, mut ended) = tokio::join!(parts.keeper.stop(), join_all(reactors));
        ended.push(keeper);
        let status = parts.projector.status();
        parts.projector.stop().await;
        let mut all = projections(&status.borrow());
        all.append(&mut ended);
        all
    }
}

/// How the projections of a projector are.
fn projections(status: &ProjectorStatus) -> Vec<PartHealth> {
    status.models.iter().map(ModelStatus::health).collect()
}
