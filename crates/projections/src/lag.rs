//! How far a read model is behind the log, as seen from outside its projector.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    time::Duration,
};

use minwon_core::{
    Catalogue, Clock, EventFilter, EventStore, GlobalPosition, ModelName, ReadModelAdmin,
    ReadModelStore, StoreError, Timestamp,
};

use crate::checkpoints::Checkpoints;

/// Most events that are counted. Unit: events.
const COUNTED_MAX: u64 = 10_000;
/// Events read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(2_000).expect("not 0");

/// How far the generation that answers is behind the log.
///
/// Measured at the stores, so a projector that stands still or has died shows as well. Measure it
/// regularly and export `measured_at` too: a measure that is old says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// Events that are not folded in yet. Counted up to 10,000.
    pub events: u64,
    /// Whether there are more than were counted.
    pub is_more: bool,
    /// How long the oldest of them has waited.
    pub waiting: Duration,
    /// Everything up to here is folded in.
    pub position: GlobalPosition,
    /// The head of the log.
    pub head: GlobalPosition,
    /// Whether all slices can be asked.
    pub is_ready: bool,
    /// When this was measured.
    pub measured_at: Timestamp,
}

/// Why the lag could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LagError {
    /// There is no generation yet: no projector has ever run.
    #[error("{model} has never been built; start its projector")]
    NeverBuilt {
        /// The read model.
        model: ModelName,
    },
    /// The store of the read models failed.
    #[error("the store of the read models failed")]
    ReadModels(#[source] StoreError),
    /// The event store failed.
    #[error("the event store failed")]
    EventStore(#[source] StoreError),
}

/// Measures how far the generation of `model` that answers is behind the events that `filter`
/// admits.
///
/// # Errors
/// [`LagError`].
pub async fn measure_lag(
    store: &impl EventStore,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    model: &ModelName,
    filter: &EventFilter,
    clock: &impl Clock,
) -> Result<Lag, LagError> {
    let catalogue = read_models.load_catalogue(model).await;
    let catalogue = catalogue.map_err(LagError::ReadModels)?;
    let info = catalogue.as_ref().and_then(Catalogue::active_info);
    let info = info.ok_or_else(|| LagError::NeverBuilt {
        model: model.clone(),
    })?;
    let checkpoints = Checkpoints::load(read_models, model, info).await;
    let checkpoints = checkpoints.map_err(LagError::ReadModels)?;
    let position = checkpoints.slowest();
    let head = store.head().await.map_err(LagError::EventStore)?;
    let (mut after, mut events, mut oldest, mut is_more) = (position, 0, None, false);
    while after < head && !is_more {
        let page = store.read_all(after, filter, PAGE_EVENTS).await;
        let page = page.map_err(LagError::EventStore)?;
        oldest = oldest.or(page.events.first().map(|event| event.recorded_at));
        events += page.events.len() as u64;
        after = page.position;
        is_more = events > COUNTED_MAX || (events == COUNTED_MAX && !page.is_end);
        if page.is_end {
            break;
        }
    }
    let now = clock.now();
    let waiting = oldest.map_or(0, |oldest| now.unix_micros() - oldest.unix_micros());
    Ok(Lag {
        events: events.min(COUNTED_MAX),
        is_more,
        waiting: Duration::from_micros(u64::try_from(waiting).unwrap_or(0)),
        position,
        head,
        is_ready: checkpoints.are_ready(),
        measured_at: now,
    })
}

/// How far a place in the log is behind its head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// Events beyond the place; where many are, at least so many.
    pub events: u64,
    /// When the oldest of them was recorded; none where there is none.
    pub oldest: Option<Timestamp>,
}

/// Measures how far each of `places` is behind the events that `filter` admits. Reads 10,000 of them at most,
/// and one more for each place from which as many were counted; where all places are at the head, none.
/// Also returns the head of the log.
///
/// # Errors
/// [`StoreError`], of the event store.
pub async fn measure_behind(
    store: &impl EventStore,
    filter: &EventFilter,
    places: &BTreeSet<GlobalPosition>,
) -> Result<(GlobalPosition, BTreeMap<GlobalPosition, Behind>), StoreError> {
    let head = store.head().await?;
    let last = store.last_up_to(head, filter).await?;
    let mut behind = BTreeMap::new();
    let (mut counted, mut oldest, mut end) = (0, None, last);
    // From the head on, so that what lies before one place is not read again for the next.
    for &place in places.iter().rev() {
        let mut after = place;
        let mut first = None;
        while after < end {
            let left = COUNTED_MAX.saturating_sub(counted);
            let left = u32::try_from(left).unwrap_or(u32::MAX);
            let page_max = NonZeroU32::new(left).map_or(NonZeroU32::MIN, |it| it.min(PAGE_EVENTS));
            let page = store.read_all(after, filter, page_max).await?;
            let events = page.events.iter();
            let events = events.take_while(|event| event.position <= end);
            first = first.or(page.events.first().map(|event| event.recorded_at));
            counted += events.count() as u64;
            after = page.position;
            if page.is_end || counted >= COUNTED_MAX {
                break;
            }
        }
        oldest = first.or(oldest);
        end = end.min(place);
        let events = counted.min(COUNTED_MAX);
        behind.insert(place, Behind { events, oldest });
    }
    Ok((head, behind))
}

#[cfg(test)]
mod tests;
