//! Redis's errors, as errors that a caller can act on.

use minwon_core::{CommitError, SliceName, StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Why a call got no answer that it can use.
#[derive(Debug)]
pub(super) struct Fault {
    /// Whether Redis may have carried out the command.
    pub(super) maybe_done: bool,
    pub(super) error: StoreError,
}

impl Fault {
    /// A fault met before anything was sent.
    pub(super) fn not_sent(error: StoreError) -> Self {
        Self {
            maybe_done: false,
            error,
        }
    }

    pub(super) fn of_commit(self, slice: &SliceName) -> CommitError {
        let (slice, source) = (slice.clone(), self.error);
        if self.maybe_done {
            CommitError::OutcomeUnknown { slice, source }
        } else {
            CommitError::Store { slice, source }
        }
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        fault.error
    }
}

/// Turns the client's error into ours; `doing` says what failed.
pub(super) fn store_error(doing: &str, error: RedisError) -> StoreError {
    StoreError::new(kind(&error), format!("{doing} failed")).caused_by(error)
}

/// Something in Redis that none of our programs wrote.
pub(super) fn corrupt(what: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, what)
}

/// As [`corrupt`], with what the reader of it said.
pub(super) fn unreadable(
    what: impl Into<String>,
    error: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    corrupt(what).caused_by(error)
}

/// How Redis 7.0 begins to say that the user of a script has no right to what it does: with `ERR`, as it says
/// everything else that a script meets, where later versions say `NOPERM`. So there is only the text.
const NO_RIGHT: &str = "The user executing the script can't ";

fn kind(error: &RedisError) -> StoreErrorKind {
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ResponseError)
            if error
                .detail()
                .is_some_and(|detail| detail.starts_with(NO_RIGHT)) =>
        {
            StoreErrorKind::Misconfigured
        }
        ErrorKind::Server(ServerErrorKind::ReadOnly) => StoreErrorKind::ReadOnly,
        // A cluster's own client follows these; one of a single server cannot.
        ErrorKind::Server(
            ServerErrorKind::NoPerm | ServerErrorKind::Moved | ServerErrorKind::Ask,
        )
        | ErrorKind::AuthenticationFailed
        | ErrorKind::InvalidClientConfig
        | ErrorKind::EmptySentinelList => StoreErrorKind::Misconfigured,
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => StoreErrorKind::Corrupt,
        _ => match error.code() {
            Some("OOM" | "MISCONF") => StoreErrorKind::DiskFull,
            Some("WRONGTYPE") => StoreErrorKind::Corrupt,
            Some("NOAUTH" | "WRONGPASS") => StoreErrorKind::Misconfigured,
            _ => StoreErrorKind::Unavailable,
        },
    }
}

/// Returns whether the server refused it: then it was not done, and is known not to be.
pub(super) fn is_refusal(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension)
}
