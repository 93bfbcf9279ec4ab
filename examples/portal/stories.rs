//! A projection of the portal's own: which petitions have a story to tell, and how many documents
//! they led to. What the library shows of petitions leaves such questions to its users.

use std::{
    collections::BTreeMap,
    num::{NonZeroU16, NonZeroU32},
};

use minwon::{
    ListPart, QueryError, ReadModels,
    engine::{
        IndexEntry, IndexName, ListName, ModelReader, Order, Projection, ProjectionName,
        RecordedEvent, SliceCount, StreamName, ViewKey, ViewSchema,
    },
    petitions::{
        ApplicationEvent, Category, IssuanceEvent, PetitionEvent, ServiceType, petition_of_stream,
    },
};
use serde::{Deserialize, Serialize};

use crate::clock::DayClock;

const DOCUMENTS: IndexName = IndexName::new("documents");
const STORIES: IndexName = IndexName::new("stories");
/// The one list of stories there is.
const ALL: &str = "all";
/// The most that a story is worth.
const INTEREST_MAX: u64 = 7;

/// What became of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Document {
    Issued,
    Revoked,
    EnteredByHand,
}

/// What has to be known of a petition to tell whether it has a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Story {
    service: ServiceType,
    document: Option<Document>,
    was_supplemented: bool,
    is_over: bool,
}

pub(crate) struct Stories {
    name: ProjectionName,
}

impl Default for Stories {
    fn default() -> Self {
        Self {
            name: ProjectionName::new("stories").expect("a word"),
        }
    }
}

impl Projection for Stories {
    type Event = (Category, PetitionEvent);
    type View = Story;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        ViewSchema::new(1)
    }

    /// A view is a few words, so few slices do: each costs a write of its own in every commit.
    fn slices(&self) -> SliceCount {
        SliceCount::new(NonZeroU16::MIN)
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        self.key_of_stream(&event.stream)
    }

    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        Some(petition_of_stream(stream))
    }

    fn apply(&self, view: &mut Option<Story>, (_, event): &Self::Event, _: &RecordedEvent) {
        use ApplicationEvent as Event;
        match (view, event) {
            (view @ None, PetitionEvent::Application(Event::Submitted(submitted))) => {
                *view = Some(Story::begun(submitted.service));
            }
            (Some(story), PetitionEvent::Application(Event::Supplemented(_))) => {
                story.was_supplemented = true;
            }
            (Some(story), PetitionEvent::Application(Event::Completed(_))) => story.is_over = true,
            (Some(story), PetitionEvent::Issuance(event)) => story.follow(event),
            _ => {}
        }
    }

    fn index(&self, _: &ViewKey, story: &Story, entries: &mut Vec<IndexEntry>) {
        // Smaller stands first, so the best story does; of several the one with the lowest id.
        let order = Order::new(INTEREST_MAX - story.interest());
        entries.push(IndexEntry::listed(STORIES, ALL, order));
        let service = story.service.as_str();
        match story.document {
            None => {}
            // A document that was taken back was issued all the same.
            Some(Document::Revoked) => {
                entries.push(counted(Document::Issued, service));
                entries.push(counted(Document::Revoked, service));
            }
            Some(document) => entries.push(counted(document, service)),
        }
    }
}

fn counted(document: Document, service: &'static str) -> IndexEntry {
    IndexEntry::counted(DOCUMENTS, document.group(), service)
}

impl Document {
    const fn group(self) -> &'static str {
        match self {
            Self::Issued => "issued",
            Self::Revoked => "revoked",
            Self::EnteredByHand => "entered-by-hand",
        }
    }
}

impl Story {
    const fn begun(service: ServiceType) -> Self {
        Self {
            service,
            document: None,
            was_supplemented: false,
            is_over: false,
        }
    }

    fn follow(&mut self, event: &IssuanceEvent) {
        match event {
            IssuanceEvent::DocumentIssued(_) => self.document = Some(Document::Issued),
            IssuanceEvent::DocumentRevoked(_) => self.document = Some(Document::Revoked),
            IssuanceEvent::ResultEnteredManually(_) => {
                self.document = Some(Document::EnteredByHand);
            }
            _ => {}
        }
    }

    /// How much its timeline tells.
    fn interest(&self) -> u64 {
        let has_document = matches!(self.document, Some(Document::Issued | Document::Revoked));
        4 * u64::from(self.was_supplemented) + 2 * u64::from(has_document) + u64::from(self.is_over)
    }
}

/// Asks for stories.
pub(crate) struct StoryReader(pub(crate) ModelReader<Stories, ReadModels, DayClock>);

impl StoryReader {
    /// The petition whose timeline tells most, and how much that is.
    pub(crate) async fn most_interesting(&self) -> Result<Option<(ViewKey, u64)>, QueryError> {
        let list = ListName {
            index: STORIES,
            partition: ALL.into(),
        };
        let first = ListPart::first(NonZeroU32::MIN);
        let found = self.0.list(&list, &first).await?.value.views;
        let best = found.into_iter().next();
        Ok(best.map(|(key, story)| (key, story.interest())))
    }

    /// How many petitions led to such a document, by how they are served.
    pub(crate) async fn documents(
        &self,
        document: Document,
    ) -> Result<BTreeMap<ServiceType, u64>, crate::shared::Failure> {
        let counts = self.0.counts(DOCUMENTS, document.group()).await?.value;
        let count = |(service, count): (Box<str>, u64)| Ok((service.parse()?, count));
        counts.into_iter().map(count).collect()
    }
}
