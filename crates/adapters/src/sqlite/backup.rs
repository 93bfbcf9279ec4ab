//! Copies of a store in use, and a look at every byte of it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    num::NonZeroU32,
    path::{Path, PathBuf},
    thread,
};

use minwon_core::{EventFilter, GlobalPosition, LogCheck, LogDigest, StoreError, StoreErrorKind};
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use tokio::sync::oneshot;

use super::{
    SqliteStore, chain,
    error::{ReadError, corrupt, io_error, store_error},
    follow::closed,
    lock::{FileAccess, InUse},
    order, place,
    reader::{Reader, open_read_only},
    streams,
};

/// How far a backup has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupProgress {
    /// Unit: bytes.
    pub bytes_done: u64,
    /// Unit: bytes.
    pub bytes_total: u64,
}

/// The findings of [`SqliteStore::check`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckReport {
    /// Events read, each with a sound checksum, at positions without a hole.
    pub events: u64,
    /// The digest of all of them.
    pub digest: LogDigest,
}

/// Events looked at at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1000).expect("not 0");

/// Pages copied between two looks at the caller. Unit: pages.
const STEP_PAGES: i32 = 1024;

impl SqliteStore {
    /// Copies the store as it stands now to `target`, while it goes on being used. The copy
    /// appears under its name only when it is whole and synced.
    ///
    /// `progress` is called about every 8 MiB. Dropping the future ends the backup and removes
    /// what it wrote. Who may read the copy is as for the store's own files
    /// ([`SqliteOptions::file_access`](super::SqliteOptions::file_access)).
    ///
    /// # Errors
    /// [`StoreError`]; `target` is never overwritten: `ReadOnly` where it exists, or appears meanwhile.
    /// `Locked` where another backup to it is under way.
    pub async fn backup(
        &self,
        target: impl Into<PathBuf>,
        progress: impl FnMut(BackupProgress) + Send + 'static,
    ) -> Result<(), StoreError> {
        let (source, target) = (self.path().to_owned(), target.into());
        let access = self.shared.file_access;
        let job = move |is_wanted: &dyn Fn() -> bool| {
            back_up(&source, &target, access, progress, is_wanted)
        };
        on_own_thread(job).await
    }

    /// Reads the whole store and checks it: SQLite's structures, every event's checksum, that
    /// positions have no hole, that each event stands in the order of its namespace, and that the log
    /// has the digests in the file. A slow and thorough look, beside the running service.
    ///
    /// # Errors
    /// [`StoreError`] of kind `Corrupt` that names the first damage found; its source is a
    /// [`LogAltered`](minwon_core::LogAltered) where a digest does not fit.
    pub async fn check(&self) -> Result<CheckReport, StoreError> {
        self.check_against([], |_| ()).await
    }

    /// As [`check`](Self::check), and that the log has the digests that were `kept` elsewhere. `progress`
    /// is called with each position that was reached.
    ///
    /// The digests in the file show that somebody altered the log and left them as they were. Whoever
    /// writes them anew as well is found out by one that was kept out of their reach.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub async fn check_against(
        &self,
        kept: impl IntoIterator<Item = LogDigest>,
        progress: impl FnMut(GlobalPosition) + Send + 'static,
    ) -> Result<CheckReport, StoreError> {
        let path = self.path().to_owned();
        let kept: Vec<_> = kept.into_iter().collect();
        on_own_thread(move |is_wanted| check(&path, kept, progress, is_wanted)).await
    }

    /// Returns the digest of all that is committed; nothing is read for it. Kept where nobody can write
    /// who can write to the file, it is there for [`check_against`](Self::check_against).
    ///
    /// # Errors
    /// [`StoreError`]: `ReadOnly` where another process writes; [`check`](Self::check) finds the digest
    /// by reading.
    pub async fn log_digest(&self) -> Result<LogDigest, StoreError> {
        Ok(self.write(0, None, |log| Ok(log.digest())).await?)
    }
}

async fn on_own_thread<T: Send + 'static>(
    job: impl FnOnce(&dyn Fn() -> bool) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (reply, answer) = oneshot::channel();
    let run = move || {
        let done = job(&|| !reply.is_closed());
        let _ = reply.send(done);
    };
    // The thread ends by itself once nobody waits for its answer.
    thread::Builder::new()
        .name("minwon-copy".into())
        .spawn(run)
        .map_err(|error| {
            StoreError::new(StoreErrorKind::Unavailable, "starting a thread failed")
                .caused_by(error)
        })?;
    answer.await.unwrap_or_else(|_| Err(closed()))
}

fn back_up(
    source: &Path,
    target: &Path,
    access: FileAccess,
    progress: impl FnMut(BackupProgress),
    is_wanted: &dyn Fn() -> bool,
) -> Result<(), StoreError> {
    let failed = |error: io::Error| match error.kind() {
        ErrorKind::AlreadyExists => exists(target),
        _ => io_error(target, "backing up to", error),
    };
    let (directory, name) = place::split(target);
    let directory = directory.canonicalize().map_err(failed)?;
    // A link of this name counts as something that is there.
    let target = &directory.join(name.unwrap_or_default());
    if target.symlink_metadata().is_ok() {
        return Err(exists(target));
    }
    let mut partial = target.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let in_use = begin(&partial, access)?;
    let copied = copy(source, &partial, progress, is_wanted)
        .and_then(|()| publish(&partial, target).map_err(failed));
    if copied.is_err() {
        // Whatever went wrong, half a copy helps nobody.
        let _ = fs::remove_file(&partial);
    }
    drop(in_use);
    copied
}

fn exists(target: &Path) -> StoreError {
    let doing = format!("{} exists already and is not overwritten", target.display());
    StoreError::new(StoreErrorKind::ReadOnly, doing)
}

/// Makes the file that the copy grows in. What a backup left that was killed goes; that of one that
/// is under way is locked.
fn begin(partial: &Path, access: FileAccess) -> Result<InUse, StoreError> {
    if partial.symlink_metadata().is_ok() {
        let _left = InUse::to_write(partial, access)?;
        let removed = fs::remove_file(partial);
        removed.map_err(|error| io_error(partial, "removing", error))?;
    }
    InUse::to_make(partial, access)
}

fn copy(
    source: &Path,
    partial: &Path,
    mut progress: impl FnMut(BackupProgress),
    is_wanted: &dyn Fn() -> bool,
) -> Result<(), StoreError> {
    let error = |error| store_error(partial, "backing up to", error);
    let (_in_use, source) = open_read_only(source)?;
    // One read transaction over all steps: the copy is one moment of the log, and the writer
    // going on does not make it start again.
    source
        .execute_batch("BEGIN; SELECT count(*) FROM event_types")
        .map_err(error)?;
    let page_bytes: u64 = source
        .pragma_query_value(None, "page_size", |row| row.get(0))
        .map_err(error)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut target = Connection::open_with_flags(partial, flags).map_err(error)?;
    let backup = Backup::new(&source, &mut target).map_err(error)?;
    loop {
        let step = backup.step(STEP_PAGES).map_err(error)?;
        let pages = backup.progress();
        let (total, rest) = (pages.pagecount as u64, pages.remaining as u64);
        let (bytes_done, bytes_total) = ((total - rest) * page_bytes, total * page_bytes);
        progress(BackupProgress {
            bytes_done,
            bytes_total,
        });
        match step {
            StepResult::Done => return Ok(()),
            _ if is_wanted() => {}
            _ => return Err(closed()),
        }
    }
}

/// Gives the copy its name, which nobody else may have taken.
fn publish(partial: &Path, target: &Path) -> io::Result<()> {
    File::open(partial)?.sync_all()?;
    match fs::hard_link(partial, target) {
        Ok(()) => fs::remove_file(partial)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
        // Some file systems have no hard links.
        Err(_) => rename_to_new(partial, target)?,
    }
    let (directory, _) = place::split(target);
    File::open(directory)?.sync_all()
}

#[cfg(target_os = "linux")]
fn rename_to_new(partial: &Path, target: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(
        CWD,
        partial,
        CWD,
        target,
        RenameFlags::NOREPLACE,
    )?)
}

#[cfg(not(target_os = "linux"))]
fn rename_to_new(_: &Path, _: &Path) -> io::Result<()> {
    Err(ErrorKind::Unsupported.into())
}

fn check(
    path: &Path,
    kept: Vec<LogDigest>,
    progress: impl FnMut(GlobalPosition),
    is_wanted: &dyn Fn() -> bool,
) -> Result<CheckReport, StoreError> {
    let mut reader = Reader::open(path)?;
    check_structures(&reader)
        .and_then(|()| check_events(&mut reader, kept, progress, is_wanted))
        .and_then(|report| check_streams(&reader).map(|()| report))
        .map_err(|error| error.of(path))
}

fn check_structures(reader: &Reader) -> Result<(), ReadError> {
    let sql = "PRAGMA integrity_check(1)";
    let verdict: String = reader.connection.query_row(sql, [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(ReadError::Damaged(verdict));
    }
    order::first_misplaced(&reader.connection)?.map_or(Ok(()), |position| {
        let what = format!("event {position} is missing in the order of its namespace");
        Err(ReadError::Damaged(what))
    })
}

fn check_streams(reader: &Reader) -> Result<(), ReadError> {
    let misplaced = streams::first_misplaced(&reader.connection)?;
    misplaced.map_or(Ok(()), |what| Err(ReadError::Damaged(what)))
}

fn check_events(
    reader: &mut Reader,
    kept: Vec<LogDigest>,
    mut progress: impl FnMut(GlobalPosition),
    is_wanted: &dyn Fn() -> bool,
) -> Result<CheckReport, ReadError> {
    let path = reader.path.clone();
    let altered = |error| {
        let what = "it was altered since it was written; keep it as it is, and find out by whom";
        ReadError::from(corrupt(&path, what).caused_by(error))
    };
    let own = chain::kept(&reader.connection)?;
    let mut check = LogCheck::against(own.into_iter().chain(kept));
    let mut events = 0;
    let mut after = GlobalPosition::START;
    loop {
        let page = reader.read_all(after, &EventFilter::all(), PAGE_EVENTS)?;
        for event in &page.events {
            events += 1;
            if event.position.commit() != events {
                return Err(ReadError::Damaged(format!("event {events} is missing")));
            }
            if let Some(fault) = &event.fault {
                let what = format_args!("event {events} cannot be read");
                return Err(corrupt(&path, what).caused_by((**fault).clone()).into());
            }
            check.include(&event.into()).map_err(altered)?;
        }
        after = page.position;
        progress(after);
        if page.is_end {
            let digest = check.finish().map_err(altered)?;
            return Ok(CheckReport { events, digest });
        }
        if !is_wanted() {
            return Err(closed().into());
        }
    }
}
