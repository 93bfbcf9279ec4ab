//! Time that moves by itself when all wait.

use std::{future::Future, time::Duration};

use minwon_core::{Clock, Timer, Timestamp};
use tokio::time::Instant;

/// The paused time of a tokio runtime: when every task waits, it jumps to where the first wakes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VirtualClock(Instant);

impl VirtualClock {
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH.saturating_add(self.0.elapsed())
    }
}

impl Timer for VirtualClock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Runs a test on one thread, in paused time.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(within(test))
}

/// The output of a future that ends within an hour of paused time; otherwise it never would.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    let hour = Duration::from_secs(60 * 60);
    let come = tokio::time::timeout(hour, future).await;
    come.expect("it comes within an hour")
}
