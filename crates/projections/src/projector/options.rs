//! How much a projector holds in memory, and how long it waits.

use std::{num::NonZeroU32, time::Duration};

use crate::supervise::RestartPolicy;

/// Bounds of a projector. All have defaults that suit a service of any size.
///
/// ```
/// use std::time::Duration;
/// use minwon_projections::ProjectorOptions;
/// // Fewer and larger commits; views are up to that much older.
/// let options = ProjectorOptions::default().commits_wait(Duration::from_millis(50));
/// # drop(options);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct ProjectorOptions {
    pub(crate) batch_events_max: NonZeroU32,
    pub(crate) changed_views_max: usize,
    pub(crate) uncommitted_events_max: u64,
    pub(crate) uncommitted_time_max: Duration,
    pub(crate) cached_views_max: usize,
    pub(crate) idle_slices_wait: Duration,
    pub(crate) look_wait: Duration,
    pub(crate) commits_wait: Duration,
    pub(crate) restarts: RestartPolicy,
    pub(crate) stop_time_max: Duration,
    pub(crate) sweep_wait: Duration,
}

impl Default for ProjectorOptions {
    fn default() -> Self {
        Self {
            batch_events_max: NonZeroU32::new(4096).expect("not 0"),
            changed_views_max: 65_536,
            uncommitted_events_max: 1_000_000,
            uncommitted_time_max: Duration::from_secs(10),
            cached_views_max: 16_384,
            idle_slices_wait: Duration::from_millis(50),
            look_wait: Duration::from_secs(1),
            commits_wait: Duration::ZERO,
            restarts: RestartPolicy::default(),
            stop_time_max: Duration::from_secs(10),
            sweep_wait: Duration::from_secs(600),
        }
    }
}

impl ProjectorOptions {
    /// Most events read from the log at a time. Default: 4096.
    pub fn batch_events_max(mut self, events: NonZeroU32) -> Self {
        self.batch_events_max = events;
        self
    }

    /// Catching up, at most so many views are changed in memory before they are committed. The
    /// projector begins with 8,192, twice as many while a commit is under way, and goes on with more as long as the events of a subject lie
    /// so far apart that this saves writes. The price is memory, and a longer moment in which the
    /// store of the read models is busy with one slice. Unit: views over all slices. Default:
    /// 65,536.
    pub fn changed_views_max(mut self, views: NonZeroU32) -> Self {
        self.changed_views_max = views.get() as usize;
        self
    }

    /// Catching up, so many events are folded at most before a commit: what a crash costs to read
    /// again. Default: 1,000,000.
    pub fn uncommitted_events_max(mut self, events: NonZeroU32) -> Self {
        self.uncommitted_events_max = u64::from(events.get());
        self
    }

    /// Catching up, what is folded waits at most this long for a commit, however slowly the log is
    /// read. Default: 10 s.
    pub fn uncommitted_time_max(mut self, time: Duration) -> Self {
        self.uncommitted_time_max = time;
        self
    }

    /// So many views stay in memory after they are committed, since they may change again soon.
    /// Unit: views over all slices. Default: 16,384.
    pub fn cached_views_max(mut self, views: u32) -> Self {
        self.cached_views_max = views as usize;
        self
    }

    /// A slice without news moves its checkpoint this long after the others at the latest.
    /// Default: 50 ms.
    pub fn idle_slices_wait(mut self, wait: Duration) -> Self {
        self.idle_slices_wait = wait;
        self
    }

    /// After so long without a commit a projector looks whether the store still has what was
    /// committed, in two slices at a time: so a flush or a failover is noticed though no event
    /// comes. A store that [counts its changes](minwon_core::ReadModelStore::changes), as one in
    /// this process or in its file does, is asked only where it has counted one since. Default: 1 s.
    pub fn look_wait(mut self, wait: Duration) -> Self {
        self.look_wait = wait;
        self
    }

    /// The time after which a projector that has nothing to do sweeps away, once, the data that
    /// earlier lives of its slices left, for example before a crash. Slices that it restarted
    /// itself it sweeps as soon as it has caught up. Default: 10 minutes.
    pub fn sweep_wait(mut self, wait: Duration) -> Self {
        self.sweep_wait = wait;
        self
    }

    /// Caught up, the next commit begins no sooner than this after the one before. Waiting, the
    /// events of a subject that follow closely on each other cost one write; answers are older by
    /// as much. Worth it where every commit is a sync that appends wait for, as in the file of the
    /// events. Default: none.
    pub fn commits_wait(mut self, wait: Duration) -> Self {
        self.commits_wait = wait;
        self
    }

    /// First and longest pause while a store is away; it doubles in between. Default: 10 ms, 5 s.
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        self.restarts(RestartPolicy::new(first, longest))
    }

    /// How long a projection that something is in the way of waits before it tries again.
    pub fn restarts(mut self, policy: RestartPolicy) -> Self {
        self.restarts = policy;
        self
    }

    /// Asked to stop, it commits what is folded for at most this long, then drops it: the next one
    /// folds it again. Default: 10 s.
    pub fn stop_time_max(mut self, time: Duration) -> Self {
        self.stop_time_max = time;
        self
    }
}
