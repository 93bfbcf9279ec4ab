//! What is kept of a petition's letters.

use std::collections::BTreeMap;

use minwon_core::{
    ActorId, ConsumerName, DeadLetterEvent, EventRef, Failure, FailureClass, LetterGroup,
    ReactionKind, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::dead_letters::Letter;

/// What is held back of a petition, and what was given up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LetterView {
    /// In the order of the log; of each event and consumer one.
    events: Vec<FateOf>,
}

/// What became of an event of which a consumer could not go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FateOf {
    /// Whose.
    pub consumer: ConsumerName,
    /// What it blocks, or blocked.
    pub key: String,
    /// Which event.
    pub event: EventRef,
    /// Since when it is a letter, waits or is given up.
    pub since: Timestamp,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Fate {
    /// It could not be handled.
    Letter {
        /// What went wrong the last time.
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
    /// What became of the petition's events, in the order of the log.
    #[must_use]
    pub fn events(&self) -> &[FateOf] {
        &self.events
    }

    /// The letters, in the order of the log. What waits behind a letter is told of this petition
    /// alone.
    pub fn letters(&self) -> impl Iterator<Item = Letter> {
        let letters = self.events.iter().filter(|of| of.is_letter());
        letters.filter_map(|of| self.letter(of))
    }

    /// What waits for a newer program, told as letters are; it is none, for it goes on by itself.
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
        let after = match after(before, letter) {
            After::Same => return,
            After::Gone => {
                self.events.remove(place.expect("what is gone was there"));
                return;
            }
            After::Is(fate) => fate,
        };
        let is_anew = matches!(letter, DeadLetterEvent::Added(_))
            || before.map(std::mem::discriminant) != Some(std::mem::discriminant(&after));
        match place {
            Some(place) => {
                let of = &mut self.events[place];
                of.fate = after;
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
                    fate: after,
                };
                self.events.insert(behind, of);
            }
        }
    }
}

/// What an event of dead letters changes.
enum After {
    Same,
    Gone,
    Is(Fate),
}

fn after(before: Option<&Fate>, letter: &DeadLetterEvent) -> After {
    let given_up = |by: &ActorId, reason: &str, owed| {
        After::Is(Fate::GivenUp {
            by: by.clone(),
            reason: reason.to_owned(),
            owed,
        })
    };
    match (letter, before) {
        (DeadLetterEvent::Added(added), None | Some(Fate::Parked)) => After::Is(Fate::Letter {
            failure: added.failure.clone(),
            attempts: added.attempts,
            retry_requested: false,
        }),
        (DeadLetterEvent::Added(added), Some(Fate::Letter { failure, .. }))
            if failure.class == FailureClass::Newer
                && added.failure.class != FailureClass::Newer =>
        {
            After::Is(Fate::Letter {
                failure: added.failure.clone(),
                attempts: added.attempts,
                retry_requested: false,
            })
        }
        (DeadLetterEvent::Parked(_), None) => After::Is(Fate::Parked),
        (
            DeadLetterEvent::RetryRequested(_),
            Some(Fate::Letter {
                failure, attempts, ..
            }),
        ) => After::Is(Fate::Letter {
            failure: failure.clone(),
            attempts: *attempts,
            retry_requested: true,
        }),
        (
            DeadLetterEvent::RetryFailed(failed),
            Some(Fate::Letter {
                attempts,
                retry_requested: true,
                ..
            }),
        ) if failed.kind != Some(ReactionKind::Compensated) => After::Is(Fate::Letter {
            failure: failed.failure.clone(),
            attempts: attempts.saturating_add(failed.attempts),
            retry_requested: false,
        }),
        (DeadLetterEvent::RetryFailed(failed), Some(Fate::GivenUp { owed: true, .. }))
            if failed.kind != Some(ReactionKind::Handled) =>
        {
            After::Is(Fate::Letter {
                failure: failed.failure.clone(),
                attempts: failed.attempts,
                retry_requested: false,
            })
        }
        // A twin that could not make up for it was heard first.
        (DeadLetterEvent::Released(it), Some(Fate::Letter { .. } | Fate::Parked))
            if it.kind == Some(ReactionKind::Compensated) =>
        {
            let by = ActorId::new(it.consumer.as_str()).expect("names of both have one rule");
            given_up(&by, "made up for", false)
        }
        (DeadLetterEvent::Released(_), Some(Fate::Letter { .. } | Fate::Parked)) => After::Gone,
        (
            DeadLetterEvent::Released(it),
            Some(Fate::GivenUp {
                by,
                reason,
                owed: true,
            }),
        ) if it.kind != Some(ReactionKind::Handled) => given_up(by, reason, false),
        (DeadLetterEvent::Skipped(it), None | Some(Fate::Letter { .. } | Fate::Parked)) => {
            given_up(&it.by, &it.reason, false)
        }
        (DeadLetterEvent::Compensated(it), None | Some(Fate::Letter { .. } | Fate::Parked)) => {
            given_up(&it.by, &it.reason, true)
        }
        _ => After::Same,
    }
}
