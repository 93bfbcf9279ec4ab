//! Reading: a few threads, each with a read-only connection of its own.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::{Path, PathBuf},
};

use minwon_core::{
    GlobalPosition, StoreError, StoreErrorKind, StreamName, StreamPage, StreamVersion,
};
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};
use tokio::sync::oneshot;

use super::{
    error::{ReadError, io_error, store_error},
    follow::closed,
    lock::InUse,
    names::Names,
    place,
    row::{PageBuilder, RowPlace},
    schema,
    sql::{execute, find},
    streams::StreamTail,
    threads::Threads,
};

pub(super) type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// The queue to the reader threads.
#[derive(Debug)]
pub(super) struct Readers {
    jobs: async_channel::Sender<Job>,
}

impl Readers {
    /// Starts as many of `threads`, which end once [`close`](Self::close) was called.
    pub(super) fn start(
        path: &Path,
        count: NonZeroUsize,
        threads: &mut Threads,
    ) -> Result<Self, StoreError> {
        // Room for every reader to have its next job at hand; more would only wait here.
        let (jobs, queue) = async_channel::bounded::<Job>(count.get() * 2);
        for number in 0..count.get() {
            let mut reader = Reader::open(path)?;
            let queue = queue.clone();
            let read = move || {
                while let Ok(job) = queue.recv_blocking() {
                    job(&mut reader);
                }
            };
            threads
                .spawn(format!("minwon-read-{number}"), read)
                .map_err(|error| io_error(path, "starting a reader of", error))?;
        }
        Ok(Self { jobs })
    }

    pub(super) fn close(&self) {
        self.jobs.close();
    }

    /// Runs `read` on a reader thread. A dropped future leaves nothing behind.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (job, answer) = job(read);
        self.send(job).await?;
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Waits for a place in the queue.
    pub(super) async fn send(&self, job: Job) -> Result<(), StoreError> {
        self.jobs.send(job).await.map_err(|_| closed())
    }

    /// Returns whether there was a place in the queue.
    pub(super) fn try_send(&self, job: Job) -> bool {
        self.jobs.try_send(job).is_ok()
    }
}

pub(super) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

pub(super) fn job<T: Send + 'static>(
    read: impl FnOnce(&mut Reader) -> Result<T, ReadError> + Send + 'static,
) -> (Job, Answer<T>) {
    let (reply, answer) = oneshot::channel();
    let job: Job = Box::new(move |reader| {
        // Nobody waits any more: spare the work.
        if !reply.is_closed() {
            let _ = reply.send(read(reader).map_err(|error| error.of(&reader.path)));
        }
    });
    (job, answer)
}

/// A read-only connection with the names it has met.
pub(super) struct Reader {
    pub(super) path: PathBuf,
    pub(super) connection: Connection,
    pub(super) names: Names,
    streams: StreamTail,
    /// Ends after the connection.
    _in_use: InUse,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, StoreError> {
        let (_in_use, connection) = open_read_only(path)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
            names: Names::new(),
            streams: StreamTail::default(),
            _in_use,
        })
    }

    pub(super) fn head(&self) -> rusqlite::Result<GlobalPosition> {
        let sql = "SELECT coalesce(max(position), 0) FROM events";
        let head = find(&self.connection, sql, [], |row| row.get(0))?;
        Ok(head.map_or(GlobalPosition::START, GlobalPosition::new))
    }

    pub(super) fn read_stream(
        &mut self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, ReadError> {
        let key = self.names.key(&self.connection, stream)?;
        // A version beyond what SQLite can count is beyond the end of any stream.
        let (Some(key), Ok(from)) = (key, i64::try_from(from.get())) else {
            return Ok(StreamPage {
                events: Vec::new(),
                is_end: true,
            });
        };
        // Table and log as they stand at one moment.
        execute(&self.connection, "BEGIN", [])?;
        let page = self.read_places(stream, (key, from), events_max);
        // After some failures SQLite has ended it by itself.
        if !self.connection.is_autocommit() {
            execute(&self.connection, "COMMIT", [])?;
        }
        page
    }

    /// The events of the stream with this key from a version on: those in the table, and then the newest.
    fn read_places(
        &mut self,
        stream: &StreamName,
        (key, from): (i64, i64),
        events_max: NonZeroU32,
    ) -> Result<StreamPage, ReadError> {
        let connection = &self.connection;
        self.streams.follow(connection)?;
        let mut page = PageBuilder::new(events_max);
        let (mut next, mut left) = (from, events_max.get());
        // Returns the version behind the one that it took, if there was a place left.
        let mut take = |row: &Row<'_>| -> Result<Option<i64>, ReadError> {
            if left == 0 || page.is_full() {
                return Ok(None);
            }
            left -= 1;
            let (at, is_of_it) = (RowPlace::of(row)?, row.get(8)?);
            let names = &mut self.names;
            page.push(row, at, stream.clone(), is_of_it, |key| {
                names.event_type(connection, key)
            })?;
            Ok(Some(at.version.saturating_add(1)))
        };
        let mut is_end = true;
        let mut statement = connection.prepare_cached(OF_TABLE)?;
        // One row more than wanted shows whether this is the end.
        let mut rows = statement.query((key, from, i64::from(events_max.get()) + 1))?;
        while is_end && let Some(row) = rows.next()? {
            match take(row)? {
                Some(behind) => next = behind,
                None => is_end = false,
            }
        }
        let mut statement = connection.prepare_cached(OF_TAIL)?;
        let mut newest = self.streams.of(key, next);
        while is_end && let Some(place) = newest.next() {
            let mut rows = statement.query((place.position, key, place.version))?;
            if let Some(row) = rows.next()? {
                is_end = take(row)?.is_some();
            }
        }
        Ok(StreamPage {
            events: page.finish(),
            is_end,
        })
    }
}

/// The events that the table has of stream `?1` from version `?2` on, and whether each is what the table says.
const OF_TABLE: &str = "SELECT s.position, s.stream, s.version, e.type, e.recorded_at, e.checksum,
        e.metadata, e.payload, e.stream = s.stream AND e.version = s.version
    FROM stream_events s CROSS JOIN events e ON e.position = s.position
    WHERE s.stream = ?1 AND s.version >= ?2 ORDER BY s.version LIMIT ?3";

/// The same of the event at position `?1`.
const OF_TAIL: &str = "SELECT position, ?2, ?3, type, recorded_at, checksum, metadata, payload,
        stream = ?2 AND version = ?3 FROM events WHERE position = ?1";

/// Returns a read-only connection to `path`, which is resolved, and the use of the file, which has to end
/// after it.
pub(super) fn open_read_only(path: &Path) -> Result<(InUse, Connection), StoreError> {
    let in_use = InUse::to_read(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let open = |name: &Path, flags| -> rusqlite::Result<_> {
        let connection = Connection::open_with_flags(name, flags)?;
        // Readers wait only while another process recovers the log after a crash.
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        schema::prepare_connection(&connection)?;
        // The write-ahead log is opened by the first read.
        connection.pragma_query_value(None, "schema_version", |_| Ok(()))?;
        Ok(connection)
    };
    let opened = open(path, flags);
    let opened = match &opened {
        Err(error) if cannot_open(error) && place::never_changes(path) => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            open(&place::immutable_uri(path), flags)
        }
        _ => opened,
    };
    let connection = opened.map_err(|error| {
        if !cannot_open(&error) {
            return store_error(path, "opening", error);
        }
        // The file itself is there.
        let doing = format!(
            "{} has a write-ahead log, for which its directory has to be written to",
            path.display()
        );
        StoreError::new(StoreErrorKind::ReadOnly, doing).caused_by(error)
    })?;
    Ok((in_use, connection))
}

fn cannot_open(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}
