//! What a commit changes.

use bytes::Bytes;

use super::ListPlace;
use crate::{
    projection::{CountCell, ListName, Lookup},
    text::ViewKey,
};

/// What a commit changes in its slice: final values, never increments, each place at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SliceWrites {
    /// Documents to put, or (none) to remove.
    pub documents: Vec<(ViewKey, Option<Bytes>)>,
    /// Values to lead to a key, or (none) to nothing.
    pub lookups: Vec<(Lookup, Option<ViewKey>)>,
    /// Places in lists to take or to leave.
    pub lists: Vec<(ListName, ListPlace, ListChange)>,
    /// Counts to set; 0 removes one.
    pub counts: Vec<(CountCell, u64)>,
}

/// Whether a place in a list is taken or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListChange {
    /// It is taken.
    Take,
    /// It is left.
    Leave,
}

impl SliceWrites {
    /// Whether only the checkpoint moves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
            && self.lookups.is_empty()
            && self.lists.is_empty()
            && self.counts.is_empty()
    }
}
