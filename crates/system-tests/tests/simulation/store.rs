//! The event store and the read models, as a process sees them: slow, away, and with events that
//! its reactors cannot read.

use std::{num::NonZeroU32, time::Duration};

use minwon::{
    StoreError, StoreErrorKind,
    engine::{
        EventStore, Feed, FeedBatch, GlobalPosition, RecordedEvent, StreamName, StreamPage,
        StreamVersion,
    },
    testing::{Call, CallError, Faulty, Hook, Hooked, MemoryReadModels},
};

use super::{
    fate::{Fate, Life},
    log::Log,
};

/// A name known to [`Fate::is_away`].
pub(crate) const STORE: &str = "outages of the event store";
pub(crate) const READ_MODELS: &str = "outages of the read models";

/// The pages in which projectors read a key again, which distinguish them from command handlers:
/// these are not poisoned, or nothing would ever be decided.
const REFOLD_PAGE: NonZeroU32 = NonZeroU32::new(256).expect("not 0");

/// Slow calls, per mille, and how slow.
const SLOW: u16 = 20;
const SLOWEST: Duration = Duration::from_secs(3);

/// The event store of one process.
pub(crate) type Store = Hooked<Faulty<Log>, Way>;

/// The read models of one process.
pub(crate) type Models = Hooked<Faulty<MemoryReadModels>, Way>;

/// The way from one process to a store.
pub(crate) struct Way {
    /// A name known to [`Fate::is_away`].
    pub(crate) to: &'static str,
    pub(crate) fate: Fate,
    pub(crate) life: Life,
}

fn away(doing: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, doing)
}

impl Way {
    async fn arrive(&self) -> Result<(), StoreError> {
        self.fate.delay(SLOW, SLOWEST).await;
        if self.fate.is_away(self.to) {
            return Err(away("the store is away"));
        }
        Ok(())
    }

    fn poison(&self, events: &mut [RecordedEvent]) {
        for event in events {
            if !minwon::engine::is_dead_letter(event) && self.fate.cannot_be_read(event.id()) {
                event.payload = b"{".as_slice().into();
            }
        }
    }
}

impl<S> Hook<S> for Way {
    type Memory = ();

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let arrive = async || {
            let arrived = self.arrive().await;
            arrived.map_err(|away| E::refused(&call, away))
        };
        match call {
            Call::DeleteSnapshots | Call::Scan | Call::Remove | Call::Sweep => run.await,
            Call::SaveCatalogue { .. } => self.life.call(run).await,
            Call::LoadSnapshot
            | Call::LoadCheckpoint
            | Call::LoadCatalogue
            | Call::Load { .. }
            | Call::List { .. }
            | Call::Counts { .. } => {
                arrive().await?;
                run.await
            }
            Call::SaveSnapshot => {
                arrive().await?;
                self.life.call(run).await
            }
            Call::Append { .. } => {
                let appending = async {
                    arrive().await?;
                    let appended = run.await;
                    self.fate.delay(SLOW, SLOWEST).await;
                    appended
                };
                self.life.call(appending).await
            }
            _ => {
                let calling = async {
                    arrive().await?;
                    run.await
                };
                self.life.call(calling).await
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
        let reading = Box::pin(store.read_stream(stream, from, events_max));
        let call = Call::ReadStream {
            stream,
            from,
            events_max,
        };
        let reading = Hook::<S>::around(self, call, reading);
        let mut page = reading.await?;
        // Only who looks after a dead letter reads one event in the middle of a stream.
        let is_one = events_max == NonZeroU32::MIN && from != StreamVersion::FIRST;
        if is_one || events_max == REFOLD_PAGE {
            self.poison(&mut page.events);
        }
        Ok(page)
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        _: GlobalPosition,
        (): &mut (),
    ) -> Result<FeedBatch, StoreError> {
        let following = async {
            if self.fate.is_away(self.to) {
                return Err(away("the feed is away"));
            }
            Box::pin(feed.next()).await
        };
        let mut batch = self.life.call(following).await?;
        self.poison(&mut batch.events);
        Ok(batch)
    }
}
