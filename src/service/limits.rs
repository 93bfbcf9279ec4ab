//! How much of a process a namespace may take.

use std::{num::NonZeroUsize, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many calls of a namespace are under way and waiting at most.
///
/// ```
/// use std::num::NonZeroUsize;
/// use minwon::service::Limits;
/// let calls = NonZeroUsize::new(32).expect("not 0");
/// let limits = Limits::default().calls_max(calls).waiting_calls_max(256);
/// assert_ne!(limits, Limits::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    calls_max: NonZeroUsize,
    waiting_calls_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_max: NonZeroUsize::new(64).expect("not 0"),
            waiting_calls_max: 1024,
        }
    }
}

impl Limits {
    /// Calls under way at once, to file a petition or to issue its document. Default: 64.
    #[must_use]
    pub const fn calls_max(mut self, calls: NonZeroUsize) -> Self {
        self.calls_max = calls;
        self
    }

    /// Calls that wait for their turn; beyond that a call is
    /// [refused](super::FilingError::Overloaded) at once. Default: 1,024.
    #[must_use]
    pub const fn waiting_calls_max(mut self, calls: usize) -> Self {
        self.waiting_calls_max = calls;
        self
    }
}

/// Lets so many in at a time and so many wait.
#[derive(Debug)]
pub(super) struct Gate {
    #[cfg(feature = "metrics")]
    limits: Limits,
    /// For those under way.
    calls: Arc<Semaphore>,
    /// For those under way and those that wait.
    places: Arc<Semaphore>,
}

/// A place among the calls under way, until this is dropped; none is needed where nothing limits them.
#[derive(Debug, Default)]
pub struct Turn {
    _permits: Option<[OwnedSemaphorePermit; 2]>,
}

impl Gate {
    pub(super) fn new(limits: Limits) -> Self {
        let calls = limits.calls_max.get();
        let places = calls.saturating_add(limits.waiting_calls_max);
        let permits = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self {
            #[cfg(feature = "metrics")]
            limits,
            calls: permits(calls),
            places: permits(places),
        }
    }

    /// Says how many calls are under way and waiting, as metrics.
    #[cfg(feature = "metrics")]
    pub(super) fn report(&self, namespace: &str) {
        use minwon_core::metrics::{CALLS, CALLS_MAX, CALLS_WAITING, CALLS_WAITING_MAX, set};

        let Limits {
            calls_max,
            waiting_calls_max,
        } = self.limits;
        let places = calls_max.get().saturating_add(waiting_calls_max);
        let taken = |semaphore: &Semaphore, most: usize| {
            let most = most.min(Semaphore::MAX_PERMITS);
            most.saturating_sub(semaphore.available_permits())
        };
        let calls = taken(&self.calls, calls_max.get());
        let waiting = taken(&self.places, places).saturating_sub(calls);
        for (metric, calls) in [
            (&CALLS, calls),
            (&CALLS_MAX, calls_max.get()),
            (&CALLS_WAITING, waiting),
            (&CALLS_WAITING_MAX, waiting_calls_max),
        ] {
            set(metric, &[("namespace", namespace)], calls as f64);
        }
    }

    /// Waits for a turn; none where too many wait already. Dropping the future gives the place up.
    pub(super) async fn enter(&self) -> Option<Turn> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        // The semaphore is never closed.
        let call = Arc::clone(&self.calls).acquire_owned().await.ok()?;
        Some(Turn {
            _permits: Some([call, place]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::pin::pin;

    #[test]
    fn beyond_those_at_work_and_those_waiting_nobody_comes_in() {
        let limits = Limits::default()
            .calls_max(NonZeroUsize::MIN)
            .waiting_calls_max(1);
        let gate = Gate::new(limits);
        let first = gate.enter().now_or_never().flatten();
        assert!(first.is_some());
        let mut second = pin!(gate.enter());
        assert!(second.as_mut().now_or_never().is_none(), "it waits");
        let third = gate.enter().now_or_never();
        assert!(third.is_some_and(|permit| permit.is_none()), "refused");
        drop(first);
        assert!(second.now_or_never().flatten().is_some());
    }

    #[test]
    fn who_gives_up_waiting_gives_the_place_up() {
        let limits = Limits::default()
            .calls_max(NonZeroUsize::MIN)
            .waiting_calls_max(1);
        let gate = Gate::new(limits);
        let _first = gate.enter().now_or_never();
        assert!(gate.enter().now_or_never().is_none());
        assert!(
            gate.enter().now_or_never().is_none(),
            "the place is free again"
        );
    }
}
