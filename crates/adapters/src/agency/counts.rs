//! The state of a guard as it is visible from outside.

use super::BreakerState;

/// How things stand with a guarded link, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardState {
    /// Whether the agency is asked at all.
    pub breaker: BreakerState,
    /// Requests under way, those that pause between tries included.
    pub in_flight: usize,
    /// Requests that wait for a place.
    pub waiting: usize,
    /// The counts since the guard was built.
    pub counts: GuardCounts,
}

/// Counts since a guard was built. Requests and tries dropped half way are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GuardCounts {
    /// Requests that the agency answered.
    pub answered: u64,
    /// Requests that the agency refused.
    pub refused: u64,
    /// Tries that failed, those that took too long included.
    pub failed: u64,
    /// Tries after the first of a request.
    pub retries: u64,
    /// Requests that never reached the agency because the breaker was open.
    pub turned_away_by_breaker: u64,
    /// Requests that never reached the agency because too many others were under way.
    pub turned_away_by_bulkhead: u64,
    /// How often the breaker opened, after a probe that failed included.
    pub opened: u64,
}
