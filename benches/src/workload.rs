//! Events of a realistic size: 250 bytes of JSON.

use minwon_core::{
    ActorId, CommandId, EventMetadata, EventType, NewEvent, PetitionId, SchemaVersion, ServiceName,
    Stage, StreamName, Timestamp,
};
use serde::{Deserialize, Serialize};

/// A payload as they are in petitions: ids, texts, two instants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// What was done.
    pub activity: String,
    /// By whom.
    pub officer: String,
    /// Where.
    pub department: String,
    /// Why.
    pub note: String,
    /// When.
    pub at: Timestamp,
    /// Until when.
    pub due: Timestamp,
    /// How often.
    pub count: u32,
}

impl Progress {
    /// The `n`-th payload.
    #[must_use]
    pub fn nth(n: u64) -> Self {
        let at =
            Timestamp::from_unix_micros(1_773_000_000_000_000 + n as i64 * 1_000).expect("2026");
        Self {
            activity: format!("check of the submitted documents {}", n % 27),
            officer: format!("officer-{:04}", n % 500),
            department: "civil petitions division 2".into(),
            note: "site inspected, register compared, nothing missing".into(),
            at,
            due: at.saturating_add(std::time::Duration::from_secs(86_400 * 7)),
            count: n as u32,
        }
    }
}

/// The stream with this number.
#[must_use]
pub fn stream(number: u64) -> StreamName {
    format!("general_GeneralApplication-2026-{number:08}")
        .parse()
        .expect("a stream name")
}

/// The `n`-th event for the stream with this number; ids never repeat for different `n`.
#[must_use]
pub fn event(number: u64, n: u64) -> NewEvent {
    let command_id = CommandId::derive(&[1; 16], n.to_be_bytes());
    NewEvent {
        event_type: EventType::new("GeneralApplicationProgressRecorded").expect("a name"),
        schema_version: SchemaVersion::FIRST,
        metadata: EventMetadata {
            event_id: command_id.event_id(0),
            command_id,
            correlation_id: command_id.into(),
            causation_id: command_id.into(),
            occurred_at: Timestamp::UNIX_EPOCH,
            petition_id: PetitionId::new(format!("2026-{number:08}")).expect("a name"),
            stage: Stage::new("review").expect("a name"),
            source: ServiceName::new("bench").expect("a name"),
            actor: ActorId::new("officer-0001").expect("a name"),
            traceparent: None,
        },
        payload: serde_json::to_vec(&Progress::nth(n))
            .expect("plain JSON")
            .into(),
    }
}
