//! The document of a key: its view, and how much of each of its streams is folded in.

mod encoding;

use std::borrow::Cow;

use minwon_core::{
    EventRef, Failure, RecordedEvent, Stored, StoredView, StreamName, StreamVersion, ViewKey,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(crate) use encoding::held_in;
#[cfg(feature = "fuzzing")]
pub(crate) use encoding::sealed;
pub use encoding::{DocumentError, document_json};

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

/// A text that is borrowed where it is kept as it is, and copied where JSON escapes it.
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
    /// Writes it behind what `out` holds, as it is kept under `key`.
    pub(crate) fn write(&self, key: &ViewKey, out: &mut Vec<u8>) {
        let start = out.len();
        encoding::write(self, key, out);
        debug_assert!(
            Self::read(key, &out[start..]).is_ok(),
            "the view of {key} cannot be read as it is written"
        );
    }

    /// Reads what is kept under `key`.
    pub(crate) fn read(key: &ViewKey, kept: &[u8]) -> Result<Self, DocumentError> {
        encoding::read(key, kept).map(Self::bound)
    }

    /// What is kept under `key` as this build keeps it, where an earlier one wrote it: exactly so, or
    /// with all of many streams. None where it need not or cannot be written anew.
    pub(crate) fn renewed(key: &ViewKey, kept: &[u8]) -> Option<Vec<u8>> {
        let json = encoding::earlier(key, kept)?;
        let document = Self::read(key, kept).ok()?;
        let is_own = || serde_json::to_vec(&document).is_ok_and(|own| own == *json);
        if !document.lists_none() && !is_own() {
            return None;
        }
        let mut renewed = Vec::new();
        document.write(key, &mut renewed);
        Some(renewed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::recorded;

    fn key(key: &str) -> ViewKey {
        ViewKey::new(key).unwrap()
    }

    fn json(document: &Document<u64>) -> String {
        serde_json::to_string(document).unwrap()
    }

    fn kept(document: &Document<u64>) -> Vec<u8> {
        let mut kept = Vec::new();
        document.write(&key("p-1"), &mut kept);
        kept
    }

    /// What an earlier build kept, or this one, under the key `p-1`.
    fn read(kept: impl AsRef<[u8]>) -> Document<u64> {
        Document::read(&key("p-1"), kept.as_ref()).unwrap()
    }

    #[test]
    fn a_document_reads_back_and_goes_on_where_it_was() {
        let mut document = Document::<u64>::default();
        document.advance(&recorded("p-1", 0, 1)).unwrap();
        document.advance(&recorded("p-1", 1, 2)).unwrap();
        document.view = Some(7);
        let form = r#"{"streams":[["general_GeneralApplication-p-1",1]],"view":7}"#;
        assert_eq!(json(&document), form);
        for kept in [kept(&document), form.into()] {
            let mut read = read(kept);
            assert_eq!(read.view, Some(7));
            read.advance(&recorded("p-1", 2, 3)).unwrap();
        }
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
        assert_eq!(json(&document), many);
        for known in [kept(&document), many.into()] {
            let mut known = read(known);
            known.advance(&recorded("p-9", 7, 90)).unwrap();
            let bad = recorded("p-9", 8, 91);
            assert_eq!(known.hold(&bad, &failure(), 1), Ok(true));
            known.advance(&recorded("p-8", 4, 92)).unwrap();
            assert_eq!(known.seen(), None);
            let form = json(&known);
            let end = r#""attempts":1,"behind":[],"are_many":true,"parked":1}}"#;
            assert!(form.ends_with(end), "{form}");
            assert_eq!(json(&read(&form)), form);
            assert_eq!(json(&read(kept(&known))), form);
        }
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
        let form = json(&document);
        assert_eq!(
            form,
            format!(
                r#"{{"streams":[["general_GeneralApplication-p-1",0]],"view":7,"held":{{"event":{{"position":"2","stream":"general_GeneralApplication-p-1","version":1,"id":"{}","type":"{}","petition":"p-1"}},"failure":{{"class":"undecodable","error":"no number","group":"no number"}},"attempts":1,"behind":[["general_GeneralApplication-p-1",2]],"parked":1}}}}"#,
                bad.id(),
                bad.event_type
            )
        );
        for kept in [kept(&document), form.clone().into()] {
            assert_eq!(held_in(&kept).as_ref(), document.held.as_deref());
            let read = read(kept);
            assert_eq!(read.held, document.held);
            assert_eq!(json(&read), form);
        }
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
        let mut document = read(json);
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
