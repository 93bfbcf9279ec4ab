//! How much of a process a namespace may take, and until when.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use minwon_core::{ExecuteError, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, watch};

/// How many calls of a namespace are under way and waiting at most, and how long those under way have
/// at the end.
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
    stop_time_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls_max: NonZeroUsize::new(64).expect("not 0"),
            waiting_calls_max: 1024,
            stop_time_max: Duration::from_secs(20),
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

    /// How long the calls under way have once the service is asked to
    /// [stop](crate::engine::Engine::stop); then they are dropped. Default: 20 s, less than the 30 s
    /// that Kubernetes gives a process.
    #[must_use]
    pub const fn stop_time_max(mut self, time: Duration) -> Self {
        self.stop_time_max = time;
        self
    }
}

/// Lets so many in at a time and so many wait, until it is closed.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: Limits,
    /// For those under way.
    calls: Arc<Semaphore>,
    /// For those under way and those that wait.
    places: Arc<Semaphore>,
    /// Whoever is under way has a receiver.
    end: watch::Sender<End>,
}

/// How far the end of a service has come.
#[derive(Debug, Clone, Copy, Default)]
struct End {
    /// Nobody comes in any more.
    since: Option<Timestamp>,
    /// Nobody goes on.
    is_here: bool,
}

/// A place among the calls under way, until this is dropped; none is needed where nothing limits them.
#[derive(Debug, Default)]
pub struct Turn(Option<Place>);

#[derive(Debug)]
struct Place {
    end: watch::Receiver<End>,
    _permits: [OwnedSemaphorePermit; 2],
}

/// Why a call has no turn; nothing of it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Too many wait already.
    Overloaded,
    /// The service is ending.
    Ending,
}

/// What a call that was dropped at the end fails with.
#[derive(Debug, thiserror::Error)]
#[error("the service ended before the call did")]
struct Dropped;

impl Gate {
    pub(crate) fn new(limits: Limits) -> Self {
        let calls = limits.calls_max.get();
        let places = calls.saturating_add(limits.waiting_calls_max);
        let permits = |most: usize| Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS)));
        Self {
            limits,
            calls: permits(calls),
            places: permits(places),
            end: watch::Sender::default(),
        }
    }

    /// Says how many calls are under way and waiting, as metrics.
    #[cfg(feature = "metrics")]
    pub(crate) fn report(&self, namespace: &str) {
        use minwon_core::metrics::{CALLS, CALLS_MAX, CALLS_WAITING, CALLS_WAITING_MAX, set};

        let Limits {
            calls_max,
            waiting_calls_max,
            ..
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

    /// Waits for a turn. Dropping the future gives the place up.
    pub(crate) async fn enter(&self) -> Result<Turn, Refused> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|error| match error {
            TryAcquireError::NoPermits => Refused::Overloaded,
            TryAcquireError::Closed => Refused::Ending,
        })?;
        let call = Arc::clone(&self.calls).acquire_owned().await;
        let call = call.map_err(|_| Refused::Ending)?;
        // Looking holds up who closes: whoever is not refused here is waited for.
        let end = self.end.borrow();
        match end.since {
            Some(_) => Err(Refused::Ending),
            None => Ok(Turn(Some(Place {
                end: self.end.subscribe(),
                _permits: [call, place],
            }))),
        }
    }

    /// Lets nobody in any more, those that wait included. The first time counts.
    pub(crate) fn close(&self, now: Timestamp) {
        self.end.send_modify(|end| {
            end.since.get_or_insert(now);
        });
        self.places.close();
        self.calls.close();
    }

    /// Since when it is closed.
    pub(crate) fn closed_since(&self) -> Option<Timestamp> {
        self.end.borrow().since
    }

    /// When whoever is under way has had their time; none where nobody has to end.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        let since = self.closed_since()?;
        Some(since.saturating_add(self.limits.stop_time_max))
    }

    /// Waits until nobody is under way.
    pub(crate) async fn emptied(&self) {
        self.end.closed().await;
    }

    /// Drops the calls under way. Returns how many there are.
    pub(crate) fn drop_calls(&self) -> usize {
        self.end.send_modify(|end| end.is_here = true);
        self.end.receiver_count()
    }
}

impl Turn {
    /// Carries a call out, and drops it where the service ends first; `dropped` says what it comes to
    /// then.
    pub(crate) async fn spend_on<O, E>(
        self,
        call: impl Future<Output = Result<O, E>>,
        dropped: impl FnOnce(ExecuteError) -> E,
    ) -> Result<O, E> {
        let Some(mut place) = self.0 else {
            return call.await;
        };
        // In this order: what is dropped begins nothing more.
        tokio::select! {
            biased;
            Ok(_) = place.end.wait_for(|end| end.is_here) => {
                Err(dropped(ExecuteError::Transient(Box::new(Dropped))))
            }
            done = call => done,
        }
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
        let first = gate.enter().now_or_never();
        assert!(matches!(first, Some(Ok(_))), "{first:?}");
        let mut second = pin!(gate.enter());
        assert!(second.as_mut().now_or_never().is_none(), "it waits");
        let third = gate.enter().now_or_never();
        assert!(matches!(third, Some(Err(Refused::Overloaded))), "{third:?}");
        drop(first);
        assert!(matches!(second.now_or_never(), Some(Ok(_))));
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
