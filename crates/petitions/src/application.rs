//! The petition: submitted, received, examined, decided, completed.

mod clock;
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

use std::sync::Arc;

use minwon_core::{
    Aggregate, CategoryName, Decider, EventCodec, NamespaceName, PetitionId, StateSchema,
    StreamName,
};

pub use self::{
    clock::{Clock, due_of, moved_due},
    command::{
        ApplicationCommand, Approve, Assign, CloseAsExempt, CloseAsRepeated, CloseUncollected,
        Complete, CorrectClericalError, DeemWithdrawn, DismissObjection, DocumentForm, DueDocument,
        ExtendConsultation, ExtendObjectionDecision, ExtendPeriod, ExtendPeriodAgain,
        ExtendSupplementPeriod, FileObjection, IssueReceiptSlip, IssueReminder,
        MERGED_PETITIONERS_MIN, MarkDeadlineMissed, MarkSupplementUndeliverable, Merge, Modify,
        NotifyProgress, NotifyResult, REPEATED_RESULTS_MIN, REPEATED_TIMES_MIN, Reassign,
        RecalculateDeadline, ReceiptDue, Receive, RecordProgress, RegisterBackdated, Reject,
        ReplyConsultation, RequestConsultation, RequestSupplement, RerequestSupplement, Resume,
        Return, Submit, Supplement, Suspend, TransferToAgency, TransferToDepartment,
        UpholdObjection, Withdraw,
    },
    event::{
        Approved, Assigned, ClericalErrorCorrected, ClockResumed, ClockSuspended, ClosedAsExempt,
        ClosedAsRepeated, ClosedUncollected, Completed, CompletionOutcome, ConsultationExtended,
        ConsultationReplied, ConsultationRequested, CountedDue, DeadlineMissed,
        DeadlineRecalculated, DeemedWithdrawn, DueBasis, ExemptionGround, LackSeen, MergedInto,
        Modified, ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, ObjectionUpheld,
        Outage, PROGRESS_NOTICE_DAYS, PeriodExtended, PeriodExtendedAgain, Petitioners,
        ProgressNotified, ProgressRecorded, Reassigned, ReceiptSlipIssued, Received, Rejected,
        ReminderIssued, ReminderSubject, ResultNotified, Returned, Submitted,
        SupplementPeriodExtended, SupplementRequested, SupplementRerequested,
        SupplementUndeliverable, Supplemented, TransferredToAgency, TransferredToDepartment,
        Withdrawn, progress_notice_at,
    },
    rejection::ApplicationRejection,
    state::{
        ApplicationState, ApplicationStatus, CONSULTATIONS_MAX, Case, Closing, Completion,
        Consultation, Filing, OpenObjection, OpenSupplement, Withdrawal,
    },
};
use crate::{
    calendar::Calendar,
    catalogue::{self, ApplicationEvent},
    category::Category,
};

/// How many requests that do not reach the petitioner make a petition withdrawn (D25②).
pub(crate) const UNDELIVERED_MIN: u32 = 2;

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
    calendar: Arc<Calendar>,
}

impl PetitionApplication {
    /// The decider for petitions of this category.
    #[must_use]
    pub fn new(category: Category) -> Self {
        Self {
            petition_category: category,
            streams: category.streams("Application"),
            codec: catalogue::application_codec(category),
            calendar: Calendar::shared(),
        }
    }

    /// The same decider with another calendar than the [published](Calendar::published) one: dues
    /// are counted with it from now on. For those that stand there is
    /// [`RecalculateDeadline`].
    #[must_use]
    pub fn with_calendar(self, calendar: impl Into<Arc<Calendar>>) -> Self {
        let calendar = calendar.into();
        Self { calendar, ..self }
    }

    /// The calendar that dues are counted with.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
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
        decide::decide(self.petition_category, &self.calendar, state, command)
    }

    fn evolve(&self, state: ApplicationState, event: &ApplicationEvent) -> ApplicationState {
        evolve::evolve(state, event)
    }
}

impl Aggregate for PetitionApplication {
    // `tests/golden.rs` tells when to raise it.
    const STATE_SCHEMA: StateSchema = StateSchema::new(4);

    fn category(&self) -> &CategoryName {
        &self.streams
    }

    fn codec(&self) -> &EventCodec {
        &self.codec
    }
}
