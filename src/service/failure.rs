//! Which failures pass, and which need somebody to look.

use std::error::Error;

use minwon_core::{AppendError, ExecuteError, StoreError, StoreErrorKind, TransactError};

/// Returns how a command that was not carried out is to be taken, rejections apart.
pub(crate) fn failure<R: Error + Send + Sync + 'static>(error: TransactError<R>) -> ExecuteError {
    let passes = match &error {
        TransactError::Contended { .. } | TransactError::OutcomeUnknown { .. } => true,
        TransactError::Load { source, .. } => will_pass(source),
        TransactError::Append(source) => match &**source {
            AppendError::Store { source, .. } | AppendError::OutcomeUnknown { source, .. } => {
                will_pass(source)
            }
            AppendError::Conflict { .. } => true,
            _ => false,
        },
        _ => false,
    };
    if passes {
        ExecuteError::Transient(Box::new(error))
    } else {
        ExecuteError::Failed(Box::new(error))
    }
}

/// As [`failure`], for a read.
pub(super) fn read_failure(error: StoreError) -> ExecuteError {
    if will_pass(&error) {
        ExecuteError::Transient(Box::new(error))
    } else {
        ExecuteError::Failed(Box::new(error))
    }
}

/// Returns whether the store may answer later. Damaged data stays damaged, and concerns this stream
/// alone.
fn will_pass(error: &StoreError) -> bool {
    !matches!(
        error.kind(),
        StoreErrorKind::Corrupt | StoreErrorKind::NewerVersion | StoreErrorKind::NotFound
    )
}

/// Something is wrong that trying again does not change.
pub(super) fn failed(error: impl Error + Send + Sync + 'static) -> ExecuteError {
    ExecuteError::Failed(Box::new(error))
}
