//! Stored events, read back as what they mean.

use std::convert::Infallible;

use minwon::{
    Aggregate, CodecError, EventFilter, EventStore, GlobalPosition, RecordedEvent, StreamName,
    petitions::{ApplicationEvent, Category, Issuance, IssuanceEvent, PetitionApplication},
    projections::{FoldError, fold_log},
};

use crate::petition;

/// An event of either aggregate.
pub(crate) enum PetitionEvent {
    Application(ApplicationEvent),
    Issuance(IssuanceEvent),
}

/// Why an event of the log means nothing to the portal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("stream {stream} belongs to no petition; is this another program's store?")]
    Foreign { stream: StreamName },
    #[error("{stream} goes on without a submission")]
    NotSubmitted { stream: StreamName },
    #[error("an event of {stream} cannot be read")]
    Undecodable {
        stream: StreamName,
        source: CodecError,
    },
}

/// Reads events of all categories.
pub(crate) struct EventReader {
    categories: Vec<(PetitionApplication, Issuance)>,
}

impl EventReader {
    pub(crate) fn new() -> Self {
        let deciders =
            |&category: &Category| (PetitionApplication::new(category), Issuance::new(category));
        Self {
            categories: Category::ALL.iter().map(deciders).collect(),
        }
    }

    pub(crate) fn read(&self, event: &RecordedEvent) -> Result<PetitionEvent, ReadError> {
        let (name, version) = (event.event_type.as_str(), event.schema_version);
        let category = event.stream.category();
        for (application, issuance) in &self.categories {
            let read = if category == application.category().as_str() {
                let read = application.codec().decode(name, version, &event.payload);
                read.map(PetitionEvent::Application)
            } else if category == issuance.category().as_str() {
                let read = issuance.codec().decode(name, version, &event.payload);
                read.map(PetitionEvent::Issuance)
            } else {
                continue;
            };
            return read.map_err(|source| ReadError::Undecodable {
                stream: event.stream.clone(),
                source,
            });
        }
        Err(ReadError::Foreign {
            stream: event.stream.clone(),
        })
    }
}

/// What a store holds before the day begins.
#[derive(Default)]
pub(crate) struct Before {
    pub(crate) events: u64,
    /// The highest number of a petition; 0 where there is none.
    pub(crate) last_number: u64,
}

impl Before {
    /// The next petition takes the number after the highest one found, not after their count: a
    /// run that was killed may have left numbers out.
    pub(crate) async fn read<S: EventStore>(
        store: &S,
        filter: EventFilter,
    ) -> Result<Self, FoldError<Infallible>> {
        let mut before = Self::default();
        fold_log(store, GlobalPosition::START, filter, |event| {
            before.events += 1;
            let number = petition::number(event.metadata.petition_id()).unwrap_or(0);
            before.last_number = before.last_number.max(number);
            Ok(())
        })
        .await?;
        Ok(before)
    }
}
