//! A store in which two look at the catalogue before either changes it.

use std::sync::Arc;

use minwon_core::{
    Catalogue, CatalogueError, CommitError, Counts, GenerationName, IndexName, ListPage, ListQuery,
    Loaded, ModelName, ReadModelAdmin, ReadModelStore, ScanCursor, ScanPage, SliceCheckpoint,
    SliceName, SliceWrites, StoreError, Wanted, testing::MemoryReadModels,
};
use tokio::sync::{Barrier, watch};

#[derive(Clone)]
pub(super) struct Together {
    model: MemoryReadModels,
    both: Arc<Barrier>,
    /// Whether a change waits for another.
    is_on: watch::Sender<bool>,
}

impl Together {
    pub(super) fn new() -> Self {
        Self {
            model: MemoryReadModels::new(),
            both: Arc::new(Barrier::new(2)),
            is_on: watch::Sender::new(false),
        }
    }

    /// From now on the first two changes of a catalogue wait for each other.
    pub(super) fn change_together(&self) {
        self.is_on.send_replace(true);
    }
}

impl ReadModelStore for Together {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        self.model.load(slice, wanted).await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        self.model.commit(slice, expected, next, writes).await
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        self.model.list(slice, query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        self.model.counts(slice, index, group).await
    }
}

impl ReadModelAdmin for Together {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        self.model.load_catalogue(model).await
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        if *self.is_on.borrow() {
            self.both.wait().await;
            self.is_on.send_replace(false);
        }
        self.model.save_catalogue(model, expected, next).await
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        self.model.scan(generation, cursor).await
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        self.model.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        self.model.sweep(generation).await
    }
}
