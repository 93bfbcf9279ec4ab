//! Events that a store holds and cannot read.

use bytes::Bytes;

use super::{RecordedEvent, SchemaVersion};
use crate::{
    foreign_text,
    id::{CommandId, EventId},
    metadata::{EncodedMetadata, EventMetadata},
    stream::{GlobalPosition, StreamName, StreamVersion},
    text::{ActorId, EventType, ServiceName, Stage, Subject},
    time::Timestamp,
};

/// The kind of defect that keeps a store from reading an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// Another program wrote it: its metadata does not have our layout.
    Foreign,
    /// It is in our form, and breaks a rule of it.
    Malformed,
    /// It is not as it was written: its checksum fails, or what it refers to is gone.
    Damaged,
    /// A newer program wrote it, in a form that this one does not know.
    Newer,
}

/// Why a store could not read an event that it holds.
///
/// Such an event is still handed out, at its place and with this mark, so that one event stops no
/// reader. Whoever decodes it gets the mark as an error: see
/// [`EventCodec::read`](crate::EventCodec::read).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}; {}", kind.advice())]
#[non_exhaustive]
pub struct EventFault {
    /// Its kind.
    pub kind: FaultKind,
    /// The cause; at most 300 characters.
    pub reason: String,
}

/// Longest reason. Unit: characters.
const REASON_CHARS_MAX: usize = 300;

impl FaultKind {
    /// The advice to whoever meets it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Foreign => "find out who writes to this stream besides the services",
            Self::Malformed => "find out which program wrote it",
            Self::Damaged => "compare the event with a backup, and check the disk",
            Self::Newer => "update this program",
        }
    }
}

impl EventFault {
    /// A fault of this kind. Of `reason`, 300 characters are kept.
    #[must_use]
    pub fn new(kind: FaultKind, reason: impl std::fmt::Display) -> Self {
        let reason = foreign_text::kept(&reason.to_string());
        let reason = reason.chars().take(REASON_CHARS_MAX).collect();
        Self { kind, reason }
    }
}

/// The name of the type of an event whose own is not readable, or not to be trusted.
const UNREADABLE: &str = "Unreadable";

/// The scope of ids of events whose own cannot be read. Part of the stored format.
const SCOPE: &[u8; 16] = b"minwon.unread/01";

/// The fields of an event that a store cannot read, as far as they are known.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Its place in the whole log.
    pub position: GlobalPosition,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its place in that stream.
    pub version: StreamVersion,
    /// Its identity, where that can be read. Default: one that follows from its position.
    pub id: Option<EventId>,
    /// Its stored name, where that can be read. Default: `Unreadable`.
    pub event_type: Option<EventType>,
    /// When the store took it, where that can be read. Default: the Unix epoch.
    pub recorded_at: Option<Timestamp>,
    /// Its payload, as far as there is one.
    pub payload: Bytes,
}

impl Unreadable {
    /// The event, marked, with metadata made up: its subject is the stream's id.
    #[must_use]
    pub fn marked(self, fault: EventFault) -> RecordedEvent {
        let word = "unreadable";
        let made_up = CommandId::derive(SCOPE, self.position.to_bytes());
        let recorded_at = self.recorded_at.unwrap_or(Timestamp::UNIX_EPOCH);
        let metadata = EventMetadata {
            event_id: self.id.unwrap_or_else(|| made_up.event_id(0)),
            command_id: made_up,
            correlation_id: made_up.into(),
            causation_id: made_up.into(),
            occurred_at: recorded_at,
            subject: Subject::of_stream(&self.stream),
            stage: Stage::new(word).expect("a word"),
            source: ServiceName::new(word).expect("a word"),
            actor: ActorId::new(word).expect("a word"),
            traceparent: None,
            fingerprint: None,
        };
        let unreadable = || EventType::new(UNREADABLE).expect("a word");
        RecordedEvent {
            position: self.position,
            stream: self.stream,
            version: self.version,
            event_type: self.event_type.unwrap_or_else(unreadable),
            schema_version: SchemaVersion::FIRST,
            recorded_at,
            metadata: EncodedMetadata::from(&metadata),
            payload: self.payload,
            fault: Some(Box::new(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unreadable(position: u64) -> Unreadable {
        Unreadable {
            position: GlobalPosition::new(position),
            stream: "general_GeneralApplication-p-1".parse().unwrap(),
            version: StreamVersion::FIRST,
            id: None,
            event_type: None,
            recorded_at: None,
            payload: Bytes::new(),
        }
    }

    #[test]
    fn what_is_made_up_is_always_the_same_and_named_by_the_place() {
        let fault = EventFault::new(FaultKind::Foreign, "no metadata");
        let one = unreadable(7).marked(fault.clone());
        assert_eq!(one, unreadable(7).marked(fault.clone()));
        assert_ne!(one.id(), unreadable(8).marked(fault).id());
        assert_eq!(one.id().to_string(), "e656ba07-5df6-58b8-9422-bf11a8953ac3");
        assert_eq!(one.metadata.subject(), "p-1");
        assert!(one.metadata.to_metadata().is_ok());
    }

    #[test]
    fn a_fault_says_what_to_do_and_is_bounded() {
        let fault = EventFault::new(FaultKind::Damaged, "민".repeat(1_000));
        assert_eq!(fault.reason.chars().count(), REASON_CHARS_MAX);
        assert!(fault.to_string().ends_with("and check the disk"), "{fault}");
    }
}
