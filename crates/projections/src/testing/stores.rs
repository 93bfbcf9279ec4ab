//! Stores whose feeds break their contract, stores that wait, and a decoder that counts.

use std::{
    fmt,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use minwon_core::{
    AppendError, Appended, EventDecoder, EventFilter, EventStore, ExpectedVersion, Feed, FeedBatch,
    GlobalPosition, LogPage, NewEvent, RecordedEvent, StoreError, StreamName, StreamPage,
    StreamVersion, dead_letter_category,
    testing::{Call, CallError, Hook, Hooked, MemoryStore},
};
use tokio::sync::Semaphore;

use super::{NoNumber, Numbers};

/// The change to a batch; and the memory of a feed from one to the next.
type Bend = Box<dyn Fn(&mut FeedBatch, &mut Vec<RecordedEvent>) + Send + Sync>;

/// Bends what feeds bring, so that it is not what they should.
pub(crate) struct Bent {
    bend: Bend,
    /// So many appends to queues of dead letters are lost to somebody who is faster.
    races: AtomicU64,
    /// An event that is not there any more.
    lost: Option<GlobalPosition>,
}

/// A store whose feeds do not bring what they should.
pub(crate) type BentStore = Hooked<MemoryStore, Bent>;

impl Bent {
    fn by(bend: impl Fn(&mut FeedBatch, &mut Vec<RecordedEvent>) + Send + Sync + 'static) -> Self {
        Self {
            bend: Box::new(bend),
            races: AtomicU64::new(0),
            lost: None,
        }
    }

    fn around(self, store: &MemoryStore) -> BentStore {
        Hooked::new(store.clone(), self)
    }

    fn without(left_out: GlobalPosition) -> Self {
        Self::by(move |batch, _| batch.events.retain(|event| event.position != left_out))
    }

    /// Feeds leave out one event; streams have it.
    pub(crate) fn leaving_out(store: &MemoryStore, left_out: GlobalPosition) -> BentStore {
        Self::without(left_out).around(store)
    }

    /// One event is nowhere any more.
    pub(crate) fn having_lost(store: &MemoryStore, lost: GlobalPosition) -> BentStore {
        let bent = Self {
            lost: Some(lost),
            ..Self::without(lost)
        };
        bent.around(store)
    }

    /// Feeds bring everything twice, and the end of each batch again with the next.
    pub(crate) fn redelivering(store: &MemoryStore) -> BentStore {
        let bent = Self::by(|batch, before| {
            let again = std::mem::replace(before, batch.events.clone());
            let again = again.into_iter().rev().take(3).rev();
            let twice = batch.events.iter().chain(&batch.events).cloned();
            batch.events = again.chain(twice).collect();
        });
        bent.around(store)
    }

    /// Feeds never say that they have caught up.
    pub(crate) fn never_caught_up(store: &MemoryStore) -> BentStore {
        Self::by(|batch, _| batch.caught_up = false).around(store)
    }

    /// Feeds panic.
    pub(crate) fn panicking(store: &MemoryStore) -> BentStore {
        Self::by(|_, _| panic!("a feed of no use, on purpose")).around(store)
    }

    /// So many appends to queues of dead letters are lost to somebody who is faster.
    pub(crate) fn losing_races(store: &MemoryStore, races: u64) -> BentStore {
        let bent = Self {
            races: AtomicU64::new(races),
            ..Self::by(|_, _| {})
        };
        bent.around(store)
    }

    fn is_there(&self, event: &RecordedEvent) -> bool {
        Some(event.position) != self.lost
    }
}

impl fmt::Debug for Bent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bent").finish_non_exhaustive()
    }
}

impl<S: EventStore> Hook<S> for Bent {
    /// The events that the feed brought last.
    type Memory = Vec<RecordedEvent>;

    async fn append(
        &self,
        store: &S,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        if stream.category() == dead_letter_category().as_str() {
            let relaxed = Ordering::Relaxed;
            let lost = self
                .races
                .fetch_update(relaxed, relaxed, |left| left.checked_sub(1));
            if lost.is_ok() {
                return Err(AppendError::Conflict {
                    stream: stream.clone(),
                    expected,
                    actual: None,
                });
            }
        }
        store.append(stream, expected, events).await
    }

    async fn read_stream(
        &self,
        store: &S,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let mut page = store.read_stream(stream, from, events_max).await?;
        page.events.retain(|event| self.is_there(event));
        if page.events.is_empty() && !page.is_end {
            return store.read_stream(stream, from.next(), events_max).await;
        }
        Ok(page)
    }

    async fn read_all(
        &self,
        store: &S,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let mut page = store.read_all(after, filter, events_max).await?;
        page.events.retain(|event| self.is_there(event));
        Ok(page)
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        _: GlobalPosition,
        brought: &mut Vec<RecordedEvent>,
    ) -> Result<FeedBatch, StoreError> {
        let mut batch = feed.next().await?;
        (self.bend)(&mut batch, brought);
        Ok(batch)
    }
}

/// Counts what it decodes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counting(Arc<AtomicU64>);

impl Counting {
    pub(crate) fn times(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl EventDecoder for Counting {
    type Event = u64;
    type Error = NoNumber;

    fn decode(&self, event: &RecordedEvent) -> Result<u64, NoNumber> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Numbers.decode(event)
    }
}

/// Lets streams be read only where there is a permit, and counts how often.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) permits: Semaphore,
    reads: AtomicU64,
}

impl Gate {
    pub(crate) fn before(store: &MemoryStore, permits: usize) -> Hooked<MemoryStore, Self> {
        let gate = Self {
            permits: Semaphore::new(permits),
            reads: AtomicU64::new(0),
        };
        Hooked::new(store.clone(), gate)
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

impl<S> Hook<S> for Gate {
    type Memory = ();

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if let Call::ReadStream { .. } = call {
            let permit = self.permits.acquire().await;
            permit.expect("nobody closes it").forget();
            self.reads.fetch_add(1, Ordering::Relaxed);
        }
        run.await
    }
}
