//! When a part tries again.

use std::time::Duration;

use minwon_core::key_hash;

use super::{Ending, ErrorClass, Until};

/// How long a part waits before it tries again: longer after each failure in a row, up to a bound.
///
/// ```
/// use std::time::Duration;
/// use minwon_projections::{ReactorOptions, RestartPolicy};
/// let policy = RestartPolicy::new(Duration::from_secs(1), Duration::from_secs(60)).jitter(7);
/// assert!(policy.pause(20) <= Duration::from_secs(60));
/// let options = ReactorOptions::default().restarts(policy);
/// # drop(options);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct RestartPolicy {
    first: Duration,
    longest: Duration,
    jitter_seed: Option<u64>,
}

/// So often in a row something must be misconfigured before the part ends: servers refuse users for
/// a moment while they start. Unit: tries.
const MISCONFIGURED_TRIES: u32 = 10;

/// The same where somebody waits for it. Unit: tries.
const MISCONFIGURED_TRIES_OF_WAITER: u32 = 3;

impl Default for RestartPolicy {
    fn default() -> Self {
        Self::new(Duration::from_millis(10), Duration::from_secs(5))
    }
}

impl RestartPolicy {
    /// First and longest pause; it doubles in between. Default: 10 ms, 5 s, without jitter.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest: longest.max(first),
            jitter_seed: None,
        }
    }

    /// Shortens each pause by up to a quarter, by how much follows from `seed`: so that those who
    /// failed together do not come back together. Give each process a seed of its own.
    pub fn jitter(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// The pause after so many failures in a row.
    #[must_use]
    pub fn pause(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let pause = self.first.saturating_mul(doubled).min(self.longest);
        match self.jitter_seed {
            None => pause,
            Some(seed) => {
                let part = key_hash(&format!("{seed}/{failures}")) % 256;
                pause - pause / 1024 * u32::try_from(part).unwrap_or(0)
            }
        }
    }

    /// The class of an end, the `failures`-th in a row, and how long to wait; none where the
    /// part ends. Whoever waits for the head of the log waits for this program, and neither for a newer
    /// one nor, but for a moment, for somebody who changes settings.
    pub(crate) fn after(
        &self,
        reason: &impl Ending,
        failures: u32,
        until: Until,
    ) -> Option<(ErrorClass, Duration)> {
        let class = reason.class()?;
        let is_left_to_others = match class {
            ErrorClass::Newer => true,
            ErrorClass::Misconfigured => failures >= MISCONFIGURED_TRIES_OF_WAITER,
            _ => false,
        };
        if is_left_to_others && until == Until::Head {
            return None;
        }
        Some((class, self.next(class, failures)?))
    }

    /// Returns how long to wait after an error of this class, the so many-th in a row; none where
    /// the part ends, because somebody has to act.
    #[must_use]
    pub fn next(&self, class: ErrorClass, failures: u32) -> Option<Duration> {
        match class {
            ErrorClass::Passing | ErrorClass::Contended => Some(self.pause(failures)),
            ErrorClass::Newer => Some(self.longest),
            ErrorClass::Misconfigured if failures < MISCONFIGURED_TRIES => {
                Some(self.pause(failures))
            }
            ErrorClass::Misconfigured | ErrorClass::Key | ErrorClass::Damaged | ErrorClass::Bug => {
                None
            }
        }
    }
}
