//! A store that notes what is appended to it, and when.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use minwon::{OpenError, Store, StoreFeed, StoreUrl};
use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
    EventStore, ExpectedVersion, GlobalPosition, LogPage, NewEvent, Snapshot, SnapshotStore,
    StateSchema, StoreError, StreamName, StreamPage, StreamVersion,
};
use minwon_petitions::PetitionId;

use crate::delays::Delays;

/// A store of which every append is counted. Clones share it.
#[derive(Debug, Clone)]
pub struct Watched {
    store: Store,
    notes: Arc<Notes>,
}

/// An append as it was made.
#[derive(Debug, Clone)]
pub struct Write {
    /// To where.
    pub stream: StreamName,
    /// After what.
    pub expected: ExpectedVersion,
    /// What.
    pub events: Vec<NewEvent>,
}

#[derive(Debug, Default)]
struct Notes {
    appends: AtomicU64,
    writes: Mutex<Option<Vec<Write>>>,
    decided: Mutex<Decided>,
}

/// Petitions on their way from their approval to their end.
#[derive(Debug, Default)]
struct Decided {
    approved: HashMap<PetitionId, Instant>,
    /// Completed before whoever approved them came to note it.
    overtaken: HashSet<PetitionId>,
    completed: Delays,
}

impl Watched {
    /// Opens the SQLite file, creating it where it is missing.
    ///
    /// # Errors
    /// What the store says.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let url = StoreUrl::Sqlite(path.as_ref().to_owned());
        Ok(Self::around(Store::open(&url)?))
    }

    /// Watches what is appended through this value and its clones, to a store that others have too.
    #[must_use]
    pub fn around(store: Store) -> Self {
        Self {
            store,
            notes: Arc::default(),
        }
    }

    /// The store itself, for read models beside the events.
    #[must_use]
    pub fn inner(&self) -> &Store {
        &self.store
    }

    /// Appends that succeeded so far.
    #[must_use]
    pub fn appends(&self) -> u64 {
        self.notes.appends.load(Ordering::Relaxed)
    }

    /// From now on appends are kept, until they are [taken](Self::take_writes).
    pub fn keep_writes(&self) {
        *lock(&self.notes.writes) = Some(Vec::new());
    }

    /// The appends since they were to be kept; none are kept any more.
    #[must_use]
    pub fn take_writes(&self) -> Vec<Write> {
        lock(&self.notes.writes).take().unwrap_or_default()
    }

    /// How long petitions took from the append that approved them to the one that completed them,
    /// since this was last asked. Petitions that one append approves and completes do not count.
    #[must_use]
    pub fn take_completed(&self) -> Delays {
        std::mem::take(&mut lock(&self.notes.decided).completed)
    }

    /// How many petitions are approved and not completed.
    #[must_use]
    pub fn approved_count(&self) -> usize {
        lock(&self.notes.decided).approved.len()
    }

    fn note(&self, stream: &StreamName, expected: ExpectedVersion, events: &[NewEvent]) {
        let now = Instant::now();
        self.notes.appends.fetch_add(1, Ordering::Relaxed);
        if let Some(writes) = lock(&self.notes.writes).as_mut() {
            let (stream, events) = (stream.clone(), events.to_vec());
            writes.push(Write {
                stream,
                expected,
                events,
            });
        }
        let find = |name| {
            events
                .iter()
                .find(|it| it.event_type.as_str().ends_with(name))
        };
        let (approved, completed) = (find("ApplicationApproved"), find("ApplicationCompleted"));
        let mut decided = lock(&self.notes.decided);
        match (approved, completed) {
            (Some(event), None) => {
                let petition = event.metadata.subject.clone();
                if decided.overtaken.remove(&petition) {
                    decided.completed.note(Duration::ZERO);
                } else {
                    decided.approved.insert(petition, now);
                }
            }
            (None, Some(event)) => {
                let petition = event.metadata.subject.clone();
                if let Some(approved) = decided.approved.remove(&petition) {
                    decided.completed.note(now - approved);
                } else {
                    decided.overtaken.insert(petition);
                }
            }
            _ => {}
        }
    }
}

fn lock<T>(notes: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EventStore for Watched {
    type Feed = StoreFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let appended = self.store.append(stream, expected, events).await?;
        self.note(stream, expected, events);
        Ok(appended)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        self.store.read_stream(stream, from, events_max).await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        self.store.read_all(after, filter, events_max).await
    }

    fn positions_per_event(&self) -> u64 {
        self.store.positions_per_event()
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.store.head().await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.store.last_up_to(until, filter).await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> StoreFeed {
        self.store.feed(after, filter, batch_events_max)
    }
}

impl SnapshotStore for Watched {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.store.load_snapshot(stream, schema).await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.store.save_snapshot(snapshot).await
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.store.delete_snapshots(stream).await
    }
}

impl CheckpointStore for Watched {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        self.store.load_checkpoint(name).await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        self.store.save_checkpoint(name, expected, position).await
    }
}
