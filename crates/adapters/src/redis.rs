//! Read models in Redis 7 or newer: one server, a master found through Sentinels, or a cluster.
//!
//! - A commit is one call of one script: it compares the slice's checkpoint and writes all or
//!   nothing. So what is read is always the fold of the log up to the checkpoint beside it, also
//!   after a failover to a replica that lags behind, a flush, a restart from an old file, or with
//!   two projectors at work.
//! - All of a slice is under one hash tag, so a cluster keeps it on one node.
//! - The data of an earlier incarnation of a slice is under names that nobody reads any more;
//!   [`sweep`](minwon_core::ReadModelAdmin::sweep) removes it.
//! - Nothing expires, and a server that evicts is refused.
//! - After a loss of power, Redis keeps a commit that was cut in two in its append-only file, and
//!   completes it with the next one at its second start from there (fixed in Valkey by its pull
//!   request 4342). Where the log says that the file was truncated, run `BGREWRITEAOF`; or set
//!   `aof-load-truncated no` and fix the file with `redis-check-aof --fix`.
//!
//! | key | type | holds |
//! |---|---|---|
//! | `minwon:3:{general:petitions:g3:7}:checkpoint` | string | [`SliceCheckpoint`] |
//! | `minwon:3:{general:petitions:g3:7}:<incarnation>:d:<key>` | string | a document, in whatever form the projector gave it |
//! | `…:l:<index>` | sorted set | who claims which value: `<value><key>` |
//! | `…:o:<index>` | sorted set | all lists of an index: `<partition><order as 16 hexadecimal digits><key>` |
//! | `…:c:<index>:<group>` | hash | counts by member |
//! | `minwon:3:{general:petitions}:catalogue` | string | [`Catalogue`](minwon_core::Catalogue) |
//! | `minwon:3:{general:petitions:g3}:leases` | hash | who works on which slice |
//!
//! Values and partitions stand behind their length in bytes, in hexadecimal digits, and a colon. An
//! index is one set, since a key of its own for each value and each list costs Redis two to three
//! times as much time.

mod admin;
mod commit;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod keys;
mod leases;
mod link;
mod options;
mod read;
mod scan;
mod scripts;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use minwon_core::{
    CommitError, Counts, Incarnation, IndexName, ListPage, ListQuery, Loaded, ReadModelStore,
    SliceCheckpoint, SliceName, SliceWrites, StoreError, StoreErrorKind, Wanted,
};
use redis::{Cmd, Value};

pub use self::options::RedisOptions;
use self::{
    commit::Commit,
    error::{Fault, corrupt},
    link::{Link, To},
    read::{Kept, Load, Place},
    scripts::Form,
};

/// Slices whose incarnation is remembered. Unit: slices.
const LIVES_MAX: usize = 65_536;

/// How often a slice may start again while it is read. Unit: times.
const LIVES_PER_READ_MAX: u32 = 4;

/// Read models in Redis. Clones share one connection, over which all calls go at once.
///
/// A call whose connection was lost connects again; nothing runs in the background but the
/// connection's own task, which ends with the last clone.
#[derive(Clone)]
pub struct RedisReadModels {
    shared: Arc<Shared>,
}

struct Shared {
    link: Link,
    prefix: String,
    /// The incarnation that each slice had when it was last heard of: a guess that saves a round
    /// trip, checked by every answer.
    lives: Mutex<HashMap<SliceName, Incarnation>>,
}

impl fmt::Debug for RedisReadModels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReadModels")
            .field("prefix", &self.shared.prefix)
            .finish_non_exhaustive()
    }
}

impl RedisReadModels {
    fn new(link: Link, prefix: String) -> Self {
        let lives = Mutex::default();
        let prefix = format!("{prefix}:{}", keys::LAYOUT);
        Self {
            shared: Arc::new(Shared {
                link,
                prefix,
                lives,
            }),
        }
    }

    /// Connects with default options; see [`RedisOptions::connect`].
    ///
    /// # Errors
    /// As [`RedisOptions::connect`].
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        RedisOptions::default().connect(url).await
    }

    fn prefix(&self) -> &str {
        &self.shared.prefix
    }

    fn link(&self) -> &Link {
        &self.shared.link
    }

    fn lives(&self) -> MutexGuard<'_, HashMap<SliceName, Incarnation>> {
        let lives = self.shared.lives.lock();
        lives.unwrap_or_else(PoisonError::into_inner)
    }

    fn known_life(&self, slice: &SliceName) -> Option<Incarnation> {
        self.lives().get(slice).copied()
    }

    fn remember(&self, slice: &SliceName, checkpoint: Option<&SliceCheckpoint>) {
        let mut lives = self.lives();
        let Some(checkpoint) = checkpoint else {
            lives.remove(slice);
            return;
        };
        if lives.len() >= LIVES_MAX {
            lives.clear();
        }
        lives.insert(slice.clone(), checkpoint.incarnation);
    }

    /// The value under a key that is no part of a slice. Unlike GET, this takes what is no text for
    /// nothing.
    async fn fetch(&self, key: &str) -> Result<Value, StoreError> {
        let get = |_: Form| redis::cmd("MGET").arg(key).to_owned();
        let answer = self.link().call(To::Key(key), get).await?.value;
        let found = split_first(answer).map(|(found, _)| found);
        found.ok_or_else(|| corrupt("Redis answered another question"))
    }

    /// Reads a slice with its checkpoint, which `split` takes off the answer.
    async fn read<T>(
        &self,
        slice: &SliceName,
        call: impl Fn(Place<'_>, Form) -> Cmd,
        split: impl Fn(Value) -> Option<(Value, T)>,
    ) -> Result<Kept<(SliceCheckpoint, T)>, StoreError> {
        let checkpoint_key = keys::checkpoint(self.prefix(), slice);
        let mut guess = self.known_life(slice);
        for _ in 0..LIVES_PER_READ_MAX {
            // Without a guess this asks for data of a life that never was, and is answered with the
            // life.
            let asked = guess.unwrap_or(Incarnation::new(0));
            let life = keys::life(self.prefix(), slice, asked);
            let place = Place {
                checkpoint: &checkpoint_key,
                life: &life,
            };
            let to = To::Key(&checkpoint_key);
            let answer = self.link().call(to, |form| call(place, form)).await?;
            let (checkpoint, found) =
                split(answer.value).ok_or_else(|| corrupt("Redis answered another question"))?;
            let checkpoint = match read::checkpoint(&checkpoint)? {
                Kept::At(checkpoint) => checkpoint,
                nothing => {
                    self.remember(slice, None);
                    let is_damaged = matches!(nothing, Kept::Damaged);
                    return Ok(if is_damaged {
                        Kept::Damaged
                    } else {
                        Kept::Nothing
                    });
                }
            };
            if checkpoint.incarnation == asked {
                return Ok(Kept::At((checkpoint, found)));
            }
            self.remember(slice, Some(&checkpoint));
            guess = Some(checkpoint.incarnation);
        }
        let what = format!("slice {slice} began anew again and again while it was read");
        Err(StoreError::new(StoreErrorKind::Unavailable, what))
    }

    fn committed(
        &self,
        slice: &SliceName,
        next: &SliceCheckpoint,
        answer: link::Answer,
    ) -> Result<(), CommitError> {
        let failed = |error| Fault::not_sent(error).of_commit(slice);
        let actual = match answer.value {
            Value::Int(1) => {
                if self.known_life(slice) != Some(next.incarnation) {
                    self.remember(slice, Some(next));
                }
                return Ok(());
            }
            stored => read::checkpoint(&stored).map_err(failed)?.found(),
        };
        self.remember(slice, actual.as_ref());
        if answer.repeated {
            // The lost connection may have carried it out before somebody went on from there.
            let source = StoreError::new(
                StoreErrorKind::Unavailable,
                "the connection to Redis was lost, and the slice has moved since",
            );
            let slice = slice.clone();
            return Err(CommitError::OutcomeUnknown { slice, source });
        }
        Err(CommitError::Moved {
            slice: slice.clone(),
            actual: actual.map(Box::new),
        })
    }
}

impl ReadModelStore for RedisReadModels {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let load = Load::new(wanted);
        let call = |place: Place<'_>, form| load.call(place, form);
        match self.read(slice, call, split_first).await? {
            Kept::At((checkpoint, found)) => load.read(checkpoint, found),
            nothing => Ok(load.nothing(matches!(nothing, Kept::Damaged))),
        }
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        let checkpoint = keys::checkpoint(self.prefix(), slice);
        let life = keys::life(self.prefix(), slice, next.incarnation);
        let begins = expected.is_none();
        let expected = expected.map(SliceCheckpoint::to_text).unwrap_or_default();
        let next_text = next.to_text();
        let commit = async |expected: &[u8]| {
            let commit = Commit::new(&checkpoint, &life, (expected, &next_text), writes);
            let to = To::Key(&checkpoint);
            let answer = self.link().call(to, |form| commit.call(form)).await;
            answer.map_err(|fault| fault.of_commit(slice))
        };
        let mut answer = commit(expected.as_bytes()).await?;
        if let (true, Value::BulkString(kept)) = (begins, &answer.value)
            && matches!(read::checkpoint(&answer.value), Ok(Kept::Damaged))
        {
            // A damaged checkpoint counts as none, as long as it is still the one that was looked
            // at.
            answer = commit(kept).await?;
        }
        self.committed(slice, next, answer)
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        let call = |place: Place<'_>, form| read::list_call(place, query, form);
        match self.read(slice, call, split_pair).await? {
            Kept::At((checkpoint, found)) => read::list_page(checkpoint, found),
            _ => Ok(ListPage::default()),
        }
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        let call = |place: Place<'_>, form| read::counts_call(place, index, group, form);
        match self.read(slice, call, split_pair).await? {
            Kept::At((checkpoint, found)) => read::counts(checkpoint, found),
            _ => Ok(Counts::default()),
        }
    }
}

fn split_first(answer: Value) -> Option<(Value, std::vec::IntoIter<Value>)> {
    let mut values = answer.into_sequence().ok()?.into_iter();
    Some((values.next()?, values))
}

fn split_pair(answer: Value) -> Option<(Value, Value)> {
    let (first, mut rest) = split_first(answer)?;
    Some((first, rest.next()?))
}
