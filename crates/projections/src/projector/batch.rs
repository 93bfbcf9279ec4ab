//! What the source hands to the projections: events, each decoded once.

use minwon_core::{GlobalPosition, RecordedEvent};

/// Part of the log, decoded where somebody wants it.
#[derive(Debug)]
pub(crate) struct Batch<E> {
    /// Oldest first.
    pub(crate) events: Vec<RecordedEvent>,
    /// What each of them means; none where nobody wants to know.
    pub(crate) decoded: Vec<Option<E>>,
    /// Everything up to here has been read.
    pub(crate) position: GlobalPosition,
    /// Whether the log had no further event when this was read.
    pub(crate) caught_up: bool,
}
