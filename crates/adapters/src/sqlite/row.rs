//! One event as a row, both ways.

use std::num::NonZeroU32;

use bytes::{Bytes, BytesMut};
use minwon_core::{
    EncodedMetadata, EventFault, EventId, EventType, FaultKind, GlobalPosition, MetadataError,
    NewEvent, RecordedEvent, SchemaVersion, StreamName, StreamVersion, Timestamp, TimestampError,
    Unreadable,
};
use rusqlite::{
    Row,
    types::{ToSqlOutput, ValueRef},
};

use super::error::ReadError;

/// Most bytes of events in one page, so that large events make short pages. Unit: bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An event on its way into the file, encoded by the caller so that the writer only writes.
#[derive(Debug)]
pub(super) struct NewRow {
    pub(super) id: EventId,
    pub(super) event_type: EventType,
    pub(super) schema_version: SchemaVersion,
    /// Of metadata and payload.
    checksum: u32,
    pub(super) metadata: Vec<u8>,
    pub(super) payload: Bytes,
}

impl From<&NewEvent> for NewRow {
    fn from(event: &NewEvent) -> Self {
        let mut metadata = Vec::with_capacity(192);
        EncodedMetadata::encode(&event.metadata, &mut metadata);
        Self {
            id: event.id(),
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
            checksum: checksum(&metadata, &event.payload),
            metadata,
            payload: event.payload.clone(),
        }
    }
}

impl NewRow {
    /// The payload as SQLite's text, so that its JSON functions can be used on it. It was checked before it was
    /// queued.
    pub(super) fn text(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Borrowed(ValueRef::Text(&self.payload))
    }

    /// The checksum of the row at this place.
    pub(super) fn checksum_at(
        &self,
        position: u64,
        (stream, version): (&StreamName, u64),
        recorded_at: i64,
    ) -> i64 {
        let place = Place {
            position,
            stream,
            version,
            event_type: &self.event_type,
            schema_version: self.schema_version,
            recorded_at,
        };
        place.checksum(self.checksum)
    }
}

/// What a row says beside metadata and payload, with its names written out.
struct Place<'a> {
    position: u64,
    stream: &'a StreamName,
    version: u64,
    event_type: &'a EventType,
    schema_version: SchemaVersion,
    recorded_at: i64,
}

/// Set in a checksum over all of an event. Those without it are of earlier programs, and over metadata and
/// payload alone. Part of the stored format.
const OF_ALL: i64 = 1 << 32;

impl Place<'_> {
    /// The checksum of a row at this place whose metadata and payload have that one.
    fn checksum(&self, of_contents: u32) -> i64 {
        let mut hasher = crc32fast::Hasher::new_with_initial(of_contents);
        // The names end where a byte stands that no text has.
        for bytes in [
            &self.position.to_be_bytes()[..],
            self.stream.as_str().as_bytes(),
            &[0xff],
            &self.version.to_be_bytes(),
            self.event_type.as_str().as_bytes(),
            &[0xff],
            &self.schema_version.get().to_be_bytes(),
            &self.recorded_at.to_be_bytes(),
        ] {
            hasher.update(bytes);
        }
        OF_ALL | i64::from(hasher.finalize())
    }

    /// Returns whether a row at this place is as it was written.
    fn has(&self, checksum: i64, contents: &[u8]) -> bool {
        let of_contents = crc32fast::hash(contents);
        checksum == self.checksum(of_contents) || checksum == i64::from(of_contents)
    }
}

pub(super) fn checksum(metadata: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(metadata);
    hasher.update(payload);
    hasher.finalize()
}

/// Selects the columns that [`PageBuilder::push`] expects, in its order.
macro_rules! select_events {
    (from $from:literal) => {
        concat!(
            "SELECT position, stream, version, type, recorded_at, checksum, metadata, payload ",
            "FROM ",
            $from
        )
    };
    ($rest:literal) => {
        concat!(select_events!(from "events "), $rest)
    };
}
pub(super) use select_events;

pub(super) fn position(row: &Row<'_>) -> rusqlite::Result<u64> {
    row.get(0)
}

pub(super) fn stream_key(row: &Row<'_>) -> rusqlite::Result<i64> {
    row.get(1)
}

/// Its place in its stream; none where that is below 0, as no program of ours writes it.
pub(super) fn version(row: &Row<'_>) -> rusqlite::Result<Option<StreamVersion>> {
    let version: i64 = row.get(2)?;
    Ok(u64::try_from(version).ok().map(StreamVersion::new))
}

/// The fault of a row, and its metadata where that can be read all the same.
struct Unread {
    metadata: Option<EncodedMetadata>,
    fault: EventFault,
}

/// Metadata and time of a row, if all of it is as it was written and keeps the rules.
fn read(
    is_whole: bool,
    metadata: Result<EncodedMetadata, MetadataError>,
    recorded_at: Result<Timestamp, TimestampError>,
) -> Result<(EncodedMetadata, Timestamp), Unread> {
    let malformed = |metadata, error: &dyn std::fmt::Display| Unread {
        metadata,
        fault: EventFault::new(FaultKind::Malformed, error),
    };
    if !is_whole {
        let metadata = metadata.ok().filter(|metadata| metadata.check().is_ok());
        let fault = EventFault::new(FaultKind::Damaged, "the event fails its checksum");
        return Err(Unread { metadata, fault });
    }
    let metadata = match metadata {
        Ok(metadata) => metadata,
        Err(error) if error.is_newer => {
            let fault = EventFault::new(FaultKind::Newer, error.reason);
            let metadata = None;
            return Err(Unread { metadata, fault });
        }
        Err(error) => return Err(malformed(None, &error)),
    };
    metadata.check().map_err(|error| malformed(None, &error))?;
    match recorded_at {
        Ok(recorded_at) => Ok((metadata, recorded_at)),
        Err(error) => Err(malformed(Some(metadata), &error)),
    }
}

/// Events of one page share blocks of this size. Unit: bytes. Small enough that an allocator
/// hands the same ones out again, and that keeping one event keeps little else.
const BLOCK_BYTES: usize = 64 * 1024;

/// Collects rows into events whose bytes stand in shared blocks.
#[derive(Default)]
pub(super) struct PageBuilder {
    block: BytesMut,
    bytes: usize,
    events: Vec<RecordedEvent>,
    types: Vec<(i64, EventType, SchemaVersion)>,
}

impl PageBuilder {
    pub(super) fn new(events_max: NonZeroU32) -> Self {
        // A large limit is no promise that so many events come.
        let events = Vec::with_capacity(events_max.get().min(1024) as usize);
        Self {
            events,
            ..Self::default()
        }
    }

    /// Returns whether the page is large enough to stop.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= PAGE_BYTES_MAX
    }

    pub(super) fn finish(self) -> Vec<RecordedEvent> {
        self.events
    }

    /// Takes a row over. Where it is not as it was written, or of another stream, or breaks a rule, it is
    /// marked.
    pub(super) fn push<'n>(
        &mut self,
        row: &Row<'_>,
        stream: StreamName,
        is_of_it: bool,
        name_of: impl FnOnce(i64) -> rusqlite::Result<(&'n EventType, SchemaVersion)>,
    ) -> Result<(), ReadError> {
        let position = GlobalPosition::new(position(row)?);
        let version = StreamVersion::new(row.get(2)?);
        let (event_type, schema_version) = self.event_type(row.get(3)?, name_of)?;
        let place = Place {
            position: position.commit(),
            stream: &stream,
            version: version.get(),
            event_type: &event_type,
            schema_version,
            recorded_at: row.get(4)?,
        };
        let recorded_at = Timestamp::from_unix_micros(place.recorded_at);
        let metadata = row.get_ref(6)?.as_blob()?;
        let mut payload = self.keep(metadata, row.get_ref(7)?.as_bytes()?);
        let is_whole = is_of_it && place.has(row.get(5)?, &payload);
        let metadata = EncodedMetadata::decode(payload.split_to(metadata.len()));
        let read = read(is_whole, metadata, recorded_at.clone());
        let (metadata, recorded_at, fault) = match read {
            Ok((metadata, recorded_at)) => (metadata, recorded_at, None),
            Err(Unread { metadata, fault }) => {
                let unreadable = Unreadable {
                    position,
                    stream: stream.clone(),
                    version,
                    id: metadata.as_ref().map(EncodedMetadata::event_id),
                    event_type: Some(event_type.clone()),
                    recorded_at: recorded_at.ok(),
                    payload: payload.clone(),
                };
                let marked = unreadable.marked(fault);
                (
                    metadata.unwrap_or(marked.metadata),
                    marked.recorded_at,
                    marked.fault,
                )
            }
        };
        self.events.push(RecordedEvent {
            position,
            stream,
            version,
            event_type,
            schema_version,
            recorded_at,
            metadata,
            payload,
            fault,
        });
        Ok(())
    }

    /// Copies both, the one behind the other.
    fn keep(&mut self, metadata: &[u8], payload: &[u8]) -> Bytes {
        let bytes = metadata.len() + payload.len();
        if self.block.capacity() < bytes {
            self.block = BytesMut::with_capacity(bytes.max(BLOCK_BYTES));
        }
        self.bytes += bytes;
        self.block.extend_from_slice(metadata);
        self.block.extend_from_slice(payload);
        self.block.split().freeze()
    }

    /// The event type, with a text of this page's own: were it shared by all pages, this thread
    /// and the one that drops the page before would fight for its reference count.
    fn event_type<'n>(
        &mut self,
        key: i64,
        name_of: impl FnOnce(i64) -> rusqlite::Result<(&'n EventType, SchemaVersion)>,
    ) -> rusqlite::Result<(EventType, SchemaVersion)> {
        if let Some((_, name, version)) = self.types.iter().find(|(kept, ..)| *kept == key) {
            return Ok((name.clone(), *version));
        }
        let (name, version) = name_of(key)?;
        let own = EventType::new(name.as_str()).expect("a name once checked");
        self.types.push((key, own.clone(), version));
        Ok((own, version))
    }
}
