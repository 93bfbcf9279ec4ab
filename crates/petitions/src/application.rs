//! The petition: submitted, received, examined, decided, completed.
//!
//! Here stand the lists of its commands and events. Each belongs to a chapter, the file that holds
//! its shape, its rules with their articles, and what it means. Where the law leaves a question
//! open, or the everyday work of an office needs more than it says, we read it so:
//!
//! - An office's [steps of work](RecordProgress) are recorded as they come; the first takes a
//!   received petition into review.
//! - Inquiries, suggestions and other petitions [end in an answer](crate::PetitionKind), which
//!   [completes](Complete) them out of review without a decision.
//! - Nothing is [missed](MarkDeadlineMissed) or reminded of while the clock stands, nor once a
//!   refusal is out; that a due passed meanwhile is noted when the clock runs again.
//! - An agency that was consulted [answers](ReplyConsultation) also late, and also while the clock
//!   stands, as long as the petition can be decided by it.
//! - An objection is decided also after its time, as no article lets it lapse; and may be filed
//!   before the notice of the refusal, as its time has not begun then.
//! - Nothing happens before what it depends on, but for what [clocks](crate::CLOCK_TOLERANCE) differ by:
//!   the receipt not before the filing, and all else not before the receipt or a nearer cause. What a
//!   chapter says of no nearer one depends on the receipt alone, as notes are entered late.
//! - Cases that are [imported](ReceiptDue::Imported) are recorded as they were handled there, in whatever
//!   order the other system says.
//!
//! Unknown fields of a stored event are refused: within one schema version the golden files freeze
//! all fields, so an unknown one means a damaged or foreign event, and dropping it would be
//! guessing. A field more is a version more.

mod clock;
mod closing;
mod consultation;
mod decision;
mod filing;
mod objection;
mod overdue;
mod period;
mod receipt;
mod rejection;
mod review;
mod rule;
mod state;
mod supplement;
mod transfer;

#[cfg(test)]
pub(crate) mod laws;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::PetitionId;
use minwon_core::{
    Aggregate, CategoryName, Decider, EventCodec, NamespaceName, StateSchema, StreamName,
};

pub use self::{
    clock::{Clock, GrantedExtension, due_of},
    closing::*,
    consultation::*,
    decision::*,
    filing::*,
    objection::*,
    overdue::*,
    period::*,
    receipt::{
        CountedDue, DueBasis, IssueReceiptSlip, Outage, ReceiptDue, ReceiptSlipIssued, Receive,
        Received, RegisterBackdated,
    },
    rejection::ApplicationRejection,
    review::*,
    state::{
        Application, ApplicationState, ApplicationStatus, Case, Completion, Decision,
        FORMER_NUMBERS_MAX, Filing, Objection, ObjectionOutcome, Receipt, Ruling, Stage,
    },
    supplement::*,
    transfer::*,
};
pub(crate) use self::{
    filing::AGREE_TO_CORRECT,
    receipt::received_since_2,
    rule::{ARTICLES, COUNTED, TAKES},
};
use crate::{
    calendar::Calendar,
    catalogue,
    category::Category,
    chapter::{commands, events},
};

commands! {
    /// The commands to a petition. Times and looked-up facts arrive inside.
    pub enum ApplicationCommand of PetitionApplication {
        Submit = "submit",
        Receive = "receive",
        RecordProgress = "record progress of",
        RequestSupplement = "request a supplement to",
        Supplement = "supplement",
        MarkDeadlineMissed = "note the missed due of",
        NotifyProgress = "notify the progress of",
        IssueReminder = "issue a reminder for",
        Approve = "approve",
        Reject = "reject",
        Withdraw = "withdraw",
        Complete = "complete",
        // The petitioner's time to supply what is missing.
        ExtendSupplementPeriod = "extend the supplement period of",
        RerequestSupplement = "request again a supplement to",
        MarkSupplementUndeliverable = "note the undeliverable request to",
        Return = "return",
        DeemWithdrawn = "deem withdrawn",
        // The agency's time.
        Suspend = "stop the clock of",
        Resume = "resume the clock of",
        ExtendPeriod = "extend the period of",
        ExtendPeriodAgain = "extend again the period of",
        RecalculateDeadline = "recalculate the due of",
        // After the decision.
        NotifyResult = "notify the result of",
        FileObjection = "object to",
        ExtendObjectionDecision = "extend the objection period of",
        UpholdObjection = "uphold the objection to",
        DismissObjection = "dismiss the objection to",
        // Filing, and the way through the offices.
        RegisterBackdated = "register after an outage",
        IssueReceiptSlip = "issue a receipt slip for",
        CorrectClericalError = "correct a clerical error in",
        Assign = "assign",
        Reassign = "reassign",
        TransferToDepartment = "transfer to another department",
        TransferToAgency = "transfer to another agency",
        RequestConsultation = "consult another agency about",
        ReplyConsultation = "enter an agency's answer to",
        ExtendConsultation = "extend the consultation about",
        Modify = "modify",
        // Ends without a decision, or with a document that nobody collects.
        Merge = "merge",
        CloseAsRepeated = "close as repeated",
        CloseAsExempt = "close as exempt",
        CloseUncollected = "close as uncollected",
    }
}

events! {
    /// The events of a petition.
    pub enum ApplicationEvent of ApplicationState {
        Submitted = "ApplicationSubmitted", 2, "submission", Submitted at submitted_at,
        Received = "ApplicationReceived", 2, "receipt", Received at received_at,
        ProgressRecorded = "ApplicationProgressRecorded", 1, "review", Progress at noted_at,
        SupplementRequested = "ApplicationSupplementRequested", 2, "supplement", SupplementRequested at requested_at,
        Supplemented = "ApplicationSupplemented", 2, "supplement", Supplemented at supplemented_at,
        DeadlineMissed = "ApplicationDeadlineMissed", 1, "deadline", DeadlineMissed at noted_at,
        ProgressNotified = "ApplicationProgressNotified", 1, "notice", ProgressNotified at notified_at,
        ReminderIssued = "ApplicationReminderIssued", 1, "notice", Reminded at issued_at,
        Approved = "ApplicationApproved", 1, "decision", Approved,
        Rejected = "ApplicationRejected", 1, "decision", Rejected,
        Withdrawn = "ApplicationWithdrawn", 1, "withdrawal", Withdrawn,
        Completed = "ApplicationCompleted", 1, "completion", Completed,
        SupplementPeriodExtended = "ApplicationSupplementPeriodExtended", 1, "supplement", SupplementExtended at extended_at,
        SupplementRerequested = "ApplicationSupplementRerequested", 1, "supplement", SupplementRequestedAgain at requested_at,
        SupplementUndeliverable = "ApplicationSupplementUndeliverable", 1, "supplement", SupplementUndeliverable at noted_at,
        Returned = "ApplicationReturned", 1, "return", Returned at returned_at,
        DeemedWithdrawn = "ApplicationDeemedWithdrawn", 1, "withdrawal", DeemedWithdrawn at deemed_at,
        ClockSuspended = "ApplicationClockSuspended", 1, "clock", Suspended at suspended_at,
        ClockResumed = "ApplicationClockResumed", 1, "clock", Resumed at resumed_at,
        PeriodExtended = "ApplicationPeriodExtended", 1, "deadline", Extended at extended_at,
        PeriodExtendedAgain = "ApplicationPeriodExtendedAgain", 1, "deadline", ExtendedAgain at extended_at,
        DeadlineRecalculated = "ApplicationDeadlineRecalculated", 1, "deadline", DueRecalculated at recalculated_at,
        ResultNotified = "ApplicationResultNotified", 1, "notice", ResultNotified at notified_at,
        ObjectionFiled = "ApplicationObjectionFiled", 1, "objection", ObjectionFiled at filed_at,
        ObjectionDecisionExtended = "ApplicationObjectionDecisionExtended", 1, "objection", ObjectionExtended at extended_at,
        ObjectionUpheld = "ApplicationObjectionUpheld", 1, "objection", ObjectionUpheld at upheld_at,
        ObjectionDismissed = "ApplicationObjectionDismissed", 1, "objection", ObjectionDismissed at dismissed_at,
        ReceiptSlipIssued = "ApplicationReceiptSlipIssued", 1, "receipt", ReceiptSlipIssued at issued_at,
        ClericalErrorCorrected = "ApplicationClericalErrorCorrected", 1, "submission", ClericalErrorCorrected at corrected_at,
        Assigned = "ApplicationAssigned", 1, "assignment", Assigned at assigned_at,
        Reassigned = "ApplicationReassigned", 1, "assignment", Reassigned at reassigned_at,
        TransferredToDepartment = "ApplicationTransferredToDepartment", 1, "transfer", TransferredToDepartment at transferred_at,
        TransferredToAgency = "ApplicationTransferredToAgency", 1, "transfer", TransferredToAgency at transferred_at,
        ConsultationRequested = "ApplicationConsultationRequested", 1, "consultation", ConsultationRequested at requested_at,
        ConsultationReplied = "ApplicationConsultationReplied", 1, "consultation", ConsultationReplied at replied_at,
        ConsultationExtended = "ApplicationConsultationExtended", 1, "consultation", ConsultationExtended at extended_at,
        Modified = "ApplicationModified", 1, "modification", Modified at modified_at,
        MergedInto = "ApplicationMergedInto", 1, "closing", Merged at merged_at,
        ClosedAsRepeated = "ApplicationClosedAsRepeated", 1, "closing", ClosedAsRepeated at closed_at,
        ClosedAsExempt = "ApplicationClosedAsExempt", 1, "closing", ClosedAsExempt at closed_at,
        ClosedUncollected = "ApplicationClosedUncollected", 1, "closing", ClosedUncollected at closed_at,
    }
}

/// Decides about petitions of one category.
///
/// ```
/// use minwon_petitions::{Category, PetitionApplication};
/// # use minwon_core::{NamespaceName,};
/// # use minwon_petitions::PetitionId;
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
    supplement_days_min: u32,
}

/// The least period for a supplement where an office sets none. Unit: working days.
pub const SUPPLEMENT_DAYS_MIN: u32 = 1;

impl PetitionApplication {
    /// The decider for petitions of this category.
    #[must_use]
    pub fn new(category: Category) -> Self {
        Self {
            petition_category: category,
            streams: category.streams("Application"),
            codec: catalogue::application_codec(category),
            calendar: Calendar::shared(),
            supplement_days_min: SUPPLEMENT_DAYS_MIN,
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

    /// The same decider with another least period for a supplement: what is reasonable (A22①) an office
    /// says. Unit: working days, of which that of the request is none. Default:
    /// [`SUPPLEMENT_DAYS_MIN`]. 0 allows any due that is not over.
    #[must_use]
    pub const fn with_supplement_days_min(mut self, days: u32) -> Self {
        self.supplement_days_min = days;
        self
    }

    /// The least period for a supplement. Unit: working days.
    #[must_use]
    pub const fn supplement_days_min(&self) -> u32 {
        self.supplement_days_min
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

    // `tests/golden/views.rs` says when to raise it.
    const STATE_SCHEMA: StateSchema = StateSchema::new(7);

    fn initial(&self) -> ApplicationState {
        ApplicationState::default()
    }

    fn decide(
        &self,
        state: &ApplicationState,
        command: &ApplicationCommand,
    ) -> Result<Vec<ApplicationEvent>, ApplicationRejection> {
        let events = command.rule().decide(self, state)?;
        rule::check_times(state, &events)?;
        Ok(events)
    }

    fn evolve(&self, mut state: ApplicationState, event: &ApplicationEvent) -> ApplicationState {
        event.happening().apply(&mut state);
        state
    }

    fn kind(&self, command: &ApplicationCommand) -> &'static str {
        command.kind()
    }
}

impl Aggregate for PetitionApplication {
    fn category(&self) -> &CategoryName {
        &self.streams
    }

    fn codec(&self) -> &EventCodec {
        &self.codec
    }
}
