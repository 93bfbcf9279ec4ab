//! Faults of what is kept beside the events.

use super::{FaultyStore, unavailable};
use crate::{
    CheckpointError, CheckpointStore, ConsumerName, GlobalPosition, Slice, Snapshot, SnapshotStore,
    StateSchema, StoreError, StreamName,
};

const LOST: &str = "the answer was lost on its way";

impl<S: SnapshotStore> SnapshotStore for FaultyStore<S> {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        self.store.load_snapshot(stream, schema).await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        self.store.save_snapshot(snapshot).await?;
        if self.faults.loses_acknowledgement() {
            return Err(unavailable(LOST));
        }
        Ok(())
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        self.store.delete_snapshots(stream).await
    }
}

impl<S: CheckpointStore> CheckpointStore for FaultyStore<S> {
    async fn load_checkpoint(
        &self,
        consumer: &ConsumerName,
        slice: Slice,
    ) -> Result<GlobalPosition, StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        self.store.load_checkpoint(consumer, slice).await
    }

    async fn save_checkpoint(
        &self,
        consumer: &ConsumerName,
        slice: Slice,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let failed = |source| CheckpointError::Store {
            consumer: consumer.clone(),
            slice,
            source,
        };
        self.faults.delay().await;
        self.faults.check_available().map_err(failed)?;
        self.store
            .save_checkpoint(consumer, slice, expected, position)
            .await?;
        if self.faults.loses_acknowledgement() {
            return Err(failed(unavailable(LOST)));
        }
        Ok(())
    }
}
