//! How often one asker may ask about documents by their numbers.

use std::{
    collections::HashMap,
    fmt,
    num::{NonZeroU32, NonZeroUsize},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use minwon_core::{ActorId, Timestamp};

/// Limits how often somebody asks about documents by number, so that nobody gets to try numbers.
///
/// The default is [`TokenBuckets`], which each process counts for itself. Implement it over a store
/// that all processes share to count across them.
pub trait QuestionLimit: fmt::Debug + Send + Sync + 'static {
    /// Takes a question that `asker` asks at `now`.
    ///
    /// # Errors
    /// The first instant at which it would be taken, where there were too many.
    fn take(&self, asker: &ActorId, now: Timestamp) -> Result<(), Timestamp>;
}

/// A bucket of tokens for each asker, which a question takes one from and time refills.
///
/// ```
/// use minwon::{Clock as _, SystemClock, service::{QuestionLimit, TokenBuckets}};
/// use std::{num::NonZeroU32, time::Duration};
/// let limit = TokenBuckets::new(NonZeroU32::MIN, Duration::from_secs(60));
/// let (asker, now) = ("employer-1".parse()?, SystemClock.now());
/// assert_eq!(limit.take(&asker, now), Ok(()));
/// let later = now.saturating_add(Duration::from_secs(60));
/// assert_eq!(limit.take(&asker, now), Err(later));
/// assert_eq!(limit.take(&asker, later), Ok(()));
/// # Ok::<(), minwon::engine::NameError>(())
/// ```
#[derive(Debug)]
pub struct TokenBuckets {
    /// How long an empty bucket takes to fill up, but for one token.
    all_but_one: Duration,
    refill: Duration,
    askers_max: usize,
    /// When the bucket of an asker will be full; one that is not here is full.
    full_at: Mutex<HashMap<ActorId, Timestamp>>,
}

impl Default for TokenBuckets {
    /// 30 questions at once and one every 2 s, of up to 10,000 askers: an office that checks papers all
    /// day does not notice, and to try all numbers takes longer than there is time.
    fn default() -> Self {
        Self::new(NonZeroU32::new(30).expect("not 0"), Duration::from_secs(2))
    }
}

impl TokenBuckets {
    /// So many questions at once, and one more each time that `refill` has passed.
    #[must_use]
    pub fn new(at_once: NonZeroU32, refill: Duration) -> Self {
        Self {
            all_but_one: refill.saturating_mul(at_once.get() - 1),
            refill,
            askers_max: 10_000,
            full_at: Mutex::default(),
        }
    }

    /// How many askers are remembered. Of more, the one whose bucket is nearest to full is forgotten.
    /// Default: 10,000.
    #[must_use]
    pub fn askers_max(mut self, askers: NonZeroUsize) -> Self {
        self.askers_max = askers.get();
        self
    }
}

impl QuestionLimit for TokenBuckets {
    fn take(&self, asker: &ActorId, now: Timestamp) -> Result<(), Timestamp> {
        // What is under the lock is whole after every step.
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let full = full_at.get(asker).map_or(now, |at| (*at).max(now));
        let earliest = full.saturating_sub(self.all_but_one);
        if now < earliest {
            return Err(earliest);
        }
        if !full_at.contains_key(asker) && full_at.len() >= self.askers_max {
            full_at.retain(|_, full| *full > now);
            if full_at.len() >= self.askers_max {
                let fullest = full_at.iter().min_by_key(|(_, full)| **full);
                let fullest = fullest.map(|(asker, _)| asker.clone());
                fullest.map(|asker| full_at.remove(&asker));
            }
        }
        full_at.insert(asker.clone(), full.saturating_add(self.refill));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(name: &str) -> ActorId {
        ActorId::new(name).unwrap()
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(seconds))
    }

    fn limit(at_once: u32) -> TokenBuckets {
        TokenBuckets::new(NonZeroU32::new(at_once).unwrap(), Duration::from_secs(10))
    }

    #[test]
    fn so_many_are_taken_at_once_and_then_one_at_a_time() {
        let (limit, one) = (limit(3), asker("one"));
        for _ in 0..3 {
            assert_eq!(limit.take(&one, at(100)), Ok(()));
        }
        assert_eq!(limit.take(&one, at(100)), Err(at(110)));
        assert_eq!(limit.take(&one, at(109)), Err(at(110)));
        assert_eq!(limit.take(&one, at(110)), Ok(()));
        assert_eq!(limit.take(&one, at(110)), Err(at(120)));
        // Nobody saves up more than a bucket holds.
        for _ in 0..3 {
            assert_eq!(limit.take(&one, at(10_000)), Ok(()));
        }
        assert_eq!(limit.take(&one, at(10_000)), Err(at(10_010)));
    }

    #[test]
    fn each_asker_has_a_bucket() {
        let limit = limit(1);
        assert_eq!(limit.take(&asker("one"), at(0)), Ok(()));
        assert_eq!(limit.take(&asker("two"), at(0)), Ok(()));
        assert_eq!(limit.take(&asker("one"), at(0)), Err(at(10)));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing_away() {
        let (limit, one) = (limit(1), asker("one"));
        assert_eq!(limit.take(&one, at(100)), Ok(()));
        assert_eq!(limit.take(&one, at(50)), Err(at(110)));
    }

    #[test]
    fn no_more_askers_are_remembered_than_there_is_room_for() {
        let limit = limit(2).askers_max(NonZeroUsize::new(2).unwrap());
        let (one, two, three) = (asker("one"), asker("two"), asker("three"));
        for _ in 0..2 {
            assert_eq!(limit.take(&one, at(0)), Ok(()));
        }
        assert_eq!(limit.take(&two, at(0)), Ok(()));
        assert_eq!(limit.take(&three, at(0)), Ok(()));
        assert_eq!(limit.full_at.lock().unwrap().len(), 2);
        // The second was nearest to full, the first is still held back.
        assert_eq!(limit.take(&one, at(0)), Err(at(10)));
    }
}
