//! The view of a subject's letters.

use std::collections::BTreeMap;

use minwon_core::{
    ActorId, ConsumerName, DeadLetterEvent, EventRef, Failure, FailureClass, LetterChange,
    LetterGroup, LetterState, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::dead_letters::Letter;

/// The events of a subject that are held back, and those that were given up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterView {
    /// In the order of the log; of each event and consumer one.
    events: Vec<FateOf>,
}

/// The fate of an event that a consumer could not handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FateOf {
    /// Whose.
    pub consumer: ConsumerName,
    /// The key that it blocks, or blocked.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// Since when it is a letter, waits or is given up.
    pub since: Timestamp,
    /// Its fate.
    pub fate: Fate,
}

/// The fate of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fate {
    /// It could not be handled.
    Letter {
        /// The last failure.
        failure: Failure,
        /// How often it was tried, all tries counted.
        attempts: u32,
        /// Whether somebody wants it to be tried again, and that has not happened yet.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        retry_requested: bool,
    },
    /// It waits behind one that could not.
    Parked,
    /// Somebody decided that the consumer goes on without it.
    GivenUp {
        /// Who.
        by: ActorId,
        /// Why.
        reason: String,
        /// Whether it is still to be made up for.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        owed: bool,
    },
}

impl FateOf {
    fn is(&self, consumer: &ConsumerName, event: &EventRef) -> bool {
        self.event.id == event.id && self.consumer == *consumer
    }

    fn failure(&self) -> Option<&Failure> {
        match &self.fate {
            Fate::Letter { failure, .. } => Some(failure),
            Fate::Parked | Fate::GivenUp { .. } => None,
        }
    }

    fn is_letter(&self) -> bool {
        let failure = self.failure();
        failure.is_some_and(|failure| failure.class != FailureClass::Newer)
    }

    fn waits_for_a_newer_program(&self) -> bool {
        let failure = self.failure();
        failure.is_some_and(|failure| failure.class == FailureClass::Newer)
    }

    fn waits(&self) -> bool {
        self.fate == Fate::Parked || self.waits_for_a_newer_program()
    }
}

impl LetterView {
    /// The fates of the subject's events, in the order of the log.
    #[must_use]
    pub fn events(&self) -> &[FateOf] {
        &self.events
    }

    /// Returns the letters, in the order of the log. Of the events that wait behind a letter only
    /// those of this subject are counted.
    pub fn letters(&self) -> impl Iterator<Item = Letter> {
        let letters = self.events.iter().filter(|of| of.is_letter());
        letters.filter_map(|of| self.letter(of))
    }

    /// Returns the events that wait for a newer program, in the form of letters. They are not
    /// letters, as they go on by themselves.
    pub fn waiting_for_a_newer_program(&self) -> impl Iterator<Item = Letter> {
        let newer = self.events.iter();
        let newer = newer.filter(|of| of.waits_for_a_newer_program());
        newer.filter_map(|of| self.letter(of))
    }

    fn letter(&self, of: &FateOf) -> Option<Letter> {
        let Fate::Letter {
            failure,
            attempts,
            retry_requested,
        } = &of.fate
        else {
            return None;
        };
        let waits = |other: &&FateOf| {
            other.waits()
                && (&other.consumer, &other.key) == (&of.consumer, &of.key)
                && other.event.position > of.event.position
        };
        let parked = self.events.iter().filter(waits);
        Some(Letter {
            consumer: of.consumer.clone(),
            key: of.key.clone(),
            event: of.event.clone(),
            failure: failure.clone(),
            attempts: *attempts,
            since: of.since,
            retry_requested: *retry_requested,
            parked: parked.map(|other| other.event.clone()).collect(),
        })
    }

    pub(super) fn groups(&self) -> BTreeMap<LetterGroup, usize> {
        let mut groups = BTreeMap::new();
        for of in self.events.iter().filter(|of| of.is_letter()) {
            if let Some(failure) = of.failure() {
                let group = LetterGroup {
                    consumer: of.consumer.clone(),
                    event_type: of.event.event_type.clone(),
                    cause: failure.group.clone(),
                };
                *groups.entry(group).or_default() += 1;
            }
        }
        groups
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Notes what happened to an event, as [`DeadLetterBook`](minwon_core::DeadLetterBook) does.
    pub(super) fn apply(&mut self, letter: &DeadLetterEvent, at: Timestamp) {
        let Some(((consumer, key), event)) = letter.consumer_and_key().zip(letter.event()) else {
            return;
        };
        let place = self.events.iter().position(|of| of.is(consumer, event));
        let before = place.map(|place| &self.events[place].fate);
        let Some(change) = before.map_or(LetterState::None, Fate::state).after(letter) else {
            return;
        };
        let fate = match (change, before) {
            (LetterChange::Gone, _) => {
                self.events.remove(place.expect("what is gone was there"));
                return;
            }
            (LetterChange::Letter(failure, attempts), _) => Fate::Letter {
                failure: failure.clone(),
                attempts,
                retry_requested: false,
            },
            (
                LetterChange::Asked,
                Some(Fate::Letter {
                    failure, attempts, ..
                }),
            ) => Fate::Letter {
                failure: failure.clone(),
                attempts: *attempts,
                retry_requested: true,
            },
            (LetterChange::Asked, _) => unreachable!("only letters are asked for"),
            (LetterChange::Parked, _) => Fate::Parked,
            (LetterChange::GivenUp { owed }, before) => given_up(letter, before, consumer, owed),
        };
        let is_anew = matches!(letter, DeadLetterEvent::Added(_))
            || before.map(std::mem::discriminant) != Some(std::mem::discriminant(&fate));
        match place {
            Some(place) => {
                let of = &mut self.events[place];
                of.fate = fate;
                if is_anew {
                    of.since = at;
                }
            }
            None => {
                let behind = self
                    .events
                    .partition_point(|of| of.event.position <= event.position);
                let of = FateOf {
                    consumer: consumer.clone(),
                    key: key.to_owned(),
                    event: event.clone(),
                    since: at,
                    fate,
                };
                self.events.insert(behind, of);
            }
        }
    }
}

impl Fate {
    fn state(&self) -> LetterState {
        match self {
            Self::Letter {
                failure,
                attempts,
                retry_requested,
            } => LetterState::Letter {
                is_newer: failure.class == FailureClass::Newer,
                is_asked: *retry_requested,
                attempts: *attempts,
            },
            Self::Parked => LetterState::Parked,
            Self::GivenUp { owed, .. } => LetterState::GivenUp { owed: *owed },
        }
    }
}

/// By whom an event is given up, and why.
fn given_up(
    letter: &DeadLetterEvent,
    before: Option<&Fate>,
    consumer: &ConsumerName,
    owed: bool,
) -> Fate {
    let (by, reason) = match (letter, before) {
        (DeadLetterEvent::Skipped(it), _) => (it.by.clone(), it.reason.clone()),
        (DeadLetterEvent::Compensated(it), _) => (it.by.clone(), it.reason.clone()),
        (_, Some(Fate::GivenUp { by, reason, .. })) => (by.clone(), reason.clone()),
        // A twin that could not make up for it was heard first.
        _ => {
            let by = ActorId::stored(consumer.as_str()).expect("names of both have one rule");
            (by, "made up for".to_owned())
        }
    };
    Fate::GivenUp { by, reason, owed }
}
