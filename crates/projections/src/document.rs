//! The document of a key: its view, and how much of each of its streams is folded in.

use std::{borrow::Cow, io::Write as _};

use minwon_core::{
    EventRef, Failure, RecordedEvent, Stored, StoredView, StreamName, StreamVersion, ViewKey,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::held::Held;

/// Streams listed in a document at most; a key with more is coarse. Unit: streams.
///
/// A subject may have several, as a petition has one for each document that is asked for.
pub(crate) const STREAMS_MAX: usize = 32;

/// A view as it is kept. The versions let the projector notice a hole in a stream before it folds
/// over it, and say what to read where the key has to be folded again.
///
/// A coarse key, as a department, is written by more and more streams: then none is listed. The
/// folded events follow from the slice's checkpoint alone, and to fold the key again the log is
/// read through.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "V: StoredView")]
pub(crate) struct Document<V> {
    streams: Vec<Folded>,
    /// Whether there are more streams than are listed; then none is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    are_many: bool,
    /// None where the events so far have nothing to show.
    #[serde(serialize_with = "store", deserialize_with = "restore", default)]
    pub(crate) view: Option<V>,
    /// Why it does not go on. Not written where it does, which is nearly always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held: Option<Box<Held>>,
}

#[allow(clippy::ref_option, reason = "serde asks for a reference")]
fn store<V: StoredView, S: Serializer>(view: &Option<V>, to: S) -> Result<S::Ok, S::Error> {
    view.as_ref().map(Stored).serialize(to)
}

fn restore<'de, V: StoredView, D: Deserializer<'de>>(from: D) -> Result<Option<V>, D::Error> {
    let view = Option::<Stored<V>>::deserialize(from)?;
    Ok(view.map(|Stored(view)| view))
}

/// How far a stream is folded in, or seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Folded {
    pub(crate) stream: StreamName,
    pub(crate) last: StreamVersion,
}

impl Serialize for Folded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.stream.as_str(), self.last.get()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Folded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (Text(stream), last) = <(Text<'_>, u64)>::deserialize(deserializer)?;
        Ok(Self {
            stream: stream.parse().map_err(serde::de::Error::custom)?,
            last: StreamVersion::new(last),
        })
    }
}

/// A text that is borrowed where JSON writes it as it is, and copied where it is escaped.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// An event does not follow what is folded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfTurn {
    /// The version that would follow.
    pub(crate) expected: StreamVersion,
}

impl<V> Default for Document<V> {
    fn default() -> Self {
        Self {
            streams: Vec::new(),
            are_many: false,
            view: None,
            held: None,
        }
    }
}

impl<V> Document<V> {
    /// The same, showing something else.
    pub(crate) fn map<W>(self, show: impl FnOnce(V) -> W) -> Document<W> {
        Document {
            streams: self.streams,
            are_many: self.are_many,
            view: self.view.map(show),
            held: self.held,
        }
    }

    /// Returns whether it says no more than none would.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_seen() && self.view.is_none()
    }

    /// Returns whether any event was seen, folded in or not.
    pub(crate) fn has_seen(&self) -> bool {
        self.are_many || !self.streams.is_empty() || self.held.is_some()
    }

    /// Notes that `event` is folded in, if it is the next of its stream; or that it waits, where
    /// the key is held.
    pub(crate) fn advance(&mut self, event: &RecordedEvent) -> Result<(), OutOfTurn> {
        let Some(held) = &mut self.held else {
            return go_on(&mut self.streams, &mut self.are_many, None, event);
        };
        let before = Some(&self.streams[..]);
        go_on(&mut held.behind, &mut held.are_many, before, event)?;
        held.parked = held.parked.saturating_add(1);
        Ok(())
    }

    /// Holds the key back from `event` on, if that is the next of its stream. Where it is held
    /// already, the event waits with the others; answers whether it was not.
    pub(crate) fn hold(
        &mut self,
        event: &RecordedEvent,
        failure: &Failure,
        attempts: u32,
    ) -> Result<bool, OutOfTurn> {
        if self.held.is_some() {
            self.advance(event)?;
            return Ok(false);
        }
        // Behind streams that are not listed none can be.
        let (mut behind, mut are_many) = (Vec::new(), self.are_many);
        go_on(&mut behind, &mut are_many, Some(&self.streams), event)?;
        self.held = Some(Box::new(Held {
            event: EventRef::from(event),
            failure: failure.clone(),
            attempts,
            behind,
            are_many,
            parked: 0,
        }));
        Ok(true)
    }

    /// Notes that what stands before `event` in its stream is of other keys, so that it is the next.
    pub(crate) fn pass_over(&mut self, event: &RecordedEvent) {
        let Some(last) = event.version.get().checked_sub(1) else {
            return;
        };
        let (noted, are_many) = match &mut self.held {
            None => (&mut self.streams, &mut self.are_many),
            Some(held) => (&mut held.behind, &mut held.are_many),
        };
        if *are_many {
            return;
        }
        let last = StreamVersion::new(last);
        match noted.iter_mut().find(|one| one.stream == event.stream) {
            Some(folded) => folded.last = last,
            None => noted.push(Folded {
                stream: event.stream.clone(),
                last,
            }),
        }
        bound(noted, are_many);
    }

    /// As [`advance`](Self::advance), for whoever has read the whole stream: what is left out in it
    /// is of other keys.
    pub(crate) fn advance_over(&mut self, event: &RecordedEvent) {
        if self.advance(event).is_err() {
            self.pass_over(event);
            let _ = self.advance(event);
        }
    }

    /// As [`hold`](Self::hold), for whoever has read the whole stream.
    pub(crate) fn hold_over(&mut self, event: &RecordedEvent, failure: &Failure, attempts: u32) {
        if self.hold(event, failure, attempts).is_err() {
            self.pass_over(event);
            let _ = self.hold(event, failure, attempts);
        }
    }

    /// Returns whether the streams that were seen are too many to be listed.
    pub(crate) fn lists_none(&self) -> bool {
        self.are_many || self.held.as_ref().is_some_and(|held| held.are_many)
    }

    /// Returns how far each stream has been seen, folded in or not; none where they are not listed.
    pub(crate) fn seen(&self) -> Option<Vec<Folded>> {
        if self.lists_none() {
            return None;
        }
        let mut seen = self.streams.clone();
        for behind in self.held.iter().flat_map(|held| &held.behind) {
            match seen.iter_mut().find(|one| one.stream == behind.stream) {
                Some(one) => one.last = behind.last,
                None => seen.push(behind.clone()),
            }
        }
        Some(seen)
    }

    /// Lists no more streams than it may: an earlier build listed all of them.
    fn bound(mut self) -> Self {
        bound(&mut self.streams, &mut self.are_many);
        if let Some(held) = &mut self.held {
            held.are_many |= self.are_many;
            bound(&mut held.behind, &mut held.are_many);
        }
        self
    }
}

/// Notes `event` in `noted`, if it follows what is noted there or else in `before`. Where the
/// streams are too many to be listed, any event follows.
fn go_on(
    noted: &mut Vec<Folded>,
    are_many: &mut bool,
    before: Option<&[Folded]>,
    event: &RecordedEvent,
) -> Result<(), OutOfTurn> {
    if *are_many {
        return Ok(());
    }
    let found = noted
        .iter_mut()
        .find(|folded| folded.stream == event.stream);
    let last = match (&found, before) {
        (Some(found), _) => Some(found.last),
        (None, Some(before)) => last_of(before, &event.stream),
        (None, None) => None,
    };
    let expected = StreamVersion::after(last);
    if event.version != expected {
        return Err(OutOfTurn { expected });
    }
    match found {
        Some(folded) => folded.last = event.version,
        None => noted.push(Folded {
            stream: event.stream.clone(),
            last: event.version,
        }),
    }
    bound(noted, are_many);
    Ok(())
}

fn bound(noted: &mut Vec<Folded>, are_many: &mut bool) {
    *are_many |= noted.len() > STREAMS_MAX;
    if *are_many {
        *noted = Vec::new();
    }
}

fn last_of(folded: &[Folded], stream: &StreamName) -> Option<StreamVersion> {
    let found = folded.iter().find(|folded| folded.stream == *stream);
    found.map(|folded| folded.last)
}

impl<V: StoredView> Document<V> {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(512);
        self.write_json(&mut json);
        json
    }

    /// Writes it behind what `out` holds, as it is kept under `key`: with a checksum.
    pub(crate) fn write(&self, key: &ViewKey, out: &mut Vec<u8>) {
        let start = out.len();
        self.write_json(out);
        let sum = sum(key, &[&out[start..]]);
        out.pop();
        out.extend_from_slice(SUM);
        write!(out, "{sum:08x}\"}}").expect("a vector takes any bytes");
    }

    /// Reads what is kept under `key`.
    pub(crate) fn read(key: &ViewKey, kept: &[u8]) -> Result<Self, serde_json::Error> {
        if split_sum(kept).is_some_and(|(rest, digits)| !has_sum(key, rest, digits)) {
            return Err(serde::de::Error::custom("the document fails its checksum"));
        }
        Self::from_json(kept)
    }

    fn write_json(&self, out: &mut Vec<u8>) {
        // Only maps with keys that are no texts fail, and a projection's author meets that in the
        // first test.
        serde_json::to_writer(out, self).expect("a view can be written as JSON");
    }

    pub(crate) fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        minwon_core::json::from_slice(json).map(Self::bound)
    }
}

/// How the checksum begins that stands in the end of a document. Part of the stored format.
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

/// The document up to its checksum, and the digits of that; none where an earlier build wrote it.
fn split_sum(kept: &[u8]) -> Option<(&[u8], &[u8; 8])> {
    let (rest, digits) = kept.strip_suffix(br#""}"#)?.split_last_chunk()?;
    Some((rest.strip_suffix(SUM)?, digits))
}

fn has_sum(key: &ViewKey, rest: &[u8], digits: &[u8; 8]) -> bool {
    let said = str::from_utf8(digits).ok();
    let said = said.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    said == Some(sum(key, &[rest, b"}"]))
}

/// What is kept under `key` without its checksum, where that fits.
pub(crate) fn without_sum<'a>(key: &ViewKey, kept: &'a [u8]) -> Cow<'a, [u8]> {
    match split_sum(kept) {
        Some((rest, digits)) if has_sum(key, rest, digits) => [rest, b"}"].concat().into(),
        _ => kept.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::recorded;

    fn key(key: &str) -> ViewKey {
        ViewKey::new(key).unwrap()
    }

    fn kept() -> Vec<u8> {
        let mut document = Document::<u64>::default();
        document.advance(&recorded("p-1", 0, 1)).unwrap();
        document.view = Some(7);
        let mut kept = Vec::new();
        document.write(&key("p-1"), &mut kept);
        kept
    }

    #[test]
    fn a_kept_document_ends_with_its_checksum_and_its_form_is_frozen() {
        let kept = kept();
        let text = String::from_utf8_lossy(&kept);
        let json = r#"{"streams":[["general_GeneralApplication-p-1",0]],"view":7}"#;
        assert_eq!(text, json.replace("7}", r#"7,"sum":"f832c60e"}"#));
        assert_eq!(without_sum(&key("p-1"), &kept), json.as_bytes());
        // An earlier build wrote none.
        let read = Document::<u64>::read(&key("p-1"), json.as_bytes()).unwrap();
        assert_eq!(read.view, Some(7));
    }

    /// Whatever is spoilt of it, it says the same or cannot be read.
    #[test]
    fn no_byte_of_a_kept_document_can_change_what_it_says() {
        let (kept, own) = (kept(), key("p-1"));
        let said = Document::<u64>::read(&own, &kept).unwrap().to_json();
        let is_right = |key: &ViewKey, spoilt: &[u8]| {
            let read = Document::<u64>::read(key, spoilt);
            assert!(
                read.is_err() || read.is_ok_and(|read| read.to_json() == said),
                "{}",
                String::from_utf8_lossy(spoilt)
            );
        };
        for at in 0..kept.len() {
            for bit in 0..8 {
                let mut spoilt = kept.clone();
                spoilt[at] ^= 1 << bit;
                is_right(&own, &spoilt);
            }
            is_right(&own, &kept[..at]);
            is_right(&own, &kept[at..]);
            for to in at..kept.len() {
                is_right(&own, &[&kept[..to], &kept[at..]].concat());
                // Without its checksum it is one of an earlier build.
                if to <= kept.len() - br#","sum":"f832c60e"}"#.len() {
                    is_right(&own, &[&kept[..at], &kept[to..]].concat());
                }
            }
        }
        Document::<u64>::read(&key("p-2"), &kept).expect_err("it is of another key");
    }

    #[test]
    fn a_document_reads_back_and_goes_on_where_it_was() {
        let mut document = Document::<u64>::default();
        document.advance(&recorded("p-1", 0, 1)).unwrap();
        document.advance(&recorded("p-1", 1, 2)).unwrap();
        document.view = Some(7);
        let json = document.to_json();
        assert_eq!(
            String::from_utf8_lossy(&json),
            r#"{"streams":[["general_GeneralApplication-p-1",1]],"view":7}"#
        );
        let mut read = Document::<u64>::from_json(&json).unwrap();
        assert_eq!(read.view, Some(7));
        read.advance(&recorded("p-1", 2, 3)).unwrap();
    }

    #[test]
    fn a_document_of_too_many_streams_lists_none_and_its_form_is_frozen() {
        let mut document = Document::<u64>::default();
        for number in 0..=STREAMS_MAX {
            assert!(!document.lists_none());
            let event = recorded(&format!("p-{number}"), 0, number as u64 + 1);
            document.advance(&event).unwrap();
        }
        let many = r#"{"streams":[],"are_many":true,"view":null}"#;
        assert_eq!(document.to_json(), many.as_bytes());
        let mut read = Document::<u64>::from_json(many.as_bytes()).unwrap();
        read.advance(&recorded("p-9", 7, 90)).unwrap();
        let bad = recorded("p-9", 8, 91);
        assert_eq!(read.hold(&bad, &failure(), 1), Ok(true));
        read.advance(&recorded("p-8", 4, 92)).unwrap();
        assert_eq!(read.seen(), None);
        let json = read.to_json();
        let text = String::from_utf8_lossy(&json);
        let end = r#""attempts":1,"behind":[],"are_many":true,"parked":1}}"#;
        assert!(text.ends_with(end), "{text}");
        let again = Document::<u64>::from_json(&json).unwrap();
        assert_eq!(again.to_json(), json);
    }

    fn failure() -> Failure {
        Failure::of_text(minwon_core::FailureClass::Undecodable, "no number")
    }

    #[test]
    fn a_held_document_reads_back_and_its_form_is_frozen() {
        let mut document = Document::<u64>::default();
        document.advance(&recorded("p-1", 0, 1)).unwrap();
        document.view = Some(7);
        let bad = recorded("p-1", 1, 2);
        assert_eq!(document.hold(&bad, &failure(), 1), Ok(true));
        document.advance(&recorded("p-1", 2, 5)).unwrap();
        let json = document.to_json();
        assert_eq!(
            String::from_utf8_lossy(&json),
            format!(
                r#"{{"streams":[["general_GeneralApplication-p-1",0]],"view":7,"held":{{"event":{{"position":"2","stream":"general_GeneralApplication-p-1","version":1,"id":"{}","type":"{}","petition":"p-1"}},"failure":{{"class":"undecodable","error":"no number","group":"no number"}},"attempts":1,"behind":[["general_GeneralApplication-p-1",2]],"parked":1}}}}"#,
                bad.id(),
                bad.event_type
            )
        );
        let read = Document::<u64>::from_json(&json).unwrap();
        assert_eq!(read.held, document.held);
        assert_eq!(read.to_json(), json);
    }

    #[test]
    fn a_hole_behind_a_held_event_is_noticed() {
        let mut document = Document::<u64>::default();
        let expected = StreamVersion::FIRST;
        let gap = document.hold(&recorded("p-1", 1, 2), &failure(), 1);
        assert_eq!(gap, Err(OutOfTurn { expected }));
        document.advance(&recorded("p-1", 0, 1)).unwrap();
        document
            .hold(&recorded("p-1", 1, 2), &failure(), 1)
            .unwrap();
        let expected = StreamVersion::new(2);
        for wrong in [1, 3] {
            let out_of_turn = document.advance(&recorded("p-1", wrong, 3));
            assert_eq!(out_of_turn, Err(OutOfTurn { expected }));
            let out_of_turn = document.hold(&recorded("p-1", wrong, 3), &failure(), 1);
            assert_eq!(out_of_turn, Err(OutOfTurn { expected }));
        }
        assert_eq!(
            document.hold(&recorded("p-1", 2, 3), &failure(), 1),
            Ok(false)
        );
        assert_eq!(document.seen().unwrap()[0].last, expected);
        assert_eq!(document.held.unwrap().parked, 1);
    }

    /// Found by the fuzz targets: the version behind the last one that there is.
    #[test]
    fn nothing_follows_the_last_version_that_there_is() {
        let last = u64::MAX;
        let json = format!(r#"{{"streams":[["general_GeneralApplication-p-1",{last}]],"view":7}}"#);
        let mut document = Document::<u64>::from_json(json.as_bytes()).unwrap();
        let expected = StreamVersion::new(last);
        let first = document.advance(&recorded("p-1", 0, 1));
        assert_eq!(first, Err(OutOfTurn { expected }));
    }

    #[test]
    fn a_gap_and_a_repeat_are_out_of_turn() {
        let mut document = Document::<u64>::default();
        let expected = StreamVersion::FIRST;
        let gap = document.advance(&recorded("p-1", 1, 1));
        assert_eq!(gap, Err(OutOfTurn { expected }));
        document.advance(&recorded("p-1", 0, 1)).unwrap();
        let expected = StreamVersion::new(1);
        let repeat = document.advance(&recorded("p-1", 0, 1));
        assert_eq!(repeat, Err(OutOfTurn { expected }));
    }
}
