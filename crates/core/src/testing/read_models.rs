//! The contract of read models in its plainest form.

mod leases;

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;

use self::leases::ModelLeases;
use super::ManualClock;
use crate::{
    CLAIMANTS_MAX, Catalogue, CatalogueError, Clock, CommitError, CountCell, Counts, Direction,
    GenerationName, IndexName, Lease, ListChange, ListName, ListPage, ListPlace, ListQuery, Loaded,
    Lookup, MemberName, ModelName, NamespaceName, ReadModelAdmin, ReadModelStore, ScanCursor,
    ScanPage, Slice, SliceCheckpoint, SliceCount, SliceLeases, SliceName, SliceWrites, StoreError,
    StoreErrorKind, StoredItem, Timestamp, ViewKey, Wanted,
};

/// The model of where read models are kept: so simple that it is obviously right, and not for
/// production.
///
/// What [`ModelStore`](super::ModelStore) is to event stores. A clone is the same store. Its
/// slices can be lost and brought back, as on servers that fail.
#[derive(Debug, Clone)]
pub struct ModelReadModels {
    model: Arc<Mutex<Model>>,
    clock: ManualClock,
}

#[derive(Debug, Default)]
struct Model {
    slices: BTreeMap<SliceName, Kept>,
    damaged: BTreeSet<SliceName>,
    catalogues: BTreeMap<ModelName, Catalogue>,
    leases: BTreeMap<GenerationName, ModelLeases>,
    /// Whoever's they are.
    changes: u64,
}

/// What a slice was at some moment; see [`ModelReadModels::snapshot`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceSnapshot {
    slice: SliceName,
    kept: Option<Kept>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    checkpoint: SliceCheckpoint,
    documents: BTreeMap<ViewKey, Bytes>,
    lookups: BTreeMap<Lookup, BTreeSet<ViewKey>>,
    lists: BTreeMap<ListName, BTreeSet<ListPlace>>,
    counts: BTreeMap<CountCell, u64>,
}

/// Things on a page of a scan. Small, so that scans meet many pages.
const SCAN_ITEMS: NonZeroU32 = NonZeroU32::new(7).expect("not 0");

impl ModelReadModels {
    /// Without read models.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(ManualClock::new(Timestamp::UNIX_EPOCH))
    }

    /// Without read models; leases end by `clock`.
    #[must_use]
    pub fn with_clock(clock: ManualClock) -> Self {
        Self {
            model: Arc::default(),
            clock,
        }
    }

    /// What `slice` is now, to [restore](Self::restore) it one day.
    #[must_use]
    pub fn snapshot(&self, slice: &SliceName) -> SliceSnapshot {
        SliceSnapshot {
            slice: slice.clone(),
            kept: self.lock().slices.get(slice).cloned(),
        }
    }

    /// Makes a slice what it was, as a server does that comes up from an old copy.
    pub fn restore(&self, snapshot: &SliceSnapshot) {
        let SliceSnapshot { slice, kept } = snapshot.clone();
        let mut model = self.change();
        model.damaged.remove(&slice);
        match kept {
            Some(kept) => model.slices.insert(slice, kept),
            None => model.slices.remove(&slice),
        };
    }

    /// Loses all of a slice, its checkpoint as well, as a server does that keeps nothing.
    pub fn wipe(&self, slice: &SliceName) {
        let mut model = self.change();
        model.slices.remove(slice);
        model.damaged.remove(slice);
    }

    /// Puts something else in place of a slice's checkpoint.
    pub fn damage(&self, slice: &SliceName) {
        self.wipe(slice);
        self.change().damaged.insert(slice.clone());
    }

    /// Puts something else in place of a catalogue.
    pub fn damage_catalogue(&self, model: &ModelName) {
        self.lock().catalogues.remove(model);
    }

    /// Puts something else in place of the leases of a generation.
    pub fn damage_leases(&self, generation: &GenerationName) {
        self.lock().leases.remove(generation);
    }

    fn lock(&self) -> MutexGuard<'_, Model> {
        self.model.lock().expect("no code panics under this lock")
    }

    fn change(&self) -> MutexGuard<'_, Model> {
        let mut model = self.lock();
        model.changes += 1;
        model
    }
}

impl Default for ModelReadModels {
    fn default() -> Self {
        Self::new()
    }
}

impl Kept {
    fn new(checkpoint: SliceCheckpoint) -> Self {
        Self {
            checkpoint,
            documents: BTreeMap::new(),
            lookups: BTreeMap::new(),
            lists: BTreeMap::new(),
            counts: BTreeMap::new(),
        }
    }

    fn apply(&mut self, writes: &SliceWrites) {
        let SliceWrites {
            documents,
            lookups,
            lists,
            counts,
        } = writes;
        for (key, document) in documents {
            set(&mut self.documents, key, document.clone());
        }
        for (lookup, key, change) in lookups {
            let claimants = self.lookups.entry(lookup.clone()).or_default();
            match change {
                ListChange::Take => claimants.insert(key.clone()),
                ListChange::Leave => claimants.remove(key),
            };
        }
        for (list, place, change) in lists {
            let places = self.lists.entry(list.clone()).or_default();
            match change {
                ListChange::Take => places.insert(place.clone()),
                ListChange::Leave => places.remove(place),
            };
        }
        for (cell, count) in counts {
            set(&mut self.counts, cell, (*count > 0).then_some(*count));
        }
    }

    fn is_taken(&self, list: &ListName, place: &ListPlace) -> bool {
        let places = self.lists.get(list);
        places.is_some_and(|places| places.contains(place))
    }

    fn items(&self) -> Vec<StoredItem> {
        let mut items = Vec::new();
        items.extend(self.documents.iter().map(document_item));
        for (lookup, claimants) in &self.lookups {
            items.extend(claimants.iter().map(|key| lookup_item(lookup, key)));
        }
        for (list, places) in &self.lists {
            items.extend(places.iter().map(|place| listed_item(list, place)));
        }
        items.extend(self.counts.iter().map(count_item));
        items
    }
}

fn set<K: Clone + Ord, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) {
    match value {
        Some(value) => map.insert(key.clone(), value),
        None => map.remove(key),
    };
}

fn document_item((key, document): (&ViewKey, &Bytes)) -> StoredItem {
    StoredItem::Document {
        key: key.clone(),
        document: document.clone(),
    }
}

fn lookup_item(lookup: &Lookup, key: &ViewKey) -> StoredItem {
    StoredItem::Lookup {
        index: lookup.index.as_str().into(),
        value: lookup.value.clone(),
        key: key.clone(),
    }
}

fn listed_item(list: &ListName, place: &ListPlace) -> StoredItem {
    StoredItem::Listed {
        index: list.index.as_str().into(),
        partition: list.partition.clone(),
        place: place.clone(),
    }
}

fn count_item((cell, count): (&CountCell, &u64)) -> StoredItem {
    StoredItem::Count {
        index: cell.index.as_str().into(),
        group: cell.group.clone(),
        member: cell.member.clone(),
        count: *count,
    }
}

impl ReadModelStore for ModelReadModels {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let model = self.lock();
        let kept = model.slices.get(slice);
        let document = |key| kept?.documents.get(key).cloned();
        let claimants = |lookup| {
            let claimants = kept.and_then(|kept| kept.lookups.get(lookup));
            let claimants = claimants.into_iter().flatten().take(CLAIMANTS_MAX);
            claimants.cloned().collect()
        };
        let is_taken = |(list, place): &(_, _)| kept.is_some_and(|kept| kept.is_taken(list, place));
        let count = |cell| kept?.counts.get(cell).copied();
        Ok(Loaded {
            checkpoint: kept.map(|kept| kept.checkpoint.clone()),
            is_damaged: model.damaged.contains(slice),
            documents: wanted.documents.iter().map(document).collect(),
            lookups: wanted.lookups.iter().map(claimants).collect(),
            lists: wanted.lists.iter().map(is_taken).collect(),
            counts: wanted
                .counts
                .iter()
                .map(|cell| count(cell).unwrap_or(0))
                .collect(),
        })
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let mut model = self.change();
        let actual = model.slices.get(slice).map(|kept| &kept.checkpoint);
        if actual == Some(next) {
            return Ok(());
        }
        if actual != expected {
            return Err(CommitError::Moved {
                slice: slice.clone(),
                actual: actual.cloned().map(Box::new),
            });
        }
        let kept = model.slices.remove(slice);
        let same_life = kept.filter(|kept| kept.checkpoint.incarnation == next.incarnation);
        let mut kept = same_life.unwrap_or_else(|| Kept::new(next.clone()));
        kept.checkpoint = next.clone();
        kept.apply(writes);
        model.damaged.remove(slice);
        model.slices.insert(slice.clone(), kept);
        Ok(())
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        let model = self.lock();
        let Some(kept) = model.slices.get(slice) else {
            return Ok(ListPage::default());
        };
        let mut places: Vec<_> = kept.lists.get(&query.list).into_iter().flatten().collect();
        if query.direction == Direction::Descending {
            places.reverse();
        }
        let is_behind = |place: &&&ListPlace| match (&query.after, query.direction) {
            (None, _) => true,
            (Some(after), Direction::Ascending) => **place > after,
            (Some(after), Direction::Descending) => **place < after,
        };
        let behind = places.iter().filter(is_behind);
        Ok(ListPage {
            checkpoint: Some(kept.checkpoint.clone()),
            places: behind
                .take(query.limit.get() as usize)
                .map(|place| (*place).clone())
                .collect(),
        })
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        let model = self.lock();
        let Some(kept) = model.slices.get(slice) else {
            return Ok(Counts::default());
        };
        let of_group =
            |(cell, _): &(&CountCell, &u64)| cell.index == index && &*cell.group == group;
        let counts = kept.counts.iter().filter(of_group);
        Ok(Counts {
            checkpoint: Some(kept.checkpoint.clone()),
            counts: counts
                .map(|(cell, count)| (cell.member.clone(), *count))
                .collect(),
        })
    }

    fn changes(&self, _: &NamespaceName) -> Option<u64> {
        Some(self.lock().changes)
    }
}

impl ReadModelAdmin for ModelReadModels {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        Ok(self.lock().catalogues.get(model).cloned())
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let catalogues = &mut self.change().catalogues;
        let actual = catalogues.get(model);
        if actual != Some(next) && actual != expected {
            return Err(CatalogueError::Changed {
                model: model.clone(),
                actual: actual.cloned().map(Box::new),
            });
        }
        catalogues.insert(model.clone(), next.clone());
        Ok(())
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let first = cursor.map_or(Ok(0), |cursor| {
            cursor.as_str().parse::<usize>().map_err(|error| {
                let doing = "reading on from a cursor that this store did not give";
                StoreError::new(StoreErrorKind::NotFound, doing).caused_by(error)
            })
        })?;
        let all: Vec<(Slice, StoredItem)> = self
            .lock()
            .slices
            .iter()
            .filter(|(name, _)| name.generation == *generation)
            .flat_map(|(name, kept)| kept.items().into_iter().map(|item| (name.slice, item)))
            .collect();
        let page = SCAN_ITEMS.get() as usize;
        let next = first + page;
        Ok(ScanPage {
            next: (next < all.len()).then(|| ScanCursor::new(next.to_string())),
            items: all.into_iter().skip(first).take(page).collect(),
        })
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let slices = &mut self.change().slices;
        slices.retain(|name, _| name.generation != *generation);
        Ok(())
    }

    async fn sweep(&self, _: &GenerationName) -> Result<u64, StoreError> {
        // Nothing is ever left behind.
        Ok(0)
    }
}

impl SliceLeases for ModelReadModels {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let now = self.clock.now();
        let leases = &mut self.lock().leases;
        let leases = leases.entry(generation.clone()).or_default();
        Ok(leases.heartbeat(slices, member, now, time_to_live))
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        let leases = &mut self.lock().leases;
        leases.entry(generation.clone()).or_default().leave(member);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::testing::conformance;

    #[test]
    fn the_model_keeps_every_contract() {
        block_on(conformance::read_model_store(async || {
            ModelReadModels::new()
        }))
        .assert_all_hold();
        block_on(conformance::read_model_admin(async || {
            ModelReadModels::new()
        }))
        .assert_all_hold();
        let damage = async |store: &ModelReadModels, slice: &SliceName| store.damage(slice);
        let open = async || ModelReadModels::new();
        block_on(conformance::damaged_slices(open, damage)).assert_all_hold();
        let damage = async |store: &ModelReadModels, model: &ModelName| {
            store.damage_catalogue(model);
        };
        block_on(conformance::damaged_catalogues(open, damage)).assert_all_hold();
        let damage = async |store: &ModelReadModels, generation: &GenerationName| {
            store.damage_leases(generation);
        };
        block_on(conformance::damaged_leases(open, damage)).assert_all_hold();
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let open = async || ModelReadModels::with_clock(clock.clone());
        let advance = async |by| clock.advance(by);
        block_on(conformance::slice_leases(open, advance)).assert_all_hold();
    }
}
