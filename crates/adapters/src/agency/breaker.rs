//! The circuit breaker: a state machine without a clock and without a lock of its own.
//!
//! The crates there are (failsafe, recloser, tower-circuitbreaker) ask the machine for the time, so
//! no test could move it, and none leaves the decision about a dropped future to its caller.

use std::time::Duration;

use minwon_core::Timestamp;

/// Most outcomes that are looked back on: as many as a `u64` has bits.
pub(super) const OF_LAST_MAX: u32 = u64::BITS;

/// When to open, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    /// So many failures open it.
    pub(super) failures: u32,
    /// Among so many last outcomes; at most [`OF_LAST_MAX`].
    pub(super) of_last: u32,
    /// How long it stays open before a try is let through.
    pub(super) wait: Duration,
}

/// Whether tries are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerState {
    /// All of them are.
    Closed,
    /// None is, until then.
    Open {
        /// From then on one try is let through.
        until: Timestamp,
    },
    /// One was let through; how it ends decides whether others follow.
    HalfOpen,
}

impl BreakerState {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// Lets one try through. It has to be brought back: [`Breaker::settle`], [`Breaker::give_back`].
#[derive(Debug)]
pub(super) struct Pass {
    round: u64,
}

/// The effect of an outcome on the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    None,
    Opened { until: Timestamp },
    Closed,
}

#[derive(Debug)]
enum State {
    /// The last outcomes, a bit each, the newest lowest; a failure is a 1.
    Closed {
        outcomes: u64,
    },
    Open {
        until: Timestamp,
    },
    /// A probe is under way; `until` is when it became allowed.
    HalfOpen {
        until: Timestamp,
    },
}

#[derive(Debug)]
pub(super) struct Breaker {
    rule: Rule,
    state: State,
    /// Counts the changes of state, so that an outcome from before one is known as stale.
    round: u64,
}

impl Breaker {
    pub(super) fn new(rule: Rule) -> Self {
        debug_assert!((1..=rule.of_last).contains(&rule.failures) && rule.of_last <= OF_LAST_MAX);
        Self {
            rule,
            state: State::Closed { outcomes: 0 },
            round: 0,
        }
    }

    pub(super) fn state(&self) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { until } => BreakerState::Open { until },
            State::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }

    /// Returns whether [`admit`](Self::admit) would let a try through.
    pub(super) fn would_admit(&self, now: Timestamp) -> bool {
        match self.state {
            State::Closed { .. } => true,
            State::Open { until } => self.is_over(until, now),
            State::HalfOpen { .. } => false,
        }
    }

    /// Lets a try through, or says why not. When the wait is over, the first try is the probe.
    pub(super) fn admit(&mut self, now: Timestamp) -> Result<Pass, BreakerState> {
        if !self.would_admit(now) {
            return Err(self.state());
        }
        if let State::Open { until } = self.state {
            self.turn(State::HalfOpen { until });
        }
        Ok(Pass { round: self.round })
    }

    /// Takes the outcome of a try: whether the agency failed.
    pub(super) fn settle(&mut self, pass: &Pass, is_failure: bool, now: Timestamp) -> Change {
        if pass.round != self.round {
            // It began before the breaker changed state: its outcome is older than the present
            // state.
            return Change::None;
        }
        match &mut self.state {
            State::Closed { outcomes } => {
                *outcomes = *outcomes << 1 | u64::from(is_failure);
                let looked_at = u64::MAX >> (OF_LAST_MAX - self.rule.of_last);
                if (*outcomes & looked_at).count_ones() >= self.rule.failures {
                    return self.open(now);
                }
                Change::None
            }
            State::HalfOpen { .. } if is_failure => self.open(now),
            State::HalfOpen { .. } => {
                self.turn(State::Closed { outcomes: 0 });
                Change::Closed
            }
            State::Open { .. } => Change::None, // no pass is of a round in which it is open
        }
    }

    /// Takes back the pass of a try of which nobody knows how it ended. A probe's goes to the next.
    pub(super) fn give_back(&mut self, pass: &Pass) {
        if let State::HalfOpen { until } = self.state
            && pass.round == self.round
        {
            self.turn(State::Open { until });
        }
    }

    fn open(&mut self, now: Timestamp) -> Change {
        let until = now.saturating_add(self.rule.wait);
        self.turn(State::Open { until });
        Change::Opened { until }
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.round += 1;
    }

    fn is_over(&self, until: Timestamp, now: Timestamp) -> bool {
        // A clock that was put back must not keep the agency away for as long as it was put back.
        now >= until || until > now.saturating_add(self.rule.wait)
    }
}

#[cfg(test)]
mod tests;
