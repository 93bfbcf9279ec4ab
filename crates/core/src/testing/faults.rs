//! The failures of production, brought into a test by a seed.

mod feed;
mod kept;
mod read_models;

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard},
};

pub use self::{
    feed::FaultyFeed,
    read_models::{FaultyReadModels, FaultyReadModelsBuilder, ReadModelFaults},
};
use super::{SeededRng, yield_times};
use crate::{
    AppendError, Appended, EventFilter, EventStore, ExpectedVersion, GlobalPosition, LogPage,
    NewEvent, StoreError, StoreErrorKind, StreamName, StreamPage, StreamVersion,
};

/// A right store to which the failures of production happen: now and then, chosen by a seed.
///
/// It wraps any store, for snapshots and checkpoints too if the store keeps them. All it does is
/// within the contract, but for [redeliveries](FaultyStoreBuilder::redeliveries_per_mille). The
/// same seed and the same calls in the same order meet the same faults. A clone is the same store.
///
/// ```
/// # use minwon_core::testing::{FaultyStore, ModelStore};
/// let store = FaultyStore::builder(ModelStore::new(), 7)
///     .conflicts_per_mille(100)
///     .lost_acknowledgements_per_mille(50)
///     .build();
/// // ... give commands through a clone of it, then see that there was something to survive:
/// assert_eq!(store.faults().total(), 0, "nothing was called yet");
/// ```
#[derive(Debug, Clone)]
pub struct FaultyStore<S> {
    store: S,
    faults: Faults,
}

/// Options of a [`FaultyStore`]. Rates are per mille of the calls; 1000 is always.
#[derive(Debug, Clone)]
#[must_use]
pub struct FaultyStoreBuilder<S> {
    store: S,
    seed: u64,
    rates: Rates,
}

#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    conflicts: u16,
    lost_acknowledgements: u16,
    lost_requests: u16,
    unavailable: u16,
    slow: u16,
    yields_max: u32,
    feed_errors: u16,
    redeliveries: u16,
}

/// How often each fault has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FaultCounts {
    /// Appends answered by a conflict, though nobody was first.
    pub conflicts: u64,
    /// Writes that happened and were answered by an error.
    pub lost_acknowledgements: u64,
    /// Appends that did not happen and were answered by `OutcomeUnknown`.
    pub lost_requests: u64,
    /// Calls answered by `Unavailable`.
    pub unavailable: u64,
    /// Calls that took their time.
    pub slow: u64,
    /// Feeds that failed.
    pub feed_errors: u64,
    /// Feeds that failed, and then brought again what they had brought before.
    pub redeliveries: u64,
}

impl FaultCounts {
    /// How many there were in all.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.conflicts
            + self.lost_acknowledgements
            + self.lost_requests
            + self.unavailable
            + self.slow
            + self.feed_errors
            + self.redeliveries
    }
}

impl<S> FaultyStoreBuilder<S> {
    /// Appends that conflict, with nothing written and nobody else at work. Default: 0.
    pub fn conflicts_per_mille(mut self, rate: u16) -> Self {
        self.rates.conflicts = rate;
        self
    }

    /// Appends that happen and answer [`OutcomeUnknown`](AppendError::OutcomeUnknown), and saved
    /// snapshots and checkpoints that answer an error. Default: 0.
    pub fn lost_acknowledgements_per_mille(mut self, rate: u16) -> Self {
        self.rates.lost_acknowledgements = rate;
        self
    }

    /// Appends that do not happen and answer [`OutcomeUnknown`](AppendError::OutcomeUnknown).
    /// Default: 0.
    pub fn lost_requests_per_mille(mut self, rate: u16) -> Self {
        self.rates.lost_requests = rate;
        self
    }

    /// Calls that do nothing and answer [`Unavailable`](StoreErrorKind::Unavailable), but for
    /// feeds. Default: 0.
    pub fn unavailable_per_mille(mut self, rate: u16) -> Self {
        self.rates.unavailable = rate;
        self
    }

    /// Calls that give way up to `yields_max` times before they act, and again before they
    /// answer: no timer, but other futures go first. Default: 0.
    pub fn slow_per_mille(mut self, rate: u16, yields_max: NonZeroU32) -> Self {
        self.rates.slow = rate;
        self.rates.yields_max = yields_max.get();
        self
    }

    /// Calls of a feed's `next` that fail and leave the feed where it is. Default: 0.
    pub fn feed_errors_per_mille(mut self, rate: u16) -> Self {
        self.rates.feed_errors = rate;
        self
    }

    /// Calls of a feed's `next` that fail, after which the feed begins by bringing the tail of
    /// its last batch again. Default: 0.
    ///
    /// The contract of [`Feed`](crate::Feed) forbids this; yet a consumer that resumes after its
    /// last checkpoint sees just this, so a right consumer copes.
    pub fn redeliveries_per_mille(mut self, rate: u16) -> Self {
        self.rates.redeliveries = rate;
        self
    }

    /// Puts the store together.
    #[must_use]
    pub fn build(self) -> FaultyStore<S> {
        FaultyStore {
            store: self.store,
            faults: Faults(Arc::new(Chance {
                rates: self.rates,
                fate: Mutex::new(Fate {
                    rng: SeededRng::new(self.seed),
                    counts: FaultCounts::default(),
                    mode: Mode::Faulty,
                }),
            })),
        }
    }
}

impl<S> FaultyStore<S> {
    /// A store without faults yet; `seed` decides when those happen that the options name.
    pub fn builder(store: S, seed: u64) -> FaultyStoreBuilder<S> {
        FaultyStoreBuilder {
            store,
            seed,
            rates: Rates::default(),
        }
    }

    /// What has happened so far.
    #[must_use]
    pub fn faults(&self) -> FaultCounts {
        self.faults.fate().counts
    }

    /// From now on every call is answered by [`Unavailable`](StoreErrorKind::Unavailable): an
    /// outage. Feeds that wait go on waiting.
    pub fn go_down(&self) {
        self.faults.fate().mode = Mode::Down;
    }

    /// From now on there are no faults: so that a test can see that all ends well.
    pub fn heal(&self) {
        self.faults.fate().mode = Mode::Sound;
    }

    /// The store without faults, to see what it holds.
    #[must_use]
    pub fn inner(&self) -> &S {
        &self.store
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Faulty,
    Down,
    Sound,
}

/// Decides what happens to each call.
#[derive(Debug, Clone)]
struct Faults(Arc<Chance>);

#[derive(Debug)]
struct Chance {
    rates: Rates,
    fate: Mutex<Fate>,
}

#[derive(Debug)]
struct Fate {
    rng: SeededRng,
    counts: FaultCounts,
    mode: Mode,
}

/// What happens to one append.
enum AppendFault {
    Conflict,
    LostAcknowledgement,
    LostRequest,
}

impl Faults {
    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.0.fate.lock().expect("no code panics under this lock")
    }

    /// Whether a fault happens, and if so, counts it.
    fn happens(&self, rate: fn(&Rates) -> u16, count: fn(&mut FaultCounts) -> &mut u64) -> bool {
        let mut fate = self.fate();
        let happens = fate.mode == Mode::Faulty && fate.rng.happens(rate(&self.0.rates));
        *count(&mut fate.counts) += u64::from(happens);
        happens
    }

    /// Takes some time, now and then.
    async fn delay(&self) {
        if self.happens(|rates| rates.slow, |counts| &mut counts.slow) {
            let yields = self.fate().rng.below(u64::from(self.0.rates.yields_max));
            yield_times(1 + yields).await;
        }
    }

    /// Fails, now and then, or all the time during an outage.
    fn check_available(&self) -> Result<(), StoreError> {
        let mut fate = self.fate();
        if fate.mode == Mode::Down {
            fate.counts.unavailable += 1;
            return Err(unavailable("the store is down, as the test wants it"));
        }
        drop(fate);
        if self.happens(|r| r.unavailable, |c| &mut c.unavailable) {
            return Err(unavailable("the store is away, as the seed wants it"));
        }
        Ok(())
    }

    fn of_append(&self) -> Option<AppendFault> {
        if self.happens(|r| r.conflicts, |c| &mut c.conflicts) {
            Some(AppendFault::Conflict)
        } else if self.happens(|r| r.lost_requests, |c| &mut c.lost_requests) {
            Some(AppendFault::LostRequest)
        } else if self.loses_acknowledgement() {
            Some(AppendFault::LostAcknowledgement)
        } else {
            None
        }
    }

    fn loses_acknowledgement(&self) -> bool {
        self.happens(
            |rates| rates.lost_acknowledgements,
            |counts| &mut counts.lost_acknowledgements,
        )
    }
}

fn unavailable(doing: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, doing)
}

impl<S: EventStore> FaultyStore<S> {
    async fn append_through(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let store = |source| AppendError::Store {
            stream: stream.clone(),
            source,
        };
        self.faults.check_available().map_err(store)?;
        let unknown = |doing| AppendError::OutcomeUnknown {
            stream: stream.clone(),
            source: unavailable(doing),
        };
        match self.faults.of_append() {
            None => self.store.append(stream, expected, events).await,
            Some(AppendFault::Conflict) => self.conflict(stream, expected, events).await,
            Some(AppendFault::LostRequest) => Err(unknown("the request was lost on its way")),
            Some(AppendFault::LostAcknowledgement) => {
                self.store.append(stream, expected, events).await?;
                Err(unknown("the answer was lost on its way"))
            }
        }
    }

    /// A conflict with the stream as it is: asked of the store by an expectation that never holds.
    async fn conflict(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let never = ExpectedVersion::Exactly(StreamVersion::new(u64::from(u32::MAX)));
        let answer = self.store.append(stream, never, events).await;
        answer.map_err(|error| match error {
            AppendError::Conflict { stream, actual, .. } => AppendError::Conflict {
                stream,
                expected,
                actual,
            },
            other => other,
        })
    }
}

impl<S: EventStore> EventStore for FaultyStore<S> {
    type Feed = FaultyFeed<S::Feed>;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        self.faults.delay().await;
        let answer = self.append_through(stream, expected, events).await;
        self.faults.delay().await;
        answer
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        let page = self.store.read_stream(stream, from, events_max).await;
        self.faults.delay().await;
        page
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        let page = self.store.read_all(after, filter, events_max).await;
        self.faults.delay().await;
        page
    }

    fn positions_per_event(&self) -> u64 {
        self.store.positions_per_event()
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        self.store.head().await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.faults.delay().await;
        self.faults.check_available()?;
        self.store.last_up_to(until, filter).await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self::Feed {
        let feed = self.store.feed(after, filter, batch_events_max);
        FaultyFeed::new(feed, self.faults.clone())
    }
}

#[cfg(test)]
mod tests;
