//! The petition: submitted, received, examined, decided, completed.

mod command;
mod decide;
pub(crate) mod event;
mod evolve;
mod rejection;
mod state;

#[cfg(test)]
pub(crate) mod laws;
#[cfg(test)]
mod tests;

use minwon_core::{
    Aggregate, CategoryName, Decider, EventCodec, NamespaceName, PetitionId, StateSchema,
    StreamName,
};

pub use self::{
    command::{
        ApplicationCommand, Approve, Assign, CloseAsExempt, CloseAsRepeated, CloseUncollected,
        Complete, CorrectClericalError, DocumentForm, DueDocument, IssueReceiptSlip, IssueReminder,
        MERGED_PETITIONERS_MIN, MarkDeadlineMissed, Merge, Modify, NotifyProgress,
        REPEATED_RESULTS_MIN, REPEATED_TIMES_MIN, Reassign, Receive, RecordProgress,
        RegisterBackdated, Reject, ReplyConsultation, RequestConsultation, RequestSupplement,
        Submit, Supplement, TransferToAgency, TransferToDepartment, Withdraw,
    },
    event::{
        Approved, Assigned, ClericalErrorCorrected, ClosedAsExempt, ClosedAsRepeated,
        ClosedUncollected, Completed, CompletionOutcome, ConsultationReplied,
        ConsultationRequested, DeadlineMissed, ExemptionGround, MergedInto, Modified, Outage,
        PROGRESS_NOTICE_DAYS, Petitioners, ProgressNotified, ProgressRecorded, Reassigned,
        ReceiptSlipIssued, Received, Rejected, ReminderIssued, ReminderSubject, Submitted,
        SupplementRequested, Supplemented, TransferredToAgency, TransferredToDepartment, Withdrawn,
        progress_notice_at,
    },
    rejection::ApplicationRejection,
    state::{
        ApplicationState, ApplicationStatus, CONSULTATIONS_MAX, Case, Closing, Consultation, Filing,
    },
};
use crate::{
    catalogue::{self, ApplicationEvent},
    category::Category,
};

/// Decides about petitions of one category.
///
/// ```
/// use minwon_petitions::{Category, PetitionApplication};
/// # use minwon_core::{NamespaceName, PetitionId};
/// let application = PetitionApplication::new(Category::Car);
/// let stream = application.stream(&NamespaceName::new("car")?, &PetitionId::new("2026-000123")?);
/// assert_eq!(stream.as_str(), "car_CarApplication-2026-000123");
/// # Ok::<(), minwon_core::NameError>(())
/// ```
#[derive(Debug, Clone)]
pub struct PetitionApplication {
    petition_category: Category,
    streams: CategoryName,
    codec: EventCodec,
}

impl PetitionApplication {
    /// The decider for petitions of this category.
    #[must_use]
    pub fn new(category: Category) -> Self {
        Self {
            petition_category: category,
            streams: category.streams("Application"),
            codec: catalogue::application_codec(category),
        }
    }

    /// The category of its petitions.
    #[must_use]
    pub const fn petition_category(&self) -> Category {
        self.petition_category
    }

    /// The stream of one petition.
    #[must_use]
    pub fn stream(&self, namespace: &NamespaceName, petition: &PetitionId) -> StreamName {
        StreamName::new(namespace, &self.streams, petition.as_str())
            .expect("the ids of petitions and of streams obey one rule")
    }
}

impl Decider for PetitionApplication {
    type Command = ApplicationCommand;
    type Event = ApplicationEvent;
    type State = ApplicationState;
    type Rejection = ApplicationRejection;

    fn initial(&self) -> ApplicationState {
        ApplicationState::None
    }

    fn decide(
        &self,
        state: &ApplicationState,
        command: &ApplicationCommand,
    ) -> Result<Vec<ApplicationEvent>, ApplicationRejection> {
        decide::decide(self.petition_category, state, command)
    }

    fn evolve(&self, state: ApplicationState, event: &ApplicationEvent) -> ApplicationState {
        evolve::evolve(state, event)
    }
}

impl Aggregate for PetitionApplication {
    // `tests/golden.rs` tells when to raise it.
    const STATE_SCHEMA: StateSchema = StateSchema::new(3);

    fn category(&self) -> &CategoryName {
        &self.streams
    }

    fn codec(&self) -> &EventCodec {
        &self.codec
    }
}
