//! The embedded store of events and read models: one SQLite file, written by one process, read by any number.
//!
//! - Durable: WAL and `synchronous=FULL`; an append is answered after its sync.
//! - One writer thread commits whatever is waiting in one transaction, so many callers share a
//!   sync. Positions are counted up by it: 1, 2, 3, without a hole.
//! - Readers have connections of their own and never block the writer.
//! - Beside `petitions.db` stands `petitions.db.writer`: it holds the right to write, and notifies
//!   feeds in other processes of news.
//!
//! The file belongs on a local disk: WAL does not work over a network file system.
//!
//! On Linux, build your application with `LIBSQLITE3_FLAGS=-DHAVE_FDATASYNC=1`: SQLite then syncs
//! with `fdatasync`, which spares each commit the file's time stamps (`benches/README.md` has the
//! figures).

mod backup;
mod changes;
mod error;
mod follow;
mod lock;
mod log;
mod names;
mod namespaces;
mod notify;
mod options;
mod order;
mod read_models;
mod reader;
mod requests;
mod row;
mod scan;
mod schema;
mod writer;

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
    EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent, Snapshot,
    SnapshotStore, StateSchema, StoreError, StoreErrorKind, StreamName, StreamPage, StreamVersion,
};
use tokio::sync::{oneshot, watch};

pub use self::{
    backup::{BackupProgress, CheckReport},
    options::SqliteOptions,
};
use self::{
    changes::Changes,
    follow::{LogFeed, closed},
    notify::Listener,
    options::{check_format, resolve},
    reader::Readers,
    requests::{Append, DeleteSnapshots, SaveCheckpoint, SaveSnapshot},
    row::NewRow,
    schema::Format,
    writer::Work,
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
    work: Option<async_channel::Sender<Box<dyn Work>>>,
    changes: watch::Sender<u64>,
    /// Of read models; none where another process writes.
    read_model_changes: Option<Arc<Changes>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    _listener: Option<Listener>,
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
        let path: Arc<Path> = resolve(path.as_ref()).into();
        let connection = reader::open_read_only(&path)?;
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
        let (readers, threads) = Readers::start(&path, NonZeroUsize::MIN)?;
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

    async fn write<T>(
        &self,
        work: impl FnOnce(oneshot::Sender<T>) -> Box<dyn Work>,
    ) -> Result<T, WriteError> {
        let queue = self.shared.work.as_ref().ok_or_else(|| {
            let doing = format!("{} is open for reading", self.path().display());
            WriteError::NotSent(StoreError::new(StoreErrorKind::ReadOnly, doing))
        })?;
        let (reply, answer) = oneshot::channel();
        queue
            .send(work(reply))
            .await
            .map_err(|_| WriteError::NotSent(closed()))?;
        answer.await.map_err(|_| WriteError::NotAnswered(closed()))
    }
}

/// Why the writer did not answer.
enum WriteError {
    NotSent(StoreError),
    NotAnswered(StoreError),
}

impl WriteError {
    fn into_source(self) -> StoreError {
        match self {
            Self::NotSent(source) | Self::NotAnswered(source) => source,
        }
    }
}

impl Shared {
    fn close(&self) {
        // The requests in the queues are still carried out; only new ones are not accepted.
        if let Some(work) = &self.work {
            work.close();
        }
        self.readers.close();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!(path = %self.path.display(), "a thread of the store had panicked");
            }
        }
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
        let rows = events.iter().map(NewRow::from).collect();
        let answer = self.write(|reply| {
            Box::new(Append {
                stream: stream.clone(),
                expected,
                rows,
                outcome: None,
                reply,
            })
        });
        match answer.await {
            Ok(answer) => answer,
            Err(WriteError::NotSent(source)) => Err(AppendError::Store {
                stream: stream.clone(),
                source,
            }),
            Err(WriteError::NotAnswered(source)) => Err(AppendError::OutcomeUnknown {
                stream: stream.clone(),
                source,
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
        self.shared
            .readers
            .run(move |reader| reader.read_stream(&stream, from, events_max))
            .await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let filter = filter.clone();
        self.shared
            .readers
            .run(move |reader| reader.read_all(after, &filter, events_max))
            .await
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.shared.readers.run(reader::Reader::head).await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let filter = filter.clone();
        self.shared
            .readers
            .run(move |reader| reader.last_up_to(until, &filter))
            .await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> SqliteFeed {
        let (pages, changes) = (
            Arc::clone(&self.shared.readers),
            self.shared.changes.subscribe(),
        );
        SqliteFeed(LogFeed::new(
            pages,
            changes,
            after,
            filter,
            batch_events_max,
        ))
    }
}

/// The feed of a [`SqliteStore`]. It does not keep the store open.
#[derive(Debug)]
pub struct SqliteFeed(LogFeed<Readers>);

impl Feed for SqliteFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        self.0.next().await
    }
}

impl SnapshotStore for SqliteStore {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let stream = stream.clone();
        self.shared
            .readers
            .run(move |reader| reader.load_snapshot(stream, schema))
            .await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let snapshot = snapshot.clone();
        let answer = self.write(|reply| Box::new(SaveSnapshot { snapshot, reply }));
        answer.await.map_err(WriteError::into_source)?
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        let stream = stream.clone();
        let answer = self.write(|reply| Box::new(DeleteSnapshots { stream, reply }));
        answer.await.map_err(WriteError::into_source)?
    }
}

impl CheckpointStore for SqliteStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        let name = name.clone();
        self.shared
            .readers
            .run(move |reader| reader.load_checkpoint(&name))
            .await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let answer = self.write(|reply| {
            Box::new(SaveCheckpoint {
                name: name.clone(),
                expected,
                position,
                moved_to: None,
                reply,
            })
        });
        match answer.await {
            Ok(answer) => answer,
            Err(error) => Err(CheckpointError::Store {
                name: name.clone(),
                source: error.into_source(),
            }),
        }
    }
}
