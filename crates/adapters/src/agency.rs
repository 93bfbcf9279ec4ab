//! A guard around the link to an outside register, so that its troubles stay its own.
//!
//! A request passes these layers, from the outside in:
//!
//! 1. **Bulkhead**: so many requests at once, so many more that wait, and the rest is turned away
//!    at once. It stands outside because a request that pauses between tries still holds its
//!    caller: what is bounded is how much of this process one agency can tie up.
//! 2. **Retries** with growing pauses. A refusal is an answer and is not retried.
//! 3. **Circuit breaker**. It stands inside the retries, so that every try counts, and a breaker
//!    that others opened ends the retries of all.
//! 4. **Time-out** of each try. It stands innermost, so that an agency that hangs counts as failing.
//!
//! This is the order of .NET's standard resilience handler. One thing differs: an open breaker also
//! answers before the queue, as waiting only to be turned away helps nobody.
//!
//! tower's layers were not taken: they own their requests, where a link borrows them, and their
//! time is tokio's, where ours is a port.

mod breaker;
mod builder;
mod bulkhead;
mod counts;
mod trial;

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use minwon_core::{
    Timer, Timestamp,
    metrics::{
        self, AGENCY_BREAKER, AGENCY_CALLS, AGENCY_DURATION, AGENCY_IN_FLIGHT,
        AGENCY_IN_FLIGHT_MAX, AGENCY_WAITING, AGENCY_WAITING_MAX, RETRIES,
    },
};

use minwon_petitions::{AgencyError, AgencyLink};

use crate::{SystemClock, retries::Pauses, retries::within};

pub use breaker::BreakerState;
pub use builder::GuardedLinkBuilder;
pub use counts::{GuardCounts, GuardState};

use bulkhead::Bulkhead;
use trial::{Trial, Watch};

/// An [`AgencyLink`] with a bulkhead, retries, a circuit breaker and a time-out around it.
///
/// A caller who drops the future gives everything back: its place, its place in the queue, and the
/// probe of a half-open breaker. The answer that the agency would have given then counts neither
/// way; a caller who waits for less than [`timeout`](GuardedLinkBuilder::timeout)
/// therefore keeps the breaker from noticing that the agency hangs.
///
/// ```
/// # use minwon_petitions::{AgencyError, AgencyLink};
/// use minwon_adapters::agency::{BreakerState, GuardedLink};
///
/// struct Register;
///
/// impl AgencyLink<u32> for Register {
///     type Answer = String;
///     async fn ask(&self, number: &u32) -> Result<String, AgencyError> {
///         Ok(format!("entry {number}"))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let register = GuardedLink::builder(Register).build()?;
/// assert_eq!(register.ask(&7).await?, "entry 7");
/// assert_eq!(register.state().breaker, BreakerState::Closed);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct GuardedLink<L, T = SystemClock> {
    link: L,
    name: Arc<str>,
    timer: T,
    timeout: Duration,
    pauses: Pauses,
    bulkhead: Bulkhead,
    watch: Mutex<Watch>,
}

/// Why the guard has no answer of the agency; the source of [`AgencyError::Unavailable`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// As many requests are under way and waiting as there may be; the agency was not asked.
    #[error("{in_flight_max} requests are under way and {waiting_max} wait; ask again later")]
    Busy {
        /// So many may be under way.
        in_flight_max: usize,
        /// So many may wait.
        waiting_max: usize,
    },
    /// No request before this one ended in time; the agency was not asked.
    #[error("no place became free within {wait_max:?}; ask again later")]
    WaitedTooLong {
        /// How long a request may wait for its place.
        wait_max: Duration,
    },
    /// The agency failed too often and is left alone; it was not asked.
    #[error("the agency failed too often and is left alone until {until}")]
    Open {
        /// From then on one request is let through.
        until: Timestamp,
    },
    /// The agency failed too often, and one request is finding out whether it still does; it was
    /// not asked for this one.
    #[error("the agency failed too often and is being tried with one request; ask again later")]
    Probing,
    /// The agency did not answer in time. It may have been reached.
    #[error("the agency did not answer within {timeout:?}")]
    TimedOut {
        /// How long one answer may take.
        timeout: Duration,
    },
    /// The agency failed at every try, or the breaker opened before the last.
    #[error("the agency kept failing (tries: {tries})")]
    GaveUp {
        /// How often it was asked.
        tries: u32,
        /// How the last try failed.
        #[source]
        last: Box<dyn Error + Send + Sync>,
    },
}

impl From<BreakerState> for GuardError {
    /// The error of a request that the breaker does not let through.
    fn from(state: BreakerState) -> Self {
        match state {
            BreakerState::Open { until } => Self::Open { until },
            BreakerState::HalfOpen | BreakerState::Closed => Self::Probing,
        }
    }
}

impl GuardError {
    /// Its word in metrics.
    const fn word(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "busy",
            Self::WaitedTooLong { .. } => "waited_too_long",
            Self::Open { .. } | Self::Probing => "breaker_open",
            Self::TimedOut { .. } => "timed_out",
            Self::GaveUp { .. } => "failed",
        }
    }
}

fn unavailable(error: GuardError) -> AgencyError {
    AgencyError::Unavailable(error.into())
}

impl<L> GuardedLink<L> {
    /// Puts a guard around `link`.
    pub fn builder(link: L) -> GuardedLinkBuilder<L> {
        GuardedLinkBuilder::new(link)
    }
}

impl<L, T: Timer> GuardedLink<L, T> {
    /// Returns the present state.
    pub fn state(&self) -> GuardState {
        let watch = trial::lock(&self.watch);
        GuardState {
            breaker: watch.breaker.state(),
            in_flight: self.bulkhead.in_flight(),
            waiting: self.bulkhead.waiting(),
            counts: watch.counts,
        }
    }

    /// Says how things stand, as [numbers](minwon_core::metrics): to be called before they are looked at. Without the
    /// feature `metrics` it does nothing.
    pub fn report_metrics(&self) {
        let state = self.state();
        let agency = ("agency", &*self.name);
        for it in ["closed", "open", "half_open"] {
            let is_so = f64::from(state.breaker.as_str() == it);
            metrics::set(&AGENCY_BREAKER, &[agency, ("state", it)], is_so);
        }
        let room = self.bulkhead.room();
        for (metric, requests) in [
            (&AGENCY_IN_FLIGHT, state.in_flight),
            (&AGENCY_IN_FLIGHT_MAX, room.in_flight_max),
            (&AGENCY_WAITING, state.waiting),
            (&AGENCY_WAITING_MAX, room.waiting_max),
        ] {
            metrics::set(metric, &[agency], requests as f64);
        }
    }

    fn count(&self, outcome: &'static str) {
        let labels = [("agency", &*self.name), ("outcome", outcome)];
        metrics::count(&AGENCY_CALLS, &labels, 1);
    }

    fn count_retry(&self) {
        let labels = [
            ("namespace", ""),
            ("of", "agency"),
            ("name", &*self.name),
            ("cause", "failed"),
        ];
        metrics::count(&RETRIES, &labels, 1);
    }

    /// Counts a request that the agency never saw.
    fn turn_away(&self, error: GuardError) -> AgencyError {
        self.count(error.word());
        let counts = &mut trial::lock(&self.watch).counts;
        match error {
            GuardError::Open { .. } | GuardError::Probing => counts.turned_away_by_breaker += 1,
            _ => counts.turned_away_by_bulkhead += 1,
        }
        unavailable(error)
    }

    fn check_breaker(&self) -> Result<(), GuardError> {
        let now = self.timer.now();
        let breaker = &trial::lock(&self.watch).breaker;
        if breaker.would_admit(now) {
            Ok(())
        } else {
            Err(breaker.state().into())
        }
    }

    fn begin(&self) -> Result<Trial<'_>, GuardError> {
        Ok(Trial::begin(&self.watch, self.timer.now())?)
    }

    /// Asks once, and reports the outcome to the breaker.
    async fn try_once<R: Sync>(&self, trial: Trial<'_>, request: &R) -> Tried<L::Answer>
    where
        L: AgencyLink<R>,
    {
        let began = metrics::now(&self.timer);
        let answer = within(&self.timer, self.timeout, self.link.ask(request)).await;
        let outcome = match &answer {
            Some(Ok(_)) => "answered",
            Some(Err(AgencyError::Refused(_))) => "refused",
            Some(Err(AgencyError::Unavailable(_))) => "failed",
            None => "timed_out",
        };
        self.count(outcome);
        let labels = [("agency", &*self.name), ("outcome", outcome)];
        metrics::took(&AGENCY_DURATION, &labels, began, metrics::now(&self.timer));
        let tried = match answer {
            Some(Ok(answer)) => Tried::Answered(Ok(answer)),
            Some(Err(AgencyError::Refused(reason))) => {
                Tried::Answered(Err(AgencyError::Refused(reason)))
            }
            Some(Err(AgencyError::Unavailable(reason))) => Tried::Failed(reason),
            None => Tried::Failed(
                GuardError::TimedOut {
                    timeout: self.timeout,
                }
                .into(),
            ),
        };
        trial.settle(&tried, self.timer.now());
        tried
    }
}

/// How one try ended.
enum Tried<A> {
    /// The agency works, though it may have refused.
    Answered(Result<A, AgencyError>),
    /// The agency failed.
    Failed(Box<dyn Error + Send + Sync>),
}

impl<R: Sync, L: AgencyLink<R>, T: Timer + 'static> AgencyLink<R> for GuardedLink<L, T> {
    type Answer = L::Answer;

    async fn ask(&self, request: &R) -> Result<L::Answer, AgencyError> {
        let turned_away = |error| self.turn_away(error);
        self.check_breaker().map_err(turned_away)?;
        let entered = self.bulkhead.enter(&self.timer).await;
        let _place = entered.map_err(turned_away)?;
        let mut trial = self.begin().map_err(turned_away)?;
        let mut pauses = self.pauses.of_request();
        let mut tries = 1;
        loop {
            let last = match self.try_once(trial, request).await {
                Tried::Answered(answer) => return answer,
                Tried::Failed(last) => last,
            };
            let given_up = unavailable(GuardError::GaveUp { tries, last });
            // An open breaker may let one through after the pause; that one need not be this one.
            let (Ok(()), Some(pause)) = (self.check_breaker(), pauses.next()) else {
                return Err(given_up);
            };
            self.timer.sleep(pause).await;
            trial = match self.begin() {
                Ok(next) => next,
                Err(_) => return Err(given_up),
            };
            trial::lock(&self.watch).counts.retries += 1;
            self.count_retry();
            tries += 1;
        }
    }
}
