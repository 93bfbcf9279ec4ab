//! How far a read model is behind the log, as seen from outside its projector.

use std::{num::NonZeroU32, time::Duration};

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

#[cfg(test)]
mod tests;
