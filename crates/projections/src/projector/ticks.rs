//! The timers of a session.

use std::{future::poll_fn, sync::Arc, task::Poll, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use minwon_core::Timer;

/// Something that is due after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tick {
    /// The pause between two commits is over.
    Commit,
    /// The leases have to be renewed.
    Heartbeat,
    /// Nothing had to be done for long: earlier lives of slices are swept away.
    Sweep,
    /// Slices without news have waited long enough for the others.
    IdleSlices,
    /// Look whether the catalogue has changed.
    Catalogue,
    /// Look whether the slices are where they were committed.
    Slices,
}

/// All of them. The one due first comes first, and of several the one listed first here.
const ALL: [Tick; 6] = [
    Tick::Commit,
    Tick::Heartbeat,
    Tick::Sweep,
    Tick::IdleSlices,
    Tick::Catalogue,
    Tick::Slices,
];

/// The timers of a session, one for each kind of tick.
pub(super) struct Ticks<T> {
    timer: Arc<T>,
    waits: [Option<BoxFuture<'static, ()>>; ALL.len()],
}

impl<T: Timer + 'static> Ticks<T> {
    pub(super) fn new(timer: Arc<T>) -> Self {
        let waits = ALL.map(|_| None);
        Self { timer, waits }
    }

    /// It is due in `wait`, and not when it was before.
    pub(super) fn start(&mut self, tick: Tick, wait: Duration) {
        let timer = Arc::clone(&self.timer);
        self.waits[tick as usize] = Some(async move { timer.sleep(wait).await }.boxed());
    }

    /// It is not due any more.
    pub(super) fn stop(&mut self, tick: Tick) {
        self.waits[tick as usize] = None;
    }

    /// Returns whether it is to come.
    pub(super) fn is_started(&self, tick: Tick) -> bool {
        self.waits[tick as usize].is_some()
    }

    /// Waits for the next one that is admitted.
    pub(super) async fn next(&mut self, admits: impl Fn(Tick) -> bool) -> Tick {
        poll_fn(|context| {
            for tick in ALL.into_iter().filter(|tick| admits(*tick)) {
                let wait = &mut self.waits[tick as usize];
                if let Some(waiting) = wait
                    && waiting.poll_unpin(context).is_ready()
                {
                    *wait = None;
                    return Poll::Ready(tick);
                }
            }
            Poll::Pending
        })
        .await
    }
}
