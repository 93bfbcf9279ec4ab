//! Checkpoints: one stream for each, which keeps its newest event only.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use minwon_core::{
    CheckpointError, CheckpointName, CheckpointStore, EventId, GlobalPosition, StoreError,
    StoreErrorKind,
};
use serde::{Deserialize, Serialize};

use super::{
    KurrentStore,
    bookkeeping::{self, Written},
    error::{Fault, corrupt},
};

const EVENT_TYPE: &str = "CheckpointSaved";

/// Most checkpoints that a store remembers the place of; a consumer has one per slice.
const REMEMBERED_MAX: usize = 16 * 1024;

/// How often a checkpoint is read again that moves to and fro while it is to be moved.
const TRIES_MAX: u32 = 4;

/// The content of an event in a checkpoint's stream.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    position: GlobalPosition,
}

pub(super) fn position_in(data: &[u8]) -> Result<GlobalPosition, serde_json::Error> {
    serde_json::from_slice(data).map(|Saved { position }| position)
}

/// A checkpoint as it is kept.
#[derive(Debug, Clone, Copy)]
struct Kept {
    position: GlobalPosition,
    /// Of its stream's last event; a checkpoint that was never saved has none.
    revision: Option<u64>,
}

/// Where checkpoints were when they were last seen, so that saving one is one append.
#[derive(Clone, Default)]
pub(super) struct Remembered(Arc<Memory>);

#[derive(Default)]
struct Memory {
    places: Mutex<HashMap<Box<str>, Kept>>,
    has_warned: AtomicBool,
}

impl Remembered {
    fn all(&self) -> MutexGuard<'_, HashMap<Box<str>, Kept>> {
        // Every change is a single insertion, or starts from nothing.
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether nobody was warned of old checkpoints yet; from now on somebody was.
    fn is_first_warning(&self) -> bool {
        !self.0.has_warned.swap(true, Ordering::Relaxed)
    }

    fn get(&self, stream: &str) -> Option<Kept> {
        self.all().get(stream).copied()
    }

    fn put(&self, stream: &str, kept: Kept) {
        let mut all = self.all();
        if all.len() >= REMEMBERED_MAX {
            all.clear();
        }
        all.insert(stream.into(), kept);
    }
}

/// No two checkpoints share a name: a namespace is a word, and a slice is digits, so neither holds
/// what it is parted by.
fn stream_of(name: &CheckpointName) -> String {
    let CheckpointName {
        namespace,
        consumer,
        slice,
    } = name;
    format!(
        "minwon-checkpoint/{namespace}/{consumer}/{slice}",
        slice = slice.get()
    )
}

/// Where the checkpoint was kept before it had a namespace; no new one has such a name.
fn old_stream_of(name: &CheckpointName) -> String {
    let CheckpointName {
        consumer, slice, ..
    } = name;
    format!("minwon-checkpoint-{consumer}:{}", slice.get())
}

/// The id of a checkpoint's event that stands behind the revision `place`.
fn id_of(stream: &str, place: u64, position: GlobalPosition) -> EventId {
    let (place, position) = (place.to_be_bytes(), position.to_bytes());
    bookkeeping::id_of(&[stream.as_bytes(), &place, &position])
}

impl KurrentStore {
    /// The checkpoint as the server has it.
    async fn read_checkpoint(
        &self,
        name: &CheckpointName,
        stream: &str,
    ) -> Result<Kept, StoreError> {
        let kept = match self.last_saved(stream).await? {
            Some((kept, true)) => kept,
            Some((kept, false)) => {
                tracing::warn!(%name, "the checkpoint is damaged, so its consumer begins at the start of the log");
                Kept {
                    position: GlobalPosition::START,
                    ..kept
                }
            }
            None => Kept {
                position: self.position_before_namespaces(name).await?,
                revision: None,
            },
        };
        self.checkpoints.put(stream, kept);
        Ok(kept)
    }

    /// Returns the last checkpoint in its stream, and whether its event's id is of that position, so that it is
    /// the one that was saved; none where the stream is empty.
    async fn last_saved(&self, stream: &str) -> Result<Option<(Kept, bool)>, StoreError> {
        let failed = |fault: Fault| fault.into_store_error(format_args!("reading {stream}"));
        let last = bookkeeping::last(&self.link, stream).await;
        let Some(event) = last.map_err(failed)? else {
            return Ok(None);
        };
        let position = position_in(&event.data).map_err(|error| {
            corrupt(format!(
                "event {} of {stream} is no checkpoint. Nobody else may write there; delete the \
                 stream to begin from the start",
                event.revision
            ))
            .caused_by(error)
        })?;
        // Where a stream was deleted, the first place stands behind what was.
        let mut places = [event.revision.wrapping_sub(1), u64::MAX].into_iter();
        let is_as_saved = places.any(|place| id_of(stream, place, position) == event.id);
        let revision = Some(event.revision);
        Ok(Some((Kept { position, revision }, is_as_saved)))
    }

    /// Where a checkpoint begins that was never saved under its own name.
    ///
    /// A checkpoint without a namespace does not say whose it is. Only who runs the server knows
    /// whether there was a single namespace: another one's position would pass over events.
    async fn position_before_namespaces(
        &self,
        name: &CheckpointName,
    ) -> Result<GlobalPosition, StoreError> {
        let Some((old, _)) = self.last_saved(&old_stream_of(name)).await? else {
            return Ok(GlobalPosition::START);
        };
        let owner = &self.link.options().old_checkpoints_of;
        if owner.as_ref() == Some(&name.namespace) {
            return Ok(old.position);
        }
        if owner.is_none() && self.checkpoints.is_first_warning() {
            tracing::warn!(
                checkpoint = %name,
                "checkpoints were kept without their namespace; reactors begin again at the start \
                 of the log, and repeat without effect what was done. If this namespace had the \
                 server to itself, name it by KurrentOptions::old_checkpoints_of instead"
            );
        }
        Ok(GlobalPosition::START)
    }

    /// Puts `position` after what is kept, if that is still so.
    async fn put_checkpoint(
        &self,
        stream: &str,
        kept: Kept,
        position: GlobalPosition,
    ) -> Result<Written, Fault> {
        if kept.revision.is_none() {
            bookkeeping::keep_newest(&self.link, stream, 1).await?;
        }
        let place = kept.revision.unwrap_or(u64::MAX);
        let id = id_of(stream, place, position);
        let event = bookkeeping::json_event(id, EVENT_TYPE, &Saved { position });
        bookkeeping::append(&self.link, stream, kept.revision, &event).await
    }

    /// Moves the checkpoint; answers where it is instead if that is neither of the two.
    async fn move_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<Result<(), GlobalPosition>, StoreError> {
        let stream = &stream_of(name);
        // The remembered state may be old. The append shows whether the checkpoint is where it was
        // expected; everything else is read.
        let remembered = self.checkpoints.get(stream);
        let mut kept = match remembered.filter(|kept| kept.position == expected) {
            Some(kept) if expected != position => kept,
            _ => self.read_checkpoint(name, stream).await?,
        };
        for _ in 0..TRIES_MAX {
            if kept.position == position {
                return Ok(Ok(()));
            }
            if kept.position != expected {
                return Ok(Err(kept.position));
            }
            let written = self.put_checkpoint(stream, kept, position).await;
            if let Ok(Written::At(revision)) = written {
                let revision = Some(revision);
                self.checkpoints.put(stream, Kept { position, revision });
                return Ok(Ok(()));
            }
            kept = self.read_checkpoint(name, stream).await?;
            if let Err(fault) = written
                && kept.position == expected
            {
                return Err(fault.into_store_error(format_args!("appending to {stream}")));
            }
        }
        let what = format!("{stream} moves away and back again, so it could not be moved");
        Err(StoreError::new(StoreErrorKind::Unavailable, what))
    }
}

impl CheckpointStore for KurrentStore {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        let kept = self.read_checkpoint(name, &stream_of(name)).await?;
        Ok(kept.position)
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        match self.move_checkpoint(name, expected, position).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(actual)) => Err(CheckpointError::Moved {
                name: name.clone(),
                expected,
                actual,
            }),
            Err(source) => Err(CheckpointError::Store {
                name: name.clone(),
                source,
            }),
        }
    }
}
