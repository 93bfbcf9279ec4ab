//! What is undone when something came to nothing.

use minwon_core::{ConsumerName, Reactor, RecordedEvent, StreamName};

use super::{Step, consumer, issuance_of, petition_of};
use crate::{
    catalogue::{ApplicationEvent as Filed, IssuanceEvent as Issued},
    category::Category,
    reader::{PetitionEvent, petition_of_stream},
};

/// Calls off what is under way for a petition that was withdrawn, refused or closed, and fails the attempt to issue whose
/// register will not be asked again.
#[derive(Debug, Clone)]
pub struct CompensationReactor {
    name: ConsumerName,
}

impl Default for CompensationReactor {
    fn default() -> Self {
        Self {
            name: consumer("compensation"),
        }
    }
}

impl Reactor for CompensationReactor {
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
        steps.extend(match &event.1 {
            PetitionEvent::Application(event) => call_off(category, event, recorded),
            PetitionEvent::Issuance(event) => fail(category, event, recorded),
        });
    }
}

fn call_off(category: Category, event: &Filed, recorded: &RecordedEvent) -> Option<Step> {
    match event {
        Filed::Withdrawn(_)
        | Filed::DeemedWithdrawn(_)
        | Filed::Returned(_)
        | Filed::Rejected(_)
        | Filed::MergedInto(_)
        | Filed::ClosedAsRepeated(_)
        | Filed::ClosedAsExempt(_) => Some(Step::CallOffIssuance {
            category,
            petition: petition_of(recorded)?,
        }),
        Filed::Submitted(_)
        | Filed::Received(_)
        | Filed::ProgressRecorded(_)
        | Filed::SupplementRequested(_)
        | Filed::Supplemented(_)
        | Filed::DeadlineMissed(_)
        | Filed::ProgressNotified(_)
        | Filed::ReminderIssued(_)
        | Filed::Approved(_)
        | Filed::SupplementPeriodExtended(_)
        | Filed::SupplementRerequested(_)
        | Filed::SupplementUndeliverable(_)
        | Filed::ClockSuspended(_)
        | Filed::ClockResumed(_)
        | Filed::PeriodExtended(_)
        | Filed::PeriodExtendedAgain(_)
        | Filed::DeadlineRecalculated(_)
        | Filed::ResultNotified(_)
        | Filed::ObjectionFiled(_)
        | Filed::ObjectionDecisionExtended(_)
        | Filed::ObjectionUpheld(_)
        | Filed::ObjectionDismissed(_)
        | Filed::Completed(_)
        | Filed::ReceiptSlipIssued(_)
        | Filed::ClericalErrorCorrected(_)
        | Filed::Assigned(_)
        | Filed::Reassigned(_)
        | Filed::TransferredToDepartment(_)
        // Whoever is competent goes on with what is under way.
        | Filed::TransferredToAgency(_)
        | Filed::ConsultationRequested(_)
        | Filed::ConsultationReplied(_)
        | Filed::ConsultationExtended(_)
        | Filed::Modified(_)
        // The document is good, and was for the petitioner to collect.
        | Filed::ClosedUncollected(_) => None,
    }
}

fn fail(category: Category, event: &Issued, recorded: &RecordedEvent) -> Option<Step> {
    match event {
        Issued::SourceDataFailed(failed) if failed.retry_at.is_none() => Some(Step::FailIssuance {
            category,
            issuance: issuance_of(recorded)?,
        }),
        Issued::SourceDataFailed(_)
        | Issued::Requested(_)
        | Issued::IdentityVerified(_)
        | Issued::FeeAssessed(_)
        | Issued::FeePaid(_)
        | Issued::FeeWaived(_)
        | Issued::FeeRefunded(_)
        | Issued::SourceDataRequested(_)
        | Issued::SourceDataRetrieved(_)
        | Issued::DocumentIssued(_)
        | Issued::ResultEnteredManually(_)
        | Issued::DocumentViewed(_)
        | Issued::DocumentPrinted(_)
        | Issued::DocumentDelivered(_)
        | Issued::DocumentReadyForPickup(_)
        | Issued::DocumentCollected(_)
        | Issued::DocumentDiscarded(_)
        | Issued::DocumentVerified(_)
        | Issued::VerificationExpired(_)
        | Issued::Cancelled(_)
        | Issued::Failed(_)
        | Issued::DocumentRevoked(_) => None,
    }
}
