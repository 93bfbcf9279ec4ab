//! Errors of dead letters themselves.

use minwon_core::{AppendError, CodecError, StoreError, StreamName, StreamVersion};

/// Why dead letters could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeadLetterError {
    /// The event store failed.
    #[error("the queues of dead letters could not be read or written")]
    Store(#[source] StoreError),
    /// A newer program wrote an event of a queue.
    #[error("event {version} of {stream} was written by a newer one; update this program")]
    Unreadable {
        /// The queue.
        stream: StreamName,
        /// Which event.
        version: StreamVersion,
        /// The cause.
        #[source]
        source: CodecError,
    },
    /// Others wrote first, again and again.
    #[error("{stream} is written to by too many at once; try again")]
    Contended {
        /// The queue.
        stream: StreamName,
    },
    /// The store does not take the event.
    #[error("the store refused to append an event of dead letters")]
    Append(#[source] Box<AppendError>),
}
