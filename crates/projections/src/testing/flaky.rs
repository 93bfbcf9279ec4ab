//! A store of read models that fails in every way in which servers fail.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use minwon_core::{
    Catalogue, CatalogueError, CommitError, Counts, DeadLetterEvent, GenerationName, IndexName,
    ListPage, ListQuery, Loaded, ModelName, ReadModelAdmin, ReadModelStore, ScanCursor, ScanPage,
    SliceCheckpoint, SliceCount, SliceName, SliceWrites, StoreError, StoreErrorKind, Wanted,
    dead_letter_codec, is_dead_letter, read_dead_letter,
    testing::{MemoryReadModels, SeededRng, SliceSnapshot},
};

use super::{Log, check_slice};
use crate::{Held, document::held_in};

/// How often things happen, per mille of the calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rates {
    /// Calls that take their time.
    pub(crate) slow: u16,
    /// Calls that are refused, with nothing done.
    pub(crate) unavailable: u16,
    /// Commits that do not happen, which nobody says.
    pub(crate) lost_requests: u16,
    /// Commits that happen, which nobody says.
    pub(crate) lost_acknowledgements: u16,
    /// Commits that happen some time after somebody gave up waiting.
    pub(crate) late: u16,
    /// Slices that are lost.
    pub(crate) wiped: u16,
    /// Slices that become what they were.
    pub(crate) rolled_back: u16,
}

impl Rates {
    /// Some of everything.
    pub(crate) fn random(rng: &mut SeededRng) -> Self {
        let mut up_to = |rate| u16::try_from(rng.below(rate)).unwrap();
        Self {
            slow: up_to(500),
            unavailable: up_to(20),
            lost_requests: up_to(60),
            lost_acknowledgements: up_to(60),
            late: up_to(60),
            wiped: up_to(15),
            rolled_back: up_to(25),
        }
    }
}

/// A store that fails now and then, and sees after many commits whether the slice is the fold of its events
/// up to its checkpoint. A clone is the same store.
#[derive(Debug, Clone)]
pub(crate) struct Flaky {
    pub(crate) model: MemoryReadModels,
    log: Log,
    is_watched: bool,
    fate: Arc<Mutex<Fate>>,
}

#[derive(Debug)]
struct Fate {
    rng: SeededRng,
    rates: Rates,
    is_away: bool,
    is_hanging: bool,
    /// Here and not in the model, so that they can be lost.
    catalogues: BTreeMap<ModelName, Catalogue>,
    snapshots: Vec<SliceSnapshot>,
    happened: BTreeMap<&'static str, u64>,
    violations: Vec<String>,
}

/// How many commits of a thousand are looked at: all would take most of the test's time.
const LOOKED_AT: u16 = 250;

/// Most copies of slices that are kept.
const SNAPSHOTS_MAX: usize = 64;

impl Flaky {
    pub(crate) fn new(log: &Log, seed: u64, rates: Rates) -> Self {
        Self {
            model: MemoryReadModels::new(),
            log: log.clone(),
            is_watched: true,
            fate: Arc::new(Mutex::new(Fate {
                rng: SeededRng::new(seed),
                rates,
                is_away: false,
                is_hanging: false,
                catalogues: BTreeMap::new(),
                snapshots: Vec::new(),
                happened: BTreeMap::new(),
                violations: Vec::new(),
            })),
        }
    }

    /// A store that does not look what commits come to.
    pub(crate) fn unwatched(log: &Log, seed: u64, rates: Rates) -> Self {
        Self {
            is_watched: false,
            ..Self::new(log, seed, rates)
        }
    }

    /// A store to which nothing happens but what the test does.
    pub(crate) fn sound(log: &Log) -> Self {
        Self::new(log, 0, Rates::default())
    }

    /// From now on nothing happens.
    pub(crate) fn heal(&self) {
        self.fate().rates = Rates::default();
    }

    /// From now on every call is refused, until it comes back.
    pub(crate) fn go_away(&self) {
        self.fate().is_away = true;
    }

    /// From now on no call is answered.
    pub(crate) fn hang(&self) {
        self.fate().is_hanging = true;
    }

    pub(crate) fn come_back(&self) {
        self.fate().is_away = false;
    }

    /// Loses everything: all slices and the catalogues.
    pub(crate) fn flush(&self, generations: &[GenerationName]) {
        for generation in generations {
            for slice in SliceCount::DEFAULT.slices() {
                self.model.wipe(&generation.slice(slice));
            }
        }
        self.fate().catalogues.clear();
    }

    /// How often something has happened.
    pub(crate) fn happened(&self, what: &str) -> u64 {
        self.fate().happened.get(what).copied().unwrap_or(0)
    }

    /// # Panics
    /// Where a slice was not the fold of its events after some commit.
    pub(crate) fn assert_was_always_sound(&self) {
        let violations = &self.fate().violations;
        assert!(violations.is_empty(), "{violations:#?}");
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap()
    }

    fn happens(&self, what: &'static str, rate: fn(&Rates) -> u16) -> bool {
        let mut fate = self.fate();
        let rate = rate(&fate.rates);
        let happens = fate.rng.happens(rate);
        *fate.happened.entry(what).or_default() += u64::from(happens);
        happens
    }

    async fn arrive(&self) -> Result<(), StoreError> {
        self.delay().await;
        let is_hanging = self.fate().is_hanging;
        if is_hanging {
            std::future::pending::<()>().await;
        }
        if self.fate().is_away || self.happens("unavailable", |rates| rates.unavailable) {
            return Err(away("the store is away, as the test wants it"));
        }
        Ok(())
    }

    async fn delay(&self) {
        if self.happens("slow", |rates| rates.slow) {
            let (yields, micros) = {
                let mut fate = self.fate();
                (fate.rng.below(8), fate.rng.below(20_000))
            };
            if yields == 0 {
                tokio::time::sleep(Duration::from_micros(micros)).await;
            }
            for _ in 0..yields {
                tokio::task::yield_now().await;
            }
        }
    }

    /// Damages a slice as a server that loses data does, now and then.
    fn damage(&self, slice: &SliceName) {
        let snapshot = self.model.snapshot(slice);
        let mut fate = self.fate();
        let at = fate.rng.below(SNAPSHOTS_MAX as u64) as usize;
        if fate.snapshots.len() < SNAPSHOTS_MAX {
            fate.snapshots.push(snapshot);
        } else {
            fate.snapshots[at] = snapshot;
        }
        let among = fate.snapshots.len() as u64;
        let chosen = fate.rng.below(among) as usize;
        let chosen = fate.snapshots[chosen].clone();
        drop(fate);
        if self.happens("wiped", |rates| rates.wiped) {
            self.model.wipe(slice);
        }
        if self.happens("rolled back", |rates| rates.rolled_back) {
            self.model.restore(&chosen);
        }
    }

    /// Commits, and looks at what that has come to.
    async fn apply(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let early = self.released_early(slice, writes).await;
        let done = self.model.commit(slice, expected, next, writes).await;
        if done.is_ok() {
            let mut fate = self.fate();
            fate.violations.extend(self.without_letter(writes));
            // Where it went back, what was released may well be held again.
            if fate.rates.rolled_back == 0 {
                fate.violations.extend(early);
            }
        }
        match &done {
            Ok(()) => *self.fate().happened.entry("commits").or_default() += 1,
            Err(_) => *self.fate().happened.entry("refused").or_default() += 1,
        }
        if self.is_watched && self.fate().rng.happens(LOOKED_AT) {
            let looked = check_slice(&self.log, &self.model, slice).await;
            self.fate().violations.extend(looked.err());
        }
        done
    }
}

impl Flaky {
    /// The keys that a commit holds back though no letter says so.
    fn without_letter(&self, writes: &SliceWrites) -> Vec<String> {
        let written = writes.documents.iter();
        let held = written.filter_map(|(_, json)| held_in(json.as_deref()?));
        let letters = self.letters_if(held.clone().next().is_some());
        let has_letter = |held: &Held| {
            letters.iter().any(|letter| {
                let is_letter = !matches!(letter, DeadLetterEvent::Parked(_));
                is_letter && letter.event() == Some(&held.event)
            })
        };
        let silent = held.filter(|held| !has_letter(held));
        silent
            .map(|held| format!("no letter of {:?} was durable before", held.event))
            .collect()
    }

    /// The events that a commit is about to fold in though they are said to be released already.
    async fn released_early(&self, slice: &SliceName, writes: &SliceWrites) -> Vec<String> {
        let keys: Vec<_> = writes
            .documents
            .iter()
            .map(|(key, _)| key.clone())
            .collect();
        let wanted = Wanted {
            documents: &keys,
            ..Wanted::default()
        };
        let loaded = self.model.load(slice, &wanted).await.unwrap();
        let mut early = Vec::new();
        for (before, (_, after)) in loaded.documents.iter().zip(&writes.documents) {
            let before = before.as_deref().and_then(held_in);
            let after = after.as_deref().and_then(held_in);
            let Some(before) = before.filter(|before| {
                let after = after.as_ref().map(|after| &after.event);
                after != Some(&before.event)
            }) else {
                continue;
            };
            let letters = self.letters_if(true);
            let last = letters
                .iter()
                .rev()
                .find(|it| it.event() == Some(&before.event));
            if matches!(last, Some(DeadLetterEvent::Released(_))) {
                early.push(format!("{:?} was released before it was", before.event));
            }
        }
        early
    }

    fn letters_if(&self, is_asked: bool) -> Vec<DeadLetterEvent> {
        let codec = dead_letter_codec();
        if !is_asked {
            return Vec::new();
        }
        let events = self.log.events();
        let letters = events.iter().filter(|event| is_dead_letter(event));
        letters
            .map(|event| read_dead_letter(&codec, event).unwrap())
            .collect()
    }
}

fn away(doing: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, doing)
}

impl ReadModelStore for Flaky {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        self.arrive().await?;
        self.damage(slice);
        let documents = wanted.documents.len() as u64;
        for (what, times) in [("loads", 1), ("documents loaded", documents)] {
            *self.fate().happened.entry(what).or_default() += times;
        }
        let loaded = self.model.load(slice, wanted).await;
        self.delay().await;
        loaded
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let unknown = |doing| CommitError::OutcomeUnknown {
            slice: slice.clone(),
            source: away(doing),
        };
        self.arrive().await.map_err(|source| CommitError::Store {
            slice: slice.clone(),
            source,
        })?;
        self.damage(slice);
        if self.happens("lost requests", |rates| rates.lost_requests) {
            return Err(unknown("the request was lost on its way"));
        }
        if self.happens("late", |rates| rates.late) {
            let (store, slice, writes) = (self.clone(), slice.clone(), writes.clone());
            let (expected, next) = (expected.cloned(), next.clone());
            tokio::spawn(async move {
                for _ in 0..4 {
                    store.delay().await;
                }
                // Nobody waits for the answer.
                let _ = store.apply(&slice, expected.as_ref(), &next, &writes).await;
            });
            return Err(unknown("the connection broke"));
        }
        self.apply(slice, expected, next, writes).await?;
        if self.happens("lost acknowledgements", |r| r.lost_acknowledgements) {
            return Err(unknown("the answer was lost on its way"));
        }
        self.delay().await;
        Ok(())
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        self.arrive().await?;
        self.model.list(slice, query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        self.arrive().await?;
        self.model.counts(slice, index, group).await
    }
}

impl ReadModelAdmin for Flaky {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        self.arrive().await?;
        Ok(self.fate().catalogues.get(model).cloned())
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        let failed = |source| CatalogueError::Store {
            model: model.clone(),
            source,
        };
        self.arrive().await.map_err(failed)?;
        let mut fate = self.fate();
        let actual = fate.catalogues.get(model);
        if actual != Some(next) && actual != expected {
            return Err(CatalogueError::Changed {
                model: model.clone(),
                actual: actual.cloned().map(Box::new),
            });
        }
        fate.catalogues.insert(model.clone(), next.clone());
        Ok(())
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        self.arrive().await?;
        self.model.scan(generation, cursor).await
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        self.arrive().await?;
        self.model.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        self.arrive().await?;
        *self.fate().happened.entry("sweeps").or_default() += 1;
        self.model.sweep(generation).await
    }
}
