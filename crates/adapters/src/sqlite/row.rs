//! One event as a row, both ways.

use std::{num::NonZeroU32, path::Path};

use bytes::{Bytes, BytesMut};
use minwon_core::{
    EncodedMetadata, EventId, EventType, GlobalPosition, NewEvent, RecordedEvent, SchemaVersion,
    StoreError, StreamName, StreamVersion, Timestamp,
};
use rusqlite::Row;

use super::error::{corrupt, store_error};

/// Most bytes of events in one page, so that large events make short pages. Unit: bytes.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// An event on its way into the file, encoded by the caller so that the writer only writes.
#[derive(Debug)]
pub(super) struct NewRow {
    pub(super) id: EventId,
    pub(super) event_type: EventType,
    pub(super) schema_version: SchemaVersion,
    pub(super) checksum: u32,
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
    /// The payload as SQLite's text, so that its JSON functions can be used on it.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.payload).expect("checked before it was queued")
    }
}

fn checksum(metadata: &[u8], payload: &[u8]) -> u32 {
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

/// Events of one page share blocks of this size. Unit: bytes. Small enough that an allocator
/// hands the same ones out again, and that keeping one event keeps little else.
const BLOCK_BYTES: usize = 64 * 1024;

/// Collects rows into events whose bytes stand in shared blocks.
pub(super) struct PageBuilder<'a> {
    path: &'a Path,
    block: BytesMut,
    bytes: usize,
    events: Vec<RecordedEvent>,
    types: Vec<(i64, EventType, SchemaVersion)>,
}

impl<'a> PageBuilder<'a> {
    pub(super) fn new(path: &'a Path, events_max: NonZeroU32) -> Self {
        // A large limit is no promise that so many events come.
        let events = Vec::with_capacity(events_max.get().min(1024) as usize);
        Self {
            path,
            block: BytesMut::new(),
            bytes: 0,
            events,
            types: Vec::new(),
        }
    }

    /// Whether the page is large enough to stop.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= PAGE_BYTES_MAX
    }

    pub(super) fn finish(self) -> Vec<RecordedEvent> {
        self.events
    }

    /// Takes a row over, checking that it is as it was written.
    pub(super) fn push<'n>(
        &mut self,
        row: &Row<'_>,
        stream: StreamName,
        name_of: impl FnOnce(i64) -> Result<(&'n EventType, SchemaVersion), StoreError>,
    ) -> Result<(), StoreError> {
        let path = self.path;
        let sql = |error| store_error(path, "reading from", error);
        let position = position(row).map_err(sql)?;
        let (event_type, schema_version) = self.event_type(row.get(3).map_err(sql)?, name_of)?;
        let recorded_at = Timestamp::from_unix_micros(row.get(4).map_err(sql)?);
        let expected: u32 = row.get(5).map_err(sql)?;
        let metadata = row
            .get_ref(6)
            .map_err(sql)?
            .as_blob()
            .map_err(|e| sql(e.into()))?;
        let payload = row
            .get_ref(7)
            .map_err(sql)?
            .as_bytes()
            .map_err(|e| sql(e.into()))?;
        if checksum(metadata, payload) != expected {
            return Err(corrupt(
                path,
                format_args!("event {position} fails its checksum"),
            ));
        }
        let metadata = EncodedMetadata::decode(self.keep(metadata))
            .map_err(|error| corrupt(path, format_args!("event {position}")).caused_by(error))?;
        let payload = self.keep(payload);
        self.events.push(RecordedEvent {
            position: GlobalPosition::new(position),
            stream,
            version: StreamVersion::new(row.get(2).map_err(sql)?),
            event_type,
            schema_version,
            recorded_at: recorded_at.map_err(|error| corrupt(path, error))?,
            metadata,
            payload,
        });
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) -> Bytes {
        if self.block.capacity() < bytes.len() {
            self.block = BytesMut::with_capacity(bytes.len().max(BLOCK_BYTES));
        }
        self.bytes += bytes.len();
        self.block.extend_from_slice(bytes);
        self.block.split().freeze()
    }

    /// The event type, with a text of this page's own: were it shared by all pages, this thread
    /// and the one that drops the page before would fight for its reference count.
    fn event_type<'n>(
        &mut self,
        key: i64,
        name_of: impl FnOnce(i64) -> Result<(&'n EventType, SchemaVersion), StoreError>,
    ) -> Result<(EventType, SchemaVersion), StoreError> {
        if let Some((_, name, version)) = self.types.iter().find(|(kept, ..)| *kept == key) {
            return Ok((name.clone(), *version));
        }
        let (name, version) = name_of(key)?;
        let own = EventType::new(name.as_str()).expect("a name once checked");
        self.types.push((key, own.clone(), version));
        Ok((own, version))
    }
}
