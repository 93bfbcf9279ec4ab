//! From a petition to its document.

use minwon_core::{ConsumerName, Reactor, RecordedEvent, StreamName};

use super::{Occasion, Step, consumer, issuance_of, petition_of};
use crate::{
    catalogue::{ApplicationEvent, IssuanceEvent},
    category::Category,
    reader::{PetitionEvent, petition_of_stream},
};

/// Opens an issuance where one may be due, and has its document made once identity and fee are
/// settled.
///
/// That a petition is served instantly stands in its submission, not in its receipt, and a reactor
/// keeps no state: so the step is asked for after both events at which a document may be due.
#[derive(Debug, Clone)]
pub struct IssuanceReactor {
    name: ConsumerName,
}

impl Default for IssuanceReactor {
    fn default() -> Self {
        Self {
            name: consumer("issuance"),
        }
    }
}

impl Reactor for IssuanceReactor {
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
        steps.extend(match asks_for(&event.1) {
            Asked::Nothing => None,
            Asked::Issuance(occasion) => petition_of(recorded).map(|petition| Step::OpenIssuance {
                occasion,
                category,
                petition,
            }),
            Asked::Document { attempt } => {
                issuance_of(recorded).map(|issuance| Step::FetchSource {
                    category,
                    issuance,
                    attempt,
                })
            }
        });
    }

    fn compensate(&self, event: &Self::Event, recorded: &RecordedEvent, steps: &mut Vec<Step>) {
        let category = event.0;
        steps.extend(match asks_for(&event.1) {
            Asked::Nothing => None,
            Asked::Issuance(_) => {
                petition_of(recorded).map(|petition| Step::GiveUpIssuance { category, petition })
            }
            // The fee is settled and the document will not come.
            Asked::Document { .. } => {
                issuance_of(recorded).map(|issuance| Step::FailIssuance { category, issuance })
            }
        });
    }
}

/// What an event asks for on the way to a document.
enum Asked {
    Nothing,
    Issuance(Occasion),
    Document { attempt: u32 },
}

const fn asks_for(event: &PetitionEvent) -> Asked {
    use {ApplicationEvent as Filed, IssuanceEvent as Issued};
    match event {
        PetitionEvent::Application(Filed::Received(_)) => Asked::Issuance(Occasion::Receipt),
        PetitionEvent::Application(Filed::Approved(_)) => Asked::Issuance(Occasion::Approval),
        PetitionEvent::Issuance(Issued::FeePaid(_) | Issued::FeeWaived(_)) => {
            Asked::Document { attempt: 1 }
        }
        // A deadline began this try and may not have lived to ask. The first try is a step of the
        // fee's event, which asks until it has an answer.
        PetitionEvent::Issuance(Issued::SourceDataRequested(requested))
            if requested.attempt > 1 =>
        {
            Asked::Document {
                attempt: requested.attempt,
            }
        }
        PetitionEvent::Application(
            Filed::Submitted(_)
            | Filed::ProgressRecorded(_)
            | Filed::SupplementRequested(_)
            | Filed::Supplemented(_)
            | Filed::DeadlineMissed(_)
            | Filed::ProgressNotified(_)
            | Filed::ReminderIssued(_)
            | Filed::Rejected(_)
            | Filed::Withdrawn(_)
            | Filed::Completed(_)
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
            | Filed::Returned(_)
            | Filed::DeemedWithdrawn(_)
            | Filed::ReceiptSlipIssued(_)
            | Filed::ClericalErrorCorrected(_)
            | Filed::Assigned(_)
            | Filed::Reassigned(_)
            | Filed::TransferredToDepartment(_)
            | Filed::TransferredToAgency(_)
            | Filed::ConsultationRequested(_)
            | Filed::ConsultationReplied(_)
            | Filed::ConsultationExtended(_)
            | Filed::Modified(_)
            | Filed::MergedInto(_)
            | Filed::ClosedAsRepeated(_)
            | Filed::ClosedAsExempt(_)
            | Filed::ClosedUncollected(_),
        )
        | PetitionEvent::Issuance(
            Issued::Requested(_)
            | Issued::IdentityVerified(_)
            | Issued::FeeAssessed(_)
            | Issued::FeeRefunded(_)
            | Issued::SourceDataRequested(_)
            | Issued::SourceDataRetrieved(_)
            // Whether and when the register is asked again, the failure itself says.
            | Issued::SourceDataFailed(_)
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
            | Issued::DocumentRevoked(_),
        ) => Asked::Nothing,
    }
}
