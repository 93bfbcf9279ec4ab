//! Why a reactor ends, and why it begins again.

use std::error::Error;

use minwon_core::{GlobalPosition, Slice, StoreError};

use crate::{
    dead_letters::DeadLetterError,
    supervise::{Classified, Ending, ErrorClass, TaskError, passes},
};

/// Why a reactor stopped. After all of them the next one goes on where this one was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReactorStop {
    /// Somebody asked it to.
    #[error("it was asked to stop")]
    Requested,
    /// It was to go on to the head of the log and no further.
    #[error("it reached the head of the log")]
    CaughtUp,
    /// It has handled more than the log holds.
    #[error(
        "slice {} was handled up to {checkpoint}, but the log ends at {head}: the log was restored \
         and lacks events whose effects may be elsewhere; see what is missing, then set the \
         checkpoint back", slice.get()
    )]
    AheadOfLog {
        /// Which slice.
        slice: Slice,
        /// How far it was handled.
        checkpoint: GlobalPosition,
        /// Where the log ends.
        head: GlobalPosition,
    },
    /// The event store failed for good.
    #[error("the event store failed")]
    EventStore(#[source] StoreError),
    /// Dead letters cannot be read or written.
    #[error("dead letters cannot be read or written")]
    DeadLetters(#[source] DeadLetterError),
    /// Its task panicked, or was cancelled with its runtime.
    #[error("its task panicked or was aborted")]
    Task(#[from] TaskError),
}

impl Ending for ReactorStop {
    fn class(&self) -> Option<ErrorClass> {
        Some(match self {
            Self::Requested | Self::CaughtUp => return None,
            Self::AheadOfLog { .. } => ErrorClass::Damaged,
            Self::EventStore(source) => source.class(),
            Self::DeadLetters(source) => source.class(),
            Self::Task(_) => ErrorClass::Bug,
        })
    }
}

/// Why work ends before all is done.
#[derive(Debug)]
pub(super) enum SessionEnd {
    /// For good.
    Stop(ReactorStop),
    /// Something is in the way that may pass.
    Away(ReactorStop),
    /// Something that a command needs is away; it will come back.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// The slices to work on changed.
    Reassigned,
    /// It was asked to stop.
    Stopping,
}

impl SessionEnd {
    /// An end for this reason, or a pause: as the table says.
    fn of(reason: ReactorStop) -> Self {
        if passes(&reason) {
            Self::Away(reason)
        } else {
            Self::Stop(reason)
        }
    }
}

impl From<StoreError> for SessionEnd {
    fn from(source: StoreError) -> Self {
        Self::of(ReactorStop::EventStore(source))
    }
}

impl From<DeadLetterError> for SessionEnd {
    fn from(error: DeadLetterError) -> Self {
        Self::of(match error {
            DeadLetterError::Store(source) => ReactorStop::EventStore(source),
            other => ReactorStop::DeadLetters(other),
        })
    }
}
