//! The changes of a commit.

use bytes::Bytes;

use super::ListPlace;
use crate::{
    projection::{CountCell, ListName, Lookup},
    text::ViewKey,
};

/// The changes of a commit to its slice: final values, never increments, each place at most once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SliceWrites {
    /// Documents to put, or (none) to remove.
    pub documents: Vec<(ViewKey, Option<Bytes>)>,
    /// Values that keys claim or give up; the claims of others stay as they are.
    pub lookups: Vec<(Lookup, ViewKey, ListChange)>,
    /// Places in lists to take or to leave.
    pub lists: Vec<(ListName, ListPlace, ListChange)>,
    /// Counts to set; 0 removes one.
    pub counts: Vec<(CountCell, u64)>,
}

/// Whether a place in a list, or a value, is taken or left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListChange {
    /// It is taken; where it was already, nothing changes.
    Take,
    /// It is left; where it was not taken, nothing changes.
    Leave,
}

impl SliceWrites {
    /// Returns whether only the checkpoint moves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
            && self.lookups.is_empty()
            && self.lists.is_empty()
            && self.counts.is_empty()
    }
}
