//! The requests of callers to the writer.

use bytes::Bytes;
use minwon_core::{
    Catalogue, CatalogueError, CheckpointTextError, CommitError, GenerationName, ListChange,
    ListName, ListPlace, Lookup, ModelName, NamespaceName, Order, SliceCheckpoint, SliceName,
    SliceWrites, StoreError, StoreErrorKind, ViewKey,
};
use rusqlite::{Connection, OptionalExtension, Params};

use crate::sqlite::{
    log::Log,
    requests::Reply,
    writer::{Failure, Work},
};

/// Most things that one step of a sweep removes, so that appends need not wait for long.
/// Unit: rows of a table.
const SWEEP_ROWS: usize = 2000;

pub(super) struct CommitSlice {
    pub(super) slice: SliceName,
    pub(super) expected: Option<SliceCheckpoint>,
    pub(super) next: SliceCheckpoint,
    pub(super) writes: SliceWrites,
    /// Where the slice was found, if that is neither `expected` nor `next`.
    pub(super) moved_to: Option<Option<String>>,
    pub(super) reply: Reply<Result<(), CommitError>>,
}

impl Work for CommitSlice {
    fn events(&self) -> usize {
        let SliceWrites {
            documents,
            lookups,
            lists,
            counts,
        } = &self.writes;
        1 + documents.len() + lookups.len() + lists.len() + counts.len()
    }

    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        let connection = log.connection();
        let next = self.next.to_text();
        let (life, at) = find_life(connection, &self.slice)?.unzip();
        if at.as_ref() == Some(&next) {
            return Ok(());
        }
        let begins_anew = self.expected.is_none() && at.as_deref().is_some_and(is_damaged);
        if !begins_anew && at != self.expected.as_ref().map(SliceCheckpoint::to_text) {
            self.moved_to = Some(at);
            return Ok(());
        }
        let incarnation = self.expected.as_ref().map(|expected| expected.incarnation);
        let life = match life {
            Some(life) if incarnation == Some(self.next.incarnation) => {
                let sql = "UPDATE read_lives SET checkpoint = ?2 WHERE life = ?1";
                execute(connection, sql, (life, &next))?;
                life
            }
            Some(life) => {
                let sql = "UPDATE read_lives SET checkpoint = NULL WHERE life = ?1";
                execute(connection, sql, [life])?;
                begin_life(connection, &self.slice, &next)?
            }
            None => begin_life(connection, &self.slice, &next)?,
        };
        write_all(connection, life, &self.writes)
    }

    fn changes(&self) -> Option<&NamespaceName> {
        Some(&self.slice.generation.model.namespace)
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let Self {
            slice,
            moved_to,
            reply,
            ..
        } = *self;
        let answer = match (committed, moved_to) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(at)) => Err(moved(slice, at)),
            (Err(failure), _) if failure.outcome_unknown => Err(CommitError::OutcomeUnknown {
                slice,
                source: failure.to_store_error(),
            }),
            (Err(failure), _) => Err(CommitError::Store {
                slice,
                source: failure.to_store_error(),
            }),
        };
        // A caller that no longer waits may ask again; the commit is recognised.
        let _ = reply.send(answer);
    }
}

fn moved(slice: SliceName, at: Option<String>) -> CommitError {
    match at.map(|text| SliceCheckpoint::from_text(&text)).transpose() {
        Ok(actual) => CommitError::Moved {
            slice,
            actual: actual.map(Box::new),
        },
        Err(CheckpointTextError::Damaged(_)) => CommitError::Moved {
            slice,
            actual: None,
        },
        Err(error) => {
            let doing = format!("reading the checkpoint of slice {slice} failed");
            let source = StoreError::new(StoreErrorKind::NewerVersion, doing).caused_by(error);
            CommitError::Store { slice, source }
        }
    }
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
    let GenerationName { model, generation } = &slice.generation;
    let name = (
        model.namespace.as_str(),
        model.projection.as_str(),
        generation.get(),
        slice.slice.get(),
    );
    let life = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row(name, life).optional()
}

/// Lives are numbered upwards, and one that ended keeps its number until it is swept: so no two
/// share what is left of one.
fn begin_life(
    connection: &Connection,
    slice: &SliceName,
    checkpoint: &str,
) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO read_lives (namespace, projection, generation, slice, checkpoint)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let GenerationName { model, generation } = &slice.generation;
    let row = (
        model.namespace.as_str(),
        model.projection.as_str(),
        generation.get(),
        slice.slice.get(),
        checkpoint,
    );
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
        let place = (life, cell.index.as_str(), &*cell.group, &*cell.member);
        if *count > 0 {
            let sql = "INSERT INTO read_counts VALUES (?1, ?2, ?3, ?4, ?5)
                       ON CONFLICT DO UPDATE SET count = excluded.count";
            // SQLite counts signed; the bits are what matters.
            let row = (place.0, place.1, place.2, place.3, count.cast_signed());
            execute(connection, sql, row)?;
        } else {
            let sql = "DELETE FROM read_counts
                       WHERE life = ?1 AND index_name = ?2 AND group_name = ?3 AND member = ?4";
            execute(connection, sql, place)?;
        }
    }
    Ok(())
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
            execute(connection, sql, (life, key, &**document))
        }
        None => {
            let sql = "DELETE FROM read_documents WHERE life = ?1 AND key = ?2";
            execute(connection, sql, (life, key))
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
    each.try_for_each(|sql| execute(connection, sql, claim))
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
    execute(connection, sql, (life, index, partition, at, key))
}

/// Orders as SQLite's signed numbers, which sort the same way.
pub(super) fn place_number(order: Order) -> i64 {
    (order.get() ^ (1 << 63)).cast_signed()
}

fn execute(connection: &Connection, sql: &str, row: impl Params) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute(row).map(drop)
}

pub(super) struct SaveCatalogue {
    pub(super) model: ModelName,
    pub(super) expected: Option<Catalogue>,
    pub(super) next: Catalogue,
    /// The catalogue that was found, if it is neither `expected` nor `next`.
    pub(super) found: Option<Result<Option<Catalogue>, StoreError>>,
    pub(super) reply: Reply<Result<(), CatalogueError>>,
}

impl Work for SaveCatalogue {
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        let connection = log.connection();
        match find_catalogue(connection, &self.model)? {
            Ok(found) if found.as_ref() == Some(&self.next) => return Ok(()),
            Ok(found) if found == self.expected => {}
            found => {
                self.found = Some(found);
                return Ok(());
            }
        }
        let sql = "INSERT INTO read_catalogues VALUES (?1, ?2, ?3)
                   ON CONFLICT DO UPDATE SET catalogue = excluded.catalogue";
        let ModelName {
            namespace,
            projection,
        } = &self.model;
        let row = (namespace.as_str(), projection.as_str(), self.next.to_text());
        execute(connection, sql, row)
    }

    fn changes(&self) -> Option<&NamespaceName> {
        Some(&self.model.namespace)
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let Self {
            model,
            found,
            reply,
            ..
        } = *self;
        let answer = match (committed, found) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(Ok(actual))) => Err(CatalogueError::Changed {
                model,
                actual: actual.map(Box::new),
            }),
            (Ok(()), Some(Err(source))) => Err(CatalogueError::Store { model, source }),
            (Err(failure), _) => Err(CatalogueError::Store {
                model,
                source: failure.to_store_error(),
            }),
        };
        let _ = reply.send(answer);
    }
}

/// Returns the catalogue of a read model; none also where the stored value is invalid.
pub(super) fn find_catalogue(
    connection: &Connection,
    model: &ModelName,
) -> rusqlite::Result<Result<Option<Catalogue>, StoreError>> {
    let sql = "SELECT catalogue FROM read_catalogues WHERE namespace = ?1 AND projection = ?2";
    let name = (model.namespace.as_str(), model.projection.as_str());
    let mut statement = connection.prepare_cached(sql)?;
    let read = |row: &rusqlite::Row<'_>| {
        let text = row.get_ref(0)?;
        Ok(text.as_bytes().map_or(Ok(None), Catalogue::from_text))
    };
    let found = statement.query_row(name, read).optional()?;
    Ok(found.unwrap_or(Ok(None)))
}

/// Ends all lives of a generation: from now on nobody sees what they left.
pub(super) struct EndLives {
    pub(super) generation: GenerationName,
    pub(super) reply: Reply<Result<(), StoreError>>,
}

impl Work for EndLives {
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        let sql = "UPDATE read_lives SET checkpoint = NULL
                   WHERE namespace = ?1 AND projection = ?2 AND generation = ?3";
        execute(log.connection(), sql, name_of(&self.generation))
    }

    fn changes(&self) -> Option<&NamespaceName> {
        Some(&self.generation.model.namespace)
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let committed = committed.map_err(|failure| failure.to_store_error());
        let _ = self.reply.send(committed);
    }
}

fn name_of(generation: &GenerationName) -> (&str, &str, u32) {
    let GenerationName { model, generation } = generation;
    let (namespace, projection) = (model.namespace.as_str(), model.projection.as_str());
    (namespace, projection, generation.get())
}

/// One small step of sweeping up after lives that ended.
pub(super) struct Sweep {
    pub(super) generation: GenerationName,
    /// How many things were removed; none once there is nothing left to do.
    pub(super) step: Option<u64>,
    pub(super) reply: Reply<Result<Option<u64>, StoreError>>,
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

impl Work for Sweep {
    fn events(&self) -> usize {
        SWEEP_ROWS
    }

    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        let connection = log.connection();
        let sql = "SELECT life FROM read_lives
                   WHERE namespace = ?1 AND projection = ?2 AND generation = ?3
                       AND checkpoint IS NULL LIMIT 1";
        let mut statement = connection.prepare_cached(sql)?;
        let ended = statement.query_row(name_of(&self.generation), |row| row.get::<_, i64>(0));
        let Some(life) = ended.optional()? else {
            return Ok(());
        };
        let (things, itself) = SWEEPS.split_at(SWEEPS.len() - 1);
        let mut swept = 0;
        for sql in things {
            swept += connection
                .prepare_cached(sql)?
                .execute((life, SWEEP_ROWS))?;
            if swept >= SWEEP_ROWS {
                break;
            }
        }
        if swept < SWEEP_ROWS {
            execute(connection, itself[0], (life, 1))?;
        }
        self.step = Some(swept as u64);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let step = self.step;
        let answer = committed.map_err(|failure| failure.to_store_error());
        let _ = self.reply.send(answer.map(|()| step));
    }
}
