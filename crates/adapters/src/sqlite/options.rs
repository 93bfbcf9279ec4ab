//! Opening a file for writing.

use std::{
    fmt, io,
    num::{NonZeroU64, NonZeroUsize},
    path::Path,
    sync::{Arc, Mutex},
};

use minwon_core::{Clock, StoreError, StoreErrorKind};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::watch;

use super::{
    Shared, SqliteStore,
    error::{io_error, store_error},
    lock::{self, FileAccess, InUse},
    notify::Announcer,
    place::resolve,
    reader::Readers,
    schema::{self, Format},
    threads::Threads,
    wal,
    writer::Writer,
};
use crate::{SystemClock, sqlite::changes::Changes};

/// Requests that may wait for the writer; further callers wait for a place. Unit: requests.
const WRITE_QUEUE: usize = 1024;

/// How a [`SqliteStore`] is opened.
///
/// ```
/// use std::num::{NonZeroU64, NonZeroUsize};
/// use minwon_adapters::sqlite::SqliteOptions;
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("petitions.db");
/// let readers = NonZeroUsize::new(4).expect("not 0");
/// let bytes_max = NonZeroU64::new(64 << 30).expect("not 0");
/// let store = SqliteOptions::default().readers(readers).file_bytes_max(bytes_max).open(path)?;
/// # drop(store);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct SqliteOptions {
    clock: Arc<dyn Clock>,
    readers: NonZeroUsize,
    file_bytes_max: Option<NonZeroU64>,
    file_access: FileAccess,
    rewrite_log: wal::Rewrite,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let readers = NonZeroUsize::new(4).expect("not 0");
        Self {
            clock: Arc::new(SystemClock),
            readers,
            file_bytes_max: None,
            file_access: FileAccess::Owner,
            rewrite_log: Arc::new(wal::rewrite_file),
        }
    }
}

impl SqliteOptions {
    /// The clock that dates recorded events. Default: the machine's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// How many threads read. Default: 4.
    pub fn readers(mut self, threads: NonZeroUsize) -> Self {
        self.readers = threads;
        self
    }

    /// How large the file may grow; then appends fail with
    /// [`DiskFull`](StoreErrorKind::DiskFull). Unit: bytes, rounded down to whole pages. Default:
    /// as large as the disk.
    pub fn file_bytes_max(mut self, bytes: NonZeroU64) -> Self {
        self.file_bytes_max = Some(bytes);
        self
    }

    /// Who else may use the files that are made. Default: [`Owner`](FileAccess::Owner), nobody.
    pub fn file_access(mut self, access: FileAccess) -> Self {
        self.file_access = access;
        self
    }

    /// Writes the log anew that is found beside a file, for the disks of tests.
    #[doc(hidden)]
    pub fn rewrite_log(
        mut self,
        rewrite: impl Fn(&Path) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        self.rewrite_log = Arc::new(rewrite);
        self
    }

    /// Opens `path` for writing, creating it where it is missing and bringing an older format up
    /// to date. Blocks while it works.
    ///
    /// Each path means a file: `:memory:` and the URIs of SQLite, `file:…`, are refused. Symbolic links
    /// are followed once, before the file is locked.
    ///
    /// # Errors
    /// [`StoreError`]: `Locked` where somebody writes to the file, under whatever name, `NewerVersion`,
    /// `Corrupt` (also where the file is no event store), `ReadOnly`, `NotFound` where the directory is
    /// missing, `DiskFull`, `Misconfigured` where a link stands in place of a file of the store. A file
    /// that is refused is left as it was.
    pub fn open(self, path: impl AsRef<Path>) -> Result<SqliteStore, StoreError> {
        let path: Arc<Path> = resolve(path.as_ref())?.into();
        let right = InUse::to_write(&path, self.file_access)?;
        let signal = lock::lock_beside(&path, self.file_access)?;
        let connection = self.open_writer(&path)?;
        right.check_name(&path)?;
        // Before what closes their queues: where this fails, they have ended by its return.
        let mut threads = Threads::default();
        let readers = Readers::start(&path, self.readers, &mut threads)?;
        let (work, queue) = async_channel::bounded(WRITE_QUEUE);
        let changes = watch::Sender::new(0);
        let announcer = Announcer {
            changes: changes.clone(),
            signal,
        };
        let read_model_changes = Arc::new(Changes::default());
        let counted = Arc::clone(&read_model_changes);
        let writer = Writer::new(
            Arc::clone(&path),
            connection,
            self.clock,
            announcer,
            counted,
        )?;
        threads
            .spawn("minwon-write".into(), move || writer.run(queue))
            .map_err(|error| io_error(&path, "starting the writer of", error))?;
        Ok(SqliteStore {
            shared: Arc::new(Shared {
                path,
                readers: Arc::new(readers),
                work: Some(work),
                changes,
                read_model_changes: Some(read_model_changes),
                threads: Mutex::new(threads),
                _listener: None,
                file_access: self.file_access,
                right: Mutex::new(Some(right)),
            }),
        })
    }

    fn open_writer(&self, path: &Path) -> Result<Connection, StoreError> {
        let error = |error| store_error(path, "opening", error);
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(path, flags).map_err(error)?;
        let version = match check_format(path, &connection)? {
            Format::Version(version) => version,
            _ => 0,
        };
        schema::prepare_writer(&connection).map_err(error)?;
        wal::make_durable(&connection, path, &self.rewrite_log)
            .map_err(error)?
            .map_err(|error| io_error(path, "writing anew the write-ahead log of", error))?;
        schema::migrate(&mut connection, version).map_err(error)?;
        if let Some(bytes) = self.file_bytes_max {
            schema::limit_file(&connection, bytes.get()).map_err(error)?;
        }
        Ok(connection)
    }
}

impl fmt::Debug for SqliteOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteOptions")
            .field("readers", &self.readers)
            .field("file_bytes_max", &self.file_bytes_max)
            .finish_non_exhaustive()
    }
}

/// Returns the format that the file declares, if this program may work on it.
pub(super) fn check_format(path: &Path, connection: &Connection) -> Result<Format, StoreError> {
    let fail =
        |kind, what: String| Err(StoreError::new(kind, format!("{} {what}", path.display())));
    match schema::format(connection).map_err(|error| store_error(path, "opening", error))? {
        Format::Foreign => fail(
            StoreErrorKind::Corrupt,
            "is a database, but no event store of minwon".into(),
        ),
        Format::Version(found) if found > schema::NEWEST => fail(
            StoreErrorKind::NewerVersion,
            format!(
                "has format {found}, this program knows up to {}",
                schema::NEWEST
            ),
        ),
        format => Ok(format),
    }
}
