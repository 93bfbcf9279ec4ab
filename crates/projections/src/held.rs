//! A key that is held back: an event of it could not be handled, and the later ones wait.

use minwon_core::{EventRef, Failure, IndexEntry, IndexName};
use serde::{Deserialize, Serialize};

use crate::document::Folded;

/// The list of all held keys of a slice, in the order of the log, and their count.
pub(crate) const HELD: IndexName = IndexName::new("held");

/// The one list of [`HELD`], and the one count.
pub(crate) const ALL: &str = "all";

/// Why a view does not go on: it is the fold of what was before `event`, and all later events of
/// its key wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Held {
    /// The event that could not be handled.
    pub event: EventRef,
    /// The cause.
    pub failure: Failure,
    /// How often it was tried.
    pub attempts: u32,
    /// How far each stream has been seen, where that is further than it is folded.
    pub(crate) behind: Vec<Folded>,
    /// Whether there are more such streams than are listed; then none is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) are_many: bool,
    /// How many later events wait.
    pub parked: u64,
}

impl Held {
    /// Where held keys are found.
    pub(crate) fn index(&self, entries: &mut Vec<IndexEntry>) {
        entries.push(IndexEntry::listed(HELD, ALL, self.event.position));
        entries.push(IndexEntry::counted(HELD, ALL, ALL));
    }
}
