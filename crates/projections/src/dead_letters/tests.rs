//! Tests of the queues and of those who look after them.

mod decisions;
mod faults;
mod handles;
mod lists;
mod retries;
mod starts;

use std::{num::NonZeroU32, time::Duration};

use minwon_core::{
    ActorId, Added, ConsumerName, DeadLetterEvent, EventFilter, EventRef, EventStore, EventType,
    ExpectedVersion, Failure, FailureClass, GlobalPosition, Parked, RecordedEvent, Released,
    RetryFailed, RetryRequested, Subject, Timer, Timestamp, dead_letter_category,
    testing::MemoryStore,
};

use super::*;
use crate::testing::{Log, VirtualClock, namespace, recorded, run};

pub(crate) const NOTIFIER: &str = "notifier";
pub(crate) const AGENCY: &str = "agency";

pub(crate) fn consumer(name: &str) -> ConsumerName {
    ConsumerName::new(name).unwrap()
}

pub(crate) fn operator() -> ActorId {
    ActorId::new("operator-1").unwrap()
}

pub(crate) fn failure(text: &str) -> Failure {
    Failure::of_text(FailureClass::Handler, text)
}

/// An event that nobody has to look for.
pub(crate) fn event_ref(petition: &str, version: u64) -> EventRef {
    EventRef::from(&recorded(petition, version, 1 + version))
}

pub(crate) fn added(of: &str, event: &EventRef) -> DeadLetterEvent {
    Added {
        consumer: consumer(of),
        key: event.subject.to_string(),
        event: event.clone(),
        failure: failure("port 17 is shut"),
        attempts: 4,
    }
    .into()
}

pub(crate) fn a_letter(event: &EventRef) -> Letter {
    Letter {
        consumer: consumer(NOTIFIER),
        key: event.subject.to_string(),
        event: event.clone(),
        failure: failure("port 17 is shut"),
        attempts: 4,
        since: Timestamp::UNIX_EPOCH,
        retry_requested: false,
        parked: Vec::new(),
    }
}

pub(crate) fn parked(of: &str, event: &EventRef) -> DeadLetterEvent {
    Parked {
        consumer: consumer(of),
        key: event.subject.to_string(),
        event: event.clone(),
    }
    .into()
}

pub(crate) fn released(of: &str, event: &EventRef) -> DeadLetterEvent {
    Released {
        consumer: consumer(of),
        key: event.subject.to_string(),
        event: event.clone(),
        kind: None,
    }
    .into()
}

pub(crate) fn retry_requested(of: &str, event: &EventRef) -> DeadLetterEvent {
    RetryRequested {
        consumer: consumer(of),
        key: event.subject.to_string(),
        event: event.clone(),
        by: operator(),
    }
    .into()
}

pub(crate) fn retry_failed(of: &str, event: &EventRef, text: &str) -> DeadLetterEvent {
    RetryFailed {
        consumer: consumer(of),
        key: event.subject.to_string(),
        event: event.clone(),
        failure: failure(text),
        attempts: 1,
        kind: None,
    }
    .into()
}

pub(crate) fn letters<S, T>(store: &S, timer: &T) -> DeadLetters<S, T>
where
    S: EventStore + Clone,
    T: Timer + Clone,
{
    DeadLetters::new(namespace(), store.clone(), timer.clone())
}

/// Returns the content of all queues, oldest first.
pub(crate) async fn written(store: &MemoryStore) -> Vec<(RecordedEvent, DeadLetterEvent)> {
    let filter = EventFilter::categories(namespace(), [dead_letter_category()]);
    let (mut events, mut after) = (Vec::new(), GlobalPosition::START);
    loop {
        let page = store.read_all(after, &filter, NonZeroU32::MAX);
        let page = page.await.unwrap();
        events.extend(page.events);
        after = page.position;
        if page.is_end {
            break;
        }
    }
    let codec = dead_letter_codec();
    let read = |event: RecordedEvent| {
        let read = read_dead_letter(&codec, &event).unwrap();
        (event, read)
    };
    events.into_iter().map(read).collect()
}

/// The same without the events about the queues themselves.
pub(crate) async fn queue_events(store: &MemoryStore) -> Vec<DeadLetterEvent> {
    let written = written(store).await.into_iter().map(|(_, event)| event);
    written.filter(|event| event.event().is_some()).collect()
}

/// The events of a log, by reference.
pub(crate) fn refs(log: &Log) -> Vec<EventRef> {
    log.events().iter().map(EventRef::from).collect()
}

/// The events of a log with the type of one of them changed: types are queues.
pub(crate) fn of_type(event: &EventRef, event_type: &str) -> EventRef {
    EventRef {
        event_type: EventType::new(event_type).unwrap(),
        ..event.clone()
    }
}
