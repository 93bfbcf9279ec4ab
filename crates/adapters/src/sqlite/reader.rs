//! Reading: a few threads, each with a read-only connection of its own.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
};

use minwon_core::{
    CheckpointName, EventFilter, EventId, GlobalPosition, Snapshot, StateSchema, StoreError,
    StreamName, StreamPage, StreamVersion,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use tokio::sync::oneshot;

use super::{
    error::{io_error, store_error},
    names::Names,
    row::{PageBuilder, select_events},
    schema,
};
use crate::sqlite::follow::{Pages, PendingPage, closed};

type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// The queue to the reader threads.
#[derive(Debug)]
pub(super) struct Readers {
    jobs: async_channel::Sender<Job>,
}

impl Readers {
    /// Starts `count` threads; the handles end once [`close`](Self::close) was called.
    pub(super) fn start(
        path: &Path,
        count: NonZeroUsize,
    ) -> Result<(Self, Vec<JoinHandle<()>>), StoreError> {
        // Room for every reader to have its next job at hand; more would only wait here.
        let (jobs, queue) = async_channel::bounded::<Job>(count.get() * 2);
        let mut threads = Vec::with_capacity(count.get());
        for number in 0..count.get() {
            let mut reader = Reader::open(path)?;
            let queue = queue.clone();
            let thread = thread::Builder::new()
                .name(format!("minwon-read-{number}"))
                .spawn(move || {
                    while let Ok(job) = queue.recv_blocking() {
                        job(&mut reader);
                    }
                })
                .map_err(|error| io_error(path, "starting a reader of", error))?;
            threads.push(thread);
        }
        Ok((Self { jobs }, threads))
    }

    pub(super) fn close(&self) {
        self.jobs.close();
    }

    /// Runs `read` on a reader thread. A dropped future leaves nothing behind.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answer) = job(read);
        self.jobs.send(job).await.map_err(|_| closed())?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }
}

impl Pages for Readers {
    async fn begin(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<PendingPage, StoreError> {
        let filter = filter.clone();
        let (job, answer) = job(move |reader| reader.read_all(after, &filter, events_max));
        self.jobs.send(job).await.map_err(|_| closed())?;
        Ok(answer)
    }

    fn try_begin(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Option<PendingPage> {
        let filter = filter.clone();
        let (job, answer) = job(move |reader| reader.read_all(after, &filter, events_max));
        self.jobs.try_send(job).is_ok().then_some(answer)
    }
}

type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

fn job<T: Send + 'static>(
    read: impl FnOnce(&mut Reader) -> Result<T, StoreError> + Send + 'static,
) -> (Job, Answer<T>) {
    let (reply, answer) = oneshot::channel();
    let job: Job = Box::new(move |reader| {
        // Nobody waits any more: spare the work.
        if !reply.is_closed() {
            let _ = reply.send(read(reader));
        }
    });
    (job, answer)
}

/// A read-only connection with the names it has met.
pub(super) struct Reader {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) names: Names,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = open_read_only(path)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            names: Names::new(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    pub(super) fn head(&mut self) -> Result<GlobalPosition, StoreError> {
        let sql = "SELECT coalesce(max(position), 0) FROM events";
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map(GlobalPosition::new)
            .map_err(|error| store_error(&self.path, "reading from", error))
    }

    pub(super) fn read_stream(
        &mut self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let Self {
            path,
            connection,
            names,
        } = self;
        let sql_error = |error| store_error(path, "reading from", error);
        let key = names.key(connection, stream).map_err(sql_error)?;
        // A version beyond what SQLite can count is beyond the end of any stream.
        let (Some(key), Ok(from)) = (key, i64::try_from(from.get())) else {
            return Ok(StreamPage {
                events: Vec::new(),
                is_end: true,
            });
        };
        let sql = select_events!("WHERE stream = ?1 AND version >= ?2 ORDER BY version LIMIT ?3");
        let mut statement = connection.prepare_cached(sql).map_err(sql_error)?;
        let mut left = events_max.get();
        // One row more than wanted shows whether this is the end.
        let mut rows = statement
            .query((key, from, i64::from(left) + 1))
            .map_err(sql_error)?;
        let mut page = PageBuilder::new(path, events_max);
        let is_end = loop {
            let Some(row) = rows.next().map_err(sql_error)? else {
                break true;
            };
            if left == 0 || page.is_full() {
                break false;
            }
            left -= 1;
            page.push(row, stream.clone(), |key| {
                names.event_type(connection, path, key)
            })?;
        };
        Ok(StreamPage {
            events: page.finish(),
            is_end,
        })
    }
}

impl Reader {
    pub(super) fn load_snapshot(
        &mut self,
        stream: StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let sql = "SELECT version, event_id, position, state FROM snapshots
                   WHERE stream = ?1 AND schema = ?2";
        let key = (stream.as_str(), schema.get().cast_signed());
        let snapshot = |row: &Row<'_>| {
            Ok(Snapshot {
                stream: stream.clone(),
                schema,
                version: StreamVersion::new(row.get(0)?),
                event_id: EventId::from_bytes(row.get(1)?),
                position: GlobalPosition::from_bytes(row.get(2)?),
                state: row.get(3)?,
            })
        };
        let load = || {
            self.connection
                .prepare_cached(sql)?
                .query_row(key, snapshot)
                .optional()
        };
        load().map_err(|error| store_error(&self.path, "reading from", error))
    }

    pub(super) fn load_checkpoint(
        &mut self,
        name: &CheckpointName,
    ) -> Result<GlobalPosition, StoreError> {
        let sql = "SELECT position FROM consumer_checkpoints
                   WHERE namespace = ?1 AND consumer = ?2 AND slice = ?3";
        let CheckpointName {
            namespace,
            consumer,
            slice,
        } = name;
        let key = (namespace.as_str(), consumer.as_str(), slice.get());
        let position = |row: &Row<'_>| row.get(0).map(GlobalPosition::from_bytes);
        let load = || {
            self.connection
                .prepare_cached(sql)?
                .query_row(key, position)
                .optional()
        };
        load()
            .map(|position| position.unwrap_or(GlobalPosition::START))
            .map_err(|error| store_error(&self.path, "reading from", error))
    }
}

pub(super) fn open_read_only(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        // Readers wait only while another process recovers the log after a crash.
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        schema::prepare_connection(&connection)?;
        Ok(connection)
    };
    open().map_err(|error| store_error(path, "opening", error))
}
