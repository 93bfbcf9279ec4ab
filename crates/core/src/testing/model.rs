//! The contract of the stores in its plainest form.

use std::{
    collections::HashMap,
    future::poll_fn,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
};

use super::ManualClock;
use crate::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, Clock, EventFault,
    EventFilter, EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent,
    RecordedEvent, Snapshot, SnapshotStore, StateSchema, StoreError, StreamName, StreamPage,
    StreamVersion, Timestamp, Unreadable,
};

/// The model of all stores: so simple that it is obviously right, and not for production.
///
/// It is what the conformance suites, the deliberately wrong stores and the seeded faults are
/// tried on. It knows no runtime; a clone is the same store. Its clock stands still, unless it is
/// given one.
#[derive(Debug, Clone)]
pub struct ModelStore {
    model: Arc<Mutex<Model>>,
    clock: ManualClock,
    append_bytes_max: Option<usize>,
}

#[derive(Debug, Default)]
struct Model {
    log: Vec<RecordedEvent>,
    streams: HashMap<StreamName, Vec<RecordedEvent>>,
    /// Feeds that wait at the end of the log.
    waiting: Vec<Waker>,
    snapshots: HashMap<(StreamName, StateSchema), Snapshot>,
    checkpoints: HashMap<CheckpointName, GlobalPosition>,
}

/// Most events that one page of the log looks at. Small, so that readers meet pages which hold
/// nothing and yet move on.
const LOOKED_AT_MAX: usize = 64;

impl ModelStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(ManualClock::new(Timestamp::UNIX_EPOCH))
    }

    /// An empty store that stamps its events by `clock`.
    #[must_use]
    pub fn with_clock(clock: ManualClock) -> Self {
        Self {
            model: Arc::default(),
            clock,
            append_bytes_max: None,
        }
    }

    /// Puts an event at the end of `stream` that no store could read, as if another program had
    /// written it, or a disk had lost part of it.
    pub fn plant(&self, stream: &StreamName, fault: EventFault) -> GlobalPosition {
        let now = self.clock.now();
        let mut model = self.lock();
        let position = GlobalPosition::new(model.log.len() as u64 + 1);
        let there = model.streams.entry(stream.clone()).or_default();
        let unreadable = Unreadable {
            position,
            stream: stream.clone(),
            version: StreamVersion::new(there.len() as u64),
            id: None,
            event_type: None,
            recorded_at: Some(now),
            payload: Default::default(),
        };
        let event = unreadable.marked(fault);
        there.push(event.clone());
        model.log.push(event);
        model.waiting.drain(..).for_each(Waker::wake);
        position
    }

    /// Takes no more than so many bytes of payloads at once, as some stores do.
    #[must_use]
    pub fn append_bytes_max(mut self, bytes: usize) -> Self {
        self.append_bytes_max = Some(bytes);
        self
    }

    fn lock(&self) -> MutexGuard<'_, Model> {
        self.model.lock().expect("no code panics under this lock")
    }
}

impl Default for ModelStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Model {
    fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
        now: Timestamp,
    ) -> Result<Appended, AppendError> {
        AppendError::check(stream, events)?;
        let there = self.streams.entry(stream.clone()).or_default();
        if let Some(last) = repeated(there, expected, events) {
            return Ok(Appended {
                version: last.version,
                position: last.position,
                repeated: true,
            });
        }
        let actual = there.last().map(|event| event.version);
        if !expected.admits(actual) || is_partly_there(there, expected, events) {
            return Err(AppendError::Conflict {
                stream: stream.clone(),
                expected,
                actual,
            });
        }
        for event in events {
            let version = StreamVersion::new(there.len() as u64);
            let position = GlobalPosition::new(self.log.len() as u64 + 1);
            let event = recorded(event, stream, version, position, now);
            there.push(event.clone());
            self.log.push(event);
        }
        self.waiting.drain(..).for_each(Waker::wake);
        Ok(Appended {
            version: StreamVersion::new(there.len() as u64 - 1),
            position: self.head(),
            repeated: false,
        })
    }

    fn head(&self) -> GlobalPosition {
        self.log
            .last()
            .map_or(GlobalPosition::START, |event| event.position)
    }

    fn last_up_to(&self, until: GlobalPosition, filter: &EventFilter) -> GlobalPosition {
        let end = self.log.partition_point(|event| event.position <= until);
        let before = self.log[..end].iter().rev();
        let mut admitted = before.filter(|event| filter.admits(&event.stream));
        admitted
            .next()
            .map_or(GlobalPosition::START, |event| event.position)
    }

    fn page(&self, after: GlobalPosition, filter: &EventFilter, events_max: NonZeroU32) -> LogPage {
        let start = self.log.partition_point(|event| event.position <= after);
        let mut page = LogPage {
            events: Vec::new(),
            position: after,
            is_end: true,
        };
        for (looked_at, event) in self.log[start..].iter().enumerate() {
            if page.events.len() == events_max.get() as usize || looked_at == LOOKED_AT_MAX {
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

/// The last event of `events` in the stream, if they all stand where they would be put.
fn repeated<'a>(
    there: &'a [RecordedEvent],
    expected: ExpectedVersion,
    events: &[NewEvent],
) -> Option<&'a RecordedEvent> {
    let start = match expected.starts_at() {
        Some(version) => usize::try_from(version.get()).ok()?,
        None => there
            .iter()
            .position(|event| event.id() == events[0].id())?,
    };
    let stood = there.get(start..start.checked_add(events.len())?)?;
    let same = stood.iter().zip(events).all(|(a, b)| a.id() == b.id());
    same.then(|| stood.last())?
}

/// Whether an append that names no place would put an event into the stream a second time.
fn is_partly_there(
    there: &[RecordedEvent],
    expected: ExpectedVersion,
    events: &[NewEvent],
) -> bool {
    let is_there = |event: &NewEvent| there.iter().any(|other| other.id() == event.id());
    expected.starts_at().is_none() && events.iter().any(is_there)
}

fn recorded(
    event: &NewEvent,
    stream: &StreamName,
    version: StreamVersion,
    position: GlobalPosition,
    recorded_at: Timestamp,
) -> RecordedEvent {
    RecordedEvent {
        position,
        stream: stream.clone(),
        version,
        event_type: event.event_type.clone(),
        schema_version: event.schema_version,
        recorded_at,
        metadata: (&event.metadata).into(),
        payload: event.payload.clone(),
        fault: None,
    }
}

impl EventStore for ModelStore {
    type Feed = ModelFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        if let Some(bytes_max) = self.append_bytes_max {
            let bytes = events.iter().map(|event| event.payload.len()).sum();
            if bytes > bytes_max {
                AppendError::check(stream, events)?;
                return Err(AppendError::AppendTooLarge {
                    stream: stream.clone(),
                    bytes,
                    bytes_max,
                });
            }
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
        let model = self.lock();
        let there = model.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let rest = &there[there.partition_point(|event| event.version < from)..];
        let events = &rest[..rest.len().min(events_max.get() as usize)];
        Ok(StreamPage {
            events: events.to_vec(),
            is_end: events.len() == rest.len(),
        })
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        Ok(self.lock().page(after, filter, events_max))
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        Ok(self.lock().head())
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        Ok(self.lock().last_up_to(until, filter))
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> ModelFeed {
        ModelFeed {
            store: self.clone(),
            after,
            filter,
            batch_events_max,
            is_caught_up: false,
        }
    }
}

/// The feed of a [`ModelStore`].
#[derive(Debug)]
pub struct ModelFeed {
    store: ModelStore,
    after: GlobalPosition,
    filter: EventFilter,
    batch_events_max: NonZeroU32,
    is_caught_up: bool,
}

impl ModelFeed {
    fn poll_next(&mut self, context: &Context<'_>) -> Poll<FeedBatch> {
        let mut model = self.store.lock();
        let page = model.page(self.after, &self.filter, self.batch_events_max);
        if page.position == self.after && self.is_caught_up {
            if !model.waiting.iter().any(|w| w.will_wake(context.waker())) {
                model.waiting.push(context.waker().clone());
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

impl Feed for ModelFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        Ok(poll_fn(|context| self.poll_next(context)).await)
    }
}

impl SnapshotStore for ModelStore {
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
        let mut model = self.lock();
        let kept = model.snapshots.get(&key);
        if kept.is_none_or(|kept| kept.version <= snapshot.version) {
            model.snapshots.insert(key, snapshot.clone());
        }
        Ok(())
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.lock().snapshots.retain(|(of, _), _| of != stream);
        Ok(())
    }
}

impl CheckpointStore for ModelStore {
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
        let mut model = self.lock();
        let kept = model
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::conformance;
    use futures_executor::block_on;

    #[test]
    fn the_model_keeps_every_contract() {
        let open = async || ModelStore::new();
        block_on(conformance::event_store(open)).assert_all_hold();
        block_on(conformance::snapshot_store(open)).assert_all_hold();
        block_on(conformance::checkpoint_store(open)).assert_all_hold();
        let plant = async |store: &ModelStore, stream: &StreamName, kind| {
            store.plant(stream, EventFault::new(kind, "it is bad"));
            true
        };
        block_on(conformance::unreadable_events(open, plant)).assert_all_hold();
    }

    #[test]
    fn a_model_that_takes_little_at_once_keeps_the_contract() {
        let open = async || ModelStore::new().append_bytes_max(1 << 20);
        block_on(conformance::event_store(open)).assert_all_hold();
    }

    #[test]
    fn a_store_that_outlives_the_run_is_examined_again_under_another_name() {
        let store = ModelStore::new();
        for run in ["first", "second"] {
            let run = crate::NamespaceName::new(run).unwrap();
            let open = async || store.clone();
            block_on(conformance::event_store_in(&run, open)).assert_all_hold();
            block_on(conformance::snapshot_store_in(&run, open)).assert_all_hold();
            block_on(conformance::checkpoint_store_in(&run, open)).assert_all_hold();
        }
    }

    #[test]
    fn events_are_stamped_by_the_clock() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let store = ModelStore::with_clock(clock.clone());
        clock.advance(std::time::Duration::from_secs(7));
        let stream: StreamName = "general_Petition-1".parse().unwrap();
        let event = [crate::testing::sample_event("a")];
        block_on(store.append(&stream, ExpectedVersion::NoStream, &event)).unwrap();
        let page = store.read_stream(&stream, StreamVersion::FIRST, NonZeroU32::MIN);
        assert_eq!(block_on(page).unwrap().events[0].recorded_at, clock.now());
    }
}
