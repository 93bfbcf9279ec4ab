//! Recorded events, read as what they mean.

use minwon_core::{
    Aggregate, CodecError, DecoderFingerprint, EventDecoder, RecordedEvent, StreamName,
};

use crate::{
    application::ApplicationEvent,
    application::PetitionApplication,
    category::Category,
    issuance::{Issuance, IssuanceEvent, IssuanceId},
};

/// An event of either aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PetitionEvent {
    /// Of a petition.
    Application(ApplicationEvent),
    /// Of an attempt to issue a document for it.
    Issuance(IssuanceEvent),
}

/// Why a recorded event means nothing here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Its stream is of no category of petitions.
    #[error("stream {stream} belongs to no petition; filter it out, or look what wrote it")]
    Foreign {
        /// The stream.
        stream: StreamName,
    },
    /// It says it is of another petition than its stream.
    #[error("an event of {stream} says it is of {petition}; find out which program wrote it")]
    OtherPetition {
        /// The stream.
        stream: StreamName,
        /// The petition that the event names.
        petition: String,
    },
    /// It is of a petition, but cannot be decoded.
    #[error("an event of {stream} cannot be read")]
    Undecodable {
        /// The stream.
        stream: StreamName,
        /// The error in it.
        #[source]
        source: CodecError,
    },
}

/// The petition that all events of `stream` belong to: that of an attempt to issue a document is
/// named in the id of the attempt. It follows from the stream alone: the event's own data may be
/// unreadable, or untrue.
#[must_use]
pub fn petition_of_stream(stream: &StreamName) -> &str {
    let category = stream.category().strip_suffix("Issuance");
    if category.is_some_and(|category| category.parse::<Category>().is_ok()) {
        IssuanceId::petition_in(stream.id()).unwrap_or(stream.id())
    } else {
        stream.id()
    }
}

/// Reads the events of some categories, for whoever goes through the log.
#[derive(Debug, Clone)]
pub struct EventReader {
    categories: Vec<(Category, PetitionApplication, Issuance)>,
}

impl Default for EventReader {
    /// Reads the events of the categories that come with the library.
    fn default() -> Self {
        Self::of(Category::BUILT_IN.iter().copied())
    }
}

impl EventReader {
    /// Reads the events of these categories.
    pub fn of(categories: impl IntoIterator<Item = Category>) -> Self {
        let deciders = |category: Category| {
            (
                category,
                PetitionApplication::new(category),
                Issuance::new(category),
            )
        };
        Self {
            categories: categories.into_iter().map(deciders).collect(),
        }
    }

    /// Returns what `event` says, and the category of its petition.
    ///
    /// # Errors
    /// [`ReadError`] where it is no petition's, of another than its stream, or cannot be decoded.
    pub fn read(&self, event: &RecordedEvent) -> Result<(Category, PetitionEvent), ReadError> {
        let stream = event.stream.category();
        for (category, application, issuance) in &self.categories {
            let read = if stream == application.category().as_str() {
                let read = application.codec().read(event);
                read.map(PetitionEvent::Application)
            } else if stream == issuance.category().as_str() {
                let read = issuance.codec().read(event);
                read.map(PetitionEvent::Issuance)
            } else {
                continue;
            };
            let petition = event.metadata.subject();
            return match read {
                Ok(_) if petition != petition_of_stream(&event.stream) => {
                    Err(ReadError::OtherPetition {
                        stream: event.stream.clone(),
                        petition: petition.to_owned(),
                    })
                }
                Ok(event) => Ok((*category, event)),
                Err(source) => Err(ReadError::Undecodable {
                    stream: event.stream.clone(),
                    source,
                }),
            };
        }
        Err(ReadError::Foreign {
            stream: event.stream.clone(),
        })
    }
}

impl EventDecoder for EventReader {
    type Event = (Category, PetitionEvent);
    type Error = ReadError;

    fn decode(&self, event: &RecordedEvent) -> Result<Self::Event, ReadError> {
        self.read(event)
    }

    fn fingerprint(&self) -> Option<DecoderFingerprint> {
        let of_categories = self
            .categories
            .iter()
            .flat_map(|(_, application, issuance)| {
                [
                    application.codec().fingerprint::<ApplicationEvent>(),
                    issuance.codec().fingerprint::<IssuanceEvent>(),
                ]
            });
        Some(DecoderFingerprint::all(of_categories))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuance::Failed;
    use minwon_core::{
        GlobalPosition, NewEvent, SchemaVersion, StreamVersion, Timestamp, testing::sample_event,
    };

    fn recorded(stream: &str, event_type: &str, json: &'static str) -> RecordedEvent {
        let NewEvent { mut metadata, .. } = sample_event(stream);
        let stream: StreamName = stream.parse().unwrap();
        metadata.subject = petition_of_stream(&stream).parse().unwrap();
        RecordedEvent {
            position: GlobalPosition::new(1),
            stream,
            version: StreamVersion::FIRST,
            event_type: event_type.parse().unwrap(),
            schema_version: SchemaVersion::FIRST,
            recorded_at: Timestamp::UNIX_EPOCH,
            metadata: (&metadata).into(),
            payload: json.as_bytes().into(),
            fault: None,
        }
    }

    #[test]
    fn a_stream_always_names_a_petition_that_views_can_be_of() {
        let petitions = [
            ("general_CarApplication-2026-1", "2026-1"),
            ("general_CarIssuance-2026-1.2", "2026-1"),
            ("general_CarIssuance-2026-1", "2026-1"),
            // An attempt for no petition, which only others write.
            ("general_CarIssuance-.1", ".1"),
        ];
        for (stream, petition) in petitions {
            assert_eq!(petition_of_stream(&stream.parse().unwrap()), petition);
        }
    }

    #[test]
    fn the_stream_names_category_and_aggregate() {
        let json = r#"{"reason":"The register is down"}"#;
        let failed = Failed {
            reason: "The register is down".parse().unwrap(),
        };
        for category in Category::BUILT_IN {
            let prefix = category.prefix();
            let stream = format!("general_{prefix}Issuance-p.1");
            let event = recorded(&stream, &format!("{prefix}IssuanceFailed"), json);
            let read = EventReader::default().read(&event).unwrap();
            assert_eq!(
                read,
                (*category, PetitionEvent::Issuance(failed.clone().into()))
            );
        }
    }

    #[test]
    fn foreign_and_damaged_events_are_distinguished() {
        let read = |stream, event_type| {
            EventReader::default()
                .read(&recorded(stream, event_type, "{}"))
                .unwrap_err()
        };
        let foreign = read("general_Invoice-1", "InvoiceSent");
        assert!(matches!(foreign, ReadError::Foreign { .. }), "{foreign}");
        let damaged = read("general_CarIssuance-p.1", "CarIssuanceFailed");
        assert!(
            matches!(damaged, ReadError::Undecodable { .. }),
            "{damaged}"
        );
        assert!(std::error::Error::source(&damaged).is_some());
        let json = r#"{"reason":"The register is down"}"#;
        let mut other = recorded("general_CarIssuance-p.1", "CarIssuanceFailed", json);
        other.stream = "general_CarIssuance-q.1".parse().unwrap();
        let other = EventReader::default().read(&other).unwrap_err();
        assert!(matches!(other, ReadError::OtherPetition { .. }), "{other}");
        let stray = read("general_CarIssuance-p.1", "GeneralIssuanceFailed");
        assert!(matches!(stray, ReadError::Undecodable { .. }), "{stray}");
    }
}
