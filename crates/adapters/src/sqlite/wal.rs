//! The write-ahead log of a file, which its writer writes back by itself.
//!
//! Left alone, SQLite writes it back within a commit and says nothing of how that went. But a sync that
//! fails has to be heard. On Linux what it should have put on the disk never gets there by a later one;
//! and what was written back while somebody read, without a sync of its own, SQLite counts as done and does
//! not write again. The next log would overwrite the only copy. So after such a failure nothing is
//! written any more: the log has everything, and whoever opens the file anew writes back all of it.

use std::{
    fs::OpenOptions,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::{Connection, ErrorCode, config::DbConfig, hooks, wal::CheckpointMode};

/// The length from which on the log is written back. Unit: pages.
///
/// A longer log grows into fresh blocks of the disk instead of overwriting its own: on prototypes it cost a
/// third of the single appends.
const PAGES_MAX: i32 = 1000;

/// Knows whether the log is long.
#[derive(Debug)]
pub(super) struct Wal {
    is_long: Arc<AtomicBool>,
}

impl Wal {
    /// Takes the log of this connection over from SQLite.
    pub(super) fn take_over(connection: &mut Connection) -> rusqlite::Result<Self> {
        let is_long = Arc::new(AtomicBool::new(false));
        let noted = Arc::clone(&is_long);
        connection.wal_hook(Some(move |_: &mut hooks::Wal, pages| {
            if pages >= PAGES_MAX {
                noted.store(true, Ordering::Relaxed);
            }
            Ok(())
        }))?;
        Ok(Self { is_long })
    }

    /// Writes the log back where it is long, as far as nobody reads what stands behind it.
    ///
    /// # Errors
    /// Those of SQLite. Then the log stays where it is, also when the connection is closed.
    pub(super) fn write_back(&self, connection: &Connection) -> rusqlite::Result<()> {
        if !self.is_long.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        checkpoint(connection, CheckpointMode::PASSIVE)
    }

    /// Writes the whole log back and empties it, which leaves one file behind instead of two.
    ///
    /// # Errors
    /// As of [`write_back`](Self::write_back).
    pub(super) fn empty(&self, connection: &Connection) -> rusqlite::Result<()> {
        checkpoint(connection, CheckpointMode::TRUNCATE)
    }
}

/// Writes a log anew, in its place, and syncs it.
pub(super) type Rewrite = Arc<dyn Fn(&Path) -> io::Result<()> + Send + Sync>;

/// Sees to it that what is found in the log of `database` is on the disk, before anything is built on it.
///
/// After a sync that failed, what was not written can still be read until the system is started anew, and
/// SQLite takes it for committed: all that is acknowledged behind it would be lost with the power, and
/// written back to the file it would stand beside pages of another time.
///
/// # Errors
/// Of the kind of [`rusqlite::Error`] where somebody writes, of [`io::Error`] where the disk fails.
pub(super) fn make_durable(
    connection: &Connection,
    database: &Path,
    rewrite: &Rewrite,
) -> rusqlite::Result<io::Result<()>> {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    // Nobody else writes to it or begins it anew meanwhile.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let rewritten = match rewrite(&PathBuf::from(log)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        rewritten => rewritten,
    };
    connection.execute_batch("ROLLBACK")?;
    Ok(rewritten)
}

/// Has every byte of a file written again: a sync passes over what the system takes for written.
pub(super) fn rewrite_file(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut bytes = vec![0; 1 << 20];
    loop {
        let at = file.stream_position()?;
        let count = file.read(&mut bytes)?;
        if count == 0 {
            return file.sync_all();
        }
        file.seek(io::SeekFrom::Start(at))?;
        file.write_all(&bytes[..count])?;
    }
}

/// Returns whether the log and the file are as they were before it was to be written back: the disk is
/// full, or somebody else, as the shell of SQLite, writes it back just then.
pub(super) fn is_as_before(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    code.is_some_and(|code| {
        matches!(
            code,
            ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked
        )
    })
}

fn checkpoint(connection: &Connection, mode: CheckpointMode) -> rusqlite::Result<()> {
    let outcome = connection.wal_checkpoint_v2(None::<&str>, mode).map(drop);
    if outcome.is_err() {
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::{fs, time::SystemTime};

    use rusqlite::{Error, ffi};

    use super::*;

    #[test]
    fn a_log_that_is_written_anew_says_what_it_said() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("petitions.db-wal");
        // More than is written at a time, and not whole pieces of it.
        for length in [0, 1, 5_000_000] {
            let bytes: Vec<u8> = (0..length).map(|at: u32| (at % 251) as u8).collect();
            fs::write(&path, &bytes).unwrap();
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH).unwrap();
            rewrite_file(&path).unwrap();
            assert!(fs::read(&path).unwrap() == bytes, "{length} bytes");
            let modified = file.metadata().unwrap().modified().unwrap();
            let is_written = modified > SystemTime::UNIX_EPOCH;
            assert_eq!(is_written, length > 0, "{length} bytes");
        }
    }

    #[test]
    fn only_a_disk_that_failed_is_a_reason_to_stop() {
        let of = |code| Error::SqliteFailure(ffi::Error::new(code), None);
        for passing in [ffi::SQLITE_FULL, ffi::SQLITE_BUSY, ffi::SQLITE_LOCKED] {
            assert!(is_as_before(&of(passing)), "{passing}");
        }
        for failed in [
            ffi::SQLITE_IOERR,
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_CORRUPT,
            ffi::SQLITE_READONLY,
        ] {
            assert!(!is_as_before(&of(failed)), "{failed}");
        }
    }
}
