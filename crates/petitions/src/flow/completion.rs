//! From a document back to its petition.

use minwon_core::{ConsumerName, Reactor, RecordedEvent, StreamName};

use super::{Step, consumer, issuance_of};
use crate::{
    catalogue::IssuanceEvent as Issued,
    category::Category,
    issuance::IssuanceId,
    reader::{PetitionEvent, petition_of_stream},
};

/// Closes a petition once its document or its result is out.
///
/// Nothing makes up for a petition that could not be closed: the document is out, and an officer
/// completes the petition by hand.
#[derive(Debug, Clone)]
pub struct CompletionReactor {
    name: ConsumerName,
}

impl Default for CompletionReactor {
    fn default() -> Self {
        Self {
            name: consumer("completion"),
        }
    }
}

impl Reactor for CompletionReactor {
    type Event = (Category, PetitionEvent);
    type Command = Step;

    fn name(&self) -> &ConsumerName {
        &self.name
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        self.key_of_stream(&event.stream)
    }

    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        Some(petition_of_stream(stream))
    }

    fn react(&self, event: &Self::Event, recorded: &RecordedEvent, steps: &mut Vec<Step>) {
        let category = event.0;
        let close = |issuance: IssuanceId| Step::CloseApplication { category, issuance };
        match &event.1 {
            PetitionEvent::Issuance(
                Issued::DocumentIssued(_) | Issued::ResultEnteredManually(_),
            ) => steps.extend(issuance_of(recorded).map(close)),
            PetitionEvent::Application(_)
            | PetitionEvent::Issuance(
                Issued::Requested(_)
                | Issued::IdentityVerified(_)
                | Issued::FeeAssessed(_)
                | Issued::FeePaid(_)
                | Issued::FeeWaived(_)
                | Issued::FeeRefunded(_)
                | Issued::SourceDataRequested(_)
                | Issued::SourceDataRetrieved(_)
                | Issued::SourceDataFailed(_)
                // The petition is closed since the document is out, wherever it goes from here.
                | Issued::DocumentViewed(_)
                | Issued::DocumentPrinted(_)
                | Issued::DocumentDelivered(_)
                | Issued::DocumentReadyForPickup(_)
                | Issued::DocumentCollected(_)
                | Issued::DocumentDiscarded(_)
                | Issued::DocumentVerified(_)
                | Issued::VerificationExpired(_)
                | Issued::Cancelled(_)
                // The petition stays open: the next attempt may succeed.
                | Issued::Failed(_)
                | Issued::DocumentRevoked(_),
            ) => {}
        }
    }
}
