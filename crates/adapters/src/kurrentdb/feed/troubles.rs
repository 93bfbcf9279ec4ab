//! When to try again, and when to report to the consumer.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use minwon_core::{StoreError, StoreErrorKind};
use tokio::time::Instant;

/// The first and the longest pause before the next try, of which chance takes up to half.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// The troubles since something came in last.
pub(super) struct Troubles {
    /// For how long the consumer is not bothered.
    quiet_for: Duration,
    since: Option<Instant>,
    pauses: ExponentialBackoff,
}

impl Troubles {
    pub(super) fn new(quiet_for: Duration) -> Self {
        Self {
            quiet_for,
            since: None,
            pauses: pauses(),
        }
    }

    /// Something came in: what was before is forgotten.
    pub(super) fn are_over(&mut self) {
        if self.since.take().is_some() {
            self.pauses = pauses();
        }
    }

    /// Returns how long to pause after this one, and whether to report it first: at once if it does
    /// not pass by itself, otherwise when it has lasted.
    pub(super) fn add(&mut self, error: &StoreError, now: Instant) -> (bool, Duration) {
        let since = *self.since.get_or_insert(now);
        let has_lasted = now.duration_since(since) >= self.quiet_for;
        if has_lasted {
            self.since = Some(now);
        }
        let is_reported = has_lasted || error.kind() != StoreErrorKind::Unavailable;
        (is_reported, self.pauses.next().unwrap_or(PAUSE_MAX))
    }
}

fn pauses() -> ExponentialBackoff {
    // backon adds jitter on top: up to once more the given pause.
    ExponentialBuilder::new()
        .with_min_delay(PAUSE_FIRST / 2)
        .with_max_delay(PAUSE_MAX / 2)
        .without_max_times()
        .with_jitter()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable() -> StoreError {
        StoreError::new(StoreErrorKind::Unavailable, "away")
    }

    #[test]
    fn what_lasts_is_reported_once_in_a_while() {
        let mut troubles = Troubles::new(Duration::from_secs(10));
        let start = Instant::now();
        let mut add = |seconds| {
            troubles
                .add(&unavailable(), start + Duration::from_secs(seconds))
                .0
        };
        let reported = [0, 5, 9, 10, 11, 19, 20, 25, 30].map(&mut add);
        let wanted = [false, false, false, true, false, false, true, false, true];
        assert_eq!(reported, wanted);
    }

    #[test]
    fn what_does_not_pass_is_reported_at_once() {
        let mut troubles = Troubles::new(Duration::from_secs(10));
        let corrupt = StoreError::new(StoreErrorKind::Corrupt, "damaged");
        assert!(troubles.add(&corrupt, Instant::now()).0);
    }

    #[test]
    fn pauses_grow_to_their_bound_and_begin_anew() {
        let mut troubles = Troubles::new(Duration::from_secs(10));
        let now = Instant::now();
        let pauses = [(); 40].map(|()| troubles.add(&unavailable(), now).1);
        assert!(pauses[0] <= PAUSE_FIRST);
        assert!(pauses.iter().all(|pause| *pause <= PAUSE_MAX));
        assert!(pauses[39] >= PAUSE_MAX / 2);
        troubles.are_over();
        assert!(troubles.add(&unavailable(), now).1 <= PAUSE_FIRST);
    }
}
