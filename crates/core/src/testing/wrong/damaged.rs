//! Wrong ways with slices, catalogues and leases in whose place something else stands.

use std::{collections::BTreeSet, time::Duration};

use super::{WrongStore, wrongs};
use crate::{
    Catalogue, CatalogueError, CommitError, Counts, GenerationName, IndexName, Lease, ListPage,
    ListQuery, Loaded, MemberName, ModelName, ReadModelAdmin, ReadModelStore, ScanCursor, ScanPage,
    SliceCheckpoint, SliceCount, SliceLeases, SliceName, SliceWrites, StoreError, StoreErrorKind,
    Wanted,
    memory::MemoryReadModels,
    testing::{Call, CallError},
};

pub(super) fn corrupt() -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "reading something failed")
}

wrongs! {
    /// How a store of read models can go wrong about slices whose checkpoint is damaged.
    WrongSlice {
        Fails breaks "a_damaged_slice_says_so_and_begins_anew",
        KeepsSilent breaks "a_damaged_slice_says_so_and_begins_anew",
        /// Lets whoever was at work on one go on.
        IsGoneOnWith breaks "a_damaged_slice_says_so_and_begins_anew",
        /// Keeps the damage, whoever would begin anew.
        KeepsTheDamage breaks "a_damaged_slice_says_so_and_begins_anew",
        AccusesAll breaks "damage_is_of_one_slice",
    }
}

impl<S: ReadModelStore> ReadModelStore for WrongStore<S, WrongSlice> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let store = &self.store;
        let mut loaded = store.load(slice, wanted).await?;
        match self.wrong {
            WrongSlice::Fails if loaded.is_damaged => return Err(corrupt()),
            WrongSlice::KeepsSilent => loaded.is_damaged = false,
            WrongSlice::AccusesAll => loaded.is_damaged = true,
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
        let store = &self.store;
        let loaded = store.load(slice, &Wanted::default()).await.unwrap();
        let expected = match self.wrong {
            WrongSlice::IsGoneOnWith if loaded.is_damaged => None,
            WrongSlice::KeepsTheDamage if loaded.is_damaged && expected.is_none() => {
                return Err(CommitError::refused(&Call::Commit { slice }, corrupt()));
            }
            _ => expected,
        };
        store.commit(slice, expected, next, writes).await
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

wrongs! {
    /// How a store can go wrong about catalogues that are damaged.
    WrongCatalogue {
        FailsTheReader breaks "a_damaged_catalogue_is_as_none_and_put_back",
        /// Keeps the damage, whoever would put the catalogue back.
        KeepsTheDamage breaks "a_damaged_catalogue_is_as_none_and_put_back",
        /// Lets whoever knew the catalogue go on.
        IsGoneOnWith breaks "a_damaged_catalogue_is_as_none_and_put_back",
        AccusesAll breaks "damage_is_of_one_catalogue",
    }
}

/// It remembers which were damaged.
pub(super) type OfCatalogues = WrongStore<MemoryReadModels, WrongCatalogue, BTreeSet<ModelName>>;

impl ReadModelAdmin for OfCatalogues {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        let store = &self.store;
        let is_it = self.notes().contains(model);
        let is_any = !self.notes().is_empty();
        match self.wrong {
            WrongCatalogue::FailsTheReader if is_it => Err(corrupt()),
            WrongCatalogue::AccusesAll if is_any => Ok(None),
            _ => store.load_catalogue(model).await,
        }
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let store = &self.store;
        let is_it = self.notes().contains(model);
        let expected = match self.wrong {
            WrongCatalogue::KeepsTheDamage if is_it => {
                let call = Call::SaveCatalogue { model };
                return Err(CatalogueError::refused(&call, corrupt()));
            }
            WrongCatalogue::IsGoneOnWith if is_it => None,
            _ => expected,
        };
        store.save_catalogue(model, expected, next).await
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        self.store.scan(generation, cursor).await
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        self.store.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        self.store.sweep(generation).await
    }
}

wrongs! {
    /// How a store can go wrong about leases that are damaged.
    WrongLease {
        FailsTheMember breaks "damaged_leases_begin_anew",
        /// Shares out anew with every heartbeat from then on.
        NeverSettles breaks "damaged_leases_begin_anew",
        FailsWhoLeaves breaks "damaged_leases_begin_anew",
        ForgetsAll breaks "damage_is_of_the_leases_of_one_generation",
    }
}

/// It remembers which were damaged.
pub(super) type OfLeases = WrongStore<MemoryReadModels, WrongLease, BTreeSet<GenerationName>>;

impl SliceLeases for OfLeases {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let store = &self.store;
        let is_it = self.notes().contains(generation);
        let is_any = !self.notes().is_empty();
        match self.wrong {
            WrongLease::FailsTheMember if is_it => return Err(corrupt()),
            WrongLease::NeverSettles if is_it => store.leave(generation, member).await?,
            WrongLease::ForgetsAll if is_any => store.leave(generation, member).await?,
            _ => {}
        }
        let share = store.heartbeat(generation, slices, member, time_to_live);
        share.await
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        let store = &self.store;
        if self.is(WrongLease::FailsWhoLeaves) && self.notes().contains(generation) {
            return Err(corrupt());
        }
        store.leave(generation, member).await
    }
}
