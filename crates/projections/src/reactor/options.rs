//! How much a reactor does at once, and how long it waits.

use std::{
    num::{NonZeroU32, NonZeroU64},
    time::Duration,
};

use minwon_core::RETRIES_MAX;

use crate::supervise::RestartPolicy;

/// Bounds of a reactor. All have defaults that suit a service of any size.
///
/// ```
/// use std::time::Duration;
/// use minwon_projections::ReactorOptions;
/// let (first, longest) = (Duration::from_millis(200), Duration::from_secs(10));
/// let options = ReactorOptions::default().retries_max(5).retry_pauses(first, longest);
/// # drop(options);
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct ReactorOptions {
    pub(super) batch_events_max: NonZeroU32,
    pub(super) in_flight_max: NonZeroU32,
    pub(super) waiting_events_max: NonZeroU32,
    pub(super) retries_max: u32,
    pub(super) retries: RestartPolicy,
    pub(super) restarts: RestartPolicy,
    pub(super) unavailable_max: u32,
    pub(super) execution_time_max: Duration,
    pub(super) stop_time_max: Duration,
    pub(super) checkpoint_wait: Duration,
    pub(super) idle_checkpoint_events: NonZeroU64,
}

impl Default for ReactorOptions {
    fn default() -> Self {
        Self {
            batch_events_max: NonZeroU32::new(1024).expect("not 0"),
            in_flight_max: NonZeroU32::new(64).expect("not 0"),
            waiting_events_max: NonZeroU32::new(4096).expect("not 0"),
            retries_max: RETRIES_MAX,
            retries: RestartPolicy::new(Duration::from_millis(100), Duration::from_secs(5)),
            restarts: RestartPolicy::default(),
            unavailable_max: 20,
            execution_time_max: Duration::from_secs(30),
            stop_time_max: Duration::from_secs(10),
            checkpoint_wait: Duration::from_millis(200),
            idle_checkpoint_events: NonZeroU64::new(100_000).expect("not 0"),
        }
    }
}

impl ReactorOptions {
    /// Most events read from the log at a time; no more than may wait. Default: 1024.
    pub fn batch_events_max(mut self, events: NonZeroU32) -> Self {
        self.batch_events_max = events;
        self
    }

    /// Most keys whose events are handled at once. One that waits for its next try does not count.
    /// Default: 64.
    pub fn in_flight_max(mut self, keys: NonZeroU32) -> Self {
        self.in_flight_max = keys;
        self
    }

    /// Most events in memory that wait for their turn, beside those that are read ahead. So many
    /// events after one that takes long others can still be handled. Default: 4096.
    pub fn waiting_events_max(mut self, events: NonZeroU32) -> Self {
        self.waiting_events_max = events;
        self
    }

    /// How often an event that fails is tried again before it is a dead letter. Default:
    /// [`RETRIES_MAX`].
    pub fn retries_max(mut self, retries: u32) -> Self {
        self.retries_max = retries;
        self
    }

    /// First and longest pause before an event that failed is tried again; it doubles in between.
    /// Default: 100 ms, 5 s.
    pub fn retry_pauses(mut self, first: Duration, longest: Duration) -> Self {
        self.retries = RestartPolicy::new(first, longest);
        self
    }

    /// First and longest pause while a store or what a command needs is away; it doubles in
    /// between. Default: 10 ms, 5 s.
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        self.restarts(RestartPolicy::new(first, longest))
    }

    /// How long a reactor, or one of its keys, waits before it tries again where something is away.
    pub fn restarts(mut self, policy: RestartPolicy) -> Self {
        self.restarts = policy;
        self
    }

    /// An event whose command is answered "unavailable" this often while it stands alone with that
    /// becomes a dead letter of the class [`Unavailable`](minwon_core::FailureClass::Unavailable):
    /// what it needs is there, and not for it. It stands alone once commands of other keys that began
    /// after it failed have succeeded. Not counted are times between which other keys, that do not
    /// stand alone, were answered the same and none succeeded: in an outage all wait, however long.
    /// Default: 20.
    pub fn unavailable_max(mut self, times: NonZeroU32) -> Self {
        self.unavailable_max = times.get();
        self
    }

    /// The commands of an event may take this long together; then they are dropped, and what they
    /// need counts as away. A service in which nothing comes to an end for as long as it may be paused is
    /// not ready. Default: 30 s.
    pub fn execution_time_max(mut self, time: Duration) -> Self {
        self.execution_time_max = time;
        self
    }

    /// Asked to stop, a reactor waits at most this long for what is being carried out, then drops it:
    /// the next one carries it out again, with the same ids. Default: 10 s.
    pub fn stop_time_max(mut self, time: Duration) -> Self {
        self.stop_time_max = time;
        self
    }

    /// A checkpoint moves this long after an event of its slice was handled: so long a crash costs
    /// to handle again, without effect. Default: 200 ms.
    pub fn checkpoint_wait(mut self, wait: Duration) -> Self {
        self.checkpoint_wait = wait;
        self
    }

    /// The checkpoint of a slice without events of its own moves after about so many events in the
    /// log, whoever wrote them: what a start costs to read over, while a service that has nothing
    /// to do writes nothing. Default: 100,000, which a store passes over in less than a second.
    pub fn idle_checkpoint_events(mut self, events: NonZeroU64) -> Self {
        self.idle_checkpoint_events = events;
        self
    }

    /// Events read at a time, so that a batch fits into what may wait.
    pub(super) fn batch(&self) -> NonZeroU32 {
        self.batch_events_max.min(self.waiting_events_max)
    }
}
