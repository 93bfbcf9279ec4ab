//! Events for tests that look at one backend.

use minwon_core::{
    ActorId, AppendError, Appended, CommandId, EventMetadata, EventStore, EventType,
    ExpectedVersion, NewEvent, PetitionId, SchemaVersion, ServiceName, Stage, StreamName,
    Timestamp,
};

pub(crate) fn stream(id: impl std::fmt::Display) -> StreamName {
    format!("general_GeneralApplication-{id}").parse().unwrap()
}

pub(crate) fn event(name: impl std::fmt::Display) -> NewEvent {
    let command_id = CommandId::derive(&[3; 16], name.to_string());
    NewEvent {
        event_type: EventType::new("GeneralApplicationSubmitted").unwrap(),
        schema_version: SchemaVersion::FIRST,
        metadata: EventMetadata {
            event_id: command_id.event_id(0),
            command_id,
            correlation_id: command_id.into(),
            causation_id: command_id.into(),
            occurred_at: Timestamp::UNIX_EPOCH,
            petition_id: PetitionId::new("2026-000123").unwrap(),
            stage: Stage::new("submission").unwrap(),
            source: ServiceName::new("portal").unwrap(),
            actor: ActorId::new("citizen-1").unwrap(),
            traceparent: None,
        },
        payload: format!(r#"{{"name":"{name}","text":"민원 신청"}}"#)
            .into_bytes()
            .into(),
    }
}

/// Appends one event to a stream of its own.
pub(crate) async fn file(
    store: &impl EventStore,
    name: impl std::fmt::Display,
) -> Result<Appended, AppendError> {
    store
        .append(&stream(&name), ExpectedVersion::NoStream, &[event(&name)])
        .await
}
