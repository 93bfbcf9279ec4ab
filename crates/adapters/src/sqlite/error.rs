//! SQLite's errors, as errors that a caller can act on.

use std::{path::Path, sync::Arc};

use minwon_core::{StoreError, StoreErrorKind};
use rusqlite::{ErrorCode, types::FromSqlError};

/// Why a read failed, before anybody says of which file.
#[derive(Debug)]
pub(super) enum ReadError {
    Sql(rusqlite::Error),
    /// The file is damaged, as found by our own checks.
    Damaged(String),
    Store(StoreError),
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<FromSqlError> for ReadError {
    fn from(error: FromSqlError) -> Self {
        Self::Sql(error.into())
    }
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl ReadError {
    pub(super) fn of(self, path: &Path) -> StoreError {
        match self {
            Self::Sql(error) => store_error(path, "reading from", error),
            Self::Damaged(what) => corrupt(path, what),
            Self::Store(error) => error,
        }
    }
}

/// Turns SQLite's error, which several callers may receive, into ours; `doing` says what failed.
pub(super) fn store_error(
    path: &Path,
    doing: &str,
    error: impl Into<Arc<rusqlite::Error>>,
) -> StoreError {
    let error = error.into();
    StoreError::new(kind(&error), format!("{doing} {} failed", path.display())).caused_by(error)
}

/// A damaged file, as found by our own checks.
pub(super) fn corrupt(path: &Path, what: impl std::fmt::Display) -> StoreError {
    let doing = format!("the event store {} is damaged: {what}", path.display());
    StoreError::new(StoreErrorKind::Corrupt, doing)
}

pub(super) fn io_error(path: &Path, doing: &str, error: std::io::Error) -> StoreError {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => StoreErrorKind::NotFound,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            StoreErrorKind::ReadOnly
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            StoreErrorKind::DiskFull
        }
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::new(kind, format!("{doing} {} failed", path.display())).caused_by(error)
}

fn kind(error: &rusqlite::Error) -> StoreErrorKind {
    use rusqlite::Error as E;
    match error {
        E::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreErrorKind::Corrupt,
            ErrorCode::DiskFull => StoreErrorKind::DiskFull,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreErrorKind::ReadOnly,
            ErrorCode::CannotOpen => StoreErrorKind::NotFound,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreErrorKind::Locked,
            // The schema is ours, so a broken constraint or type means a foreign hand.
            ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Unavailable,
        },
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::Utf8Error(..)
        | E::QueryReturnedNoRows => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Unavailable,
    }
}

/// Returns whether a failed COMMIT may nevertheless have reached the disk.
///
/// SQLITE_FULL means that the commit record was not written whole, so it never counts. After any
/// other failure (a sync that failed, say) a later recovery may find the record.
pub(super) fn is_outcome_unknown(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() != Some(ErrorCode::DiskFull)
}
