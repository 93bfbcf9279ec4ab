//! The meaning of the client's errors.

use std::{any::Any, fmt, time::Duration};

use kurrentdb::Error as ClientError;
use minwon_core::{StoreError, StoreErrorKind};

/// Why a call of the client brought no answer that counts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// The client or the server said so.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Our own time-out; the client's is only enforced by the server.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// The client panicked, as it does on answers that are not as it expects.
    #[error("the client panicked: {0}")]
    Panicked(String),
    /// A read ended well, though there is more; or a subscription, which never should.
    #[error("the answer ended early")]
    CutOff,
    /// The settings are such that there can be no client.
    #[error("the client cannot be set up: {0}")]
    NoClient(String),
}

/// The knowledge about a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server, or the client before it, refused: nothing was done.
    NotDone,
    /// It may have been done.
    Unknown,
}

/// The code's number in gRPC: the client shows the type of another crate here.
mod code {
    pub(super) const INVALID_ARGUMENT: i32 = 3;
    pub(super) const FAILED_PRECONDITION: i32 = 9;
    pub(super) const OUT_OF_RANGE: i32 = 11;
}

impl Fault {
    pub(crate) fn of_panic(panic: Box<dyn Any + Send>) -> Self {
        Self::Panicked(match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic
                .downcast::<&str>()
                .map_or_else(|_| "no text".into(), |text| (*text).into()),
        })
    }

    /// Returns whether a call that writes may have been done.
    pub(crate) fn outcome(&self) -> Outcome {
        use ClientError as E;
        match self {
            Self::NoClient(_) => Outcome::NotDone,
            Self::TimedOut(_) | Self::Panicked(_) | Self::CutOff => Outcome::Unknown,
            Self::Client(error) => match error {
                E::NotLeaderException(_)
                | E::ConnectionClosed
                | E::GrpcConnectionError(_)
                | E::AccessDenied
                | E::ResourceNotFound
                | E::ResourceDeleted
                | E::UnsupportedFeature
                | E::InitializationError(_)
                | E::WrongExpectedVersion { .. } => Outcome::NotDone,
                E::Grpc { code, .. } if is_refusal(*code as i32) => Outcome::NotDone,
                _ => Outcome::Unknown,
            },
        }
    }

    /// Returns whether the same call may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        self.kind() == StoreErrorKind::Unavailable
    }

    /// Returns whether this client is of no more use.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Panicked(_)
                | Self::Client(ClientError::ConnectionClosed | ClientError::GrpcConnectionError(_))
        )
    }

    /// Returns whether the node that the client holds on to may be gone.
    pub(crate) fn may_be_the_node(&self) -> bool {
        matches!(
            self,
            Self::TimedOut(_)
                | Self::CutOff
                | Self::Client(
                    ClientError::ServerError(_)
                        | ClientError::DeadlineExceeded
                        | ClientError::IllegalStateError(_)
                )
        )
    }

    /// Returns whether there is no stream of that name, or it was deleted softly.
    pub(crate) fn is_no_stream(&self) -> bool {
        matches!(self, Self::Client(ClientError::ResourceNotFound))
    }

    /// Returns whether a position does not belong to this log.
    pub(crate) fn is_bad_position(&self) -> bool {
        // Only the text shows it; before version 25.1 not even the code does.
        matches!(
            self,
            Self::Client(ClientError::Grpc { message, .. } | ClientError::ServerError(message))
                if message.contains("invalid position") || message.contains("InvalidPosition")
        )
    }

    /// Returns the kind of error, for a caller to act on.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        use ClientError as E;
        match self {
            Self::NoClient(_) => StoreErrorKind::Misconfigured,
            Self::TimedOut(_) | Self::Panicked(_) | Self::CutOff => StoreErrorKind::Unavailable,
            _ if self.is_bad_position() => StoreErrorKind::Misconfigured,
            Self::Client(error) => match error {
                E::AccessDenied | E::UnsupportedFeature | E::InitializationError(_) => {
                    StoreErrorKind::Misconfigured
                }
                E::ResourceDeleted => StoreErrorKind::Corrupt,
                E::ResourceNotFound | E::ResourceAlreadyExists | E::WrongExpectedVersion { .. } => {
                    StoreErrorKind::NotFound
                }
                E::Grpc { code, .. } if is_refusal(*code as i32) => StoreErrorKind::Misconfigured,
                _ => StoreErrorKind::Unavailable,
            },
        }
    }

    /// The error for our caller; `doing` is what was done to what, as in "appending to a_B-1".
    pub(crate) fn into_store_error(self, doing: impl fmt::Display) -> StoreError {
        let what = match &self {
            Self::Client(ClientError::AccessDenied) => format!(
                "{doing}: KurrentDB refuses the user or its password, or the user lacks the right"
            ),
            Self::Client(ClientError::ResourceDeleted) => {
                format!("{doing}: the stream was tombstoned, its name can never be used again")
            }
            _ if self.is_bad_position() => format!(
                "{doing}: the position is none of this log; it is of another database, or of \
                 before a restore. Build anew what was derived from the log"
            ),
            _ => format!("{doing} in KurrentDB failed"),
        };
        StoreError::new(self.kind(), what).caused_by(self)
    }
}

fn is_refusal(number: i32) -> bool {
    matches!(
        number,
        code::INVALID_ARGUMENT | code::FAILED_PRECONDITION | code::OUT_OF_RANGE
    )
}

/// An error for content that this program does not write.
pub(crate) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, what)
}
