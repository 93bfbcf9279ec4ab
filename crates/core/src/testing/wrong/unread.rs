//! Wrong ways with events that cannot be read.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use super::wrongs;
use crate::{
    AppendError, Appended, EventFilter, EventStore, ExpectedVersion, Feed, FeedBatch,
    GlobalPosition, LogPage, NewEvent, RecordedEvent, StoreError, StoreErrorKind, StreamName,
    StreamPage, StreamVersion, Unreadable,
};

wrongs! {
    /// How an event store can go wrong about events that it cannot read.
    WrongUnread {
        /// Fails each read that meets one.
        Fails breaks "an_unreadable_event_stops_no_reader",
        /// Passes it over.
        PassesOver breaks "an_unreadable_event_stops_no_reader",
        /// Hands it out as if it were sound.
        Unmarks breaks "an_unreadable_event_is_marked_and_no_other",
        /// Takes it for the first of its stream.
        ForgetsItsPlace breaks "an_unreadable_event_keeps_its_place",
        /// Makes up another id whenever it is read.
        MakesUpIds breaks "an_unreadable_event_reads_the_same_everywhere",
    }
}

/// An event store that is right about all events but those that it cannot read.
#[derive(Debug)]
pub struct WrongUnreadStore<S> {
    store: S,
    wrongs: Wrongs,
}

/// The feed of a [`WrongUnreadStore`].
#[derive(Debug)]
pub struct WrongUnreadFeed<F> {
    feed: F,
    wrongs: Wrongs,
}

#[derive(Debug, Clone)]
struct Wrongs {
    wrong: WrongUnread,
    made_up: Arc<AtomicU64>,
}

impl<S> WrongUnreadStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: WrongUnread) -> Self {
        let wrongs = Wrongs {
            wrong,
            made_up: Arc::default(),
        };
        Self { store, wrongs }
    }

    /// The store that it wraps.
    pub const fn inner(&self) -> &S {
        &self.store
    }
}

impl Wrongs {
    fn misread(&self, events: Vec<RecordedEvent>) -> Result<Vec<RecordedEvent>, StoreError> {
        let read = events.into_iter().map(|event| match event.fault {
            None => Ok(Some(event)),
            Some(_) => self.misread_one(event),
        });
        read.filter_map(Result::transpose).collect()
    }

    fn misread_one(&self, mut event: RecordedEvent) -> Result<Option<RecordedEvent>, StoreError> {
        match self.wrong {
            WrongUnread::Fails => {
                return Err(StoreError::new(StoreErrorKind::Corrupt, "an event is bad"));
            }
            WrongUnread::PassesOver => return Ok(None),
            WrongUnread::Unmarks => event.fault = None,
            WrongUnread::ForgetsItsPlace => event.version = StreamVersion::FIRST,
            WrongUnread::MakesUpIds => {
                let fault = event
                    .fault
                    .take()
                    .expect("only what has a fault is misread");
                let number = self.made_up.fetch_add(1, Ordering::Relaxed);
                let other = Unreadable {
                    position: GlobalPosition::new(u64::MAX - number),
                    stream: event.stream.clone(),
                    version: event.version,
                    id: None,
                    event_type: None,
                    recorded_at: None,
                    payload: event.payload.clone(),
                };
                event.metadata = other.marked((*fault).clone()).metadata;
                event.fault = Some(fault);
            }
        }
        Ok(Some(event))
    }
}

impl<S: EventStore> EventStore for WrongUnreadStore<S> {
    type Feed = WrongUnreadFeed<S::Feed>;

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
        let mut page = self.store.read_stream(stream, from, events_max).await?;
        page.events = self.wrongs.misread(page.events)?;
        Ok(page)
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let mut page = self.store.read_all(after, filter, events_max).await?;
        page.events = self.wrongs.misread(page.events)?;
        Ok(page)
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.store.last_up_to(until, filter).await
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.store.head().await
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self::Feed {
        WrongUnreadFeed {
            feed: self.store.feed(after, filter, batch_events_max),
            wrongs: self.wrongs.clone(),
        }
    }
}

impl<F: Feed> Feed for WrongUnreadFeed<F> {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let mut batch = self.feed.next().await?;
        batch.events = self.wrongs.misread(batch.events)?;
        Ok(batch)
    }
}
