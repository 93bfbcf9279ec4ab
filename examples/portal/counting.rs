//! A store that tells how many appends a call took.

use std::{cell::Cell, future::Future, num::NonZeroU32};

use minwon::{
    Store, StoreError, StoreFeed,
    engine::{
        AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
        EventStore, ExpectedVersion, GlobalPosition, LogPage, NewEvent, Snapshot, SnapshotStore,
        StateSchema, StreamName, StreamPage, StreamVersion,
    },
};

tokio::task_local! {
    static APPENDS: Cell<u64>;
}

/// Any store. Appends are counted for whoever [wants to know](counted).
#[derive(Debug, Clone)]
pub(crate) struct CountingStore(pub(crate) Store);

/// The answer of a call, and how many appends it waited for.
pub(crate) async fn counted<A>(call: impl Future<Output = A>) -> (A, u64) {
    let counting = async {
        let answer = call.await;
        (answer, APPENDS.with(Cell::get))
    };
    APPENDS.scope(Cell::new(0), counting).await
}

impl EventStore for CountingStore {
    type Feed = StoreFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        // Outside of such a call nobody wants to know.
        let _ = APPENDS.try_with(|appends| appends.set(appends.get() + 1));
        self.0.append(stream, expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        self.0.read_stream(stream, from, events_max).await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        self.0.read_all(after, filter, events_max).await
    }

    fn positions_per_event(&self) -> u64 {
        self.0.positions_per_event()
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.0.head().await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.0.last_up_to(until, filter).await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> StoreFeed {
        self.0.feed(after, filter, batch_events_max)
    }
}

impl SnapshotStore for CountingStore {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.0.load_snapshot(stream, schema).await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.0.save_snapshot(snapshot).await
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.0.delete_snapshots(stream).await
    }
}

impl CheckpointStore for CountingStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        self.0.load_checkpoint(name).await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        self.0.save_checkpoint(name, expected, position).await
    }
}
