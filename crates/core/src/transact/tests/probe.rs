//! A store that counts its calls and fails as it is told.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Arc, Mutex},
};

use crate::{
    AppendError, Appended, EventFilter, EventStore, ExpectedVersion, GlobalPosition, LogPage,
    NewEvent, Snapshot, SnapshotStore, StateSchema, StoreError, StoreErrorKind, StreamName,
    StreamPage, StreamVersion,
    testing::{ModelFeed, ModelStore, yield_now},
};

/// What happens to the next append.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    Conflict,
    LostAcknowledgement,
    LostRequest,
    Unavailable,
    /// It happens after the future was polled twice.
    Slow,
}

#[derive(Debug, Default)]
struct Seen {
    appends: u32,
    reads: u32,
    events_read: usize,
    faults: VecDeque<Fault>,
    hidden: Option<StreamVersion>,
    is_down: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Probe {
    pub(super) store: ModelStore,
    seen: Arc<Mutex<Seen>>,
}

impl Probe {
    /// These faults happen to the next appends, one to each; the ones after them succeed.
    pub(super) fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        self.seen.lock().unwrap().faults.extend(faults);
    }

    /// Reads skip this event of every stream.
    pub(super) fn hide(&self, version: u64) {
        self.seen.lock().unwrap().hidden = Some(StreamVersion::new(version));
    }

    /// Reads and snapshots fail.
    pub(super) fn go_down(&self) {
        self.seen.lock().unwrap().is_down = true;
    }

    /// Appends and reads since this was asked last.
    pub(super) fn calls(&self) -> (u32, u32) {
        let mut seen = self.seen.lock().unwrap();
        let calls = (seen.appends, seen.reads);
        (seen.appends, seen.reads, seen.events_read) = (0, 0, 0);
        calls
    }

    pub(super) fn events_read(&self) -> usize {
        self.seen.lock().unwrap().events_read
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.seen.lock().unwrap().is_down {
            return Err(away());
        }
        Ok(())
    }
}

fn away() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the test wants it so")
        .caused_by(std::io::Error::other("no route to host"))
}

impl EventStore for Probe {
    type Feed = ModelFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let fault = {
            let mut seen = self.seen.lock().unwrap();
            seen.appends += 1;
            seen.faults.pop_front()
        };
        let (stream, source) = (stream.clone(), away());
        match fault {
            None => self.store.append(&stream, expected, events).await,
            Some(Fault::Slow) => {
                yield_now().await;
                self.store.append(&stream, expected, events).await
            }
            Some(Fault::Conflict) => Err(AppendError::Conflict {
                stream,
                expected,
                actual: None,
            }),
            Some(Fault::Unavailable) => Err(AppendError::Store { stream, source }),
            Some(Fault::LostRequest) => Err(AppendError::OutcomeUnknown { stream, source }),
            Some(Fault::LostAcknowledgement) => {
                self.store.append(&stream, expected, events).await?;
                Err(AppendError::OutcomeUnknown { stream, source })
            }
        }
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        self.check()?;
        let mut page = self.store.read_stream(stream, from, events_max).await?;
        let mut seen = self.seen.lock().unwrap();
        page.events
            .retain(|event| Some(event.version) != seen.hidden);
        seen.reads += 1;
        seen.events_read += page.events.len();
        Ok(page)
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

    fn feed(&self, after: GlobalPosition, filter: EventFilter, max: NonZeroU32) -> ModelFeed {
        self.store.feed(after, filter, max)
    }
}

impl SnapshotStore for Probe {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        self.check()?;
        self.store.load_snapshot(stream, schema).await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.check()?;
        self.store.save_snapshot(snapshot).await
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        self.store.delete_snapshots(stream).await
    }
}
