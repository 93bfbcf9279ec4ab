//! What a slice has to tell of events that it holds back, until it is written down.

use std::collections::BTreeMap;

use minwon_core::{
    Added, ConsumerName, DeadLetterEvent, EventId, EventRef, GlobalPosition, Parked, Released,
};

use crate::held::Held;

/// What is told of the events of a slice with the next commit: of each event one thing.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// Written before the commit, so that the checkpoint never passes what is not durable.
    before: BTreeMap<GlobalPosition, Note>,
    /// Written after the commit: only then is it so.
    after: BTreeMap<GlobalPosition, DeadLetterEvent>,
}

#[derive(Debug)]
struct Note {
    letter: DeadLetterEvent,
    /// The event that it waits for, if it is another.
    waits_for: Option<EventId>,
}

/// What to write before a commit and after it.
#[derive(Debug, Default)]
pub(crate) struct Letters {
    pub(crate) before: Vec<(DeadLetterEvent, Option<EventId>)>,
    pub(crate) after: Vec<DeadLetterEvent>,
}

impl Notes {
    /// The key is held back, and why.
    pub(crate) fn add(&mut self, consumer: &ConsumerName, key: &str, held: &Held) {
        let added = Added {
            consumer: consumer.clone(),
            key: key.into(),
            event: held.event.clone(),
            failure: held.failure.clone(),
            attempts: held.attempts,
        };
        self.tell(held.event.position, added.into(), None);
    }

    /// Something else about the event that holds the key back.
    pub(crate) fn tell(
        &mut self,
        position: GlobalPosition,
        letter: DeadLetterEvent,
        waits_for: Option<EventId>,
    ) {
        self.after.remove(&position);
        self.before.insert(position, Note { letter, waits_for });
    }

    /// The event waits behind the one that holds the key back.
    pub(crate) fn park(
        &mut self,
        consumer: &ConsumerName,
        key: &str,
        event: EventRef,
        held: &Held,
    ) {
        let position = event.position;
        let parked = Parked {
            consumer: consumer.clone(),
            key: key.into(),
            event,
        };
        self.tell(position, parked.into(), Some(held.event.id));
    }

    /// The event is folded in, whatever was to be told of it.
    pub(crate) fn forget(&mut self, position: GlobalPosition) {
        self.before.remove(&position);
    }

    /// An event that was held back is folded in.
    pub(crate) fn release(&mut self, consumer: &ConsumerName, key: &str, event: EventRef) {
        self.forget(event.position);
        let position = event.position;
        let released = Released {
            consumer: consumer.clone(),
            key: key.into(),
            event,
            kind: None,
        };
        self.after.insert(position, released.into());
    }

    /// All of it, to be written with the commit that begins now.
    pub(crate) fn take(&mut self, letters: &mut Letters) {
        let before = std::mem::take(&mut self.before).into_values();
        let before = before.map(|Note { letter, waits_for }| (letter, waits_for));
        letters.before.extend(before);
        letters
            .after
            .extend(std::mem::take(&mut self.after).into_values());
    }
}
