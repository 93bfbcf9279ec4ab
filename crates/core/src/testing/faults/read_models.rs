//! The failures of production where read models are kept.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};

use super::unavailable;
use crate::{
    Catalogue, CatalogueError, CommitError, Counts, GenerationName, IndexName, ListPage, ListQuery,
    Loaded, ModelName, NamespaceName, ReadModelAdmin, ReadModelStore, ScanCursor, ScanPage,
    SliceCheckpoint, SliceName, SliceWrites, StoreError, Wanted, testing::SeededRng,
};

/// Right read models to which the failures of production happen: now and then, chosen by a seed.
///
/// Lost answers and outages are within the contract. Slices that are lost or go back in time are
/// not: that is what servers do that keep little on disk, and projectors must survive it. The
/// same seed and the same calls in the same order meet the same faults. A clone is the same store.
///
/// ```
/// # use minwon_core::testing::{FaultyReadModels, ModelReadModels};
/// let models = ModelReadModels::new();
/// let lost = models.clone();
/// let store = FaultyReadModels::builder(models, 7)
///     .lost_acknowledgements_per_mille(50)
///     .lost_slices_per_mille(5, move |slice| lost.wipe(slice))
///     .build();
/// // ... project into a clone of it, then see that there was something to survive:
/// assert_eq!(store.faults().total(), 0, "nothing was called yet");
/// ```
#[derive(Debug, Clone)]
pub struct FaultyReadModels<S> {
    store: S,
    chance: Arc<Chance>,
}

/// Options of [`FaultyReadModels`]. Rates are per mille of the calls; 1000 is always.
#[derive(Debug)]
#[must_use]
pub struct FaultyReadModelsBuilder<S> {
    store: S,
    seed: u64,
    rates: Rates,
}

type Disaster = Box<dyn Fn(&SliceName) + Send + Sync>;

#[derive(Default)]
struct Rates {
    lost_acknowledgements: u16,
    lost_requests: u16,
    unavailable: u16,
    lost_slices: Option<(u16, Disaster)>,
    rolled_back_slices: Option<(u16, Disaster)>,
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |disaster: &Option<(u16, Disaster)>| disaster.as_ref().map(|(rate, _)| *rate);
        f.debug_struct("Rates")
            .field("lost_acknowledgements", &self.lost_acknowledgements)
            .field("lost_requests", &self.lost_requests)
            .field("unavailable", &self.unavailable)
            .field("lost_slices", &rate(&self.lost_slices))
            .field("rolled_back_slices", &rate(&self.rolled_back_slices))
            .finish()
    }
}

/// How often each fault has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ReadModelFaults {
    /// Writes that happened, though the answer says that nobody knows.
    pub lost_acknowledgements: u64,
    /// Writes that did not happen, though the answer says that nobody knows.
    pub lost_requests: u64,
    /// Calls answered by `Unavailable`.
    pub unavailable: u64,
    /// Slices that were lost before a call.
    pub lost_slices: u64,
    /// Slices that went back in time before a call.
    pub rolled_back_slices: u64,
}

impl ReadModelFaults {
    /// How many there were in all.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.lost_acknowledgements
            + self.lost_requests
            + self.unavailable
            + self.lost_slices
            + self.rolled_back_slices
    }
}

#[derive(Debug)]
struct Chance {
    rates: Rates,
    fate: Mutex<Fate>,
}

#[derive(Debug)]
struct Fate {
    rng: SeededRng,
    counts: ReadModelFaults,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Faulty,
    Down,
    Sound,
}

impl<S> FaultyReadModelsBuilder<S> {
    /// Commits that happen and answer [`OutcomeUnknown`](CommitError::OutcomeUnknown), and saved
    /// catalogues that answer an error. Default: 0.
    pub fn lost_acknowledgements_per_mille(mut self, rate: u16) -> Self {
        self.rates.lost_acknowledgements = rate;
        self
    }

    /// Commits that do not happen and answer [`OutcomeUnknown`](CommitError::OutcomeUnknown).
    /// Default: 0.
    pub fn lost_requests_per_mille(mut self, rate: u16) -> Self {
        self.rates.lost_requests = rate;
        self
    }

    /// Calls that do nothing and answer
    /// [`Unavailable`](crate::StoreErrorKind::Unavailable). Default: 0.
    pub fn unavailable_per_mille(mut self, rate: u16) -> Self {
        self.rates.unavailable = rate;
        self
    }

    /// Loads, commits, lists and counts before which `lose` loses the whole slice. Default: 0.
    pub fn lost_slices_per_mille(
        mut self,
        rate: u16,
        lose: impl Fn(&SliceName) + Send + Sync + 'static,
    ) -> Self {
        self.rates.lost_slices = Some((rate, Box::new(lose)));
        self
    }

    /// Loads, commits, lists and counts before which `roll_back` makes the slice what it was
    /// earlier. Default: 0.
    pub fn rolled_back_slices_per_mille(
        mut self,
        rate: u16,
        roll_back: impl Fn(&SliceName) + Send + Sync + 'static,
    ) -> Self {
        self.rates.rolled_back_slices = Some((rate, Box::new(roll_back)));
        self
    }

    /// Puts the store together.
    #[must_use]
    pub fn build(self) -> FaultyReadModels<S> {
        FaultyReadModels {
            store: self.store,
            chance: Arc::new(Chance {
                rates: self.rates,
                fate: Mutex::new(Fate {
                    rng: SeededRng::new(self.seed),
                    counts: ReadModelFaults::default(),
                    mode: Mode::Faulty,
                }),
            }),
        }
    }
}

impl<S> FaultyReadModels<S> {
    /// A store without faults yet; `seed` decides when those happen that the options name.
    pub fn builder(store: S, seed: u64) -> FaultyReadModelsBuilder<S> {
        FaultyReadModelsBuilder {
            store,
            seed,
            rates: Rates::default(),
        }
    }

    /// What has happened so far.
    #[must_use]
    pub fn faults(&self) -> ReadModelFaults {
        self.chance.fate().counts
    }

    /// From now on every call is answered by [`Unavailable`](crate::StoreErrorKind::Unavailable):
    /// an outage.
    pub fn go_down(&self) {
        self.chance.fate().mode = Mode::Down;
    }

    /// From now on the seed decides again.
    pub fn come_up(&self) {
        self.chance.fate().mode = Mode::Faulty;
    }

    /// From now on there are no faults: so that a test can see that all ends well.
    pub fn heal(&self) {
        self.chance.fate().mode = Mode::Sound;
    }

    /// The store without faults, to see what it holds.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.store
    }
}

impl Chance {
    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().expect("no code panics under this lock")
    }

    /// Whether a fault happens, and if so, counts it.
    fn happens(&self, rate: u16, count: fn(&mut ReadModelFaults) -> &mut u64) -> bool {
        let mut fate = self.fate();
        let happens = fate.mode == Mode::Faulty && fate.rng.happens(rate);
        *count(&mut fate.counts) += u64::from(happens);
        happens
    }

    fn check_available(&self) -> Result<(), StoreError> {
        let mut fate = self.fate();
        if fate.mode == Mode::Down {
            fate.counts.unavailable += 1;
            return Err(unavailable("the store is down, as the test wants it"));
        }
        drop(fate);
        if self.happens(self.rates.unavailable, |c| &mut c.unavailable) {
            return Err(unavailable("the store is away, as the seed wants it"));
        }
        Ok(())
    }

    /// Fails now and then; and now and then a disaster comes over `slice` first.
    fn check(&self, slice: &SliceName) -> Result<(), StoreError> {
        self.check_available()?;
        if let Some((rate, lose)) = &self.rates.lost_slices
            && self.happens(*rate, |c| &mut c.lost_slices)
        {
            lose(slice);
        }
        if let Some((rate, roll_back)) = &self.rates.rolled_back_slices
            && self.happens(*rate, |c| &mut c.rolled_back_slices)
        {
            roll_back(slice);
        }
        Ok(())
    }

    fn loses_request(&self) -> bool {
        self.happens(self.rates.lost_requests, |c| &mut c.lost_requests)
    }

    fn loses_acknowledgement(&self) -> bool {
        let rate = self.rates.lost_acknowledgements;
        self.happens(rate, |c| &mut c.lost_acknowledgements)
    }
}

impl<S: ReadModelStore> ReadModelStore for FaultyReadModels<S> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        self.chance.check(slice)?;
        self.store.load(slice, wanted).await
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let name = || slice.clone();
        let unknown = |doing| CommitError::OutcomeUnknown {
            slice: name(),
            source: unavailable(doing),
        };
        self.chance
            .check(slice)
            .map_err(|source| CommitError::Store {
                slice: name(),
                source,
            })?;
        if self.chance.loses_request() {
            return Err(unknown("the request was lost on its way"));
        }
        self.store.commit(slice, expected, next, writes).await?;
        if self.chance.loses_acknowledgement() {
            return Err(unknown("the answer was lost on its way"));
        }
        Ok(())
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        self.chance.check(slice)?;
        self.store.list(slice, query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        self.chance.check(slice)?;
        self.store.counts(slice, index, group).await
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        self.store.changes(namespace)
    }
}

impl<S: ReadModelAdmin> ReadModelAdmin for FaultyReadModels<S> {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        self.chance.check_available()?;
        self.store.load_catalogue(model).await
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
        self.chance.check_available().map_err(failed)?;
        self.store.save_catalogue(model, expected, next).await?;
        if self.chance.loses_acknowledgement() {
            return Err(failed(unavailable("the answer was lost on its way")));
        }
        Ok(())
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        self.chance.check_available()?;
        self.store.scan(generation, cursor).await
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        self.chance.check_available()?;
        self.store.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        self.chance.check_available()?;
        self.store.sweep(generation).await
    }
}

#[cfg(test)]
mod tests;
