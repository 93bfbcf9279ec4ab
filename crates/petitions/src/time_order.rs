//! Times in order: nothing happens before what it depends on.

use std::time::Duration;

use minwon_core::Timestamp;

use crate::message::{AsValue, Message, Value};

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

impl AsValue for BeforeCause {
    fn as_value(&self) -> Value<'_> {
        Value::Message(Message {
            of: "BeforeCause",
            name: "",
            values: vec![
                ("at", Value::Instant(self.at)),
                ("cause", Value::Phrase(self.cause)),
                ("cause_at", Value::Instant(self.cause_at)),
            ],
        })
    }
}

/// What an event can depend on, in the words of [`BeforeCause::cause`].
pub(crate) const CAUSES: &[&str] = &[
    "the filing",
    "the filing at the agency",
    "the receipt",
    "the end of the last stop of the clock",
    "the stop of the clock",
    "the first extension",
    "the request for the supplement",
    "the second request for it",
    "the failed delivery before",
    "the question to the agency",
    "the answer to the question before",
    "the last assignment or transfer",
    "the notice of the refusal",
    "the objection",
    "the issue of the document",
    "the question to the register",
    "the answer of the register",
    "the failure of the register",
    "the time since which the document waits",
];

/// The event that a time depends on, and when that was.
pub(crate) type Cause = (&'static str, Timestamp);

/// Checks that `at` is not before its cause.
pub(crate) fn check_follows(at: Timestamp, (cause, cause_at): Cause) -> Result<(), BeforeCause> {
    debug_assert!(CAUSES.contains(&cause), "{cause} has no form");
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
