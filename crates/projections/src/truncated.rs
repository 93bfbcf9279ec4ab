//! Streams whose events are not there any more.

use minwon_core::{RecordedEvent, StoreError, StoreErrorKind, StreamPage};

/// The events that were read; none where the stream no longer has them. That concerns the keys of its
/// events alone, so no part stops over it: whoever needs the events says that they are missing.
pub(crate) fn what_is_there(
    read: Result<StreamPage, StoreError>,
) -> Result<Vec<RecordedEvent>, StoreError> {
    match read {
        Ok(page) => Ok(page.events),
        Err(error) if error.kind() == StoreErrorKind::Truncated => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "going on without it"
            );
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}
