//! How a document is kept: in MessagePack under a checksum. Earlier builds kept JSON, which is read
//! as well.
//!
//! The first byte says which encoding it is, [`MESSAGE_PACK`] or the brace with which JSON begins. The
//! last four are a CRC-32, little-endian, of the key, a byte that no text has, and all that stands
//! before. What lies between is one value of MessagePack without extensions: structs are maps by
//! name, and what has a form as text is text, as in JSON. So any view that JSON carries is carried,
//! also one whose fields are left out, flattened or of enums without tags: those are told apart by
//! names, and serde reads them as text from whatever format.

use std::borrow::Cow;

use minwon_core::ViewKey;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::held::Held;

/// The encoding that is written.
///
/// Who does not know an encoding takes what is kept in it for damaged. So a new one comes with a new
/// layout of the keys in Redis and a new format of SQLite files, which earlier builds do not open.
const MESSAGE_PACK: u8 = 1;

/// How JSON begins.
const JSON: u8 = b'{';

/// How deep values may lie in each other, as in JSON. Unit: levels.
const DEPTH_MAX: usize = 128;

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// It was changed, cut off, or is the one of another key.
    #[error("it fails its checksum")]
    Checksum,
    /// A newer program wrote it.
    #[error("it is in encoding {0}, which a newer program wrote")]
    Newer(u8),
    /// It is no document, or holds no such view.
    #[error("it holds no such view")]
    Unfit(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl DocumentError {
    fn unfit(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unfit(cause.into())
    }
}

/// Writes `document` behind what `out` holds, as it is kept under `key`.
pub(super) fn write(document: &impl Serialize, key: &ViewKey, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(MESSAGE_PACK);
    let mut to = rmp_serde::Serializer::new(&mut *out)
        .with_struct_map()
        .with_human_readable();
    // Only a view that refuses to be written fails, and a projection's author meets that in the first
    // test.
    document
        .serialize(&mut to)
        .expect("a view can be written as MessagePack");
    let sum = sum(key, &[&out[start..]]);
    out.extend_from_slice(&sum.to_le_bytes());
}

/// A value in MessagePack as it is kept under `key`, whatever it is.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn sealed(key: &ViewKey, value: &[u8]) -> Vec<u8> {
    let mut kept = [&[MESSAGE_PACK], value].concat();
    let sum = sum(key, &[&kept]);
    kept.extend_from_slice(&sum.to_le_bytes());
    kept
}

/// Reads what is kept under `key`.
pub(super) fn read<'de, T: Deserialize<'de>>(
    key: &ViewKey,
    kept: &'de [u8],
) -> Result<T, DocumentError> {
    check(key, kept)?;
    decode(kept)
}

/// What is kept under `key` as JSON, for people and tools.
///
/// # Errors
/// [`DocumentError`]: among others where a map has keys that JSON cannot have.
pub fn document_json(key: &ViewKey, kept: &[u8]) -> Result<String, DocumentError> {
    check(key, kept)?;
    let json = if let Some(json) = earlier(key, kept) {
        let _: IgnoredAny = decode(&json)?;
        json.into_owned()
    } else {
        let (mut from, mut json) = (from_message_pack(kept)?, Vec::with_capacity(kept.len() * 2));
        serde_transcode::transcode(&mut from, &mut serde_json::Serializer::new(&mut json))
            .map_err(DocumentError::unfit)?;
        json
    };
    String::from_utf8(json).map_err(DocumentError::unfit)
}

/// Returns why what is kept says that it is held back, whether it fits its checksum or not; none
/// where it says nothing, or nothing that can be read.
pub(crate) fn held_in(kept: &[u8]) -> Option<Held> {
    #[derive(Deserialize)]
    struct Holding {
        held: Option<Box<Held>>,
    }
    // Nearly all are spared the reading.
    let mut places = kept.windows(HELD.len());
    let holding: Holding = places
        .any(|place| place == HELD)
        .then(|| decode(kept).ok())??;
    holding.held.map(|held| *held)
}

const HELD: &[u8] = b"held";

fn check(key: &ViewKey, kept: &[u8]) -> Result<(), DocumentError> {
    let is_right = match kept.split_last_chunk() {
        _ if kept.first() == Some(&JSON) => {
            split_sum(kept).is_none_or(|(rest, digits)| has_sum(key, rest, digits))
        }
        Some((rest, digits)) => u32::from_le_bytes(*digits) == sum(key, &[rest]),
        None => false,
    };
    match kept.first() {
        Some(&(JSON | MESSAGE_PACK)) if is_right => Ok(()),
        Some(&encoding) if is_right => Err(DocumentError::Newer(encoding)),
        _ => Err(DocumentError::Checksum),
    }
}

fn decode<'de, T: Deserialize<'de>>(kept: &'de [u8]) -> Result<T, DocumentError> {
    if kept.first() == Some(&JSON) {
        return minwon_core::json::from_slice(kept).map_err(DocumentError::unfit);
    }
    T::deserialize(&mut from_message_pack(kept)?).map_err(DocumentError::unfit)
}

type FromMessagePack<'de> = rmp_serde::Deserializer<
    rmp_serde::decode::ReadRefReader<'de, [u8]>,
    rmp_serde::config::HumanReadableConfig<rmp_serde::config::DefaultConfig>,
>;

fn from_message_pack(kept: &[u8]) -> Result<FromMessagePack<'_>, DocumentError> {
    let value = kept.get(1..).and_then(<[u8]>::split_last_chunk::<4>);
    let value = value.map(|(value, _)| value).unwrap_or_default();
    if !is_one_value(value) {
        return Err(DocumentError::unfit("it is not one value of MessagePack"));
    }
    Ok(rmp_serde::Deserializer::from_read_ref(value).with_human_readable())
}

/// Returns whether `bytes` are one value of MessagePack as they are written here: whole, not too deep
/// and without extensions. The decoder does not count enums that lie in each other, and takes no
/// notice of what follows.
fn is_one_value(mut bytes: &[u8]) -> bool {
    // How many values are still to come in the innermost, and in those around it.
    let (mut left, mut around) = (1_u64, Vec::with_capacity(16));
    loop {
        while left == 0 {
            match around.pop() {
                Some(outer) => left = outer,
                None => return bytes.is_empty(),
            }
        }
        left -= 1;
        let Some((&marker, rest)) = bytes.split_first() else {
            return false;
        };
        bytes = rest;
        // How many bytes of length follow, what they count, and what the marker itself counts.
        let (length_bytes, unit, counted) = match marker {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => continue,
            0x80..=0x8f => (0, Unit::Pairs, marker & 0x0f),
            0x90..=0x9f => (0, Unit::Values, marker & 0x0f),
            0xa0..=0xbf => (0, Unit::Bytes, marker & 0x1f),
            0xc4..=0xc6 => (1 << (marker - 0xc4), Unit::Bytes, 0),
            0xca => (0, Unit::Bytes, 4),
            0xcb => (0, Unit::Bytes, 8),
            0xcc..=0xcf => (0, Unit::Bytes, 1 << (marker - 0xcc)),
            0xd0..=0xd3 => (0, Unit::Bytes, 1 << (marker - 0xd0)),
            0xd9..=0xdb => (1 << (marker - 0xd9), Unit::Bytes, 0),
            0xdc | 0xdd => (2 << (marker - 0xdc), Unit::Values, 0),
            0xde | 0xdf => (2 << (marker - 0xde), Unit::Pairs, 0),
            0xc1 | 0xc7..=0xc9 | 0xd4..=0xd8 => return false,
        };
        let Some((length, rest)) = bytes.split_at_checked(length_bytes) else {
            return false;
        };
        bytes = rest;
        let length = length.iter().fold(u64::from(counted), |length, byte| {
            (length << 8) | u64::from(*byte)
        });
        let values = match unit {
            Unit::Bytes => {
                let end = usize::try_from(length).ok();
                match end.and_then(|end| bytes.get(end..)) {
                    Some(rest) => bytes = rest,
                    None => return false,
                }
                continue;
            }
            Unit::Values => length,
            Unit::Pairs => 2 * length,
        };
        if around.len() == DEPTH_MAX {
            return false;
        }
        around.push(left);
        left = values;
    }
}

enum Unit {
    Bytes,
    Values,
    Pairs,
}

/// How the checksum begins that stands in the end of JSON.
const SUM: &[u8] = br#","sum":""#;

/// The checksum of a document under its key, so that it is noticed where another stands in its place.
fn sum(key: &ViewKey, document: &[&[u8]]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key.as_str().as_bytes());
    // No text has this byte.
    hasher.update(&[0xff]);
    document.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// JSON up to its checksum, and the digits of that; none where a still earlier build wrote it.
fn split_sum(kept: &[u8]) -> Option<(&[u8], &[u8; 8])> {
    let (rest, digits) = kept.strip_suffix(br#""}"#)?.split_last_chunk()?;
    Some((rest.strip_suffix(SUM)?, digits))
}

fn has_sum(key: &ViewKey, rest: &[u8], digits: &[u8; 8]) -> bool {
    let said = str::from_utf8(digits).ok();
    let said = said.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    said == Some(sum(key, &[rest, b"}"]))
}

/// What is kept under `key` without its checksum, if it is JSON of an earlier build.
pub(super) fn earlier<'a>(key: &ViewKey, kept: &'a [u8]) -> Option<Cow<'a, [u8]>> {
    let is_json = kept.first() == Some(&JSON);
    is_json.then(|| without_sum(key, kept))
}

/// JSON that is kept under `key` without its checksum, where that fits.
fn without_sum<'a>(key: &ViewKey, kept: &'a [u8]) -> Cow<'a, [u8]> {
    match split_sum(kept) {
        Some((rest, digits)) if has_sum(key, rest, digits) => [rest, b"}"].concat().into(),
        _ => kept.into(),
    }
}

#[cfg(test)]
mod tests;
