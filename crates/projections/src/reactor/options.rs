//! How much a reactor does at once, and how long it waits.

use std::{num::NonZeroU32, time::Duration};

use minwon_core::RETRIES_MAX;

/// Bounds of a reactor. All have defaults that suit a service of any size.
#[derive(Debug, Clone)]
pub struct ReactorOptions {
    pub(super) batch_events_max: NonZeroU32,
    pub(super) in_flight_max: NonZeroU32,
    pub(super) waiting_events_max: NonZeroU32,
    pub(super) retries_max: u32,
    pub(super) retry_pause_first: Duration,
    pub(super) retry_pause_max: Duration,
    pub(super) pause_first: Duration,
    pub(super) pause_max: Duration,
    pub(super) checkpoint_wait: Duration,
    pub(super) idle_checkpoint_wait: Duration,
}

impl Default for ReactorOptions {
    fn default() -> Self {
        Self {
            batch_events_max: NonZeroU32::new(1024).expect("not 0"),
            in_flight_max: NonZeroU32::new(64).expect("not 0"),
            waiting_events_max: NonZeroU32::new(4096).expect("not 0"),
            retries_max: RETRIES_MAX,
            retry_pause_first: Duration::from_millis(100),
            retry_pause_max: Duration::from_secs(5),
            pause_first: Duration::from_millis(10),
            pause_max: Duration::from_secs(5),
            checkpoint_wait: Duration::from_millis(200),
            idle_checkpoint_wait: Duration::from_secs(10),
        }
    }
}

impl ReactorOptions {
    /// Most events read from the log at a time; no more than may wait. Default: 1024.
    #[must_use]
    pub fn batch_events_max(mut self, events: NonZeroU32) -> Self {
        self.batch_events_max = events;
        self
    }

    /// Most keys whose events are handled at once. One that waits for its next try does not count.
    /// Default: 64.
    #[must_use]
    pub fn in_flight_max(mut self, keys: NonZeroU32) -> Self {
        self.in_flight_max = keys;
        self
    }

    /// Most events in memory that wait for their turn, beside those that are read ahead. So many
    /// events after one that takes long others can still be handled. Default: 4096.
    #[must_use]
    pub fn waiting_events_max(mut self, events: NonZeroU32) -> Self {
        self.waiting_events_max = events;
        self
    }

    /// How often an event that fails is tried again before it is a dead letter. Default:
    /// [`RETRIES_MAX`].
    #[must_use]
    pub fn retries_max(mut self, retries: u32) -> Self {
        self.retries_max = retries;
        self
    }

    /// First and longest pause before an event that failed is tried again; it doubles in between.
    /// Default: 100 ms, 5 s.
    #[must_use]
    pub fn retry_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.retry_pause_first = first;
        self.retry_pause_max = longest.max(first);
        self
    }

    /// First and longest pause while a store or what a command needs is away; it doubles in
    /// between. Default: 10 ms, 5 s.
    #[must_use]
    pub fn pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.pause_first = first;
        self.pause_max = longest.max(first);
        self
    }

    /// A checkpoint moves this long after an event of its slice was handled: so long a crash costs
    /// to handle again, without effect. Default: 200 ms.
    #[must_use]
    pub fn checkpoint_wait(mut self, wait: Duration) -> Self {
        self.checkpoint_wait = wait;
        self
    }

    /// The checkpoint of a slice without events of its own moves this long after the last time:
    /// what a start costs to read over. Default: 10 s.
    #[must_use]
    pub fn idle_checkpoint_wait(mut self, wait: Duration) -> Self {
        self.idle_checkpoint_wait = wait;
        self
    }

    /// The pause after so many failures of one event.
    pub(super) fn retry_pause(&self, failures: u32) -> Duration {
        doubled(self.retry_pause_first, failures).min(self.retry_pause_max)
    }

    /// The pause after so many answers in a row that something is away.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        doubled(self.pause_first, failures).min(self.pause_max)
    }

    /// Events read at a time, so that a batch fits into what may wait.
    pub(super) fn batch(&self) -> NonZeroU32 {
        self.batch_events_max.min(self.waiting_events_max)
    }
}

fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times.saturating_sub(1)))
}
