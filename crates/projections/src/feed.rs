//! One feed of a namespace, shared by all who follow it in this process.
//!
//! Whoever begins far back reads its history by itself. Once it has caught up it joins the others:
//! then one of those who wait reads the log for all of them, and what was read stays at hand for
//! those who are a little behind. Who falls behind further reads by itself again, so nobody waits
//! for anybody.

use std::{
    collections::VecDeque,
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use minwon_core::{
    EventFilter, EventStore, Feed, FeedBatch, GlobalPosition, RecordedEvent, StoreError,
};
use tokio::sync::{Mutex as ReadingMutex, watch};

use crate::lock::lock;

/// Most that is kept for those who are behind. Units: batches, events, bytes of payloads.
const KEPT_BATCHES_MAX: usize = 64;
const KEPT_EVENTS_MAX: usize = 4096;
const KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Events read at a time for all. Unit: events.
const BATCH_EVENTS_MAX: NonZeroU32 = NonZeroU32::new(512).expect("not 0");

/// One feed for the projector and the reactors of a namespace. Clones share it.
///
/// It reads the log only while somebody follows.
pub struct SharedFeed<S: EventStore> {
    shared: Arc<Shared<S>>,
}

struct Shared<S: EventStore> {
    store: Arc<S>,
    /// The filter of the shared reading; none where everybody reads alone.
    filter: Option<EventFilter>,
    live: Mutex<Weak<Live<S>>>,
}

impl<S: EventStore> fmt::Debug for SharedFeed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFeed")
            .field("filter", &self.shared.filter)
            .finish_non_exhaustive()
    }
}

impl<S: EventStore> Clone for SharedFeed<S> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared }
    }
}

impl<S: EventStore> SharedFeed<S> {
    /// A feed of what `filter` admits. Who follows more than that reads alone.
    pub fn new(store: S, filter: EventFilter) -> Self {
        Self::of(Arc::new(store), Some(filter))
    }

    /// Without a filter nothing is shared: everybody reads alone.
    pub(crate) fn of(store: Arc<S>, filter: Option<EventFilter>) -> Self {
        let live = Mutex::new(Weak::new());
        Self {
            shared: Arc::new(Shared {
                store,
                filter,
                live,
            }),
        }
    }

    /// Follows the log as [`EventStore::feed`] does.
    pub fn follow(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Follower<S> {
        let all = self.shared.filter.as_ref();
        let may_join = all.is_some_and(|all| all.covers(&filter));
        let feed = self
            .shared
            .store
            .feed(after, filter.clone(), batch_events_max);
        Follower {
            shared: Arc::clone(&self.shared),
            filter,
            batch_events_max,
            position: after,
            may_join,
            way: Way::Alone(feed),
        }
    }
}

impl<S: EventStore> Shared<S> {
    /// The place of whoever has seen everything up to `position` among those who follow together;
    /// none where what comes next is not at hand.
    fn join(&self, position: GlobalPosition) -> Option<(Arc<Live<S>>, u64)> {
        let filter = self.filter.as_ref()?;
        let mut live = lock(&self.live);
        if let Some(live) = live.upgrade() {
            let next = live.kept().place_after(position)?;
            return Some((live, next));
        }
        let feed = self.store.feed(position, filter.clone(), BATCH_EVENTS_MAX);
        let new = Arc::new(Live {
            reader: ReadingMutex::new(feed),
            kept: Mutex::new(Kept::after(position)),
            next: watch::Sender::new(0),
        });
        *live = Arc::downgrade(&new);
        Some((new, 0))
    }
}

/// The reading for all who have caught up. It ends with the last of them.
struct Live<S: EventStore> {
    /// Whoever holds it reads for all.
    reader: ReadingMutex<S::Feed>,
    kept: Mutex<Kept>,
    /// The number of the batch that is to be read next.
    next: watch::Sender<u64>,
}

impl<S: EventStore> Live<S> {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }

    /// Waits for the batch with this number; none where it is not kept any more. The future may be
    /// dropped: another of those who wait then reads on.
    async fn batch(&self, number: u64) -> Result<Option<(Arc<FeedBatch>, bool)>, StoreError> {
        let mut next = self.next.subscribe();
        loop {
            if *next.borrow_and_update() > number {
                return Ok(self.kept().get(number));
            }
            tokio::select! {
                biased;
                // The sender is ours, so this never fails.
                _ = next.changed() => {}
                mut reader = self.reader.lock() => {
                    if *next.borrow_and_update() <= number {
                        let batch = reader.next().await?;
                        let read = self.kept().push(batch);
                        self.next.send_replace(read);
                    }
                }
            }
        }
    }
}

/// The last batches.
struct Kept {
    /// Where the first of them begins.
    after: GlobalPosition,
    /// Its number.
    first: u64,
    batches: VecDeque<Arc<FeedBatch>>,
    events: usize,
    bytes: usize,
}

impl Kept {
    fn after(position: GlobalPosition) -> Self {
        Self {
            after: position,
            first: 0,
            batches: VecDeque::new(),
            events: 0,
            bytes: 0,
        }
    }

    /// Keeps a batch; answers the number of the next one.
    fn push(&mut self, batch: FeedBatch) -> u64 {
        self.events += batch.events.len();
        self.bytes += bytes(&batch);
        self.batches.push_back(Arc::new(batch));
        while self.batches.len() > 1 && self.is_over() {
            self.forget_first();
        }
        self.end()
    }

    fn is_over(&self) -> bool {
        self.batches.len() > KEPT_BATCHES_MAX
            || self.events > KEPT_EVENTS_MAX
            || self.bytes > KEPT_BYTES_MAX
    }

    fn forget_first(&mut self) {
        if let Some(batch) = self.batches.pop_front() {
            self.after = batch.position;
            self.first += 1;
            self.events -= batch.events.len();
            self.bytes -= bytes(&batch);
        }
    }

    fn end(&self) -> u64 {
        self.first + self.batches.len() as u64
    }

    /// A batch, and whether it is the last one so far.
    fn get(&self, number: u64) -> Option<(Arc<FeedBatch>, bool)> {
        let at = usize::try_from(number.checked_sub(self.first)?).ok()?;
        let batch = self.batches.get(at)?;
        Some((Arc::clone(batch), at + 1 == self.batches.len()))
    }

    /// The number of the first batch that goes beyond `position`.
    fn place_after(&self, position: GlobalPosition) -> Option<u64> {
        let seen = self.batches.partition_point(|it| it.position <= position);
        (position >= self.after).then_some(self.first + seen as u64)
    }
}

fn bytes(batch: &FeedBatch) -> usize {
    batch.events.iter().map(|event| event.payload.len()).sum()
}

/// One of those who follow a [`SharedFeed`].
pub struct Follower<S: EventStore> {
    shared: Arc<Shared<S>>,
    filter: EventFilter,
    batch_events_max: NonZeroU32,
    /// Everything up to here was handed on.
    position: GlobalPosition,
    may_join: bool,
    way: Way<S>,
}

enum Way<S: EventStore> {
    Alone(S::Feed),
    /// Next comes the batch with this number.
    Together(Arc<Live<S>>, u64),
}

impl<S: EventStore> fmt::Debug for Follower<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("filter", &self.filter)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<S: EventStore> Follower<S> {
    fn has_joined(&mut self) {
        if let Some((live, next)) = self.shared.join(self.position) {
            self.way = Way::Together(live, next);
        }
    }

    fn goes_alone(&mut self) {
        let (filter, most) = (self.filter.clone(), self.batch_events_max);
        self.way = Way::Alone(self.shared.store.feed(self.position, filter, most));
    }

    /// The part of a shared batch that is news here, and whether that is all of it.
    fn own_part(&self, batch: &FeedBatch, is_last: bool) -> (FeedBatch, bool) {
        let is_news = |event: &&RecordedEvent| {
            event.position > self.position && self.filter.admits(&event.stream)
        };
        let most = self.batch_events_max.get() as usize;
        let mut news = batch.events.iter().filter(is_news);
        let events: Vec<_> = news.by_ref().take(most).cloned().collect();
        let is_whole = news.next().is_none();
        let position = match events.last() {
            Some(event) if !is_whole => event.position,
            _ => batch.position.max(self.position),
        };
        let part = FeedBatch {
            events,
            position,
            caught_up: batch.caught_up && is_last && is_whole,
        };
        (part, is_whole)
    }
}

impl<S: EventStore> Feed for Follower<S> {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        loop {
            match &mut self.way {
                Way::Alone(feed) => {
                    let batch = feed.next().await?;
                    self.position = batch.position;
                    if batch.caught_up && self.may_join {
                        self.has_joined();
                    }
                    return Ok(batch);
                }
                Way::Together(live, number) => {
                    let (live, number) = (Arc::clone(live), *number);
                    let Some((batch, is_last)) = live.batch(number).await? else {
                        self.goes_alone();
                        continue;
                    };
                    let (part, is_whole) = self.own_part(&batch, is_last);
                    self.position = part.position;
                    if is_whole {
                        self.way = Way::Together(live, number + 1);
                    }
                    return Ok(part);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
