//! All that happened to one petition.

use std::fmt;

use minwon::{
    Timestamp,
    engine::{EventFilter, EventStore, FoldError, GlobalPosition, RecordedEvent, fold_log},
    petitions::VerificationNumber,
};
use serde_json::Value;

use crate::table::cut;

/// Most that is shown of the payload of an event. Unit: characters.
const PAYLOAD_CHARS_MAX: usize = 120;

/// The events of one petition and of its issuances, oldest first.
pub(crate) struct Timeline {
    petition: String,
    lines: Vec<[String; 5]>,
}

impl Timeline {
    pub(crate) async fn read<S: EventStore>(
        store: &S,
        filter: EventFilter,
        petition: &str,
    ) -> Result<Self, FoldError<serde_json::Error>> {
        let mut lines = Vec::new();
        fold_log(store, GlobalPosition::START, filter, |event| {
            if event.metadata.subject() == petition {
                lines.push(line(event)?);
            }
            Ok(())
        })
        .await?;
        Ok(Self {
            petition: petition.to_owned(),
            lines,
        })
    }
}

/// When, which event, at which stage, by whom, and its fields as they are stored; but for the
/// time, which stands in front, and the number by which anybody could verify a document.
fn line(event: &RecordedEvent) -> Result<[String; 5], serde_json::Error> {
    let payload: Value = serde_json::from_slice(&event.payload)?;
    let fields = payload.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| !name.ends_with("_at"));
    let fields: Vec<_> = fields.map(|(name, value)| field(name, value)).collect();
    let mut text = cut(&fields.join(", "), PAYLOAD_CHARS_MAX);
    if event.event_type.as_str().ends_with("SupplementRequested") {
        text += "; the clock stops";
    }
    let said = &event.metadata;
    Ok([
        said.occurred_at().in_seoul().to_string(),
        event.event_type.to_string(),
        said.stage().to_owned(),
        said.actor().to_owned(),
        text,
    ])
}

fn field(name: &str, value: &Value) -> String {
    let text = value.as_str();
    if let Some(number) = text.and_then(|text| text.parse::<VerificationNumber>().ok()) {
        return format!("{name} {}", number.masked());
    }
    match text.map(str::parse::<Timestamp>) {
        Some(Ok(instant)) => format!("{name} {}", instant.in_seoul()),
        _ => format!(
            "{name} {}",
            text.map_or_else(|| value.to_string(), str::to_owned)
        ),
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            let widths = self.lines.iter().map(|line| line[column].chars().count());
            widths.max().unwrap_or(0)
        };
        let widths = [0, 1, 2, 3].map(width);
        write!(f, "Petition {}", self.petition)?;
        for line in &self.lines {
            f.write_str("\n")?;
            for (cell, width) in line.iter().zip(widths) {
                write!(f, "{cell:width$}  ")?;
            }
            f.write_str(&line[4])?;
        }
        Ok(())
    }
}
