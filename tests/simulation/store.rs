//! The event store and the read models, as a process sees them: slow, away, and telling events
//! that its reactors cannot read.

use std::{num::NonZeroU32, time::Duration};

use minwon::{
    AppendError, Appended, Catalogue, CatalogueError, CheckpointError, CheckpointName,
    CheckpointStore, CommitError, Counts, EventFilter, EventStore, ExpectedVersion, Feed,
    FeedBatch, GenerationName, GlobalPosition, IndexName, ListPage, ListQuery, Loaded, LogPage,
    ModelName, NamespaceName, NewEvent, ReadModelAdmin, ReadModelStore, RecordedEvent, ScanCursor,
    ScanPage, SliceCheckpoint, SliceName, SliceWrites, Snapshot, SnapshotStore, StateSchema,
    StoreError, StoreErrorKind, StreamName, StreamPage, StreamVersion, Wanted,
    testing::{FaultyFeed, FaultyReadModels, FaultyStore, ModelReadModels},
};

use super::{
    fate::{Fate, Life},
    log::{Log, LogFeed},
};

/// What is known by [`Fate::is_away`].
pub(crate) const STORE: &str = "outages of the event store";
pub(crate) const READ_MODELS: &str = "outages of the read models";

/// The pages in which projectors read a key again, by which they are told from command handlers:
/// these are not poisoned, or nothing would ever be decided.
const REFOLD_PAGE: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// Slow calls, per mille, and how slow.
const SLOW: u16 = 20;
const SLOWEST: Duration = Duration::from_secs(3);

/// The event store of one process.
#[derive(Clone)]
pub(crate) struct Store {
    pub(crate) store: FaultyStore<Log>,
    pub(crate) fate: Fate,
    pub(crate) life: Life,
}

/// A feed of it.
pub(crate) struct StoreFeed {
    feed: FaultyFeed<LogFeed>,
    fate: Fate,
    life: Life,
}

fn away(doing: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, doing)
}

impl Store {
    async fn arrive(&self) -> Result<(), StoreError> {
        self.fate.delay(SLOW, SLOWEST).await;
        if self.fate.is_away(STORE) {
            return Err(away("the store is away"));
        }
        Ok(())
    }
}

fn poison(fate: &Fate, event: &mut RecordedEvent) {
    if !minwon::is_dead_letter(event) && fate.cannot_be_read(event.id()) {
        event.payload = b"{".as_slice().into();
    }
}

impl Feed for StoreFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let (fate, life) = (&self.fate, &self.life);
        let mut batch = life
            .call(async {
                if fate.is_away(STORE) {
                    return Err(away("the feed is away"));
                }
                self.feed.next().await
            })
            .await?;
        batch.events.iter_mut().for_each(|it| poison(fate, it));
        Ok(batch)
    }
}

impl EventStore for Store {
    type Feed = StoreFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let appending = async {
            let failed = |source| AppendError::Store {
                stream: stream.clone(),
                source,
            };
            self.arrive().await.map_err(failed)?;
            let appended = self.store.append(stream, expected, events).await;
            self.fate.delay(SLOW, SLOWEST).await;
            appended
        };
        self.life.call(appending).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let reading = async {
            self.arrive().await?;
            self.store.read_stream(stream, from, events_max).await
        };
        let mut page = self.life.call(reading).await?;
        // Only who looks after a dead letter reads one event in the middle of a stream.
        let is_one = events_max == NonZeroU32::MIN && from != StreamVersion::FIRST;
        if is_one || events_max == REFOLD_PAGE {
            page.events.iter_mut().for_each(|it| poison(&self.fate, it));
        }
        Ok(page)
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let reading = async {
            self.arrive().await?;
            self.store.read_all(after, filter, events_max).await
        };
        self.life.call(reading).await
    }

    fn positions_per_event(&self) -> u64 {
        self.store.positions_per_event()
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        let asking = async {
            self.arrive().await?;
            self.store.head().await
        };
        self.life.call(asking).await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let asking = async {
            self.arrive().await?;
            self.store.last_up_to(until, filter).await
        };
        self.life.call(asking).await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> StoreFeed {
        StoreFeed {
            feed: self.store.feed(after, filter, batch_events_max),
            fate: self.fate.clone(),
            life: self.life.clone(),
        }
    }
}

impl SnapshotStore for Store {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.arrive().await?;
        self.store.load_snapshot(stream, schema).await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.arrive().await?;
        self.life.call(self.store.save_snapshot(snapshot)).await
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.store.delete_snapshots(stream).await
    }
}

impl CheckpointStore for Store {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        self.arrive().await?;
        self.store.load_checkpoint(name).await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let failed = |source| CheckpointError::Store {
            name: name.clone(),
            source,
        };
        let saving = async {
            self.arrive().await.map_err(failed)?;
            let store = &self.store;
            store.save_checkpoint(name, expected, position).await
        };
        self.life.call(saving).await
    }
}

/// The read models of one process.
#[derive(Clone)]
pub(crate) struct Models {
    pub(crate) models: FaultyReadModels<ModelReadModels>,
    pub(crate) fate: Fate,
    pub(crate) life: Life,
}

impl Models {
    async fn arrive(&self) -> Result<(), StoreError> {
        self.fate.delay(SLOW, SLOWEST).await;
        if self.fate.is_away(READ_MODELS) {
            return Err(away("the read models are away"));
        }
        Ok(())
    }
}

impl ReadModelStore for Models {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        self.arrive().await?;
        self.models.load(slice, wanted).await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let committing = async {
            self.arrive().await.map_err(|source| CommitError::Store {
                slice: slice.clone(),
                source,
            })?;
            self.models.commit(slice, expected, next, writes).await
        };
        self.life.call(committing).await
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        self.arrive().await?;
        self.models.list(slice, query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        self.arrive().await?;
        self.models.counts(slice, index, group).await
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        self.models.changes(namespace)
    }
}

impl ReadModelAdmin for Models {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        self.arrive().await?;
        self.models.load_catalogue(model).await
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let saving = self.models.save_catalogue(model, expected, next);
        self.life.call(saving).await
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        self.models.scan(generation, cursor).await
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        self.models.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        self.models.sweep(generation).await
    }
}
