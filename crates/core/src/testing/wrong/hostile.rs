//! Wrong ways with stored bytes that somebody spoilt.

use std::{collections::BTreeMap, num::NonZeroU32};

use bytes::Bytes;

use super::{Wrongly, wrongs};
use crate::{
    EventFault, EventFilter, EventStore, FaultKind, Feed, FeedBatch, GlobalPosition, LogPage,
    RecordedEvent, StoreError, StreamName, StreamPage, StreamVersion,
    memory::MemoryStore,
    testing::{
        Hook, Hooked,
        conformance::{SpoilStored, StoredPlace},
    },
};

wrongs! {
    /// How a store can go wrong about bytes that somebody spoilt.
    Wrong {
        Believes breaks "a_flipped_bit_is_told",
        /// Takes the stream and the log for ended there.
        EndsThere breaks "what_is_cut_is_told",
        Panics breaks "what_is_repeated_is_told",
        /// Reads the same page for ever.
        GoesRound breaks "what_is_swapped_is_told",
    }
}

/// Payloads by their place in the log that are not as they were written.
type Spoilt = BTreeMap<GlobalPosition, Bytes>;

/// A store in memory whose payloads somebody can reach.
pub(super) struct Hand {
    store: MemoryStore,
    wrong: Wrong,
    spoilt: Spoilt,
}

impl Hand {
    pub(super) fn new(wrong: Wrong) -> Self {
        Self {
            store: MemoryStore::new(),
            wrong,
            spoilt: Spoilt::new(),
        }
    }
}

impl SpoilStored for Hand {
    type Store = Hooked<MemoryStore, Wrongly<Wrong, Spoilt>>;

    async fn open(&mut self) -> Result<Self::Store, StoreError> {
        let store = Wrongly::<_, Spoilt>::around(self.store.clone(), self.wrong);
        store.hook().notes().clone_from(&self.spoilt);
        Ok(store)
    }

    async fn places(&mut self) -> Vec<StoredPlace> {
        let all = EventFilter::all();
        let max = NonZeroU32::new(100_000).unwrap();
        let log = self.store.read_all(GlobalPosition::START, &all, max).await;
        let place = |event: RecordedEvent| StoredPlace {
            kind: "payload".into(),
            name: event.position.to_string(),
            bytes: event.payload.into(),
        };
        log.unwrap().events.into_iter().map(place).collect()
    }

    async fn put(&mut self, place: &StoredPlace, bytes: &[u8]) -> bool {
        let position = place.name.parse().map(GlobalPosition::new).unwrap();
        self.spoilt.insert(position, bytes.to_vec().into());
        true
    }

    async fn mend(&mut self) {
        self.spoilt.clear();
    }
}

impl Wrongly<Wrong, Spoilt> {
    /// Returns whether there is an end within these events.
    fn misread(&self, events: &mut Vec<RecordedEvent>) -> bool {
        let spoilt = self.notes().clone();
        let Some(first) = events
            .iter()
            .position(|it| spoilt.contains_key(&it.position))
        else {
            return false;
        };
        match self.wrong {
            Wrong::EndsThere => events.truncate(first),
            Wrong::GoesRound => events.clear(),
            Wrong::Panics => panic!("a length is wrong"),
            Wrong::Believes => {
                for event in events {
                    if let Some(bytes) = spoilt.get(&event.position) {
                        event.payload = bytes.clone();
                    }
                }
            }
        }
        true
    }
}

impl<S: EventStore> Hook<S> for Wrongly<Wrong, Spoilt> {
    type Memory = ();

    async fn read_stream(
        &self,
        store: &S,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let mut page = store.read_stream(stream, from, events_max).await?;
        if self.misread(&mut page.events) {
            page.is_end = !self.is(Wrong::GoesRound) && (page.is_end || self.is(Wrong::EndsThere));
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
        if self.misread(&mut page.events) {
            page.is_end = !self.is(Wrong::GoesRound) && (page.is_end || self.is(Wrong::EndsThere));
            if page.events.is_empty() {
                page.position = after;
            }
        }
        Ok(page)
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        _: GlobalPosition,
        (): &mut (),
    ) -> Result<FeedBatch, StoreError> {
        let mut batch = feed.next().await?;
        self.misread(&mut batch.events);
        Ok(batch)
    }
}

/// The same store, which tells: the law holds of it, so what it finds is not the hand's.
pub(super) struct Told(pub(super) Hand);

/// Marks what is spoilt.
pub(super) struct Marks(Spoilt);

impl SpoilStored for Told {
    type Store = Hooked<MemoryStore, Marks>;

    async fn open(&mut self) -> Result<Self::Store, StoreError> {
        let marks = Marks(self.0.spoilt.clone());
        Ok(Hooked::new(self.0.store.clone(), marks))
    }

    async fn places(&mut self) -> Vec<StoredPlace> {
        self.0.places().await
    }

    async fn put(&mut self, place: &StoredPlace, bytes: &[u8]) -> bool {
        self.0.put(place, bytes).await
    }

    async fn mend(&mut self) {
        self.0.mend().await;
    }
}

impl Marks {
    fn mark(&self, events: &mut [RecordedEvent]) {
        for event in events {
            if self.0.contains_key(&event.position) {
                let fault = EventFault::new(FaultKind::Damaged, "it fails its checksum");
                event.fault = Some(Box::new(fault));
            }
        }
    }
}

impl<S: EventStore> Hook<S> for Marks {
    type Memory = ();

    async fn read_stream(
        &self,
        store: &S,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let mut page = store.read_stream(stream, from, events_max).await?;
        self.mark(&mut page.events);
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
        self.mark(&mut page.events);
        Ok(page)
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        _: GlobalPosition,
        (): &mut (),
    ) -> Result<FeedBatch, StoreError> {
        let mut batch = feed.next().await?;
        self.mark(&mut batch.events);
        Ok(batch)
    }
}
