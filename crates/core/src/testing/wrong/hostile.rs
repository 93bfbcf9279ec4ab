//! Wrong ways with stored bytes that somebody spoilt.

use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};

use bytes::Bytes;

use super::{Table, WrongStore, Wrongly, damaged::corrupt, wrongs};
use crate::{
    Catalogue, CatalogueError, CommitError, Counts, Epoch, EventFault, EventFilter, EventStore,
    FaultKind, Feed, FeedBatch, GenerationName, GlobalPosition, IndexName, Lease, ListPage,
    ListQuery, Loaded, LogPage, MemberName, ModelName, ReadModelAdmin, ReadModelStore,
    RecordedEvent, ScanCursor, ScanPage, Slice, SliceCheckpoint, SliceCount, SliceLeases,
    SliceName, SliceWrites, StoreError, StoreErrorKind, StreamName, StreamPage, StreamVersion,
    Wanted,
    memory::{MemoryReadModels, MemoryStore, SliceSnapshot},
    testing::{
        Call, CallError, Hook, Hooked,
        conformance::{SpoilStored, StoredPlace, hostile_slice_names},
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
            Wrong::Panics => panic!("a length is wrong, on purpose"),
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
pub(super) struct Marking(pub(super) Hand);

/// Marks what is spoilt.
pub(super) struct Marks(Spoilt);

impl SpoilStored for Marking {
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

wrongs! {
    /// How a store of read models can go wrong about bytes that somebody spoilt.
    WrongSlice {
        /// Answers nothing about any slice.
        StopsAll breaks "a_flipped_bit_harms_one_place",
        KeepsTheDamage breaks "a_cut_harms_one_place",
        /// Says that it is away, so that whoever asks tries again for ever.
        CallsItAway breaks "a_repeat_harms_one_place",
        GoesRound breaks "a_swap_harms_no_more_than_two",
    }
}

wrongs! {
    /// How leases can go wrong about bytes that somebody spoilt.
    WrongLease {
        FailsTheMember breaks "leases_stand_a_flipped_bit",
        Panics breaks "leases_stand_a_cut",
        GivesWhatThereIsNot breaks "leases_stand_a_repeat",
        GivesToAll breaks "leases_stand_a_swap",
    }
}

/// Read models in memory whose slices somebody can reach.
pub(super) struct SliceHand<W> {
    models: MemoryReadModels,
    wrong: W,
    sound: Vec<SliceSnapshot>,
    is_spoilt: bool,
}

impl<W> SliceHand<W> {
    pub(super) fn new(wrong: W) -> Self {
        Self {
            models: MemoryReadModels::new(),
            wrong,
            sound: Vec::new(),
            is_spoilt: false,
        }
    }
}

impl<W: Table> SpoilStored for SliceHand<W> {
    /// Notes whether anything is spoilt.
    type Store = WrongStore<MemoryReadModels, W, bool>;

    async fn open(&mut self) -> Result<Self::Store, StoreError> {
        let store = WrongStore::<_, _, bool>::new(self.models.clone(), self.wrong);
        *store.notes() = self.is_spoilt;
        Ok(store)
    }

    async fn places(&mut self) -> Vec<StoredPlace> {
        let slices: Vec<_> = hostile_slice_names().collect();
        self.sound = slices.iter().map(|it| self.models.snapshot(it)).collect();
        let place = |slice: SliceName| StoredPlace {
            kind: "checkpoint".into(),
            name: slice.slice.get().to_string(),
            bytes: slice.to_string().into(),
        };
        slices.into_iter().map(place).collect()
    }

    async fn put(&mut self, place: &StoredPlace, _: &[u8]) -> bool {
        let slice = hostile_slice_names().nth(place.name.parse().unwrap());
        self.models.damage(&slice.unwrap());
        self.is_spoilt = true;
        true
    }

    async fn mend(&mut self) {
        self.sound.iter().for_each(|it| self.models.restore(it));
        self.is_spoilt = false;
    }
}

impl ReadModelStore for WrongStore<MemoryReadModels, WrongSlice, bool> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let is_spoilt = *self.notes();
        match self.wrong {
            WrongSlice::StopsAll if is_spoilt => Err(corrupt()),
            WrongSlice::CallsItAway if is_spoilt => {
                Err(StoreError::new(StoreErrorKind::Unavailable, "loading"))
            }
            _ => self.store.load(slice, wanted).await,
        }
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        if self.is(WrongSlice::KeepsTheDamage) && *self.notes() {
            return Err(CommitError::refused(&Call::Commit { slice }, corrupt()));
        }
        self.store.commit(slice, expected, next, writes).await
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        self.store.list(slice, query).await
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        self.store.counts(slice, index, group).await
    }
}

impl ReadModelAdmin for WrongStore<MemoryReadModels, WrongSlice, bool> {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        self.store.load_catalogue(model).await
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        self.store.save_catalogue(model, expected, next).await
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        let is_round = self.is(WrongSlice::GoesRound) && *self.notes();
        let mut page = self.store.scan(generation, cursor.clone()).await?;
        if is_round {
            page.next = page.next.or(cursor);
        }
        Ok(page)
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        self.store.remove(generation).await
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        self.store.sweep(generation).await
    }
}

impl SliceLeases for WrongStore<MemoryReadModels, WrongLease, bool> {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        let is_spoilt = *self.notes();
        let share = self
            .store
            .heartbeat(generation, slices, member, time_to_live);
        let mut share = share.await?;
        let lease = |number| Lease {
            slice: Slice::new(number),
            epoch: Epoch::new(1),
        };
        match self.wrong {
            _ if !is_spoilt => {}
            WrongLease::FailsTheMember => return Err(corrupt()),
            WrongLease::Panics => panic!("a number is too large, on purpose"),
            WrongLease::GivesWhatThereIsNot => share.push(lease(4_000)),
            WrongLease::GivesToAll => share = vec![lease(0)],
        }
        Ok(share)
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        self.store.leave(generation, member).await
    }
}
