//! Time that moves by hand.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::{Clock, Timer, Timestamp};

/// A clock that a test moves: nothing happens until it says so.
///
/// A clone is the same clock.
///
/// ```
/// # use std::time::Duration;
/// # use minwon_core::{Clock, Timer, Timestamp, testing::ManualClock};
/// let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
/// let sleep = clock.sleep(Duration::from_secs(60));
/// clock.advance(Duration::from_secs(60));
/// futures_executor::block_on(sleep);
/// assert_eq!(clock.now().to_string(), "1970-01-01T00:01:00Z");
/// ```
#[derive(Debug, Clone)]
pub struct ManualClock {
    hands: Arc<Mutex<Hands>>,
}

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    is_impatient: bool,
    sleeps: u64,
    /// Who waits: by the instant waited for, and a number that distinguishes sleepers.
    sleepers: BTreeMap<(Timestamp, u64), Option<Waker>>,
}

impl ManualClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            hands: Arc::new(Mutex::new(Hands {
                now,
                is_impatient: false,
                sleeps: 0,
                sleepers: BTreeMap::new(),
            })),
        }
    }

    /// A clock on which nobody waits: every sleep moves the time and is over at once. For tests
    /// in which retries pause.
    #[must_use]
    pub fn auto_advancing(now: Timestamp) -> Self {
        let clock = Self::new(now);
        clock.hands().is_impatient = true;
        clock
    }

    /// Moves the time and wakes whoever has slept long enough.
    pub fn advance(&self, duration: Duration) {
        self.hands().advance(duration);
    }

    /// Moves the time to where the next sleeper wakes; false where nobody sleeps.
    pub fn advance_to_next_sleeper(&self) -> bool {
        let mut hands = self.hands();
        let Some(&(wakes_at, _)) = hands.sleepers.keys().next() else {
            return false;
        };
        hands.move_to(wakes_at);
        true
    }

    /// How many sleep now.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.hands().sleepers.len()
    }

    /// How often somebody has begun to sleep.
    #[must_use]
    pub fn sleeps(&self) -> u64 {
        self.hands().sleeps
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.hands.lock().expect("no code panics under this lock")
    }
}

impl Hands {
    fn advance(&mut self, duration: Duration) {
        self.move_to(self.now.saturating_add(duration));
    }

    fn move_to(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let asleep = self.sleepers.split_off(&(self.now, u64::MAX));
        let awake = std::mem::replace(&mut self.sleepers, asleep);
        awake.into_values().flatten().for_each(Waker::wake);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.hands().now
    }
}

impl Timer for ManualClock {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        let mut hands = self.hands();
        hands.sleeps += 1;
        let key = (hands.now.saturating_add(duration), hands.sleeps);
        if hands.is_impatient {
            hands.advance(duration);
        } else if key.0 > hands.now {
            hands.sleepers.insert(key, None);
        }
        Sleep {
            hands: Arc::clone(&self.hands),
            key,
        }
    }
}

/// Over when its key no longer stands among the sleepers.
struct Sleep {
    hands: Arc<Mutex<Hands>>,
    key: (Timestamp, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut hands = self.hands.lock().expect("no code panics under this lock");
        match hands.sleepers.get_mut(&self.key) {
            Some(waker) => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
            None => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Ok(mut hands) = self.hands.lock() {
            hands.sleepers.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::{
        pin::pin,
        sync::atomic::{AtomicU32, Ordering},
        task::Wake,
    };

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_sleeper_wakes_when_its_time_has_come() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let mut short = pin!(clock.sleep(SECOND));
        let mut long = pin!(clock.sleep(3 * SECOND));
        assert!(short.as_mut().now_or_never().is_none());
        clock.advance(SECOND);
        assert!(short.now_or_never().is_some());
        assert!(long.as_mut().now_or_never().is_none());
        assert!(clock.advance_to_next_sleeper());
        assert!(long.now_or_never().is_some());
        assert_eq!(
            clock.now(),
            Timestamp::UNIX_EPOCH.saturating_add(3 * SECOND)
        );
    }

    #[derive(Default)]
    struct Alarm(AtomicU32);

    impl Wake for Alarm {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn only_those_whose_time_has_come_are_woken() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let alarm = Arc::new(Alarm::default());
        let waker = Waker::from(Arc::clone(&alarm));
        let mut context = Context::from_waker(&waker);
        let mut sleeps = [1, 2, 3].map(|seconds| Box::pin(clock.sleep(seconds * SECOND)));
        for sleep in &mut sleeps {
            assert!(sleep.as_mut().poll(&mut context).is_pending());
        }
        clock.advance(2 * SECOND);
        assert_eq!(alarm.0.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_dropped_sleep_leaves_nothing_behind() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let sleep = clock.sleep(SECOND);
        assert_eq!(clock.sleepers(), 1);
        drop(sleep);
        assert_eq!((clock.sleepers(), clock.sleeps()), (0, 1));
        assert!(!clock.advance_to_next_sleeper());
    }

    #[test]
    fn nobody_waits_on_an_auto_advancing_clock() {
        let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
        assert!(clock.sleep(SECOND).now_or_never().is_some());
        assert_eq!(clock.now(), Timestamp::UNIX_EPOCH.saturating_add(SECOND));
    }

    #[test]
    fn a_sleep_of_no_length_is_over_at_once() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        assert!(clock.sleep(Duration::ZERO).now_or_never().is_some());
    }
}
