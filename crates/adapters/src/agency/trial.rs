//! One try, from the breaker's pass to the breaker's news of it.

use std::sync::{Mutex, MutexGuard};

use minwon_core::Timestamp;

use super::{
    BreakerState, GuardCounts, Tried,
    breaker::{Breaker, Change, Pass},
};

/// The state that tries share.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) breaker: Breaker,
    pub(super) counts: GuardCounts,
}

pub(super) fn lock(watch: &Mutex<Watch>) -> MutexGuard<'_, Watch> {
    watch.lock().expect("no code panics under this lock")
}

/// One try under way. Dropped before it is settled, it gives its pass back, so that a half-open
/// breaker does not wait endlessly for a probe that nobody makes.
pub(super) struct Trial<'a> {
    watch: &'a Mutex<Watch>,
    pass: Option<Pass>,
}

impl<'a> Trial<'a> {
    /// Asks the breaker for a pass.
    pub(super) fn begin(watch: &'a Mutex<Watch>, now: Timestamp) -> Result<Self, BreakerState> {
        let pass = lock(watch).breaker.admit(now)?;
        Ok(Self {
            watch,
            pass: Some(pass),
        })
    }

    pub(super) fn settle<A>(mut self, tried: &Tried<A>, now: Timestamp) {
        let Some(pass) = self.pass.take() else {
            return;
        };
        let change = {
            let watch = &mut *lock(self.watch);
            match tried {
                Tried::Answered(Ok(_)) => watch.counts.answered += 1,
                Tried::Answered(Err(_)) => watch.counts.refused += 1,
                Tried::Failed(_) => watch.counts.failed += 1,
            }
            let is_failure = matches!(tried, Tried::Failed(_));
            let change = watch.breaker.settle(&pass, is_failure, now);
            watch.counts.opened += u64::from(matches!(change, Change::Opened { .. }));
            change
        };
        // Reported without the lock: the listener may take its time.
        match change {
            Change::None => {}
            Change::Opened { until } => {
                tracing::warn!(%until, "an agency fails too often and is left alone");
            }
            Change::Closed => tracing::info!("an agency answers again"),
        }
    }
}

impl Drop for Trial<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            lock(self.watch).breaker.give_back(&pass);
        }
    }
}
