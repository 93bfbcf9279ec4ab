//! What a KurrentDB answers, read from any bytes: a door for the fuzz targets.

use bytes::Bytes;
use minwon_core::{GlobalPosition, NewEvent, RecordedEvent, Snapshot, StateSchema, StreamName};

use super::{checkpoints, codec, snapshots};

/// An event as the server sends it, beside its id and its place.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The name of its stream.
    pub stream: Bytes,
    /// When it was recorded. Unit: 100 ns since 1970.
    pub created: String,
    /// Its type.
    pub event_type: String,
    /// Its custom metadata.
    pub metadata: Bytes,
    /// Its data.
    pub data: Bytes,
}

/// Our event; none where it is not in a stream of ours.
#[must_use]
pub fn event(sent: Sent) -> Option<RecordedEvent> {
    let Sent {
        stream,
        created,
        event_type,
        metadata,
        data,
    } = sent;
    codec::decode_sent(stream, created, event_type, metadata, data)
}

/// The custom metadata of an event in a stream, in each form that is written.
#[must_use]
pub fn metadata_of(stream: &StreamName, event: &NewEvent) -> [Bytes; 2] {
    codec::metadata_of(stream, event)
}

/// The newest snapshot among these parts, the last one first: each its metadata and its share.
#[must_use]
pub fn snapshot(
    parts: impl IntoIterator<Item = (Bytes, Bytes)>,
    stream: &StreamName,
    schema: StateSchema,
) -> Option<Snapshot> {
    snapshots::newest(parts, stream, schema)
}

/// The position in the event of a checkpoint.
///
/// # Errors
/// Those of `serde_json`.
pub fn checkpoint(data: &[u8]) -> Result<GlobalPosition, serde_json::Error> {
    checkpoints::position_in(data)
}
