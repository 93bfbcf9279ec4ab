//! Stores that are wrong as the admin of read models.

use super::{
    WrongStore, Wrongly,
    slices::{lower, of_any_namespace},
    wrongs,
};
use crate::{
    Catalogue, CatalogueError, CommitError, Counts, Generation, GenerationName, IndexName,
    ListPage, ListQuery, Loaded, ModelName, NamespaceName, ReadModelAdmin, ReadModelStore,
    ScanCursor, ScanPage, Slice, SliceCheckpoint, SliceName, SliceWrites, StoreError,
    StoreErrorKind, StoredItem, Wanted, memory::MemoryReadModels, testing::yield_now,
};

wrongs! {
    /// How a store can be wrong as the admin of read models.
    Wrong {
        InventsACatalogue breaks "there_is_no_catalogue_at_first",
        NeverSaves breaks "a_catalogue_is_replaced_by_who_knows_it",
        IgnoresTheExpectation breaks "a_changed_catalogue_is_not_replaced",
        HidesTheActualCatalogue breaks "a_changed_catalogue_is_not_replaced",
        RefusesARepeat breaks "a_repeated_save_succeeds",
        /// Takes capital letters for small ones.
        MixesModels breaks "catalogues_are_apart",
        ForgetsTheNamespace breaks "namespaces_are_apart",
        ChecksThenSaves breaks "one_of_several_savers_wins",
        LeavesOutCounts breaks "a_scan_tells_everything",
        /// Leaves out every second page.
        LosesPages breaks "a_scan_tells_everything",
        /// Begins again at the end.
        ScansForEver breaks "a_scan_tells_everything",
        ShowsWhatWasRemoved breaks "a_scan_tells_nothing_that_is_gone",
        ShowsEarlierIncarnations breaks "a_scan_tells_nothing_of_earlier_incarnations",
        ShowsTheSecondGeneration breaks "a_scan_tells_of_its_generation_only",
        RemovesNothing breaks "a_removed_generation_is_gone",
        CountsNoChanges breaks "another_catalogue_and_a_removal_count_as_changes",
        RemovesTheWholeModel breaks "removing_spares_all_others",
        FailsOnNothing breaks "removing_can_be_repeated",
        SweepsEverything breaks "sweeping_leaves_what_is_there",
        SweepsForEver breaks "sweeping_leaves_what_is_there",
    }
}

/// Documents that were there once.
type Gone = Vec<(SliceName, StoredItem)>;

type WrongAdmin = Wrongly<Wrong, Gone>;

async fn scan_all(
    store: &MemoryReadModels,
    generation: &GenerationName,
) -> Vec<(Slice, StoredItem)> {
    let mut page = store.scan(generation, None).await.unwrap();
    let mut items = page.items;
    while page.next.is_some() {
        page = store.scan(generation, page.next).await.unwrap();
        items.append(&mut page.items);
    }
    items
}

impl WrongAdmin {
    fn model(&self, model: &ModelName) -> ModelName {
        match self.wrong {
            Wrong::MixesModels => lower(model),
            Wrong::ForgetsTheNamespace => of_any_namespace(model),
            _ => model.clone(),
        }
    }
}

impl ReadModelStore for WrongStore<MemoryReadModels, Wrong, Gone> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        self.store.load(slice, wanted).await
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

    /// Notes the documents of the slice that are gone with this commit.
    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let store = &self.store;
        let loaded = store.load(slice, &Wanted::default()).await.unwrap();
        let at = loaded.checkpoint;
        let ends = at.is_some_and(|at| at.incarnation != next.incarnation);
        let is_gone = |item: &StoredItem| match (self.wrong, item) {
            (Wrong::ShowsEarlierIncarnations, StoredItem::Document { .. }) => ends,
            (Wrong::ShowsWhatWasRemoved, StoredItem::Document { key, .. }) => {
                writes.documents.contains(&(key.clone(), None))
            }
            _ => false,
        };
        let items = scan_all(store, &slice.generation).await.into_iter();
        let gone = items.filter(|(_, item)| is_gone(item));
        let gone = gone.map(|(_, item)| (slice.clone(), item));
        self.notes().extend(gone);
        store.commit(slice, expected, next, writes).await
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        let store = &self.store;
        match self.wrong {
            Wrong::CountsNoChanges => Some(0),
            _ => store.changes(namespace),
        }
    }
}

impl ReadModelAdmin for WrongStore<MemoryReadModels, Wrong, Gone> {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        let store = &self.store;
        let kept = store.load_catalogue(&self.model(model)).await?;
        let invented = Catalogue {
            active: Generation::FIRST,
            previous: None,
            newest: Generation::FIRST,
            generations: Vec::new(),
        };
        Ok(kept.or(self.is(Wrong::InventsACatalogue).then_some(invented)))
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let store = &self.store;
        let model = self.model(model);
        let mut actual = store.load_catalogue(&model).await.unwrap();
        match self.wrong {
            Wrong::NeverSaves => return Ok(()),
            Wrong::RefusesARepeat if actual.as_ref() == Some(next) => {
                let actual = actual.map(Box::new);
                return Err(CatalogueError::Changed { model, actual });
            }
            Wrong::ChecksThenSaves if actual.as_ref() == expected => {
                yield_now().await;
                actual = store.load_catalogue(&model).await.unwrap();
            }
            Wrong::IgnoresTheExpectation => {}
            _ => actual = expected.cloned(),
        }
        let saved = store.save_catalogue(&model, actual.as_ref(), next).await;
        match saved {
            Err(CatalogueError::Changed { .. }) if self.is(Wrong::HidesTheActualCatalogue) => {
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
        let store = &self.store;
        let mut page = store.scan(generation, cursor).await?;
        if self.is(Wrong::LosesPages) && page.next.is_some() {
            page = store.scan(generation, page.next).await?;
        }
        if self.is(Wrong::LeavesOutCounts) {
            let is_count = |item: &StoredItem| matches!(item, StoredItem::Count { .. });
            page.items.retain(|(_, item)| !is_count(item));
        }
        if page.next.is_some() {
            return Ok(page);
        }
        match self.wrong {
            Wrong::ScansForEver => page.next = Some(ScanCursor::new("0")),
            Wrong::ShowsTheSecondGeneration => {
                let second = GenerationName {
                    generation: Generation::new(2),
                    ..generation.clone()
                };
                page.items.extend(scan_all(store, &second).await);
            }
            _ => {}
        }
        let notes = self.notes();
        let gone = notes.iter().filter(|(s, _)| s.generation == *generation);
        let gone = gone.map(|(name, item)| (name.slice, item.clone()));
        page.items.extend(gone);
        Ok(page)
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let store = &self.store;
        match self.wrong {
            Wrong::RemovesNothing => return Ok(()),
            Wrong::RemovesTheWholeModel => {
                for number in 1..20 {
                    let generation = GenerationName {
                        generation: Generation::new(number),
                        ..generation.clone()
                    };
                    store.remove(&generation).await?;
                }
            }
            Wrong::FailsOnNothing if scan_all(store, generation).await.is_empty() => {
                let doing = "there is nothing to remove";
                return Err(StoreError::new(StoreErrorKind::NotFound, doing));
            }
            _ => {}
        }
        store.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        let store = &self.store;
        if self.is(Wrong::SweepsEverything) {
            store.remove(generation).await?;
        }
        let swept = store.sweep(generation).await?;
        Ok(swept + u64::from(self.is(Wrong::SweepsForEver)))
    }
}
