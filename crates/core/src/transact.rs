//! Commands carried out: the only place that loads, folds, decides, appends and retries.

mod error;
mod loaded;

use std::{collections::HashMap, num::NonZeroUsize, sync::Arc, time::Duration};

use quick_cache::sync::Cache;
use tracing::Instrument as _;

pub use self::error::{CommandIdError, TransactError};
use self::loaded::Loaded;
use crate::{
    command::Command,
    decider::{Aggregate, Decider},
    event::NewEvent,
    id::CommandId,
    metadata::TraceParent,
    metrics::{self, CommandMetrics},
    snapshot::{NoSnapshots, SnapshotPolicy, SnapshotStore},
    store::{AppendError, Appended, EventStore},
    stream::{ExpectedVersion, GlobalPosition, StreamName, StreamVersion, Token},
    text::NamespaceName,
    time::Timer,
    trace,
};

/// Carries out commands on the streams of one aggregate.
///
/// States are cached per stream, so a command on a warm stream costs one append, and so does one that
/// begins a stream. Any number of handlers, in any number of processes, may work on the same streams.
///
/// A command takes effect once, however often it is sent; a rejection is only
/// answered on the stream as it stands, never on a cached state that may be old.
///
/// Options are set on a new handler:
///
/// ```
/// # use std::num::NonZeroUsize;
/// # use minwon_core::{Aggregate, CommandHandler, EventStore, SnapshotPolicy, SnapshotStore, Timer};
/// # fn handler<S: EventStore + SnapshotStore + Clone, A: Aggregate, T: Timer>(store: S, doors: A, timer: T) {
/// let handler = CommandHandler::new(store.clone(), doors, timer)
///     .snapshots(store, SnapshotPolicy::default())
///     .cached_states_max(NonZeroUsize::MIN);
/// # }
/// ```
#[derive(Debug)]
pub struct CommandHandler<S, A: Aggregate, T, N = NoSnapshots> {
    store: S,
    aggregate: A,
    timer: T,
    snapshots: N,
    snapshot_policy: SnapshotPolicy,
    conflict_retries_max: u32,
    cache: Cache<StreamName, Arc<Loaded<A::State>>>,
    metrics: CommandMetrics,
}

/// The outcome of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<E> {
    /// The new events; empty where nothing needed to change.
    pub events: Vec<E>,
    /// The last event of the stream that the command wrote or saw, if the stream has any. The
    /// commands of one append all get its last event, and in a repeat each its own.
    pub version: Option<StreamVersion>,
    /// With this a query waits until it can see the effect. None where the stream is empty.
    pub token: Option<Token>,
    /// Whether the command had been carried out before; then this is what it did the first time.
    /// Also where its first try was this very call, and the store's answer to it was lost.
    pub repeated: bool,
}

impl<E> Outcome<E> {
    /// What became of the command, in a word for metrics.
    fn word(&self) -> &'static str {
        match self {
            Self { repeated: true, .. } => "repeated",
            Self { events, .. } if events.is_empty() => "unchanged",
            _ => "done",
        }
    }
}

/// How many streams' states are kept in memory where nobody says otherwise.
const CACHED_STATES_MAX: usize = 10_000;

impl<S: EventStore, A: Aggregate, T: Timer> CommandHandler<S, A, T> {
    /// A handler with default options and no snapshots.
    pub fn new(store: S, aggregate: A, timer: T) -> Self {
        Self {
            store,
            aggregate,
            timer,
            snapshots: NoSnapshots,
            snapshot_policy: SnapshotPolicy::default(),
            conflict_retries_max: 10,
            cache: Cache::new(CACHED_STATES_MAX),
            metrics: CommandMetrics::default(),
        }
    }
}

impl<S, A: Aggregate, T, N> CommandHandler<S, A, T, N> {
    /// Keeps snapshots in `snapshots`, as often as `policy` says. Default: none.
    #[must_use]
    pub fn snapshots<M>(
        self,
        snapshots: M,
        snapshot_policy: SnapshotPolicy,
    ) -> CommandHandler<S, A, T, M> {
        CommandHandler {
            store: self.store,
            aggregate: self.aggregate,
            timer: self.timer,
            snapshots,
            snapshot_policy,
            conflict_retries_max: self.conflict_retries_max,
            cache: self.cache,
            metrics: self.metrics,
        }
    }

    /// How often a command is decided again after others appended first. Default: 10.
    #[must_use]
    pub fn conflict_retries_max(mut self, retries: u32) -> Self {
        self.conflict_retries_max = retries;
        self
    }

    /// How many streams' states are kept in memory. Default: 10,000.
    #[must_use]
    pub fn cached_states_max(mut self, streams: NonZeroUsize) -> Self {
        self.cache = Cache::new(streams.get());
        self
    }
}

/// The state that commands are decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// Nothing is known of the stream, so it is taken for a new one. A command that begins it needs
    /// no read then; nearly every other is refused on the empty state, which costs nothing.
    Guessed,
    /// As it was when this handler last had to do with it.
    Kept,
    /// As it was read for this very call.
    Read,
}

/// How often an append whose outcome is unknown is repeated before the caller gets the error.
const UNKNOWN_RETRIES_MAX: u32 = 3;

/// First pause after a conflict; it doubles, with jitter, up to 64 times this.
const PAUSE: Duration = Duration::from_millis(1);

/// The result of a step, on the way to an [`Outcome`].
type Transacted<A, T> = Result<T, TransactError<<A as Decider>::Rejection>>;

/// The decision of the commands of one call on the state as loaded.
struct Decision<A: Aggregate> {
    /// The state with all of it folded in.
    state: A::State,
    /// The events to append.
    new_events: Vec<NewEvent>,
    /// Ids of the commands that yielded `new_events`.
    commands: Vec<CommandId>,
    /// One for each command; those with `version: None` get theirs from the append.
    outcomes: Vec<Outcome<A::Event>>,
}

impl<S, A, T, N> CommandHandler<S, A, T, N>
where
    S: EventStore,
    A: Aggregate,
    T: Timer,
    N: SnapshotStore,
{
    /// Carries out one command.
    ///
    /// # Errors
    /// [`TransactError::Rejected`] where the domain says no; else what failed and what to do.
    /// After any error the same command may be sent again.
    pub async fn transact(
        &self,
        stream: &StreamName,
        command: &Command<A::Command>,
    ) -> Result<Outcome<A::Event>, TransactError<A::Rejection>> {
        let mut outcomes = self
            .transact_all(stream, std::slice::from_ref(command))
            .await?;
        Ok(outcomes.pop().expect("one command has one outcome"))
    }

    /// Carries out several commands on one stream in one append: all of them, or none. Commands
    /// among them that were carried out before are left out and answered as they were.
    ///
    /// # Errors
    /// As [`transact`](Self::transact); the first rejection rejects them all.
    pub async fn transact_all(
        &self,
        stream: &StreamName,
        commands: &[Command<A::Command>],
    ) -> Result<Vec<Outcome<A::Event>>, TransactError<A::Rejection>> {
        let Some(first) = commands.first() else {
            return Ok(Vec::new());
        };
        let span = trace::sending(stream, first.id);
        let here = trace::go_on(&span, first.context.traceparent().cloned());
        let carried_out = self.carry_out(stream, commands, here.as_ref());
        let carried_out = carried_out.instrument(span.clone()).await;
        if let Err(Some(failure)) = carried_out.as_ref().map_err(TransactError::error_type) {
            trace::note_error(&span, failure);
        }
        self.count(stream, commands, &carried_out);
        carried_out
    }

    /// All of them had the outcome of the call, but for those that were carried out before.
    #[inline]
    fn count(
        &self,
        stream: &StreamName,
        commands: &[Command<A::Command>],
        carried_out: &Transacted<A, Vec<Outcome<A::Event>>>,
    ) {
        if !cfg!(feature = "metrics") {
            return;
        }
        for (at, command) in commands.iter().enumerate() {
            let outcome = match carried_out {
                Ok(outcomes) => outcomes[at].word(),
                Err(error) => error.error_type().unwrap_or("rejected"),
            };
            let kind = self.aggregate.kind(&command.body);
            self.metrics.carried_out(stream, kind, outcome);
        }
    }

    /// As [`transact_all`](Self::transact_all), at this place in a trace.
    async fn carry_out(
        &self,
        stream: &StreamName,
        commands: &[Command<A::Command>],
        here: Option<&TraceParent>,
    ) -> Transacted<A, Vec<Outcome<A::Event>>> {
        self.check_category(stream)?;
        if commands.iter().any(|command| command.id.is_nil()) {
            let stream = stream.clone();
            return Err(CommandIdError::Nil { stream }.into());
        }
        let (mut basis, mut loaded) = match self.cache.get(stream) {
            Some(cached) => (Basis::Kept, cached),
            None => (Basis::Guessed, Arc::new(self.empty())),
        };
        let mut conflicts = 0;
        let mut is_known = false;
        loop {
            let decision = match self.decide_all(stream, &loaded, commands, here).await {
                Ok(decision) if basis == Basis::Read || !decision.new_events.is_empty() => decision,
                Err(error) if basis == Basis::Read => return Err(error),
                // Nothing to append, so nothing would show that the state was old.
                Ok(_) | Err(_) => {
                    loaded = Arc::new(self.refresh(stream, &loaded).await?);
                    basis = Basis::Read;
                    continue;
                }
            };
            if decision.new_events.is_empty() {
                self.cache.insert(stream.clone(), loaded);
                return Ok(decision.outcomes);
            }
            match self
                .append(stream, loaded.version(), &decision.new_events)
                .await
            {
                // The ids stand there already. Another handler may have put them there, deciding
                // from other facts: what is recorded counts, not what was just decided.
                Ok(appended) if appended.repeated && !is_known => is_known = true,
                Ok(appended) => return Ok(self.finish(stream, &loaded, decision, appended).await),
                Err(AppendError::Conflict { .. }) if basis == Basis::Guessed => {
                    tracing::debug!(%stream, "not a new stream; deciding anew");
                }
                Err(AppendError::Conflict { .. }) if conflicts < self.conflict_retries_max => {
                    conflicts += 1;
                    self.metrics.conflict(stream);
                    self.metrics.retry(stream, "conflict");
                    tracing::debug!(%stream, conflicts, "another writer was first; deciding anew");
                    self.pause(&commands[0].id, conflicts).await;
                }
                Err(error) => {
                    if matches!(error, AppendError::Conflict { .. }) {
                        self.metrics.conflict(stream);
                    }
                    self.cache.remove(stream);
                    return Err(TransactError::from_append(error, conflicts));
                }
            }
            loaded = Arc::new(self.refresh(stream, &loaded).await?);
            basis = Basis::Read;
        }
    }

    /// The present state of a stream: what is in memory, with what was appended since. Queries belong
    /// on read models.
    ///
    /// # Errors
    /// As [`transact`](Self::transact), but never a rejection.
    pub async fn state(
        &self,
        stream: &StreamName,
    ) -> Result<(A::State, Option<StreamVersion>), TransactError<A::Rejection>> {
        self.check_category(stream)?;
        let loaded = match self.cache.get(stream) {
            Some(cached) => Arc::new(self.refresh(stream, &cached).await?),
            None => Arc::new(self.load(stream).await?),
        };
        self.cache.insert(stream.clone(), Arc::clone(&loaded));
        Ok((loaded.state().clone(), loaded.version()))
    }

    /// The state of a stream with all of its events up to `position` in it, and maybe not with later
    /// ones, which others may have appended: what is in memory is read on only where it ends before
    /// `position`, as that of an event of this stream. For whoever has been brought that event, or
    /// finds out by appending whether the state was old.
    ///
    /// # Errors
    /// As [`state`](Self::state).
    pub async fn state_up_to(
        &self,
        stream: &StreamName,
        position: GlobalPosition,
    ) -> Result<(A::State, Option<StreamVersion>), TransactError<A::Rejection>> {
        match self.cache.get(stream) {
            Some(kept) if kept.position() >= Some(position) => {
                Ok((kept.state().clone(), kept.version()))
            }
            _ => self.state(stream).await,
        }
    }

    fn check_category(&self, stream: &StreamName) -> Transacted<A, ()> {
        let category = self.aggregate.category();
        if stream.category() == category.as_str() {
            return Ok(());
        }
        Err(TransactError::WrongCategory {
            stream: stream.clone(),
            category: category.clone(),
        })
    }

    async fn decide_all(
        &self,
        stream: &StreamName,
        loaded: &Loaded<A::State>,
        commands: &[Command<A::Command>],
        here: Option<&TraceParent>,
    ) -> Transacted<A, Decision<A>> {
        let mut decision = Decision::<A> {
            state: loaded.state().clone(),
            new_events: Vec::new(),
            commands: Vec::new(),
            outcomes: Vec::with_capacity(commands.len()),
        };
        let mut known = self.first_outcomes(stream, loaded, commands).await?;
        for (index, command) in commands.iter().enumerate() {
            if let Some(first) = commands[..index].iter().position(|c| c.id == command.id) {
                let said = commands[first].fingerprint.zip(command.fingerprint);
                if said.is_some_and(|(first, second)| first != second) {
                    let written = decision.new_events.iter();
                    let written = written.filter(|it| it.metadata.command_id == command.id);
                    return Err(CommandIdError::Reused {
                        id: command.id,
                        stream: stream.clone(),
                        recorded: written.map(|it| it.event_type.clone()).collect(),
                    }
                    .into());
                }
                let twin = Outcome {
                    repeated: true,
                    ..decision.outcomes[first].clone()
                };
                decision.outcomes.push(twin);
            } else if let Some(outcome) = known.remove(&command.id) {
                tracing::debug!(%stream, command = %command.id, "repeated; answering as before");
                decision.outcomes.push(outcome);
            } else {
                self.decide(stream, loaded, (index, command), here, &mut decision)?;
            }
        }
        Ok(decision)
    }

    fn decide(
        &self,
        stream: &StreamName,
        loaded: &Loaded<A::State>,
        (index, command): (usize, &Command<A::Command>),
        here: Option<&TraceParent>,
        decision: &mut Decision<A>,
    ) -> Transacted<A, ()> {
        let events = self
            .aggregate
            .decide(&decision.state, &command.body)
            .map_err(|rejection| TransactError::Rejected { index, rejection })?;
        for (number, event) in (0..).zip(&events) {
            let encoded = self.aggregate.codec().encode(event).map_err(|source| {
                TransactError::Unencodable {
                    stream: stream.clone(),
                    source: Box::new(source),
                }
            })?;
            decision
                .new_events
                .push(command.event(number, encoded, here));
        }
        if !events.is_empty() {
            decision.commands.push(command.id);
            let state = std::mem::replace(&mut decision.state, self.aggregate.initial());
            decision.state = events
                .iter()
                .fold(state, |state, event| self.aggregate.evolve(state, event));
        }
        decision.outcomes.push(Outcome {
            version: loaded.version().filter(|_| events.is_empty()),
            token: loaded.token(stream).filter(|_| events.is_empty()),
            events,
            repeated: false,
        });
        Ok(())
    }

    /// The outcomes of those of `commands` that are already in the stream; one pass over it finds
    /// all.
    async fn first_outcomes(
        &self,
        stream: &StreamName,
        loaded: &Loaded<A::State>,
        commands: &[Command<A::Command>],
    ) -> Transacted<A, HashMap<CommandId, Outcome<A::Event>>> {
        let suspects: HashMap<_, _> = commands
            .iter()
            .filter(|command| loaded.may_contain(command.id))
            .map(|command| (command.id, command.fingerprint))
            .collect();
        if suspects.is_empty() {
            return Ok(HashMap::new());
        }
        self.outcomes_of(stream, &suspects).await
    }

    /// Appends; while the outcome is unknown, repeats the identical append, which is safe.
    async fn append(
        &self,
        stream: &StreamName,
        version: Option<StreamVersion>,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let expected = ExpectedVersion::of(version);
        let mut attempt = 0;
        loop {
            let began = metrics::now(&self.timer);
            let answer = self.store.append(stream, expected, events).await;
            let ended = metrics::now(&self.timer);
            self.metrics.appended(stream, [began, ended], &answer);
            match answer {
                Err(AppendError::OutcomeUnknown { .. }) if attempt < UNKNOWN_RETRIES_MAX => {
                    attempt += 1;
                    self.metrics.retry(stream, "outcome_unknown");
                    tracing::warn!(%stream, attempt, "outcome of the append unknown; repeating it");
                    self.pause(&events[0].metadata.command_id, attempt).await;
                }
                answer => return answer,
            }
        }
    }

    async fn finish(
        &self,
        stream: &StreamName,
        before: &Loaded<A::State>,
        decision: Decision<A>,
        appended: Appended,
    ) -> Vec<Outcome<A::Event>> {
        let Decision {
            state,
            new_events,
            commands,
            mut outcomes,
        } = decision;
        let event_id = new_events.last().expect("something was appended").id();
        let after = Arc::new(before.advance(state, &commands, appended, event_id));
        self.cache.insert(stream.clone(), Arc::clone(&after));
        if self
            .snapshot_policy
            .is_due(before.version(), appended.version)
        {
            self.save_snapshot(stream, &after).await;
        }
        for outcome in &mut outcomes {
            if outcome.version.is_none() {
                outcome.version = Some(appended.version);
                outcome.token = after.token(stream);
            }
        }
        outcomes
    }

    /// Waits a little before deciding again: not at all the first time, then longer and longer,
    /// differently for each command so that rivals do not meet again.
    async fn pause(&self, command: &CommandId, attempt: u32) {
        if attempt > 1 {
            let ceiling = PAUSE * (1 << (attempt - 2).min(6));
            let jitter = f64::from(command.fingerprint().rotate_left(attempt)) / 2_f64.powi(32);
            self.timer.sleep(ceiling.mul_f64(jitter)).await;
        }
    }
}

fn token(stream: &StreamName, position: GlobalPosition) -> Token {
    let namespace = NamespaceName::new(stream.namespace());
    Token {
        namespace: namespace.expect("a stream name holds a namespace name"),
        position,
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests;
