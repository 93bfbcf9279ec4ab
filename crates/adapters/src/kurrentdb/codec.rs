//! One event, as we keep it in KurrentDB: both ways.
//!
//! The event's id and type are KurrentDB's own, the payload is its data, and everything else is
//! its custom metadata. In full form that ends with a checksum over the event and the name of its stream.

use bytes::Bytes;
use minwon_core::{
    EncodedMetadata, EventFault, EventId, EventType, FaultKind, GlobalPosition, NameError,
    NewEvent, RecordedEvent, SchemaVersion, StreamName, StreamVersion, Timestamp, Unreadable,
    foreign_text,
};
use minwon_kurrentdb_protocol::{
    MetadataEntry, Uuid,
    streams::{append_req::ProposedMessage, read_req},
    uuid::{Structured, Value},
};
use serde::de::IgnoredAny;

use super::{
    client::Sent,
    metadata::{self, Form, StoredMetadata},
};

/// An event on its way to the server. Cheap to make a message of, as often as it is tried.
#[derive(Debug, Clone)]
pub(crate) struct EncodedEvent {
    id: EventId,
    event_type: EventType,
    metadata: Bytes,
    payload: Bytes,
}

impl EncodedEvent {
    pub(crate) fn new(stream: &StreamName, event: &NewEvent, form: Form) -> Self {
        let metadata = metadata::write(event, form);
        let mut metadata = metadata.expect("texts and numbers can be written as JSON");
        let id = event.id();
        if form == Form::Full {
            let names = (stream, event.event_type.as_str().as_bytes());
            let sum = sum(names, id, &event.payload, &[&metadata]);
            metadata.pop();
            metadata.extend_from_slice(SUM);
            metadata.extend_from_slice(format!("{sum:08x}\"}}").as_bytes());
        }
        Self {
            id,
            event_type: event.event_type.clone(),
            metadata: metadata.into(),
            payload: event.payload.clone(),
        }
    }

    #[cfg(test)]
    pub(super) fn metadata(&self) -> &[u8] {
        &self.metadata
    }

    /// Returns the size that counts towards the server's limit for an append. Unit: bytes.
    pub(crate) fn size(&self) -> usize {
        // It counts names of types in UTF-16.
        let type_bytes = 2 * self.event_type.as_str().encode_utf16().count();
        self.payload.len() + self.metadata.len() + type_bytes
    }

    /// Returns whether it is this event, whatever it says.
    pub(crate) fn has_id(&self, event: &Sent) -> bool {
        self.id == event.id
    }

    /// Returns whether `event` reads just as this one was sent.
    pub(crate) fn says_the_same(&self, event: &Sent) -> bool {
        self.event_type.as_str() == event.event_type
            && self.payload == event.data
            && self.metadata == event.custom_metadata
    }

    pub(crate) fn to_message(&self) -> ProposedMessage {
        let event_type = self.event_type.as_str();
        let is_json = serde_json::from_slice::<IgnoredAny>(&self.payload).is_ok();
        let (metadata, data) = (self.metadata.clone(), self.payload.clone());
        message(self.id, event_type, is_json, metadata, data)
    }
}

/// An event as the server takes it.
pub(super) fn message(
    id: EventId,
    event_type: &str,
    is_json: bool,
    custom_metadata: Bytes,
    data: Bytes,
) -> ProposedMessage {
    let content_type = match is_json {
        true => "application/json",
        false => "application/octet-stream",
    };
    let entry = |key: &'static str, value: Bytes| MetadataEntry {
        key: key.into(),
        value,
    };
    let (most, least) = id.as_bytes().split_at(8);
    let half = |bytes: &[u8]| i64::from_be_bytes(bytes.try_into().expect("half of sixteen bytes"));
    ProposedMessage {
        id: Some(Uuid {
            value: Some(Value::Structured(Structured {
                most_significant_bits: half(most),
                least_significant_bits: half(least),
            })),
        }),
        metadata: vec![
            entry("type", Bytes::copy_from_slice(event_type.as_bytes())),
            entry("content-type", content_type.into()),
        ],
        custom_metadata,
        data,
    }
}

/// How the checksum begins that stands in the end of the custom metadata. Part of the stored format.
const SUM: &[u8] = br#","sum":""#;

/// The checksum of an event; `metadata` as it would be without one.
fn sum(
    (stream, event_type): (&StreamName, &[u8]),
    id: EventId,
    payload: &[u8],
    metadata: &[&[u8]],
) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    // No text has this byte.
    for part in [stream.as_str().as_bytes(), event_type] {
        hasher.update(part);
        hasher.update(&[0xff]);
    }
    hasher.update(id.as_bytes());
    hasher.update(payload);
    hasher.update(&[0xff]);
    metadata.iter().for_each(|part| hasher.update(part));
    hasher.finalize()
}

/// Returns whether an event is as it was written, or has no checksum: earlier builds wrote none, and in dense
/// form there is no room for one.
fn is_whole(stream: &StreamName, event: &Sent) -> bool {
    let metadata = &event.custom_metadata;
    let split = metadata.strip_suffix(br#""}"#);
    let split = split.and_then(<[u8]>::split_last_chunk::<8>);
    let Some((rest, digits)) = split.and_then(|(it, sum)| Some((it.strip_suffix(SUM)?, sum)))
    else {
        return true;
    };
    let said = str::from_utf8(digits).ok();
    let said = said.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let names = (stream, &*event.event_type);
    said == Some(sum(names, event.id, &event.data, &[rest, b"}"]))
}

/// Makes our events of the server's. It remembers names, so keep one for a page or a feed.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    stream: Option<StreamName>,
    types: Vec<EventType>,
}

/// Names of types that are remembered; programs have some dozens. Unit: names.
const TYPES_MAX: usize = 256;

impl Decoder {
    /// Returns our event, or `None` where the stream has no name of ours, or was deleted (a
    /// tombstone). An event that somebody else wrote into a stream of ours is handed out with a
    /// mark.
    pub(crate) fn decode(&mut self, event: Sent) -> Option<RecordedEvent> {
        let stream = self.stream(&event.stream)?;
        if event.event_type == TOMBSTONE {
            tracing::warn!(%stream, "the stream was deleted");
            return None;
        }
        Some(match self.read(&stream, &event) {
            Ok(Read {
                event_type,
                schema_version,
                recorded_at,
                metadata,
            }) => RecordedEvent {
                position: event.position,
                stream,
                version: StreamVersion::new(event.revision),
                event_type,
                schema_version,
                recorded_at,
                metadata,
                payload: event.data,
                fault: None,
            },
            Err(foreign) => marked(stream, event, &foreign),
        })
    }

    fn read(&mut self, stream: &StreamName, event: &Sent) -> Result<Read, Foreign> {
        if event.event_type.starts_with(b"$") {
            return Err(Foreign::OfTheServer);
        }
        if !is_whole(stream, event) {
            return Err(Foreign::Damaged);
        }
        let recorded_at = recorded_at(event)?;
        let metadata = StoredMetadata::read(&event.custom_metadata)?;
        if std::str::from_utf8(&event.data).is_err() {
            return Err(Foreign::NoText);
        }
        Ok(Read {
            schema_version: metadata.schema_version(),
            metadata: metadata.encode(event.id)?,
            event_type: self.event_type(&event.event_type)?,
            recorded_at,
        })
    }

    /// The name, if it is one of our streams. Events of one stream often come in a row.
    fn stream(&mut self, name: &[u8]) -> Option<StreamName> {
        match &self.stream {
            Some(last) if last.as_str().as_bytes() == name => Some(last.clone()),
            _ => {
                self.stream = stream_of(name);
                self.stream.clone()
            }
        }
    }

    fn event_type(&mut self, name: &[u8]) -> Result<EventType, Foreign> {
        let mut types = self.types.iter();
        if let Some(known) = types.find(|known| known.as_str().as_bytes() == name) {
            return Ok(known.clone());
        }
        let new = EventType::new(str::from_utf8(name).map_err(|_| Foreign::NoText)?)?;
        if self.types.len() < TYPES_MAX {
            self.types.push(new.clone());
        }
        Ok(new)
    }
}

/// The name that the server sent, if it is one of our streams. It may be any bytes.
pub(super) fn stream_of(name: &[u8]) -> Option<StreamName> {
    std::str::from_utf8(name).ok()?.parse().ok()
}

/// The type of the event that stands at the end of a deleted stream.
const TOMBSTONE: &[u8] = b"$streamDeleted";

/// The parts of an event of ours beside its place and its payload.
struct Read {
    event_type: EventType,
    schema_version: SchemaVersion,
    recorded_at: Timestamp,
    metadata: EncodedMetadata,
}

/// The event with what is wrong with it. Its type is not trusted either: whoever writes foreign
/// events may write any number of types, and each would have a queue of dead letters of its own.
fn marked(stream: StreamName, event: Sent, wrong: &Foreign) -> RecordedEvent {
    let wrong_with: Vec<_> = foreign_text::causes(wrong).collect();
    let event_type = String::from_utf8_lossy(&event.event_type);
    let reason = format!("{} (type {event_type:?})", wrong_with.join(": "));
    let unreadable = Unreadable {
        position: event.position,
        stream,
        version: StreamVersion::new(event.revision),
        id: Some(event.id),
        event_type: None,
        recorded_at: recorded_at(&event).ok(),
        payload: event.data,
    };
    unreadable.marked(EventFault::new(wrong.kind(), reason))
}

/// The fault of an event in one of our streams.
#[derive(Debug, thiserror::Error)]
enum Foreign {
    #[error("it is an event of the server's own")]
    OfTheServer,
    #[error("its metadata is not as this program writes it")]
    Metadata(#[from] serde_json::Error),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("its payload or its type is no UTF-8")]
    NoText,
    #[error("the server does not say when it was recorded")]
    NoTime,
    #[error("the event fails its checksum")]
    Damaged,
}

impl Foreign {
    /// Whose metadata is ours is taken for one of our programs.
    const fn kind(&self) -> FaultKind {
        match self {
            Self::OfTheServer | Self::Metadata(_) => FaultKind::Foreign,
            Self::Name(_) | Self::NoText | Self::NoTime => FaultKind::Malformed,
            Self::Damaged => FaultKind::Damaged,
        }
    }
}

fn recorded_at(event: &Sent) -> Result<Timestamp, Foreign> {
    let text = str::from_utf8(&event.created).ok();
    let ticks = text.and_then(|text| text.parse::<i64>().ok());
    let micros = ticks.ok_or(Foreign::NoTime)?.div_euclid(10);
    Timestamp::from_unix_micros(micros).map_err(|_| Foreign::NoTime)
}

/// An event that a server sent, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn decode_sent(
    stream: Bytes,
    created: String,
    event_type: String,
    custom_metadata: Bytes,
    data: Bytes,
) -> Option<RecordedEvent> {
    Decoder::default().decode(Sent {
        id: EventId::from_bytes([7; 16]),
        stream,
        revision: 3,
        position: GlobalPosition::from_parts(70, 68),
        event_type: event_type.into(),
        created: created.into(),
        data,
        custom_metadata,
    })
}

/// The custom metadata of an event in both forms, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(super) fn metadata_of(stream: &StreamName, event: &NewEvent) -> [Bytes; 2] {
    [Form::Full, Form::Dense].map(|form| EncodedEvent::new(stream, event, form).metadata)
}

/// The protocol's form of a position; `None` for the start.
pub(super) fn protocol_position(position: GlobalPosition) -> Option<read_req::options::Position> {
    (position != GlobalPosition::START).then(|| read_req::options::Position {
        commit_position: position.commit(),
        prepare_position: position.prepare(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kurrentdb::metadata::tests::samples;
    use minwon_core::testing::sample_event;

    fn json(event: &NewEvent, form: Form) -> String {
        let stream = "general_GeneralApplication-1".parse().unwrap();
        let encoded = EncodedEvent::new(&stream, event, form);
        String::from_utf8(encoded.metadata.to_vec()).unwrap()
    }

    #[test]
    fn an_event_is_whole_or_has_no_checksum() {
        let (stream, other) = ["1", "2"]
            .map(|id| format!("general_GeneralApplication-{id}").parse().unwrap())
            .into();
        for event in samples() {
            let json = json(&event, Form::Full);
            let sent = |metadata: &str, data: &str| Sent {
                id: event.id(),
                stream: Bytes::new(),
                revision: 3,
                position: GlobalPosition::from_parts(70, 68),
                event_type: event.event_type.to_string().into(),
                created: Bytes::new(),
                data: Bytes::copy_from_slice(data.as_bytes()),
                custom_metadata: Bytes::copy_from_slice(metadata.as_bytes()),
            };
            assert!(is_whole(&stream, &sent(&json, "null")));
            assert!(!is_whole(&other, &sent(&json, "null")));
            assert!(!is_whole(&stream, &sent(&json, "true")));
            let spoilt = json.replace("receipt", "deceit");
            assert!(!is_whole(&stream, &sent(&spoilt, "null")));
            // As earlier builds wrote it.
            let (old, _) = json.split_once(r#","sum":""#).unwrap();
            assert!(is_whole(&stream, &sent(&format!("{old}}}"), "null")));
        }
    }

    /// Golden: logs hold it. Change it only together with a reader for the old form.
    #[test]
    fn the_stored_form_is_frozen() {
        let event = sample_event("codec");
        assert_eq!(
            json(&event, Form::Full),
            r#"{"$correlationId":"39ad8a40-ea5f-5084-8ebc-0b3187a01030","$causationId":"39ad8a40-ea5f-5084-8ebc-0b3187a01030","commandId":"39ad8a40-ea5f-5084-8ebc-0b3187a01030","occurredAt":"1970-01-01T00:00:00Z","petitionId":"2026-000123","stage":"receipt","source":"conformance","actor":"officer-17","schemaVersion":1,"sum":"b380e90c"}"#
        );
        assert_eq!(
            json(&event, Form::Dense),
            r#"{"$correlationId":"39ad8a40-ea5f-5084-8ebc-0b3187a01030","at":"1970-01-01T00:00:00Z","pid":"2026-000123","stage":"receipt","source":"conformance","by":"officer-17"}"#
        );
    }
}
