//! The fold of all events of dead letters.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::{
    change::{LetterChange, LetterState},
    event::{DeadLetterEvent, EventRef, Failure, FailureClass, RetryRequested},
};
use crate::{
    id::EventId,
    projection::DecoderFingerprint,
    stream::GlobalPosition,
    text::{ActorId, ConsumerName, EventType, Subject},
    time::Timestamp,
};

/// The fold of all events of dead letters of a namespace: which events are held back, and which
/// were given up.
///
/// The order in which the queues are read does not matter, only that of each queue: an event is
/// spoken of in the queue of its type alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterBook {
    consumers: BTreeMap<ConsumerName, ConsumerLetters>,
}

/// The events that are held back of one consumer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConsumerLetters {
    /// By key, and of each key in the order of the log. No key without an event. Most have one or
    /// two, so they stand in a row: a node of a tree would have room for eleven.
    held: BTreeMap<Box<str>, VecDeque<HeldEvent>>,
    /// Events that the consumer goes on without, as far as anybody still has to know.
    given_up: HashSet<EventId>,
    /// Events that are to be made up for, and nobody has said yet that this is done: by key, and of
    /// each key in the order of the log. No key without an event.
    owed: BTreeMap<Box<str>, VecDeque<EventRef>>,
}

/// The open letters of one queue, of every consumer. Its serialised form is part of the stored
/// format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenQueue {
    #[serde(rename = "type")]
    event_type: EventType,
    /// With consumer and key.
    held: Vec<(ConsumerName, String, HeldEvent)>,
    /// With consumer and key.
    owed: Vec<(ConsumerName, String, EventRef)>,
}

impl OpenQueue {
    /// Returns how many events are held back or to be made up for.
    #[must_use]
    pub fn events(&self) -> usize {
        self.held.len() + self.owed.len()
    }

    /// Returns whether it is of the queue of this type, and so is all that is in it.
    #[must_use]
    pub fn is_of(&self, event_type: &EventType) -> bool {
        let held = self.held.iter().map(|(.., held)| &held.event);
        let mut events = held.chain(self.owed.iter().map(|(.., owed)| owed));
        self.event_type == *event_type && events.all(|event| event.event_type == *event_type)
    }
}

/// An event that is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldEvent {
    /// Which event.
    pub event: EventRef,
    /// Why.
    pub state: HeldState,
    /// Since when.
    pub since: Timestamp,
}

/// Why an event is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HeldState {
    /// It could not be handled.
    Letter {
        /// The last failure.
        failure: Failure,
        /// How often it was tried, all tries counted.
        attempts: u32,
        /// Whether somebody wants it to be tried again, and that has not happened yet.
        retry_requested: bool,
    },
    /// It waits behind one that could not.
    Parked,
}

/// Who asks for another try when a decoder has changed.
const UPGRADE: &str = "upgrade";

/// Letters of one consumer with one cause.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct LetterGroup {
    /// The consumer.
    pub consumer: ConsumerName,
    /// The event type, which names the queue.
    pub event_type: EventType,
    /// The [group](Failure::group) of the failure.
    pub cause: String,
}

impl DeadLetterBook {
    /// Notes an event of a queue that happened at `at`. Events of one queue in their order. An
    /// event that [is no news](Self::is_news) changes nothing.
    pub fn apply(&mut self, event: &DeadLetterEvent, at: Timestamp) {
        let Some((consumer, key)) = event.consumer_and_key() else {
            return;
        };
        if !self.is_news(event) {
            return;
        }
        let letters = self.consumers.entry(consumer.clone()).or_default();
        letters.apply(key, event, at);
    }

    /// Returns whether [`apply`](Self::apply) would change anything: what is true already need not
    /// be written again.
    #[must_use]
    pub fn is_news(&self, event: &DeadLetterEvent) -> bool {
        let Some((consumer, key)) = event.consumer_and_key() else {
            return true;
        };
        let state = match (self.consumers.get(consumer), event.event()) {
            (_, None) => return true,
            (None, Some(_)) => LetterState::None,
            (Some(letters), Some(event)) => letters.state(key, event),
        };
        state.after(event).is_some()
    }

    /// Forgets that a consumer goes on without an event. Only where nobody can come upon the event
    /// any more: it would be as one of which nothing was ever said.
    pub fn forget_given_up(&mut self, consumer: &ConsumerName, event: EventId) {
        if let Some(letters) = self.consumers.get_mut(consumer) {
            letters.given_up.remove(&event);
        }
    }

    /// Takes over that a consumer goes on without an event that is not held back.
    pub fn give_up(&mut self, consumer: &ConsumerName, event: EventId) {
        let letters = self.consumers.entry(consumer.clone()).or_default();
        letters.given_up.insert(event);
    }

    /// The open letters of one queue: the fold of its events, without what is settled.
    #[must_use]
    pub fn open_of(&self, event_type: &EventType) -> OpenQueue {
        let mut open = OpenQueue {
            event_type: event_type.clone(),
            held: Vec::new(),
            owed: Vec::new(),
        };
        for (consumer, letters) in &self.consumers {
            for (key, held) in &letters.held {
                let held = held.iter().filter(|it| it.event.event_type == *event_type);
                let held = held.map(|it| (consumer.clone(), key.to_string(), it.clone()));
                open.held.extend(held);
            }
            for (key, owed) in &letters.owed {
                let owed = owed.iter().filter(|it| it.event_type == *event_type);
                let owed = owed.map(|it| (consumer.clone(), key.to_string(), it.clone()));
                open.owed.extend(owed);
            }
        }
        open
    }

    /// Takes over what was [open](Self::open_of) of a queue of which nothing is known yet.
    pub fn restore(&mut self, open: OpenQueue) {
        for (consumer, key, held) in open.held {
            let letters = self.consumers.entry(consumer).or_default();
            letters.hold(&key, held);
        }
        for (consumer, key, event) in open.owed {
            let letters = self.consumers.entry(consumer).or_default();
            letters.owe(&key, &event);
        }
    }

    /// The events that are held back of a consumer; none where none ever was.
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

    /// All events with consumer and key that wait for a newer program: no letters, as they go on by
    /// themselves.
    pub fn waiting_for_a_newer_program(
        &self,
    ) -> impl Iterator<Item = (&ConsumerName, &str, &HeldEvent)> {
        let all = self.consumers.iter().flat_map(|(consumer, letters)| {
            let held = letters.held.iter();
            held.flat_map(move |(key, held)| held.iter().map(move |one| (consumer, &**key, one)))
        });
        all.filter(|(.., held)| held.waits_for_a_newer_program())
    }

    /// Returns how many keys wait for a newer program, those of each consumer counted.
    #[must_use]
    pub fn newer_keys(&self) -> usize {
        let held = self.consumers.values().flat_map(|it| it.held.values());
        let first = held.filter_map(VecDeque::front);
        first.filter(|it| it.waits_for_a_newer_program()).count()
    }

    /// Returns how many letters there are, by consumer, event type and cause.
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
    /// Returns whether later events of `key` have to wait.
    #[must_use]
    pub fn is_blocked(&self, key: &str) -> bool {
        self.held.contains_key(key)
    }

    /// The events of `key` that are held back, in the order of the log.
    pub fn held(&self, key: &str) -> impl Iterator<Item = &HeldEvent> {
        self.held.get(key).into_iter().flatten()
    }

    /// Returns whether this event is held back.
    #[must_use]
    pub fn is_held(&self, key: &str, event: &EventRef) -> bool {
        self.find(key, event).is_some()
    }

    /// Events of `key` that somebody decided to make up for, in the order of the log, as long as
    /// that is not done. Whoever makes up for events says so when it is: with
    /// [`Released`](super::Released), or with [`RetryFailed`](super::RetryFailed) where it failed;
    /// then the event is a letter again. For those that cannot, as projections, this means nothing.
    pub fn owed(&self, key: &str) -> impl Iterator<Item = &EventRef> {
        self.owed.get(key).into_iter().flatten()
    }

    /// All keys of which events are to be made up for.
    pub fn owing_keys(&self) -> impl Iterator<Item = &str> {
        self.owed.keys().map(AsRef::as_ref)
    }

    /// All blocked keys.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.held.keys().map(AsRef::as_ref)
    }

    /// The keys under which events of a subject are held back.
    pub fn keys_of<'b>(&'b self, subject: &'b Subject) -> impl Iterator<Item = &'b str> {
        let is_of = |held: &HeldEvent| held.event.subject == *subject;
        let keys = self.held.iter();
        let keys = keys.filter(move |(_, held)| held.iter().any(is_of));
        keys.map(|(key, _)| &**key)
    }

    /// All letters with their keys, parked events left out.
    pub fn letters(&self) -> impl Iterator<Item = (&str, &HeldEvent)> {
        self.held.iter().flat_map(|(key, held)| {
            let letters = held.iter().filter(|held| held.is_letter());
            letters.map(move |held| (key.as_ref(), held))
        })
    }

    /// The requests to write when a decoder with this fingerprint takes over some keys of
    /// `consumer`: that what another one could not read is tried again. In no order of importance.
    pub fn requests_after_upgrade(
        &self,
        consumer: &ConsumerName,
        decoder: Option<DecoderFingerprint>,
        is_ours: impl Fn(&str) -> bool,
    ) -> Vec<DeadLetterEvent> {
        let may_pass = |held: &&HeldEvent| match &held.state {
            HeldState::Letter {
                failure,
                retry_requested: false,
                ..
            } => failure.may_pass_with(decoder),
            _ => false,
        };
        let ours = self.held.iter().filter(|(key, _)| is_ours(key));
        let first = ours.filter_map(|(key, held)| Some((key, held.front()?)));
        let requests = first.filter(|(_, held)| may_pass(held)).map(|(key, held)| {
            DeadLetterEvent::from(RetryRequested {
                consumer: consumer.clone(),
                key: key.to_string(),
                event: held.event.clone(),
                by: ActorId::new(UPGRADE).expect("a word"),
            })
        });
        requests.collect()
    }

    /// Returns whether the consumer goes on without this event, where that was not
    /// [forgotten](DeadLetterBook::forget_given_up).
    #[must_use]
    pub fn is_given_up(&self, event: EventId) -> bool {
        self.given_up.contains(&event)
    }

    fn apply(&mut self, key: &str, letter: &DeadLetterEvent, at: Timestamp) {
        let Some(event) = letter.event() else { return };
        match self.state(key, event).after(letter) {
            None => {}
            Some(LetterChange::Letter(failure, attempts)) => {
                let before = self.find(key, event).map(|held| held.since);
                let is_added = matches!(letter, DeadLetterEvent::Added(_));
                self.no_longer_owed(key, event);
                self.given_up.remove(&event.id);
                let state = HeldState::Letter {
                    failure: failure.clone(),
                    attempts,
                    retry_requested: false,
                };
                let since = before.filter(|_| !is_added).unwrap_or(at);
                let event = event.clone();
                let held = HeldEvent {
                    event,
                    state,
                    since,
                };
                self.hold(key, held);
            }
            Some(LetterChange::Asked) => {
                if let Some(HeldState::Letter {
                    retry_requested, ..
                }) = self.state_mut(key, event)
                {
                    *retry_requested = true;
                }
            }
            Some(LetterChange::Parked) => {
                let held = HeldEvent {
                    event: event.clone(),
                    state: HeldState::Parked,
                    since: at,
                };
                self.hold(key, held);
            }
            Some(LetterChange::Gone) => self.let_go(key, event),
            Some(LetterChange::GivenUp { owed }) => {
                self.let_go(key, event);
                self.given_up.insert(event.id);
                if owed {
                    self.owe(key, event);
                } else {
                    self.no_longer_owed(key, event);
                }
            }
        }
    }

    /// The state of an event under `key`.
    fn state(&self, key: &str, event: &EventRef) -> LetterState {
        match self.find(key, event).map(|held| &held.state) {
            Some(HeldState::Letter {
                failure,
                attempts,
                retry_requested,
            }) => LetterState::Letter {
                is_newer: failure.class == FailureClass::Newer,
                is_asked: *retry_requested,
                attempts: *attempts,
            },
            Some(HeldState::Parked) => LetterState::Parked,
            None if self.is_owed(key, event) => LetterState::GivenUp { owed: true },
            None if self.is_given_up(event.id) => LetterState::GivenUp { owed: false },
            None => LetterState::None,
        }
    }

    /// The entry of this event under `key`; none where it is not held back.
    #[must_use]
    pub fn find(&self, key: &str, event: &EventRef) -> Option<&HeldEvent> {
        let held = self.held.get(key)?;
        let place = place_of(held, event.position).ok()?;
        held.get(place)
    }

    fn is_owed(&self, key: &str, event: &EventRef) -> bool {
        let is_it = |owed: &EventRef| owed.position == event.position;
        self.owed(key).any(is_it)
    }

    fn owe(&mut self, key: &str, event: &EventRef) {
        if self.is_owed(key, event) {
            return;
        }
        let owed = self.owed.entry(key.into()).or_default();
        let place = owed.partition_point(|before| before.position < event.position);
        insert(owed, place, event.clone());
    }

    fn no_longer_owed(&mut self, key: &str, event: &EventRef) {
        if let Some(owed) = self.owed.get_mut(key) {
            owed.retain(|owed| owed.position != event.position);
            if owed.is_empty() {
                self.owed.remove(key);
            }
        }
    }

    fn state_mut(&mut self, key: &str, event: &EventRef) -> Option<&mut HeldState> {
        let held = self.held.get_mut(key)?;
        let place = place_of(held, event.position).ok()?;
        Some(&mut held.get_mut(place)?.state)
    }

    fn hold(&mut self, key: &str, event: HeldEvent) {
        let held = self.held.entry(key.into()).or_default();
        match place_of(held, event.event.position) {
            Ok(place) => held[place] = event,
            Err(place) => insert(held, place, event),
        }
    }

    fn let_go(&mut self, key: &str, event: &EventRef) {
        let Some(held) = self.held.get_mut(key) else {
            return;
        };
        if let Ok(place) = place_of(held, event.position) {
            held.remove(place);
        }
        if held.is_empty() {
            self.held.remove(key);
        }
    }
}

/// Where an event stands among those of its key, or would stand.
fn place_of(held: &VecDeque<HeldEvent>, position: GlobalPosition) -> Result<usize, usize> {
    held.binary_search_by_key(&position, |held| held.event.position)
}

/// Makes room for one more and not for four, of which most keys have none.
fn insert<E>(row: &mut VecDeque<E>, place: usize, event: E) {
    if row.len() < 2 {
        row.reserve_exact(1);
    }
    row.insert(place, event);
}

impl HeldEvent {
    /// Returns whether it could not be handled, rather than waits: behind one that could not, or
    /// for a newer program.
    #[must_use]
    pub fn is_letter(&self) -> bool {
        matches!(&self.state, HeldState::Letter { failure, .. } if failure.class != FailureClass::Newer)
    }

    /// Returns whether a newer program wrote it, for which its key waits.
    #[must_use]
    pub fn waits_for_a_newer_program(&self) -> bool {
        matches!(&self.state, HeldState::Letter { failure, .. } if failure.class == FailureClass::Newer)
    }

    /// Returns whether somebody wants it to be tried again, and that has not happened yet.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        dead_letter::{Added, Compensated, Parked, Released, RetryFailed},
        id::CommandId,
        reactor::ReactionKind,
        stream::StreamVersion,
        text::{ActorId, Subject},
    };

    fn consumer() -> ConsumerName {
        ConsumerName::new("noting").unwrap()
    }

    fn event(at: u64) -> EventRef {
        EventRef {
            position: GlobalPosition::new(at),
            stream: "general_GeneralApplication-1".parse().unwrap(),
            version: StreamVersion::new(at),
            id: CommandId::derive(&[1; 16], at.to_string()).event_id(0),
            event_type: EventType::new("Filed").unwrap(),
            subject: Subject::new("p").unwrap(),
        }
    }

    fn book(events: impl IntoIterator<Item = DeadLetterEvent>) -> DeadLetterBook {
        let mut book = DeadLetterBook::default();
        for event in events {
            assert!(book.is_news(&event), "{event:?}");
            book.apply(&event, Timestamp::UNIX_EPOCH);
            let once = matches!(event, DeadLetterEvent::RetryFailed(_));
            assert!(once || !book.is_news(&event), "{event:?}");
        }
        book
    }

    fn parked(at: u64) -> DeadLetterEvent {
        let (consumer, key, event) = (consumer(), "p".into(), event(at));
        DeadLetterEvent::from(Parked {
            consumer,
            key,
            event,
        })
    }

    fn compensated(at: u64) -> DeadLetterEvent {
        DeadLetterEvent::from(Compensated {
            consumer: consumer(),
            key: "p".into(),
            event: event(at),
            by: ActorId::new("officer").unwrap(),
            reason: "cannot be".into(),
        })
    }

    fn released(at: u64) -> DeadLetterEvent {
        let (consumer, key, event) = (consumer(), "p".into(), event(at));
        DeadLetterEvent::from(Released {
            consumer,
            key,
            event,
            kind: None,
        })
    }

    fn retry_failed(at: u64) -> DeadLetterEvent {
        DeadLetterEvent::from(RetryFailed {
            consumer: consumer(),
            key: "p".into(),
            event: event(at),
            failure: Failure::of_text(FailureClass::Handler, "no making up"),
            attempts: 4,
            kind: None,
        })
    }

    fn added(at: u64, class: FailureClass, decoder: Option<DecoderFingerprint>) -> DeadLetterEvent {
        DeadLetterEvent::from(Added {
            consumer: consumer(),
            key: "p".into(),
            event: event(at),
            failure: Failure::of_text(class, "unknown").by(decoder),
            attempts: 1,
        })
    }

    #[test]
    fn what_waits_for_a_newer_program_holds_its_key_and_is_no_letter() {
        let old = Some(DecoderFingerprint::of("v1"));
        let waiting = book([added(1, FailureClass::Newer, old), parked(2)]);
        let letters = waiting.of(&consumer()).unwrap();
        assert!(letters.is_blocked("p") && letters.is_held("p", &event(1)));
        assert_eq!(waiting.letters().count(), 0);
        assert!(waiting.groups().is_empty());
        assert_eq!(waiting.newer_keys(), 1);
        let mut gone = waiting.clone();
        gone.apply(&released(1), Timestamp::UNIX_EPOCH);
        assert_eq!(gone.newer_keys(), 0);
        // Whoever cannot read it says more.
        let news = added(1, FailureClass::Undecodable, old);
        assert!(waiting.is_news(&news));
        book([added(1, FailureClass::Newer, old), news]);
    }

    #[test]
    fn another_decoder_asks_once_for_the_first_of_each_key_that_it_may_read() {
        let [old, new] = ["v1", "v2"].map(|it| Some(DecoderFingerprint::of(it)));
        for (class, recorded, asked_by) in [
            (FailureClass::Newer, old, vec![None, new]),
            (FailureClass::Newer, None, vec![None, old, new]),
            (FailureClass::Undecodable, old, vec![new]),
            (FailureClass::Undecodable, None, vec![old, new]),
            (FailureClass::Damaged, old, vec![]),
            (FailureClass::Handler, None, vec![]),
        ] {
            let mut held = book([added(1, class, recorded), parked(2)]);
            for decoder in [None, old, new] {
                let letters = held.of(&consumer()).unwrap();
                let all = letters.requests_after_upgrade(&consumer(), decoder, |_| true);
                assert_eq!(
                    all.len(),
                    usize::from(asked_by.contains(&decoder)),
                    "{class:?}"
                );
                let none = letters.requests_after_upgrade(&consumer(), decoder, |_| false);
                assert!(none.is_empty());
            }
            let letters = held.of(&consumer()).unwrap();
            let asked = letters.requests_after_upgrade(&consumer(), new, |_| true);
            for request in &asked {
                held.apply(request, Timestamp::UNIX_EPOCH);
            }
            let letters = held.of(&consumer()).unwrap();
            let again = letters.requests_after_upgrade(&consumer(), new, |_| true);
            assert!(again.is_empty(), "it is asked for already");
        }
    }

    fn owed(letters: &ConsumerLetters) -> Vec<u64> {
        let owed = letters.owed("p");
        owed.map(|event| event.position.commit()).collect()
    }

    #[test]
    fn what_is_to_be_made_up_for_is_owed_until_somebody_says_that_it_is_done() {
        let decided = book([parked(1), parked(2), compensated(2), compensated(1)]);
        let letters = decided.of(&consumer()).unwrap();
        assert_eq!(owed(letters), [1, 2]);
        assert_eq!(letters.owing_keys().collect::<Vec<_>>(), ["p"]);
        assert!(!letters.is_blocked("p") && letters.is_given_up(event(1).id));
        let done = book([parked(1), compensated(1), released(1)]);
        let letters = done.of(&consumer()).unwrap();
        assert!(owed(letters).is_empty());
        assert_eq!(letters.owing_keys().count(), 0);
        assert!(letters.is_given_up(event(1).id), "it stays so for ever");
    }

    #[test]
    fn the_keys_that_events_of_a_subject_are_held_under_are_known() {
        let under = |key: &str, at: u64| {
            let (consumer, event) = (consumer(), event(at));
            let key = key.to_owned();
            let parked = Parked {
                consumer,
                key,
                event,
            };
            DeadLetterEvent::from(parked)
        };
        let away = |key: &str, at: u64| {
            let (consumer, event) = (consumer(), event(at));
            let key = key.to_owned();
            DeadLetterEvent::from(Released {
                consumer,
                key,
                event,
                kind: None,
            })
        };
        let keys = |events: Vec<DeadLetterEvent>| {
            let book = book(events);
            let letters = book.of(&consumer()).unwrap();
            let subject = Subject::new("p").unwrap();
            letters
                .keys_of(&subject)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            keys(vec![under("p", 1), under("office", 2)]),
            ["office", "p"]
        );
        assert_eq!(keys(vec![under("q", 1)]), ["q"]);
        let two = vec![under("q", 1), under("q", 2), away("q", 1)];
        assert_eq!(keys(two), ["q"]);
        let gone = vec![under("q", 1), under("q", 2), away("q", 1), away("q", 2)];
        assert_eq!(keys(gone), [""; 0]);
    }

    #[test]
    fn what_is_open_of_a_queue_is_taken_over_and_its_form_is_frozen() {
        let kept = book([
            added(1, FailureClass::Newer, None),
            parked(2),
            parked(3),
            compensated(3),
        ]);
        let open = kept.open_of(&event(1).event_type);
        assert_eq!(open.events(), 3);
        let [first, second, third] = [1, 2, 3].map(|at| serde_json::to_string(&event(at)).unwrap());
        let json = format!(
            r#"{{"type":"Filed","held":[["noting","p",{{"event":{first},"state":{{"letter":{{"failure":{{"class":"newer","error":"unknown","group":"unknown"}},"attempts":1,"retry_requested":false}}}},"since":"1970-01-01T00:00:00Z"}}],["noting","p",{{"event":{second},"state":"parked","since":"1970-01-01T00:00:00Z"}}]],"owed":[["noting","p",{third}]]}}"#
        );
        assert_eq!(serde_json::to_string(&open).unwrap(), json);
        let read: OpenQueue = serde_json::from_str(&json).unwrap();
        assert_eq!(read, open);
        let mut restored = DeadLetterBook::default();
        restored.restore(read);
        restored.give_up(&consumer(), event(3).id);
        assert_eq!(restored, kept);
        let other = EventType::new("Received").unwrap();
        assert!(open.is_of(&event(1).event_type) && !open.is_of(&other));
        assert_eq!(kept.open_of(&other).events(), 0);
    }

    fn retry_requested(at: u64) -> DeadLetterEvent {
        DeadLetterEvent::from(RetryRequested {
            consumer: consumer(),
            key: "p".into(),
            event: event(at),
            by: ActorId::new("officer").unwrap(),
        })
    }

    fn saying(mut event: DeadLetterEvent, said: ReactionKind) -> DeadLetterEvent {
        match &mut event {
            DeadLetterEvent::Released(it) => it.kind = Some(said),
            DeadLetterEvent::RetryFailed(it) => it.kind = Some(said),
            _ => {}
        }
        event
    }

    /// Of two twins that make up for one event, one fails and is heard first.
    #[test]
    fn what_was_made_up_for_is_given_up_though_a_twin_failed() {
        let made_up =
            [released(1), retry_failed(1)].map(|it| saying(it, ReactionKind::Compensated));
        let [done, failed] = made_up;
        let both = book([parked(1), compensated(1), failed.clone(), done.clone()]);
        let letters = both.of(&consumer()).unwrap();
        assert!(!letters.is_blocked("p") && letters.is_given_up(event(1).id));
        let other_way = book([parked(1), compensated(1), done]);
        assert!(!other_way.is_news(&failed));
    }

    /// A retry is at work when somebody decides to make up for the event.
    #[test]
    fn a_retry_says_nothing_of_making_up() {
        let asked = [
            added(1, FailureClass::Handler, None),
            retry_requested(1),
            compensated(1),
        ];
        let decided = book(asked);
        for late in [released(1), retry_failed(1)] {
            assert!(!decided.is_news(&saying(late, ReactionKind::Handled)));
        }
    }

    #[test]
    fn what_could_not_be_made_up_for_is_a_letter_again() {
        let failed = book([parked(1), compensated(1), retry_failed(1)]);
        let letters = failed.of(&consumer()).unwrap();
        assert!(owed(letters).is_empty());
        assert!(letters.is_held("p", &event(1)) && !letters.is_given_up(event(1).id));
        assert!(letters.held("p").all(HeldEvent::is_letter));
        book([parked(1), compensated(1), retry_failed(1), compensated(1)]);
    }
}
