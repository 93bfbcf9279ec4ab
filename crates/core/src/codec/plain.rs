//! Enums of events that are stored as serde writes them.

use std::fmt;

use serde::{
    Deserializer, Serialize,
    de::{self, DeserializeOwned, Visitor},
    forward_to_deserialize_any,
};

use super::{EventShape, StoredEvent};
use crate::event::SchemaVersion;

/// An enum of events that is stored as serde derives it: each variant is an event, its name the
/// stored name, and its fields the payload. One line makes it [storable](StoredEvent):
///
/// ```
/// use minwon_core::{EventCodec, PlainEvent};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
/// enum DoorEvent {
///     Opened { by: String },
///     Closed {},
/// }
///
/// impl PlainEvent for DoorEvent {}
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let codec = EventCodec::new("Door", Default::default())?;
/// let stored = codec.encode(&DoorEvent::Opened { by: "kim".into() })?;
/// assert_eq!(stored.event_type.as_str(), "DoorOpened");
/// assert_eq!(stored.json, br#"{"by":"kim"}"#);
/// # Ok(())
/// # }
/// ```
///
/// The names are a file format: a variant that is renamed keeps its stored name by
/// `#[serde(rename = "…")]`, and a payload that changes gets a higher [version](Self::VERSIONS) and
/// an upcaster. Not for enums with another representation (`#[serde(tag)]`, `#[serde(untagged)]`):
/// encoding their events fails.
pub trait PlainEvent: Serialize + DeserializeOwned {
    /// The form in which events are written today, by stored name. Default: all in the first.
    const VERSIONS: &'static [(&'static str, SchemaVersion)] = &[];

    /// The stage of processing that the events belong to.
    const STAGE: &'static str = "events";
}

impl<E: PlainEvent> StoredEvent for E {
    fn shapes() -> Vec<EventShape> {
        let shapes = variants::<E>().iter().copied().map(shape::<E>);
        shapes.collect()
    }

    fn known_version(name: &str) -> Option<SchemaVersion> {
        let found = variants::<E>().iter().find(|variant| **variant == name)?;
        Some(shape::<E>(found).version)
    }

    fn shape(&self) -> EventShape {
        let json = serde_json::to_vec(self).unwrap_or_default();
        let name = split(&json).map_or("", |(name, _)| name);
        let known = variants::<E>().iter().find(|variant| **variant == name);
        shape::<E>(known.copied().unwrap_or_default())
    }

    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let json = serde_json::to_vec(self)?;
        match split(&json) {
            Some((name, payload)) if variants::<E>().contains(&name) => Ok(payload.to_vec()),
            _ => Err(de::Error::custom(
                "events are enums as serde derives them, without attributes that change how",
            )),
        }
    }

    fn from_json(name: &str, json: &[u8]) -> Option<Result<Self, serde_json::Error>> {
        let known = variants::<E>().iter().find(|variant| **variant == name)?;
        let whole = [b"{\"", known.as_bytes(), b"\":", json, b"}"].concat();
        Some(serde_json::from_slice(&whole))
    }
}

fn shape<E: PlainEvent>(name: &'static str) -> EventShape {
    let changed = E::VERSIONS.iter().find(|(changed, _)| *changed == name);
    EventShape {
        name,
        version: changed.map_or(SchemaVersion::FIRST, |(_, version)| *version),
        stage: E::STAGE,
    }
}

/// The name of a variant and its content: `{"Name":content}`, or `"Name"` where it has none.
fn split(json: &[u8]) -> Option<(&str, &[u8])> {
    let quoted = json
        .strip_prefix(b"{")
        .unwrap_or(json)
        .strip_prefix(b"\"")?;
    let end = quoted.iter().position(|byte| *byte == b'"')?;
    let name = std::str::from_utf8(&quoted[..end]).ok()?;
    match quoted[end + 1..].strip_prefix(b":") {
        Some(rest) => Some((name, rest.strip_suffix(b"}")?)),
        None => Some((name, b"null")),
    }
}

/// The names of the variants of an enum, as serde knows them.
fn variants<E: DeserializeOwned>() -> &'static [&'static str] {
    match E::deserialize(Ask) {
        Err(Variants(names)) => names,
        Ok(_) => &[],
    }
}

/// Reads nothing: the error is the answer.
struct Ask;

#[derive(Debug)]
struct Variants(&'static [&'static str]);

impl fmt::Display for Variants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the variants are {:?}", self.0)
    }
}

impl std::error::Error for Variants {}

impl de::Error for Variants {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(&[])
    }
}

impl<'de> Deserializer<'de> for Ask {
    type Error = Variants;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Variants> {
        Err(Variants(&[]))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Variants> {
        Err(Variants(variants))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::{codec::EventCodec, upcast::Upcasters};

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    enum DoorEvent {
        Opened {
            by: String,
        },
        #[serde(rename = "Closed")]
        Shut,
        Painted(Vec<u8>),
    }

    impl PlainEvent for DoorEvent {
        const VERSIONS: &'static [(&'static str, SchemaVersion)] =
            &[("Opened", SchemaVersion::new(2))];
        const STAGE: &'static str = "use";
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Opened {},
    }

    impl PlainEvent for Tagged {}

    #[test]
    fn every_variant_is_stored_under_its_name_and_reads_back() {
        let codec = EventCodec::new("Front", Upcasters::default()).unwrap();
        let stored = [
            (
                DoorEvent::Opened { by: "김\"".into() },
                "FrontOpened",
                r#"{"by":"김\""}"#,
            ),
            (DoorEvent::Shut, "FrontClosed", "null"),
            (DoorEvent::Painted(vec![1, 2]), "FrontPainted", "[1,2]"),
        ];
        for (event, name, json) in stored {
            let encoded = codec.encode(&event).unwrap();
            assert_eq!(encoded.event_type.as_str(), name);
            assert_eq!(std::str::from_utf8(&encoded.json).unwrap(), json);
            let read: DoorEvent = codec
                .decode(name, encoded.shape.version, &encoded.json)
                .unwrap();
            assert_eq!(read, event);
        }
    }

    #[test]
    fn names_versions_and_stage_are_those_of_the_enum() {
        let shapes = DoorEvent::shapes();
        let found = shapes
            .iter()
            .map(|it| (it.name, it.version.get(), it.stage));
        let expected = [
            ("Opened", 2, "use"),
            ("Closed", 1, "use"),
            ("Painted", 1, "use"),
        ];
        assert!(found.eq(expected), "{shapes:?}");
        assert_eq!(DoorEvent::known_version("Shut"), None);
    }

    #[test]
    fn what_is_no_such_enum_or_payload_is_an_error() {
        let codec = EventCodec::new("Front", Upcasters::default()).unwrap();
        assert!(codec.encode(&Tagged::Opened {}).is_err());
        let version = SchemaVersion::new(2);
        for payload in ["{}", "", r#"{"by":"kim"},"Closed":null"#] {
            let read = codec.decode::<DoorEvent>("FrontOpened", version, payload.as_bytes());
            assert!(read.is_err(), "{payload}");
        }
    }
}
