//! What is kept of a key: its view, and how much of each of its streams is folded in.

use minwon_core::{EventRef, Failure, RecordedEvent, StreamName, StreamVersion};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

use crate::held::Held;

/// A view as it is kept. The versions let the projector notice a hole in a stream before it folds
/// over it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Document<V> {
    streams: Vec<Folded>,
    /// None where the events so far have nothing to show.
    pub(crate) view: Option<V>,
    /// Why it does not go on. Not written where it does, which is nearly always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held: Option<Box<Held>>,
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
struct Text<'a>(#[serde(borrow)] std::borrow::Cow<'a, str>);

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
            view: self.view.map(show),
            held: self.held,
        }
    }

    /// Whether it says no more than none would.
    pub(crate) fn is_empty(&self) -> bool {
        self.streams.is_empty() && self.view.is_none() && self.held.is_none()
    }

    /// Notes that `event` is folded in, if it is the next of its stream; or that it waits, where
    /// the key is held.
    pub(crate) fn advance(&mut self, event: &RecordedEvent) -> Result<(), OutOfTurn> {
        match &mut self.held {
            None => go_on(&mut self.streams, None, event),
            Some(held) => {
                go_on(&mut held.behind, Some(&self.streams), event)?;
                held.parked += 1;
                Ok(())
            }
        }
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
        let mut behind = Vec::with_capacity(1);
        go_on(&mut behind, Some(&self.streams), event)?;
        self.held = Some(Box::new(Held {
            event: EventRef::from(event),
            failure: failure.clone(),
            attempts,
            behind,
            parked: 0,
        }));
        Ok(true)
    }

    /// How far each stream has been seen, folded in or not.
    pub(crate) fn seen(&self) -> Vec<Folded> {
        let mut seen = self.streams.clone();
        for behind in self.held.iter().flat_map(|held| &held.behind) {
            match seen.iter_mut().find(|one| one.stream == behind.stream) {
                Some(one) => one.last = behind.last,
                None => seen.push(behind.clone()),
            }
        }
        seen
    }

    /// Of each stream with events that wait, the first and the last of them.
    pub(crate) fn waiting(&self) -> Vec<(StreamName, StreamVersion, StreamVersion)> {
        let behind = self.held.iter().flat_map(|held| &held.behind);
        let waiting = behind.map(|behind| {
            let first = StreamVersion::after(last_of(&self.streams, &behind.stream));
            (behind.stream.clone(), first, behind.last)
        });
        waiting.collect()
    }
}

/// Notes `event` in `noted`, if it follows what is noted there or else in `before`.
fn go_on(
    noted: &mut Vec<Folded>,
    before: Option<&[Folded]>,
    event: &RecordedEvent,
) -> Result<(), OutOfTurn> {
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
    Ok(())
}

fn last_of(folded: &[Folded], stream: &StreamName) -> Option<StreamVersion> {
    let found = folded.iter().find(|folded| folded.stream == *stream);
    found.map(|folded| folded.last)
}

impl<V: Serialize> Document<V> {
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(512);
        self.write_json(&mut json);
        json
    }

    /// Writes it behind what `out` holds.
    pub(crate) fn write_json(&self, out: &mut Vec<u8>) {
        // Only maps with keys that are no texts fail, and a projection's author meets that in the
        // first test.
        serde_json::to_writer(out, self).expect("a view can be written as JSON");
    }
}

impl<V: DeserializeOwned> Document<V> {
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::recorded;

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
        assert_eq!(document.seen()[0].last, expected);
        assert_eq!(document.waiting()[0].1, StreamVersion::new(1));
        assert_eq!(document.held.unwrap().parked, 1);
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
