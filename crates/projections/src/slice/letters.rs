//! The letters that a slice has to write about events it holds back.

use std::collections::BTreeMap;

use minwon_core::{
    Added, ConsumerName, DeadLetterEvent, EventId, EventRef, GlobalPosition, Parked, RecordedEvent,
    Released, RetryFailed,
};

use crate::{dead_letters::Traces, held::Held};

/// Letters that are written with the next commit of a slice: about each event one.
#[derive(Debug)]
pub(crate) struct PendingLetters {
    consumer: ConsumerName,
    /// Written before the commit, so that the checkpoint never passes an event whose letter is not
    /// durable.
    before: BTreeMap<GlobalPosition, Before>,
    /// Written after the commit, which makes them true.
    after: BTreeMap<GlobalPosition, DeadLetterEvent>,
    /// The traces of the events that they speak of, as far as those were read.
    traces: Traces,
}

/// A letter to write before a commit.
#[derive(Debug)]
pub(crate) struct Before {
    pub(crate) letter: DeadLetterEvent,
    /// The event that it waits behind, if it is another.
    pub(crate) waits_for: Option<EventId>,
}

/// The letters to write before a commit and after it.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    pub(crate) before: Vec<Before>,
    pub(crate) after: Vec<DeadLetterEvent>,
    pub(crate) traces: Traces,
}

impl PendingLetters {
    pub(crate) fn new(consumer: ConsumerName) -> Self {
        Self {
            consumer,
            before: BTreeMap::new(),
            after: BTreeMap::new(),
            traces: Traces::default(),
        }
    }

    /// An event that is held back was read.
    pub(crate) fn note_trace(&mut self, event: &RecordedEvent) {
        self.traces.note(event);
    }

    /// The key is held back, and why.
    pub(crate) fn add(&mut self, key: &str, held: &Held) {
        let added = Added {
            consumer: self.consumer.clone(),
            key: key.into(),
            event: held.event.clone(),
            failure: held.failure.clone(),
            attempts: held.attempts,
        };
        self.write_before(held.event.position, added.into(), None);
    }

    /// The event that holds the key back failed again, after so many attempts.
    pub(crate) fn fail_again(&mut self, key: &str, held: &Held, attempts: u32) {
        let failed = RetryFailed {
            consumer: self.consumer.clone(),
            key: key.into(),
            event: held.event.clone(),
            failure: held.failure.clone(),
            attempts,
            kind: None,
        };
        self.write_before(held.event.position, failed.into(), None);
    }

    /// The event waits behind the one that holds the key back.
    pub(crate) fn park(&mut self, key: &str, event: EventRef, held: &Held) {
        let position = event.position;
        let parked = Parked {
            consumer: self.consumer.clone(),
            key: key.into(),
            event,
        };
        self.write_before(position, parked.into(), Some(held.event.id));
    }

    fn write_before(
        &mut self,
        position: GlobalPosition,
        letter: DeadLetterEvent,
        waits_for: Option<EventId>,
    ) {
        self.after.remove(&position);
        self.before.insert(position, Before { letter, waits_for });
    }

    /// The event is folded in: nothing has to be written about it.
    pub(crate) fn forget(&mut self, position: GlobalPosition) {
        self.before.remove(&position);
    }

    /// An event that was held back is folded in.
    pub(crate) fn release(&mut self, key: &str, event: EventRef) {
        let position = event.position;
        self.forget(position);
        let released = Released {
            consumer: self.consumer.clone(),
            key: key.into(),
            event,
            kind: None,
        };
        self.after.insert(position, released.into());
    }

    /// All of them, for the commit that begins now.
    pub(crate) fn take(&mut self) -> Letters {
        Letters {
            before: std::mem::take(&mut self.before).into_values().collect(),
            after: std::mem::take(&mut self.after).into_values().collect(),
            traces: std::mem::take(&mut self.traces),
        }
    }
}

impl Letters {
    pub(crate) fn append(&mut self, mut others: Self) {
        self.before.append(&mut others.before);
        self.after.append(&mut others.after);
        self.traces.append(others.traces);
    }
}
