//! An event store and read models that live and die with the process: for tests and first steps.

mod read_models;

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, Clock, EventFault,
    EventFilter, EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent,
    RecordedEvent, Snapshot, SnapshotStore, StateSchema, StoreError, StreamName, StreamPage,
    StreamVersion, Unreadable,
};
use tokio::sync::{oneshot, watch};

pub use self::read_models::MemoryReadModels;
use crate::{
    SystemClock,
    follow::{LogFeed, Pages, PendingPage},
};

/// Events that one page looks at, whether or not the filter admits them: nobody else gets at the
/// log meanwhile. Unit: events.
const LOOKED_AT_MAX: usize = 4096;

/// An event store in memory. Clones share it; the last clone takes the events with it.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
}

/// The feed of a [`MemoryStore`].
#[derive(Debug)]
pub struct MemoryFeed(LogFeed<Shared>);

impl Feed for MemoryFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        self.0.next().await
    }
}

#[derive(Debug)]
struct Shared {
    log: Mutex<Log>,
    changes: watch::Sender<u64>,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log")
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

struct Log {
    clock: Box<dyn Clock>,
    /// Position p stands at index p - 1.
    events: Vec<RecordedEvent>,
    /// Per stream, the indexes of its events: version v stands at index v.
    streams: HashMap<StreamName, Vec<usize>>,
    snapshots: HashMap<(StreamName, StateSchema), Snapshot>,
    checkpoints: HashMap<CheckpointName, GlobalPosition>,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(SystemClock)
    }
}

impl MemoryStore {
    /// An empty store that dates events by `clock`.
    pub fn new(clock: impl Clock + 'static) -> Self {
        let log = Log {
            clock: Box::new(clock),
            events: Vec::new(),
            streams: HashMap::new(),
            snapshots: HashMap::new(),
            checkpoints: HashMap::new(),
        };
        Self {
            shared: Arc::new(Shared {
                log: Mutex::new(log),
                changes: watch::Sender::new(0),
            }),
        }
    }

    /// Puts an event at the end of `stream` that cannot be read, as if another program had written
    /// it or a disk had lost part of it: to see what becomes of it.
    pub fn plant(&self, stream: &StreamName, fault: EventFault) -> GlobalPosition {
        let position = self.log().plant(stream, fault);
        self.shared.changes.send_modify(|count| *count += 1);
        position
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.shared.log()
    }
}

impl Shared {
    fn log(&self) -> MutexGuard<'_, Log> {
        // Nothing panics half way through a change, so a poisoned log is a whole one.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
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
        let appended = self.log().append(stream, expected, events)?;
        self.shared.changes.send_modify(|count| *count += 1);
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        Ok(self.log().read_stream(stream, from, events_max))
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        Ok(self.log().read_all(after, filter, events_max))
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        Ok(GlobalPosition::new(self.log().events.len() as u64))
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        Ok(self.log().last_up_to(until, filter))
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> MemoryFeed {
        let (pages, changes) = (Arc::clone(&self.shared), self.shared.changes.subscribe());
        MemoryFeed(LogFeed::new(
            pages,
            changes,
            after,
            filter,
            batch_events_max,
        ))
    }
}

impl Pages for Shared {
    async fn begin(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<PendingPage, StoreError> {
        let (page, pending) = oneshot::channel();
        // The receiver is in our hands, so the page arrives.
        let _ = page.send(Ok(self.log().read_all(after, filter, events_max)));
        Ok(pending)
    }

    fn try_begin(&self, _: GlobalPosition, _: &EventFilter, _: NonZeroU32) -> Option<PendingPage> {
        // Reading ahead would only hold the memory twice.
        None
    }
}

impl Log {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let last = self.last_version(stream);
        let first = self.first_place(stream, expected, events);
        if let Some(version) = first.and_then(|first| self.find_repeat(stream, first, events)) {
            let position = self.position(stream, version);
            return Ok(Appended {
                version,
                position,
                repeated: true,
            });
        }
        // Without an expected place, a first event that is known is part of another append.
        if !expected.admits(last) || (expected.starts_at().is_none() && first.is_some()) {
            return Err(AppendError::Conflict {
                stream: stream.clone(),
                expected,
                actual: last,
            });
        }
        let recorded_at = self.clock.now();
        let indexes = self.streams.entry(stream.clone()).or_default();
        for event in events {
            indexes.push(self.events.len());
            self.events.push(RecordedEvent {
                position: GlobalPosition::new(self.events.len() as u64 + 1),
                stream: stream.clone(),
                version: StreamVersion::new(indexes.len() as u64 - 1),
                event_type: event.event_type.clone(),
                schema_version: event.schema_version,
                recorded_at,
                metadata: (&event.metadata).into(),
                payload: event.payload.clone(),
                fault: None,
            });
        }
        let version = StreamVersion::new(indexes.len() as u64 - 1);
        let position = GlobalPosition::new(self.events.len() as u64);
        Ok(Appended {
            version,
            position,
            repeated: false,
        })
    }

    fn plant(&mut self, stream: &StreamName, fault: EventFault) -> GlobalPosition {
        let position = GlobalPosition::new(self.events.len() as u64 + 1);
        let indexes = self.streams.entry(stream.clone()).or_default();
        let unreadable = Unreadable {
            position,
            stream: stream.clone(),
            version: StreamVersion::new(indexes.len() as u64),
            id: None,
            event_type: None,
            recorded_at: Some(self.clock.now()),
            payload: bytes::Bytes::new(),
        };
        indexes.push(self.events.len());
        self.events.push(unreadable.marked(fault));
        position
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
                let indexes = self.streams.get(stream)?;
                indexes
                    .iter()
                    .position(|&index| self.events[index].id() == events[0].id())
            }
        }
    }

    /// The version of the last of `events`, if they all stand at `first` and on.
    fn find_repeat(
        &self,
        stream: &StreamName,
        first: usize,
        events: &[NewEvent],
    ) -> Option<StreamVersion> {
        let end = first.checked_add(events.len())?;
        let there = self.streams.get(stream)?.get(first..end)?;
        let same = there
            .iter()
            .zip(events)
            .all(|(&index, new)| self.events[index].id() == new.id());
        same.then(|| StreamVersion::new(end as u64 - 1))
    }

    fn last_version(&self, stream: &StreamName) -> Option<StreamVersion> {
        let indexes = self.streams.get(stream)?;
        Some(StreamVersion::new(indexes.len() as u64 - 1))
    }

    fn position(&self, stream: &StreamName, version: StreamVersion) -> GlobalPosition {
        self.events[self.streams[stream][version.get() as usize]].position
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> StreamPage {
        let indexes = self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let from =
            usize::try_from(from.get()).map_or(indexes.len(), |from| from.min(indexes.len()));
        let rest = &indexes[from..];
        let page = &rest[..rest.len().min(events_max.get() as usize)];
        StreamPage {
            events: page
                .iter()
                .map(|&index| self.events[index].clone())
                .collect(),
            is_end: page.len() == rest.len(),
        }
    }

    fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> LogPage {
        let length = self.events.len();
        let start = usize::try_from(after.commit()).map_or(length, |after| after.min(length));
        let looked_at_max = LOOKED_AT_MAX.max(events_max.get() as usize);
        let mut page = LogPage {
            events: Vec::new(),
            position: after,
            is_end: true,
        };
        for (looked_at, event) in self.events[start..].iter().enumerate() {
            if page.events.len() == events_max.get() as usize || looked_at == looked_at_max {
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

    fn last_up_to(&self, until: GlobalPosition, filter: &EventFilter) -> GlobalPosition {
        let length = self.events.len();
        let end = usize::try_from(until.commit()).map_or(length, |until| until.min(length));
        let mut before = self.events[..end].iter().rev();
        let admitted = before.find(|event| filter.admits(&event.stream));
        admitted.map_or(GlobalPosition::START, |event| event.position)
    }
}

impl SnapshotStore for MemoryStore {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.log().snapshots.get(&(stream.clone(), schema)).cloned())
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let mut log = self.log();
        let kept = log
            .snapshots
            .entry((snapshot.stream.clone(), snapshot.schema));
        kept.and_modify(|kept| {
            if kept.version <= snapshot.version {
                kept.clone_from(snapshot);
            }
        })
        .or_insert_with(|| snapshot.clone());
        Ok(())
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.log().snapshots.retain(|(of, _), _| of != stream);
        Ok(())
    }
}

impl CheckpointStore for MemoryStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        let kept = self.log().checkpoints.get(name).copied();
        Ok(kept.unwrap_or(GlobalPosition::START))
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let mut log = self.log();
        let kept = log
            .checkpoints
            .entry(name.clone())
            .or_insert(GlobalPosition::START);
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
