//! Event stores that break their contract, and a decoder that counts.

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
    testing::{ModelFeed, ModelStore},
};

use super::{NoNumber, Numbers};

/// What happens to a batch; and what a feed keeps from one to the next.
type Bend = Arc<dyn Fn(&mut FeedBatch, &mut Vec<RecordedEvent>) + Send + Sync>;

/// A store whose feeds do not bring what they should.
#[derive(Clone)]
pub(crate) struct Bent {
    store: ModelStore,
    bend: Bend,
    /// So many appends to queues of dead letters are lost to somebody who is faster.
    races: Arc<AtomicU64>,
    /// An event that is not there any more.
    lost: Option<GlobalPosition>,
}

impl Bent {
    /// Feeds leave out one event; streams have it.
    pub(crate) fn leaving_out(store: &ModelStore, left_out: GlobalPosition) -> Self {
        Self {
            store: store.clone(),
            bend: Arc::new(move |batch, _| {
                batch.events.retain(|event| event.position != left_out);
            }),
            races: Arc::default(),
            lost: None,
        }
    }

    /// One event is nowhere any more.
    pub(crate) fn having_lost(store: &ModelStore, lost: GlobalPosition) -> Self {
        Self {
            lost: Some(lost),
            ..Self::leaving_out(store, lost)
        }
    }

    /// Feeds bring everything twice, and the end of each batch again with the next.
    pub(crate) fn redelivering(store: &ModelStore) -> Self {
        Self {
            store: store.clone(),
            bend: Arc::new(|batch, before| {
                let again = std::mem::replace(before, batch.events.clone());
                let again = again.into_iter().rev().take(3).rev();
                let twice = batch.events.iter().chain(&batch.events).cloned();
                batch.events = again.chain(twice).collect();
            }),
            races: Arc::default(),
            lost: None,
        }
    }

    /// Feeds never say that they have caught up.
    pub(crate) fn never_caught_up(store: &ModelStore) -> Self {
        Self {
            store: store.clone(),
            bend: Arc::new(|batch, _| batch.caught_up = false),
            races: Arc::default(),
            lost: None,
        }
    }

    /// Feeds panic.
    pub(crate) fn panicking(store: &ModelStore) -> Self {
        Self {
            store: store.clone(),
            bend: Arc::new(|_, _| panic!("a feed of no use")),
            races: Arc::default(),
            lost: None,
        }
    }

    /// So many appends to queues of dead letters are lost to somebody who is faster.
    pub(crate) fn losing_races(store: &ModelStore, races: u64) -> Self {
        Self {
            store: store.clone(),
            bend: Arc::new(|_, _| {}),
            races: Arc::new(AtomicU64::new(races)),
            lost: None,
        }
    }
}

/// The feed of a [`Bent`] store.
pub(crate) struct BentFeed {
    feed: ModelFeed,
    bend: Bend,
    kept: Vec<RecordedEvent>,
}

impl fmt::Debug for Bent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bent").finish_non_exhaustive()
    }
}

impl Feed for BentFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let mut batch = self.feed.next().await?;
        (self.bend)(&mut batch, &mut self.kept);
        Ok(batch)
    }
}

impl EventStore for Bent {
    type Feed = BentFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        if stream.category() == dead_letter_category().as_str() {
            let lost = self
                .races
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                    left.checked_sub(1)
                });
            if lost.is_ok() {
                return Err(AppendError::Conflict {
                    stream: stream.clone(),
                    expected,
                    actual: None,
                });
            }
        }
        self.store.append(stream, expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let mut page = self.store.read_stream(stream, from, events_max).await?;
        page.events
            .retain(|event| Some(event.position) != self.lost);
        if page.events.is_empty() && !page.is_end {
            return self
                .store
                .read_stream(stream, from.next(), events_max)
                .await;
        }
        Ok(page)
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let mut page = self.store.read_all(after, filter, events_max).await?;
        page.events
            .retain(|event| Some(event.position) != self.lost);
        Ok(page)
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.store.head().await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.store.last_up_to(until, filter).await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> BentFeed {
        BentFeed {
            feed: self.store.feed(after, filter, batch_events_max),
            bend: Arc::clone(&self.bend),
            kept: Vec::new(),
        }
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

/// A store whose streams are read only where a permit says so, and that counts how often.
#[derive(Clone)]
pub(crate) struct Gated {
    store: ModelStore,
    pub(crate) permits: Arc<tokio::sync::Semaphore>,
    reads: Arc<AtomicU64>,
}

impl Gated {
    pub(crate) fn new(store: &ModelStore, permits: usize) -> Self {
        Self {
            store: store.clone(),
            permits: Arc::new(tokio::sync::Semaphore::new(permits)),
            reads: Arc::default(),
        }
    }

    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gated").finish_non_exhaustive()
    }
}

impl EventStore for Gated {
    type Feed = ModelFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        self.store.append(stream, expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let permit = self.permits.acquire().await;
        permit.expect("nobody closes it").forget();
        self.reads.fetch_add(1, Ordering::Relaxed);
        self.store.read_stream(stream, from, events_max).await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        self.store.read_all(after, filter, events_max).await
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.store.head().await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.store.last_up_to(until, filter).await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self::Feed {
        self.store.feed(after, filter, batch_events_max)
    }
}
