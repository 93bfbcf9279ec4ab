//! The file format, and the way from every older one to it.

use rusqlite::{Connection, TransactionBehavior, config::DbConfig, ffi};

/// Marks the file as ours: "mnwn".
pub(super) const APPLICATION_ID: i32 = 0x6d6e_776e;

/// Unit: bytes. A commit writes whole pages: with 8 KiB single appends were slower and batches hardly faster
/// (`benches/README.md`). A file that is there keeps the size that it has.
const PAGE_BYTES: u32 = 4096;

/// Each step leads from the version that is its index to the next one. A released step never
/// changes; a new format is a new step.
pub(super) const MIGRATIONS: &[&str] = &[
    // 1: the log. Stream names and event types are interned, so a row stays small and the one
    // index besides the log itself is an index of integers. The index is also the concurrency
    // check: two events cannot have the same place in a stream.
    "CREATE TABLE streams (
        stream INTEGER PRIMARY KEY,
        name   TEXT NOT NULL UNIQUE
     ) STRICT;
     CREATE TABLE event_types (
        type           INTEGER PRIMARY KEY,
        name           TEXT NOT NULL,
        schema_version INTEGER NOT NULL,
        UNIQUE (name, schema_version)
     ) STRICT;
     CREATE TABLE events (
        position    INTEGER PRIMARY KEY,
        stream      INTEGER NOT NULL,
        version     INTEGER NOT NULL,
        type        INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        checksum    INTEGER NOT NULL,
        metadata    BLOB NOT NULL,
        payload     TEXT NOT NULL
     ) STRICT;
     CREATE UNIQUE INDEX events_by_stream ON events (stream, version);",
    // 2: what is kept beside the log.
    "CREATE TABLE snapshots (
        stream   TEXT NOT NULL,
        schema   INTEGER NOT NULL,
        version  INTEGER NOT NULL,
        event_id BLOB NOT NULL,
        position BLOB NOT NULL,
        state    BLOB NOT NULL,
        PRIMARY KEY (stream, schema)
     ) STRICT;
     CREATE TABLE checkpoints (
        consumer TEXT NOT NULL,
        slice    INTEGER NOT NULL,
        position BLOB NOT NULL,
        PRIMARY KEY (consumer, slice)
     ) STRICT;",
    // 3: the log as a person with a sqlite3 shell wants to see it. Offsets are those of the
    // metadata layout in `minwon_core::EncodedMetadata`.
    "CREATE VIEW event_log AS
     SELECT e.position,
            s.name AS stream,
            e.version,
            t.name AS event_type,
            t.schema_version,
            strftime('%Y-%m-%dT%H:%M:%fZ', e.recorded_at / 1e6, 'unixepoch') AS recorded_at,
            lower(hex(substr(e.metadata, 2, 16))) AS event_id,
            lower(hex(substr(e.metadata, 18, 16))) AS command_id,
            e.payload
     FROM events e
     JOIN streams s ON s.stream = e.stream
     JOIN event_types t ON t.type = e.type;",
    // 4: read models. A life is one incarnation of a slice; without a checkpoint it has ended,
    // and what stands under its number waits to be swept away.
    "CREATE TABLE read_lives (
        life       INTEGER PRIMARY KEY,
        namespace  TEXT NOT NULL,
        projection TEXT NOT NULL,
        generation INTEGER NOT NULL,
        slice      INTEGER NOT NULL,
        checkpoint TEXT
     ) STRICT;
     CREATE UNIQUE INDEX read_slices ON read_lives (namespace, projection, generation, slice)
        WHERE checkpoint IS NOT NULL;
     CREATE INDEX read_ended ON read_lives (namespace, projection, generation)
        WHERE checkpoint IS NULL;
     CREATE TABLE read_documents (
        life     INTEGER NOT NULL,
        key      TEXT NOT NULL,
        document BLOB NOT NULL,
        PRIMARY KEY (life, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE read_lookups (
        life       INTEGER NOT NULL,
        index_name TEXT NOT NULL,
        value      TEXT NOT NULL,
        key        TEXT NOT NULL,
        PRIMARY KEY (life, index_name, value)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE read_lists (
        life           INTEGER NOT NULL,
        index_name     TEXT NOT NULL,
        partition_name TEXT NOT NULL,
        place          INTEGER NOT NULL,
        key            TEXT NOT NULL,
        PRIMARY KEY (life, index_name, partition_name, place, key)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE read_counts (
        life       INTEGER NOT NULL,
        index_name TEXT NOT NULL,
        group_name TEXT NOT NULL,
        member     TEXT NOT NULL,
        count      INTEGER NOT NULL,
        PRIMARY KEY (life, index_name, group_name, member)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE read_catalogues (
        namespace  TEXT NOT NULL,
        projection TEXT NOT NULL,
        catalogue  TEXT NOT NULL,
        PRIMARY KEY (namespace, projection)
     ) STRICT, WITHOUT ROWID;",
    // 5: checkpoints of each namespace. One without a namespace belongs to the only namespace that
    // was ever at work on the file. Of several, one may have moved it past events of another, so
    // it is nobody's: what is handled again has no effect, and what is passed over is lost.
    "CREATE TABLE consumer_checkpoints (
        namespace TEXT NOT NULL,
        consumer  TEXT NOT NULL,
        slice     INTEGER NOT NULL,
        position  BLOB NOT NULL,
        PRIMARY KEY (namespace, consumer, slice)
     ) STRICT, WITHOUT ROWID;
     INSERT INTO consumer_checkpoints
     SELECT owner.namespace, c.consumer, c.slice, c.position
     FROM checkpoints c, (
        SELECT min(namespace) AS namespace, count(DISTINCT namespace) AS namespaces FROM (
           SELECT substr(name, 1, instr(name, '_') - 1) AS namespace FROM streams
           UNION ALL SELECT namespace FROM read_lives
           UNION ALL SELECT namespace FROM read_catalogues
        )
     ) owner
     WHERE owner.namespaces = 1;
     DELETE FROM checkpoints WHERE EXISTS (SELECT 1 FROM consumer_checkpoints);",
    // 6: the order of each namespace, as runs of neighbouring positions, so that a reader of one
    // does not look at what others wrote. Up to which position they go stands beside them; what
    // is missing is made up for when the file is opened for writing.
    "CREATE TABLE namespaces (
        namespace INTEGER PRIMARY KEY,
        name      TEXT NOT NULL UNIQUE
     ) STRICT;
     CREATE TABLE namespace_log (
        namespace INTEGER NOT NULL,
        first     INTEGER NOT NULL,
        last      INTEGER NOT NULL,
        PRIMARY KEY (namespace, first)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE namespace_log_end (
        position INTEGER NOT NULL
     ) STRICT;
     INSERT INTO namespace_log_end VALUES (0);",
    // 7: every key that claims a value. The rows in `read_lookups`, which held one key a value,
    // still count, and are not copied: a large file would take long to open.
    "CREATE TABLE read_claims (
        life       INTEGER NOT NULL,
        index_name TEXT NOT NULL,
        value      TEXT NOT NULL,
        key        TEXT NOT NULL,
        PRIMARY KEY (life, index_name, value, key)
     ) STRICT, WITHOUT ROWID;",
    // 8: digests of the log, at some of its positions. What an older file lacks is made up for when
    // it is opened for writing.
    "CREATE TABLE log_digests (
        position INTEGER PRIMARY KEY,
        digest   BLOB NOT NULL
     ) STRICT;",
    // 9: checksums of events are over all that they say, their place in the log and in their stream
    // included, and checkpoints of consumers have one. Rows from before are read as they are; earlier
    // programs would take new ones for damaged.
    "",
    // 10: the places of each stream as a table of ours, which is written behind the log and in its own
    // order. The index that it replaces had each append write a page of its own.
    "CREATE TABLE stream_events (
        stream   INTEGER NOT NULL,
        version  INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (stream, version)
     ) STRICT, WITHOUT ROWID;
     CREATE TABLE stream_events_end (
        position INTEGER NOT NULL
     ) STRICT;
     INSERT INTO stream_events SELECT stream, version, position FROM events
        WHERE version >= 0 ORDER BY stream, version;
     INSERT INTO stream_events_end SELECT coalesce(max(position), 0) FROM events;
     DROP INDEX events_by_stream;",
    // 11: documents of read models may be in a binary form, and not in JSON alone. Rows from before are
    // read as they are; earlier programs would take new ones for damaged.
    "",
];

/// The step that gives checkpoints to namespaces.
const CHECKPOINTS_OF_NAMESPACES: usize = 5;

/// The format that a file declares.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Nothing yet.
    Empty,
    /// Ours, with this many migrations applied.
    Version(usize),
    /// Somebody else's database.
    Foreign,
}

/// The newest format this program knows.
pub(super) const NEWEST: usize = MIGRATIONS.len();

pub(super) fn format(connection: &Connection) -> rusqlite::Result<Format> {
    let application_id: i32 =
        connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (application_id, tables) {
        (APPLICATION_ID, _) => Format::Version(usize::try_from(version).unwrap_or(usize::MAX)),
        (0, 0) => Format::Empty,
        _ => Format::Foreign,
    })
}

/// Prepares a connection, as all connections are prepared.
pub(super) fn prepare_connection(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(32);
    // Without this, SQLite plans a statement again each time its LIMIT is bound.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(|_| ())
}

/// Makes the connection a durable writer.
pub(super) fn prepare_writer(connection: &Connection) -> rusqlite::Result<()> {
    prepare_connection(connection)?;
    // The page size counts only for a file without pages; for any other it is ignored.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    keep_wal(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The writer does that itself; see `wal`.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // After a long reader has let the log grow, give the space back.
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)
}

/// Makes the file keep a write-ahead log.
///
/// SQLite answers before it commits that change, so the answer is read to its end: where the commit fails
/// unheard, the connection goes on with a rollback journal, whose last commit a loss of power undoes.
fn keep_wal(connection: &Connection) -> rusqlite::Result<()> {
    let mut mode = String::new();
    connection.pragma(None, "journal_mode", "WAL", |row| {
        mode = row.get(0)?;
        Ok(())
    })?;
    if mode == "wal" {
        return Ok(());
    }
    let what =
        format!("the file keeps no write-ahead log, but is in mode {mode}; a local disk allows it");
    let failure = ffi::Error::new(ffi::SQLITE_IOERR);
    Err(rusqlite::Error::SqliteFailure(failure, Some(what)))
}

/// Applies the steps from `version` on, each in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection, version: usize) -> rusqlite::Result<()> {
    if (1..NEWEST).contains(&version) {
        tracing::warn!(
            from = version,
            to = NEWEST,
            "the format of this file is raised; programs that know only the earlier one refuse it \
             from now on, and a backup from before is the way back"
        );
    }
    for (index, step) in MIGRATIONS.iter().enumerate().skip(version) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
        if index + 1 == CHECKPOINTS_OF_NAMESPACES {
            warn_of_unowned_checkpoints(connection)?;
        }
    }
    Ok(())
}

fn warn_of_unowned_checkpoints(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "SELECT count(*) FROM checkpoints";
    let unowned: u64 = connection.query_row(sql, [], |row| row.get(0))?;
    if unowned > 0 {
        tracing::warn!(
            unowned,
            "several namespaces shared their checkpoints in this file; their reactors begin again \
             at the start of the log, and repeat without effect what was done"
        );
    }
    Ok(())
}

/// Bounds the size of the file.
pub(super) fn limit_file(connection: &Connection, bytes: u64) -> rusqlite::Result<()> {
    let page_bytes: u64 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    // This pragma answers with a row, so it is no plain update.
    let sql = format!("PRAGMA max_page_count = {}", bytes / page_bytes);
    connection.query_row(&sql, [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_every_older_format_is_brought_up_to_date() {
        for version in 0..NEWEST {
            let mut old = Connection::open_in_memory().unwrap();
            for (index, step) in MIGRATIONS[..version].iter().enumerate() {
                old.execute_batch(step).unwrap();
                old.pragma_update(None, "application_id", APPLICATION_ID)
                    .unwrap();
                old.pragma_update(None, "user_version", index as i64 + 1)
                    .unwrap();
            }
            if version > 0 {
                old.execute_batch(
                    "INSERT INTO streams VALUES (1, 'general_Car-1');
                     INSERT INTO event_types VALUES (1, 'CarFiled', 1);
                     INSERT INTO events VALUES (1, 1, 0, 1, 0, 0, x'01', '{}');",
                )
                .unwrap();
                assert_eq!(format(&old).unwrap(), Format::Version(version));
            }
            migrate(&mut old, version).unwrap();
            assert_eq!(format(&old).unwrap(), Format::Version(NEWEST));
            let kept: i64 = old
                .query_row("SELECT count(*) FROM event_log", [], |row| row.get(0))
                .unwrap();
            assert_eq!(kept, i64::from(version > 0), "from format {version}");
            let lives: i64 = old
                .query_row("SELECT count(*) FROM read_lives", [], |row| row.get(0))
                .unwrap();
            assert_eq!(lives, 0, "from format {version}");
        }
    }

    /// Returns the two checkpoints of format 4 after the migration, in a file that holds these
    /// streams.
    fn checkpoints_beside(streams: &[&str]) -> Vec<(String, String, u16)> {
        let mut old = Connection::open_in_memory().unwrap();
        for step in &MIGRATIONS[..4] {
            old.execute_batch(step).unwrap();
        }
        for stream in streams {
            let sql = "INSERT INTO streams (name) VALUES (?1)";
            old.execute(sql, [stream]).unwrap();
        }
        let checkpoints =
            "INSERT INTO checkpoints VALUES ('stages', 0, x'07'), ('stages', 1, x'08')";
        old.execute_batch(checkpoints).unwrap();
        migrate(&mut old, 4).unwrap();
        let sql = "SELECT namespace, consumer, slice FROM consumer_checkpoints ORDER BY slice";
        let mut kept = old.prepare(sql).unwrap();
        let kept = kept.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        kept.unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn checkpoints_without_a_namespace_go_to_the_only_one() {
        let general = [
            "general_Car-1",
            "general_Car-2",
            "general_DeadLetters-CarFiled.DLQ",
        ];
        let kept = checkpoints_beside(&general);
        let of = |slice| ("general".to_owned(), "stages".to_owned(), slice);
        assert_eq!(kept, [of(0), of(1)]);
    }

    #[test]
    fn checkpoints_that_namespaces_shared_are_nobodys() {
        let two = ["general_Car-1", "car_DeadLetters-CarFiled.DLQ"];
        assert_eq!(checkpoints_beside(&two), []);
        assert_eq!(checkpoints_beside(&[]), []);
    }

    #[test]
    fn released_formats_are_frozen() {
        // A file in the field has these tables: mend a mistake with a new step, never here.
        let sums: Vec<u32> = MIGRATIONS
            .iter()
            .map(|step| crc32fast::hash(step.as_bytes()))
            .collect();
        assert_eq!(
            sums,
            [
                29_872_665,
                365_068_320,
                330_233_509,
                2_404_944_082,
                1_545_377_474,
                693_025_156,
                1_751_803_622,
                2_836_751_762,
                0,
                3_891_006_172,
                0,
            ]
        );
    }
}
