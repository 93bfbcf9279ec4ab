//! What read models and queues keep, read from any bytes: doors for the fuzz targets.

use minwon_core::{
    EventType, OpenQueue, RecordedEvent, Snapshot, SnapshotKey, StoredView, ViewKey,
};

use crate::document::{Document, DocumentError};

/// The document of a key.
#[derive(Debug)]
pub struct StoredDocument<V>(Document<V>);

impl<V: StoredView> StoredDocument<V> {
    /// Reads what is kept under `key`, as a projector does.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read(key: &ViewKey, kept: &[u8]) -> Result<Self, DocumentError> {
        Document::read(key, kept).map(Self)
    }

    /// Writes it as a projector does.
    #[must_use]
    pub fn write(&self, key: &ViewKey) -> Vec<u8> {
        let mut kept = Vec::new();
        self.0.write(key, &mut kept);
        kept
    }

    /// The view, if there is something to show.
    #[must_use]
    pub fn view(&self) -> Option<&V> {
        self.0.view.as_ref()
    }

    /// Returns whether `event` is the next of its stream, and notes that it was seen.
    pub fn advance(&mut self, event: &RecordedEvent) -> bool {
        self.0.advance(event).is_ok()
    }
}

/// A value in MessagePack as it is kept under `key`, with the checksum that fits: whatever it is.
#[must_use]
pub fn sealed(key: &ViewKey, value: &[u8]) -> Vec<u8> {
    crate::document::sealed(key, value)
}

/// The open letters in a snapshot of a queue; none where it was not sealed with this key, or is of another
/// queue.
#[must_use]
pub fn kept_letters(snapshot: &Snapshot, key: SnapshotKey, queue: &EventType) -> Option<OpenQueue> {
    crate::dead_letters::kept_letters(snapshot, key, queue)
}
