//! An event store and read models that live and die with the process: for tests and first steps.

mod read_models;

use std::{
    collections::HashMap,
    fmt,
    future::poll_fn,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

pub use self::read_models::{MemoryReadModels, SliceSnapshot};
use crate::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, Clock, EventFault,
    EventFilter, EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent,
    RecordedEvent, Snapshot, SnapshotStore, StateSchema, StoreError, StreamName, StreamPage,
    StreamVersion, Timestamp, Unreadable,
};

/// Events that one page looks at, whether or not the filter admits them: nobody else gets at the
/// log meanwhile. Unit: events.
const LOOKED_AT_MAX: usize = 4096;

/// The same in a store for tests: readers meet pages that hold nothing and yet move on.
const LOOKED_AT_IN_TESTS_MAX: usize = 64;

/// A clock that stands at the Unix epoch.
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// An event store in memory, which keeps snapshots and checkpoints as well. It knows no runtime.
/// Clones share it; the last clone takes the events with it.
#[derive(Clone)]
pub struct MemoryStore {
    log: Arc<Mutex<Log>>,
    clock: Arc<dyn Clock>,
    looked_at_max: usize,
    append_bytes_max: usize,
}

#[derive(Default)]
struct Log {
    /// Position p stands at index p - 1.
    events: Vec<RecordedEvent>,
    /// Per stream, the indexes of its events: version v stands at index v.
    streams: HashMap<StreamName, Vec<usize>>,
    /// Feeds that wait at the end of the log.
    waiting: Vec<Waker>,
    snapshots: HashMap<(StreamName, StateSchema), Snapshot>,
    checkpoints: HashMap<CheckpointName, GlobalPosition>,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

#[expect(
    clippy::new_without_default,
    reason = "only tests want a stopped clock"
)]
impl MemoryStore {
    /// An empty store for tests: its clock stands at the Unix epoch, and its pages are short.
    #[must_use]
    pub fn new() -> Self {
        Self {
            looked_at_max: LOOKED_AT_IN_TESTS_MAX,
            ..Self::with_clock(StoppedClock)
        }
    }

    /// An empty store that dates events by `clock`.
    #[must_use]
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self {
            log: Arc::default(),
            clock: Arc::new(clock),
            looked_at_max: LOOKED_AT_MAX,
            append_bytes_max: usize::MAX,
        }
    }

    /// Takes at most so many bytes of payloads in one append, as some stores do. Default: no limit
    /// beyond that of all stores.
    #[must_use]
    pub fn append_bytes_max(mut self, bytes: usize) -> Self {
        self.append_bytes_max = bytes;
        self
    }

    /// Puts an event at the end of `stream` that cannot be read, as if another program had written
    /// it or a disk had lost part of it: to see what becomes of it.
    pub fn plant(&self, stream: &StreamName, fault: EventFault) -> GlobalPosition {
        let recorded_at = self.clock.now();
        let mut log = self.lock();
        let (version, position) = log.next_place(stream);
        let unreadable = Unreadable {
            position,
            stream: stream.clone(),
            version,
            id: None,
            event_type: None,
            recorded_at: Some(recorded_at),
            payload: bytes::Bytes::new(),
        };
        log.put(unreadable.marked(fault));
        log.wake();
        position
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // Nothing panics half way through a change, so a poisoned log is a whole one.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
        recorded_at: Timestamp,
    ) -> Result<Appended, AppendError> {
        let first = self.first_place(stream, expected, events);
        if let Some(last) = first.and_then(|first| self.find_repeat(stream, first, events)) {
            return Ok(Appended {
                version: last.version,
                position: last.position,
                repeated: true,
            });
        }
        let actual = self.stream(stream).len().checked_sub(1);
        let actual = actual.map(|last| StreamVersion::new(last as u64));
        // Without an expected place, a first event that is known is part of another append.
        if !expected.admits(actual) || (expected.starts_at().is_none() && first.is_some()) {
            return Err(AppendError::Conflict {
                stream: stream.clone(),
                expected,
                actual,
            });
        }
        for event in events {
            let (version, position) = self.next_place(stream);
            self.put(RecordedEvent {
                position,
                stream: stream.clone(),
                version,
                event_type: event.event_type.clone(),
                schema_version: event.schema_version,
                recorded_at,
                metadata: (&event.metadata).into(),
                payload: event.payload.clone(),
                fault: None,
            });
        }
        self.wake();
        Ok(Appended {
            version: StreamVersion::new(self.stream(stream).len() as u64 - 1),
            position: self.head(),
            repeated: false,
        })
    }

    fn stream(&self, stream: &StreamName) -> &[usize] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    fn next_place(&self, stream: &StreamName) -> (StreamVersion, GlobalPosition) {
        let version = StreamVersion::new(self.stream(stream).len() as u64);
        (version, GlobalPosition::new(self.events.len() as u64 + 1))
    }

    fn put(&mut self, event: RecordedEvent) {
        let indexes = self.streams.entry(event.stream.clone()).or_default();
        indexes.push(self.events.len());
        self.events.push(event);
    }

    fn wake(&mut self) {
        self.waiting.drain(..).for_each(Waker::wake);
    }

    /// Where the first of `events` has its place, or already stands.
    fn first_place(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Option<usize> {
        match expected.starts_at() {
            Some(version) => usize::try_from(version.get()).ok(),
            None => {
                let mut there = self.stream(stream).iter();
                there.position(|&index| self.events[index].id() == events[0].id())
            }
        }
    }

    /// The last of `events`, if they all stand at `first` and on.
    fn find_repeat(
        &self,
        stream: &StreamName,
        first: usize,
        events: &[NewEvent],
    ) -> Option<&RecordedEvent> {
        let end = first.checked_add(events.len())?;
        let there = self.stream(stream).get(first..end)?;
        let mut pairs = there.iter().zip(events);
        let same = pairs.all(|(&index, new)| self.events[index].id() == new.id());
        same.then(|| &self.events[there[there.len() - 1]])
    }

    fn head(&self) -> GlobalPosition {
        GlobalPosition::new(self.events.len() as u64)
    }

    /// Returns how many events stand at or before `position`.
    fn length_up_to(&self, position: GlobalPosition) -> usize {
        let length = usize::try_from(position.commit()).unwrap_or(usize::MAX);
        length.min(self.events.len())
    }

    fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
        looked_at_max: usize,
    ) -> LogPage {
        let events_max = events_max.get() as usize;
        let looked_at_max = looked_at_max.max(events_max);
        let mut page = LogPage {
            events: Vec::new(),
            position: after,
            is_end: true,
        };
        let rest = &self.events[self.length_up_to(after)..];
        for (looked_at, event) in rest.iter().enumerate() {
            if page.events.len() == events_max || looked_at == looked_at_max {
                page.is_end = false;
                break;
            }
            page.position = event.position;
            if filter.admits(&event.stream) {
                page.events.push(event.clone());
            }
        }
        page
    }
}

impl EventStore for MemoryStore {
    type Feed = MemoryFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        AppendError::check(stream, events)?;
        let bytes = events.iter().map(|event| event.payload.len()).sum();
        if bytes > self.append_bytes_max {
            return Err(AppendError::AppendTooLarge {
                stream: stream.clone(),
                bytes,
                bytes_max: self.append_bytes_max,
            });
        }
        let now = self.clock.now();
        self.lock().append(stream, expected, events, now)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let log = self.lock();
        let indexes = log.stream(stream);
        let from = usize::try_from(from.get()).unwrap_or(usize::MAX);
        let rest = &indexes[from.min(indexes.len())..];
        let page = &rest[..rest.len().min(events_max.get() as usize)];
        Ok(StreamPage {
            events: page.iter().map(|&at| log.events[at].clone()).collect(),
            is_end: page.len() == rest.len(),
        })
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let log = self.lock();
        Ok(log.read_all(after, filter, events_max, self.looked_at_max))
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        Ok(self.lock().head())
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let log = self.lock();
        let mut before = log.events[..log.length_up_to(until)].iter().rev();
        let admitted = before.find(|event| filter.admits(&event.stream));
        Ok(admitted.map_or(GlobalPosition::START, |event| event.position))
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> MemoryFeed {
        MemoryFeed {
            store: self.clone(),
            after,
            filter,
            batch_events_max,
            is_caught_up: false,
        }
    }
}

/// The feed of a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryFeed {
    store: MemoryStore,
    after: GlobalPosition,
    filter: EventFilter,
    batch_events_max: NonZeroU32,
    is_caught_up: bool,
}

impl MemoryFeed {
    fn poll_next(&mut self, context: &Context<'_>) -> Poll<FeedBatch> {
        let looked_at_max = self.store.looked_at_max;
        let mut log = self.store.lock();
        let page = log.read_all(
            self.after,
            &self.filter,
            self.batch_events_max,
            looked_at_max,
        );
        if page.position == self.after && self.is_caught_up {
            if !log.waiting.iter().any(|w| w.will_wake(context.waker())) {
                log.waiting.push(context.waker().clone());
            }
            return Poll::Pending;
        }
        self.after = page.position;
        self.is_caught_up = page.is_end;
        Poll::Ready(FeedBatch {
            events: page.events,
            position: page.position,
            caught_up: page.is_end,
        })
    }
}

impl Feed for MemoryFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        Ok(poll_fn(|context| self.poll_next(context)).await)
    }
}

impl SnapshotStore for MemoryStore {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let key = (stream.clone(), schema);
        Ok(self.lock().snapshots.get(&key).cloned())
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let key = (snapshot.stream.clone(), snapshot.schema);
        let snapshots = &mut self.lock().snapshots;
        let kept = snapshots.get(&key);
        if kept.is_none_or(|kept| kept.version <= snapshot.version) {
            snapshots.insert(key, snapshot.clone());
        }
        Ok(())
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.lock().snapshots.retain(|(of, _), _| of != stream);
        Ok(())
    }
}

impl CheckpointStore for MemoryStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        let kept = self.lock().checkpoints.get(name).copied();
        Ok(kept.unwrap_or(GlobalPosition::START))
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let checkpoints = &mut self.lock().checkpoints;
        let start = GlobalPosition::START;
        let kept = checkpoints.entry(name.clone()).or_insert(start);
        if *kept != expected && *kept != position {
            return Err(CheckpointError::Moved {
                name: name.clone(),
                expected,
                actual: *kept,
            });
        }
        *kept = position;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
