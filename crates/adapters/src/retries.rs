//! Time-outs and retries of outside parties.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use minwon_core::Timer;

/// The shortest and the longest time that an option of this crate may ask for.
pub(crate) const TIME_MIN: Duration = Duration::from_millis(1);
pub(crate) const TIME_MAX: Duration = Duration::from_secs(3600);

/// How often an outside party is tried, and how long it is left alone in between.
///
/// A pause lies, by chance, between half of its full length and all of it; the full length doubles
/// from try to try. Chance keeps callers that failed together from coming back together.
///
/// ```
/// # use std::{num::NonZeroU32, time::Duration};
/// # use minwon_adapters::Retries;
/// let retries = Retries::default()
///     .tries_max(NonZeroU32::new(8).unwrap())
///     .pauses(Duration::from_secs(1), Duration::from_secs(60));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Retries {
    tries_max: NonZeroU32,
    pause_first: Duration,
    pause_max: Duration,
    jitter_seed: Option<u64>,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            tries_max: NonZeroU32::new(3).expect("not 0"),
            pause_first: Duration::from_millis(500),
            pause_max: Duration::from_secs(10),
            jitter_seed: None,
        }
    }
}

impl Retries {
    /// How often one request is tried, the first time included. Bounds: 1 to 20. Default: 3.
    pub fn tries_max(mut self, tries: NonZeroU32) -> Self {
        self.tries_max = tries;
        self
    }

    /// The full length of the first pause, and of the longest. Bounds: 1 millisecond to 1 hour, the
    /// first no longer than the longest. Default: 500 milliseconds and 10 seconds.
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.pause_first = first;
        self.pause_max = longest;
        self
    }

    /// Makes random choices repeatable, for tests. Default: chance.
    pub fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    pub(crate) fn check(self) -> Result<Pauses, OptionError> {
        in_bounds("tries_max", self.tries_max.get(), 1, 20)?;
        let (first, longest) = (self.pause_first, self.pause_max);
        in_bounds("the longest pause", longest, TIME_MIN, TIME_MAX)?;
        in_bounds("the first pause", first, TIME_MIN, longest)?;
        // backon adds jitter on top: up to once more the given pause.
        let backoff = ExponentialBuilder::new()
            .with_min_delay(first / 2)
            .with_max_delay(longest / 2)
            .with_max_times(self.tries_max.get() as usize - 1)
            .with_jitter();
        Ok(Pauses {
            backoff,
            next_seed: self.jitter_seed.map(AtomicU64::new),
        })
    }
}

/// The pauses of any number of requests.
#[derive(Debug)]
pub(crate) struct Pauses {
    backoff: ExponentialBuilder,
    /// A seed for each request, or all of one notifier would pause in step.
    next_seed: Option<AtomicU64>,
}

impl Pauses {
    /// The pauses of one request: one fewer than its tries.
    pub(crate) fn of_request(&self) -> ExponentialBackoff {
        match &self.next_seed {
            None => self.backoff.build(),
            Some(seed) => {
                let seed = seed.fetch_add(1, Ordering::Relaxed);
                self.backoff.with_jitter_seed(seed).build()
            }
        }
    }
}

/// An option that lies outside its bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option} is {given}; choose a value from {least} to {most}")]
#[non_exhaustive]
pub struct OptionError {
    /// Which option.
    pub option: &'static str,
    /// The value that it was set to.
    pub given: String,
    /// The least it may be.
    pub least: String,
    /// The most it may be.
    pub most: String,
}

pub(crate) fn in_bounds<V: PartialOrd + std::fmt::Debug>(
    option: &'static str,
    given: V,
    least: V,
    most: V,
) -> Result<(), OptionError> {
    if (&least..=&most).contains(&&given) {
        return Ok(());
    }
    let [given, least, most] = [given, least, most].map(|value| format!("{value:?}"));
    Err(OptionError {
        option,
        given,
        least,
        most,
    })
}

/// Returns the output of `future`, or nothing where it takes longer than `limit`; then it is
/// dropped.
pub(crate) async fn within<T: Timer, F: Future>(
    timer: &T,
    limit: Duration,
    future: F,
) -> Option<F::Output> {
    tokio::select! {
        // An answer that is there counts, also when its time is up in the same moment.
        biased;
        output = future => Some(output),
        () = timer.sleep(limit) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn retries(tries: u32, first: u64, longest: u64) -> Retries {
        Retries::default()
            .tries_max(NonZeroU32::new(tries).unwrap())
            .pauses(ms(first), ms(longest))
    }

    proptest! {
        #[test]
        fn a_pause_lies_between_half_its_length_and_all_of_it(
            tries in 1_u32..=20,
            first in 1_u64..5_000,
            more in 0_u64..100_000,
            seed: u64,
        ) {
            let longest = first + more;
            let pauses = retries(tries, first, longest).jitter_seed(seed).check().unwrap();
            let pauses: Vec<_> = pauses.of_request().collect();
            prop_assert_eq!(pauses.len() as u32, tries - 1);
            for (place, pause) in pauses.into_iter().enumerate() {
                let full = ms(longest.min(first << place));
                // f32 in backon: a part in a million may be missing or too much.
                prop_assert!(pause >= full.mul_f64(0.499_999), "{:?} of {:?}", pause, full);
                prop_assert!(pause <= full.mul_f64(1.000_001), "{:?} of {:?}", pause, full);
            }
        }
    }

    #[test]
    fn two_requests_do_not_pause_in_step() {
        let pauses = retries(5, 100, 1000).jitter_seed(7).check().unwrap();
        let [one, two] = [(); 2].map(|()| pauses.of_request().collect::<Vec<_>>());
        assert_ne!(one, two);
        let again = retries(5, 100, 1000).jitter_seed(7).check().unwrap();
        assert_eq!(again.of_request().collect::<Vec<_>>(), one);
    }

    #[test]
    fn what_is_out_of_bounds_is_named() {
        for (retries, option) in [
            (retries(21, 1, 1), "tries_max"),
            (retries(1, 0, 1), "the first pause"),
            (retries(1, 2, 1), "the first pause"),
            (retries(1, 1, 3_600_001), "the longest pause"),
        ] {
            assert_eq!(retries.check().unwrap_err().option, option);
        }
        let error = retries(21, 1, 1).check().unwrap_err();
        assert_eq!(
            error.to_string(),
            "tries_max is 21; choose a value from 1 to 20"
        );
    }
}
