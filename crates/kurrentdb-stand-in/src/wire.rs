//! Between the log and the messages of the protocol.

use std::time::{SystemTime, UNIX_EPOCH};

use tonic::Status;
use uuid::Uuid;

use crate::idempotency::Expected;
use crate::log::{Proposed, Record};
use crate::positions::Position;
use crate::refusal;
use minwon_kurrentdb_protocol as proto;
use minwon_kurrentdb_protocol::streams::append_req::ProposedMessage;
use minwon_kurrentdb_protocol::streams::append_req::options::ExpectedStreamRevision as InAppend;
use minwon_kurrentdb_protocol::streams::delete_req::options::ExpectedStreamRevision as InDelete;
use minwon_kurrentdb_protocol::streams::read_resp::read_event::{
    Position as EventPosition, RecordedEvent,
};
use minwon_kurrentdb_protocol::streams::read_resp::{self, Content, ReadEvent};
use minwon_kurrentdb_protocol::streams::tombstone_req::options::ExpectedStreamRevision as InTombstone;
use minwon_kurrentdb_protocol::streams::{ReadResp, append_resp};
use minwon_kurrentdb_protocol::uuid::{Structured, Value};

pub(crate) const EMPTY: proto::Empty = proto::Empty {};

macro_rules! expected {
    ($($type:ident)*) => {$(
        impl From<$type> for Expected {
            fn from(expected: $type) -> Self {
                match expected {
                    $type::Revision(revision) => Self::Revision(revision),
                    $type::NoStream(_) => Self::NoStream,
                    $type::Any(_) => Self::Any,
                    $type::StreamExists(_) => Self::StreamExists,
                }
            }
        }
    )*};
}

expected!(InAppend InDelete InTombstone);

/// Names are bytes on the wire; ours must be text.
pub(crate) fn stream_name(identifier: Option<proto::StreamIdentifier>) -> Result<String, Status> {
    let bytes = identifier
        .map(|identifier| identifier.stream_name)
        .unwrap_or_default();
    match String::from_utf8(bytes.into()) {
        Ok(name) if !name.is_empty() => Ok(name),
        _ => Err(Status::invalid_argument(
            "a stream must have a name, in UTF-8",
        )),
    }
}

/// Ids come as text or as two numbers, as the client pleases.
fn id(id: Option<proto::Uuid>) -> Result<Uuid, Status> {
    let parsed = match id.and_then(|id| id.value) {
        Some(Value::String(text)) => text.parse().ok(),
        Some(Value::Structured(Structured {
            most_significant_bits,
            least_significant_bits,
        })) => Some(Uuid::from_u64_pair(
            most_significant_bits.cast_unsigned(),
            least_significant_bits.cast_unsigned(),
        )),
        None => None,
    };
    parsed.ok_or_else(|| Status::invalid_argument("an event must have an id"))
}

pub(crate) fn proposed(message: ProposedMessage) -> Result<Proposed, Status> {
    let required = |key: &'static str| {
        let entry = message.metadata.iter().find(|entry| entry.key == key);
        let text = entry.and_then(|entry| str::from_utf8(&entry.value).ok());
        text.map(str::to_owned)
            .ok_or_else(|| refusal::missing_metadata(key))
    };
    Ok(Proposed {
        event_type: required("type")?,
        content_type: required("content-type")?,
        id: id(message.id)?,
        custom_metadata: message.custom_metadata,
        data: message.data,
    })
}

/// How ids are written to this reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ids {
    Text,
    Structured,
    /// Text that is no id.
    Wrong,
}

pub(crate) fn event(record: &Record, ids: Ids) -> ReadResp {
    let id = match ids {
        Ids::Text => Value::String(record.id.to_string()),
        Ids::Wrong => Value::String(format!("{}-is-no-id", record.revision)),
        Ids::Structured => {
            let (most, least) = record.id.as_u64_pair();
            Value::Structured(Structured {
                most_significant_bits: most.cast_signed(),
                least_significant_bits: least.cast_signed(),
            })
        }
    };
    let entry = |key: &'static str, value: String| proto::MetadataEntry {
        key: key.into(),
        value: value.into(),
    };
    let metadata = vec![
        entry("type", record.event_type.clone()),
        entry("content-type", record.content_type.clone()),
        entry("created", ticks(record.created).to_string()),
    ];
    message(Content::Event(ReadEvent {
        event: Some(RecordedEvent {
            id: Some(proto::Uuid { value: Some(id) }),
            stream_identifier: Some(identifier(&record.stream)),
            stream_revision: record.revision,
            prepare_position: record.position.prepare,
            commit_position: record.position.commit,
            metadata,
            custom_metadata: record.custom_metadata.clone(),
            data: record.data.clone(),
        }),
        link: None,
        position: Some(EventPosition::CommitPosition(record.position.commit)),
    }))
}

pub(crate) fn message(content: Content) -> ReadResp {
    ReadResp {
        content: Some(content),
    }
}

pub(crate) fn identifier(stream: &str) -> proto::StreamIdentifier {
    proto::StreamIdentifier {
        stream_name: stream.as_bytes().to_vec().into(),
    }
}

/// Hundreds of nanoseconds since 1970.
fn ticks(time: SystemTime) -> u128 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() / 100)
}

pub(crate) fn timestamp(time: SystemTime) -> prost_types::Timestamp {
    time.into()
}

impl From<Position> for read_resp::Position {
    fn from(position: Position) -> Self {
        Self {
            commit_position: position.commit,
            prepare_position: position.prepare,
        }
    }
}

impl From<Position> for append_resp::Position {
    fn from(position: Position) -> Self {
        Self {
            commit_position: position.commit,
            prepare_position: position.prepare,
        }
    }
}
