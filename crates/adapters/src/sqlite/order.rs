//! The order of each namespace in the log: which positions are its own.
//!
//! Kept as runs of neighbouring positions. They are written some hundreds of events behind the log,
//! so that a commit seldom has to do with them; what has no run yet is looked through event by
//! event. A file that an older program wrote is made up for when it is opened.

use minwon_core::NamespaceName;
use rusqlite::{Connection, OptionalExtension};

use super::sql::{execute, find, in_transaction};

/// Events that may have no run yet: readers look through them one by one. Unit: events.
///
/// Source: `benches/src/bin/append.rs`, where runs written with every commit cost single appends a
/// page each.
const BEHIND_MAX: u64 = 512;

/// Events made up for in one transaction. Unit: events.
const CATCH_UP_EVENTS: u32 = 65_536;

/// The runs that are to be written.
pub(super) struct Order {
    /// Up to here runs stand in the file.
    written: u64,
    /// The runs after it, oldest first.
    pending: Vec<Run>,
}

/// Neighbouring positions of one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    namespace: Box<str>,
    first: u64,
    last: u64,
}

impl Order {
    /// Reads how far the runs in the file go, and writes what is missing but for a few events.
    pub(super) fn open(connection: &Connection) -> rusqlite::Result<Self> {
        let mut order = Self {
            written: sound_runs(connection)?,
            pending: Vec::new(),
        };
        while order.note_some(connection)? {
            in_transaction(connection, || order.write(connection))?;
            order.committed();
        }
        Ok(order)
    }

    /// Notes events that have no run yet; whether there are enough to write them.
    fn note_some(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        self.pending.clear();
        // Of a name that no program of ours wrote, what stands before its first `_` counts.
        let sql = "SELECT e.position, coalesce(substr(s.name, 1, instr(s.name, '_') - 1), '')
                   FROM events e LEFT JOIN streams s ON s.stream = e.stream
                   WHERE e.position > ?1 ORDER BY e.position LIMIT ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query((self.written, CATCH_UP_EVENTS))?;
        while let Some(row) = rows.next()? {
            let namespace = String::from_utf8_lossy(row.get_ref(1)?.as_bytes()?).into_owned();
            self.note(&namespace, row.get(0)?);
        }
        Ok(self.is_due())
    }

    /// Notes an event that was written to the log.
    pub(super) fn note(&mut self, namespace: &str, position: u64) {
        match self.pending.last_mut() {
            Some(run) if *run.namespace == *namespace && run.last + 1 == position => {
                run.last = position;
            }
            _ => self.pending.push(Run {
                namespace: namespace.into(),
                first: position,
                last: position,
            }),
        }
    }

    /// Returns whether readers would have to look through too much.
    pub(super) fn is_due(&self) -> bool {
        let last = self.pending.last();
        last.is_some_and(|run| run.last - self.written > BEHIND_MAX)
    }

    /// Writes what was noted, inside the open transaction.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<()> {
        let mut runs: Vec<_> = self.pending.iter().collect();
        runs.sort_by(|a, b| (&a.namespace, a.first).cmp(&(&b.namespace, b.first)));
        for of_one in runs.chunk_by(|a, b| a.namespace == b.namespace) {
            write_runs(connection, of_one)?;
        }
        let end = self.pending.last().map_or(self.written, |run| run.last);
        let sql = "UPDATE namespace_log_end SET position = ?1";
        execute(connection, sql, [end]).map(drop)
    }

    /// Forgets what was written, once that is durable.
    pub(super) fn committed(&mut self) {
        if let Some(run) = self.pending.last() {
            self.written = run.last;
            self.pending.clear();
        }
    }

    /// Forgets what was noted behind `head`.
    pub(super) fn roll_back(&mut self, head: u64) {
        self.pending.retain(|run| run.first <= head);
        if let Some(run) = self.pending.last_mut() {
            run.last = run.last.min(head);
        }
    }
}

/// Writes the runs of one namespace, oldest first.
fn write_runs(connection: &Connection, runs: &[&Run]) -> rusqlite::Result<()> {
    let [first, ..] = runs else { return Ok(()) };
    let sql = "INSERT INTO namespaces (name) VALUES (?1)
               ON CONFLICT DO UPDATE SET name = name RETURNING namespace";
    let namespace: i64 = connection
        .prepare_cached(sql)?
        .query_row([&first.namespace], |row| row.get(0))?;
    let sql =
        "UPDATE namespace_log SET last = ?3 WHERE namespace = ?1 AND last + 1 = ?2 AND first =
                   (SELECT max(first) FROM namespace_log WHERE namespace = ?1)";
    let goes_on = execute(connection, sql, (namespace, first.first, first.last))?;
    let mut insert = connection.prepare_cached("INSERT INTO namespace_log VALUES (?1, ?2, ?3)")?;
    for run in &runs[goes_on..] {
        insert.execute((namespace, run.first, run.last))?;
    }
    Ok(())
}

/// Returns up to where runs can be believed. Where they go beyond the log somebody took events
/// away, and they are written again: what comes in their place may be of other namespaces.
fn sound_runs(connection: &Connection) -> rusqlite::Result<u64> {
    let sql = "SELECT coalesce(max(position), 0) FROM events";
    let head: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    let written = written_up_to(connection)?;
    if (0..=head).contains(&written) {
        return Ok(written.unsigned_abs());
    }
    connection.execute_batch(
        "BEGIN IMMEDIATE; DELETE FROM namespace_log;
         UPDATE namespace_log_end SET position = 0; COMMIT",
    )?;
    Ok(0)
}

/// Up to which position every event has a run.
pub(super) fn written_up_to(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT position FROM namespace_log_end")?
        .query_row([], |row| row.get(0))
}

/// The key of a namespace, if it has runs.
pub(super) fn key(
    connection: &Connection,
    namespace: &NamespaceName,
) -> rusqlite::Result<Option<i64>> {
    let sql = "SELECT namespace FROM namespaces WHERE name = ?1";
    find(connection, sql, [namespace.as_str()], |row| row.get(0))
}

/// The first event whose place in the runs is not its own, if there is one.
pub(super) fn first_misplaced(connection: &Connection) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT e.position FROM events e LEFT JOIN streams s ON s.stream = e.stream
               WHERE e.position <= (SELECT position FROM namespace_log_end)
                 AND e.position > coalesce(
                     (SELECT r.last FROM namespace_log r WHERE r.first <= e.position
                        AND r.namespace = (SELECT n.namespace FROM namespaces n WHERE n.name =
                            coalesce(substr(s.name, 1, instr(s.name, '_') - 1), ''))
                      ORDER BY r.first DESC LIMIT 1), -1)
               ORDER BY e.position LIMIT 1";
    connection.query_row(sql, [], |row| row.get(0)).optional()
}
