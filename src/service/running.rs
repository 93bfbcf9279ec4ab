//! A petition service while it runs.

use std::{
    num::NonZeroU32,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;

use minwon_core::{GlobalPosition, StoreError, dead_letter_category};
use minwon_projections::{
    DeadLetters, Health, LetterReader, ModelStatus, PartHealth, Projector, ProjectorStatus,
    ReactorStatus, RunningReactor, Stopped,
};

use super::{
    PetitionServiceBuilder, Turn,
    deadlines::{KeeperStatus, RunningKeeper},
    limits::Gate,
    office::Office,
    operators::Listener,
};
use crate::{
    Namespace, ResultQuery, SystemClock,
    namespace::{DefaultReadModels, DefaultStore, ServiceClock, ServiceReadModels, ServiceStore},
};

/// Events looked at in one read, of those that are not handled yet.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1000).expect("not 0");

/// A namespace at work. Its projector keeps the read models, its reactors carry petitions from
/// step to step, its keeper gives the commands that fall due; all of them may run in several
/// processes at once, and none of them loses anything by being killed.
///
/// Clones share it, and so do the [sessions](crate::Session) made of it: a server keeps one in its
/// state. Dropping the last one aborts all of that, which is safe at any moment.
pub struct PetitionService<S = DefaultStore, R = DefaultReadModels, T = SystemClock> {
    pub(super) office: Arc<Office<S, T>>,
    pub(super) parts: Arc<Parts<S, R, T>>,
}

impl<S, R, T> Clone for PetitionService<S, R, T> {
    fn clone(&self) -> Self {
        Self {
            office: Arc::clone(&self.office),
            parts: Arc::clone(&self.parts),
        }
    }
}

pub(super) struct Parts<S, R, T> {
    pub(super) operators: Mutex<Option<Listener>>,
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

/// How the parts of a service are.
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
    #[error("the event store did not say what is in the log")]
    Store(#[source] StoreError),
}

impl<S: ServiceStore, R: ServiceReadModels, T: ServiceClock> PetitionService<S, R, T> {
    /// Begins to put a service together; as [`PetitionServiceBuilder::new`].
    pub fn builder(namespace: Namespace<S, T>, read_models: R) -> PetitionServiceBuilder<S, R, T> {
        PetitionServiceBuilder::new(namespace, read_models)
    }

    /// Waits for a turn, within the limits.
    pub(crate) async fn enter(&self) -> Option<Turn> {
        self.parts.gate.enter().await
    }

    pub(crate) fn office(&self) -> &Office<S, T> {
        &self.office
    }

    /// The namespace.
    pub fn namespace(&self) -> &Namespace<S, T> {
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

    /// How its parts are, in detail.
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
    pub fn operator_socket(&self) -> Option<PathBuf> {
        let operators = self.operators();
        operators.as_ref().map(|it| it.socket().to_owned())
    }

    fn operators(&self) -> MutexGuard<'_, Option<Listener>> {
        let operators = self.parts.operators.lock();
        operators.unwrap_or_else(PoisonError::into_inner)
    }

    /// Finishes what is in hand, and stops: the keeper and the reactors first, then the projector.
    /// What takes long is dropped, which loses nothing: see
    /// [`ReactorOptions::stop_time_max`](minwon_projections::ReactorOptions::stop_time_max) and
    /// [`ProjectorOptions::stop_time_max`](minwon_projections::ProjectorOptions::stop_time_max).
    /// Returns how each part ended; one that had stopped by itself before says why.
    ///
    /// It stops for all who share it, however often it is called and whatever clones are left. A
    /// command given later is still carried out; what follows from it is done where the service is
    /// started again.
    pub async fn stop(&self) -> Vec<PartHealth> {
        drop(self.operators().take());
        let Parts {
            projector,
            reactors,
            keeper,
            ..
        } = &*self.parts;
        let stopped = reactors.iter().map(async |reactor| {
            let before = reactor.health();
            reactor.shut_down().await;
            PartHealth {
                state: reactor.status().borrow().state.clone(),
                ..before
            }
        });
        let (keeper, mut ended) = tokio::join!(keeper.stop(), join_all(stopped));
        ended.push(keeper);
        projector.shut_down().await;
        let mut all = projections(&projector.status().borrow());
        all.append(&mut ended);
        all
    }
}

/// How the projections of a projector are.
fn projections(status: &ProjectorStatus) -> Vec<PartHealth> {
    status.models.iter().map(ModelStatus::health).collect()
}
