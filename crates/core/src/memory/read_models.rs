//! Read models that live and die with the process.

mod leases;
mod slice;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

pub use self::slice::SliceSnapshot;
use self::{leases::Leases, slice::SliceData};
use super::Standing;
use crate::{
    Catalogue, CatalogueError, Clock, CommitError, Counts, GenerationName, IndexName, Lease,
    ListPage, ListQuery, Loaded, MemberName, ModelName, NamespaceName, ReadModelAdmin,
    ReadModelStore, ScanCursor, ScanPage, Slice, SliceCheckpoint, SliceCount, SliceLeases,
    SliceName, SliceWrites, StoreError, StoreErrorKind, Wanted,
};

/// Read models in memory. Clones share them; the last clone takes them with it.
///
/// Slices are locked apart, so projectors and queries of different slices do not wait for each
/// other. A page of a scan is a whole slice.
#[derive(Clone)]
pub struct MemoryReadModels {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Box<dyn Clock>,
    /// Read while a slice is worked on, written only where a slice comes or goes: so a commit
    /// cannot go into a slice that is being removed.
    generations: RwLock<HashMap<GenerationName, Slices>>,
    catalogues: Mutex<HashMap<ModelName, Catalogue>>,
    leases: Mutex<HashMap<GenerationName, Leases>>,
    /// How often the read models of each namespace have changed.
    changes: Mutex<HashMap<NamespaceName, u64>>,
}

type Slices = BTreeMap<Slice, Mutex<SliceData>>;

impl fmt::Debug for MemoryReadModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReadModels").finish_non_exhaustive()
    }
}

#[expect(
    clippy::new_without_default,
    reason = "only tests want a clock that stands"
)]
impl MemoryReadModels {
    /// No read models yet, for tests: leases end by a clock that stands.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Standing)
    }

    /// No read models yet; leases end by `clock`.
    #[must_use]
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                clock: Box::new(clock),
                generations: RwLock::default(),
                catalogues: Mutex::default(),
                leases: Mutex::default(),
                changes: Mutex::default(),
            }),
        }
    }

    /// Returns the present content of `slice`, which [`restore`](Self::restore) can put back later.
    #[must_use]
    pub fn snapshot(&self, slice: &SliceName) -> SliceSnapshot {
        self.look(slice, |data| data.snapshot(slice))
    }

    /// Makes a slice what it was, as a server does that comes up from an old copy.
    pub fn restore(&self, snapshot: &SliceSnapshot) {
        let slice = snapshot.slice();
        self.change(slice, |data| data.restore(snapshot));
    }

    /// Loses all of a slice, its checkpoint as well, as a server does that keeps nothing.
    pub fn wipe(&self, slice: &SliceName) {
        self.change(slice, |data| *data = SliceData::default());
    }

    /// Puts something else in place of a slice's checkpoint.
    pub fn damage(&self, slice: &SliceName) {
        self.change(slice, |data| *data = SliceData::damaged());
    }

    /// Puts something else in place of a catalogue.
    pub fn damage_catalogue(&self, model: &ModelName) {
        lock(&self.shared.catalogues).remove(model);
        self.shared.note(&model.namespace);
    }

    /// Puts something else in place of the leases of a generation.
    pub fn damage_leases(&self, generation: &GenerationName) {
        lock(&self.shared.leases).remove(generation);
    }

    /// Changes a slice, which begins to be where it was not.
    fn change<T>(&self, name: &SliceName, change: impl FnOnce(&mut SliceData) -> T) -> T {
        let change = |data: &Mutex<SliceData>| {
            let changed = change(&mut lock(data));
            self.shared.note(&name.generation.model.namespace);
            changed
        };
        let generations = self.shared.read();
        let slices = generations.get(&name.generation);
        if let Some(data) = slices.and_then(|slices| slices.get(&name.slice)) {
            return change(data);
        }
        drop(generations);
        let mut generations = self.shared.write();
        let slices = generations.entry(name.generation.clone()).or_default();
        change(slices.entry(name.slice).or_default())
    }

    /// Returns what `look` sees in a slice; a slice that was never written is empty.
    fn look<T>(&self, name: &SliceName, look: impl FnOnce(&SliceData) -> T) -> T {
        let generations = self.shared.read();
        let slices = generations.get(&name.generation);
        match slices.and_then(|slices| slices.get(&name.slice)) {
            Some(slice) => look(&lock(slice)),
            None => look(&SliceData::default()),
        }
    }
}

impl Shared {
    // Nothing panics half way through a change, so what is poisoned is whole.
    fn read(&self) -> RwLockReadGuard<'_, HashMap<GenerationName, Slices>> {
        let read = self.generations.read();
        read.unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a change, once it can be seen and before its author is answered.
    fn note(&self, namespace: &NamespaceName) {
        let mut changes = lock(&self.changes);
        match changes.get_mut(namespace) {
            Some(count) => *count += 1,
            None => drop(changes.insert(namespace.clone(), 1)),
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<GenerationName, Slices>> {
        let written = self.generations.write();
        written.unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReadModelStore for MemoryReadModels {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        Ok(self.look(slice, |data| data.load(wanted)))
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let committed = self.change(slice, |data| data.commit(expected, next, writes));
        // The content of an earlier incarnation is dropped only after the lock.
        committed.map(drop).map_err(|actual| CommitError::Moved {
            slice: slice.clone(),
            actual: actual.map(Box::new),
        })
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        Ok(self.look(slice, |data| data.list(query)))
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        Ok(self.look(slice, |data| data.counts(index, group)))
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        let changes = lock(&self.shared.changes);
        Some(changes.get(namespace).copied().unwrap_or(0))
    }
}

impl ReadModelAdmin for MemoryReadModels {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        Ok(lock(&self.shared.catalogues).get(model).cloned())
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let mut catalogues = lock(&self.shared.catalogues);
        let actual = catalogues.get(model);
        if actual == Some(next) {
            return Ok(());
        }
        if actual != expected {
            return Err(CatalogueError::Changed {
                model: model.clone(),
                actual: actual.cloned().map(Box::new),
            });
        }
        catalogues.insert(model.clone(), next.clone());
        self.shared.note(&model.namespace);
        Ok(())
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let from = cursor.as_ref().map_or(Ok(0), first_slice)?;
        let generations = self.shared.read();
        let Some(slices) = generations.get(generation) else {
            return Ok(ScanPage::default());
        };
        let mut rest = slices.range(Slice::new(from)..);
        let Some((&slice, data)) = rest.next() else {
            return Ok(ScanPage::default());
        };
        let items = lock(data).items();
        Ok(ScanPage {
            items: items.into_iter().map(|item| (slice, item)).collect(),
            next: rest
                .next()
                .map(|(next, _)| ScanCursor::new(next.get().to_string())),
        })
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let removed = self.shared.write().remove(generation);
        self.shared.note(&generation.model.namespace);
        // A large generation takes its time, and nobody has to wait for that.
        drop(removed);
        Ok(())
    }

    async fn sweep(&self, _: &GenerationName) -> Result<u64, StoreError> {
        // The commit that begins an incarnation drops what was before it.
        Ok(0)
    }
}

fn first_slice(cursor: &ScanCursor) -> Result<u16, StoreError> {
    cursor.as_str().parse::<u16>().map_err(|error| {
        let doing = format!("{:?} is no cursor of this store", cursor.as_str());
        StoreError::new(StoreErrorKind::NotFound, doing).caused_by(error)
    })
}

impl SliceLeases for MemoryReadModels {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let now = self.shared.clock.now();
        let mut leases = lock(&self.shared.leases);
        let leases = leases.entry(generation.clone()).or_default();
        Ok(leases.heartbeat(slices, member, now, time_to_live))
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        if let Some(leases) = lock(&self.shared.leases).get_mut(generation) {
            leases.leave(member);
        }
        Ok(())
    }
}
