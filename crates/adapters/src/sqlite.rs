//! The embedded store of events and read models: one SQLite file, written by one process, read by any number.
//!
//! - Durable: WAL and `synchronous=FULL`; an append is answered after its sync.
//! - One writer thread commits whatever is waiting in one transaction, so many callers share a
//!   sync. Positions are counted up by it: 1, 2, 3, without a hole.
//! - Readers have connections of their own and never block the writer.
//! - Beside `petitions.db` stands `petitions.db.writer`: it holds the right to write, and notifies
//!   feeds in other processes of news.
//!
//! - The right to write is a lock on the file itself, whatever its name; SQLite sees absolute paths alone,
//!   and no URI but our own.
//! - What is made can be read by its owner alone ([`SqliteOptions::file_access`]).
//!
//! The file belongs on a local disk: WAL does not work over a network file system.
//!
//! On Linux, build your application with `LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1`: SQLite then syncs
//! with `fdatasync`, which spares each commit the file's time stamps (`benches/README.md` has the
//! figures).

mod backup;
mod chain;
mod changes;
mod error;
mod follow;
mod kept;
mod lock;
mod log;
mod names;
mod namespaces;
mod notify;
mod options;
mod order;
mod place;
mod read_models;
mod reader;
mod row;
mod scan;
mod schema;
mod sql;
mod streams;
mod threads;
mod wal;
mod writer;

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
    EventStore, ExpectedVersion, GlobalPosition, LogPage, NamespaceName, NewEvent, Snapshot,
    SnapshotStore, StateSchema, StoreError, StoreErrorKind, StreamName, StreamPage, StreamVersion,
};
use tokio::sync::{oneshot, watch};

pub use self::{
    backup::{BackupProgress, CheckReport},
    follow::SqliteFeed,
    lock::FileAccess,
    options::SqliteOptions,
};
use self::{
    changes::Changes,
    error::ReadError,
    follow::closed,
    lock::InUse,
    log::{Log, Outcome},
    notify::Listener,
    options::check_format,
    place::resolve,
    reader::{Reader, Readers},
    row::NewRow,
    schema::Format,
    threads::Threads,
    writer::{Request, WorkFn},
};

/// A store of events and read models in one SQLite file. Clones share it.
///
/// The last clone closes it: what is queued is written, then its threads end.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: Arc<Path>,
    readers: Arc<Readers>,
    /// None where the store is open for reading only.
    work: Option<async_channel::Sender<Request>>,
    changes: watch::Sender<u64>,
    /// Of read models; none where another process writes.
    read_model_changes: Option<Arc<Changes>>,
    threads: Mutex<Threads>,
    _listener: Option<Listener>,
    /// Of the files that are made.
    file_access: FileAccess,
    /// The right to write, which ends after all connections.
    right: Mutex<Option<InUse>>,
}

impl SqliteStore {
    /// Opens `path` for writing with default options; see [`SqliteOptions::open`].
    ///
    /// # Errors
    /// As [`SqliteOptions::open`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        SqliteOptions::default().open(path)
    }

    /// Opens `path` for reading, beside the process that writes to it. Appends answer `ReadOnly`;
    /// feeds see what the writer commits. Blocks while it works.
    ///
    /// # Errors
    /// [`StoreError`]: `NotFound`, `NewerVersion`, `Corrupt`.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path: Arc<Path> = resolve(path.as_ref())?.into();
        let (_in_use, connection) = reader::open_read_only(&path)?;
        match check_format(&path, &connection)? {
            Format::Version(schema::NEWEST) => {}
            _ => {
                let doing = format!(
                    "{} has an older format: open it for writing once",
                    path.display()
                );
                return Err(StoreError::new(StoreErrorKind::ReadOnly, doing));
            }
        }
        let mut threads = Threads::default();
        let readers = Readers::start(&path, NonZeroUsize::MIN, &mut threads)?;
        let changes = watch::Sender::new(0);
        let listener = Listener::start(&path, &lock::lock_path(&path), changes.clone())?;
        Ok(Self {
            shared: Arc::new(Shared {
                path,
                readers: Arc::new(readers),
                work: None,
                changes,
                read_model_changes: None,
                threads: Mutex::new(threads),
                _listener: Some(listener),
                file_access: FileAccess::Owner,
                right: Mutex::default(),
            }),
        })
    }

    /// Where its file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Closes the store for all its clones: what is queued is written, then the right to write is
    /// given up. Blocks until that is done.
    pub fn close(&self) {
        self.shared.close();
    }

    /// Runs `read` on a reader thread. A dropped future leaves nothing behind.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.shared.readers.run(read).await
    }

    /// Has the writer carry `write` out, in a transaction that others may share: it writes about so
    /// many events, or things that take as long, and `changes` the read models of a namespace.
    async fn write<T: Send + 'static>(
        &self,
        events: usize,
        changes: Option<&NamespaceName>,
        write: impl FnMut(&mut Log) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, WriteError> {
        let not_done = |source| WriteError {
            source,
            may_be_done: false,
        };
        let queue = self.shared.work.as_ref().ok_or_else(|| {
            let doing = format!("{} is open for reading", self.path().display());
            not_done(StoreError::new(StoreErrorKind::ReadOnly, doing))
        })?;
        let (reply, answer) = oneshot::channel();
        let request = Request {
            events,
            changes: changes.cloned(),
            work: WorkFn::boxed(write, reply),
        };
        let sent = queue.send(request).await;
        sent.map_err(|_| not_done(closed()))?;
        match answer.await {
            Ok(answer) => answer.map_err(|failure| WriteError {
                source: failure.to_store_error(),
                may_be_done: failure.outcome_unknown,
            }),
            Err(_) => Err(WriteError {
                source: closed(),
                may_be_done: true,
            }),
        }
    }
}

/// Why a write was not answered.
struct WriteError {
    source: StoreError,
    /// Whether it may have been carried out all the same.
    may_be_done: bool,
}

impl From<WriteError> for StoreError {
    fn from(error: WriteError) -> Self {
        error.source
    }
}

impl Shared {
    fn close(&self) {
        // The requests in the queues are still carried out; only new ones are not accepted.
        if let Some(work) = &self.work {
            work.close();
        }
        self.readers.close();
        let threads = &mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        drop(std::mem::take(threads));
        self.right
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.close();
    }
}

impl EventStore for SqliteStore {
    type Feed = SqliteFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        AppendError::check(stream, events)?;
        let rows: Arc<[_]> = events.iter().map(NewRow::from).collect();
        let name = stream.clone();
        let append = move |log: &mut Log| log.append(&name, expected, &rows);
        let outcome = self.write(events.len(), None, append).await;
        let stream = stream.clone();
        match outcome {
            Ok(Outcome::Appended(appended)) => Ok(appended),
            Ok(Outcome::Conflict { actual }) => Err(AppendError::Conflict {
                stream,
                expected,
                actual,
            }),
            Err(error) if error.may_be_done => Err(AppendError::OutcomeUnknown {
                stream,
                source: error.source,
            }),
            Err(error) => Err(AppendError::Store {
                stream,
                source: error.source,
            }),
        }
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let stream = stream.clone();
        self.read(move |reader| reader.read_stream(&stream, from, events_max))
            .await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let filter = filter.clone();
        self.read(move |reader| reader.read_all(after, &filter, events_max))
            .await
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.read(|reader| Ok(reader.head()?)).await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let filter = filter.clone();
        self.read(move |reader| reader.last_up_to(until, &filter))
            .await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> SqliteFeed {
        let readers = Arc::clone(&self.shared.readers);
        let changes = self.shared.changes.subscribe();
        SqliteFeed::new(readers, changes, after, filter, batch_events_max)
    }
}

impl SnapshotStore for SqliteStore {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let stream = stream.clone();
        self.read(move |reader| Ok(kept::load_snapshot(&reader.connection, &stream, schema)?))
            .await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let snapshot = snapshot.clone();
        let save = move |log: &mut Log| kept::save_snapshot(log.connection(), &snapshot);
        Ok(self.write(1, None, save).await?)
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        let stream = stream.clone();
        let delete = move |log: &mut Log| kept::delete_snapshots(log.connection(), &stream);
        Ok(self.write(1, None, delete).await?)
    }
}

impl CheckpointStore for SqliteStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        let name = name.clone();
        self.read(move |reader| Ok(kept::load_checkpoint(&reader.connection, &name)?))
            .await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let key = name.clone();
        let save =
            move |log: &mut Log| kept::save_checkpoint(log.connection(), &key, expected, position);
        let saved = self.write(1, None, save).await;
        let name = name.clone();
        match saved {
            Ok(None) => Ok(()),
            Ok(Some(actual)) => Err(CheckpointError::Moved {
                name,
                expected,
                actual,
            }),
            Err(WriteError { source, .. }) => Err(CheckpointError::Store { name, source }),
        }
    }
}
