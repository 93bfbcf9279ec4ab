//! Writing: one thread, one connection, and as many requests to a commit as are waiting.

use std::{path::Path, sync::Arc};

use minwon_core::{Clock, NamespaceName, StoreError};
use rusqlite::Connection;

use super::{
    error::{is_outcome_unknown, shared_store_error, store_error},
    log::Log,
    notify::Announcer,
};
use crate::sqlite::changes::Changes;

/// Most work in one commit. Unit: events.
const GROUP_EVENTS_MAX: usize = 8192;

/// Something to write, together with whoever waits for it.
pub(super) trait Work: Send {
    /// About how many events it writes.
    fn events(&self) -> usize {
        1
    }

    /// Writes inside the open transaction and keeps the outcome. An error fails the whole group;
    /// a refusal (a conflict, say) is an outcome.
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()>;

    /// The namespace whose read models it changes.
    fn changes(&self) -> Option<&NamespaceName> {
        None
    }

    /// Reports the outcome, which is durable, or that the group failed.
    fn answer(self: Box<Self>, committed: Result<(), Failure>);
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
        shared_store_error(&self.path, "writing to", &self.cause)
    }
}

/// The one writer of a file.
pub(super) struct Writer {
    path: Arc<Path>,
    log: Log,
    clock: Arc<dyn Clock>,
    announcer: Announcer,
    read_model_changes: Arc<Changes>,
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
        })
    }

    /// Works until the queue is closed: takes what is waiting, commits, answers. No timer: a lone
    /// request is committed at once, and the more are waiting, the more share a commit.
    pub(super) fn run(mut self, queue: async_channel::Receiver<Box<dyn Work>>) {
        while let Ok(first) = queue.recv_blocking() {
            let mut events = first.events();
            let mut group = vec![first];
            while events < GROUP_EVENTS_MAX
                && let Ok(work) = queue.try_recv()
            {
                events += work.events();
                group.push(work);
            }
            self.commit(group);
        }
        // Leaves one file behind instead of two: only a convenience.
        if let Err(error) = self.log.empty_wal() {
            tracing::debug!(%error, "the write-ahead log stays for the next opening");
        }
    }

    fn commit(&mut self, mut group: Vec<Box<dyn Work>>) {
        let before = self.log.head();
        let committed = self.try_commit(&mut group);
        if committed.is_err() {
            self.roll_back(before);
        }
        for work in group {
            if let Some(namespace) = work.changes() {
                self.read_model_changes.note(namespace);
            }
            work.answer(committed.clone());
        }
        // Feeds after callers: a caller waits for this very commit.
        if self.log.head() != before {
            self.announcer.announce();
        }
    }

    fn try_commit(&mut self, group: &mut [Box<dyn Work>]) -> Result<(), Failure> {
        let written = self.log.begin(self.clock.now()).and_then(|()| {
            group
                .iter_mut()
                .try_for_each(|work| work.write(&mut self.log))
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
