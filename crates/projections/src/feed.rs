//! One feed of a namespace, shared by all who follow it in this process.
//!
//! Whoever is at about the same place is brought its events by one reading of the log: one of those who wait
//! reads for all of them, and what was read stays at hand for those who are a little behind. Who begins
//! elsewhere, or falls behind further, is brought them by a reading of their own, so nobody waits for anybody.
//! Readings that have caught up are at the same place, and become one.

use std::{
    collections::VecDeque,
    fmt,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, Weak},
};

use minwon_core::{
    EventFilter, EventStore, Feed, FeedBatch, GlobalPosition, NamespaceName, RecordedEvent,
    StoreError, StreamName, trace,
};
use tokio::sync::{Mutex as ReadingMutex, watch};

use crate::lock::lock;

/// Most that is kept for those who are behind. Units: batches, events, bytes of payloads.
const KEPT_BATCHES_MAX: usize = 64;
const KEPT_EVENTS_MAX: usize = 16_384;
const KEPT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Events read at a time, where who begins a reading does not want more. Unit: events.
const BATCH_EVENTS: NonZeroU32 = NonZeroU32::new(512).expect("not 0");

/// One feed for the projectors and the reactors of a namespace. Clones share it.
///
/// It reads the log only while somebody follows.
pub struct SharedFeed<S: EventStore> {
    shared: Arc<Shared<S>>,
}

struct Shared<S: EventStore> {
    store: Arc<S>,
    /// What is followed together; none where everybody reads alone.
    followed: Option<EventFilter>,
    readings: Mutex<Readings<S>>,
    passed_over: watch::Sender<PassedOver>,
}

/// The events of a namespace that stand in no category that is followed: those of another engine, of a newer
/// program, or of somebody else who writes there. Nobody is brought them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PassedOver {
    /// How many were met since the program began to read: each once, and none before a place of the log where
    /// one was counted.
    pub events: u64,
    /// The stream of the last one.
    pub last: Option<StreamName>,
    /// Up to here none is counted any more.
    #[serde(skip)]
    up_to: Option<GlobalPosition>,
}

impl<S: EventStore> fmt::Debug for SharedFeed<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedFeed")
            .field("followed", &self.shared.followed)
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
    pub(crate) fn of(store: Arc<S>, followed: Option<EventFilter>) -> Self {
        Self {
            shared: Arc::new(Shared {
                store,
                followed,
                readings: Mutex::default(),
                passed_over: watch::Sender::default(),
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
        let followed = self.shared.followed.as_ref();
        let way = match followed.filter(|followed| followed.covers(&filter)) {
            Some(followed) => self.shared.begin(followed, after, batch_events_max),
            None => {
                let store = &self.shared.store;
                Way::Alone(store.feed(after, filter.clone(), batch_events_max))
            }
        };
        Follower {
            shared: Arc::clone(&self.shared),
            filter,
            batch_events_max,
            position: after,
            way,
        }
    }

    /// Returns what was passed over so far.
    #[must_use]
    pub fn passed_over(&self) -> watch::Receiver<PassedOver> {
        self.shared.passed_over.subscribe()
    }
}

impl<S: EventStore> Shared<S> {
    /// Finds a reading that brings what stands behind `position`, or begins one there.
    fn begin(&self, followed: &EventFilter, position: GlobalPosition, most: NonZeroU32) -> Way<S> {
        let mut readings = lock(&self.readings);
        let at_hand = readings.all().find_map(|reading| {
            let next = reading.kept().begin_after(position)?;
            Some(Way::Together(reading, next))
        });
        at_hand.unwrap_or_else(|| {
            // All of the namespace, so that what is in no category is known of.
            let namespace = followed.wanted_namespace().cloned();
            let filter = namespace.map_or_else(EventFilter::all, EventFilter::namespace);
            let most = most.max(BATCH_EVENTS);
            let reading = Arc::new(Reading {
                feed: ReadingMutex::new(self.store.feed(position, filter, most)),
                kept: Mutex::new(Kept::after(position)),
                next: watch::Sender::new(0),
                followed: followed.clone(),
                passed_over: self.passed_over.clone(),
            });
            readings.behind.push(Arc::downgrade(&reading));
            Way::Together(reading, 0)
        })
    }

    /// Notes that `reading` has caught up. Returns the place in an earlier one of whoever has seen everything
    /// up to `position`, where that has it.
    fn caught_up(
        &self,
        reading: &Arc<Reading<S>>,
        position: GlobalPosition,
    ) -> Option<(Arc<Reading<S>>, u64)> {
        let mut readings = lock(&self.readings);
        readings.caught_up(reading).find_map(|earlier| {
            let next = earlier.kept().place_after(position)?;
            Some((earlier, next))
        })
    }
}

/// The readings that somebody follows.
struct Readings<S: EventStore> {
    /// Those that have ever caught up, the first of them first.
    caught_up: Vec<Weak<Reading<S>>>,
    behind: Vec<Weak<Reading<S>>>,
}

impl<S: EventStore> Default for Readings<S> {
    fn default() -> Self {
        let (caught_up, behind) = (Vec::new(), Vec::new());
        Self { caught_up, behind }
    }
}

impl<S: EventStore> Readings<S> {
    fn all(&mut self) -> impl Iterator<Item = Arc<Reading<S>>> {
        self.caught_up.retain(|it| it.strong_count() > 0);
        self.behind.retain(|it| it.strong_count() > 0);
        let all = self.caught_up.iter().chain(&self.behind);
        all.filter_map(Weak::upgrade)
    }

    /// Notes that `reading` has caught up; returns those that did earlier.
    fn caught_up(&mut self, reading: &Arc<Reading<S>>) -> impl Iterator<Item = Arc<Reading<S>>> {
        let is_it = |it: &Weak<_>| it.as_ptr() == Arc::as_ptr(reading);
        if let Some(at) = self.behind.iter().position(is_it) {
            let caught_up = self.behind.swap_remove(at);
            self.caught_up.push(caught_up);
        }
        let earlier = self.caught_up.iter().take_while(move |it| !is_it(it));
        earlier.filter_map(Weak::upgrade)
    }
}

/// A reading of the log for all who are at about the same place. It ends with the last of them.
struct Reading<S: EventStore> {
    /// Whoever holds it reads for all.
    feed: ReadingMutex<S::Feed>,
    kept: Mutex<Kept>,
    /// The number of the batch that is to be read next.
    next: watch::Sender<u64>,
    followed: EventFilter,
    passed_over: watch::Sender<PassedOver>,
}

impl<S: EventStore> Reading<S> {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }

    /// Waits for the batch with this number; none where it is not kept any more. Also returns whether it is the
    /// last one so far. The future may be dropped: another of those who wait then reads on.
    async fn batch(
        self: &Arc<Self>,
        number: u64,
        most: NonZeroU32,
    ) -> Result<Option<(Arc<FeedBatch>, bool)>, StoreError> {
        let mut next = self.next.subscribe();
        loop {
            if *next.borrow_and_update() > number {
                return Ok(self.kept().get(number));
            }
            tokio::select! {
                biased;
                // The sender is ours, so this never fails.
                _ = next.changed() => {}
                mut feed = self.feed.lock() => {
                    if *next.borrow_and_update() <= number {
                        let mut batch = feed.next().await?;
                        let _span = receiving(&self.followed, &batch);
                        self.pass_over(&mut batch.events);
                        let is_whole = batch.events.len() <= most.get() as usize;
                        let others = Arc::strong_count(self) > 1 || !is_whole;
                        let batch = Arc::new(batch);
                        let read = self.kept().push(&batch, others);
                        self.next.send_replace(read);
                        return Ok(Some((batch, true)));
                    }
                }
            }
        }
    }

    /// Leaves out what nobody follows, and counts it once, however often it is read.
    fn pass_over(&self, events: &mut Vec<RecordedEvent>) {
        events.retain(|event| {
            let is_followed = self.followed.admits(&event.stream);
            if !is_followed {
                self.passed_over.send_if_modified(|it| it.note(event));
            }
            is_followed
        });
    }
}

/// The span of a batch that has come, from then until it is shared out: what was waited for it is no work.
fn receiving(filter: &EventFilter, batch: &FeedBatch) -> Option<tracing::Span> {
    let namespace = filter.wanted_namespace().map(NamespaceName::as_str);
    let is_any = !batch.events.is_empty();
    is_any.then(|| trace::receiving(namespace, &batch.events))
}

impl PassedOver {
    /// Returns whether it was not noted before.
    fn note(&mut self, event: &RecordedEvent) -> bool {
        let (stream, position) = (&event.stream, event.position);
        if self.up_to.is_some_and(|up_to| position <= up_to) {
            return false;
        }
        if self.events == 0 {
            tracing::info!(%stream, %position, "an event in no category that is followed is passed over, as any further one");
        }
        self.events += 1;
        self.up_to = Some(position);
        self.last = Some(stream.clone());
        true
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
    /// Whether the last batch was the end of the log.
    is_at_end: bool,
}

impl Kept {
    fn after(position: GlobalPosition) -> Self {
        Self {
            after: position,
            first: 0,
            batches: VecDeque::new(),
            events: 0,
            bytes: 0,
            is_at_end: false,
        }
    }

    /// Keeps a batch; answers the number of the next one.
    ///
    /// Until that is too much, all is kept for those who begin a moment later; from then on, for `others`
    /// alone.
    fn push(&mut self, batch: &Arc<FeedBatch>, others: bool) -> u64 {
        self.is_at_end = batch.caught_up;
        self.events += batch.events.len();
        self.bytes += bytes(batch);
        self.batches.push_back(Arc::clone(batch));
        while self.batches.len() > 1 && self.is_over() {
            self.forget_first();
        }
        if !others && self.first > 0 {
            while !self.batches.is_empty() {
                self.forget_first();
            }
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

    /// The number of the first batch that goes beyond `position`, read or not.
    fn place_after(&self, position: GlobalPosition) -> Option<u64> {
        let seen = self.batches.partition_point(|it| it.position <= position);
        (position >= self.after).then_some(self.first + seen as u64)
    }

    /// The same for whoever begins there: they do not wait until the reading has come as far, and hear from a
    /// look at the log that they have caught up.
    fn begin_after(&self, position: GlobalPosition) -> Option<u64> {
        let place = self.place_after(position)?;
        let end = self.batches.back().map_or(self.after, |it| it.position);
        let is_next = position == end && !self.is_at_end;
        (place < self.end() || is_next).then_some(place)
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
    way: Way<S>,
}

enum Way<S: EventStore> {
    Alone(S::Feed),
    /// Next comes the batch with this number.
    Together(Arc<Reading<S>>, u64),
}

impl<S: EventStore> fmt::Debug for Follower<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("filter", &self.filter)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<S: EventStore> Feed for Follower<S> {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let most = self.batch_events_max;
        loop {
            let (reading, number) = match &mut self.way {
                Way::Alone(feed) => {
                    let batch = feed.next().await?;
                    drop(receiving(&self.filter, &batch));
                    self.position = batch.position;
                    return Ok(batch);
                }
                Way::Together(reading, number) => (reading, number),
            };
            let Some((batch, is_last)) = reading.batch(*number, most).await? else {
                let followed = reading.followed.clone();
                self.way = self.shared.begin(&followed, self.position, most);
                continue;
            };
            let news = News {
                behind: self.position,
                filter: (self.filter != reading.followed).then_some(&self.filter),
                most: most.get() as usize,
            };
            let (part, is_whole) = news.of(batch, is_last);
            self.position = part.position;
            *number += u64::from(is_whole);
            if part.caught_up
                && let Some((reading, next)) = self.shared.caught_up(reading, part.position)
            {
                self.way = Way::Together(reading, next);
            }
            return Ok(part);
        }
    }
}

/// What one follower is to be brought.
struct News<'a> {
    behind: GlobalPosition,
    /// None where they follow all that is read.
    filter: Option<&'a EventFilter>,
    most: usize,
}

impl News<'_> {
    fn admits(&self, event: &RecordedEvent) -> bool {
        event.position > self.behind && self.filter.is_none_or(|it| it.admits(&event.stream))
    }

    /// The part of a batch that is news, and whether that is all of it.
    fn of(&self, batch: Arc<FeedBatch>, is_last: bool) -> (FeedBatch, bool) {
        let (end, was_end) = (batch.position, batch.caught_up);
        let mut events = match Arc::try_unwrap(batch) {
            Ok(mut own) => {
                own.events.retain(|event| self.admits(event));
                own.events
            }
            Err(shared) => {
                let news = shared.events.iter().filter(|event| self.admits(event));
                // One more shows whether that is all.
                news.take(self.most.saturating_add(1)).cloned().collect()
            }
        };
        let is_whole = events.len() <= self.most;
        events.truncate(self.most);
        let position = match events.last() {
            Some(event) if !is_whole => event.position,
            _ => end.max(self.behind),
        };
        let part = FeedBatch {
            events,
            position,
            caught_up: was_end && is_last && is_whole,
        };
        (part, is_whole)
    }
}

#[cfg(test)]
mod tests;
