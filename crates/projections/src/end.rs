//! Why a projector or a reactor ends, and why it begins again.

use std::{error::Error, time::Duration};

use minwon_core::{
    GenerationName, GlobalPosition, ModelName, Slice, StoreError, StreamName, StreamVersion,
};

use crate::{
    DeadLetterError,
    slice::Damaged,
    supervise::{Classified, Ending, ErrorClass, RestartPolicy, TaskError, Until, passes},
};

/// Why a projector or a reactor stopped. After all of them the next one goes on where this one was.
/// Folded events are committed where a projector was [asked](Self::Requested) to stop or reached the
/// [head](Self::CaughtUp); after the other reasons the next one folds uncommitted events again.
///
/// An event that cannot be read, folded or handled, has a key that no view can have, or stands behind
/// a hole in its stream, is no reason: its key is [held](crate::Held) back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StopReason {
    /// Somebody asked it to.
    #[error("it was asked to stop")]
    Requested,
    /// It was to go on to the head of the log and no further.
    #[error("it reached the head of the log")]
    CaughtUp,
    /// Reading the log passed over an event of a stream that the log has.
    #[error(
        "version {expected} of {stream} was passed over: at position {position} {found} came; check the event store"
    )]
    PassedOver {
        /// The stream.
        stream: StreamName,
        /// The version that should have come.
        expected: StreamVersion,
        /// The version that came.
        found: StreamVersion,
        /// Where it stands in the log.
        position: GlobalPosition,
    },
    /// The generation that answers was made by another fold.
    #[error(
        "{model} is answered by a generation of another fold than this program's; rebuild it, or run the program that made it"
    )]
    OtherFold {
        /// The read model.
        model: ModelName,
    },
    /// The generation that it filled is gone.
    #[error(
        "generation {generation} is not in the catalogue any more: it was retired, or the store lost it; begin a rebuild"
    )]
    NoGeneration {
        /// The generation.
        generation: GenerationName,
    },
    /// The generation that it filled answers now, and is looked after by whoever keeps the read model.
    #[error("generation {generation} answers now, and its service keeps it up to date")]
    Promoted {
        /// The generation.
        generation: GenerationName,
    },
    /// A reactor has handled more than the log holds.
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
    /// The dead letters cannot be read or written.
    #[error("dead letters cannot be read or written")]
    DeadLetters(#[source] DeadLetterError),
    /// The store of the read models failed for good.
    #[error("the store of the read models failed")]
    ReadModels(#[source] StoreError),
    /// One of its tasks panicked, or was cancelled with its runtime.
    #[error("its task panicked or was aborted")]
    Task(#[from] TaskError),
}

impl StopReason {
    /// Returns how much it matters beside the reasons of other parts.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::CaughtUp => 0,
            Self::Requested | Self::Promoted { .. } => 1,
            Self::Task(TaskError::Cancelled) => 2,
            _ => 3,
        }
    }
}

impl Ending for StopReason {
    fn class(&self) -> Option<ErrorClass> {
        Some(match self {
            Self::Requested | Self::CaughtUp | Self::Promoted { .. } => return None,
            Self::PassedOver { .. } | Self::AheadOfLog { .. } => ErrorClass::Damaged,
            Self::OtherFold { .. } | Self::NoGeneration { .. } => ErrorClass::Misconfigured,
            Self::EventStore(source) | Self::ReadModels(source) => source.class(),
            Self::DeadLetters(source) => source.class(),
            Self::Task(_) => ErrorClass::Bug,
        })
    }
}

/// Why a session ended, or work in it before all was done; all but `Stop` begin another one.
#[derive(Debug)]
pub(crate) enum SessionEnd {
    /// For good.
    Stop(StopReason),
    /// Something is in the way that may pass.
    Away(StopReason),
    /// Something that a command needs is away; it will come back.
    Unavailable(Box<dyn Error + Send + Sync>),
    /// A slice was elsewhere than expected: begin again from where it is.
    Refused,
    /// A slice is damaged: it starts again from nothing.
    Damaged(Damaged),
    /// The slices to work on changed.
    Reassigned,
    /// It was asked to stop, or the other end of a channel is gone: the reason is known there.
    Stopping,
    /// All is folded that was read, and nothing more comes.
    Drained,
}

/// Why a part waits before it begins again.
pub(crate) struct Wait {
    pub(crate) class: ErrorClass,
    pub(crate) why: Box<dyn Error + Send + Sync>,
    pub(crate) time: Duration,
}

impl SessionEnd {
    /// An end for this reason, or a pause: as the table says.
    fn of(reason: StopReason) -> Self {
        if passes(&reason) {
            Self::Away(reason)
        } else {
            Self::Stop(reason)
        }
    }

    /// An error of the store of read models. Those of the event store are converted by `From`.
    pub(crate) fn of_read_models(source: StoreError) -> Self {
        Self::of(StopReason::ReadModels(source))
    }

    /// Returns why to wait and for how long, after so many failures in a row.
    ///
    /// # Errors
    /// The end, where nothing is to be waited for.
    pub(crate) fn wait(
        self,
        restarts: &RestartPolicy,
        failures: u32,
        until: Until,
    ) -> Result<Wait, Self> {
        let time = restarts.pause(failures);
        let (class, why, time) = match self {
            Self::Away(reason) => match restarts.after(&reason, failures, until) {
                Some((class, time)) => (class, reason.into(), time),
                None => return Err(Self::Stop(reason)),
            },
            Self::Unavailable(why) => (ErrorClass::Passing, why, time),
            // Refused at once, again and again: twins in a race; give way to the other. A slice
            // that is damaged again and again is rebuilt with pauses.
            Self::Refused => {
                let why =
                    "another projector works on the same slices, and was faster again and again";
                (ErrorClass::Contended, why.into(), time)
            }
            Self::Damaged(Damaged { slice, why, .. }) => {
                let why = format!("{slice} is found damaged again and again: {why}");
                (ErrorClass::Damaged, why.into(), time)
            }
            end => return Err(end),
        };
        Ok(Wait { class, why, time })
    }

    /// The more important one of two ends of one session: what stops for good before what begins
    /// again, and that before dead letters that stop the reader, so that all before them is committed
    /// first.
    pub(crate) fn weightier(self, other: Self) -> Self {
        let weight = |end: &Self| match end {
            Self::Stop(StopReason::CaughtUp) => 8,
            Self::Stop(StopReason::DeadLetters(_)) => 3,
            Self::Stop(_) => 7,
            Self::Damaged(_) => 6,
            Self::Refused => 5,
            Self::Away(_) | Self::Unavailable(_) | Self::Reassigned => 4,
            Self::Stopping => 2,
            Self::Drained => 1,
        };
        if weight(&other) > weight(&self) {
            other
        } else {
            self
        }
    }
}

impl From<StoreError> for SessionEnd {
    fn from(source: StoreError) -> Self {
        Self::of(StopReason::EventStore(source))
    }
}

impl From<DeadLetterError> for SessionEnd {
    fn from(error: DeadLetterError) -> Self {
        Self::of(match error {
            DeadLetterError::Store(source) => StopReason::EventStore(source),
            other => StopReason::DeadLetters(other),
        })
    }
}
