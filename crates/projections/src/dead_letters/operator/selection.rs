//! Letters, and which of them are meant.

use minwon_core::{
    ActorId, ConsumerName, DeadLetterBook, DeadLetterEvent, EventId, EventRef, EventType, Failure,
    FailureClass, GlobalPosition, HeldEvent, HeldState, LetterGroup, RecordedEvent, Subject,
    Timestamp, in_seoul,
};
use serde::ser::SerializeStruct as _;

use super::OperatorError;

/// Which letters are meant.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Selection {
    /// All of the namespace.
    All,
    /// One event; of one consumer, or of all that could not handle it.
    Event {
        /// Whose letter.
        consumer: Option<ConsumerName>,
        /// Which event.
        event: EventAt,
    },
    /// Those of one consumer, event type and cause.
    Group(LetterGroup),
    /// Those of one queue.
    EventType(EventType),
    /// Those of one consumer.
    Consumer(ConsumerName),
    /// Those that block one key.
    Key(String),
    /// Those that a subject is stuck behind.
    #[serde(rename = "petition")]
    Subject(Subject),
    /// Events that wait for a newer program. They are in no other selection, as they go on by
    /// themselves; unless that program never comes back.
    Newer,
}

/// An event by its identity or by its place in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventAt {
    /// Its identity.
    Id(EventId),
    /// Its place.
    Position(GlobalPosition),
}

/// An event that a consumer could not handle, and what waits behind it. Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Letter {
    /// Who could not.
    pub consumer: ConsumerName,
    /// The key that is blocked.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// The last failure.
    pub failure: Failure,
    /// How often it was tried, all tries counted.
    pub attempts: u32,
    /// Since when.
    #[serde(serialize_with = "in_seoul::instant")]
    pub since: Timestamp,
    /// Whether somebody wants it to be tried again, and that has not happened yet.
    pub retry_requested: bool,
    /// The events that wait behind it, in the order of the log.
    pub parked: Vec<EventRef>,
}

/// A letter with all there is to know. The event is as it was stored, with whatever secrets are in
/// it: letter and history serialise, this does not.
#[derive(Debug, Clone)]
pub struct LetterDetail {
    /// The letter as it stands now.
    pub letter: Letter,
    /// The event itself.
    pub event: RecordedEvent,
    /// Everything that was written about it, oldest first.
    pub history: Vec<QueueEntry>,
}

/// Something that stands in a queue. Serialises as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEntry {
    /// Where in the log.
    pub position: GlobalPosition,
    /// When it happened.
    pub at: Timestamp,
    /// Who wrote it: somebody who decided, or the consumer.
    pub by: ActorId,
    /// The event.
    pub event: DeadLetterEvent,
}

impl serde::Serialize for QueueEntry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (consumer, key) = self.event.consumer_and_key().unzip();
        let mut entry = serializer.serialize_struct("QueueEntry", 8)?;
        entry.serialize_field("position", &self.position)?;
        entry.serialize_field("at", &self.at.in_seoul())?;
        entry.serialize_field("by", &self.by)?;
        entry.serialize_field("what", self.what())?;
        entry.serialize_field("consumer", &consumer)?;
        entry.serialize_field("key", &key)?;
        entry.serialize_field("event", &self.event.event())?;
        entry.serialize_field("why", &self.why())?;
        entry.end()
    }
}

impl QueueEntry {
    /// The word for its event.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match &self.event {
            DeadLetterEvent::QueueOpened(_) => "queue-opened",
            DeadLetterEvent::Added(_) => "added",
            DeadLetterEvent::Parked(_) => "parked",
            DeadLetterEvent::RetryRequested(_) => "retry-requested",
            DeadLetterEvent::RetryFailed(_) => "retry-failed",
            DeadLetterEvent::Released(_) => "released",
            DeadLetterEvent::Skipped(_) => "skipped",
            DeadLetterEvent::Compensated(_) => "compensated",
        }
    }

    /// The error, or the reason that was given; none where there is neither.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match &self.event {
            DeadLetterEvent::Added(it) => Some(&it.failure.error),
            DeadLetterEvent::RetryFailed(it) => Some(&it.failure.error),
            DeadLetterEvent::Skipped(it) => Some(&it.reason),
            DeadLetterEvent::Compensated(it) => Some(&it.reason),
            _ => None,
        }
    }

    pub(super) fn new(recorded: &RecordedEvent, event: DeadLetterEvent) -> Self {
        Self {
            position: recorded.position,
            at: recorded.metadata.occurred_at(),
            by: ActorId::stored(recorded.metadata.actor()).expect("a letter has no fault"),
            event,
        }
    }
}

impl Selection {
    /// The letters of a book that are meant, in the order of the log.
    pub(crate) fn of(&self, book: &DeadLetterBook) -> Vec<Letter> {
        let all: Box<dyn Iterator<Item = (&ConsumerName, &str, &HeldEvent)>> = match self {
            Self::Subject(subject) => Box::new(of_subject(book, subject)),
            Self::Newer => Box::new(book.waiting_for_a_newer_program()),
            _ => Box::new(book.letters()),
        };
        let meant = all.filter(|(consumer, key, held)| match &held.state {
            HeldState::Letter { failure, .. } => self.may_mean(consumer, key, &held.event, failure),
            HeldState::Parked => false,
        });
        let mut meant: Vec<_> = meant.collect();
        meant.sort_by(|a, b| place(a).cmp(&place(b)));
        let letters = meant.into_iter();
        let letters = letters.filter_map(|(consumer, key, held)| {
            Letter::of(book, consumer, key, held).filter(|letter| self.means(letter))
        });
        letters.collect()
    }

    /// Returns whether it may mean a letter, by all that is known before that is put together.
    fn may_mean(
        &self,
        consumer: &ConsumerName,
        key: &str,
        event: &EventRef,
        failure: &Failure,
    ) -> bool {
        match self {
            Self::All | Self::Subject(_) => true,
            Self::Newer => failure.class == FailureClass::Newer,
            Self::Event {
                consumer: of,
                event: wanted,
            } => of.as_ref().is_none_or(|of| of == consumer) && wanted.is(event),
            Self::Group(group) => {
                *consumer == group.consumer
                    && event.event_type == group.event_type
                    && failure.group == group.cause
            }
            Self::EventType(event_type) => event.event_type == *event_type,
            Self::Consumer(wanted) => wanted == consumer,
            Self::Key(wanted) => wanted == key,
        }
    }

    /// Returns whether it means this letter.
    pub(crate) fn means(&self, letter: &Letter) -> bool {
        if let Self::Subject(subject) = self {
            let mut events = [&letter.event].into_iter().chain(&letter.parked);
            return events.any(|event| event.subject == *subject);
        }
        self.may_mean(
            &letter.consumer,
            &letter.key,
            &letter.event,
            &letter.failure,
        )
    }
}

/// The sort key of letters: their place in the log, and who could not handle them.
fn place<'b>(
    (consumer, _, held): &(&'b ConsumerName, &'b str, &'b HeldEvent),
) -> (GlobalPosition, &'b ConsumerName) {
    (held.event.position, *consumer)
}

/// The letters under all keys that events of a subject are held back under.
fn of_subject<'b>(
    book: &'b DeadLetterBook,
    subject: &'b Subject,
) -> impl Iterator<Item = (&'b ConsumerName, &'b str, &'b HeldEvent)> {
    book.consumers().flat_map(move |(consumer, letters)| {
        letters.keys_of(subject).flat_map(move |key| {
            let held = letters.held(key).filter(|held| held.is_letter());
            held.map(move |held| (consumer, key, held))
        })
    })
}

impl EventAt {
    /// Returns whether that is this event.
    #[must_use]
    pub fn is(self, event: &EventRef) -> bool {
        match self {
            Self::Id(id) => event.id == id,
            Self::Position(position) => event.position == position,
        }
    }
}

impl Letter {
    /// None where the event only waits.
    fn of(
        book: &DeadLetterBook,
        consumer: &ConsumerName,
        key: &str,
        held: &HeldEvent,
    ) -> Option<Self> {
        let HeldState::Letter {
            failure,
            attempts,
            retry_requested,
        } = &held.state
        else {
            return None;
        };
        let behind = book
            .of(consumer)?
            .held(key)
            .filter(|other| !other.is_letter() && other.event.position > held.event.position);
        Some(Self {
            consumer: consumer.clone(),
            key: key.to_owned(),
            event: held.event.clone(),
            failure: failure.clone(),
            attempts: *attempts,
            since: held.since,
            retry_requested: *retry_requested,
            parked: behind.map(|other| other.event.clone()).collect(),
        })
    }

    /// Returns the same letter as the book has it now; none where it no longer is one.
    pub(super) fn now_in(&self, book: &DeadLetterBook) -> Option<Self> {
        let held = book.of(&self.consumer)?.find(&self.key, &self.event)?;
        Self::of(book, &self.consumer, &self.key, held)
    }

    /// Returns whether its consumer goes on without it.
    pub(super) fn is_given_up(&self, book: &DeadLetterBook) -> bool {
        let letters = book.of(&self.consumer);
        letters.is_some_and(|letters| letters.is_given_up(self.event.id))
    }

    pub(super) fn is_none(&self) -> OperatorError {
        OperatorError::NotALetter {
            consumer: self.consumer.clone(),
            event: self.event.id,
        }
    }
}
