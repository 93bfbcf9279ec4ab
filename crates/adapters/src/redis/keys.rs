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
    let number = slice.parse::<u16>().ok();
    let slice = Slice::new(number.filter(|number| number.to_string() == slice)?);
    if rest == "checkpoint" {
        return Some((slice, Part::Checkpoint));
    }
    let (incarnation, rest) = rest.split_once(':')?;
    let incarnation = Incarnation::new(number_of(incarnation)?);
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
        order: Order::new(number_of(order)?),
        key: ViewKey::new(key).ok()?,
    })
}

/// The number that stands there in exactly these digits, as it is written: other ways to write it would be
/// other keys, and sort otherwise.
fn number_of(hex: &str) -> Option<u64> {
    let is_written_so = |digit: u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    let fits = hex.len() == HEX_DIGITS && hex.bytes().all(is_written_so);
    fits.then(|| u64::from_str_radix(hex, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation() -> GenerationName {
        GenerationName {
            model: ModelName {
                namespace: "general".parse().unwrap(),
                projection: "petitions".parse().unwrap(),
            },
            generation: minwon_core::Generation::FIRST,
        }
    }

    /// Found by the fuzz targets: a number written in another way is another key.
    #[test]
    fn only_what_is_written_is_read() {
        let is_read = |slice: &str, life: &str| {
            let name = format!("minwon:{{general:petitions:g1:{slice}}}:{life}:d:p-1");
            parse("minwon", &generation(), &name).is_some()
        };
        assert!(is_read("7", "00000000000c0ffe"));
        for (slice, life) in [
            ("7", "00000000000C0FFE"),
            ("7", "+0000000000c0ffe"),
            ("+7", "00000000000c0ffe"),
            ("07", "00000000000c0ffe"),
        ] {
            assert!(!is_read(slice, life), "{slice} {life}");
        }
        assert!(parse_member("000000000000000ap-1").is_some());
        for other in [
            "000000000000000Ap-1",
            "+00000000000000ap-1",
            "0000000000000001",
        ] {
            assert!(parse_member(other).is_none(), "{other}");
        }
    }
}
