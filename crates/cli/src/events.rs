//! An event of the log as a line.

use minwon::operator::api::{EventLine, EventSays};
use serde_json::Value;

/// An event for people, in columns that a following line is expected to keep.
pub(crate) fn text(event: &EventLine) -> String {
    let (position, stream) = (event.position.to_string(), &event.stream);
    let facts = match &event.says {
        EventSays::Nothing { unreadable } => {
            return format!("{position:>8}  {stream}  cannot be read: {unreadable}");
        }
        EventSays::This(facts) => facts,
    };
    let (at, actor) = (facts.recorded_at.in_seoul(), &facts.actor);
    let line = format!(
        "{position:>8}  {:<32}  {:<40}  {stream}  by {actor}",
        at.to_string(),
        facts.event_type.as_str(),
    );
    match &facts.payload {
        None => line,
        Some(payload) => format!("{line}\n{:>8}  {}", "", self::payload(payload)),
    }
}

/// A payload for people; one that is no JSON as it stands there.
pub(crate) fn payload(payload: &Value) -> String {
    match payload {
        Value::String(text) => text.clone(),
        payload => payload.to_string(),
    }
}
