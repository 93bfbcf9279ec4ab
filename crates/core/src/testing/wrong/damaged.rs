//! Wrong ways with slices whose checkpoint is damaged.

use super::wrongs;
use crate::{
    CommitError, Counts, IndexName, ListPage, ListQuery, Loaded, ReadModelStore, SliceCheckpoint,
    SliceName, SliceWrites, StoreError, StoreErrorKind, Wanted,
};

wrongs! {
    /// How a store of read models can go wrong about slices whose checkpoint is damaged.
    WrongDamage {
        /// Fails whoever asks for one.
        Fails breaks "a_damaged_slice_says_so_and_shows_nothing",
        /// Takes one for a slice that was never written.
        KeepsSilent breaks "a_damaged_slice_says_so_and_shows_nothing",
        /// Lets whoever was at work on one go on.
        IsGoneOnWith breaks "a_damaged_slice_is_not_gone_on_with",
        /// Keeps the damage, whoever would begin anew.
        KeepsTheDamage breaks "a_damaged_slice_begins_anew",
        /// Says the same of every slice.
        AccusesAll breaks "damage_is_of_one_slice",
    }
}

/// A store of read models that is right about all slices but those that are damaged.
#[derive(Debug)]
pub struct WrongDamageStore<S> {
    store: S,
    wrong: WrongDamage,
}

impl<S: ReadModelStore> WrongDamageStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: WrongDamage) -> Self {
        Self { store, wrong }
    }

    /// The store that it is wrong about.
    pub fn inner(&self) -> &S {
        &self.store
    }

    async fn is_damaged(&self, slice: &SliceName) -> Result<bool, StoreError> {
        let loaded = self.store.load(slice, &Wanted::default()).await?;
        Ok(loaded.is_damaged)
    }
}

fn corrupt() -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "reading a checkpoint failed")
}

impl<S: ReadModelStore> ReadModelStore for WrongDamageStore<S> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let mut loaded = self.store.load(slice, wanted).await?;
        match self.wrong {
            WrongDamage::Fails if loaded.is_damaged => return Err(corrupt()),
            WrongDamage::KeepsSilent => loaded.is_damaged = false,
            WrongDamage::AccusesAll => loaded.is_damaged = true,
            _ => {}
        }
        Ok(loaded)
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let failed = |source| CommitError::Store {
            slice: slice.clone(),
            source,
        };
        let is_damaged = self.is_damaged(slice).await.map_err(failed)?;
        let expected = match self.wrong {
            WrongDamage::IsGoneOnWith if is_damaged => None,
            WrongDamage::KeepsTheDamage if is_damaged && expected.is_none() => {
                return Err(failed(corrupt()));
            }
            _ => expected,
        };
        self.store.commit(slice, expected, next, writes).await
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        self.store.list(slice, query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        self.store.counts(slice, index, group).await
    }
}
