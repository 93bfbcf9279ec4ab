//! The interned names of streams and event types, as a reader meets them.

use std::path::Path;

use minwon_core::{EventType, SchemaVersion, StoreError, StreamName};
use quick_cache::unsync::Cache;
use rusqlite::{Connection, OptionalExtension};

use super::error::store_error;

/// Places for the names of streams that a reader meets in the log. Unit: streams. A power of two,
/// 6 MiB, and the names themselves.
///
/// Source: `benches/src/bin/projection/main.rs` with 100,000 petitions in flight; with a quarter of
/// these places it read at half the speed.
const PLACES: usize = 262_144;

/// Keys of streams remembered for reading one stream. Unit: streams.
const KEYS: usize = 65_536;

/// Names read at once when a scan meets streams it has not seen. Unit: streams.
const NAMES_AHEAD: i64 = 256;

/// The key of a stream and its name; no name where the stored one is invalid.
type Place = (i64, Option<StreamName>);

/// The names that a reader remembers, bounded.
pub(super) struct Names {
    types: Vec<(i64, EventType, SchemaVersion)>,
    /// The stand-in for a type without a sound name; nobody can decode it.
    unreadable: EventType,
    /// By key: the key's low bits say where its name stands, and a later one takes the place.
    /// Keys count up, so neighbours in the log rarely meet; a hash would cost more than the page.
    streams: Box<[Option<Place>]>,
    keys: Cache<StreamName, i64>,
    /// The highest key read so far.
    newest: i64,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            types: Vec::new(),
            unreadable: EventType::new("Unreadable").expect("a word"),
            streams: vec![None; PLACES].into(),
            keys: Cache::new(KEYS),
            newest: 0,
        }
    }

    /// The key of a stream, if it has events.
    pub(super) fn key(
        &mut self,
        connection: &Connection,
        stream: &StreamName,
    ) -> rusqlite::Result<Option<i64>> {
        if let Some(&key) = self.keys.get(stream) {
            return Ok(Some(key));
        }
        let sql = "SELECT stream FROM streams WHERE name = ?1";
        let mut statement = connection.prepare_cached(sql)?;
        let key = statement
            .query_row([stream.as_str()], |row| row.get(0))
            .optional()?;
        if let Some(key) = key {
            self.keys.insert(stream.clone(), key);
        }
        Ok(key)
    }

    /// The stream with this key; none where it has no name, or one that no program of ours gave.
    pub(super) fn stream(
        &mut self,
        connection: &Connection,
        path: &Path,
        key: i64,
    ) -> Result<Option<StreamName>, StoreError> {
        if let Some(name) = self.kept(key) {
            return Ok(name.clone());
        }
        // Keys count up in the order of the log, so a scan that meets a key above all others will
        // meet its neighbours next. An older key is met alone.
        let ahead = if key > self.newest { NAMES_AHEAD } else { 1 };
        self.load_streams(connection, path, key, ahead)?;
        Ok(self.kept(key).cloned().flatten())
    }

    fn kept(&self, key: i64) -> Option<&Option<StreamName>> {
        match &self.streams[place(key)] {
            Some((kept, name)) if *kept == key => Some(name),
            _ => None,
        }
    }

    fn load_streams(
        &mut self,
        connection: &Connection,
        path: &Path,
        from: i64,
        count: i64,
    ) -> Result<(), StoreError> {
        let sql_error = |error| store_error(path, "reading from", error);
        let sql = "SELECT stream, name FROM streams WHERE stream >= ?1 ORDER BY stream LIMIT ?2";
        let mut statement = connection.prepare_cached(sql).map_err(sql_error)?;
        let mut rows = statement.query((from, count)).map_err(sql_error)?;
        while let Some(row) = rows.next().map_err(sql_error)? {
            let key: i64 = row.get(0).map_err(sql_error)?;
            let name = row.get_ref(1).map_err(sql_error)?.as_str().ok();
            let name = name.and_then(|name| name.parse().ok());
            if name.is_none() {
                tracing::warn!(path = %path.display(), stream = key, "a stream has no sound name");
            }
            self.streams[place(key)] = Some((key, name));
            self.newest = self.newest.max(key);
        }
        Ok(())
    }

    /// The event type with this key.
    pub(super) fn event_type(
        &mut self,
        connection: &Connection,
        path: &Path,
        key: i64,
    ) -> Result<(&EventType, SchemaVersion), StoreError> {
        if !self.types.iter().any(|(kept, ..)| *kept == key) {
            self.types = load_types(connection, path)?;
        }
        let found = self.types.iter().find(|(kept, ..)| *kept == key);
        Ok(match found {
            Some((_, name, version)) => (name, *version),
            None => (&self.unreadable, SchemaVersion::FIRST),
        })
    }
}

fn place(key: i64) -> usize {
    key as usize % PLACES
}

fn load_types(
    connection: &Connection,
    path: &Path,
) -> Result<Vec<(i64, EventType, SchemaVersion)>, StoreError> {
    let sql_error = |error| store_error(path, "reading from", error);
    let sql = "SELECT type, name, schema_version FROM event_types";
    let mut statement = connection.prepare_cached(sql).map_err(sql_error)?;
    let mut rows = statement.query([]).map_err(sql_error)?;
    let mut types = Vec::new();
    while let Some(row) = rows.next().map_err(sql_error)? {
        let name = row.get_ref(1).map_err(sql_error)?.as_str().ok();
        // One that no program of ours gave is nobody's, and stops no event of another type.
        let version = u16::try_from(row.get::<_, i64>(2).map_err(sql_error)?);
        let (Some(Ok(event_type)), Ok(version)) = (name.map(EventType::new), version) else {
            continue;
        };
        let version = SchemaVersion::new(version);
        types.push((row.get(0).map_err(sql_error)?, event_type, version));
    }
    Ok(types)
}
