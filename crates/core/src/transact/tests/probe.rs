//! A store that counts its calls and fails as the test wants it.

use std::{
    collections::VecDeque,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard},
};

use crate::{
    AppendError, Appended, EventStore, ExpectedVersion, NewEvent, StoreError, StoreErrorKind,
    StreamName, StreamPage, StreamVersion,
    testing::{Call, CallError, Hook, Hooked, MemoryStore, yield_now},
};

/// The fate of the next append.
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

pub(super) type Probe = Hooked<MemoryStore, Probing>;

#[derive(Debug, Default)]
pub(super) struct Probing(Mutex<Seen>);

impl Default for Probe {
    fn default() -> Self {
        Self::new(MemoryStore::new(), Probing::default())
    }
}

impl Probe {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.hook().0.lock().unwrap()
    }

    /// These faults happen to the next appends, one to each; the ones after them succeed.
    pub(super) fn will(&self, faults: impl IntoIterator<Item = Fault>) {
        self.seen().faults.extend(faults);
    }

    /// Reads skip this event of every stream.
    pub(super) fn hide(&self, version: u64) {
        self.seen().hidden = Some(StreamVersion::new(version));
    }

    /// Reads and snapshots fail.
    pub(super) fn go_down(&self) {
        self.seen().is_down = true;
    }

    /// Appends and reads since this was asked last.
    pub(super) fn calls(&self) -> (u32, u32) {
        let mut seen = self.seen();
        let calls = (seen.appends, seen.reads);
        (seen.appends, seen.reads, seen.events_read) = (0, 0, 0);
        calls
    }

    pub(super) fn events_read(&self) -> usize {
        self.seen().events_read
    }
}

fn away() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "the test wants it so")
        .caused_by(std::io::Error::other("no route to host"))
}

impl<S> Hook<S> for Probing {
    type Memory = ();

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        use Call::{LoadSnapshot, ReadStream, SaveSnapshot};
        let fails = matches!(call, ReadStream { .. } | LoadSnapshot | SaveSnapshot);
        if fails && self.0.lock().unwrap().is_down {
            return Err(E::refused(&call, away()));
        }
        run.await
    }

    async fn append(
        &self,
        store: &S,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError>
    where
        S: EventStore,
    {
        let fault = {
            let mut seen = self.0.lock().unwrap();
            seen.appends += 1;
            seen.faults.pop_front()
        };
        let call = Call::Append { stream, events };
        match fault {
            None => store.append(stream, expected, events).await,
            Some(Fault::Slow) => {
                yield_now().await;
                store.append(stream, expected, events).await
            }
            Some(Fault::Conflict) => Err(AppendError::Conflict {
                stream: stream.clone(),
                expected,
                actual: None,
            }),
            Some(Fault::Unavailable) => Err(AppendError::refused(&call, away())),
            Some(Fault::LostRequest) => Err(AppendError::unknown(&call, away())),
            Some(Fault::LostAcknowledgement) => {
                store.append(stream, expected, events).await?;
                Err(AppendError::unknown(&call, away()))
            }
        }
    }

    async fn read_stream(
        &self,
        store: &S,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError>
    where
        S: EventStore,
    {
        let reading = store.read_stream(stream, from, events_max);
        let call = Call::ReadStream {
            stream,
            from,
            events_max,
        };
        let reading = Hook::<S>::around(self, call, reading);
        let mut page = reading.await?;
        let mut seen = self.0.lock().unwrap();
        page.events
            .retain(|event| Some(event.version) != seen.hidden);
        seen.reads += 1;
        seen.events_read += page.events.len();
        Ok(page)
    }
}
