//! Statements, prepared once for each connection.

use rusqlite::{Connection, OptionalExtension, Params, Row};

/// The first row that `sql` selects, if there is one.
pub(super) fn find<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    statement.query_row(params, read).optional()
}

/// Carries `sql` out; returns how many rows it changed.
pub(super) fn execute(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.execute(params)
}

/// Does `work` in a transaction, all of it or nothing.
pub(super) fn in_transaction(
    connection: &Connection,
    work: impl FnOnce() -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let ended = work().and_then(|()| connection.execute_batch("COMMIT"));
    if ended.is_err() {
        // The failure is reported; that the rollback failed as well would add nothing.
        let _ = connection.execute_batch("ROLLBACK");
    }
    ended
}
