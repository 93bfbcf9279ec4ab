//! The engine: what runs beside the commands of a namespace, for aggregates of any kind.
//!
//! An aggregate of one's own is a [`Decider`] with a [name](Named). [`Namespace::aggregates`] gives
//! commands to it; an [`Engine`] keeps the read models and reactors that follow from its events, with dead
//! letters, restarts, health and an operator's socket, as a
//! [`PetitionService`](crate::PetitionService) does for petitions, which runs on one.
//! `docs/own-aggregate.md` walks through an example.
//!
//! All of `minwon-core` and `minwon-projections` is here as well.

mod aggregates;
mod builder;
mod keeper;
mod operators;
mod plain;
#[cfg(feature = "metrics")]
mod report;
mod rights;

#[cfg(test)]
#[cfg(feature = "memory")]
mod tests;

use std::{
    num::NonZeroU32,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::future::join_all;
pub use minwon_core::*;
pub use minwon_projections::*;
use tokio::sync::OnceCell;

use self::keeper::left;
pub(crate) use self::operators::{Listener, Operators};
pub use self::{
    aggregates::Aggregates,
    builder::EngineBuilder,
    keeper::{Agenda, Given, KeeperOptions, KeeperStatus, RunningKeeper},
    plain::{ReactorFn, StateViews},
};
#[cfg(doc)]
use crate::Namespace;
use crate::{
    SystemClock,
    namespace::{ServiceClock, ServiceReadModels, ServiceStore},
    service::Gate,
};

/// The read models and reactors of a namespace at work. They may run in several processes at once, and
/// none of them loses anything by being killed.
///
/// Dropping it aborts all of that, which is safe at any moment.
pub struct Engine<S, R, T = SystemClock> {
    store: S,
    read_models: R,
    timer: T,
    /// The events that its parts follow.
    events: EventFilter,
    passed_over: tokio::sync::watch::Receiver<PassedOver>,
    dead_letters: DeadLetters<S, T>,
    letters: LetterReader<R, T>,
    messages: Option<MessageReader<R, T>>,
    projector: Projector,
    upkeep: Upkeep,
    reactors: Vec<RunningReactor>,
    keepers: Vec<RunningKeeper>,
    operators: Mutex<Option<Listener>>,
    rights: rights::Rights,
    #[cfg(feature = "metrics")]
    reported: report::Reported,
    /// One that has not got on for this long is not ready.
    pause_max: std::time::Duration,
    gate: Gate,
    ended: OnceCell<StopReport>,
}

/// How an engine ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StopReport {
    /// Calls that were still under way when their time was over: their callers were told that they may
    /// have been carried out.
    pub calls_dropped: usize,
    /// How each part ended; one that had stopped by itself before says why.
    pub parts: Vec<PartHealth>,
}

/// Why a wait for the engine ended without success.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// A projection or a reactor has ended; [`health`](Engine::health) says what to do.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The event store failed.
    #[error("the event store did not say what is in the log")]
    Store(#[source] StoreError),
}

impl<S, R, T> Engine<S, R, T>
where
    S: ServiceStore,
    R: ServiceReadModels,
    T: ServiceClock,
{
    /// Asks a read model of the namespace; whoever waits for it is woken by the engine. A reader
    /// remembers how far it has seen each slice, so one is kept and not made for every question.
    pub fn ask<P: Projection>(&self, projection: P) -> ModelReader<P, R, T> {
        let (read_models, timer) = (self.read_models.clone(), self.timer.clone());
        let name = self.dead_letters.namespace().clone();
        ModelReader::new(name, projection, read_models, timer).woken_by(self.projector.status())
    }

    pub(crate) const fn read_models(&self) -> &R {
        &self.read_models
    }

    /// The questions to the read model of what could not be handled: each costs what it is answered
    /// with, however many letters there are. To decide about letters, see
    /// [`dead_letters`](Self::dead_letters).
    pub fn letters(&self) -> &LetterReader<R, T> {
        &self.letters
    }

    /// The questions to the index of messages; none where it is [not kept](EngineBuilder::index_messages).
    /// What one of them says is [in the log](Self::recorded).
    pub fn messages(&self) -> Option<&MessageReader<R, T>> {
        self.messages.as_ref()
    }

    /// The event with this version in a stream of the namespace, with payload and metadata, as it stands in
    /// the log: of a [message](Message) its `stream` and `version`. None where there is none, or none any more, or
    /// the stream is of another namespace.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    pub async fn recorded(
        &self,
        stream: &StreamName,
        version: StreamVersion,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        if stream.namespace() != self.dead_letters.namespace().as_str() {
            return Ok(None);
        }
        let page = self.store.read_stream(stream, version, NonZeroU32::MIN);
        let page = match page.await {
            Err(error) if error.kind() == StoreErrorKind::Truncated => return Ok(None),
            page => page?,
        };
        let mut events = page.events.into_iter();
        Ok(events.find(|event| event.version == version))
    }

    /// Returns the events that could not be handled, as the queues hold them, and the decisions
    /// about them.
    pub fn dead_letters(&self) -> &DeadLetters<S, T> {
        &self.dead_letters
    }

    /// Returns the part that keeps its read models.
    pub fn projector(&self) -> &Projector {
        &self.projector
    }

    /// Returns what an operator does about its read models while it keeps them: building one anew beside the
    /// generation that answers, having that answer, going back, and proving one against the log.
    pub const fn upkeep(&self) -> &Upkeep {
        &self.upkeep
    }

    /// Returns the parts that carry out the reactions to its events.
    pub fn reactors(&self) -> &[RunningReactor] {
        &self.reactors
    }

    /// Returns the parts that give the commands that fall due.
    pub fn keepers(&self) -> &[RunningKeeper] {
        &self.keepers
    }

    /// Returns the state of its parts, why one waits or has stopped, and what an operator can do
    /// about it. Asks no store: it only looks at what the parts last reported.
    pub fn health(&self) -> Health {
        let mut parts = projections(&self.projector);
        parts.extend(self.reactors.iter().map(RunningReactor::health));
        parts.extend(self.keepers.iter().map(RunningKeeper::health));
        parts.extend(self.rights.health());
        let health = Health::of(parts, self.timer.now(), self.pause_max);
        Health {
            newer_keys: self.dead_letters.newer_keys(),
            passed_over: self.passed_over.borrow().clone(),
            ..health.ending(self.gate.closed_since())
        }
    }

    /// Has those of its parts begin again that have ended by themselves for what somebody has mended since, as
    /// settings or rights; without that they do where the process is started again. Those that work go on, and
    /// one that ended by a defect of the program stays as it is. [`health`](Self::health) shows what came of it.
    pub fn start_again(&self) {
        self.projector.start_again();
        self.reactors.iter().for_each(RunningReactor::start_again);
        self.keepers.iter().for_each(RunningKeeper::start_again);
    }

    /// Waits until the read models show everything up to `position`, and every reactor has handled
    /// it or put it aside.
    ///
    /// # Errors
    /// [`EngineError::Stopped`], with the part and why.
    pub async fn reached(&self, position: GlobalPosition) -> Result<(), EngineError> {
        for reactor in &self.reactors {
            reactor.reached(position).await?;
        }
        Ok(self.projector.reached(position).await?)
    }

    /// Waits until nothing follows any more from what has happened so far: every reactor has
    /// handled all events of the namespace, their own events included. It waits neither for
    /// deadlines that fall due later nor for events that others write to the same store. Returns a
    /// position up to which all is handled.
    ///
    /// # Errors
    /// [`EngineError`].
    pub async fn settled(&self) -> Result<GlobalPosition, EngineError> {
        loop {
            let handled = self.handled();
            let last = self.last_event_after(handled).await;
            match last.map_err(EngineError::Store)? {
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

    /// Returns the position up to which all parts have handled the log.
    fn handled(&self) -> GlobalPosition {
        let reactors = self.reactors.iter();
        let reactors = reactors.map(|it| it.status().borrow().position());
        let positions = reactors.chain([self.projector.status().borrow().position()]);
        positions
            .map(|position| position.unwrap_or(GlobalPosition::START))
            .min()
            .unwrap_or(GlobalPosition::START)
    }

    /// Returns where the last event stands that every part sees; none where no event follows
    /// `after`.
    async fn last_event_after(
        &self,
        after: GlobalPosition,
    ) -> Result<Option<GlobalPosition>, StoreError> {
        // From the end: in between, others may have written much.
        let head = self.store.head().await?;
        let last = self.store.last_up_to(head, &self.events).await?;
        Ok((last > after).then_some(last))
    }

    /// Where it listens for [operators](crate::operator); none where it does not.
    pub fn operator_socket(&self) -> Option<PathBuf> {
        let operators = self.operators();
        operators.as_ref().map(|it| it.socket().to_owned())
    }

    fn operators(&self) -> MutexGuard<'_, Option<Listener>> {
        self.operators
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends in good order: from the first poll on it is not [ready](Health::ready), operators are not
    /// listened to any more, and calls to a [`PetitionService`](crate::PetitionService) are refused as
    /// [`Ending`](crate::CommandError::Ending), those that wait for their turn included. Calls under way
    /// have [their time](crate::service::Limits::stop_time_max); what remains is dropped, and fails as what
    /// may have been carried out. Meanwhile reactors and keepers finish the work in hand; then the
    /// projector does. Checkpoints are written and leases given up. Work of a part that takes too long is dropped as well, which loses nothing: see
    /// [`ReactorOptions::stop_time_max`] and [`ProjectorOptions::stop_time_max`].
    ///
    /// However often and by whomever it is called, it is the same stop, and ends for all who share it.
    /// Where this future is dropped, the next call goes on with it.
    ///
    /// Questions are answered as long as there is a process; who waits for what the read models do not show
    /// yet is answered at once when the projector has ended. Commands that pass no service, of a
    /// [`Namespace`] or its aggregates, need no engine and are still carried out, their consequences where one
    /// runs: whoever serves them ends that first.
    pub async fn stop(&self) -> StopReport {
        self.ended.get_or_init(|| self.end()).await.clone()
    }

    async fn end(&self) -> StopReport {
        self.gate.close(self.timer.now());
        drop(self.operators().take());
        let reactors = self.reactors.iter().map(async |reactor| {
            let before = reactor.health();
            reactor.shut_down().await;
            PartHealth {
                state: reactor.status().borrow().state.clone(),
                ..before
            }
        });
        let keepers = join_all(self.keepers.iter().map(RunningKeeper::stop));
        let upkeep = self.upkeep.shut_down();
        let (calls_dropped, mut ended, mut keepers, ()) =
            tokio::join!(self.end_calls(), join_all(reactors), keepers, upkeep);
        ended.append(&mut keepers);
        self.projector.shut_down().await;
        let mut parts = projections(&self.projector);
        parts.append(&mut ended);
        StopReport {
            calls_dropped,
            parts,
        }
    }

    /// Returns how many calls had to be dropped.
    async fn end_calls(&self) -> usize {
        let now = self.timer.now();
        let time = left(now, self.gate.ends_at().unwrap_or(now));
        tokio::select! {
            biased;
            () = self.gate.emptied() => 0,
            () = self.timer.sleep(time) => self.gate.drop_calls(),
        }
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }
}

/// Returns the health of a projector's projections.
fn projections(projector: &Projector) -> Vec<PartHealth> {
    let status = projector.status();
    let status = status.borrow();
    status.models.iter().map(ModelStatus::health).collect()
}
