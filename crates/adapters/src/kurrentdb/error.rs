//! The meaning of calls that failed.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use minwon_core::{StoreError, StoreErrorKind};
use tokio::time;
use tonic::{Code, Status};

use super::{client::ConnectError, url::Host};

/// Why a call brought no answer that counts.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It was not made.
    #[error("there is no connection")]
    Connect(#[source] Arc<ConnectError>),
    /// The server's own error, but for those below.
    #[error("the server answered {code:?}: {message}")]
    Answered { code: Code, message: String },
    #[error("the connection broke")]
    Broken(#[source] Box<dyn Error + Send + Sync>),
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// A read ended well, though there is more; or a subscription, which never should.
    #[error("the answer ended early")]
    CutOff,
    #[error("the answer makes no sense: {0}")]
    Malformed(&'static str),
    /// Or it was deleted softly.
    #[error("there is no such stream")]
    NoStream,
    /// Later than where it was read, and there is nothing before.
    #[error("the stream begins at {0}")]
    BeginsAt(u64),
    #[error("the stream was tombstoned")]
    Tombstoned,
    #[error("the user or the password is wrong, or the user is disabled")]
    NotAuthenticated,
    #[error("the user lacks the right")]
    AccessDenied,
    /// Refused, but there are others by now.
    #[error("the credentials were changed")]
    NewCredentials,
    #[error("the node does not lead")]
    NotLeader(Option<Host>),
}

/// The knowledge about a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server, or the client before it, refused: nothing was done.
    NotDone,
    /// It may have been done.
    Unknown,
}

/// Waits at most `limit` for an answer.
pub(crate) async fn within<T, E: Into<Fault>>(
    limit: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, Fault> {
    match time::timeout(limit, call).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(Fault::TimedOut(limit)),
    }
}

impl From<Status> for Fault {
    fn from(status: Status) -> Self {
        // A status from the other side has no source.
        if status.source().is_some() {
            return Self::Broken(Box::new(status));
        }
        let trailer = |name| status.metadata().get(name)?.to_str().ok();
        match (status.code(), trailer("exception")) {
            (_, Some("not-leader")) => {
                let place = trailer("leader-endpoint-host").zip(trailer("leader-endpoint-port"));
                Self::NotLeader(place.and_then(|(name, port)| {
                    Some(Host {
                        name: name.to_owned(),
                        port: port.parse().ok()?,
                    })
                }))
            }
            (_, Some("stream-deleted")) => Self::Tombstoned,
            (_, Some("access-denied")) | (Code::PermissionDenied, _) => Self::AccessDenied,
            (Code::Unauthenticated, _) => Self::NotAuthenticated,
            (code, _) => Self::Answered {
                code,
                message: status.message().to_owned(),
            },
        }
    }
}

impl Fault {
    /// Returns whether a call that writes may have been done.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Connect(_)
            | Self::NoStream
            | Self::BeginsAt(_)
            | Self::Tombstoned
            | Self::NotAuthenticated
            | Self::AccessDenied
            | Self::NewCredentials
            | Self::NotLeader(_) => Outcome::NotDone,
            Self::Answered { code, .. } if is_refusal(*code) => Outcome::NotDone,
            Self::Answered { .. }
            | Self::Broken(_)
            | Self::TimedOut(_)
            | Self::CutOff
            | Self::Malformed(_) => Outcome::Unknown,
        }
    }

    /// Returns whether the same call may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        self.kind() == StoreErrorKind::Unavailable
    }

    /// Returns whether this connection is of no more use.
    pub(crate) fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Broken(_) | Self::NotLeader(_) | Self::NewCredentials
        )
    }

    /// Returns whether the node may be gone, or no longer able to serve.
    pub(crate) fn may_be_the_node(&self) -> bool {
        match self {
            Self::TimedOut(_) | Self::CutOff | Self::Malformed(_) => true,
            Self::Answered { code, .. } => matches!(
                code,
                Code::Unknown
                    | Code::Unavailable
                    | Code::Internal
                    | Code::DeadlineExceeded
                    | Code::Cancelled
            ),
            _ => false,
        }
    }

    /// Returns whether other credentials may help.
    pub(crate) fn is_refusal_of_user(&self) -> bool {
        match self {
            Self::NotAuthenticated | Self::AccessDenied => true,
            Self::Connect(error) => error.is_refusal_of_user(),
            _ => false,
        }
    }

    /// Returns whether there is no stream of that name, or it was deleted softly.
    pub(crate) fn is_no_stream(&self) -> bool {
        matches!(self, Self::NoStream)
    }

    /// Returns whether a position does not belong to this log.
    pub(crate) fn is_bad_position(&self) -> bool {
        // Only the text shows it; before version 25.1 not even the code does.
        matches!(
            self,
            Self::Answered { message, .. }
                if message.contains("invalid position") || message.contains("InvalidPosition")
        )
    }

    /// Returns the kind of error, for a caller to act on.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Connect(error) => error.kind(),
            Self::NotAuthenticated | Self::AccessDenied => StoreErrorKind::Misconfigured,
            Self::BeginsAt(_) | Self::Tombstoned => StoreErrorKind::Truncated,
            Self::NoStream => StoreErrorKind::NotFound,
            Self::Answered { code, .. } if self.is_bad_position() || is_refusal(*code) => {
                StoreErrorKind::Misconfigured
            }
            Self::Answered { .. }
            | Self::Broken(_)
            | Self::TimedOut(_)
            | Self::CutOff
            | Self::Malformed(_)
            | Self::NewCredentials
            | Self::NotLeader(_) => StoreErrorKind::Unavailable,
        }
    }

    /// The error for our caller; `doing` is what was done to what, as in "appending to a_B-1".
    pub(crate) fn into_store_error(self, doing: impl fmt::Display) -> StoreError {
        let what = match &self {
            Self::NotAuthenticated => {
                format!("{doing}: KurrentDB refuses the user or the password of the URL")
            }
            Self::AccessDenied => format!(
                "{doing}: the user of the URL lacks the right; docs/kurrentdb.md names those that a \
                 service needs"
            ),
            Self::Tombstoned => {
                format!("{doing}: the stream was tombstoned, its name can never be used again")
            }
            Self::BeginsAt(first) => {
                format!("{doing}: the stream begins at {first}, what was before is cut off")
            }
            Self::Answered {
                code: Code::Unimplemented,
                ..
            } => format!(
                "{doing}: what answers there is no KurrentDB; look at the host and the port in the URL"
            ),
            _ if self.is_bad_position() => format!(
                "{doing}: the position is none of this log; it is of another database, or of \
                 before a restore. Build anew what was derived from the log"
            ),
            _ => format!("{doing} in KurrentDB failed"),
        };
        StoreError::new(self.kind(), what).caused_by(self)
    }
}

pub(super) fn is_refusal(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange | Code::Unimplemented
    )
}

/// An error for a stream that begins late.
pub(crate) fn truncated(what: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Truncated, what)
}

/// An error for content that this program does not write.
pub(crate) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, what)
}
