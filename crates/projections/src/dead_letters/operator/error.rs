//! Why an operator's request is refused.

use minwon_core::{ConsumerName, EventId, StreamName, StreamVersion};

use super::REASON_BYTES_MAX;
use crate::DeadLetterError;

/// Why an operator does not see, or did not decide.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The queues failed.
    #[error(transparent)]
    Queues(#[from] DeadLetterError),
    /// The event is held back by nobody, or only waits behind a letter.
    #[error(
        "event {event} is no dead letter of {consumer}; list the letters again: what has been \
         handled meanwhile is gone, and what waits behind a letter follows by itself"
    )]
    NotALetter {
        /// Whose letter it should have been.
        consumer: ConsumerName,
        /// Which event.
        event: EventId,
    },
    /// The consumer goes on without the event already.
    #[error(
        "{consumer} goes on without event {event} already; the decisions show who decided so, \
         and why"
    )]
    AlreadyGivenUp {
        /// The consumer.
        consumer: ConsumerName,
        /// Which event.
        event: EventId,
    },
    /// A decision without a reason.
    #[error("a decision needs a reason; say in a few words why the event may be given up")]
    NoReason,
    /// A reason over [`REASON_BYTES_MAX`].
    #[error("the reason has {bytes} bytes, the limit is {REASON_BYTES_MAX}; say it shorter")]
    ReasonTooLong {
        /// Its size.
        bytes: usize,
    },
    /// The log does not hold the event that a letter refers to.
    #[error(
        "{stream} does not hold the event of the letter at version {version}; check that this is \
         the right store, and whether it was restored from a backup older than the letter"
    )]
    EventGone {
        /// The event's stream.
        stream: StreamName,
        /// Its place there.
        version: StreamVersion,
    },
}
