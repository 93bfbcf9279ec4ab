//! Why a reactor ends, and why it begins again.

use std::error::Error;

use minwon_core::{GlobalPosition, Slice, StoreError};

use crate::dead_letters::DeadLetterError;

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
    #[error("the dead letters failed")]
    DeadLetters(#[source] DeadLetterError),
}

/// Why work ends before all is done.
#[derive(Debug)]
pub(super) enum SessionEnd {
    /// For good.
    Stop(ReactorStop),
    /// Something is away; it may come back.
    Away(Box<dyn Error + Send + Sync>),
    /// The slices to work on changed.
    Reassigned,
    /// It was asked to stop.
    Stopping,
}

impl From<StoreError> for SessionEnd {
    fn from(source: StoreError) -> Self {
        if is_final(&source) {
            Self::Stop(ReactorStop::EventStore(source))
        } else {
            Self::Away(Box::new(source))
        }
    }
}

impl From<DeadLetterError> for SessionEnd {
    fn from(error: DeadLetterError) -> Self {
        match error {
            DeadLetterError::Store(source) => source.into(),
            // Others are at work: as good as a store that is busy.
            DeadLetterError::Contended { .. } => Self::Away(Box::new(error)),
            _ => Self::Stop(ReactorStop::DeadLetters(error)),
        }
    }
}

fn is_final(error: &StoreError) -> bool {
    use minwon_core::StoreErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::Corrupt | Kind::NewerVersion | Kind::NotFound | Kind::Closed
    )
}
