//! One pass over the log.

use std::num::NonZeroU32;

use minwon_core::{EventFilter, EventStore, Feed, GlobalPosition, RecordedEvent, StoreError};

/// Events read at a time: large enough that the hop to the reader does not count.
const BATCH_EVENTS: NonZeroU32 = NonZeroU32::new(2000).expect("not 0");

/// Why a pass over the log ended early.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError<E: std::error::Error + 'static> {
    /// The log could not be read.
    #[error("the log could not be read beyond position {after}")]
    Store {
        /// Everything up to here was folded.
        after: GlobalPosition,
        /// What went wrong.
        #[source]
        source: StoreError,
    },
    /// An event could not be folded.
    #[error("event {position} could not be folded")]
    Event {
        /// Which event.
        position: GlobalPosition,
        /// What went wrong.
        #[source]
        source: E,
    },
}

/// Shows every event after `after` that `filter` admits to `fold`, in order, up to the head of the
/// log as it was at the start. Answers the position reached.
///
/// Events are read ahead while `fold` works; at most two batches are in memory.
///
/// # Errors
/// [`FoldError`], with the first error of store or `fold`.
pub async fn fold_log<S: EventStore, E: std::error::Error + 'static>(
    store: &S,
    after: GlobalPosition,
    filter: EventFilter,
    mut fold: impl FnMut(&RecordedEvent) -> Result<(), E>,
) -> Result<GlobalPosition, FoldError<E>> {
    let store_error = |after| move |source| FoldError::Store { after, source };
    let head = store.head().await.map_err(store_error(after))?;
    let mut reached = after;
    let mut feed = store.feed(after, filter, BATCH_EVENTS);
    while reached < head {
        let batch = feed.next().await.map_err(store_error(reached))?;
        for event in batch
            .events
            .iter()
            .take_while(|event| event.position <= head)
        {
            fold(event).map_err(|source| FoldError::Event {
                position: event.position,
                source,
            })?;
        }
        reached = batch.position.min(head);
    }
    Ok(reached)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;
    use minwon_core::testing::ModelStore;
    use std::convert::Infallible;
}
