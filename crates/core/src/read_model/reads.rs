//! Reading a slice.

use std::{fmt, num::NonZeroU32, str::FromStr};

use bytes::Bytes;

use super::SliceCheckpoint;
use crate::{
    checkpoint::Slice,
    projection::{CountCell, ListName, Lookup, Order},
    text::{NameError, ViewKey},
};

/// Most keys that a value is said to lead to in one slice. Unit: keys.
///
/// A slice keeps all that claim it, and says of more than these only that there are as many.
pub const CLAIMANTS_MAX: usize = 64;

/// The parts of a slice that a caller wants, beside its checkpoint.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Documents by key.
    pub documents: &'a [ViewKey],
    /// Where values lead.
    pub lookups: &'a [Lookup],
    /// Whether places in lists are taken.
    pub lists: &'a [(ListName, ListPlace)],
    /// Counts.
    pub counts: &'a [CountCell],
}

/// The wanted parts, in the same order, all from one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Up to where the slice is folded; none where it was never written, or is damaged.
    pub checkpoint: Option<SliceCheckpoint>,
    /// Whether the stored checkpoint is invalid. Nothing else is returned of such a slice, and a
    /// commit that expects no checkpoint starts it again.
    pub is_damaged: bool,
    /// The documents; none where a key has no document.
    pub documents: Vec<Option<Bytes>>,
    /// The keys that claim each of the values, in order; of more than [`CLAIMANTS_MAX`] any that
    /// many.
    pub lookups: Vec<Vec<ViewKey>>,
    /// Whether the places are taken.
    pub lists: Vec<bool>,
    /// The counts; 0 where a member has no count.
    pub counts: Vec<u64>,
}

/// A place in a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListPlace {
    /// Where.
    pub order: Order,
    /// Whose place; several keys may have the same order.
    pub key: ViewKey,
}

crate::stored_as_text!(ListPlace);

/// The number of its order, `@` and the key.
impl fmt::Display for ListPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.order.get(), self.key)
    }
}

impl FromStr for ListPlace {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts = text.split_once('@');
        let place = parts.and_then(|(order, key)| {
            Some(Self {
                order: Order::new(order.parse().ok()?),
                key: ViewKey::new(key).ok()?,
            })
        });
        let advice = "send the one that came with the part before";
        place.ok_or_else(|| NameError::new("place in a list", text, advice))
    }
}

/// Which end of a list to begin at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest order first.
    Ascending,
    /// Largest order first.
    Descending,
}

/// Which part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// The list.
    pub list: ListName,
    /// Behind this place (exclusive), in the direction asked; from the beginning if none. The
    /// place need not be taken.
    pub after: Option<ListPlace>,
    /// Which end to begin at.
    pub direction: Direction,
    /// At most so many places.
    pub limit: NonZeroU32,
}

/// Part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Up to where the slice is folded.
    pub checkpoint: Option<SliceCheckpoint>,
    /// The places, in the direction asked. Fewer than the limit only at the end of the list.
    pub places: Vec<ListPlace>,
}

/// The counts of a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Up to where the slice is folded.
    pub checkpoint: Option<SliceCheckpoint>,
    /// Those that are not 0, in order of their members.
    pub counts: Vec<(Box<str>, u64)>,
}

/// Where a scan goes on; only for the store that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanCursor(String);

impl ScanCursor {
    /// The place that this text stands for, to the store.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Part of everything that a generation holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanPage {
    /// The items found; one may come more than once.
    pub items: Vec<(Slice, StoredItem)>,
    /// Where to go on; none at the end.
    pub next: Option<ScanCursor>,
}

/// One thing that a slice holds. Indexes are named by text, as a generation may be older than the
/// program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoredItem {
    /// A document.
    Document {
        /// Its key.
        key: ViewKey,
        /// Its contents.
        document: Bytes,
    },
    /// A value that leads to a key; one of these for each key that claims it.
    Lookup {
        /// [`IndexName`](crate::IndexName) of the value.
        index: Box<str>,
        /// The value.
        value: Box<str>,
        /// The key.
        key: ViewKey,
    },
    /// A place in a list.
    Listed {
        /// [`IndexName`](crate::IndexName) of the list.
        index: Box<str>,
        /// Which list of the index.
        partition: Box<str>,
        /// The place.
        place: ListPlace,
    },
    /// A count.
    Count {
        /// [`IndexName`](crate::IndexName) of the count.
        index: Box<str>,
        /// Its group.
        group: Box<str>,
        /// Its member.
        member: Box<str>,
        /// How many.
        count: u64,
    },
}
