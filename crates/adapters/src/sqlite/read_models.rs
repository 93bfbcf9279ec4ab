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

use self::{reading::OwnedWanted, writing::SWEEP_ROWS};
use super::{SqliteStore, log::Log};

impl ReadModelStore for SqliteStore {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let (slice, wanted) = (slice.clone(), OwnedWanted::from(wanted));
        self.read(move |reader| reader.load_slice(&slice, &wanted))
            .await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let SliceWrites {
            documents,
            lookups,
            lists,
            counts,
        } = writes;
        let events = 1 + documents.len() + lookups.len() + lists.len() + counts.len();
        let (name, expected) = (slice.clone(), expected.cloned());
        let (next, writes) = (next.clone(), writes.clone());
        let commit = move |log: &mut Log| {
            writing::commit(log.connection(), &name, expected.as_ref(), &next, &writes)
        };
        let namespace = &slice.generation.model.namespace;
        let committed = self.write(events, Some(namespace), commit).await;
        let slice = slice.clone();
        match committed {
            Ok(Ok(())) => Ok(()),
            Ok(Err(found)) => Err(writing::moved(slice, found)),
            Err(error) if error.may_be_done => Err(CommitError::OutcomeUnknown {
                slice,
                source: error.source,
            }),
            Err(error) => Err(CommitError::Store {
                slice,
                source: error.source,
            }),
        }
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        let (slice, query) = (slice.clone(), query.clone());
        self.read(move |reader| reader.list(&slice, &query)).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        let (slice, group) = (slice.clone(), group.to_owned());
        self.read(move |reader| reader.counts(&slice, index, &group))
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
        self.read(move |reader| Ok(writing::find_catalogue(&reader.connection, &model)??))
            .await
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let (name, expected, next) = (model.clone(), expected.cloned(), next.clone());
        let save = move |log: &mut Log| {
            writing::save_catalogue(log.connection(), &name, expected.as_ref(), &next)
        };
        let saved = self.write(1, Some(&model.namespace), save).await;
        let model = model.clone();
        match saved.map_err(StoreError::from).and_then(|saved| saved) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(actual)) => Err(CatalogueError::Changed {
                model,
                actual: actual.map(Box::new),
            }),
            Err(source) => Err(CatalogueError::Store { model, source }),
        }
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let generation = generation.clone();
        self.read(move |reader| reader.scan(&generation, cursor))
            .await
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let (name, namespace) = (generation.clone(), &generation.model.namespace);
        let end = move |log: &mut Log| writing::end_lives(log.connection(), &name);
        self.write(1, Some(namespace), end).await?;
        self.sweep(generation).await.map(drop)
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        let mut swept = 0;
        loop {
            let name = generation.clone();
            let step = move |log: &mut Log| writing::sweep_some(log.connection(), &name);
            match self.write(SWEEP_ROWS, None, step).await? {
                Some(things) => swept += things,
                None => return Ok(swept),
            }
        }
    }
}
