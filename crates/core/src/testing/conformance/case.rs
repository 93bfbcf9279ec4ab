//! What the rules share: names of their own, events, reading whole, patience.

use std::{any::Any, fmt::Debug, future::Future, num::NonZeroU32, panic::AssertUnwindSafe};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};

use super::Violation;
use crate::{
    Appended, CategoryName, CheckpointName, CommandId, ConsumerName, EventFilter, EventId,
    EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NamespaceName, NewEvent,
    RecordedEvent, Slice, StreamName, StreamPage, StreamVersion,
    testing::{sample_event_of, yield_now},
};

/// What a rule comes to.
pub(super) type Verdict<T = ()> = Result<T, Violation>;

/// Reads after which what has not come is called missing: a second or so for a store on disk.
pub(super) const PATIENCE_READS: u32 = 100_000;

/// Pages after which reading a rule's few events is called endless.
const PAGES_MAX: usize = 100_000;

/// What a suite examines: the rules of each are methods of a [`Case`] of its own.
pub(super) struct Events;
pub(super) struct Snapshots;
pub(super) struct Checkpoints;
pub(super) struct Slices;
pub(super) struct Admin;

/// Leases, whose time is moved by `A`.
pub(super) struct Leases<A>(pub(super) A);

/// Things that `D` damages.
pub(super) struct Damaged<D>(pub(super) D);

/// Logs in which `P` plants what cannot be read.
pub(super) struct Planted<P>(pub(super) P);

/// A log whose reads fail after `fail`, until `mend`.
pub(super) struct Failing<F, M> {
    pub(super) fail: F,
    pub(super) mend: M,
}

/// One rule at work on one store.
pub(super) struct Case<'a, S, Port = Events> {
    pub(super) store: &'a S,
    pub(super) port: Port,
    namespace: NamespaceName,
    rule: &'static str,
}

/// A panic of the store is a violation like any other, so that the rules after it still run.
pub(super) async fn run_rule(rule: impl Future<Output = Verdict>) -> Verdict {
    let text = |panic: Box<dyn Any + Send>| match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or("?".into(), |s| (*s).into()),
    };
    let unwound = AssertUnwindSafe(rule).catch_unwind().await;
    unwound.unwrap_or_else(|panic| Err(Violation::new(format!("panicked: {}", text(panic)))))
}

/// A violation unless `holds`.
pub(super) fn ensure(holds: bool, what: impl FnOnce() -> String) -> Verdict {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(what()))
    }
}

/// A violation unless both are equal; `what` names what is compared.
pub(super) fn ensure_eq<T: PartialEq + Debug>(what: &str, found: &T, wanted: &T) -> Verdict {
    ensure(found == wanted, || {
        format!("{what}: wanted {wanted:?}, found {found:?}")
    })
}

/// A page size.
pub(super) fn at_most(events: u32) -> NonZeroU32 {
    NonZeroU32::new(events).expect("a page holds at least one event")
}

/// The ids of `events`, to compare what was read with what was written.
pub(super) fn ids<'a>(events: impl IntoIterator<Item = &'a RecordedEvent>) -> Vec<EventId> {
    events.into_iter().map(RecordedEvent::id).collect()
}

/// The ids of `events`, as [`ids`].
pub(super) fn new_ids<'a>(events: impl IntoIterator<Item = &'a NewEvent>) -> Vec<EventId> {
    events.into_iter().map(NewEvent::id).collect()
}

impl<'a, S, Port> Case<'a, S, Port> {
    pub(super) fn new(store: &'a S, port: Port, run: &NamespaceName, rule: &'static str) -> Self {
        let namespace = format!("{run}{}", rule.replace('_', ""));
        Self {
            store,
            port,
            namespace: NamespaceName::new(namespace).expect("`run` is at most 40 bytes long"),
            rule,
        }
    }

    /// The rule's own namespace.
    pub(super) fn namespace(&self) -> NamespaceName {
        self.namespace.clone()
    }

    /// Another namespace of the rule's own, whose name begins as the first one's does.
    pub(super) fn longer_namespace(&self) -> NamespaceName {
        NamespaceName::new(format!("{}X", self.namespace)).expect("still a word")
    }

    /// What the rule wrote, and nothing else that is in the store.
    pub(super) fn own_events(&self) -> EventFilter {
        EventFilter::namespace(self.namespace())
    }

    pub(super) fn stream(&self, id: &str) -> StreamName {
        self.stream_of("Petition", id)
    }

    pub(super) fn stream_of(&self, category: &str, id: &str) -> StreamName {
        stream(&self.namespace, category, id)
    }

    pub(super) fn consumer(&self, name: &str) -> ConsumerName {
        ConsumerName::new(format!("{}-{name}", self.namespace)).expect("short and without spaces")
    }

    /// A checkpoint of the rule's own namespace.
    pub(super) fn checkpoint(&self, consumer: &str, slice: u16) -> CheckpointName {
        CheckpointName {
            namespace: self.namespace(),
            consumer: self.consumer(consumer),
            slice: Slice::new(slice),
        }
    }

    /// One event; the same `label` gives the same one.
    pub(super) fn event(&self, label: &str) -> NewEvent {
        self.events(label, 1).remove(0)
    }

    /// `count` events of one command; the same `label` gives the same ones.
    pub(super) fn events(&self, label: &str, count: u32) -> Vec<NewEvent> {
        let command = CommandId::derive(&[0; 16], format!("{}/{label}", self.namespace));
        let payload = |index| format!("{{\"rule\":\"{}\",\"index\":{index}}}", self.rule);
        (0..count)
            .map(|index| sample_event_of(command, index, payload(index)))
            .collect()
    }
}

pub(super) fn stream(namespace: &NamespaceName, category: &str, id: &str) -> StreamName {
    let category = CategoryName::new(category).expect("rules use words");
    StreamName::new(namespace, &category, id).expect("rules use names")
}

impl<S: EventStore, Port> Case<'_, S, Port> {
    /// Appends what must be taken, and must be new.
    pub(super) async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Verdict<Appended> {
        let appended = self.store.append(stream, expected, events).await?;
        ensure(!appended.repeated, || {
            format!("new events on {stream}, expecting {expected}, were called a repeat")
        })?;
        Ok(appended)
    }

    /// Appends `count` events of `label` to the stream `id`, wherever it ends.
    pub(super) async fn add(&self, id: &str, label: &str, count: u32) -> Verdict<Appended> {
        let events = self.events(label, count);
        self.append(&self.stream(id), ExpectedVersion::Any, &events)
            .await
    }

    /// Appends one event as [`append`](Self::append) does.
    pub(super) async fn append_one(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        event: &NewEvent,
    ) -> Verdict<Appended> {
        self.append(stream, expected, std::slice::from_ref(event))
            .await
    }

    /// The stream holds exactly `events`.
    pub(super) async fn holds(&self, stream: &StreamName, events: &[NewEvent]) -> Verdict {
        let found = self.read(stream).await?;
        ensure_eq(stream.as_str(), &ids(&found), &new_ids(events))
    }

    /// The stream holds so many events.
    pub(super) async fn holds_count(&self, stream: &StreamName, count: usize) -> Verdict {
        let found = self.read(stream).await?.len();
        ensure_eq(&format!("events in {stream}"), &found, &count)
    }

    /// The next page of at most `events_max` of the rule's own events.
    pub(super) async fn page(&self, after: GlobalPosition, events_max: u32) -> Verdict<LogPage> {
        let filter = self.own_events();
        let page = self.store.read_all(after, &filter, at_most(events_max));
        Ok(page.await?)
    }

    /// Puts `count` events on the new stream `id`, each in an append of its own.
    pub(super) async fn write_stream(&self, id: &str, count: u32) -> Verdict<Vec<NewEvent>> {
        let stream = self.stream(id);
        let events = self.events(id, count);
        for event in &events {
            self.append_one(&stream, ExpectedVersion::Any, event)
                .await?;
        }
        Ok(events)
    }

    /// The whole stream.
    pub(super) async fn read(&self, stream: &StreamName) -> Verdict<Vec<RecordedEvent>> {
        self.read_from(stream, StreamVersion::FIRST, 1000).await
    }

    /// The stream from `from` on, in pages of at most `page_max` events.
    pub(super) async fn read_from(
        &self,
        stream: &StreamName,
        mut from: StreamVersion,
        page_max: u32,
    ) -> Verdict<Vec<RecordedEvent>> {
        let mut events = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.stream_page(stream, from, page_max).await?;
            check_page(page.events.len(), page_max)?;
            ensure(page.is_end || !page.events.is_empty(), || {
                format!("a page of {stream} from {from} is empty and yet not the end")
            })?;
            from = from.plus(page.events.len() as u64);
            events.extend(page.events);
            if page.is_end {
                return Ok(events);
            }
        }
        Err(Violation::new(format!("reading {stream} comes to no end")))
    }

    /// One page of a stream.
    pub(super) async fn stream_page(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: u32,
    ) -> Verdict<StreamPage> {
        let page = self.store.read_stream(stream, from, at_most(events_max));
        Ok(page.await?)
    }

    /// The rule's own events after `after`, in pages of at most `page_max` events.
    pub(super) async fn read_log(
        &self,
        after: GlobalPosition,
        page_max: u32,
    ) -> Verdict<Vec<RecordedEvent>> {
        let own = self.own_events();
        self.read_filtered(after, &own, page_max).await
    }

    /// What `filter` admits after `after`, in pages of at most `page_max` events.
    pub(super) async fn read_filtered(
        &self,
        mut after: GlobalPosition,
        filter: &EventFilter,
        page_max: u32,
    ) -> Verdict<Vec<RecordedEvent>> {
        let mut events = Vec::new();
        for _ in 0..PAGES_MAX {
            let page = self.store.read_all(after, filter, at_most(page_max));
            let page = page.await?;
            check_page(page.events.len(), page_max)?;
            check_positions(after, &page.events, page.position)?;
            ensure(page.is_end || page.position > after, || {
                format!("a page of the log after {after} moves nowhere and is yet not the end")
            })?;
            after = page.position;
            events.extend(page.events);
            if page.is_end {
                return Ok(events);
            }
        }
        Err(Violation::new("reading the log comes to no end"))
    }

    /// The next batch of a feed, which must come.
    pub(super) async fn next(&self, feed: &mut S::Feed) -> Verdict<FeedBatch> {
        match self.within(PATIENCE_READS, feed.next()).await {
            Some(batch) => Ok(batch?),
            None => Err(Violation::new(format!(
                "a feed brought nothing within {PATIENCE_READS} reads of the store"
            ))),
        }
    }

    /// Waits for `future` as long as `reads` reads of the store take; for 0 it is polled once.
    pub(super) async fn within<T>(&self, reads: u32, future: impl Future<Output = T>) -> Option<T> {
        if reads == 0 {
            return future.now_or_never();
        }
        // Each of the two is polled only when it was woken itself: otherwise the reads would
        // wake a feed that its store forgot to wake.
        let patience = self.read_in_vain(reads).map(|()| None);
        let both = [future.map(Some).boxed_local(), patience.boxed_local()];
        FuturesUnordered::from_iter(both).next().await?
    }

    async fn read_in_vain(&self, reads: u32) {
        let nowhere = self.stream("nowhere");
        for _ in 0..reads {
            // Only the time it takes matters, whether it succeeds does not.
            let _ = self.stream_page(&nowhere, StreamVersion::FIRST, 1).await;
            yield_now().await;
        }
    }
}

/// A page holds what was asked for at most.
pub(super) fn check_page(events: usize, events_max: u32) -> Verdict {
    ensure(events <= events_max as usize, || {
        format!("asked for at most {events_max} events, got {events}")
    })
}

/// Positions after `after`, rising, up to `until`.
pub(super) fn check_positions(
    after: GlobalPosition,
    events: &[RecordedEvent],
    until: GlobalPosition,
) -> Verdict {
    let mut last = after;
    for event in events {
        let position = event.position;
        ensure(position > last, || {
            format!("an event at position {position} comes after position {last}")
        })?;
        last = position;
    }
    ensure(until >= last, || {
        format!("a page reaches to {last}, but says to continue after {until}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_executor::block_on;

    #[test]
    fn a_store_that_panics_breaks_a_rule_and_not_the_suite() {
        let panicking = async { panic!("the store has a bug, on purpose") };
        let violation = block_on(run_rule(panicking)).unwrap_err();
        assert_eq!(
            violation.to_string(),
            "panicked: the store has a bug, on purpose"
        );
    }
}
