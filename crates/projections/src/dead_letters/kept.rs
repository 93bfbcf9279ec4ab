//! Snapshots of the open letters of a queue, kept beside it from time to time, so that a start
//! reads these and not what ever was.
//!
//! It is a snapshot of the queue's stream, and a cache as every snapshot: one that is missing, that
//! was not [sealed](SnapshotKey) with our key, or whose last event the queue does not hold, is passed
//! over, and the queue is read from its beginning. A forged one would hide a letter, and with it that a
//! petition stands still.

use futures_util::future::BoxFuture;
use minwon_core::{
    EventStore, EventType, OpenQueue, Snapshot, SnapshotKey, SnapshotStore, StateSchema,
    StoreError, StreamName, Timer, dead_letter_queue,
};

use super::{
    DeadLetterError, DeadLetters, ONE, Turn,
    known::{Last, Queue},
};

/// The fold of a queue. Another number where what is open of the same events changes.
const SCHEMA: StateSchema = StateSchema::new(1);

/// After how many events of a queue what is open of it is kept again; where more is open, after as
/// many as that. Unit: events.
pub(super) const KEEP_AFTER: u64 = 1024;

/// Where what is open of a queue is kept from time to time.
pub(super) struct Shelf {
    pub(super) snapshots: Box<dyn Snapshots>,
    /// Of those that are believed.
    pub(super) key: SnapshotKey,
    /// After how many events of a queue at the earliest. Unit: events.
    pub(super) keep_after: u64,
}

/// Keeps snapshots, whatever store does.
pub(super) trait Snapshots: Send + Sync {
    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>>;

    fn save<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), StoreError>>;
}

impl<N: SnapshotStore> Snapshots for N {
    fn load<'a>(
        &'a self,
        stream: &'a StreamName,
    ) -> BoxFuture<'a, Result<Option<Snapshot>, StoreError>> {
        Box::pin(self.load_snapshot(stream, SCHEMA))
    }

    fn save<'a>(&'a self, snapshot: &'a Snapshot) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.save_snapshot(snapshot))
    }
}

/// The state in a snapshot, behind its seal: as JSON.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    open: OpenQueue,
    passed_over: u64,
}

impl Kept {
    /// None where it is not as somebody with the key has sealed it, or not of this queue.
    fn of(snapshot: &Snapshot, key: SnapshotKey, queue: &EventType) -> Option<Self> {
        let kept: Self = serde_json::from_slice(key.open(snapshot)?).ok()?;
        kept.open.is_of(queue).then_some(kept)
    }
}

/// The open letters in a snapshot of a queue, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(crate) fn kept_letters(
    snapshot: &Snapshot,
    key: SnapshotKey,
    queue: &EventType,
) -> Option<OpenQueue> {
    Kept::of(snapshot, key, queue).map(|kept| kept.open)
}

impl<S: EventStore, T: Timer> DeadLetters<S, T> {
    /// Begins a queue of which nothing was read where something was kept of it, if that is to be
    /// trusted.
    pub(super) async fn begin(
        &self,
        turn: &Turn<'_>,
        queue: &EventType,
    ) -> Result<(), DeadLetterError> {
        let Some(shelf) = self.inner.shelf.get() else {
            return Ok(());
        };
        let stream = dead_letter_queue(self.namespace(), queue);
        let snapshot = match shelf.snapshots.load(&stream).await {
            Ok(Some(snapshot)) => snapshot,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::info!(%stream, %error, "the snapshot of a queue of dead letters cannot be read");
                return Ok(());
            }
        };
        let Some(kept) = Kept::of(&snapshot, shelf.key, queue) else {
            tracing::debug!(%stream, "the snapshot of a queue of dead letters was made with another key, or changed; the whole queue is read");
            return Ok(());
        };
        let read = self.inner.store.read_stream(&stream, snapshot.version, ONE);
        let read = read.await.map_err(DeadLetterError::Store)?;
        let is_there = read.events.first().is_some_and(|last| {
            let place = (last.version, last.id(), last.position);
            place == (snapshot.version, snapshot.event_id, snapshot.position)
        });
        if !is_there {
            tracing::warn!(%stream, "the snapshot of a queue of dead letters does not fit it; the whole queue is read");
            return Ok(());
        }
        let Kept { open, passed_over } = kept;
        let read = Queue {
            last: Some(Last {
                version: snapshot.version,
                id: snapshot.event_id,
                position: snapshot.position,
            }),
            passed_over,
            kept: snapshot.version.next().get(),
            keep_after: open.events() as u64,
            begun: Some(snapshot.position),
        };
        let wanted = {
            let mut known = self.known();
            known.restore(queue, open, read);
            known.wanted()
        };
        match wanted {
            // Somebody has to know what was given up before.
            Some(after) if after < snapshot.position => self.remember(turn, after).await,
            _ => Ok(()),
        }
    }

    /// Keeps what is open of the queues that have grown enough since. Where that fails, a start
    /// reads more, and nothing else is lost.
    pub(super) async fn keep(&self) {
        let Some(shelf) = self.inner.shelf.get() else {
            return;
        };
        for snapshot in self.due(shelf.keep_after) {
            let snapshot = shelf.key.seal(snapshot);
            let stream = &snapshot.stream;
            match shelf.snapshots.save(&snapshot).await {
                Ok(()) => tracing::debug!(%stream, "saved a snapshot of a queue of dead letters"),
                Err(error) => {
                    tracing::info!(%stream, %error, "a snapshot of a queue of dead letters cannot be saved");
                }
            }
        }
    }

    /// The snapshots to keep now, not sealed yet.
    fn due(&self, keep_after: u64) -> Vec<Snapshot> {
        let mut due = Vec::new();
        {
            let mut known = self.known();
            let known = &mut *known;
            for (queue, read) in &mut known.queues {
                let Some(last) = read.last else { continue };
                let events = last.version.next().get();
                let news = events.saturating_sub(read.kept);
                if news < keep_after.max(read.keep_after) {
                    continue;
                }
                let open = known.book.open_of(queue);
                // Writing costs what is open, so it waits for as many events.
                read.keep_after = open.events() as u64;
                if news >= read.keep_after {
                    read.kept = events;
                    let kept = Kept {
                        open,
                        passed_over: read.passed_over,
                    };
                    due.push((queue.clone(), last, kept));
                }
            }
        }
        let snapshot = |(queue, last, kept): (EventType, Last, Kept)| Snapshot {
            stream: dead_letter_queue(self.namespace(), &queue),
            schema: SCHEMA,
            version: last.version,
            event_id: last.id,
            position: last.position,
            state: serde_json::to_vec(&kept).expect("texts and numbers can be written"),
        };
        due.into_iter().map(snapshot).collect()
    }
}
