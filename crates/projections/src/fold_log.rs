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
        /// The cause.
        #[source]
        source: StoreError,
    },
    /// An event could not be folded.
    #[error("event {position} could not be folded")]
    Event {
        /// Which event.
        position: GlobalPosition,
        /// The cause.
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
    use minwon_core::{
        ExpectedVersion, NamespaceName, StreamName,
        testing::{MemoryStore, sample_event},
    };
    use std::{convert::Infallible, error::Error, thread};

    fn stream(name: &str) -> StreamName {
        name.parse().unwrap()
    }

    /// A store with five petitions in turn for two namespaces.
    async fn store() -> MemoryStore {
        let store = MemoryStore::new();
        for number in 0..5 {
            let namespace = if number % 2 == 0 { "car" } else { "building" };
            let stream = stream(&format!("{namespace}_CarApplication-{number}"));
            let event = sample_event(&number.to_string());
            store
                .append(&stream, ExpectedVersion::NoStream, &[event])
                .await
                .unwrap();
        }
        store
    }

    async fn folded(after: u64, filter: EventFilter) -> (Vec<String>, GlobalPosition) {
        let (store, mut seen) = (store().await, Vec::new());
        let reached = fold_log(&store, GlobalPosition::new(after), filter, |event| {
            seen.push(event.stream.id().to_owned());
            Ok::<(), Infallible>(())
        });
        let reached = reached.await.unwrap();
        (seen, reached)
    }

    #[test]
    fn everything_up_to_the_head_is_shown_once_in_order() {
        let (seen, reached) = block_on(folded(0, EventFilter::all()));
        assert_eq!(seen, ["0", "1", "2", "3", "4"]);
        let (rest, again) = block_on(folded(reached.commit(), EventFilter::all()));
        assert_eq!((rest.len(), again), (0, reached), "nothing is new");
    }

    #[test]
    fn a_filter_leaves_out_and_still_arrives() {
        let building = EventFilter::namespace(NamespaceName::new("building").unwrap());
        let (seen, reached) = block_on(folded(0, building));
        assert_eq!(seen, ["1", "3"]);
        assert_eq!(reached, block_on(folded(0, EventFilter::all())).1);
    }

    #[test]
    fn an_empty_log_ends_at_once() {
        let store = MemoryStore::new();
        let reached = block_on(fold_log(
            &store,
            GlobalPosition::START,
            EventFilter::all(),
            |_| -> Result<(), Infallible> { unreachable!("there is no event") },
        ));
        assert_eq!(reached.unwrap(), GlobalPosition::START);
    }

    #[test]
    fn what_comes_during_the_pass_is_left_for_the_next() {
        let store = block_on(store());
        let mut seen = 0;
        let pass = fold_log(&store, GlobalPosition::START, EventFilter::all(), |_| {
            seen += 1;
            let late = stream(&format!("car_CarApplication-late{seen}"));
            let event = sample_event(&format!("late{seen}"));
            let append = store.append(
                &late,
                ExpectedVersion::NoStream,
                std::slice::from_ref(&event),
            );
            // On a thread of its own, as an executor does not run inside another.
            thread::scope(|scope| scope.spawn(|| block_on(append)).join().unwrap()).unwrap();
            Ok::<(), Infallible>(())
        });
        block_on(pass).unwrap();
        assert_eq!(seen, 5);
    }

    #[test]
    fn an_error_names_the_event_and_keeps_its_cause() {
        let store = block_on(store());
        let error = block_on(fold_log(
            &store,
            GlobalPosition::START,
            EventFilter::all(),
            |event| {
                if event.stream.id() == "2" {
                    Err(std::fmt::Error)
                } else {
                    Ok(())
                }
            },
        ))
        .unwrap_err();
        assert!(error.to_string().starts_with("event "), "{error}");
        assert!(error.source().is_some());
    }
}
