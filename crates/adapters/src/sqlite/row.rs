//! One event as a row, both ways.

use std::num::NonZeroU32;

use bytes::{BufMut, Bytes, BytesMut};
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
    /// Writes what a checksum covers behind metadata and payload. The names end where a byte stands that no
    /// text has. Part of the stored format.
    fn write(&self, out: &mut impl BufMut) {
        out.put_u64(self.position);
        out.put_slice(self.stream.as_str().as_bytes());
        out.put_u8(0xff);
        out.put_u64(self.version);
        out.put_slice(self.event_type.as_str().as_bytes());
        out.put_u8(0xff);
        out.put_u16(self.schema_version.get());
        out.put_i64(self.recorded_at);
    }

    /// How much that is. Unit: bytes.
    fn bytes(&self) -> usize {
        3 * 8 + 2 + 2 + self.stream.as_str().len() + self.event_type.as_str().len()
    }

    /// The checksum of a row at this place whose metadata and payload have that one.
    fn checksum(&self, of_contents: u32) -> i64 {
        let mut bytes = Vec::with_capacity(self.bytes());
        self.write(&mut bytes);
        let mut hasher = crc32fast::Hasher::new_with_initial(of_contents);
        hasher.update(&bytes);
        OF_ALL | i64::from(hasher.finalize())
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

/// Where a row is.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowPlace {
    pub(super) position: u64,
    pub(super) stream: i64,
    /// Below 0 where no program of ours wrote it: then it is in no stream.
    pub(super) version: i64,
}

impl RowPlace {
    pub(super) fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            position: row.get(0)?,
            stream: row.get(1)?,
            version: row.get(2)?,
        })
    }
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
        at: RowPlace,
        stream: StreamName,
        is_of_it: bool,
        name_of: impl FnOnce(i64) -> rusqlite::Result<(&'n EventType, SchemaVersion)>,
    ) -> Result<(), ReadError> {
        let position = GlobalPosition::new(at.position);
        let version = StreamVersion::new(at.version.unsigned_abs());
        let (event_type, schema_version) = self.event_type(row.get(3)?, name_of)?;
        let place = Place {
            position: at.position,
            stream: &stream,
            version: version.get(),
            event_type: &event_type,
            schema_version,
            recorded_at: row.get(4)?,
        };
        let recorded_at = Timestamp::from_unix_micros(place.recorded_at);
        let metadata = row.get_ref(6)?.as_blob()?;
        let contents = (metadata, row.get_ref(7)?.as_bytes()?);
        let (mut payload, is_whole) = self.keep(contents, &place, row.get(5)?);
        let metadata = EncodedMetadata::decode(payload.split_to(metadata.len()));
        let read = read(is_whole && is_of_it, metadata, recorded_at.clone());
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

    /// Copies metadata and payload, the one behind the other; returns whether a row at this place with that
    /// checksum is as it was written.
    fn keep(
        &mut self,
        (metadata, payload): (&[u8], &[u8]),
        place: &Place<'_>,
        checksum: i64,
    ) -> (Bytes, bool) {
        let bytes = metadata.len() + payload.len();
        let room = bytes + place.bytes();
        if self.block.capacity() < room {
            self.block = BytesMut::with_capacity(room.max(BLOCK_BYTES));
        }
        self.bytes += bytes;
        self.block.extend_from_slice(metadata);
        self.block.extend_from_slice(payload);
        // For a moment: one long run is summed in less time than many short ones.
        place.write(&mut self.block);
        let of_all = OF_ALL | i64::from(crc32fast::hash(&self.block));
        self.block.truncate(bytes);
        let is_whole = checksum == of_all || checksum == i64::from(crc32fast::hash(&self.block));
        (self.block.split().freeze(), is_whole)
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
