//! A log that the tests write.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex},
};

use futures_util::FutureExt as _;
use minwon_core::{
    EventFault, EventFilter, EventStore as _, ExpectedVersion, FaultKind, GlobalPosition, NewEvent,
    RecordedEvent, StreamName, StreamVersion,
    testing::{ManualClock, MemoryStore, SeededRng},
};

use super::{issuance, numbered, stream};

/// A log of petitions, each with a stream of its application and one of its issuance.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) store: MemoryStore,
    written: Arc<Mutex<Vec<(StreamName, NewEvent)>>>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self::on(MemoryStore::new())
    }

    pub(crate) fn with_clock(clock: ManualClock) -> Self {
        Self::on(MemoryStore::with_clock(clock))
    }

    fn on(store: MemoryStore) -> Self {
        let written = Arc::default();
        Self { store, written }
    }

    /// A log in which petition `p-n` has the n-th number of events, in turn.
    pub(crate) fn of(lengths: &[u64]) -> Self {
        let log = Self::new();
        for version in 0..lengths.iter().copied().max().unwrap_or(0) {
            for (petition, _) in lengths.iter().enumerate().filter(|(_, l)| version < **l) {
                log.append(&format!("p-{petition}"));
            }
        }
        log
    }

    /// The next event of a petition's application.
    pub(crate) fn append(&self, petition: &str) -> GlobalPosition {
        self.append_to(stream(petition), petition, 1)
    }

    /// The next event of a petition's issuance.
    pub(crate) fn issue(&self, petition: &str) -> GlobalPosition {
        self.append_to(issuance(petition), petition, 1_000)
    }

    /// Puts an event behind those of a petition's application that cannot be read.
    pub(crate) fn plant(&self, petition: &str, kind: FaultKind) -> GlobalPosition {
        let stream = stream(petition);
        let position = self
            .store
            .plant(&stream, EventFault::new(kind, "it is bad"));
        let mut written = self.written.lock().unwrap();
        // It takes a place, and is not written again where the log is restored.
        written.push((stream, numbered(petition, 0, 0)));
        position
    }

    /// An event that another log would not have in its place.
    pub(crate) fn append_other(&self, petition: &str) -> GlobalPosition {
        self.append_to(stream(petition), petition, 500_000)
    }

    /// Some events of any of some petitions.
    pub(crate) fn grow_by(&self, events: u64, rng: &mut SeededRng, petitions: u64) {
        for _ in 0..events {
            self.grow(rng, petitions);
        }
    }

    /// An event of any of some petitions.
    pub(crate) fn grow(&self, rng: &mut SeededRng, petitions: u64) -> GlobalPosition {
        let petition = format!("p-{}", rng.below(petitions));
        if rng.happens(300) {
            self.issue(&petition)
        } else {
            self.append(&petition)
        }
    }

    fn append_to(&self, stream: StreamName, petition: &str, salt: u64) -> GlobalPosition {
        let written = self.written.lock().unwrap();
        let version = written.iter().filter(|(to, _)| *to == stream).count() as u64;
        drop(written);
        self.write(stream, numbered(petition, version, salt + version * 7))
    }

    /// Appends the first event of a stream, without looking through what was written before.
    pub(crate) fn write_first(&self, stream: StreamName, event: NewEvent) {
        let events = [event];
        let append = self
            .store
            .append(&stream, ExpectedVersion::NoStream, &events);
        append
            .now_or_never()
            .expect("a model answers at once")
            .unwrap();
        let [event] = events;
        self.written.lock().unwrap().push((stream, event));
    }

    /// Appends any event.
    pub(crate) fn write(&self, stream: StreamName, event: NewEvent) -> GlobalPosition {
        let mut written = self.written.lock().unwrap();
        let version = written.iter().filter(|(to, _)| *to == stream).count() as u64;
        let expected = ExpectedVersion::of(version.checked_sub(1).map(StreamVersion::new));
        let events = [event];
        let append = self.store.append(&stream, expected, &events);
        let appended = append.now_or_never().expect("a model answers at once");
        let [event] = events;
        written.push((stream, event));
        appended.unwrap().position
    }

    /// Another store with the same first events, as one is that was restored from a backup.
    pub(crate) fn restored(&self, events: usize) -> Self {
        let log = Self::new();
        for (stream, event) in self.written.lock().unwrap().iter().take(events) {
            log.write(stream.clone(), event.clone());
        }
        log
    }

    /// Returns the n-th event that was written.
    pub(crate) fn written(&self, number: usize) -> (StreamName, NewEvent) {
        self.written.lock().unwrap()[number].clone()
    }

    pub(crate) fn head(&self) -> GlobalPosition {
        let head = self.store.head().now_or_never();
        head.expect("a model answers at once").unwrap()
    }

    pub(crate) fn events(&self) -> Vec<RecordedEvent> {
        let (mut events, mut after) = (Vec::new(), GlobalPosition::START);
        let all = EventFilter::all();
        loop {
            let page = self.store.read_all(after, &all, NonZeroU32::MAX);
            let page = page.now_or_never().expect("a model answers at once");
            let page = page.unwrap();
            events.extend(page.events);
            after = page.position;
            if page.is_end {
                return events;
            }
        }
    }
}
