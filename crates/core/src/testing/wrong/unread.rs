//! Wrong ways with events that cannot be read.

use std::num::NonZeroU32;

use super::{Wrongly, wrongs};
use crate::{
    EventFilter, EventStore, Feed, FeedBatch, GlobalPosition, LogPage, RecordedEvent, StoreError,
    StoreErrorKind, StreamName, StreamPage, StreamVersion, Unreadable, testing::Hook,
};

wrongs! {
    /// How an event store can go wrong about events that it cannot read.
    Wrong {
        Fails breaks "an_unreadable_event_is_marked_at_its_place_and_stops_nobody",
        PassesOver breaks "an_unreadable_event_is_marked_at_its_place_and_stops_nobody",
        Unmarks breaks "an_unreadable_event_is_marked_at_its_place_and_stops_nobody",
        /// Takes it for the first of its stream.
        ForgetsItsPlace breaks "an_unreadable_event_is_marked_at_its_place_and_stops_nobody",
        /// Makes up another id whenever it is read.
        MakesUpIds breaks "an_unreadable_event_is_marked_at_its_place_and_stops_nobody",
    }
}

/// How many ids were made up.
type WrongUnread = Wrongly<Wrong, u64>;

impl WrongUnread {
    fn misread(&self, events: &mut Vec<RecordedEvent>) -> Result<(), StoreError> {
        if self.is(Wrong::Fails) && events.iter().any(|event| event.fault.is_some()) {
            return Err(StoreError::new(StoreErrorKind::Corrupt, "an event is bad"));
        }
        events.retain(|event| event.fault.is_none() || !self.is(Wrong::PassesOver));
        let bad = events.iter_mut().filter(|event| event.fault.is_some());
        bad.for_each(|event| match self.wrong {
            Wrong::Unmarks => event.fault = None,
            Wrong::ForgetsItsPlace => event.version = StreamVersion::FIRST,
            Wrong::MakesUpIds => self.make_up_id(event),
            _ => {}
        });
        Ok(())
    }

    fn make_up_id(&self, event: &mut RecordedEvent) {
        let fault = event.fault.clone().unwrap();
        *self.notes() += 1;
        let other = Unreadable {
            position: GlobalPosition::new(u64::MAX - *self.notes()),
            stream: event.stream.clone(),
            version: event.version,
            id: None,
            event_type: None,
            recorded_at: None,
            payload: event.payload.clone(),
        };
        event.metadata = other.marked(*fault).metadata;
    }
}

impl<S: EventStore> Hook<S> for WrongUnread {
    type Memory = ();

    async fn read_stream(
        &self,
        store: &S,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let mut page = store.read_stream(stream, from, events_max).await?;
        self.misread(&mut page.events)?;
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
        self.misread(&mut page.events)?;
        Ok(page)
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        _: GlobalPosition,
        (): &mut (),
    ) -> Result<FeedBatch, StoreError> {
        let mut batch = feed.next().await?;
        self.misread(&mut batch.events)?;
        Ok(batch)
    }
}
