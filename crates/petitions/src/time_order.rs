//! Times in order: nothing happens before what it depends on.

use std::time::Duration;

use minwon_core::Timestamp;

/// How much earlier than what it depends on a time may be: an event and its cause are timed by the clocks of
/// different hosts, which are never quite the same.
///
/// Five minutes are what Kerberos lets clocks differ by (RFC 4120, section 3.2.3), so hosts of one
/// domain keep to them already. No period of the law is as short, and what is backdated for its
/// effect is backdated by more.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// A time that is before what it depends on, by more than [clocks differ](CLOCK_TOLERANCE).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{at} is before {cause}, at {cause_at}; check both times, and the clocks that they are from"
)]
#[non_exhaustive]
pub struct BeforeCause {
    /// The time.
    pub at: Timestamp,
    /// The event it depends on.
    pub cause: &'static str,
    /// When that was.
    pub cause_at: Timestamp,
}

/// The event that a time depends on, and when that was.
pub(crate) type Cause = (&'static str, Timestamp);

/// Checks that `at` is not before its cause.
pub(crate) fn check_follows(at: Timestamp, (cause, cause_at): Cause) -> Result<(), BeforeCause> {
    if at.saturating_add(CLOCK_TOLERANCE) >= cause_at {
        return Ok(());
    }
    Err(BeforeCause {
        at,
        cause,
        cause_at,
    })
}

/// The later of two causes.
pub(crate) fn later(one: Cause, other: Option<Cause>) -> Cause {
    match other {
        Some(other) if other.1 > one.1 => other,
        _ => one,
    }
}
