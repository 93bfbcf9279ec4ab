//! Wrong ways with catalogues and leases in whose place something else stands.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use super::wrongs;
use crate::{
    Catalogue, CatalogueError, GenerationName, Lease, MemberName, ModelName, ReadModelAdmin,
    ScanCursor, ScanPage, SliceCount, SliceLeases, StoreError, StoreErrorKind,
};

wrongs! {
    /// How a store can go wrong about catalogues and leases that are damaged.
    WrongWholes {
        /// Fails whoever asks for a catalogue.
        FailsTheReader breaks "a_damaged_catalogue_is_as_none",
        /// Keeps the damage, whoever would put the catalogue back.
        KeepsTheDamage breaks "a_damaged_catalogue_is_put_back",
        /// Lets whoever knew the catalogue go on.
        IsGoneOnWith breaks "a_damaged_catalogue_is_not_gone_on_with",
        /// Takes all catalogues for damaged.
        AccusesAll breaks "damage_is_of_one_catalogue",
        /// Fails whoever asks for leases.
        FailsTheMember breaks "damaged_leases_begin_anew",
        /// Shares out anew with every heartbeat from then on.
        NeverSettles breaks "damaged_leases_begin_anew",
        /// Fails whoever leaves.
        FailsWhoLeaves breaks "damaged_leases_can_be_left",
        /// Forgets all leases.
        ForgetsAll breaks "damage_is_of_the_leases_of_one_generation",
    }
}

/// What was damaged, by name.
#[derive(Debug, Default)]
struct Damaged {
    catalogues: BTreeSet<ModelName>,
    leases: BTreeSet<GenerationName>,
}

/// A store that is right about all catalogues and leases but those that are damaged.
#[derive(Debug)]
pub struct WrongWholeStore<S> {
    store: S,
    wrong: WrongWholes,
    damaged: Mutex<Damaged>,
}

impl<S> WrongWholeStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: WrongWholes) -> Self {
        Self {
            store,
            wrong,
            damaged: Mutex::default(),
        }
    }

    /// The store that it is wrong about, where `model` was damaged.
    pub fn damage_catalogue(&self, model: &ModelName) -> &S {
        self.damaged().catalogues.insert(model.clone());
        &self.store
    }

    /// The store that it is wrong about, where the leases of `generation` were damaged.
    pub fn damage_leases(&self, generation: &GenerationName) -> &S {
        self.damaged().leases.insert(generation.clone());
        &self.store
    }

    fn damaged(&self) -> MutexGuard<'_, Damaged> {
        self.damaged.lock().expect("no code panics under this lock")
    }

    fn is_wrong(&self, wrong: WrongWholes, generation: &GenerationName) -> bool {
        self.wrong == wrong && self.damaged().leases.contains(generation)
    }
}

fn corrupt() -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "reading something failed")
}

impl<S: ReadModelAdmin> ReadModelAdmin for WrongWholeStore<S> {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        let (is_it, is_any) = {
            let damaged = &self.damaged().catalogues;
            (damaged.contains(model), !damaged.is_empty())
        };
        match self.wrong {
            WrongWholes::FailsTheReader if is_it => Err(corrupt()),
            WrongWholes::AccusesAll if is_any => Ok(None),
            _ => self.store.load_catalogue(model).await,
        }
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let is_it = self.damaged().catalogues.contains(model);
        let expected = match self.wrong {
            WrongWholes::KeepsTheDamage if is_it => {
                let (model, source) = (model.clone(), corrupt());
                return Err(CatalogueError::Store { model, source });
            }
            WrongWholes::IsGoneOnWith if is_it => None,
            _ => expected,
        };
        self.store.save_catalogue(model, expected, next).await
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

impl<S: SliceLeases> SliceLeases for WrongWholeStore<S> {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        if self.is_wrong(WrongWholes::FailsTheMember, generation) {
            return Err(corrupt());
        }
        let forgets = self.wrong == WrongWholes::ForgetsAll && !self.damaged().leases.is_empty();
        if forgets || self.is_wrong(WrongWholes::NeverSettles, generation) {
            self.store.leave(generation, member).await?;
        }
        let leases = &self.store;
        leases
            .heartbeat(generation, slices, member, time_to_live)
            .await
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        if self.is_wrong(WrongWholes::FailsWhoLeaves, generation) {
            return Err(corrupt());
        }
        self.store.leave(generation, member).await
    }
}
