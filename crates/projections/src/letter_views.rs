//! The dead letters of a namespace as a read model: of each subject what is held back of it, and
//! what was given up.

mod reader;
mod view;

#[cfg(test)]
mod tests;

use std::{fmt, marker::PhantomData};

use minwon_core::{
    DeadLetterEvent, GlobalPosition, IndexEntry, IndexName, LetterGroup, Lookup, Projection,
    ProjectionName, RecordedEvent, StreamName, ViewKey, ViewSchema,
};

pub use self::{
    reader::{LetterPage, LetterReader},
    view::{Fate, FateOf, LetterView},
};
use crate::dead_letters::Letter;

/// Letters in the order of the log, by what the partition names: see [`list_of`].
const LETTERS: IndexName = IndexName::new("letters");

/// How many letters there are.
const COUNTS: IndexName = IndexName::new("letter-counts");

/// Where a letter is found by its event, by id or by place.
const EVENTS: IndexName = IndexName::new("letter-events");

/// The list of all letters, and the group of all counts.
const ALL: &str = "all";

/// The list of what waits for a newer program.
const NEWER: &str = "newer";

/// The projection of dead letters: each subject's in a view. [`LetterReader`] asks it.
///
/// It folds what happens to dead letters and nothing else, so it may run in the same projector as
/// any other projection, whatever `E` that one's events mean.
pub struct LetterViews<E> {
    name: ProjectionName,
    events: PhantomData<fn() -> E>,
}

impl<E> LetterViews<E> {
    /// The fingerprint of views and places.
    pub const SCHEMA: ViewSchema = ViewSchema::new(1);
}

impl<E> Default for LetterViews<E> {
    fn default() -> Self {
        Self {
            name: ProjectionName::new("letters").expect("a word"),
            events: PhantomData,
        }
    }
}

impl<E> fmt::Debug for LetterViews<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LetterViews").finish_non_exhaustive()
    }
}

impl<E: Send + Sync + 'static> Projection for LetterViews<E> {
    type Event = E;
    type View = LetterView;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        Self::SCHEMA
    }

    fn key<'e>(&self, _: &'e RecordedEvent) -> Option<&'e str> {
        None
    }

    fn key_of_stream<'s>(&self, _: &'s StreamName) -> Option<&'s str> {
        None
    }

    fn apply(&self, _: &mut Option<LetterView>, _: &E, _: &RecordedEvent) {}

    fn letter_key<'e>(&self, letter: &'e DeadLetterEvent) -> Option<&'e str> {
        letter.event().map(|event| event.subject.as_str())
    }

    fn apply_letter(
        &self,
        view: &mut Option<LetterView>,
        letter: &DeadLetterEvent,
        recorded: &RecordedEvent,
    ) {
        let mut after = view.take().unwrap_or_default();
        after.apply(letter, recorded.metadata.occurred_at());
        *view = Some(after).filter(|view| !view.is_empty());
    }

    fn index(&self, _: &ViewKey, view: &LetterView, entries: &mut Vec<IndexEntry>) {
        let mut seen = Vec::new();
        // In the order of the log: a list has the view where its first letter stands.
        for letter in view.letters() {
            let position = letter.event.position;
            for partition in partitions(&letter) {
                if !seen.contains(&partition) {
                    entries.push(IndexEntry::listed(LETTERS, partition.as_str(), position));
                    seen.push(partition);
                }
            }
            entries.push(IndexEntry::Lookup(by_id(&letter.event.id.to_string())));
            entries.push(IndexEntry::Lookup(by_position(position)));
        }
        if let Some(first) = view.waiting_for_a_newer_program().next() {
            entries.push(IndexEntry::listed(LETTERS, NEWER, first.event.position));
        }
        for (group, letters) in view.groups() {
            for number in 0..letters {
                entries.push(IndexEntry::counted(COUNTS, ALL, member(&group, number)));
            }
        }
        entries.sort_unstable();
        entries.dedup();
    }
}

/// The lists that a letter stands in.
fn partitions(letter: &Letter) -> [String; 5] {
    let group = LetterGroup {
        consumer: letter.consumer.clone(),
        event_type: letter.event.event_type.clone(),
        cause: letter.failure.group.clone(),
    };
    [
        ALL.to_owned(),
        list_of("type", letter.event.event_type.as_str()),
        list_of("consumer", letter.consumer.as_str()),
        list_of("key", &letter.key),
        list_of_group(&group),
    ]
}

/// The name of a list, by the word for what its letters have in common. Part of the stored form.
fn list_of(word: &str, of: &str) -> String {
    format!("{word}/{of}")
}

/// The name of the list of a group. Part of the stored form.
fn list_of_group(group: &LetterGroup) -> String {
    list_of("cause", &member(group, 0))
}

fn by_id(id: &str) -> Lookup {
    Lookup {
        index: EVENTS,
        value: format!("id/{id}").into(),
    }
}

fn by_position(position: GlobalPosition) -> Lookup {
    Lookup {
        index: EVENTS,
        value: format!("position/{position}").into(),
    }
}

/// The member that the letter with this number, from 0, of one cause in one view is counted in: a
/// view is counted once in each.
fn member(group: &LetterGroup, number: usize) -> String {
    let (consumer, event_type) = (group.consumer.as_str(), group.event_type.as_str());
    let texts = (consumer, event_type, group.cause.as_str(), number);
    serde_json::to_string(&texts).expect("texts and a number can be written")
}

/// The group that a member counts; none where it is of another form.
fn group_of(member: &str) -> Option<LetterGroup> {
    let (consumer, event_type, cause, _): (String, String, String, usize) =
        serde_json::from_str(member).ok()?;
    Some(LetterGroup {
        consumer: minwon_core::ConsumerName::stored(&consumer).ok()?,
        event_type: minwon_core::EventType::new(event_type).ok()?,
        cause,
    })
}
