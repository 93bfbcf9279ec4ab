//! The places of each stream: at which positions of the log its events stand.
//!
//! Kept as a table that is written some thousands of events behind the log, in its own order. Neighbours in the
//! log are of different streams, so an index of SQLite's would have each append write a page of its own. What
//! the table lacks, each connection remembers, and catches up with within its transactions. A file that
//! somebody else wrote to is made up for when it is opened.

use rusqlite::Connection;

use super::{
    error::ReadError,
    sql::{execute, find, in_transaction},
};

/// Events that the table may lack. Unit: events.
///
/// As many as are worth a sorted write, and few enough that a reader without them finds them in a millisecond.
const BEHIND_MAX: usize = 2048;

/// Events made up for in one transaction. Unit: events. More are never missing where a program of ours wrote.
const CATCH_UP_EVENTS: usize = 65_536;

/// An event in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    stream: i64,
    pub(super) version: i64,
    pub(super) position: i64,
}

/// The places that the table lacks.
#[derive(Debug, Default)]
pub(super) struct StreamTail {
    /// Up to this position the table has them.
    written: i64,
    /// Up to this position they are known.
    seen: i64,
    /// Those in between, in the order of the log.
    places: Vec<Place>,
}

impl StreamTail {
    /// Writes what the table lacks but for some events, and returns those.
    pub(super) fn open(connection: &Connection) -> rusqlite::Result<Self> {
        let mut tail = Self::default();
        make_sound(connection)?;
        while tail.catch_up(connection)? == CATCH_UP_EVENTS || tail.is_due() {
            in_transaction(connection, || tail.write(connection))?;
            tail.committed();
        }
        Ok(tail)
    }

    /// Takes over what the connection sees of the table and the log, for a reader within a transaction.
    pub(super) fn follow(&mut self, connection: &Connection) -> Result<(), ReadError> {
        if self.catch_up(connection)? < CATCH_UP_EVENTS {
            return Ok(());
        }
        *self = Self::default();
        let what = "its table of streams is far behind the log; open it for writing once";
        Err(ReadError::Damaged(what.into()))
    }

    /// Returns how many events are new.
    fn catch_up(&mut self, connection: &Connection) -> rusqlite::Result<usize> {
        let written = written_up_to(connection)?;
        if written < self.written {
            *self = Self::default();
        }
        if written != self.written {
            let places = &self.places;
            let now_written = places.partition_point(|place| place.position <= written);
            self.places.drain(..now_written);
            self.written = written;
            self.seen = self.seen.max(written);
        }
        let sql = "SELECT position, stream, version FROM events
                   WHERE position > ?1 ORDER BY position LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((self.seen, CATCH_UP_EVENTS))?;
        let mut events = 0;
        while let Some(row) = rows.next()? {
            let (position, stream, version) = row.try_into()?;
            self.note(stream, version, position);
            events += 1;
        }
        Ok(events)
    }

    /// Notes an event that was written to the log.
    pub(super) fn note(&mut self, stream: i64, version: i64, position: i64) {
        self.seen = position;
        // No program of ours writes one below 0, and it is in no stream.
        if version >= 0 {
            self.places.push(Place {
                stream,
                version,
                position,
            });
        }
    }

    /// Returns the places of a stream from this version on, in order.
    pub(super) fn of(&self, stream: i64, from: i64) -> impl Iterator<Item = Place> {
        let mut next = from;
        let places = self.places.iter().copied();
        // A version that is there already was written by a foreign hand.
        places.filter(move |place| {
            let is_next = place.stream == stream && place.version >= next;
            if is_next {
                next = place.version.saturating_add(1);
            }
            is_next
        })
    }

    /// Returns whether the table lacks anything.
    pub(super) fn is_behind(&self) -> bool {
        self.written < self.seen
    }

    /// Returns whether the table lacks too much.
    pub(super) fn is_due(&self) -> bool {
        self.places.len() >= BEHIND_MAX
    }

    /// Writes what the table lacks, inside the open transaction.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut places = self.places.clone();
        places.sort_unstable();
        // What a foreign hand wrote twice is found by a check.
        let sql = "INSERT OR IGNORE INTO stream_events VALUES (?1, ?2, ?3)";
        let mut insert = connection.prepare_cached(sql)?;
        for place in places {
            insert.execute((place.stream, place.version, place.position))?;
        }
        let sql = "UPDATE stream_events_end SET position = ?1";
        execute(connection, sql, [self.seen]).map(drop)
    }

    /// Forgets what was written, once that is durable.
    pub(super) fn committed(&mut self) {
        self.written = self.seen;
        self.places.clear();
    }

    /// Forgets what was noted behind `head`.
    pub(super) fn roll_back(&mut self, head: u64) {
        let head = i64::try_from(head).unwrap_or(i64::MAX);
        self.places.retain(|place| place.position <= head);
        self.seen = self.seen.min(head);
    }
}

fn written_up_to(connection: &Connection) -> rusqlite::Result<i64> {
    let sql = "SELECT position FROM stream_events_end";
    Ok(find(connection, sql, [], |row| row.get(0))?.unwrap_or_default())
}

/// Forgets a table that goes beyond the log, where somebody took events away: it is written again.
fn make_sound(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT coalesce(max(position), 0) FROM events";
    let head: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    if (0..=head).contains(&written_up_to(connection)?) {
        return Ok(());
    }
    connection.execute_batch(
        "BEGIN IMMEDIATE; DELETE FROM stream_events;
         UPDATE stream_events_end SET position = 0; COMMIT",
    )
}

/// Returns what of the table does not fit the log, if anything.
pub(super) fn first_misplaced(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT e.position FROM events e
               WHERE e.position <= (SELECT position FROM stream_events_end) AND e.version >= 0
                 AND e.position IS NOT (SELECT s.position FROM stream_events s
                     WHERE s.stream = e.stream AND s.version = e.version)
               ORDER BY e.position LIMIT 1";
    let missing = find(connection, sql, [], |row| row.get::<_, i64>(0))?;
    if let Some(position) = missing {
        return Ok(Some(format!("event {position} is missing in its stream")));
    }
    // The version of an event that is away.
    let sql = "SELECT s.position FROM stream_events s
               WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.position = s.position
                   AND e.stream = s.stream AND e.version = s.version) LIMIT 1";
    let extra = find(connection, sql, [], |row| row.get::<_, i64>(0))?;
    Ok(extra.map(|position| format!("a stream has event {position}, which is not of it")))
}

#[cfg(test)]
mod tests;
