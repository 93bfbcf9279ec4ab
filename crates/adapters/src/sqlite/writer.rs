//! Writing: one thread, one connection, and as many requests to a commit as are waiting.

use std::{path::Path, sync::Arc};

use minwon_core::{Clock, NamespaceName, StoreError};
use rusqlite::{Connection, ffi};
use tokio::sync::oneshot;

use super::{
    changes::Changes,
    error::{is_outcome_unknown, store_error},
    log::Log,
    notify::Announcer,
    wal,
};

/// Most work in one commit. Unit: events.
const GROUP_EVENTS_MAX: usize = 8192;

/// Something to write, together with whoever waits for it.
pub(super) struct Request {
    /// About how many events it writes.
    pub(super) events: usize,
    /// The namespace whose read models it changes.
    pub(super) changes: Option<NamespaceName>,
    pub(super) work: Box<dyn Work>,
}

/// The work of a request.
pub(super) trait Work: Send {
    /// Writes inside the open transaction and keeps the outcome. An error fails the whole group;
    /// a refusal (a conflict, say) is an outcome.
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()>;

    /// Reports the outcome, which is durable, or that the group failed. A caller that no longer
    /// waits may ask again; what was done is recognised.
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
}

/// Work that is a function.
pub(super) struct WorkFn<T, W> {
    write: W,
    outcome: Option<T>,
    reply: oneshot::Sender<Result<T, Failure>>,
}

impl<T, W> WorkFn<T, W>
where
    T: Send + 'static,
    W: FnMut(&mut Log) -> rusqlite::Result<T> + Send + 'static,
{
    pub(super) fn boxed(write: W, reply: oneshot::Sender<Result<T, Failure>>) -> Box<dyn Work> {
        Box::new(Self {
            write,
            outcome: None,
            reply,
        })
    }
}

impl<T: Send, W: FnMut(&mut Log) -> rusqlite::Result<T> + Send> Work for WorkFn<T, W> {
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        self.outcome = Some((self.write)(log)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let Self { outcome, reply, .. } = *self;
        let outcome = committed.map(|()| outcome.expect("what was committed was written"));
        let _ = reply.send(outcome);
    }
}

/// Why a group was not committed.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    path: Arc<Path>,
    cause: Arc<rusqlite::Error>,
    /// Whether the group may be on the disk nevertheless.
    pub(super) outcome_unknown: bool,
}

impl Failure {
    pub(super) fn to_store_error(&self) -> StoreError {
        store_error(&self.path, "writing to", Arc::clone(&self.cause))
    }
}

/// The one writer of a file.
pub(super) struct Writer {
    path: Arc<Path>,
    log: Log,
    clock: Arc<dyn Clock>,
    announcer: Announcer,
    read_model_changes: Arc<Changes>,
    /// Why nothing more is written.
    stopped: Option<Failure>,
}

impl Writer {
    pub(super) fn new(
        path: Arc<Path>,
        connection: Connection,
        clock: Arc<dyn Clock>,
        announcer: Announcer,
        read_model_changes: Arc<Changes>,
    ) -> Result<Self, StoreError> {
        let log = Log::open(connection).map_err(|error| store_error(&path, "opening", error))?;
        Ok(Self {
            path,
            log,
            clock,
            announcer,
            read_model_changes,
            stopped: None,
        })
    }

    /// Works until the queue is closed: takes what is waiting, commits, answers. No timer: a lone
    /// request is committed at once, and the more are waiting, the more share a commit.
    pub(super) fn run(mut self, queue: async_channel::Receiver<Request>) {
        while let Ok(first) = queue.recv_blocking() {
            let mut events = first.events;
            let mut group = vec![first];
            while events < GROUP_EVENTS_MAX
                && let Ok(work) = queue.try_recv()
            {
                events += work.events;
                group.push(work);
            }
            match &self.stopped {
                None => {
                    self.commit(group);
                    self.write_back();
                }
                Some(failure) => group
                    .into_iter()
                    .for_each(|request| request.work.answer(Err(failure.clone()))),
            }
        }
        if self.stopped.is_none()
            && let Err(error) = self.log.close()
        {
            tracing::debug!(%error, "the next opening makes up for what closing left undone");
        }
    }

    /// Writes the log back where it is long. Callers have their answers already.
    fn write_back(&mut self) {
        match self.log.write_back_wal() {
            Ok(()) => {}
            // It is tried again after the next commit.
            Err(error) if wal::is_as_before(&error) => {
                tracing::warn!(%error, "the write-ahead log is not written back yet, and grows");
            }
            Err(error) => {
                let path = self.path.display();
                tracing::error!(%path, %error, "a disk failed; the store takes nothing more until it is opened anew");
                let failure = error.sqlite_error().copied();
                let failure = failure.unwrap_or(ffi::Error::new(ffi::SQLITE_IOERR));
                let what = "a disk failed while the write-ahead log was written back; restart the program, \
                            which writes all of it back";
                let told = rusqlite::Error::SqliteFailure(failure, Some(what.into()));
                self.stopped = Some(self.failure(told, false));
            }
        }
    }

    fn commit(&mut self, mut group: Vec<Request>) {
        let before = self.log.head();
        let committed = self.try_commit(&mut group);
        if committed.is_err() {
            self.roll_back(before);
        }
        for request in group {
            if let Some(namespace) = &request.changes {
                self.read_model_changes.note(namespace);
            }
            request.work.answer(committed.clone());
        }
        // Feeds after callers: a caller waits for this very commit.
        if self.log.head() != before {
            self.announcer.announce();
        }
        self.log.settle();
    }

    fn try_commit(&mut self, group: &mut [Request]) -> Result<(), Failure> {
        let written = self.log.begin(self.clock.now()).and_then(|()| {
            group
                .iter_mut()
                .try_for_each(|request| request.work.write(&mut self.log))
        });
        written.map_err(|error| self.failure(error, false))?;
        self.log.commit().map_err(|error| {
            let outcome_unknown = is_outcome_unknown(&error);
            self.failure(error, outcome_unknown)
        })
    }

    fn roll_back(&mut self, head: u64) {
        if let Err(error) = self.log.roll_back(head) {
            tracing::warn!(%error, "the rollback failed; the next transaction will tell");
        }
    }

    fn failure(&self, error: rusqlite::Error, outcome_unknown: bool) -> Failure {
        Failure {
            path: Arc::clone(&self.path),
            cause: Arc::new(error),
            outcome_unknown,
        }
    }
}
