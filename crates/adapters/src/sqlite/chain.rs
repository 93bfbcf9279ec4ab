//! The hash chain of the log: its digest, as the writer knows it.
//!
//! The digest is kept in the file some hundreds of events behind the log, as the order of namespaces is, so
//! that a commit seldom has to do with it. What the file lacks is made up for when it is opened. A digest
//! that was written is never changed: one that no longer fits is the trace of an alteration.

use std::sync::Arc;

use minwon_core::{GlobalPosition, LogDigest, LoggedEvent, StreamName};
use rusqlite::{Connection, Row};

use super::{
    error::ReadError,
    row::NewRow,
    sql::{execute, find},
};

/// Events between two digests in the file. Unit: events.
const APART: u64 = 512;

/// Events made up for in one transaction. Unit: events.
const CATCH_UP_EVENTS: u64 = 65_536;

/// The digest of a log that is written to.
pub(super) struct Chain {
    /// Of what is committed and covered.
    digest: LogDigest,
    /// What it does not cover yet, oldest first.
    appends: Vec<Append>,
    /// The last position whose digest the file has.
    kept: u64,
}

/// Events that were appended together.
pub(super) struct Append {
    pub(super) stream: StreamName,
    /// Of the first one.
    pub(super) version: u64,
    /// Of the first one.
    pub(super) position: u64,
    pub(super) recorded_at: i64,
    pub(super) rows: Arc<[NewRow]>,
}

impl Chain {
    /// Reads the last digest in the file, and makes up for what was written behind it.
    pub(super) fn open(connection: &Connection) -> rusqlite::Result<Self> {
        let sql = "SELECT position, digest FROM log_digests
                   WHERE position <= (SELECT max(position) FROM events) AND length(digest) = 32
                   ORDER BY position DESC LIMIT 1";
        let last = find(connection, sql, [], digest)?.unwrap_or(LogDigest::START);
        let mut chain = Self {
            digest: last,
            appends: Vec::new(),
            kept: last.position().commit(),
        };
        while chain.catch_up(connection)? == CATCH_UP_EVENTS {
            chain.write(connection)?;
            chain.written();
        }
        Ok(chain)
    }

    /// Covers some events that are in the file already; how many.
    fn catch_up(&mut self, connection: &Connection) -> rusqlite::Result<u64> {
        let sql = "SELECT e.position, e.version, e.recorded_at, e.metadata, e.payload,
                          coalesce(s.name, ''), coalesce(t.name, ''), coalesce(t.schema_version, 0)
                   FROM events e
                   LEFT JOIN streams s ON s.stream = e.stream
                   LEFT JOIN event_types t ON t.type = e.type
                   WHERE e.position > ?1 ORDER BY e.position LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let after = self.digest.position().commit();
        let mut rows = statement.query((after, CATCH_UP_EVENTS))?;
        let mut events = 0;
        while let Some(row) = rows.next()? {
            self.digest.include(&LoggedEvent {
                position: GlobalPosition::new(row.get(0)?),
                version: row.get::<_, i64>(1)?.cast_unsigned(),
                recorded_at: row.get(2)?,
                metadata: row.get_ref(3)?.as_bytes()?,
                payload: row.get_ref(4)?.as_bytes()?,
                stream: row.get_ref(5)?.as_bytes()?,
                event_type: row.get_ref(6)?.as_bytes()?,
                schema_version: row.get::<_, i64>(7)?.cast_unsigned(),
            });
            events += 1;
        }
        Ok(events)
    }

    /// Notes what the open transaction wrote.
    pub(super) fn note(&mut self, append: Append) {
        self.appends.push(append);
    }

    /// Covers what was noted, once that is committed. It is not done before, as callers would wait for it.
    pub(super) fn cover(&mut self) {
        for append in self.appends.drain(..) {
            for (index, row) in (0..).zip(&*append.rows) {
                self.digest.include(&LoggedEvent {
                    position: GlobalPosition::new(append.position + index),
                    stream: append.stream.as_str().as_bytes(),
                    version: append.version + index,
                    event_type: row.event_type.as_str().as_bytes(),
                    schema_version: row.schema_version.get().into(),
                    recorded_at: append.recorded_at,
                    metadata: &row.metadata,
                    payload: &row.payload,
                });
            }
        }
    }

    /// Returns the digest of what is committed.
    pub(super) fn digest(&self) -> LogDigest {
        self.digest
    }

    /// Returns whether the file should have the digest of here.
    pub(super) fn is_due(&self) -> bool {
        self.behind() >= APART
    }

    /// Events whose digest the file lacks.
    pub(super) fn behind(&self) -> u64 {
        self.digest.position().commit() - self.kept
    }

    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        // Where there is one of this position, events were taken away, and it shows that.
        let sql = "INSERT OR IGNORE INTO log_digests VALUES (?1, ?2)";
        let row = (self.digest.position().commit(), self.digest.hash());
        execute(connection, sql, row).map(drop)
    }

    /// Takes over that the digest was written, now that this is durable.
    pub(super) fn written(&mut self) {
        self.kept = self.digest.position().commit();
    }

    /// Forgets what the transaction wrote.
    pub(super) fn roll_back(&mut self) {
        self.appends.clear();
    }
}

/// Returns the digests in the file.
pub(super) fn kept(connection: &Connection) -> Result<Vec<LogDigest>, ReadError> {
    let mut statement = connection.prepare("SELECT position, digest FROM log_digests")?;
    let mut rows = statement.query([])?;
    let mut kept = Vec::new();
    while let Some(row) = rows.next()? {
        let damaged = |_| {
            let position = row.get::<_, i64>(0).unwrap_or_default();
            ReadError::Damaged(format!("the digest of position {position} is none"))
        };
        kept.push(digest(row).map_err(damaged)?);
    }
    Ok(kept)
}

fn digest(row: &Row<'_>) -> rusqlite::Result<LogDigest> {
    let position = GlobalPosition::new(row.get(0)?);
    Ok(LogDigest::new(position, row.get(1)?))
}

#[cfg(test)]
mod tests;
