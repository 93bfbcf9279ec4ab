//! A store that notes what is appended to it, and when.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use minwon::{OpenError, Store, StoreUrl};
use minwon_core::{
    AppendError, Appended, EventStore, ExpectedVersion, NewEvent, StreamName,
    testing::{Hook, Hooked},
};
use minwon_petitions::PetitionId;

use crate::delays::Delays;

/// A store of which every append is counted. Clones share it.
pub type Watched = Hooked<Store, Notes>;

/// An append as it was made.
#[derive(Debug, Clone)]
pub struct Write {
    /// To where.
    pub stream: StreamName,
    /// After what.
    pub expected: ExpectedVersion,
    /// Its events.
    pub events: Vec<NewEvent>,
}

/// An append to a [`Watched`] store.
#[derive(Debug, Default)]
pub struct Notes {
    appends: AtomicU64,
    writes: Mutex<Option<Vec<Write>>>,
    decided: Mutex<Decided>,
}

/// Petitions on their way from their approval to their end.
#[derive(Debug, Default)]
struct Decided {
    approved: HashMap<PetitionId, Instant>,
    /// Completed before whoever approved them came to note it.
    overtaken: HashSet<PetitionId>,
    completed: Delays,
}

/// Opens the SQLite file, creating it where it is missing.
///
/// # Errors
/// The error of the store.
pub fn open(path: impl AsRef<Path>) -> Result<Watched, OpenError> {
    let url = StoreUrl::Sqlite(path.as_ref().to_owned());
    Ok(around(Store::open(&url)?))
}

/// Watches what is appended through this value and its clones, to a store that others have too.
#[must_use]
pub fn around(store: Store) -> Watched {
    Hooked::new(store, Notes::default())
}

impl Notes {
    /// Appends that succeeded so far.
    #[must_use]
    pub fn appends(&self) -> u64 {
        self.appends.load(Ordering::Relaxed)
    }

    /// From now on appends are kept, until they are [taken](Self::take_writes).
    pub fn keep_writes(&self) {
        *lock(&self.writes) = Some(Vec::new());
    }

    /// The appends since they were to be kept; none are kept any more.
    #[must_use]
    pub fn take_writes(&self) -> Vec<Write> {
        lock(&self.writes).take().unwrap_or_default()
    }

    /// How long petitions took from the append that approved them to the one that completed them,
    /// since this was last asked. Petitions that one append approves and completes do not count.
    #[must_use]
    pub fn take_completed(&self) -> Delays {
        std::mem::take(&mut lock(&self.decided).completed)
    }

    /// How many petitions are approved and not completed.
    #[must_use]
    pub fn approved_count(&self) -> usize {
        lock(&self.decided).approved.len()
    }

    fn note(&self, stream: &StreamName, expected: ExpectedVersion, events: &[NewEvent]) {
        let now = Instant::now();
        self.appends.fetch_add(1, Ordering::Relaxed);
        if let Some(writes) = lock(&self.writes).as_mut() {
            let (stream, events) = (stream.clone(), events.to_vec());
            writes.push(Write {
                stream,
                expected,
                events,
            });
        }
        let find = |name| {
            events
                .iter()
                .find(|it| it.event_type.as_str().ends_with(name))
        };
        let (approved, completed) = (find("ApplicationApproved"), find("ApplicationCompleted"));
        let mut decided = lock(&self.decided);
        match (approved, completed) {
            (Some(event), None) => {
                let petition = event.metadata.subject.clone();
                if decided.overtaken.remove(&petition) {
                    decided.completed.note(Duration::ZERO);
                } else {
                    decided.approved.insert(petition, now);
                }
            }
            (None, Some(event)) => {
                let petition = event.metadata.subject.clone();
                if let Some(approved) = decided.approved.remove(&petition) {
                    decided.completed.note(now - approved);
                } else {
                    decided.overtaken.insert(petition);
                }
            }
            _ => {}
        }
    }
}

fn lock<T>(notes: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hook<Store> for Notes {
    type Memory = ();

    async fn append(
        &self,
        store: &Store,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let appended = store.append(stream, expected, events).await?;
        self.note(stream, expected, events);
        Ok(appended)
    }
}
