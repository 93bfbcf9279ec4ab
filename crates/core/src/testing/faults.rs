//! The failures of production, brought into a test by a seed.

use std::{
    fmt,
    future::Future,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard},
};

use super::{Call, CallError, Hook, Hooked, SeededRng, yield_times};
use crate::{
    AppendError, Appended, EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, NewEvent,
    SliceName, StoreError, StoreErrorKind, StreamName, StreamVersion,
};

/// A store to which the failures of production happen: now and then, chosen by a seed.
///
/// It wraps any store, of events or of read models. Most of what happens is within the contract;
/// [redeliveries](FaultsBuilder::redeliveries_per_mille),
/// [lost](FaultsBuilder::lost_slices_per_mille) and
/// [rolled back](FaultsBuilder::rolled_back_slices_per_mille) slices are not. The same seed and the
/// same calls in the same order meet the same faults. A clone is the same store.
///
/// ```
/// # use minwon_core::testing::{Faulty, MemoryReadModels, MemoryStore};
/// let store = Faulty::builder(MemoryStore::new(), 7)
///     .conflicts_per_mille(100)
///     .lost_acknowledgements_per_mille(50)
///     .build();
/// // ... give commands through a clone of it, then see that there was something to survive:
/// assert_eq!(store.faults().total(), 0, "nothing was called yet");
///
/// let read_models = MemoryReadModels::new();
/// let lost = read_models.clone();
/// let store = Faulty::builder(read_models, 7)
///     .lost_slices_per_mille(5, move |slice| lost.wipe(slice))
///     .build();
/// assert_eq!(store.faults().lost_slices, 0);
/// ```
pub type Faulty<S> = Hooked<S, Faults>;

/// Options of a [`Faulty`] store. Rates are per mille of the calls; 1000 is always.
#[derive(Debug)]
#[must_use]
pub struct FaultsBuilder<S> {
    store: S,
    seed: u64,
    rates: Rates,
}

type Disaster = Box<dyn Fn(&SliceName) + Send + Sync>;

#[derive(Default)]
struct Rates {
    conflicts: u16,
    lost_acknowledgements: u16,
    lost_requests: u16,
    unavailable: u16,
    slow: u16,
    yields_max: u32,
    feed_errors: u16,
    redeliveries: u16,
    lost_slices: Option<(u16, Disaster)>,
    rolled_back_slices: Option<(u16, Disaster)>,
}

impl fmt::Debug for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

/// How often each fault has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FaultCounts {
    /// Appends answered by a conflict, though nobody was first.
    pub conflicts: u64,
    /// Writes that happened and were answered by an error.
    pub lost_acknowledgements: u64,
    /// Appends and commits that did not happen and were answered by `OutcomeUnknown`.
    pub lost_requests: u64,
    /// Calls answered by `Unavailable`.
    pub unavailable: u64,
    /// Calls that took their time.
    pub slow: u64,
    /// Feeds that failed.
    pub feed_errors: u64,
    /// Feeds that failed, and then brought again what they had brought before.
    pub redeliveries: u64,
    /// Slices that were lost before a call.
    pub lost_slices: u64,
    /// Slices that went back in time before a call.
    pub rolled_back_slices: u64,
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
            + self.lost_slices
            + self.rolled_back_slices
    }
}

impl<S> FaultsBuilder<S> {
    /// Appends that conflict, with nothing written and nobody else at work. Default: 0.
    pub fn conflicts_per_mille(mut self, rate: u16) -> Self {
        self.rates.conflicts = rate;
        self
    }

    /// Appends and commits that happen and answer
    /// [`OutcomeUnknown`](AppendError::OutcomeUnknown), and saved snapshots, checkpoints and
    /// catalogues that answer an error. Default: 0.
    pub fn lost_acknowledgements_per_mille(mut self, rate: u16) -> Self {
        self.rates.lost_acknowledgements = rate;
        self
    }

    /// Appends and commits that do not happen and answer
    /// [`OutcomeUnknown`](AppendError::OutcomeUnknown). Default: 0.
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

    /// Calls of a store of events that give way up to `yields_max` times before they act, and again
    /// before they answer: no timer, but other futures go first. Default: 0.
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
    /// The contract of [`Feed`] forbids this; yet a consumer that resumes after its last checkpoint
    /// sees just this, so a right consumer copes.
    pub fn redeliveries_per_mille(mut self, rate: u16) -> Self {
        self.rates.redeliveries = rate;
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
    pub fn build(self) -> Faulty<S> {
        let fate = Mutex::new(Fate {
            rng: SeededRng::new(self.seed),
            counts: FaultCounts::default(),
            mode: Mode::Faulty,
        });
        let rates = self.rates;
        Hooked::new(self.store, Faults { rates, fate })
    }
}

impl<S> Faulty<S> {
    /// A store without faults yet; `seed` decides when those happen that the options name.
    pub fn builder(store: S, seed: u64) -> FaultsBuilder<S> {
        let rates = Rates::default();
        FaultsBuilder { store, seed, rates }
    }

    /// The faults so far.
    #[must_use]
    pub fn faults(&self) -> FaultCounts {
        self.hook().fate().counts
    }

    /// From now on every call is answered by [`Unavailable`](StoreErrorKind::Unavailable): an
    /// outage. Feeds that wait go on waiting.
    pub fn go_down(&self) {
        self.hook().fate().mode = Mode::Down;
    }

    /// From now on the seed decides again.
    pub fn come_up(&self) {
        self.hook().fate().mode = Mode::Faulty;
    }

    /// From now on there are no faults: so that a test can see that all ends well.
    pub fn heal(&self) {
        self.hook().fate().mode = Mode::Sound;
    }
}

/// Decides by a seed what happens to each call of a [`Faulty`] store.
#[derive(Debug)]
pub struct Faults {
    rates: Rates,
    fate: Mutex<Fate>,
}

#[derive(Debug)]
struct Fate {
    rng: SeededRng,
    counts: FaultCounts,
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Faulty,
    Down,
    Sound,
}

fn unavailable(doing: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, doing)
}

fn lost_request() -> StoreError {
    unavailable("the request was lost on its way")
}

fn lost_answer() -> StoreError {
    unavailable("the answer was lost on its way")
}

impl Faults {
    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().expect("no code panics under this lock")
    }

    /// Whether a fault happens, and if so, counts it.
    fn happens(&self, rate: u16, count: fn(&mut FaultCounts) -> &mut u64) -> bool {
        let mut fate = self.fate();
        let happens = fate.mode == Mode::Faulty && fate.rng.happens(rate);
        *count(&mut fate.counts) += u64::from(happens);
        happens
    }

    fn loses_request(&self) -> bool {
        self.happens(self.rates.lost_requests, |c| &mut c.lost_requests)
    }

    fn loses_acknowledgement(&self) -> bool {
        let rate = self.rates.lost_acknowledgements;
        self.happens(rate, |c| &mut c.lost_acknowledgements)
    }

    /// Takes some time, now and then.
    async fn delay(&self) {
        if self.happens(self.rates.slow, |c| &mut c.slow) {
            let yields = self.fate().rng.below(u64::from(self.rates.yields_max));
            yield_times(1 + yields).await;
        }
    }

    /// Fails during an outage.
    fn check_up(&self) -> Result<(), StoreError> {
        let mut fate = self.fate();
        if fate.mode == Mode::Down {
            fate.counts.unavailable += 1;
            return Err(unavailable("the store is down, as the test wants it"));
        }
        Ok(())
    }

    /// Fails, now and then, or all the time during an outage.
    fn check_available(&self) -> Result<(), StoreError> {
        self.check_up()?;
        if self.happens(self.rates.unavailable, |c| &mut c.unavailable) {
            return Err(unavailable("the store is away, as the seed wants it"));
        }
        Ok(())
    }

    /// Now and then a disaster comes over `slice`.
    fn strike(&self, slice: &SliceName) {
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
    }

    /// A feed fails, now and then; the tail of what it last brought may come again then.
    fn check_feed(&self, memory: &mut FeedMemory) -> Result<(), StoreError> {
        self.check_up()?;
        if self.happens(self.rates.feed_errors, |c| &mut c.feed_errors) {
            return Err(unavailable("the feed failed, as the seed wants it"));
        }
        if let Some(last) = &memory.last
            && self.happens(self.rates.redeliveries, |c| &mut c.redeliveries)
        {
            let kept = self.fate().rng.below(last.events.len() as u64) as usize;
            memory.again = Some(FeedBatch {
                events: last.events[kept..].to_vec(),
                position: last.position,
                caught_up: false,
            });
            return Err(unavailable("the feed begins again, as the seed wants it"));
        }
        Ok(())
    }
}

/// The position of a faulty feed.
#[derive(Debug, Default)]
pub struct FeedMemory {
    last: Option<FeedBatch>,
    /// Comes before anything new.
    again: Option<FeedBatch>,
}

/// Whether a call takes its time, before it acts and before it answers. Read models never do.
const fn is_slowed(call: &Call<'_>) -> (bool, bool) {
    match call {
        Call::Append { .. } | Call::ReadStream { .. } | Call::ReadAll => (true, true),
        Call::Head | Call::LastUpTo | Call::LoadSnapshot | Call::SaveSnapshot => (true, false),
        Call::DeleteSnapshots | Call::LoadCheckpoint => (true, false),
        Call::SaveCheckpoint { .. } => (true, false),
        _ => (false, false),
    }
}

impl<S> Hook<S> for Faults {
    type Memory = FeedMemory;

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let (before, after) = is_slowed(&call);
        if before {
            self.delay().await;
        }
        let carried_out = async {
            self.check_available()
                .map_err(|source| E::refused(&call, source))?;
            if let Some(slice) = call.slice() {
                self.strike(slice);
            }
            let is_commit = matches!(call, Call::Commit { .. });
            if is_commit && self.loses_request() {
                return Err(E::unknown(&call, lost_request()));
            }
            let answer = run.await?;
            let is_write = matches!(
                call,
                Call::SaveSnapshot
                    | Call::SaveCheckpoint { .. }
                    | Call::Commit { .. }
                    | Call::SaveCatalogue { .. }
            );
            if is_write && self.loses_acknowledgement() {
                return Err(E::unknown(&call, lost_answer()));
            }
            Ok(answer)
        };
        let answer = carried_out.await;
        if after {
            self.delay().await;
        }
        answer
    }

    async fn append(
        &self,
        store: &S,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError>
    where
        S: EventStore,
    {
        let run = Box::pin(async {
            if self.happens(self.rates.conflicts, |c| &mut c.conflicts) {
                return conflict(store, stream, expected, events).await;
            }
            let unknown = |source| AppendError::OutcomeUnknown {
                stream: stream.clone(),
                source,
            };
            if self.loses_request() {
                return Err(unknown(lost_request()));
            }
            let loses_answer = self.loses_acknowledgement();
            let appended = store.append(stream, expected, events).await?;
            if loses_answer {
                return Err(unknown(lost_answer()));
            }
            Ok(appended)
        });
        let call = Call::Append { stream, events };
        Hook::<S>::around(self, call, run).await
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        _: GlobalPosition,
        memory: &mut FeedMemory,
    ) -> Result<FeedBatch, StoreError> {
        self.delay().await;
        self.check_feed(memory)?;
        if let Some(again) = memory.again.take() {
            return Ok(again);
        }
        let batch = feed.next().await?;
        if !batch.events.is_empty() {
            memory.last = Some(batch.clone());
        }
        Ok(batch)
    }
}

/// A conflict with the stream as it is: asked of the store by an expectation that never holds.
async fn conflict<S: EventStore>(
    store: &S,
    stream: &StreamName,
    expected: ExpectedVersion,
    events: &[NewEvent],
) -> Result<Appended, AppendError> {
    let never = ExpectedVersion::Exactly(StreamVersion::new(u64::from(u32::MAX)));
    let answer = store.append(stream, never, events).await;
    answer.map_err(|error| match error {
        AppendError::Conflict { stream, actual, .. } => AppendError::Conflict {
            stream,
            expected,
            actual,
        },
        other => other,
    })
}

#[cfg(test)]
mod tests;
