//! How far a slice has got, in the words that stores keep.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    id::EventId,
    projection::ViewSchema,
    stream::{GlobalPosition, StreamName, StreamVersion},
    time::Timestamp,
};

/// One life of a slice, distinguished from all others by a random number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Incarnation(u64);

impl Incarnation {
    /// The life with this number; draw it at random.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Incarnation({self})")
    }
}

/// Whether a slice can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// It is being folded for the first time: what is missing may still come.
    Building,
    /// It has once reached the head of the log: what is missing is not there.
    Ready,
}

/// The last event that a slice's reader saw: proof that it folded this very log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEvent {
    /// Its stream.
    pub stream: StreamName,
    /// Its place there.
    pub version: StreamVersion,
    /// Its identity.
    pub id: EventId,
}

/// Up to where the log is folded into a slice.
///
/// Commits compare all of it, so none of its parts can differ unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceCheckpoint {
    /// The slice's life.
    pub incarnation: Incarnation,
    /// The fold.
    pub schema: ViewSchema,
    /// Whether the slice can be asked.
    pub phase: Phase,
    /// Everything up to here is folded in.
    pub position: GlobalPosition,
    /// The last event up to there, of any slice; none if there was none.
    pub last_event: Option<LastEvent>,
    /// When that event was recorded.
    pub recorded_at: Timestamp,
}

/// A text that is no checkpoint, or none that this program knows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointTextError {
    /// It says more than this program understands.
    #[error("a newer program wrote the slice's checkpoint; update this program")]
    Newer(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No program of ours wrote it: the slice has to start again from nothing.
    #[error("the slice's checkpoint is damaged, so the slice begins anew")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The stored form: JSON, with the fields in this order.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored<'a> {
    incarnation: std::borrow::Cow<'a, str>,
    schema: ViewSchema,
    phase: Phase,
    position: (u64, u64),
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<(String, u64, String)>,
    at: Timestamp,
}

/// The fields of every checkpoint, also that of a newer program.
#[derive(Deserialize)]
struct Known {
    incarnation: String,
    #[serde(rename = "schema")]
    _schema: ViewSchema,
    #[serde(rename = "phase")]
    _phase: String,
    #[serde(rename = "position")]
    _position: (u64, u64),
    #[serde(rename = "at")]
    _at: Timestamp,
}

impl Known {
    fn is_named_by(text: &str) -> bool {
        let known = serde_json::from_str::<Self>(text);
        known.is_ok_and(|known| u64::from_str_radix(&known.incarnation, 16).is_ok())
    }
}

impl SliceCheckpoint {
    /// The text that stores keep and compare. The same checkpoint is always the same text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let stored = Stored {
            incarnation: self.incarnation.to_string().into(),
            schema: self.schema,
            phase: self.phase,
            position: (self.position.commit(), self.position.prepare()),
            event: self.last_event.as_ref().map(|last| {
                let LastEvent {
                    stream,
                    version,
                    id,
                } = last;
                (stream.to_string(), version.get(), id.to_string())
            }),
            at: self.recorded_at,
        };
        serde_json::to_string(&stored).expect("plain texts and numbers")
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// [`CheckpointTextError`] for any other text.
    pub fn from_text(text: &str) -> Result<Self, CheckpointTextError> {
        let stored: Stored<'_> = serde_json::from_str(text).map_err(|error| {
            if Known::is_named_by(text) {
                CheckpointTextError::Newer(Box::new(error))
            } else {
                because(error)
            }
        })?;
        let incarnation = u64::from_str_radix(&stored.incarnation, 16).map_err(because)?;
        let last_event = match stored.event {
            Some((stream, version, id)) => Some(LastEvent {
                stream: stream.parse().map_err(because)?,
                version: StreamVersion::new(version),
                id: id.parse().map_err(because)?,
            }),
            None => None,
        };
        let checkpoint = Self {
            incarnation: Incarnation(incarnation),
            schema: stored.schema,
            phase: stored.phase,
            position: GlobalPosition::from_parts(stored.position.0, stored.position.1),
            last_event,
            recorded_at: stored.at,
        };
        // Commits compare texts: one in other words would be refused for good.
        if checkpoint.to_text() != text {
            let other = "it says what a checkpoint says, but not in the words that are written";
            return Err(CheckpointTextError::Damaged(other.into()));
        }
        Ok(checkpoint)
    }
}

fn because(error: impl std::error::Error + Send + Sync + 'static) -> CheckpointTextError {
    CheckpointTextError::Damaged(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CommandId;

    fn checkpoint(last_event: Option<LastEvent>) -> SliceCheckpoint {
        SliceCheckpoint {
            incarnation: Incarnation::new(0xc0ffee),
            schema: ViewSchema::new(3),
            phase: Phase::Ready,
            position: GlobalPosition::from_parts(70, 68),
            last_event,
            recorded_at: "2026-03-09T10:00:00+09:00".parse().unwrap(),
        }
    }

    fn last_event() -> LastEvent {
        LastEvent {
            stream: "general_CarIssuance-2026-000123.1".parse().unwrap(),
            version: StreamVersion::new(4),
            id: CommandId::derive(&[7; 16], "x").event_id(0),
        }
    }

    #[test]
    fn a_checkpoint_reads_back_and_its_text_is_frozen() {
        for checkpoint in [checkpoint(None), checkpoint(Some(last_event()))] {
            let text = checkpoint.to_text();
            assert_eq!(SliceCheckpoint::from_text(&text).unwrap(), checkpoint);
        }
        // A stored format: a running read model is compared with it byte by byte.
        assert_eq!(
            checkpoint(None).to_text(),
            r#"{"incarnation":"0000000000c0ffee","schema":3,"phase":"ready","position":[70,68],"at":"2026-03-09T01:00:00Z"}"#
        );
    }

    #[test]
    fn every_part_of_a_checkpoint_shows_in_its_text() {
        let whole = checkpoint(Some(last_event()));
        let other_event = LastEvent {
            id: CommandId::derive(&[7; 16], "y").event_id(0),
            ..last_event()
        };
        let changed = [
            SliceCheckpoint {
                incarnation: Incarnation::new(1),
                ..whole.clone()
            },
            SliceCheckpoint {
                schema: ViewSchema::new(4),
                ..whole.clone()
            },
            SliceCheckpoint {
                phase: Phase::Building,
                ..whole.clone()
            },
            SliceCheckpoint {
                position: GlobalPosition::from_parts(70, 69),
                ..whole.clone()
            },
            SliceCheckpoint {
                last_event: Some(other_event),
                ..whole.clone()
            },
            SliceCheckpoint {
                recorded_at: Timestamp::UNIX_EPOCH,
                ..whole.clone()
            },
        ];
        for changed in changed {
            assert_ne!(changed.to_text(), whole.to_text());
        }
    }

    #[test]
    fn other_texts_are_refused() {
        let text = checkpoint(Some(last_event())).to_text();
        for bad in [
            "",
            "{}",
            "12",
            &text[1..],
            &text.replace("general_", ""),
            &text.replace("ready", "half"),
        ] {
            let error = SliceCheckpoint::from_text(bad).unwrap_err();
            assert!(std::error::Error::source(&error).is_some());
        }
    }

    /// Found by the fuzz targets: no commit would ever expect such a text, so the slice would stand still.
    #[test]
    fn a_checkpoint_in_other_words_is_damaged() {
        let text = checkpoint(Some(last_event())).to_text();
        for other in [
            text.replace("0000000000c0ffee", "c0ffee"),
            text.replace("0000000000c0ffee", "0000000000C0FFEE"),
            text.replace("0000000000c0ffee", "+000000000c0ffee"),
            text.replace("01:00:00Z", "10:00:00+09:00"),
            text.replace("[70,68]", "[70, 68]"),
            text.replace(
                &last_event().id.to_string(),
                &last_event().id.to_string().to_uppercase(),
            ),
        ] {
            assert_ne!(other, text);
            let read = SliceCheckpoint::from_text(&other);
            assert!(
                matches!(read, Err(CheckpointTextError::Damaged(_))),
                "{other}"
            );
        }
    }

    /// A slice of a newer program must not be begun again by an older one beside it.
    #[test]
    fn what_a_newer_program_wrote_is_not_taken_for_damage() {
        let text = checkpoint(Some(last_event())).to_text();
        for (other, is_newer) in [
            (text.replace("ready", "resting"), true),
            (
                text.replace(r#"{"incarnation""#, r#"{"leases":3,"incarnation""#),
                true,
            ),
            ("twelve".into(), false),
            ("{}".into(), false),
            (text.replace("c0ffee", "coffee"), false),
            (text.replace("schema", "scheme"), false),
        ] {
            let error = SliceCheckpoint::from_text(&other).unwrap_err();
            let found = matches!(error, CheckpointTextError::Newer(_));
            assert_eq!(found, is_newer, "{other}");
        }
    }
}
