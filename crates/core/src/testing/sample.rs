//! Events of which it does not matter what they say.

use crate::{
    ActorId, CommandId, EventMetadata, EventType, NewEvent, SchemaVersion, ServiceName, Stage,
    Subject, Timestamp,
};

/// The event with this index among those of `command`, with this payload.
#[must_use]
pub fn sample_event_of(command: CommandId, index: u32, json: impl Into<bytes::Bytes>) -> NewEvent {
    NewEvent {
        event_type: EventType::new("ConformanceChecked").expect("a word"),
        schema_version: SchemaVersion::FIRST,
        metadata: EventMetadata {
            event_id: command.event_id(index),
            command_id: command,
            correlation_id: command.into(),
            causation_id: command.into(),
            occurred_at: Timestamp::UNIX_EPOCH,
            subject: Subject::new("2026-000123").expect("a name"),
            stage: Stage::new("receipt").expect("a name"),
            source: ServiceName::new("conformance").expect("a name"),
            actor: ActorId::new("officer-17").expect("a name"),
            traceparent: None,
            fingerprint: None,
        },
        payload: json.into(),
    }
}

/// One event; the same `label` gives the same one.
#[must_use]
pub fn sample_event(label: &str) -> NewEvent {
    sample_event_of(CommandId::derive(&[0; 16], label), 0, "null")
}
