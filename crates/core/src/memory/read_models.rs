//! Read models that live and die with the process.

mod leases;
mod slice;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use self::slice::SliceSnapshot;
use self::{leases::Leases, slice::SliceData};
use super::StoppedClock;
use crate::{
    Catalogue, CatalogueError, Clock, CommitError, Counts, GenerationName, IndexName, Lease,
    ListPage, ListQuery, Loaded, MemberName, ModelName, NamespaceName, ReadModelAdmin,
    ReadModelStore, ScanCursor, ScanPage, Slice, SliceCheckpoint, SliceCount, SliceLeases,
    SliceName, SliceWrites, StoreError, StoreErrorKind, Wanted,
};

/// Read models in memory. Clones share them; the last clone takes them with it. A page of a scan is
/// a whole slice.
#[derive(Clone)]
pub struct MemoryReadModels {
    kept: Arc<Mutex<Kept>>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct Kept {
    slices: BTreeMap<SliceName, SliceData>,
    catalogues: HashMap<ModelName, Catalogue>,
    leases: HashMap<GenerationName, Leases>,
    /// How often the read models of each namespace have changed.
    changes: HashMap<NamespaceName, u64>,
}

impl fmt::Debug for MemoryReadModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReadModels").finish_non_exhaustive()
    }
}

#[expect(
    clippy::new_without_default,
    reason = "only tests want a stopped clock"
)]
impl MemoryReadModels {
    /// No read models yet, for tests: leases end by a stopped clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(StoppedClock)
    }

    /// No read models yet; leases end by `clock`.
    #[must_use]
    pub fn with_clock(clock: impl Clock + 'static) -> Self {
        Self {
            kept: Arc::default(),
            clock: Arc::new(clock),
        }
    }

    /// Returns the present content of `slice`, which [`restore`](Self::restore) can put back later.
    #[must_use]
    pub fn snapshot(&self, slice: &SliceName) -> SliceSnapshot {
        SliceSnapshot {
            slice: slice.clone(),
            data: self.look(slice, Clone::clone),
        }
    }

    /// Makes a slice what it was, as a server does that comes up from an old copy.
    pub fn restore(&self, snapshot: &SliceSnapshot) {
        self.change(&snapshot.slice, |data| data.clone_from(&snapshot.data));
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
        let mut kept = self.lock();
        kept.catalogues.remove(model);
        kept.note(&model.namespace);
    }

    /// Puts something else in place of the leases of a generation.
    pub fn damage_leases(&self, generation: &GenerationName) {
        self.lock().leases.remove(generation);
    }

    /// Changes a slice, which begins to be where it was not.
    fn change<T>(&self, slice: &SliceName, change: impl FnOnce(&mut SliceData) -> T) -> T {
        let mut kept = self.lock();
        if !kept.slices.contains_key(slice) {
            kept.slices.insert(slice.clone(), SliceData::default());
        }
        let data = kept.slices.get_mut(slice).expect("just inserted");
        let changed = change(data);
        kept.note(&slice.generation.model.namespace);
        changed
    }

    /// Returns what `look` sees in a slice; a slice that was never written is empty.
    fn look<T>(&self, slice: &SliceName, look: impl FnOnce(&SliceData) -> T) -> T {
        match self.lock().slices.get(slice) {
            Some(data) => look(data),
            None => look(&SliceData::default()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Nothing panics half way through a change, so what is poisoned is whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Notes a change, before its author is answered.
    fn note(&mut self, namespace: &NamespaceName) {
        match self.changes.get_mut(namespace) {
            Some(count) => *count += 1,
            None => drop(self.changes.insert(namespace.clone(), 1)),
        }
    }
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
        committed.map_err(|actual| CommitError::Moved {
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
        let kept = self.lock();
        Some(kept.changes.get(namespace).copied().unwrap_or(0))
    }
}

impl ReadModelAdmin for MemoryReadModels {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        Ok(self.lock().catalogues.get(model).cloned())
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let mut kept = self.lock();
        let actual = kept.catalogues.get(model);
        if actual == Some(next) {
            return Ok(());
        }
        if actual != expected {
            return Err(CatalogueError::Changed {
                model: model.clone(),
                actual: actual.cloned().map(Box::new),
            });
        }
        kept.catalogues.insert(model.clone(), next.clone());
        kept.note(&model.namespace);
        Ok(())
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let from = cursor.as_ref().map_or(Ok(0), first_slice)?;
        let kept = self.lock();
        let rest = kept.slices.range(generation.slice(Slice::new(from))..);
        let mut rest = rest.take_while(|(name, _)| name.generation == *generation);
        let Some((name, data)) = rest.next() else {
            return Ok(ScanPage::default());
        };
        Ok(ScanPage {
            items: data.items().map(|item| (name.slice, item)).collect(),
            next: rest
                .next()
                .map(|(next, _)| ScanCursor::new(next.slice.get().to_string())),
        })
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        let mut kept = self.lock();
        kept.slices.retain(|name, _| name.generation != *generation);
        kept.note(&generation.model.namespace);
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
        if let Some(leases) = self.lock().leases.get_mut(generation) {
            leases.leave(member);
        }
        Ok(())
    }
}
