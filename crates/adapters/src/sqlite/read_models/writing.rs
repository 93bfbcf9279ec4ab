//! Writing, in the transactions of the one writer.

use bytes::Bytes;
use minwon_core::{
    Catalogue, CheckpointTextError, CommitError, CountCell, GenerationName, ListChange, ListName,
    ListPlace, Lookup, ModelName, Order, SliceCheckpoint, SliceName, SliceWrites, StoreError,
    StoreErrorKind, ViewKey,
};
use rusqlite::Connection;

use crate::sqlite::sql::{execute, find};

/// Most things that one step of a sweep removes, so that appends need not wait for long.
/// Unit: rows of a table.
pub(super) const SWEEP_ROWS: usize = 2000;

/// Commits a slice. Where it is neither at `expected` nor at `next`, returns what stands for its
/// checkpoint instead.
pub(super) fn commit(
    connection: &Connection,
    slice: &SliceName,
    expected: Option<&SliceCheckpoint>,
    next: &SliceCheckpoint,
    writes: &SliceWrites,
) -> rusqlite::Result<Result<(), Option<String>>> {
    let text = next.to_text();
    let (life, at) = find_life(connection, slice)?.unzip();
    if at.as_ref() == Some(&text) {
        return Ok(Ok(()));
    }
    let begins_anew = expected.is_none() && at.as_deref().is_some_and(is_damaged);
    if !begins_anew && at != expected.map(SliceCheckpoint::to_text) {
        return Ok(Err(at));
    }
    let goes_on = expected.map(|expected| expected.incarnation) == Some(next.incarnation);
    let life = match life {
        Some(life) if goes_on => {
            let sql = "UPDATE read_lives SET checkpoint = ?2 WHERE life = ?1";
            execute(connection, sql, (life, &text))?;
            life
        }
        earlier => {
            let sql = "UPDATE read_lives SET checkpoint = NULL WHERE life = ?1";
            execute(connection, sql, [earlier])?;
            begin_life(connection, slice, &text)?
        }
    };
    write_all(connection, life, writes).map(Ok)
}

/// The error of a commit that found something else.
pub(super) fn moved(slice: SliceName, at: Option<String>) -> CommitError {
    match at.map(|text| SliceCheckpoint::from_text(&text)).transpose() {
        Ok(actual) => CommitError::Moved {
            slice,
            actual: actual.map(Box::new),
        },
        Err(CheckpointTextError::Damaged(_)) => CommitError::Moved {
            slice,
            actual: None,
        },
        Err(error) => CommitError::Store {
            source: newer(&slice, error),
            slice,
        },
    }
}

/// The error where a newer program wrote the checkpoint of a slice.
pub(super) fn newer(slice: &SliceName, error: CheckpointTextError) -> StoreError {
    let doing = format!("reading the checkpoint of slice {slice} failed");
    StoreError::new(StoreErrorKind::NewerVersion, doing).caused_by(error)
}

/// Returns whether that is no checkpoint, and so as good as none.
fn is_damaged(checkpoint: &str) -> bool {
    let read = SliceCheckpoint::from_text(checkpoint);
    matches!(read, Err(CheckpointTextError::Damaged(_)))
}

/// The life that a slice is in, and its checkpoint.
pub(super) fn find_life(
    connection: &Connection,
    slice: &SliceName,
) -> rusqlite::Result<Option<(i64, String)>> {
    let sql = "SELECT life, checkpoint FROM read_lives
               WHERE namespace = ?1 AND projection = ?2 AND generation = ?3 AND slice = ?4
                   AND checkpoint IS NOT NULL";
    let (namespace, projection, generation) = name_of(&slice.generation);
    let name = (namespace, projection, generation, slice.slice.get());
    find(connection, sql, name, |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The number of a new life; none where SQLite has to choose one.
const NEXT_LIFE: &str =
    "SELECT CASE WHEN max(life) < 9223372036854775807 THEN max(life) + 1 END FROM (
        SELECT 0 AS life
        UNION ALL SELECT max(life) FROM read_lives
        UNION ALL SELECT max(life) FROM read_documents
        UNION ALL SELECT max(life) FROM read_lookups
        UNION ALL SELECT max(life) FROM read_claims
        UNION ALL SELECT max(life) FROM read_lists
        UNION ALL SELECT max(life) FROM read_counts)";

/// Lives are numbered upwards, and one that ended keeps its number until it is swept; also where somebody
/// changed its number and left what stands under it. So no two share what is left of one.
fn begin_life(
    connection: &Connection,
    slice: &SliceName,
    checkpoint: &str,
) -> rusqlite::Result<i64> {
    let life: Option<i64> = connection
        .prepare_cached(NEXT_LIFE)?
        .query_row([], |row| row.get(0))?;
    let (namespace, projection, generation) = name_of(&slice.generation);
    let number = slice.slice.get();
    let row = (life, namespace, projection, generation, number, checkpoint);
    let sql = "INSERT INTO read_lives VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    execute(connection, sql, row)?;
    Ok(connection.last_insert_rowid())
}

fn write_all(connection: &Connection, life: i64, writes: &SliceWrites) -> rusqlite::Result<()> {
    for (key, document) in &writes.documents {
        write_document(connection, life, key.as_str(), document.as_ref())?;
    }
    for (lookup, key, change) in &writes.lookups {
        change_lookup(connection, life, lookup, key, *change)?;
    }
    for (list, place, change) in &writes.lists {
        change_list(connection, life, list, place, *change)?;
    }
    for (cell, count) in &writes.counts {
        write_count(connection, life, cell, *count)?;
    }
    Ok(())
}

fn write_count(
    connection: &Connection,
    life: i64,
    cell: &CountCell,
    count: u64,
) -> rusqlite::Result<()> {
    let (index, group, member) = (cell.index.as_str(), &*cell.group, &*cell.member);
    if count > 0 {
        let sql = "INSERT INTO read_counts VALUES (?1, ?2, ?3, ?4, ?5)
                   ON CONFLICT DO UPDATE SET count = excluded.count";
        // SQLite counts signed; the bits are what matters.
        let row = (life, index, group, member, count.cast_signed());
        execute(connection, sql, row).map(drop)
    } else {
        let sql = "DELETE FROM read_counts
                   WHERE life = ?1 AND index_name = ?2 AND group_name = ?3 AND member = ?4";
        execute(connection, sql, (life, index, group, member)).map(drop)
    }
}

fn write_document(
    connection: &Connection,
    life: i64,
    key: &str,
    document: Option<&Bytes>,
) -> rusqlite::Result<()> {
    match document {
        Some(document) => {
            let sql = "INSERT INTO read_documents VALUES (?1, ?2, ?3)
                       ON CONFLICT DO UPDATE SET document = excluded.document";
            execute(connection, sql, (life, key, &**document)).map(drop)
        }
        None => {
            let sql = "DELETE FROM read_documents WHERE life = ?1 AND key = ?2";
            execute(connection, sql, (life, key)).map(drop)
        }
    }
}

fn change_lookup(
    connection: &Connection,
    life: i64,
    lookup: &Lookup,
    key: &ViewKey,
    change: ListChange,
) -> rusqlite::Result<()> {
    let statements: &[&str] = match change {
        ListChange::Take => {
            &["INSERT INTO read_claims VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING"]
        }
        // Rows that an older program wrote are in the second.
        ListChange::Leave => &[
            "DELETE FROM read_claims
             WHERE life = ?1 AND index_name = ?2 AND value = ?3 AND key = ?4",
            "DELETE FROM read_lookups
             WHERE life = ?1 AND index_name = ?2 AND value = ?3 AND key = ?4",
        ],
    };
    let claim = (life, lookup.index.as_str(), &*lookup.value, key.as_str());
    let mut each = statements.iter();
    each.try_for_each(|sql| execute(connection, sql, claim).map(drop))
}

fn change_list(
    connection: &Connection,
    life: i64,
    list: &ListName,
    place: &ListPlace,
    change: ListChange,
) -> rusqlite::Result<()> {
    let sql = match change {
        ListChange::Take => {
            "INSERT INTO read_lists VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"
        }
        ListChange::Leave => {
            "DELETE FROM read_lists WHERE life = ?1 AND index_name = ?2 AND partition_name = ?3
                 AND place = ?4 AND key = ?5"
        }
    };
    let (index, partition) = (list.index.as_str(), &*list.partition);
    let (at, key) = (place_number(place.order), place.key.as_str());
    execute(connection, sql, (life, index, partition, at, key)).map(drop)
}

/// Orders as SQLite's signed numbers, which sort the same way.
pub(super) fn place_number(order: Order) -> i64 {
    (order.get() ^ (1 << 63)).cast_signed()
}

/// Replaces a catalogue. Where it is neither `expected` nor `next`, returns what it is instead.
pub(super) fn save_catalogue(
    connection: &Connection,
    model: &ModelName,
    expected: Option<&Catalogue>,
    next: &Catalogue,
) -> rusqlite::Result<Result<Result<(), Option<Catalogue>>, StoreError>> {
    let found = match find_catalogue(connection, model)? {
        Ok(found) => found,
        Err(error) => return Ok(Err(error)),
    };
    if found.as_ref() == Some(next) {
        return Ok(Ok(Ok(())));
    }
    if found.as_ref() != expected {
        return Ok(Ok(Err(found)));
    }
    let sql = "INSERT INTO read_catalogues VALUES (?1, ?2, ?3)
               ON CONFLICT DO UPDATE SET catalogue = excluded.catalogue";
    let (namespace, projection) = (model.namespace.as_str(), model.projection.as_str());
    execute(connection, sql, (namespace, projection, next.to_text())).map(|_| Ok(Ok(())))
}

/// Returns the catalogue of a read model; none also where the stored value is invalid.
pub(super) fn find_catalogue(
    connection: &Connection,
    model: &ModelName,
) -> rusqlite::Result<Result<Option<Catalogue>, StoreError>> {
    let sql = "SELECT catalogue FROM read_catalogues WHERE namespace = ?1 AND projection = ?2";
    let name = (model.namespace.as_str(), model.projection.as_str());
    let found = find(connection, sql, name, |row| {
        let text = row.get_ref(0)?;
        Ok(text.as_bytes().map_or(Ok(None), Catalogue::from_text))
    })?;
    Ok(found.unwrap_or(Ok(None)))
}

/// Ends all lives of a generation: from now on nobody sees what they left.
pub(super) fn end_lives(
    connection: &Connection,
    generation: &GenerationName,
) -> rusqlite::Result<()> {
    let sql = "UPDATE read_lives SET checkpoint = NULL
               WHERE namespace = ?1 AND projection = ?2 AND generation = ?3";
    execute(connection, sql, name_of(generation)).map(drop)
}

pub(super) fn name_of(generation: &GenerationName) -> (&str, &str, u32) {
    let GenerationName { model, generation } = generation;
    let (namespace, projection) = (model.namespace.as_str(), model.projection.as_str());
    (namespace, projection, generation.get())
}

/// The rows of a life, a few at a time, and at last the life itself.
const SWEEPS: [&str; 6] = [
    "DELETE FROM read_documents WHERE life = ?1 AND key IN
         (SELECT key FROM read_documents WHERE life = ?1 LIMIT ?2)",
    "DELETE FROM read_lookups WHERE life = ?1 AND (index_name, value) IN
         (SELECT index_name, value FROM read_lookups WHERE life = ?1 LIMIT ?2)",
    "DELETE FROM read_lists WHERE life = ?1 AND (index_name, partition_name, place, key) IN
         (SELECT index_name, partition_name, place, key FROM read_lists
          WHERE life = ?1 LIMIT ?2)",
    "DELETE FROM read_counts WHERE life = ?1 AND (index_name, group_name, member) IN
         (SELECT index_name, group_name, member FROM read_counts WHERE life = ?1 LIMIT ?2)",
    "DELETE FROM read_claims WHERE life = ?1 AND (index_name, value, key) IN
         (SELECT index_name, value, key FROM read_claims WHERE life = ?1 LIMIT ?2)",
    // Never more than one, but the statements are called alike.
    "DELETE FROM read_lives WHERE life = ?1 AND ?2 > 0",
];

/// One small step of sweeping up after lives that ended. Returns how many things were removed; none
/// once there is nothing left to do.
pub(super) fn sweep_some(
    connection: &Connection,
    generation: &GenerationName,
) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT life FROM read_lives
               WHERE namespace = ?1 AND projection = ?2 AND generation = ?3
                   AND checkpoint IS NULL LIMIT 1";
    let ended = find(connection, sql, name_of(generation), |row| {
        row.get::<_, i64>(0)
    })?;
    let Some(life) = ended else {
        return Ok(None);
    };
    let (things, itself) = SWEEPS.split_at(SWEEPS.len() - 1);
    let mut swept = 0;
    for sql in things {
        swept += execute(connection, sql, (life, SWEEP_ROWS))?;
        if swept >= SWEEP_ROWS {
            break;
        }
    }
    if swept < SWEEP_ROWS {
        execute(connection, itself[0], (life, 1))?;
    }
    Ok(Some(swept as u64))
}
