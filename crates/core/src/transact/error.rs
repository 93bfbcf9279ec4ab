//! Why a command was not carried out.

use crate::{
    codec::CodecError,
    id::CommandId,
    store::{AppendError, StoreError},
    stream::{StreamName, StreamVersion},
    text::{CategoryName, EventType},
};

fn listed(types: &[EventType]) -> String {
    let names: Vec<_> = types.iter().map(EventType::as_str).collect();
    names.join(", ")
}

/// Why the id of a command is not taken. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandIdError {
    /// It was given before, with another command.
    #[error(
        "command id {id} belongs to another command on {stream}, which wrote {}; \
         give this one an id of its own",
        listed(recorded)
    )]
    Reused {
        /// The id.
        id: CommandId,
        /// The stream.
        stream: StreamName,
        /// The events that the other command wrote, by type.
        recorded: Vec<EventType>,
    },
    /// It is the nil UUID, which senders write that have none: one would be taken for another.
    #[error("a command for {stream} has the nil UUID as its id; give it a random one")]
    Nil {
        /// The stream.
        stream: StreamName,
    },
}

/// Why a command was not carried out. `R` is the domain's rejection; everything else is the
/// machine's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransactError<R: std::error::Error + 'static> {
    /// The domain says no. Sending the command again changes nothing until the state does.
    #[error("{rejection}")]
    Rejected {
        /// Which of the commands, from 0.
        index: usize,
        /// Why.
        rejection: R,
    },
    /// The id of a command is not taken. Nothing has changed.
    #[error(transparent)]
    Id(#[from] CommandIdError),
    /// The stream belongs to another aggregate.
    #[error("{stream} is no {category} stream; send the command to the aggregate it is for")]
    WrongCategory {
        /// The stream.
        stream: StreamName,
        /// The category of the aggregate.
        category: CategoryName,
    },
    /// Others were first each time.
    #[error(
        "{stream} was changed by others {attempts} times in a row; send the command again later"
    )]
    Contended {
        /// The stream.
        stream: StreamName,
        /// How often it was tried.
        attempts: u32,
    },
    /// Whether the command took effect is unknown.
    #[error(
        "whether the command took effect on {stream} is unknown; send it again with the same id"
    )]
    OutcomeUnknown {
        /// The stream.
        stream: StreamName,
        /// The cause.
        #[source]
        source: StoreError,
    },
    /// The append was refused or failed; nothing was written.
    #[error("the command's events were not appended, nothing has changed")]
    Append(#[source] Box<AppendError>),
    /// The stream could not be read. Nothing has changed, unless the store had lost an answer to
    /// this very command before.
    #[error(
        "{stream} could not be read; once the cause has passed, send the command again with the same id"
    )]
    Load {
        /// The stream.
        stream: StreamName,
        /// The cause.
        #[source]
        source: StoreError,
    },
    /// An event in the stream cannot be read, by the store or by this program; the stream takes no
    /// commands until that is repaired, as none is decided on less than the whole stream.
    #[error(
        "event {version} of {stream} cannot be read; add the upcaster, update the program or repair \
         the event: its cause says which"
    )]
    Unreadable {
        /// The stream.
        stream: StreamName,
        /// Which event.
        version: StreamVersion,
        /// The cause.
        #[source]
        source: Box<CodecError>,
    },
    /// An event of the command cannot be written.
    #[error("an event for {stream} cannot be written as JSON; correct its type")]
    Unencodable {
        /// The stream.
        stream: StreamName,
        /// The cause.
        #[source]
        source: Box<CodecError>,
    },
    /// An event is missing from the stream.
    #[error(
        "{stream} goes from version {expected} to {found}; events are missing: \
         check the store and restore it"
    )]
    Hole {
        /// The stream.
        stream: StreamName,
        /// The version that should have come.
        expected: StreamVersion,
        /// The version that came.
        found: StreamVersion,
    },
}

impl<R: std::error::Error + 'static> TransactError<R> {
    pub(super) fn from_append(error: AppendError, conflicts: u32) -> Self {
        match error {
            AppendError::Conflict { stream, .. } => Self::Contended {
                stream,
                attempts: conflicts + 1,
            },
            AppendError::OutcomeUnknown { stream, source } => {
                Self::OutcomeUnknown { stream, source }
            }
            other => Self::Append(Box::new(other)),
        }
    }

    /// How it failed, in a word for spans; none where the domain said no, which is an answer.
    pub(super) const fn error_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Rejected { .. } => return None,
            Self::Id(_) => "command_id",
            Self::WrongCategory { .. } => "wrong_category",
            Self::Contended { .. } => "contended",
            Self::OutcomeUnknown { .. } => "outcome_unknown",
            Self::Append(_) => "append",
            Self::Load { .. } => "load",
            Self::Unreadable { .. } => "unreadable",
            Self::Unencodable { .. } => "unencodable",
            Self::Hole { .. } => "hole",
        })
    }

    /// The domain's rejection, if it is one.
    pub fn rejection(&self) -> Option<&R> {
        match self {
            Self::Rejected { rejection, .. } => Some(rejection),
            _ => None,
        }
    }
}
