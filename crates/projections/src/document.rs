//! What is kept of a key: its view, and how much of each of its streams is folded in.

use minwon_core::{RecordedEvent, StreamName, StreamVersion};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};

/// A view as it is kept. The versions let the projector notice a hole in a stream before it folds
/// over it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Document<V> {
    streams: Vec<Folded>,
    /// None where the events so far have nothing to show.
    pub(crate) view: Option<V>,
}

/// How far a stream is folded in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Folded {
    stream: StreamName,
    last: StreamVersion,
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
        }
    }
}

impl<V> Document<V> {
    /// A document that shows `view`, of no stream in particular.
    pub(crate) fn showing(view: V) -> Self {
        Self {
            streams: Vec::new(),
            view: Some(view),
        }
    }

    /// Notes that `event` is folded in, if it is the next of its stream.
    pub(crate) fn advance(&mut self, event: &RecordedEvent) -> Result<(), OutOfTurn> {
        let found = self
            .streams
            .iter_mut()
            .find(|folded| folded.stream == event.stream);
        let expected = StreamVersion::after(found.as_ref().map(|folded| folded.last));
        if event.version != expected {
            return Err(OutOfTurn { expected });
        }
        match found {
            Some(folded) => folded.last = event.version,
            None => self.streams.push(Folded {
                stream: event.stream.clone(),
                last: event.version,
            }),
        }
        Ok(())
    }
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
