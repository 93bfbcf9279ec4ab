//! An office for the tests: a log of petitions, a reactor, and an executor whose effects stand in
//! the log.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use minwon_core::{
    Cause, CheckpointName, CommandId, ConsumerName, DeadLetterEvent, EventRef, EventType,
    ExecuteError, ExpectedVersion, FaultKind, HeldEvent, Reaction, RecordedEvent, Slice,
    SliceCount, StreamName, StreamVersion,
    testing::{Faulty, MemoryStore, SeededRng, sample_event_of},
};
use tokio::sync::watch;

use super::*;
use crate::testing::{Log, Numbers, VirtualClock, namespace, newer, numbered, stream};

/// The command of the reactor: write down that the event with this number was met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    Met(u64),
    MadeUpFor(u64),
}

/// Asks for one note of an even number and for two of an odd one.
#[derive(Debug, Clone)]
pub(super) struct Noting(ConsumerName);

impl Noting {
    pub(super) fn new() -> Self {
        Self(name())
    }
}

impl Reactor for Noting {
    type Event = u64;
    type Command = Note;

    fn name(&self) -> &ConsumerName {
        &self.0
    }

    fn slices(&self) -> SliceCount {
        SliceCount::new(4.try_into().unwrap())
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        let is_ours = event.stream.category() == "GeneralApplication";
        is_ours.then(|| event.metadata.subject())
    }

    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        (stream.category() == "GeneralApplication").then(|| stream.id())
    }

    fn react(&self, event: &u64, _: &RecordedEvent, commands: &mut Vec<Note>) {
        if *event == u64::MAX {
            return;
        }
        commands.extend((0..=event % 2).map(|_| Note::Met(*event)));
    }

    fn compensate(&self, event: &u64, _: &RecordedEvent, commands: &mut Vec<Note>) {
        commands.push(Note::MadeUpFor(*event));
    }
}

/// An effect: the position of the event, the number of the command, and whether it makes up.
pub(super) type Effect = (u64, u32, bool);

/// How commands fail.
#[derive(Debug, Default)]
pub(super) struct Moods {
    /// Numbers that fail until they are fixed.
    pub(super) broken: BTreeSet<u64>,
    /// Numbers whose commands meet what a newer program wrote.
    pub(super) newer: BTreeSet<u64>,
    /// Numbers that cannot be made up for until they are fixed.
    pub(super) grudges: BTreeSet<u64>,
    /// Numbers that panic.
    pub(super) panicking: BTreeSet<u64>,
    /// Numbers that fail so many times more.
    pub(super) flaky: BTreeMap<u64, u32>,
    /// Numbers whose commands say that something is away.
    pub(super) away: BTreeSet<u64>,
    /// How often each number was tried.
    pub(super) tries: HashMap<u64, u32>,
    pub(super) in_flight: usize,
    pub(super) in_flight_most: usize,
    /// In which order commands began.
    pub(super) begun: Vec<u64>,
}

/// Writes notes into a stream of each petition, each once.
#[derive(Clone)]
pub(super) struct Notes<S> {
    store: S,
    moods: Arc<Mutex<Moods>>,
    /// Commands of these numbers wait.
    slow: watch::Receiver<BTreeSet<u64>>,
}

impl<S: EventStore> Notes<S> {
    fn mood(&self, note: Note) -> Result<(), ExecuteError> {
        let failed = |text: &str| Err(ExecuteError::Failed(text.into()));
        let mut moods = self.moods.lock().unwrap();
        let number = match note {
            Note::Met(number) => number,
            Note::MadeUpFor(number) if moods.grudges.contains(&number) => {
                return failed("no making up");
            }
            Note::MadeUpFor(_) => return Ok(()),
        };
        *moods.tries.entry(number).or_default() += 1;
        if moods.away.contains(&number) {
            return Err(ExecuteError::Transient("the registry is away".into()));
        }
        if moods.newer.contains(&number) {
            return Err(ExecuteError::Failed(Box::new(newer(1))));
        }
        if moods.broken.contains(&number) {
            return failed("the form has no stamp");
        }
        if let Some(left) = moods.flaky.get_mut(&number).filter(|left| **left > 0) {
            *left -= 1;
            return failed("a flaky clerk");
        }
        let panics = moods.panicking.contains(&number);
        drop(moods);
        assert!(!panics, "clerk {number} panicked, on purpose");
        Ok(())
    }

    async fn note(&self, cause: &Cause, id: CommandId, note: Note) -> Result<(), ExecuteError> {
        let away = |error: Box<dyn std::error::Error + Send + Sync>| ExecuteError::Transient(error);
        let stream = effects_stream(cause.subject.as_str());
        loop {
            let page = self.store.read_stream(&stream, StreamVersion::FIRST, MOST);
            let page = page.await.map_err(|error| away(error.into()))?;
            let is_there = |event: &RecordedEvent| event.metadata.command_id() == id;
            if page.events.iter().any(is_there) {
                return Ok(());
            }
            let last = page.events.last().map(|event| event.version);
            let made_up = matches!(note, Note::MadeUpFor(_));
            let text = format!("[{},{made_up}]", cause.position);
            let mut event = sample_event_of(id, 0, text);
            event.metadata.subject = cause.subject.clone();
            let events = [event];
            let appended = self
                .store
                .append(&stream, ExpectedVersion::of(last), &events);
            match appended.await {
                Ok(_) => return Ok(()),
                Err(minwon_core::AppendError::Conflict { .. }) => {}
                Err(error) => return Err(away(error.into())),
            }
        }
    }
}

/// Counts who is at work, also where the work is dropped.
struct AtWork(Arc<Mutex<Moods>>);

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.lock().unwrap().in_flight -= 1;
    }
}

impl<S: EventStore + 'static> CommandExecutor<Note> for Notes<S> {
    async fn execute(&self, reaction: &Reaction<Note>) -> Result<(), ExecuteError> {
        let (Note::Met(number) | Note::MadeUpFor(number)) = reaction.body;
        let _at_work = {
            let mut moods = self.moods.lock().unwrap();
            moods.in_flight += 1;
            moods.in_flight_most = moods.in_flight_most.max(moods.in_flight);
            moods.begun.push(number);
            AtWork(Arc::clone(&self.moods))
        };
        let mut slow = self.slow.clone();
        let waited = slow.wait_for(|slow| !slow.contains(&number)).await;
        drop(waited);
        self.mood(reaction.body)?;
        self.note(&reaction.cause, reaction.id, reaction.body).await
    }
}

const MOST: std::num::NonZeroU32 = std::num::NonZeroU32::new(10_000).unwrap();

fn effects_stream(petition: &str) -> StreamName {
    let stream = format!("general_GeneralIssuance-{petition}");
    stream.parse().unwrap()
}

/// The log and all that is around it.
pub(super) struct Office {
    pub(super) log: Log,
    pub(super) moods: Arc<Mutex<Moods>>,
    pub(super) slow: watch::Sender<BTreeSet<u64>>,
    pub(super) operator: DeadLetters<MemoryStore, VirtualClock>,
    pub(super) clock: VirtualClock,
    versions: Mutex<BTreeMap<String, u64>>,
}

/// One after the other, the types of the events of a petition; each has a queue of its own.
const TYPES: [&str; 3] = ["Filed", "Checked", "Answered"];

impl Office {
    pub(super) fn new() -> Self {
        let (log, clock) = (Log::new(), VirtualClock::new());
        let operator = DeadLetters::new(namespace(), log.store.clone(), clock);
        Self {
            log,
            moods: Arc::default(),
            slow: watch::Sender::default(),
            operator,
            clock,
            versions: Mutex::default(),
        }
    }

    pub(super) fn moods(&self) -> MutexGuard<'_, Moods> {
        self.moods.lock().unwrap()
    }

    /// The next event of a petition; it has its number from its position.
    pub(super) fn file(&self, petition: &str) -> GlobalPosition {
        self.file_saying(petition, None)
    }

    /// An event that the store cannot read.
    pub(super) fn plant(&self, petition: &str, kind: FaultKind) -> GlobalPosition {
        let mut versions = self.versions.lock().unwrap();
        *versions.entry(petition.to_owned()).or_default() += 1;
        self.log.plant(petition, kind)
    }

    pub(super) fn executor(&self) -> Notes<MemoryStore> {
        Notes {
            store: self.log.store.clone(),
            moods: Arc::clone(&self.moods),
            slow: self.slow.subscribe(),
        }
    }

    /// An event that cannot be read.
    pub(super) fn file_nonsense(&self, petition: &str) -> GlobalPosition {
        self.file_saying(petition, Some("nonsense"))
    }

    /// An event that asks for nothing.
    pub(super) fn mention(&self, petition: &str) -> GlobalPosition {
        self.file_saying(petition, Some("18446744073709551615"))
    }

    fn file_saying(&self, petition: &str, text: Option<&'static str>) -> GlobalPosition {
        let mut versions = self.versions.lock().unwrap();
        let version = versions.entry(petition.to_owned()).or_default();
        let number = self.log.head().commit() + 1;
        let mut event = numbered(petition, *version, number);
        event.event_type = EventType::new(TYPES[(*version % 3) as usize]).unwrap();
        if let Some(text) = text {
            event.payload = text.into();
        }
        *version += 1;
        self.log.write(stream(petition), event)
    }

    pub(super) fn builder(
        &self,
    ) -> ReactorBuilder<MemoryStore, Numbers, Noting, Notes<MemoryStore>, VirtualClock> {
        self.builder_on(self.log.store.clone())
    }

    pub(super) fn faulty_builder(
        &self,
        store: &Faulty<MemoryStore>,
    ) -> ReactorBuilder<
        Faulty<MemoryStore>,
        Numbers,
        Noting,
        Notes<Faulty<MemoryStore>>,
        VirtualClock,
    > {
        self.builder_on(store.clone())
    }

    pub(super) fn builder_on<S: EventStore + CheckpointStore + Clone + 'static>(
        &self,
        store: S,
    ) -> ReactorBuilder<S, Numbers, Noting, Notes<S>, VirtualClock> {
        let executor = Notes {
            store: store.clone(),
            moods: Arc::clone(&self.moods),
            slow: self.slow.subscribe(),
        };
        let reactor = Noting(name());
        ReactorBuilder::new(namespace(), store, Numbers, reactor, executor, self.clock)
    }

    /// Returns the parts that a reactor works with, without the reactor.
    pub(super) fn handler(
        &self,
        letters: DeadLetters<MemoryStore, VirtualClock>,
        records: Records,
    ) -> Handler<Of<MemoryStore, Numbers, Noting, Notes<MemoryStore>, VirtualClock>> {
        let builder = self.builder();
        let status = watch::Sender::new(ReactorStatus::new(name()));
        Handler {
            store: builder.store,
            decoder: builder.decoder,
            reactor: builder.reactor,
            executor: builder.executor,
            letters,
            waits: Waits {
                namespace: namespace(),
                timer: builder.timer,
                restarts: builder.options.restarts.clone(),
                part: status::part(&status, self.clock),
                status,
                stop: watch::Sender::new(false).subscribe(),
                until: Until::Stopped,
            },
            options: builder.options,
            permits: Semaphore::new(1),
            records,
            signs: handler::Signs::default(),
        }
    }

    /// Effects of a petition in the order in which they came.
    pub(super) async fn effects(&self, petition: &str) -> Vec<Effect> {
        let (stream, store) = (effects_stream(petition), &self.log.store);
        let page = store.read_stream(&stream, StreamVersion::FIRST, MOST).await;
        let mut effects = Vec::<Effect>::new();
        for event in page.unwrap().events {
            let (position, made_up): (u64, bool) = serde_json::from_slice(&event.payload).unwrap();
            let of_event = |effect: &&Effect| (effect.0, effect.2) == (position, made_up);
            let before = effects.iter().filter(of_event).count();
            effects.push((position, u32::try_from(before).unwrap(), made_up));
        }
        effects
    }

    /// The events of a petition.
    pub(super) async fn events(&self, petition: &str) -> Vec<RecordedEvent> {
        let (stream, store) = (stream(petition), &self.log.store);
        let page = store.read_stream(&stream, StreamVersion::FIRST, MOST).await;
        page.unwrap().events
    }

    pub(super) fn event(&self, at: GlobalPosition) -> EventRef {
        let events = self.log.events();
        let event = events.iter().find(|event| event.position == at);
        event.unwrap().into()
    }

    /// Returns the events of a petition that are held back.
    pub(super) async fn held(&self, petition: &str) -> Vec<HeldEvent> {
        self.operator.refresh().await.unwrap();
        let held = |book: &minwon_core::DeadLetterBook| match book.of(&name()) {
            Some(letters) => letters.held(petition).cloned().collect(),
            None => Vec::new(),
        };
        self.operator.look(held)
    }

    /// Positions of what is held back of a petition, and whether each is a letter.
    pub(super) async fn held_at(&self, petition: &str) -> Vec<(u64, bool)> {
        let held = self.held(petition).await;
        let at = |held: &HeldEvent| (held.event.position.commit(), held.is_letter());
        held.iter().map(at).collect()
    }

    pub(super) async fn decide(&self, event: impl Into<DeadLetterEvent>) {
        self.operator.refresh().await.unwrap();
        self.operator.record(vec![event.into()]).await.unwrap();
    }

    pub(super) async fn retry(&self, petition: &str, at: GlobalPosition) {
        let requested = minwon_core::RetryRequested {
            consumer: name(),
            key: petition.into(),
            event: self.event(at),
            by: actor(),
        };
        self.decide(requested).await;
    }

    pub(super) async fn skip(&self, petition: &str, at: GlobalPosition) {
        let skipped = minwon_core::Skipped {
            consumer: name(),
            key: petition.into(),
            event: self.event(at),
            by: actor(),
            reason: "not wanted".into(),
        };
        self.decide(skipped).await;
    }

    pub(super) async fn compensate(&self, petition: &str, at: GlobalPosition) {
        let compensated = minwon_core::Compensated {
            consumer: name(),
            key: petition.into(),
            event: self.event(at),
            by: actor(),
            reason: "cannot be".into(),
        };
        self.decide(compensated).await;
    }

    pub(super) async fn checkpoint(&self, slice: Slice) -> GlobalPosition {
        let store = &self.log.store;
        store.load_checkpoint(&checkpoint(slice)).await.unwrap()
    }

    /// Moves a checkpoint, as only an operator does.
    pub(super) async fn set_checkpoint(&self, slice: Slice, to: GlobalPosition) {
        let (store, from) = (&self.log.store, self.checkpoint(slice).await);
        let saved = store.save_checkpoint(&checkpoint(slice), from, to).await;
        saved.unwrap();
    }

    /// No checkpoint has passed an event that is neither handled nor held back nor given up.
    pub(super) async fn check_checkpoints(&self, petitions: u64) {
        // Checkpoints first: reactors may be at work, and what is held back is durable before a
        // checkpoint passes it, not before somebody looks.
        let mut checkpoints = Vec::new();
        for petition in (0..petitions).map(|petition| format!("p-{petition}")) {
            let checkpoint = self.checkpoint(slice_of(&petition)).await;
            checkpoints.push((petition, checkpoint));
        }
        self.operator.refresh().await.unwrap();
        let _known = self.operator.window(GlobalPosition::START).await.unwrap();
        for (petition, checkpoint) in checkpoints {
            let effects = self.effects(&petition).await;
            for event in self.events(&petition).await {
                if event.position > checkpoint {
                    break;
                }
                let met = effects
                    .iter()
                    .filter(|e| e.0 == event.position.commit() && !e.2)
                    .count();
                let is_settled = self.operator.look(|book| {
                    book.of(&name()).is_some_and(|letters| {
                        letters.is_given_up(event.id())
                            || letters.is_held(&petition, &(&event).into())
                    })
                });
                let all = 1 + event.position.commit() % 2;
                assert!(
                    is_settled || met as u64 == all,
                    "{petition}: {} is passed by {checkpoint}: {met} of {all}; {effects:?}",
                    event.position
                );
            }
        }
    }

    /// Lets the reactor do what it can without further events.
    pub(super) async fn settle(&self, reactor: &RunningReactor) {
        let head = self.log.head();
        within(reactor.reached(head)).await.unwrap();
        self.clock.sleep(Duration::from_secs(30)).await;
    }
}

pub(super) fn name() -> ConsumerName {
    ConsumerName::new("noting-1").unwrap()
}

fn checkpoint(slice: Slice) -> CheckpointName {
    CheckpointName {
        namespace: namespace(),
        consumer: name(),
        slice,
    }
}

fn actor() -> minwon_core::ActorId {
    minwon_core::ActorId::new("officer-17").unwrap()
}

pub(super) fn slice_of(petition: &str) -> Slice {
    Noting(name()).slices().slice_of(petition)
}

/// The effects of an event that was handled.
pub(super) fn met(at: GlobalPosition) -> Vec<Effect> {
    let commands = 1 + u32::try_from(at.commit() % 2).unwrap();
    (0..commands).map(|i| (at.commit(), i, false)).collect()
}

pub(super) fn all_met(at: &[GlobalPosition]) -> Vec<Effect> {
    at.iter().flat_map(|at| met(*at)).collect()
}

/// Bounds so tight that they are met.
pub(super) fn random_options(rng: &mut SeededRng) -> ReactorOptions {
    let mut up_to = |most| u32::try_from(rng.below(most)).unwrap();
    let at_most = |number: u32| std::num::NonZeroU32::new(number).unwrap();
    ReactorOptions::default()
        .batch_events_max(at_most(1 + up_to(8)))
        .waiting_events_max(at_most(4 + up_to(16)))
        .in_flight_max(at_most(1 + up_to(4)))
        .retries_max(up_to(3))
        .retry_pauses(Duration::from_millis(1), Duration::from_millis(5))
        .pauses(Duration::from_millis(1), Duration::from_millis(5))
        .checkpoint_wait(Duration::from_micros(u64::from(up_to(20_000))))
        .idle_checkpoint_events(std::num::NonZeroU64::MIN.saturating_add(up_to(100).into()))
}
