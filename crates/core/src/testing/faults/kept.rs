//! Faults of what is kept beside the events.

use super::{FaultyStore, unavailable};
use crate::{
    CheckpointError, CheckpointName, CheckpointStore, GlobalPosition, Snapshot, SnapshotStore,
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
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
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
        self.faults.delay().await;
        self.faults.check_available().map_err(failed)?;
        self.store.save_checkpoint(name, expected, position).await?;
        if self.faults.loses_acknowledgement() {
            return Err(failed(unavailable(LOST)));
        }
        Ok(())
    }
}
