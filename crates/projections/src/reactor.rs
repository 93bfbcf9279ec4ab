//! The runtime of reactors: it follows the log, and has done what each event brings about.
//!
//! Events of one key are handled one after the other, those of different keys side by side. An
//! event that fails too often becomes a [dead letter](minwon_core::DeadLetterBook), and later
//! events of its key are parked behind it, until somebody decides about it. A checkpoint moves past
//! an event only after all its effects are durable, or the fact that it is held back. So whatever
//! happens in between, an event is handled once more rather than not at all; and since commands
//! have ids of their own, that has no effect.
//!
//! All is done in one task, and nothing is spawned: who drops it has stopped it.

mod handler;
mod held;
mod options;
mod reader;
mod recorder;
mod session;
mod slices;
mod status;
mod supervisor;
mod turn;
mod waits;

use std::{marker::PhantomData, sync::Arc};

use minwon_core::{
    CheckpointStore, CommandExecutor, EventDecoder, EventFilter, EventStore, NamespaceName,
    Reactor, Timer, dead_letter_category,
};
use tokio::sync::{Semaphore, watch};

use self::{handler::Handler, recorder::Records, supervisor::Supervisor, waits::Waits};
pub use self::{
    options::ReactorOptions,
    status::{ReactorStatus, SliceProgress},
};
use crate::{
    SharedFeed, StopReason,
    dead_letters::DeadLetters,
    projector::Membership,
    running::Running,
    supervise::{AskAgain, PartHealth, PartTask, Until},
};

/// The store, the definitions and the timer of a reactor, as one type.
pub(crate) trait Setup: Send + Sync + 'static {
    type Store: EventStore + CheckpointStore + 'static;
    type Decoder: EventDecoder<Event = <Self::Reactor as Reactor>::Event>;
    type Reactor: Reactor;
    type Executor: CommandExecutor<CommandOf<Self>>;
    type Timer: Timer + 'static;
}

/// A command that a reactor asks for.
type CommandOf<U> = <<U as Setup>::Reactor as Reactor>::Command;

/// These five.
struct Of<S, D, R, E, T>(PhantomData<(S, D, R, E, T)>);

impl<S, D, R, E, T> Setup for Of<S, D, R, E, T>
where
    S: EventStore + CheckpointStore + 'static,
    D: EventDecoder<Event = R::Event>,
    R: Reactor,
    E: CommandExecutor<R::Command>,
    T: Timer + 'static,
{
    type Store = S;
    type Decoder = D;
    type Reactor = R;
    type Executor = E;
    type Timer = T;
}

/// A reactor before it is started.
///
/// ```
/// use minwon_projections::{ReactorBuilder, ReactorOptions, RunningReactor};
/// # use minwon_core::{
/// #     CheckpointStore, CommandExecutor, EventDecoder, EventFilter, EventStore, NamespaceName, Reactor, Timer,
/// # };
/// # fn react<S, D, R, E, T>(general: NamespaceName, store: S, decoder: D, reactor: R, executor: E, timer: T) -> RunningReactor
/// # where
/// #     S: EventStore + CheckpointStore + 'static, D: EventDecoder<Event = R::Event>, R: Reactor,
/// #     E: CommandExecutor<R::Command>, T: Timer + 'static,
/// # {
/// let events = EventFilter::namespace(general.clone());
/// let running = ReactorBuilder::new(general, store, decoder, reactor, executor, timer)
///     .filter(events)
///     .options(ReactorOptions::default())
///     .start();
/// # running
/// # }
/// ```
#[must_use]
pub struct ReactorBuilder<S: EventStore, D, R, E, T> {
    store: Arc<S>,
    timer: Arc<T>,
    decoder: D,
    reactor: R,
    executor: E,
    filter: EventFilter,
    options: ReactorOptions,
    letters: DeadLetters<S, T>,
    feed: SharedFeed<S>,
    membership: Option<Membership>,
}

impl<S, D, R, E, T> ReactorBuilder<S, D, R, E, T>
where
    S: EventStore + CheckpointStore + 'static,
    D: EventDecoder<Event = R::Event>,
    R: Reactor,
    E: CommandExecutor<R::Command>,
    T: Timer + 'static,
{
    /// Begins to build a runtime that follows the events of one namespace in `store`, where its
    /// checkpoints are kept as well, and has `executor` carry out what `reactor` asks for.
    pub fn new(
        namespace: NamespaceName,
        store: S,
        decoder: D,
        reactor: R,
        executor: E,
        timer: T,
    ) -> Self {
        let (store, timer) = (Arc::new(store), Arc::new(timer));
        Self {
            filter: EventFilter::namespace(namespace.clone()),
            letters: DeadLetters::shared(namespace, Arc::clone(&store), Arc::clone(&timer)),
            feed: SharedFeed::of(Arc::clone(&store), None),
            store,
            timer,
            decoder,
            reactor,
            executor,
            options: ReactorOptions::default(),
            membership: None,
        }
    }

    /// Which events it follows. Default: all of the namespace. Decisions about dead letters are
    /// followed in any case.
    pub fn filter(mut self, filter: EventFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Bounds and pauses.
    pub fn options(mut self, options: ReactorOptions) -> Self {
        self.options = options;
        self
    }

    /// The dead letters of the namespace, shared with others in this process: so the queues are
    /// kept in memory once. Default: its own.
    pub fn dead_letters(mut self, letters: DeadLetters<S, T>) -> Self {
        self.letters = letters;
        self
    }

    /// Reads the log together with others of this process that follow the namespace. Default:
    /// alone.
    pub fn feed(mut self, feed: SharedFeed<S>) -> Self {
        self.feed = feed;
        self
    }

    /// Shares the slices with other instances of the same reactor.
    pub fn share_as(mut self, membership: Membership) -> Self {
        self.membership = Some(membership);
        self
    }

    /// Starts to follow the log, until it is stopped. Needs a tokio runtime.
    #[must_use]
    pub fn start(self) -> RunningReactor {
        self.start_until(Until::Stopped)
    }

    /// Handles events up to the head of the log as it is now, and ends.
    ///
    /// # Errors
    /// [`StopReason`], other than [`CaughtUp`](StopReason::CaughtUp).
    pub async fn catch_up(self) -> Result<ReactorStatus, StopReason> {
        self.start_until(Until::Head).caught_up().await
    }

    fn start_until(self, until: Until) -> RunningReactor {
        let stop = watch::Sender::new(false);
        let (ask_again, again) = AskAgain::new();
        let status = watch::Sender::new(ReactorStatus::new(self.reactor.name().clone()));
        let (records, requests) = Records::channel();
        let in_flight_max = self.options.in_flight_max.get() as usize;
        let running = (status.subscribe(), stop.clone());
        let part = status::part(&status, Arc::clone(&self.timer));
        let handler = Handler::<Of<S, D, R, E, T>> {
            store: self.store,
            decoder: self.decoder,
            reactor: self.reactor,
            executor: self.executor,
            permits: Semaphore::new(in_flight_max.min(Semaphore::MAX_PERMITS)),
            waits: Waits {
                namespace: self.letters.namespace().clone(),
                timer: self.timer,
                restarts: self.options.restarts.clone(),
                part: part.clone(),
                status,
                stop: stop.subscribe(),
                until,
            },
            letters: self.letters,
            options: self.options,
            records,
            signs: handler::Signs::default(),
        };
        let supervisor = Supervisor {
            handler,
            feed: self.feed,
            requests,
            filter: self.filter.and_category(dead_letter_category()),
            membership: self.membership,
            again,
        };
        Running {
            name: Arc::clone(part.name()),
            parts: vec![PartTask::spawn(part, supervisor.supervise())],
            status: running.0,
            stop: running.1,
            again: ask_again,
        }
    }
}

/// A running reactor. What was not finished when it was dropped is handled again by the next one.
pub type RunningReactor = Running<ReactorStatus>;

impl RunningReactor {
    /// Returns its health, for [`Health`](crate::Health).
    #[must_use]
    pub fn health(&self) -> PartHealth {
        let status = self.status.borrow();
        PartHealth {
            part: Arc::clone(&self.name),
            state: status.state.clone(),
            is_ready: true,
            was_ready: true,
            stuck_since: status.unfinished_since,
        }
    }
}

#[cfg(test)]
mod tests;
