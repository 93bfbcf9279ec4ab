//! The requests of callers to the writer.

use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointName, ExpectedVersion, GlobalPosition,
    Snapshot, StoreError, StreamName,
};
use rusqlite::OptionalExtension;
use tokio::sync::oneshot;

use super::{
    log::{Log, Outcome},
    row::NewRow,
    writer::{Failure, Work},
};

pub(super) type Reply<T> = oneshot::Sender<T>;

pub(super) struct Append {
    pub(super) stream: StreamName,
    pub(super) expected: ExpectedVersion,
    pub(super) rows: Vec<NewRow>,
    pub(super) outcome: Option<Outcome>,
    pub(super) reply: Reply<Result<Appended, AppendError>>,
}

impl Work for Append {
    fn events(&self) -> usize {
        self.rows.len()
    }

    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        self.outcome = Some(log.append(&self.stream, self.expected, &self.rows)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let Self {
            stream,
            expected,
            outcome,
            reply,
            ..
        } = *self;
        let answer = match (committed, outcome) {
            (Ok(()), Some(Outcome::Appended(appended))) => Ok(appended),
            (Ok(()), Some(Outcome::Conflict { actual })) => Err(AppendError::Conflict {
                stream,
                expected,
                actual,
            }),
            (Ok(()), None) => unreachable!("what was committed was written"),
            (Err(failure), _) if failure.outcome_unknown => Err(AppendError::OutcomeUnknown {
                stream,
                source: failure.to_store_error(),
            }),
            (Err(failure), _) => Err(AppendError::Store {
                stream,
                source: failure.to_store_error(),
            }),
        };
        // A caller that no longer waits may ask again; the append is recognised.
        let _ = reply.send(answer);
    }
}

pub(super) struct SaveSnapshot {
    pub(super) snapshot: Snapshot,
    pub(super) reply: Reply<Result<(), StoreError>>,
}

impl Work for SaveSnapshot {
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        let snapshot = &self.snapshot;
        let sql = "INSERT INTO snapshots VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT DO UPDATE SET version = excluded.version,
                       event_id = excluded.event_id, position = excluded.position,
                       state = excluded.state
                   WHERE excluded.version >= version";
        log.connection().prepare_cached(sql)?.execute((
            snapshot.stream.as_str(),
            // SQLite counts signed; the bits are what matters.
            snapshot.schema.get().cast_signed(),
            snapshot.version.get(),
            snapshot.event_id.as_bytes(),
            snapshot.position.to_bytes(),
            &snapshot.state,
        ))?;
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let _ = self
            .reply
            .send(committed.map_err(|failure| failure.to_store_error()));
    }
}

pub(super) struct DeleteSnapshots {
    pub(super) stream: StreamName,
    pub(super) reply: Reply<Result<(), StoreError>>,
}

impl Work for DeleteSnapshots {
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        let sql = "DELETE FROM snapshots WHERE stream = ?1";
        log.connection()
            .prepare_cached(sql)?
            .execute([self.stream.as_str()])
            .map(|_| ())
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let _ = self
            .reply
            .send(committed.map_err(|failure| failure.to_store_error()));
    }
}

pub(super) struct SaveCheckpoint {
    pub(super) name: CheckpointName,
    pub(super) expected: GlobalPosition,
    pub(super) position: GlobalPosition,
    /// Where it was found, where that is neither `expected` nor `position`.
    pub(super) moved_to: Option<GlobalPosition>,
    pub(super) reply: Reply<Result<(), CheckpointError>>,
}

impl Work for SaveCheckpoint {
    fn write(&mut self, log: &mut Log) -> rusqlite::Result<()> {
        let CheckpointName {
            namespace,
            consumer,
            slice,
        } = &self.name;
        let key = (namespace.as_str(), consumer.as_str(), slice.get());
        let sql = "SELECT position FROM consumer_checkpoints
                   WHERE namespace = ?1 AND consumer = ?2 AND slice = ?3";
        let kept = log
            .connection()
            .prepare_cached(sql)?
            .query_row(key, |row| row.get(0));
        let kept = kept
            .optional()?
            .map_or(GlobalPosition::START, GlobalPosition::from_bytes);
        if kept != self.expected && kept != self.position {
            self.moved_to = Some(kept);
            return Ok(());
        }
        let sql = "INSERT INTO consumer_checkpoints VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT DO UPDATE SET position = excluded.position";
        let row = (key.0, key.1, key.2, self.position.to_bytes());
        log.connection()
            .prepare_cached(sql)?
            .execute(row)
            .map(|_| ())
    }

    fn answer(self: Box<Self>, committed: Result<(), Failure>) {
        let Self {
            name,
            expected,
            moved_to,
            reply,
            ..
        } = *self;
        let answer = match (committed, moved_to) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(actual)) => Err(CheckpointError::Moved {
                name,
                expected,
                actual,
            }),
            (Err(failure), _) => Err(CheckpointError::Store {
                name,
                source: failure.to_store_error(),
            }),
        };
        let _ = reply.send(answer);
    }
}
