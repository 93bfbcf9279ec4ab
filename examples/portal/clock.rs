//! The time of the day that is played.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use minwon::{Clock, SystemClock, Timer, Timestamp};

/// A clock that passes as clocks do, and jumps to when the next person does something: the hours
/// of people are played, the milliseconds of machines are real.
#[derive(Debug, Clone)]
pub(crate) struct DayClock(Arc<Mutex<Since>>);

/// The time of day, and when that was on the machine's own clock.
#[derive(Debug)]
struct Since {
    time: Timestamp,
    at: Instant,
}

impl Since {
    fn now(&self) -> Timestamp {
        self.time.saturating_add(self.at.elapsed())
    }
}

impl DayClock {
    pub(crate) fn starting_at(time: Timestamp) -> Self {
        let at = Instant::now();
        Self(Arc::new(Mutex::new(Since { time, at })))
    }

    /// Jumps to `time`. It never goes back.
    pub(crate) fn reach(&self, time: Timestamp) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if time > since.now() {
            let at = Instant::now();
            *since = Since { time, at };
        }
    }
}

impl Clock for DayClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now()
    }
}

impl Timer for DayClock {
    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}
