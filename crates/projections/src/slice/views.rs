//! The views of one slice in memory, between the last commit and the next.

use std::sync::Arc;

use bytes::Bytes;
use hashbrown::{HashMap, HashTable};
use minwon_core::{
    CountCell, DeadLetterEvent, Failure, IndexEntry, ListChange, ListPlace, Projection,
    RecordedEvent, SliceWrites, ViewKey,
};

use super::key_fold::{Folding, Tried, Until};
use crate::{
    caught::caught,
    document::{Document, DocumentError, Folded, OutOfTurn},
};

/// The outcome of folding one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is folded in.
    Folded,
    /// Its key is held back, by itself now.
    Held,
    /// It waits, since its key was held back before.
    Waits,
    /// Its key has to be folded again from the log.
    Refold,
}

/// A key to fold again from the log.
pub(crate) struct Refold {
    pub(super) at: u32,
    pub(crate) key: ViewKey,
    /// How far each of its streams was seen; none where they are not listed.
    pub(crate) streams: Option<Vec<Folded>>,
    /// The event that failed before.
    pub(crate) tried: Option<Tried>,
}

impl Refold {
    /// An empty fold of the key, to which its events are added.
    pub(crate) fn folding<V>(&self) -> Folding<'_, V> {
        Folding::of(&self.key, self.tried.map_or(Until::Failed, Until::Tried))
    }
}

/// Views of one slice: those that changed since the last commit, and some that may change again.
///
/// It holds nothing that the store does not know, but for what the next commit will write. So it
/// can be thrown away at any time, and is, whenever a commit is refused.
pub(crate) struct Views<P: Projection> {
    projection: Arc<P>,
    /// From a key's hash to its place in `kept`.
    places: HashTable<u32>,
    kept: Vec<Kept<P::View>>,
    free: Vec<u32>,
    changed: Vec<u32>,
    missing: Vec<u32>,
    /// Keys to fold again from the log.
    refolds: Vec<(u32, Option<Tried>)>,
    /// Hashes of the keys that the store has and `kept` has not; none where that is not known.
    forgotten: Option<HashTable<u64>>,
    /// About how long a document is.
    document_bytes: usize,
    /// Counts as the store has them.
    counts: HashMap<CountCell, u64>,
    /// Differences of counts by the changes; filled by `prepare`.
    differences: HashMap<CountCell, i64>,
    /// How many commits there were; shows which views have not been used for long.
    commits: u32,
}

struct Kept<V> {
    hash: u64,
    key: ViewKey,
    document: Document<V>,
    /// The entries under which the store has it, sorted.
    entries: Vec<IndexEntry>,
    is_changed: bool,
    /// Whether the key has to be folded again, so that the view cannot be trusted until then.
    awaits_refold: bool,
    used_at: u32,
}

/// A slice in the store cannot be the fold of the log: somebody else changed it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Damage {
    #[error("the document of {key} cannot be read")]
    Document {
        key: ViewKey,
        #[source]
        source: DocumentError,
    },
    #[error("the index entries of {key} cannot be computed any more: {said}")]
    Index { key: ViewKey, said: String },
    #[error("the count {cell:?} is smaller than the number of views that were counted in it")]
    Count { cell: CountCell },
}

impl<P: Projection> Views<P> {
    /// The fold of a slice of which the store has nothing yet. So what a key has there is known
    /// without asking, as long as not too many keys were forgotten: catching up from the start need
    /// not wait for answers behind its own commits.
    pub(crate) fn beginning(projection: Arc<P>) -> Self {
        Self {
            forgotten: Some(HashTable::new()),
            ..Self::resuming(projection)
        }
    }

    /// The fold of a slice of which the store has something.
    pub(crate) fn resuming(projection: Arc<P>) -> Self {
        Self {
            projection,
            places: HashTable::new(),
            kept: Vec::new(),
            free: Vec::new(),
            changed: Vec::new(),
            missing: Vec::new(),
            refolds: Vec::new(),
            forgotten: None,
            document_bytes: 512,
            counts: HashMap::new(),
            differences: HashMap::new(),
            commits: 0,
        }
    }

    /// The place of `key`. Where it is not in memory it is among the [`missing`](Self::missing),
    /// which have to be filled before anything is folded.
    pub(crate) fn place(&mut self, hash: u64, key: &str) -> Result<u32, minwon_core::NameError> {
        if let Some(at) = self.find(hash, key) {
            return Ok(at);
        }
        let new = Kept {
            hash,
            key: ViewKey::new(key)?,
            document: Document::default(),
            entries: Vec::new(),
            is_changed: false,
            awaits_refold: false,
            used_at: self.commits,
        };
        let at = if let Some(at) = self.free.pop() {
            self.kept[at as usize] = new;
            at
        } else {
            let at = u32::try_from(self.kept.len()).expect("fewer views than memory has bytes");
            self.kept.push(new);
            at
        };
        let kept = &self.kept;
        self.places
            .insert_unique(hash, at, |&at| kept[at as usize].hash);
        let may_be_stored = match &self.forgotten {
            Some(forgotten) => forgotten.find(hash, |&one| one == hash).is_some(),
            None => true,
        };
        if may_be_stored {
            self.missing.push(at);
        }
        Ok(at)
    }

    /// The place of `key`, if it is in memory.
    pub(super) fn find(&self, hash: u64, key: &str) -> Option<u32> {
        let is_it = |&at: &u32| self.kept[at as usize].key.as_str() == key;
        self.places.find(hash, is_it).copied()
    }

    /// All that is in memory.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&ViewKey, &Document<P::View>)> {
        let kept = self.places.iter().map(|&at| &self.kept[at as usize]);
        kept.map(|kept| (&kept.key, &kept.document))
    }

    /// The keys that have to be loaded, in the order in which [`fill`](Self::fill) takes them.
    pub(crate) fn missing(&self) -> Vec<ViewKey> {
        let key = |&at: &u32| self.kept[at as usize].key.clone();
        self.missing.iter().map(key).collect()
    }

    pub(crate) fn has_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// The store has nothing of the missing keys.
    pub(crate) fn fill_with_nothing(&mut self) {
        self.missing.clear();
    }

    /// Fills in the documents of the missing keys.
    pub(crate) fn fill(&mut self, documents: Vec<Option<Bytes>>) -> Result<(), Damage> {
        debug_assert_eq!(self.missing.len(), documents.len());
        for (at, document) in self.missing.drain(..).zip(documents) {
            let Some(document) = document else { continue };
            let kept = &mut self.kept[at as usize];
            kept.document =
                Document::read(&kept.key, &document).map_err(|source| Damage::Document {
                    key: kept.key.clone(),
                    source,
                })?;
            let entries = entries(&*self.projection, &kept.key, &kept.document);
            kept.entries = entries.map_err(|failure| Damage::Index {
                key: kept.key.clone(),
                said: failure.error,
            })?;
        }
        Ok(())
    }

    /// Folds `event` into the view at a place, if its key is not held back; without its meaning, where it is
    /// folded as it is recorded.
    pub(crate) fn apply(
        &mut self,
        at: u32,
        event: Option<&P::Event>,
        recorded: &RecordedEvent,
    ) -> Result<Fate, OutOfTurn> {
        let kept = &mut self.kept[at as usize];
        kept.document.advance(recorded)?;
        if kept.awaits_refold {
            return Ok(Fate::Refold);
        }
        let mut fate = Fate::Waits;
        if kept.document.held.is_none() {
            let view = &mut kept.document.view;
            fate = match caught(|| apply(&*self.projection, view, event, recorded)) {
                Ok(()) => Fate::Folded,
                Err(_) => Fate::Refold,
            };
        }
        self.mark_changed(at);
        if fate == Fate::Refold {
            let tried = Tried {
                event: recorded.id(),
                attempts: 1,
            };
            self.request_refold(at, Some(tried));
        }
        Ok(fate)
    }

    /// Folds what happened to a dead letter into the view at a place.
    pub(crate) fn apply_letter(
        &mut self,
        at: u32,
        letter: &DeadLetterEvent,
        recorded: &RecordedEvent,
    ) {
        let document = &mut self.kept[at as usize].document;
        let mut view = document.view.clone();
        match caught(|| self.projection.apply_letter(&mut view, letter, recorded)) {
            Ok(()) => {
                document.view = view;
                self.mark_changed(at);
            }
            Err(failure) => tracing::error!(
                projection = %self.projection.name(),
                position = %recorded.position,
                error = failure.error,
                "an event of a dead letter is left out: the projection panicked while folding it"
            ),
        }
    }

    /// Returns how many views have changed since the last commit.
    pub(crate) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Returns how many views are in memory.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Gathers the changes into `writes`, all but the counts. Answers the counts that have to be
    /// loaded before [`finish`](Self::finish).
    ///
    /// A view whose index entries cannot be computed is to be folded again; once it is, this has to
    /// be called again, with the same `writes`.
    pub(crate) fn prepare(&mut self, writes: &mut SliceWrites) -> Vec<CountCell> {
        self.commits += 1;
        let (mut changed, mut failed) = (std::mem::take(&mut self.changed), Vec::new());
        changed.retain(|&at| {
            let kept = &mut self.kept[at as usize];
            kept.is_changed = false;
            kept.used_at = self.commits;
            let Ok(new) = entries(&*self.projection, &kept.key, &kept.document) else {
                failed.push(at);
                return false;
            };
            if new != kept.entries {
                let old = std::mem::replace(&mut kept.entries, new);
                for (some, others, change) in [
                    (&old, &kept.entries, ListChange::Leave),
                    (&kept.entries, &old, ListChange::Take),
                ] {
                    for entry in missing_from(some, others) {
                        write_entry(entry, change, &kept.key, writes, &mut self.differences);
                    }
                }
            }
            true
        });
        self.write_documents(&changed, writes);
        changed.clear();
        self.changed = changed;
        for at in failed {
            self.request_refold(at, None);
        }
        self.differences.retain(|_, difference| *difference != 0);
        let unknown = |cell: &&CountCell| !self.counts.contains_key(*cell);
        self.differences.keys().filter(unknown).cloned().collect()
    }

    /// Writes all changed documents into one buffer, which they share from then on.
    fn write_documents(&mut self, changed: &[u32], writes: &mut SliceWrites) {
        let count = changed.len();
        let mut bytes = Vec::with_capacity(count * (self.document_bytes + 16));
        let mut ends = Vec::with_capacity(count);
        for &at in changed {
            let kept = &self.kept[at as usize];
            // One that says nothing, not even how far it is, need not be kept.
            if !kept.document.is_empty() {
                kept.document.write(&kept.key, &mut bytes);
            }
            ends.push(bytes.len());
        }
        self.document_bytes = bytes
            .len()
            .checked_div(count)
            .unwrap_or(self.document_bytes);
        let bytes = Bytes::from(bytes);
        writes.documents.reserve_exact(count);
        let mut start = 0;
        for (&at, end) in changed.iter().zip(ends) {
            let key = self.kept[at as usize].key.clone();
            let document = (start < end).then(|| bytes.slice(start..end));
            writes.documents.push((key, document));
            start = end;
        }
    }

    /// Adds the counts to `writes`; `loaded` are those that [`prepare`](Self::prepare) asked for.
    pub(crate) fn finish(
        &mut self,
        loaded: impl IntoIterator<Item = (CountCell, u64)>,
        writes: &mut SliceWrites,
    ) -> Result<(), Damage> {
        self.counts.extend(loaded);
        for (cell, difference) in self.differences.drain() {
            let count = self.counts.entry(cell.clone()).or_default();
            let Some(new) = count.checked_add_signed(difference) else {
                return Err(Damage::Count { cell });
            };
            *count = new;
            writes.counts.push((cell, new));
        }
        Ok(())
    }

    /// Forgets views that did not change lately, where there are more than `views_max`. Only when
    /// everything is committed.
    pub(crate) fn forget_old(&mut self, views_max: usize) {
        if self.counts.len() > COUNTS_MAX {
            self.counts.clear();
        }
        if self.len() <= views_max {
            return;
        }
        // Those of the last few commits stay; where even these are too many, none does.
        let mut keep_since = self.commits.saturating_sub(KEPT_COMMITS);
        let recent = |kept: &Kept<P::View>| kept.is_changed || kept.used_at >= keep_since;
        if self.kept.iter().filter(|kept| recent(kept)).count() > views_max {
            keep_since = u32::MAX;
        }
        let (kept, free) = (&mut self.kept, &mut self.free);
        let forgotten = &mut self.forgotten;
        self.places.retain(|&mut at| {
            let view = &mut kept[at as usize];
            let stays = view.is_changed || view.used_at >= keep_since;
            if !stays {
                view.document = Document::default();
                view.entries = Vec::new();
                view.used_at = 0;
                free.push(at);
                if let Some(forgotten) = forgotten {
                    let hash = view.hash;
                    let entry = forgotten.entry(hash, |&one| one == hash, |&one| one);
                    entry.or_insert(hash);
                }
            }
            stays
        });
        if forgotten
            .as_ref()
            .is_some_and(|forgotten| forgotten.len() > FORGOTTEN_MAX)
        {
            *forgotten = None;
        }
    }
}

/// Keys that are held back, and keys that have to be folded again from the log.
impl<P: Projection> Views<P> {
    /// Holds the key at a place back, since `event` cannot be read.
    pub(crate) fn hold(
        &mut self,
        at: u32,
        failure: &Failure,
        event: &RecordedEvent,
    ) -> Result<Fate, OutOfTurn> {
        let kept = &mut self.kept[at as usize];
        if kept.awaits_refold {
            kept.document.advance(event)?;
            return Ok(Fate::Refold);
        }
        let is_first = kept.document.hold(event, failure, 1)?;
        self.mark_changed(at);
        Ok(if is_first { Fate::Held } else { Fate::Waits })
    }

    /// Notes of the key at a place that what stands before `event` in its stream is of other keys.
    pub(crate) fn pass_over(&mut self, at: u32, event: &RecordedEvent) {
        self.kept[at as usize].document.pass_over(event);
    }

    /// The document of the key at a place.
    pub(crate) fn document(&self, at: u32) -> &Document<P::View> {
        &self.kept[at as usize].document
    }

    pub(super) fn document_mut(&mut self, at: u32) -> &mut Document<P::View> {
        &mut self.kept[at as usize].document
    }

    /// The key at a place.
    pub(crate) fn key(&self, at: u32) -> &ViewKey {
        &self.kept[at as usize].key
    }

    /// Has the key at a place folded again from the log.
    pub(crate) fn request_refold(&mut self, at: u32, tried: Option<Tried>) {
        let kept = &mut self.kept[at as usize];
        if !kept.awaits_refold {
            kept.awaits_refold = true;
            self.refolds.push((at, tried));
        }
    }

    pub(crate) fn wants_refolds(&self) -> bool {
        !self.refolds.is_empty()
    }

    /// The keys to fold again; [`refolded`](Self::refolded) takes each outcome.
    pub(crate) fn take_refolds(&mut self) -> Vec<Refold> {
        let refolds = std::mem::take(&mut self.refolds).into_iter();
        let refolds = refolds.map(|(at, tried)| {
            let kept = &self.kept[at as usize];
            Refold {
                at,
                key: kept.key.clone(),
                streams: kept.document.seen(),
                tried,
            }
        });
        refolds.collect()
    }

    /// Takes over the document of a key that was folded again.
    pub(crate) fn refolded(&mut self, at: u32, document: Document<P::View>) {
        let kept = &mut self.kept[at as usize];
        kept.document = document;
        kept.awaits_refold = false;
        self.mark_changed(at);
    }

    fn mark_changed(&mut self, at: u32) {
        let kept = &mut self.kept[at as usize];
        if !kept.is_changed {
            kept.is_changed = true;
            self.changed.push(at);
        }
    }
}

/// Views that changed in so many commits before the last are kept when room is made.
const KEPT_COMMITS: u32 = 4;

/// Most keys of a slice remembered as stored. Unit: keys.
const FORGOTTEN_MAX: usize = 262_144;

/// Most counts of a slice kept in memory. Unit: counts.
const COUNTS_MAX: usize = 16_384;

/// Changes a view as an event says; without its meaning, where it is folded as it is recorded.
pub(super) fn apply<P: Projection>(
    projection: &P,
    view: &mut Option<P::View>,
    event: Option<&P::Event>,
    recorded: &RecordedEvent,
) {
    match event {
        Some(event) => projection.apply(view, event, recorded),
        None => projection.apply_record(view, recorded),
    }
}

/// The places under which a document's view is found, sorted, and under which a held key is.
///
/// # Errors
/// The panic of the projection.
pub(crate) fn entries<P: Projection>(
    projection: &P,
    key: &ViewKey,
    document: &Document<P::View>,
) -> Result<Vec<IndexEntry>, Failure> {
    let mut entries = Vec::new();
    if let Some(view) = &document.view {
        caught(|| projection.index(key, view, &mut entries))?;
    }
    if let Some(held) = &document.held {
        held.index(&mut entries);
    }
    entries.sort_unstable();
    entries.dedup();
    Ok(entries)
}

/// Those of `some` that are not in `others`; both are sorted.
fn missing_from<'a>(
    some: &'a [IndexEntry],
    others: &'a [IndexEntry],
) -> impl Iterator<Item = &'a IndexEntry> {
    // A view has a handful of entries: a search among them is a few comparisons.
    some.iter()
        .filter(|entry| others.binary_search(entry).is_err())
}

/// Adds a change of one index entry of `key`.
fn write_entry(
    entry: &IndexEntry,
    change: ListChange,
    key: &ViewKey,
    writes: &mut SliceWrites,
    differences: &mut HashMap<CountCell, i64>,
) {
    match entry {
        IndexEntry::Lookup(lookup) => writes.lookups.push((lookup.clone(), key.clone(), change)),
        IndexEntry::Listed { list, order } => {
            let place = ListPlace {
                order: *order,
                key: key.clone(),
            };
            writes.lists.push((list.clone(), place, change));
        }
        IndexEntry::Counted(cell) => {
            let difference = match change {
                ListChange::Take => 1,
                ListChange::Leave => -1,
            };
            // Few cells, many views: most are there already.
            match differences.get_mut(cell) {
                Some(sum) => *sum += difference,
                None => drop(differences.insert(cell.clone(), difference)),
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
