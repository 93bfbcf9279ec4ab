//! All that a log holds.

use std::collections::BTreeMap;

use minwon::{
    engine::{EventFilter, EventStore, FoldError, GlobalPosition, fold_log, is_dead_letter},
    petitions::{
        ApplicationEvent, EventReader, IssuanceEvent, PetitionEvent, ReadError, ServiceType,
    },
};

use crate::petition;

/// The content of a log.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) events: u64,
    /// The highest number of a petition; 0 where there is none.
    pub(crate) last_number: u64,
    /// By the petition's id.
    stories: BTreeMap<String, Story>,
}

/// The end of a document's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Document {
    Issued,
    Revoked,
    EnteredByHand,
}

struct Story {
    service: ServiceType,
    document: Option<Document>,
    was_supplemented: bool,
    is_over: bool,
}

impl Held {
    /// The next petition takes the number after the highest one found, not after their count: a
    /// run that was killed may have left numbers out.
    pub(crate) async fn read<S: EventStore>(
        store: &S,
        filter: EventFilter,
    ) -> Result<Self, FoldError<ReadError>> {
        let (mut held, reader) = (Self::default(), EventReader::default());
        fold_log(store, GlobalPosition::START, filter, |event| {
            held.events += 1;
            let id = event.metadata.subject();
            let number = petition::number(id).unwrap_or(0);
            held.last_number = held.last_number.max(number);
            if !is_dead_letter(event) {
                held.note(id, &reader.read(event)?.1);
            }
            Ok(())
        })
        .await?;
        Ok(held)
    }

    fn note(&mut self, id: &str, event: &PetitionEvent) {
        use {ApplicationEvent as Application, IssuanceEvent as Issuance};
        if let PetitionEvent::Application(Application::Submitted(submitted)) = event {
            let story = Story {
                service: submitted.service,
                document: None,
                was_supplemented: false,
                is_over: false,
            };
            self.stories.insert(id.to_owned(), story);
        }
        let Some(story) = self.stories.get_mut(id) else {
            return;
        };
        match event {
            PetitionEvent::Application(Application::Supplemented(_)) => {
                story.was_supplemented = true;
            }
            PetitionEvent::Application(Application::Completed(_)) => story.is_over = true,
            PetitionEvent::Issuance(Issuance::DocumentIssued(_)) => {
                story.document = Some(Document::Issued);
            }
            PetitionEvent::Issuance(Issuance::DocumentRevoked(_)) => {
                story.document = Some(Document::Revoked);
            }
            PetitionEvent::Issuance(Issuance::ResultEnteredManually(_)) => {
                story.document = Some(Document::EnteredByHand);
            }
            _ => {}
        }
    }

    /// Returns the petition with the longest story in its timeline, and its score; of several the
    /// one with the lowest id.
    pub(crate) fn most_interesting(&self) -> Option<(&str, u64)> {
        let stories = self.stories.iter().rev();
        let best = stories.max_by_key(|(_, story)| story.interest())?;
        Some((best.0, best.1.interest()))
    }

    /// Returns how each petition is served that led to a document, and what became of that.
    pub(crate) fn documents(&self) -> impl Iterator<Item = (ServiceType, Document)> {
        let stories = self.stories.values();
        stories.filter_map(|story| Some((story.service, story.document?)))
    }
}

impl Story {
    fn interest(&self) -> u64 {
        let has_document = matches!(self.document, Some(Document::Issued | Document::Revoked));
        4 * u64::from(self.was_supplemented) + 2 * u64::from(has_document) + u64::from(self.is_over)
    }
}
