//! An event of the log as a line.

use minwon::engine::RecordedEvent;
use serde_json::{Value, json};

/// Whether a line has the payload of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Payload {
    Shown,
    LeftOut,
}

impl Payload {
    pub(crate) const fn shown_if(is_shown: bool) -> Self {
        if is_shown { Self::Shown } else { Self::LeftOut }
    }
}

/// An event for programs: its place, who wrote it and why. Of one that the store cannot read nothing but its
/// place is to be trusted, and nothing else is shown.
pub(crate) fn json(event: &RecordedEvent, payload: Payload) -> Value {
    let mut line = json!({
        "position": event.position,
        "stream": event.stream,
        "version": event.version,
    });
    if let Some(fault) = &event.fault {
        line["unreadable"] = json!(fault.to_string());
        return line;
    }
    let metadata = &event.metadata;
    line["event_type"] = json!(event.event_type);
    line["schema_version"] = json!(event.schema_version);
    line["recorded_at"] = json!(event.recorded_at.in_seoul());
    line["occurred_at"] = json!(metadata.occurred_at().in_seoul());
    line["event_id"] = json!(metadata.event_id());
    line["command_id"] = json!(metadata.command_id());
    line["correlation_id"] = json!(metadata.correlation_id());
    line["causation_id"] = json!(metadata.causation_id());
    line["subject"] = json!(metadata.subject());
    line["stage"] = json!(metadata.stage());
    line["source"] = json!(metadata.source());
    line["actor"] = json!(metadata.actor());
    line["traceparent"] = json!(metadata.traceparent());
    if payload == Payload::Shown {
        let text = || String::from_utf8_lossy(&event.payload).into();
        line["payload"] = serde_json::from_slice(&event.payload).unwrap_or_else(|_| text());
    }
    line
}

/// An event for people, in columns that a following line is expected to keep.
pub(crate) fn text(event: &RecordedEvent, payload: Payload) -> String {
    let (position, stream) = (event.position.to_string(), &event.stream);
    if let Some(fault) = &event.fault {
        return format!("{position:>8}  {stream}  cannot be read: {fault}");
    }
    let (at, actor) = (event.recorded_at.in_seoul(), event.metadata.actor());
    let line = format!(
        "{position:>8}  {:<32}  {:<40}  {stream}  by {actor}",
        at.to_string(),
        event.event_type.as_str(),
    );
    match payload {
        Payload::LeftOut => line,
        Payload::Shown => {
            let payload = String::from_utf8_lossy(&event.payload);
            format!("{line}\n{:>8}  {payload}", "")
        }
    }
}
