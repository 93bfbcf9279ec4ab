//! What is in memory of the queues.

use std::collections::BTreeMap;

use minwon_core::{
    ConsumerName, DeadLetterBook, DeadLetterEvent, EventId, EventType, GlobalPosition,
    RecordedEvent, StreamVersion, Timestamp,
};

/// How far the queues have been read, and what they say up to there.
#[derive(Default)]
pub(super) struct Known {
    pub(super) book: DeadLetterBook,
    /// The last event read of the directory.
    pub(super) directory: Option<StreamVersion>,
    /// The last event read of each queue there is.
    pub(super) queues: BTreeMap<EventType, Option<StreamVersion>>,
    /// All events that were given up, and where in the log that is said.
    pub(super) given_up: BTreeMap<ConsumerName, Vec<GivenUp>>,
    /// Events that stand among dead letters and are none.
    pub(super) passed_over: u64,
}

/// An event that somebody gave up.
#[derive(Debug, Clone)]
pub(crate) struct GivenUp {
    /// The key it is of.
    pub(crate) key: Box<str>,
    pub(crate) event: EventId,
    /// Where in the log the decision stands.
    pub(crate) decided_at: GlobalPosition,
}

impl Known {
    /// Notes the next event of a queue.
    pub(super) fn note(
        &mut self,
        queue: &EventType,
        recorded: &RecordedEvent,
        event: &DeadLetterEvent,
    ) {
        self.apply(event, recorded.metadata.occurred_at(), recorded.position);
        // An event of this queue opened it, wherever the directory is read to.
        self.queues.insert(queue.clone(), Some(recorded.version));
    }

    /// Notes an event that stands among dead letters and is none.
    pub(super) fn pass_over(&mut self, recorded: &RecordedEvent) {
        self.passed_over += 1;
        tracing::warn!(stream = %recorded.stream, version = %recorded.version,
            "passed over an event that is no dead letter; find out who writes there");
    }

    /// Notes an event that stands at `position`.
    pub(super) fn apply(
        &mut self,
        event: &DeadLetterEvent,
        at: Timestamp,
        position: GlobalPosition,
    ) {
        self.book.apply(event, at);
        let (DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_)) = event else {
            return;
        };
        let about = event.consumer_and_key().zip(event.event());
        let ((consumer, key), of) = about.expect("a decision is of an event");
        let given_up = GivenUp {
            key: key.into(),
            event: of.id,
            decided_at: position,
        };
        let all = self.given_up.entry(consumer.clone()).or_default();
        all.push(given_up);
    }
}
