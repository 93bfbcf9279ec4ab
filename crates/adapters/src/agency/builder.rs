//! How a guard is put around a link.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon_core::Timer;

use super::{
    GuardCounts, GuardedLink,
    breaker::{Breaker, OF_LAST_MAX, Rule},
    bulkhead::{Bulkhead, Room},
    trial::Watch,
};
use crate::{
    OptionError, Retries, SystemClock,
    retries::{TIME_MAX, TIME_MIN, in_bounds},
};

/// Builds a [`GuardedLink`].
#[derive(Debug)]
#[must_use]
pub struct GuardedLinkBuilder<L, T = SystemClock> {
    link: L,
    name: Arc<str>,
    timer: T,
    timeout: Duration,
    retries: Retries,
    rule: Rule,
    room: Room,
}

impl<L> GuardedLinkBuilder<L> {
    pub(super) fn new(link: L) -> Self {
        Self {
            link,
            name: "agency".into(),
            timer: SystemClock,
            timeout: Duration::from_secs(5),
            retries: Retries::default(),
            rule: Rule {
                failures: 5,
                of_last: 10,
                wait: Duration::from_secs(30),
            },
            room: Room {
                in_flight_max: 16,
                waiting_max: 64,
                wait_max: Duration::from_secs(5),
            },
        }
    }
}

impl<L, T> GuardedLinkBuilder<L, T> {
    /// The clock of time-outs, pauses and the breaker. Default: the machine's, which needs a tokio
    /// runtime with time enabled.
    pub fn timer<U: Timer>(self, timer: U) -> GuardedLinkBuilder<L, U> {
        GuardedLinkBuilder {
            timer,
            link: self.link,
            name: self.name,
            timeout: self.timeout,
            retries: self.retries,
            rule: self.rule,
            room: self.room,
        }
    }

    /// The name of the agency, under which its calls are [counted](minwon_core::metrics). Default: `agency`.
    pub fn name(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// How long each try may take. Bounds: 1 millisecond to 1 hour. Default: 5 seconds.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// How often the agency is asked, and the pauses in between. Default: [`Retries::default`].
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Opens the breaker when so many of the last so many tries failed; the same number twice means
    /// failures in a row. Bounds: 1 to 64, the failures no more than the tries. Default: 5 of the
    /// last 10.
    pub fn breaker_opens_at(mut self, failures: NonZeroU32, of_last: NonZeroU32) -> Self {
        (self.rule.failures, self.rule.of_last) = (failures.get(), of_last.get());
        self
    }

    /// How long an open breaker leaves the agency alone before it tries it with one request.
    /// Bounds: 1 millisecond to 1 hour. Default: 30 seconds.
    pub fn breaker_wait(mut self, time: Duration) -> Self {
        self.rule.wait = time;
        self
    }

    /// How many requests may be under way at once. Bounds: 1 to 100,000. Default: 16.
    pub fn in_flight_max(mut self, requests: NonZeroUsize) -> Self {
        self.room.in_flight_max = requests.get();
        self
    }

    /// How many requests may wait for a place, and each of them for how long. Bounds: 0 to 100,000
    /// and 1 millisecond to 1 hour. Default: 64, for 5 seconds.
    pub fn waiting_max(mut self, requests: usize, time: Duration) -> Self {
        (self.room.waiting_max, self.room.wait_max) = (requests, time);
        self
    }

    /// Puts the guard around the link.
    ///
    /// # Errors
    /// [`OptionError`] where an option is out of its bounds.
    pub fn build(self) -> Result<GuardedLink<L, T>, OptionError> {
        let (rule, room) = (self.rule, self.room);
        in_bounds("timeout", self.timeout, TIME_MIN, TIME_MAX)?;
        in_bounds("the breaker's tries", rule.of_last, 1, OF_LAST_MAX)?;
        in_bounds("the breaker's failures", rule.failures, 1, rule.of_last)?;
        in_bounds("breaker_wait", rule.wait, TIME_MIN, TIME_MAX)?;
        in_bounds("in_flight_max", room.in_flight_max, 1, 100_000)?;
        in_bounds("waiting_max", room.waiting_max, 0, 100_000)?;
        in_bounds("the longest wait", room.wait_max, TIME_MIN, TIME_MAX)?;
        Ok(GuardedLink {
            link: self.link,
            name: self.name,
            timer: self.timer,
            timeout: self.timeout,
            pauses: self.retries.check()?,
            bulkhead: Bulkhead::new(room),
            watch: Mutex::new(Watch {
                breaker: Breaker::new(rule),
                counts: GuardCounts::default(),
            }),
        })
    }
}
