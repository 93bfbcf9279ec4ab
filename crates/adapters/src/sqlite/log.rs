//! The log as its one writer sees it: an open transaction and what it remembers of streams.

use std::{collections::HashMap, sync::Arc};

use minwon_core::{
    Appended, EventId, EventType, ExpectedVersion, GlobalPosition, LogDigest, SchemaVersion,
    StreamName, StreamVersion, Timestamp,
};
use quick_cache::unsync::Cache;
use rusqlite::Connection;

use super::{
    chain::{Append, Chain},
    order::Order,
    row::NewRow,
    sql::{execute, find, in_transaction},
    streams::StreamTail,
    wal::Wal,
};

/// Streams whose key and last version are remembered. Unit: streams.
const HEADS_MAX: usize = 65_536;

pub(super) struct Log {
    connection: Connection,
    heads: Cache<StreamName, Head>,
    types: HashMap<(EventType, SchemaVersion), i64>,
    head: u64,
    streams: StreamTail,
    order: Order,
    chain: Chain,
    wal: Wal,
    recorded_at: i64,
}

/// A stream that has events.
#[derive(Debug, Clone, Copy)]
struct Head {
    stream: i64,
    last: StreamVersion,
}

/// The outcome of an append.
pub(super) enum Outcome {
    Appended(Appended),
    Conflict { actual: Option<StreamVersion> },
}

impl Log {
    pub(super) fn open(mut connection: Connection) -> rusqlite::Result<Self> {
        let wal = Wal::take_over(&mut connection)?;
        let sql = "SELECT coalesce(max(position), 0) FROM events";
        let head = connection.query_row(sql, [], |row| row.get(0))?;
        let (heads, types) = (Cache::new(HEADS_MAX), HashMap::new());
        let streams = StreamTail::open(&connection)?;
        let order = Order::open(&connection)?;
        let chain = Chain::open(&connection)?;
        Ok(Self {
            connection,
            heads,
            types,
            head,
            streams,
            order,
            chain,
            wal,
            recorded_at: 0,
        })
    }

    /// The last position, with what the open transaction wrote.
    pub(super) fn head(&self) -> u64 {
        self.head
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn begin(&mut self, recorded_at: Timestamp) -> rusqlite::Result<()> {
        self.recorded_at = recorded_at.unix_micros();
        self.execute("BEGIN IMMEDIATE")
    }

    pub(super) fn commit(&mut self) -> rusqlite::Result<()> {
        let streams = self.streams.is_due();
        let (order, chain) = (self.order.is_due(), self.chain.is_due());
        if streams {
            self.streams.write(&self.connection)?;
        }
        if order {
            self.order.write(&self.connection)?;
        }
        if chain {
            self.chain.write(&self.connection)?;
        }
        self.execute("COMMIT")?;
        if streams {
            self.streams.committed();
        }
        if order {
            self.order.committed();
        }
        if chain {
            self.chain.written();
        }
        Ok(())
    }

    /// Does what nobody waits for, after a commit.
    pub(super) fn settle(&mut self) {
        self.chain.cover();
    }

    /// The digest of what is committed.
    pub(super) fn digest(&self) -> LogDigest {
        self.chain.digest()
    }

    /// Forgets what was remembered while writing: it is not in the file.
    pub(super) fn roll_back(&mut self, head: u64) -> rusqlite::Result<()> {
        self.head = head;
        self.streams.roll_back(head);
        self.order.roll_back(head);
        self.chain.roll_back();
        self.heads.clear();
        self.types.clear();
        // After some failures SQLite has rolled back by itself.
        if self.connection.is_autocommit() {
            Ok(())
        } else {
            self.execute("ROLLBACK")
        }
    }

    pub(super) fn write_back_wal(&self) -> rusqlite::Result<()> {
        self.wal.write_back(&self.connection)
    }

    /// Leaves the file as it is to be found: with the digest and the streams of all it holds, and no log
    /// beside it.
    pub(super) fn close(&self) -> rusqlite::Result<()> {
        if self.streams.is_behind() || self.chain.behind() > 0 {
            in_transaction(&self.connection, || {
                self.streams.write(&self.connection)?;
                self.chain.write(&self.connection)
            })?;
        }
        self.wal.empty(&self.connection)
    }

    fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        execute(&self.connection, sql, []).map(drop)
    }

    pub(super) fn append(
        &mut self,
        stream: &StreamName,
        expected: ExpectedVersion,
        rows: &Arc<[NewRow]>,
    ) -> rusqlite::Result<Outcome> {
        let head = self.find_head(stream)?;
        let actual = head.map(|head| head.last);
        if let Some(head) = head
            && let Some(first) = self.first_place(head, expected, rows)?
        {
            match self.find_repeat(head, first, rows)? {
                Some(appended) => return Ok(Outcome::Appended(appended)),
                // A first event that is known is part of another append.
                None if expected.starts_at().is_none() => return Ok(Outcome::Conflict { actual }),
                None => {}
            }
        }
        if !expected.admits(actual) {
            return Ok(Outcome::Conflict { actual });
        }
        let key = match head {
            Some(head) => head.stream,
            None => self.insert_stream(stream)?,
        };
        let first = StreamVersion::after(actual);
        self.chain.note(Append {
            stream: stream.clone(),
            version: first.get(),
            position: self.head + 1,
            recorded_at: self.recorded_at,
            rows: Arc::clone(rows),
        });
        self.insert_events(key, (stream, first.get()), rows)?;
        let last = first.plus(rows.len() as u64 - 1);
        self.heads
            .insert(stream.clone(), Head { stream: key, last });
        let position = GlobalPosition::new(self.head);
        Ok(Outcome::Appended(Appended {
            version: last,
            position,
            repeated: false,
        }))
    }

    fn insert_events(
        &mut self,
        key: i64,
        (stream, first): (&StreamName, u64),
        rows: &[NewRow],
    ) -> rusqlite::Result<()> {
        let types = rows
            .iter()
            .map(|row| self.event_type(&row.event_type, row.schema_version))
            .collect::<Result<Vec<_>, _>>()?;
        let sql = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let mut insert = self.connection.prepare_cached(sql)?;
        for ((version, row), event_type) in (first..).zip(rows).zip(types) {
            let position = self.head + 1;
            insert.execute((
                position,
                key,
                version,
                event_type,
                self.recorded_at,
                row.checksum_at(position, (stream, version), self.recorded_at),
                &row.metadata,
                row.text(),
            ))?;
            self.head = position;
            self.streams
                .note(key, version.cast_signed(), position.cast_signed());
            self.order.note(stream.namespace(), position);
        }
        Ok(())
    }

    fn insert_stream(&self, stream: &StreamName) -> rusqlite::Result<i64> {
        // It may be there without an event, where a foreign program wrote it.
        let sql = "INSERT INTO streams (name) VALUES (?1)
                   ON CONFLICT DO UPDATE SET name = name RETURNING stream";
        self.connection
            .prepare_cached(sql)?
            .query_row([stream.as_str()], |row| row.get(0))
    }

    fn find_head(&mut self, stream: &StreamName) -> rusqlite::Result<Option<Head>> {
        if let Some(head) = self.heads.get(stream) {
            return Ok(Some(*head));
        }
        let sql = "SELECT s.stream,
                       (SELECT max(version) FROM stream_events e WHERE e.stream = s.stream)
                   FROM streams s WHERE s.name = ?1";
        let tail = &self.streams;
        let head = |row: &rusqlite::Row<'_>| {
            let (stream, last) = (row.get(0)?, row.get::<_, Option<i64>>(1)?);
            let newer = tail.of(stream, 0).map(|place| place.version).last();
            let last = last.max(newer).and_then(|last| u64::try_from(last).ok());
            let last = last.map(StreamVersion::new);
            Ok(last.map(|last| Head { stream, last }))
        };
        let found = find(&self.connection, sql, [stream.as_str()], head)?.flatten();
        if let Some(head) = found {
            self.heads.insert(stream.clone(), head);
        }
        Ok(found)
    }

    /// Where the first of `rows` has its place, or already stands.
    fn first_place(
        &self,
        head: Head,
        expected: ExpectedVersion,
        rows: &[NewRow],
    ) -> rusqlite::Result<Option<StreamVersion>> {
        match expected.starts_at() {
            Some(version) => Ok(Some(version)),
            None => self.find_event(head.stream, rows[0].id),
        }
    }

    /// Where `rows` end, if they all stand at `first` and on.
    fn find_repeat(
        &self,
        head: Head,
        first: StreamVersion,
        rows: &[NewRow],
    ) -> rusqlite::Result<Option<Appended>> {
        let version = first.plus(rows.len() as u64 - 1);
        if version > head.last {
            // A new append goes behind the last event: the usual case costs nothing.
            return Ok(None);
        }
        let mut position = 0;
        for (version, row) in (first.get()..).zip(rows) {
            match self.find_place(head.stream, version.cast_signed())? {
                Some((there, id)) if id == *row.id.as_bytes() => position = there,
                _ => return Ok(None),
            }
        }
        Ok(Some(Appended {
            version,
            position: GlobalPosition::new(position),
            repeated: true,
        }))
    }

    /// The position and the id of the event at this place of a stream.
    fn find_place(&self, stream: i64, version: i64) -> rusqlite::Result<Option<(u64, [u8; 16])>> {
        let newer = self.streams.of(stream, version).next();
        let position = match newer.filter(|place| place.version == version) {
            Some(place) => Some(place.position),
            None => {
                let sql = "SELECT position FROM stream_events WHERE stream = ?1 AND version = ?2";
                find(&self.connection, sql, (stream, version), |row| row.get(0))?
            }
        };
        let Some(position) = position else {
            return Ok(None);
        };
        let sql = "SELECT position, substr(metadata, 2, 16) FROM events WHERE position = ?1";
        find(&self.connection, sql, [position], |row| row.try_into())
    }

    fn find_event(&self, stream: i64, id: EventId) -> rusqlite::Result<Option<StreamVersion>> {
        let sql = "SELECT s.version FROM stream_events s CROSS JOIN events e
                   ON e.position = s.position
                   WHERE s.stream = ?1 AND substr(e.metadata, 2, 16) = ?2";
        let found = find(&self.connection, sql, (stream, id.as_bytes()), |row| {
            row.get(0).map(StreamVersion::new)
        })?;
        if found.is_some() {
            return Ok(found);
        }
        let sql = "SELECT ?2 FROM events WHERE position = ?1 AND substr(metadata, 2, 16) = ?3";
        for place in self.streams.of(stream, 0) {
            let row = (place.position, place.version, id.as_bytes());
            let found = find(&self.connection, sql, row, |row| row.get(0))?;
            if found.is_some() {
                return Ok(found.map(StreamVersion::new));
            }
        }
        Ok(None)
    }

    fn event_type(&mut self, name: &EventType, version: SchemaVersion) -> rusqlite::Result<i64> {
        let key = (name.clone(), version);
        if let Some(&number) = self.types.get(&key) {
            return Ok(number);
        }
        let sql = "INSERT INTO event_types (name, schema_version) VALUES (?1, ?2)
                   ON CONFLICT DO UPDATE SET name = name RETURNING type";
        let number = self
            .connection
            .prepare_cached(sql)?
            .query_row((name.as_str(), version.get()), |row| row.get(0))?;
        self.types.insert(key, number);
        Ok(number)
    }
}
