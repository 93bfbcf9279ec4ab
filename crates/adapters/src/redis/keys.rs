//! The names of all keys in Redis.
//!
//! All of a slice has the slice's name in braces, so a cluster keeps it on one node. All but its
//! checkpoint also has the [`Incarnation`], so what an earlier one left is never met.

use std::fmt;

use minwon_core::{
    GenerationName, Incarnation, ListPlace, ModelName, Order, Slice, SliceName, ViewKey,
};

/// Hexadecimal digits of an incarnation, and of an order.
const HEX_DIGITS: usize = 16;

/// The name of the key that holds a slice's checkpoint.
pub(super) fn checkpoint(prefix: &str, slice: &SliceName) -> String {
    format!("{prefix}:{{{slice}}}:checkpoint")
}

/// Returns the prefix of the names of everything in one life of a slice.
pub(super) fn life(prefix: &str, slice: &SliceName, incarnation: Incarnation) -> String {
    format!("{prefix}:{{{slice}}}:{incarnation}:")
}

pub(super) fn catalogue(prefix: &str, model: &ModelName) -> String {
    format!("{prefix}:{{{model}}}:catalogue")
}

pub(super) fn leases(prefix: &str, generation: &GenerationName) -> String {
    format!("{prefix}:{{{generation}}}:leases")
}

/// The pattern that everything of all slices of a generation fits.
pub(super) fn pattern(prefix: &str, generation: &GenerationName) -> String {
    // A prefix has no characters that patterns know; see `RedisOptions::prefix`.
    format!("{prefix}:{{{generation}:*")
}

/// The kinds of key of a generation.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    Checkpoint,
    /// Something of one life of the slice.
    Thing(Incarnation, Thing<'a>),
}

/// The content of a key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Thing<'a> {
    Document { key: &'a str },
    Lookup { index: &'a str, value: &'a str },
    List { index: &'a str, partition: &'a str },
    Counts { index: &'a str, group: &'a str },
}

impl<'a> Thing<'a> {
    /// The index and what stands behind it; the key of a document belongs to no index.
    pub(super) fn names(&self) -> (&'a str, &'a str) {
        match *self {
            Self::Document { key } => ("", key),
            Self::Lookup { index, value } => (index, value),
            Self::List { index, partition } => (index, partition),
            Self::Counts { index, group } => (index, group),
        }
    }
}

/// Reads the name of a key; none where none of our programs named it.
pub(super) fn parse<'a>(
    prefix: &str,
    generation: &GenerationName,
    name: &'a str,
) -> Option<(Slice, Part<'a>)> {
    let start = format!("{prefix}:{{{generation}:");
    let (slice, rest) = name.strip_prefix(&start)?.split_once("}:")?;
    let slice = Slice::new(slice.parse().ok()?);
    if rest == "checkpoint" {
        return Some((slice, Part::Checkpoint));
    }
    let (incarnation, rest) = rest.split_once(':')?;
    if incarnation.len() != HEX_DIGITS {
        return None;
    }
    let incarnation = Incarnation::new(u64::from_str_radix(incarnation, 16).ok()?);
    let (kind, rest) = rest.split_once(':')?;
    let thing = if kind == "d" {
        Thing::Document { key: rest }
    } else {
        // The name of an index has no colon, what follows may have some.
        let (index, rest) = rest.split_once(':')?;
        match kind {
            "l" => Thing::Lookup { index, value: rest },
            "o" => Thing::List {
                index,
                partition: rest,
            },
            "c" => Thing::Counts { index, group: rest },
            _ => return None,
        }
    };
    Some((slice, Part::Thing(incarnation, thing)))
}

/// The member of a sorted set that stands for a place: members sort as places do.
pub(super) struct Member<'a>(pub(super) &'a ListPlace);

impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{}", self.0.order.get(), self.0.key)
    }
}

/// Reads what [`Member`] wrote.
pub(super) fn parse_member(member: &str) -> Option<ListPlace> {
    let (order, key) = member.split_at_checked(HEX_DIGITS)?;
    Some(ListPlace {
        order: Order::new(u64::from_str_radix(order, 16).ok()?),
        key: ViewKey::new(key).ok()?,
    })
}
