//! The names of all keys in Redis.
//!
//! All of a slice has the slice's name in braces, so a cluster keeps it on one node. All but its
//! checkpoint also has the [`Incarnation`], so what an earlier one left is never met.

use std::fmt;

use minwon_core::{
    GenerationName, Incarnation, ListPlace, ModelName, Order, Slice, SliceName, ViewKey,
};

/// Stands behind the prefix of all names: keys of another layout are another store.
///
/// 1, without a number in its names, had a key of its own for each value and each list. 2 had documents
/// in JSON alone: its programs take others for damaged.
pub(super) const LAYOUT: &str = "3";

/// Stands before the name of an index of lookups.
pub(super) const LOOKUPS: &str = "l:";

/// Stands before the name of an index of lists.
pub(super) const LISTS: &str = "o:";

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
    Document {
        key: &'a str,
    },
    /// The keys that claim the values of an index.
    Lookups {
        index: &'a str,
    },
    /// The places in the lists of an index.
    Lists {
        index: &'a str,
    },
    Counts {
        index: &'a str,
        group: &'a str,
    },
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
    let is_index = |name: &str| !name.contains(':');
    let thing = match kind {
        "d" => Thing::Document { key: rest },
        "l" if is_index(rest) => Thing::Lookups { index: rest },
        "o" if is_index(rest) => Thing::Lists { index: rest },
        "c" => {
            // The name of an index has no colon, what follows may have some.
            let (index, group) = rest.split_once(':')?;
            Thing::Counts { index, group }
        }
        _ => return None,
    };
    Some((slice, Part::Thing(incarnation, thing)))
}

/// The beginning of all members of an index that stand under one name: a value, or the partition of
/// a list. The length of the name stands before it, so that none begins as another.
pub(super) struct Under<'a>(pub(super) &'a str);

impl fmt::Display for Under<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}:{}", self.0.len(), self.0)
    }
}

/// The member of an index that stands for a place in a list: members sort as places do.
pub(super) struct Member<'a>(pub(super) &'a str, pub(super) &'a ListPlace);

impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(partition, ListPlace { order, key }) = self;
        write!(f, "{}{:016x}{key}", Under(partition), order.get())
    }
}

/// The member of an index that stands for a key that claims a value.
pub(super) struct Claim<'a>(pub(super) &'a str, pub(super) &'a ViewKey);

impl fmt::Display for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Under(self.0), self.1)
    }
}

/// Reads what [`Member`] wrote: the partition and the place.
pub(super) fn parse_member(member: &str) -> Option<(&str, ListPlace)> {
    let (partition, place) = split_name(member)?;
    let (order, key) = place.split_at_checked(HEX_DIGITS)?;
    let place = ListPlace {
        order: Order::new(number_of(order)?),
        key: ViewKey::new(key).ok()?,
    };
    Some((partition, place))
}

/// Reads what [`Claim`] wrote: the value and the key.
pub(super) fn parse_claim(member: &str) -> Option<(&str, ViewKey)> {
    let (value, key) = split_name(member)?;
    Some((value, ViewKey::new(key).ok()?))
}

fn split_name(member: &str) -> Option<(&str, &str)> {
    let (length, rest) = member.split_once(':')?;
    let bytes = usize::from_str_radix(length, 16).ok()?;
    // Written in another way it would sort otherwise.
    let (name, rest) = rest.split_at_checked(bytes)?;
    (format!("{bytes:x}") == length).then_some((name, rest))
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
        let member = parse_member("a:applicant:000000000000000ap-1");
        assert_eq!(member.map(|(partition, _)| partition), Some("applicant:"));
        for other in [
            "a:applicant:000000000000000Ap-1",
            "a:applicant:+00000000000000ap-1",
            "a:applicant:0000000000000001",
            "A:applicant:000000000000000ap-1",
            "0a:applicant:000000000000000ap-1",
            "ff:applicant:000000000000000ap-1",
            "applicant:000000000000000ap-1",
        ] {
            assert!(parse_member(other).is_none(), "{other}");
        }
    }
}
