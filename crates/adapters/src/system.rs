//! The machine's own clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use minwon_core::{Clock, Timer, Timestamp};

/// The machine's own clock. Its timer needs a tokio runtime with time enabled.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 or after 9999 is broken; the epoch shows that plainly.
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp::UNIX_EPOCH.saturating_add(since_epoch)
    }
}

impl Timer for SystemClock {
    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
