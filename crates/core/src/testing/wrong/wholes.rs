//! Wrong stores of read models as wholes, and of leases.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use super::{
    slices::{lower, of_any_namespace},
    wrongs,
};
use crate::{
    Catalogue, CatalogueError, CommitError, Counts, Epoch, Generation, GenerationName, IndexName,
    Lease, ListPage, ListQuery, Loaded, MemberName, ModelName, NamespaceName, ReadModelAdmin,
    ReadModelStore, ScanCursor, ScanPage, Slice, SliceCheckpoint, SliceCount, SliceLeases,
    SliceName, SliceWrites, StoreError, StoreErrorKind, StoredItem, Wanted, testing::yield_now,
};

wrongs! {
    /// How a store can be wrong about read models as wholes.
    WrongAdmin {
        /// Finds a catalogue of every read model.
        InventsACatalogue breaks "there_is_no_catalogue_at_first",
        /// Says that it saved.
        NeverSaves breaks "a_catalogue_is_replaced_by_who_knows_it",
        /// Replaces whatever is there.
        IgnoresTheExpectation breaks "a_changed_catalogue_is_not_replaced",
        /// Says that there was no catalogue.
        HidesTheActualCatalogue breaks "a_changed_catalogue_is_not_replaced",
        /// Refuses to save what is there already.
        RefusesARepeat breaks "a_repeated_save_succeeds",
        /// Does not tell capital letters from small ones in projections.
        MixesModels breaks "catalogues_are_apart",
        /// Takes a read model for that of another namespace.
        ForgetsTheNamespace breaks "namespaces_are_apart",
        /// Looks what is there, and saves later.
        ChecksThenSaves breaks "one_of_several_savers_wins",
        /// Tells no counts.
        TellsNoCounts breaks "a_scan_tells_everything",
        /// Leaves out every second page.
        LosesPages breaks "a_scan_tells_everything",
        /// Begins again at the end.
        ScansForEver breaks "a_scan_tells_everything",
        /// Tells documents that were removed.
        TellsWhatWasRemoved breaks "a_scan_tells_nothing_that_is_gone",
        /// Tells documents of earlier incarnations.
        TellsEarlierIncarnations breaks "a_scan_tells_nothing_of_earlier_incarnations",
        /// Tells of the second generation as well.
        TellsOfAnother breaks "a_scan_tells_of_its_generation_only",
        /// Removes nothing.
        RemovesNothing breaks "a_removed_generation_is_gone",
        /// Counts no change.
        CountsNoChanges breaks "another_catalogue_and_a_removal_count_as_changes",
        /// Removes all generations of the read model.
        RemovesTheWholeModel breaks "removing_spares_all_others",
        /// Fails where there is nothing to remove.
        FailsOnNothing breaks "removing_can_be_repeated",
        /// Sweeps away what is there.
        SweepsEverything breaks "sweeping_leaves_what_is_there",
        /// Finds something in every sweep.
        SweepsForEver breaks "sweeping_leaves_what_is_there",
    }
}

/// A store that keeps every promise of `S` about read models as wholes, but one.
#[derive(Debug)]
pub struct WrongAdminStore<S> {
    store: S,
    wrong: WrongAdmin,
    /// Documents that were there once.
    gone: Mutex<Vec<(SliceName, StoredItem)>>,
}

impl<S: ReadModelStore + ReadModelAdmin> WrongAdminStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: WrongAdmin) -> Self {
        Self {
            store,
            wrong,
            gone: Mutex::default(),
        }
    }

    fn is(&self, wrong: WrongAdmin) -> bool {
        self.wrong == wrong
    }

    fn gone(&self) -> MutexGuard<'_, Vec<(SliceName, StoredItem)>> {
        self.gone.lock().expect("no code panics under this lock")
    }

    fn model(&self, model: &ModelName) -> ModelName {
        if self.is(WrongAdmin::MixesModels) {
            return lower(model);
        }
        if self.is(WrongAdmin::ForgetsTheNamespace) {
            return of_any_namespace(model);
        }
        model.clone()
    }

    /// All documents of a slice, as far as they will be gone by this commit.
    async fn note_what_goes(
        &self,
        slice: &SliceName,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), StoreError> {
        let loaded = self.store.load(slice, &Wanted::default()).await?;
        let ends = loaded
            .checkpoint
            .is_some_and(|at| at.incarnation != next.incarnation);
        let notes_ends = self.is(WrongAdmin::TellsEarlierIncarnations) && ends;
        let notes_removed = self.is(WrongAdmin::TellsWhatWasRemoved);
        if !notes_ends && !notes_removed {
            return Ok(());
        }
        let is_removed = |item: &StoredItem| match item {
            StoredItem::Document { key, .. } => {
                notes_ends || writes.documents.contains(&(key.clone(), None))
            }
            _ => false,
        };
        let all = scan_all(&self.store, &slice.generation).await?;
        let going = all.into_iter().filter(|(_, item)| is_removed(item));
        let going = going.map(|(_, item)| (slice.clone(), item));
        self.gone().extend(going);
        Ok(())
    }
}

async fn scan_all(
    store: &impl ReadModelAdmin,
    generation: &GenerationName,
) -> Result<Vec<(Slice, StoredItem)>, StoreError> {
    let mut page = store.scan(generation, None).await?;
    let mut items = page.items;
    while page.next.is_some() {
        page = store.scan(generation, page.next).await?;
        items.append(&mut page.items);
    }
    Ok(items)
}

impl<S: ReadModelStore + ReadModelAdmin> ReadModelStore for WrongAdminStore<S> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        self.store.load(slice, wanted).await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let noted = self.note_what_goes(slice, next, writes).await;
        noted.map_err(|source| CommitError::Store {
            slice: slice.clone(),
            source,
        })?;
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

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        if self.is(WrongAdmin::CountsNoChanges) {
            return Some(0);
        }
        self.store.changes(namespace)
    }
}

impl<S: ReadModelStore + ReadModelAdmin> ReadModelAdmin for WrongAdminStore<S> {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        let kept = self.store.load_catalogue(&self.model(model)).await?;
        if kept.is_none() && self.is(WrongAdmin::InventsACatalogue) {
            return Ok(Some(Catalogue {
                active: Generation::FIRST,
                previous: None,
                newest: Generation::FIRST,
                generations: Vec::new(),
            }));
        }
        Ok(kept)
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let model = self.model(model);
        let failed = |source| CatalogueError::Store {
            model: model.clone(),
            source,
        };
        let mut actual = self.store.load_catalogue(&model).await.map_err(failed)?;
        let is_expected = actual.as_ref() == expected;
        match self.wrong {
            WrongAdmin::NeverSaves => return Ok(()),
            WrongAdmin::RefusesARepeat if actual.as_ref() == Some(next) => {
                let actual = actual.map(Box::new);
                return Err(CatalogueError::Changed { model, actual });
            }
            WrongAdmin::ChecksThenSaves if is_expected => {
                yield_now().await;
                actual = self.store.load_catalogue(&model).await.map_err(failed)?;
            }
            WrongAdmin::IgnoresTheExpectation => {}
            _ => actual = expected.cloned(),
        }
        let saved = self.store.save_catalogue(&model, actual.as_ref(), next);
        match saved.await {
            Err(CatalogueError::Changed { model, .. })
                if self.is(WrongAdmin::HidesTheActualCatalogue) =>
            {
                let actual = None;
                Err(CatalogueError::Changed { model, actual })
            }
            answer => answer,
        }
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let mut page = self.store.scan(generation, cursor).await?;
        if self.is(WrongAdmin::LosesPages) && page.next.is_some() {
            page = self.store.scan(generation, page.next).await?;
        }
        if self.is(WrongAdmin::TellsNoCounts) {
            let is_count = |item: &StoredItem| matches!(item, StoredItem::Count { .. });
            page.items.retain(|(_, item)| !is_count(item));
        }
        if page.next.is_some() {
            return Ok(page);
        }
        match self.wrong {
            WrongAdmin::ScansForEver => page.next = Some(ScanCursor::new("0")),
            WrongAdmin::TellsOfAnother => {
                let another = GenerationName {
                    generation: Generation::new(2),
                    ..generation.clone()
                };
                page.items.extend(scan_all(&self.store, &another).await?);
            }
            _ => {}
        }
        let gone = self.gone();
        let gone = gone.iter().filter(|(s, _)| s.generation == *generation);
        let gone = gone.map(|(name, item)| (name.slice, item.clone()));
        page.items.extend(gone);
        Ok(page)
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        match self.wrong {
            WrongAdmin::RemovesNothing => return Ok(()),
            WrongAdmin::RemovesTheWholeModel => {
                for number in 1..20 {
                    let generation = GenerationName {
                        generation: Generation::new(number),
                        ..generation.clone()
                    };
                    self.store.remove(&generation).await?;
                }
            }
            WrongAdmin::FailsOnNothing if scan_all(&self.store, generation).await?.is_empty() => {
                let doing = "there is nothing to remove";
                return Err(StoreError::new(StoreErrorKind::NotFound, doing));
            }
            _ => {}
        }
        self.store.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        if self.is(WrongAdmin::SweepsEverything) {
            self.store.remove(generation).await?;
        }
        let swept = self.store.sweep(generation).await?;
        Ok(swept + u64::from(self.is(WrongAdmin::SweepsForEver)))
    }
}

wrongs! {
    /// How leases can be wrong.
    WrongLeases {
        /// Leaves one slice to nobody.
        KeepsOneBack breaks "a_lone_member_gets_everything",
        /// Lets everybody work on everything.
        GivesEverythingToAll breaks "members_get_equal_shares",
        /// Leaves a member whatever it was given first.
        TakesNothingBack breaks "members_get_equal_shares",
        /// Knows four members, and gives nothing to any other.
        ServesFour breaks "a_joining_member_gets_its_share",
        /// Always says the first epoch.
        StaysInOneEpoch breaks "a_slice_that_changes_hands_gets_a_higher_epoch",
        /// Shares out anew with every heartbeat.
        SharesOutAnew breaks "a_member_keeps_its_slices_while_nothing_changes",
        /// Keeps what a member leaves until that is overdue.
        IgnoresWhoLeaves breaks "a_leaving_member_frees_its_slices_at_once",
        /// Takes nothing from a member overdue.
        WaitsForEver breaks "what_is_overdue_is_taken",
        /// Holds on to the time to live of the first heartbeat.
        IgnoresHeartbeats breaks "a_heartbeat_keeps_a_member_in_time",
        /// Knows one generation of a read model.
        MixesGenerations breaks "leases_of_generations_are_apart",
        /// Takes a read model for that of another namespace.
        ForgetsTheNamespace breaks "namespaces_are_apart",
    }
}

/// Leases that keep every promise of `S` but one.
#[derive(Debug)]
pub struct WrongLeaseStore<S> {
    leases: S,
    wrong: WrongLeases,
    /// What each member was told, and asked for, first.
    first: Mutex<BTreeMap<(GenerationName, MemberName), First>>,
}

#[derive(Debug, Clone)]
struct First {
    told: Vec<Lease>,
    time_to_live: Duration,
}

impl<S: SliceLeases> WrongLeaseStore<S> {
    /// Leases that are wrong in this one way.
    pub fn new(leases: S, wrong: WrongLeases) -> Self {
        Self {
            leases,
            wrong,
            first: Mutex::default(),
        }
    }

    fn first(&self) -> MutexGuard<'_, BTreeMap<(GenerationName, MemberName), First>> {
        self.first.lock().expect("no code panics under this lock")
    }

    fn generation(&self, generation: &GenerationName) -> GenerationName {
        let mut generation = generation.clone();
        if self.wrong == WrongLeases::MixesGenerations {
            generation.generation = Generation::FIRST;
        }
        if self.wrong == WrongLeases::ForgetsTheNamespace {
            generation.model = of_any_namespace(&generation.model);
        }
        generation
    }

    fn spoil(&self, mut told: Vec<Lease>) -> Vec<Lease> {
        match self.wrong {
            WrongLeases::KeepsOneBack => drop(told.pop()),
            WrongLeases::StaysInOneEpoch => {
                told.iter_mut().for_each(|l| l.epoch = Epoch::new(1));
            }
            _ => {}
        }
        told
    }
}

impl<S: SliceLeases> SliceLeases for WrongLeaseStore<S> {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let generation = self.generation(generation);
        let key = (generation.clone(), member.clone());
        let first = self.first().get(&key).cloned();
        let others = |(of, name): &&(_, _)| *of == generation && name != member;
        let others = self.first().keys().filter(others).count();
        let mut asks = member.clone();
        let mut time_to_live = time_to_live;
        match (self.wrong, first) {
            (WrongLeases::TakesNothingBack, Some(first)) => return Ok(first.told),
            (WrongLeases::ServesFour, _) if others >= 4 => return Ok(Vec::new()),
            (WrongLeases::GivesEverythingToAll, _) => {
                asks = MemberName::new("everybody").expect("a name");
            }
            (WrongLeases::SharesOutAnew, _) => self.leases.leave(&generation, member).await?,
            (WrongLeases::WaitsForEver, _) => time_to_live = Duration::MAX,
            (WrongLeases::IgnoresHeartbeats, Some(first)) => time_to_live = first.time_to_live,
            _ => {}
        }
        let told = self
            .leases
            .heartbeat(&generation, slices, &asks, time_to_live);
        let told = self.spoil(told.await?);
        self.first().entry(key).or_insert(First {
            told: told.clone(),
            time_to_live,
        });
        Ok(told)
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        if self.wrong == WrongLeases::IgnoresWhoLeaves {
            return Ok(());
        }
        let generation = self.generation(generation);
        self.leases.leave(&generation, member).await
    }
}
