//! The petition: submitted, received, examined, decided, completed.
//!
//! `decide/` holds the law, a file for each family of rules, and `evolve/` what each event changes.
//! Where the law leaves a question open, or the everyday work of an office needs more than it says,
//! we read it so:
//!
//! - An office's [steps of work](RecordProgress) are recorded as they come; the first takes a
//!   received petition into review.
//! - Inquiries, suggestions and other petitions [end in an answer](crate::PetitionKind), which
//!   [completes](Complete) them out of review without a decision.
//! - Nothing is [missed](MarkDeadlineMissed) or reminded of while the clock stands, nor once a
//!   refusal is out; that a due passed meanwhile is noted when the clock runs again.
//! - An agency that was consulted [answers](ReplyConsultation) also late, and also while the clock
//!   stands, as long as the petition can be decided by it.
//! - An objection is decided also after its time, for no article lets it lapse; and may be filed
//!   before the refusal was told, for then its time has not begun.
//! - Cases that are [imported](ReceiptDue::Told) are recorded as they were handled there.

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
    pub fn calendar(&self) -> &Arc<Calendar> {
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
