//! Read models in the same file as the events they are folded from.
//!
//! The content of a slice is stored under the number of its *life*: a new incarnation is a new
//! life, so it begins empty at once, and the content of the previous one is swept away in small
//! steps. Who works on which slice needs no leases here: one process writes.

mod reading;
mod scanning;
mod writing;

use minwon_core::{
    Catalogue, CatalogueError, CommitError, Counts, GenerationName, IndexName, ListPage, ListQuery,
    Loaded, ModelName, NamespaceName, ReadModelAdmin, ReadModelStore, ScanCursor, ScanPage,
    SliceCheckpoint, SliceName, SliceWrites, StoreError, Wanted,
};

use self::{
    reading::OwnedWanted,
    writing::{CommitSlice, EndLives, SaveCatalogue, Sweep},
};
use super::{SqliteStore, WriteError};

impl ReadModelStore for SqliteStore {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let (slice, wanted) = (slice.clone(), OwnedWanted::from(wanted));
        self.shared
            .readers
            .run(move |reader| reader.load_slice(&slice, &wanted))
            .await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let name = slice.clone();
        let answer = self.write(|reply| {
            Box::new(CommitSlice {
                slice: name,
                expected: expected.cloned(),
                next: next.clone(),
                writes: writes.clone(),
                moved_to: None,
                reply,
            })
        });
        let slice = slice.clone();
        match answer.await {
            Ok(answer) => answer,
            Err(WriteError::NotSent(source)) => Err(CommitError::Store { slice, source }),
            Err(WriteError::NotAnswered(source)) => {
                Err(CommitError::OutcomeUnknown { slice, source })
            }
        }
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        let (slice, query) = (slice.clone(), query.clone());
        self.shared
            .readers
            .run(move |reader| reader.list(&slice, &query))
            .await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        let (slice, group) = (slice.clone(), group.to_owned());
        self.shared
            .readers
            .run(move |reader| reader.counts(&slice, index, &group))
            .await
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        let changes = self.shared.read_model_changes.as_ref()?;
        Some(changes.of(namespace))
    }
}

impl ReadModelAdmin for SqliteStore {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        let model = model.clone();
        self.shared
            .readers
            .run(move |reader| reader.load_catalogue(&model))
            .await
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let name = model.clone();
        let answer = self.write(|reply| {
            Box::new(SaveCatalogue {
                model: name,
                expected: expected.cloned(),
                next: next.clone(),
                found: None,
                reply,
            })
        });
        answer.await.unwrap_or_else(|error| {
            Err(CatalogueError::Store {
                model: model.clone(),
                source: error.into_source(),
            })
        })
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let generation = generation.clone();
        self.shared
            .readers
            .run(move |reader| reader.scan(&generation, cursor))
            .await
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let name = generation.clone();
        let ended = self.write(|reply| {
            Box::new(EndLives {
                generation: name,
                reply,
            })
        });
        ended.await.map_err(WriteError::into_source)??;
        self.sweep(generation).await.map(drop)
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        let mut swept = 0;
        loop {
            let generation = generation.clone();
            let step = self.write(|reply| {
                Box::new(Sweep {
                    generation,
                    step: None,
                    reply,
                })
            });
            match step.await.map_err(WriteError::into_source)?? {
                Some(things) => swept += things,
                None => return Ok(swept),
            }
        }
    }
}
