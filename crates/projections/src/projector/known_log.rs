//! Whether a log is the one that a slice was folded from.

use std::{
    collections::{HashMap, hash_map::Entry},
    num::NonZeroU32,
};

use minwon_core::{
    EventFilter, EventStore, GlobalPosition, LastEvent, RecordedEvent, SliceCheckpoint, StreamName,
    StreamVersion,
};

use super::end::SessionEnd;

/// The log, as far as checkpoints were compared with it.
pub(crate) struct KnownLog<'a, S> {
    store: &'a S,
    filter: &'a EventFilter,
    head: GlobalPosition,
    /// Slices mostly name the same event. The place of none is the start of the log.
    places: HashMap<Option<(StreamName, StreamVersion)>, Place>,
}

/// An event that a checkpoint names, as the log has it, and where the next one stands that is
/// followed.
struct Place {
    event: Option<RecordedEvent>,
    next: Option<GlobalPosition>,
}

impl<'a, S: EventStore> KnownLog<'a, S> {
    /// What `filter` admits of a log that has this head.
    pub(crate) fn new(store: &'a S, filter: &'a EventFilter, head: GlobalPosition) -> Self {
        Self {
            store,
            filter,
            head,
            places: HashMap::new(),
        }
    }

    /// Whether it holds what a checkpoint says was folded, and nothing more up to there.
    pub(crate) async fn knows(&mut self, checkpoint: &SliceCheckpoint) -> Result<bool, SessionEnd> {
        if checkpoint.position > self.head {
            return Ok(false);
        }
        let last = checkpoint.last_event.as_ref();
        let name = last.map(|last| (last.stream.clone(), last.version));
        let (store, filter) = (self.store, self.filter);
        let place = match self.places.entry(name) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(look_up(store, filter, last).await?),
        };
        Ok(place.fits(checkpoint))
    }
}

async fn look_up(
    store: &impl EventStore,
    filter: &EventFilter,
    last: Option<&LastEvent>,
) -> Result<Place, SessionEnd> {
    let one = NonZeroU32::MIN;
    let mut event = None;
    if let Some(last) = last {
        let page = store.read_stream(&last.stream, last.version, one).await;
        let events = page.map_err(SessionEnd::of_event_store)?.events;
        event = events.into_iter().next();
    }
    let position = event.as_ref().map(|event| event.position);
    let mut after = position.unwrap_or(GlobalPosition::START);
    loop {
        let page = store.read_all(after, filter, one).await;
        let page = page.map_err(SessionEnd::of_event_store)?;
        let next = page.events.first().map(|event| event.position);
        if next.is_some() || page.is_end {
            return Ok(Place { event, next });
        }
        after = page.position;
    }
}

impl Place {
    fn fits(&self, checkpoint: &SliceCheckpoint) -> bool {
        // A log that was restored and told the same once more has the same event, maybe among
        // others, but recorded it at another time.
        let is_it = checkpoint.last_event.as_ref().is_none_or(|last| {
            self.event.as_ref().is_some_and(|event| {
                event.id() == last.id
                    && event.position <= checkpoint.position
                    && event.recorded_at == checkpoint.recorded_at
            })
        });
        // Behind its last event a checkpoint moves over what others wrote. Where that was lost,
        // events that were never folded may stand in its place.
        is_it && self.next.is_none_or(|next| next > checkpoint.position)
    }
}
