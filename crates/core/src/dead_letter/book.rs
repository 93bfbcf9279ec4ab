//! What all events of dead letters come to.

use std::collections::{BTreeMap, HashMap};

use super::event::{DeadLetterEvent, EventRef, Failure};
use crate::{
    id::EventId,
    stream::GlobalPosition,
    text::{ConsumerName, EventType},
    time::Timestamp,
};

/// What all events of dead letters of a namespace come to: which events are held back, and which
/// were given up.
///
/// The order in which the queues are read does not matter, only that of each queue: an event is
/// spoken of in the queue of its type alone.
#[derive(Debug, Clone, Default)]
pub struct DeadLetterBook {
    consumers: BTreeMap<ConsumerName, ConsumerLetters>,
}

/// What is held back of one consumer.
#[derive(Debug, Clone, Default)]
pub struct ConsumerLetters {
    /// By key, and of each key in the order of the log. No key without an event.
    held: BTreeMap<Box<str>, BTreeMap<GlobalPosition, HeldEvent>>,
    /// Events that the consumer goes on without, and whether it made up for them.
    given_up: HashMap<EventId, GivenUp>,
}

/// An event that is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldEvent {
    /// Which event.
    pub event: EventRef,
    /// Why.
    pub state: HeldState,
    /// Since when.
    pub since: Timestamp,
}

/// Why an event is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeldState {
    /// It could not be handled.
    Letter {
        /// What went wrong the last time.
        failure: Failure,
        /// How often it was tried, all tries counted.
        attempts: u32,
        /// Whether somebody wants it to be tried again, and that has not happened yet.
        retry_requested: bool,
    },
    /// It waits behind one that could not.
    Parked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GivenUp {
    Skipped,
    Compensated,
}

/// Letters of one consumer with one cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterGroup {
    /// The consumer.
    pub consumer: ConsumerName,
    /// The event type, which names the queue.
    pub event_type: EventType,
    /// The [group](Failure::group) of the failure.
    pub cause: String,
}

impl DeadLetterBook {
    /// Notes an event of a queue, recorded at `at`. Events of one queue in their order, each once.
    pub fn apply(&mut self, event: &DeadLetterEvent, at: Timestamp) {
        let Some((consumer, key)) = event.consumer_and_key() else {
            return;
        };
        if !self.consumers.contains_key(consumer) {
            self.consumers
                .insert(consumer.clone(), ConsumerLetters::default());
        }
        let letters = self.consumers.get_mut(consumer).expect("just inserted");
        letters.apply(key, event, at);
    }

    /// Whether [`apply`](Self::apply) would change anything: what is true already need not be
    /// written again.
    #[must_use]
    pub fn is_news(&self, event: &DeadLetterEvent) -> bool {
        let Some((consumer, key)) = event.consumer_and_key() else {
            return true;
        };
        match self.consumers.get(consumer) {
            Some(letters) => letters.is_news(key, event),
            // Nothing is held back that could be released.
            None => !matches!(
                event,
                DeadLetterEvent::Released(_)
                    | DeadLetterEvent::RetryRequested(_)
                    | DeadLetterEvent::RetryFailed(_)
            ),
        }
    }

    /// What is held back of a consumer; none where nothing ever was.
    #[must_use]
    pub fn of(&self, consumer: &ConsumerName) -> Option<&ConsumerLetters> {
        self.consumers.get(consumer)
    }

    /// All consumers that something ever was held back of.
    pub fn consumers(&self) -> impl Iterator<Item = (&ConsumerName, &ConsumerLetters)> {
        self.consumers.iter()
    }

    /// All letters with consumer and key, parked events left out.
    pub fn letters(&self) -> impl Iterator<Item = (&ConsumerName, &str, &HeldEvent)> {
        self.consumers.iter().flat_map(|(consumer, letters)| {
            letters
                .letters()
                .map(move |(key, held)| (consumer, key, held))
        })
    }

    /// How many letters there are, by consumer, event type and cause.
    #[must_use]
    pub fn groups(&self) -> BTreeMap<LetterGroup, u64> {
        let mut groups = BTreeMap::new();
        for (consumer, _, held) in self.letters() {
            if let HeldState::Letter { failure, .. } = &held.state {
                let group = LetterGroup {
                    consumer: consumer.clone(),
                    event_type: held.event.event_type.clone(),
                    cause: failure.group.clone(),
                };
                *groups.entry(group).or_default() += 1;
            }
        }
        groups
    }
}

impl ConsumerLetters {
    /// Whether later events of `key` have to wait.
    #[must_use]
    pub fn is_blocked(&self, key: &str) -> bool {
        self.held.contains_key(key)
    }

    /// What is held back of `key`, in the order of the log.
    pub fn held(&self, key: &str) -> impl Iterator<Item = &HeldEvent> {
        self.held.get(key).into_iter().flat_map(BTreeMap::values)
    }

    /// All blocked keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.held.keys().map(AsRef::as_ref)
    }

    /// All letters with their keys, parked events left out.
    pub fn letters(&self) -> impl Iterator<Item = (&str, &HeldEvent)> {
        self.held.iter().flat_map(|(key, held)| {
            let letters = held.values().filter(|held| held.is_letter());
            letters.map(move |held| (key.as_ref(), held))
        })
    }

    /// Whether the consumer goes on without this event.
    #[must_use]
    pub fn is_given_up(&self, event: EventId) -> bool {
        self.given_up.contains_key(&event)
    }

    /// Whether any event was given up: where none was, no event needs to be asked about.
    #[must_use]
    pub fn has_given_up(&self) -> bool {
        !self.given_up.is_empty()
    }

    fn apply(&mut self, key: &str, event: &DeadLetterEvent, at: Timestamp) {
        match event {
            DeadLetterEvent::QueueOpened(_) => {}
            DeadLetterEvent::Added(added) => {
                let state = HeldState::Letter {
                    failure: added.failure.clone(),
                    attempts: added.attempts,
                    retry_requested: false,
                };
                self.hold(key, &added.event, state, at);
            }
            DeadLetterEvent::Parked(parked) => {
                // A letter of the same event says more.
                if self.find(key, &parked.event).is_none() {
                    self.hold(key, &parked.event, HeldState::Parked, at);
                }
            }
            DeadLetterEvent::RetryRequested(requested) => {
                if let Some(HeldState::Letter {
                    retry_requested, ..
                }) = self.state_mut(key, &requested.event)
                {
                    *retry_requested = true;
                }
            }
            DeadLetterEvent::RetryFailed(failed) => {
                if let Some(HeldState::Letter {
                    failure,
                    attempts,
                    retry_requested,
                }) = self.state_mut(key, &failed.event)
                {
                    *failure = failed.failure.clone();
                    *attempts += failed.attempts;
                    *retry_requested = false;
                }
            }
            DeadLetterEvent::Released(released) => self.let_go(key, &released.event),
            DeadLetterEvent::Skipped(skipped) => {
                self.let_go(key, &skipped.event);
                self.given_up.insert(skipped.event.id, GivenUp::Skipped);
            }
            DeadLetterEvent::Compensated(compensated) => {
                self.let_go(key, &compensated.event);
                self.given_up
                    .insert(compensated.event.id, GivenUp::Compensated);
            }
        }
    }

    fn is_news(&self, key: &str, event: &DeadLetterEvent) -> bool {
        let Some(event_ref) = event.event() else {
            return true;
        };
        let held = self.find(key, event_ref);
        let is_letter = held.is_some_and(HeldEvent::is_letter);
        match event {
            DeadLetterEvent::QueueOpened(_) => true,
            DeadLetterEvent::Added(_) => !is_letter && !self.is_given_up(event_ref.id),
            DeadLetterEvent::Parked(_) => held.is_none() && !self.is_given_up(event_ref.id),
            DeadLetterEvent::RetryRequested(_) => is_letter,
            // A twin has answered the request already.
            DeadLetterEvent::RetryFailed(_) => held.is_some_and(HeldEvent::is_retry_requested),
            DeadLetterEvent::Released(_) => held.is_some(),
            DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_) => {
                !self.is_given_up(event_ref.id)
            }
        }
    }

    fn find(&self, key: &str, event: &EventRef) -> Option<&HeldEvent> {
        self.held.get(key)?.get(&event.position)
    }

    fn state_mut(&mut self, key: &str, event: &EventRef) -> Option<&mut HeldState> {
        let held = self.held.get_mut(key)?.get_mut(&event.position)?;
        Some(&mut held.state)
    }

    fn hold(&mut self, key: &str, event: &EventRef, state: HeldState, since: Timestamp) {
        if !self.held.contains_key(key) {
            self.held.insert(key.into(), BTreeMap::new());
        }
        let held = self.held.get_mut(key).expect("just inserted");
        let event = HeldEvent {
            event: event.clone(),
            state,
            since,
        };
        held.insert(event.event.position, event);
    }

    fn let_go(&mut self, key: &str, event: &EventRef) {
        if let Some(held) = self.held.get_mut(key) {
            held.remove(&event.position);
            if held.is_empty() {
                self.held.remove(key);
            }
        }
    }
}

impl HeldEvent {
    /// Whether it could not be handled, rather than waits behind one that could not.
    #[must_use]
    pub const fn is_letter(&self) -> bool {
        matches!(self.state, HeldState::Letter { .. })
    }

    /// Whether somebody wants it to be tried again, and that has not happened yet.
    #[must_use]
    pub const fn is_retry_requested(&self) -> bool {
        matches!(
            self.state,
            HeldState::Letter {
                retry_requested: true,
                ..
            }
        )
    }
}
