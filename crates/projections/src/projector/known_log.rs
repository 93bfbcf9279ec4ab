//! Whether a log is the one that a slice was folded from.

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZeroU32,
};

use minwon_core::{
    EventFilter, EventStore, GlobalPosition, RecordedEvent, SliceCheckpoint, StoreErrorKind,
    StreamName, StreamVersion,
};

use crate::end::SessionEnd;

/// The log, as far as checkpoints were compared with it. Its questions to the store cost the same
/// however much others wrote behind a checkpoint.
pub(crate) struct KnownLog<'a, S> {
    store: &'a S,
    filter: &'a EventFilter,
    head: GlobalPosition,
    /// Slices mostly name the same event.
    events: HashMap<(StreamName, StreamVersion), Option<RecordedEvent>>,
    /// The last event that is followed, up to the position of a checkpoint.
    last: HashMap<GlobalPosition, GlobalPosition>,
}

impl<'a, S: EventStore> KnownLog<'a, S> {
    /// The events that `filter` admits of a log that has this head.
    pub(crate) fn new(store: &'a S, filter: &'a EventFilter, head: GlobalPosition) -> Self {
        Self {
            store,
            filter,
            head,
            events: HashMap::new(),
            last: HashMap::new(),
        }
    }

    /// Returns whether it holds what a checkpoint says was folded, and nothing more up to there.
    pub(crate) async fn knows(&mut self, checkpoint: &SliceCheckpoint) -> Result<bool, SessionEnd> {
        if checkpoint.position > self.head {
            return Ok(false);
        }
        let Some(named) = self.named(checkpoint).await? else {
            return Ok(false);
        };
        // Behind its last event a checkpoint moves over what others wrote. Where that was lost,
        // events that were never folded may stand in its place.
        Ok(self.last_up_to(checkpoint.position).await? <= named)
    }

    /// Where the event stands that a checkpoint names, if it is there; the start of the log, where
    /// it names none.
    async fn named(
        &mut self,
        checkpoint: &SliceCheckpoint,
    ) -> Result<Option<GlobalPosition>, SessionEnd> {
        let Some(last) = &checkpoint.last_event else {
            return Ok(Some(GlobalPosition::START));
        };
        let event = match self.events.entry((last.stream.clone(), last.version)) {
            Entry::Occupied(known) => &*known.into_mut(),
            Entry::Vacant(unknown) => {
                let read = self
                    .store
                    .read_stream(&last.stream, last.version, NonZeroU32::MIN);
                let read = match read.await {
                    Ok(page) => page.events.into_iter().next(),
                    // Somebody deleted it there. The log is the same, and views of what is no longer in
                    // it are kept.
                    Err(error) if error.kind() == StoreErrorKind::Truncated => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "its views are kept"
                        );
                        return Ok(Some(checkpoint.position));
                    }
                    Err(error) => return Err(error.into()),
                };
                &*unknown.insert(read)
            }
        };
        // A log that was restored, and to which the same was appended again, has the same event,
        // maybe among others, but recorded it at another time.
        let is_it = |event: &&RecordedEvent| {
            event.id() == last.id
                && event.position <= checkpoint.position
                && event.recorded_at == checkpoint.recorded_at
        };
        Ok(event.as_ref().filter(is_it).map(|event| event.position))
    }

    async fn last_up_to(&mut self, until: GlobalPosition) -> Result<GlobalPosition, SessionEnd> {
        match self.last.entry(until) {
            Entry::Occupied(known) => Ok(*known.get()),
            Entry::Vacant(unknown) => {
                let last = self.store.last_up_to(until, self.filter).await?;
                Ok(*unknown.insert(last))
            }
        }
    }
}
