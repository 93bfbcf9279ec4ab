//! The interned names of streams and event types, as a reader meets them.

use minwon_core::{EventType, SchemaVersion, StreamName};
use quick_cache::unsync::Cache;
use rusqlite::Connection;

use super::sql::find;

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
        let key = find(connection, sql, [stream.as_str()], |row| row.get(0))?;
        if let Some(key) = key {
            self.keys.insert(stream.clone(), key);
        }
        Ok(key)
    }

    /// The stream with this key; none where it has no name, or one that no program of ours gave.
    pub(super) fn stream(
        &mut self,
        connection: &Connection,
        key: i64,
    ) -> rusqlite::Result<Option<StreamName>> {
        if let Some(name) = self.kept(key) {
            return Ok(name.clone());
        }
        // Keys count up in the order of the log, so a scan that meets a key above all others will
        // meet its neighbours next. An older key is met alone.
        let ahead = if key > self.newest { NAMES_AHEAD } else { 1 };
        self.load_streams(connection, key, ahead)?;
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
        from: i64,
        count: i64,
    ) -> rusqlite::Result<()> {
        let sql = "SELECT stream, name FROM streams WHERE stream >= ?1 ORDER BY stream LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((from, count))?;
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            let name = row.get_ref(1)?.as_str().ok();
            let name = name.and_then(|name| name.parse().ok());
            if name.is_none() {
                tracing::warn!(
                    path = connection.path(),
                    stream = key,
                    "a stream has no sound name"
                );
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
        key: i64,
    ) -> rusqlite::Result<(&EventType, SchemaVersion)> {
        if !self.types.iter().any(|(kept, ..)| *kept == key) {
            self.types = load_types(connection)?;
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

fn load_types(connection: &Connection) -> rusqlite::Result<Vec<(i64, EventType, SchemaVersion)>> {
    let sql = "SELECT type, name, schema_version FROM event_types";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut types = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row.get_ref(1)?.as_str().ok();
        // One that no program of ours gave is nobody's, and stops no event of another type.
        let version = u16::try_from(row.get::<_, i64>(2)?);
        let (Some(Ok(event_type)), Ok(version)) = (name.map(EventType::new), version) else {
            continue;
        };
        let version = SchemaVersion::new(version);
        types.push((row.get(0)?, event_type, version));
    }
    Ok(types)
}
