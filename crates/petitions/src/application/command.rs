//! What can be wanted of a petition. Times and looked-up facts arrive inside.

mod clock;
mod closing;
mod handling;
mod objection;
mod supplement;

use minwon_core::{ActorId, Timestamp};

pub use self::{
    clock::{ExtendPeriod, ExtendPeriodAgain, RecalculateDeadline, Resume, Suspend},
    closing::{
        CloseAsExempt, CloseAsRepeated, CloseUncollected, DocumentForm, DueDocument,
        MERGED_PETITIONERS_MIN, Merge, REPEATED_RESULTS_MIN, REPEATED_TIMES_MIN,
    },
    handling::{
        Assign, CorrectClericalError, ExtendConsultation, IssueReceiptSlip, Modify, Reassign,
        RegisterBackdated, ReplyConsultation, RequestConsultation, TransferToAgency,
        TransferToDepartment,
    },
    objection::{
        DismissObjection, ExtendObjectionDecision, FileObjection, NotifyResult, UpholdObjection,
    },
    supplement::{
        DeemWithdrawn, ExtendSupplementPeriod, MarkSupplementUndeliverable, RerequestSupplement,
        Return,
    },
};
use super::event::{LackSeen, ReminderSubject};
use crate::{
    attachment::Attachment,
    category::{Category, PetitionKind, ServiceType},
    channel::Channel,
    command::commands,
    due::Due,
    period::Period,
    text::{
        Activity, Agency, ApplicantId, CalendarVersion, Department, PetitionType, ReceiptNumber,
        Text,
    },
};

commands! {
    /// What can be wanted of a petition.
    pub enum ApplicationCommand {
        Submit = "submit",
        Receive = "receive",
        RecordProgress = "record progress of",
        RequestSupplement = "request a supplement to",
        Supplement = "supplement",
        MarkDeadlineMissed = "note the missed due of",
        NotifyProgress = "tell the progress of",
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
        NotifyResult = "tell the result of",
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

/// Files a petition (신청).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submit {
    /// The category, which has to be that of the stream.
    pub category: Category,
    /// How the petition will be served.
    pub service: ServiceType,
    /// Its kind, as declared.
    pub kind: PetitionKind,
    /// How it was filed.
    pub channel: Channel,
    /// What is petitioned for.
    pub petition_type: PetitionType,
    /// Who petitions.
    pub applicant: ApplicantId,
    /// The agency addressed.
    pub agency: Agency,
    /// When it reached the agency's window; the time to receive it runs from here (D6⑧).
    pub submitted_at: Timestamp,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
}

/// Takes a submitted petition in (접수). An agency cannot refuse to (A9①).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receive {
    /// The number it is received under.
    pub receipt_number: ReceiptNumber,
    /// Its kind, as the agency finds it.
    pub kind: PetitionKind,
    /// The processing period: the published one of a statutory petition (A17), else at most that of
    /// its kind unless there is a special reason (D14-D17), which nobody else can know;
    /// [`PetitionCatalogue`](crate::PetitionCatalogue) keeps both.
    pub period: Period,
    /// What the due follows from.
    pub due: ReceiptDue,
    /// The responsible department.
    pub department: Department,
    /// When it was received; the period runs from here.
    pub received_at: Timestamp,
}

/// What the due of a received petition follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptDue {
    /// The statute: counted from receipt and period by the calendar of the decider (A19, D19).
    ByStatute,
    /// What another system said of a case that is imported from it, or the end of time where there
    /// is no legal deadline. Such a due never moves, and what the law forbids but was done there is
    /// recorded rather than refused.
    Told {
        /// Until when it has to be completed.
        due: Due,
        /// What that system calls the calendar it counted with.
        calendar_version: CalendarVersion,
    },
}

/// Notes a step of work. It takes a received petition into review.
///
/// While a supplement is awaited such a step is a mere note: the law stops the clock (D20), not
/// the work on what is not missing, and only the petitioner's supplement ends the waiting. So it is
/// while the clock stands on another ground, and while an objection is examined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProgress {
    /// What was done.
    pub activity: Activity,
    /// Who did it.
    pub officer: ActorId,
    /// Where it was done, if that is known.
    pub department: Option<Department>,
    /// When it was done. A step done again at the same time is a step more: only the id of the
    /// command tells that it was sent again.
    pub noted_at: Timestamp,
}

/// Asks the petitioner for what is missing (보완요구, A22①).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestSupplement {
    /// What is missing: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub items: Vec<Text>,
    /// Until when it has to be supplied; it must be [after](Due::is_after) `requested_at`.
    pub due: Due,
    /// Who asks.
    pub officer: ActorId,
    /// When the request was sent; the clock stands still from this day on (D20).
    pub requested_at: Timestamp,
    /// When the lack was seen. What was seen on receipt is asked for within 8 working hours (R9).
    pub lack: LackSeen,
}

/// Supplies what was missing (보완). Late is not too late, as long as nothing was returned
/// (A22②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supplement {
    /// Who supplies it.
    pub by: ApplicantId,
    /// When it arrived; the clock runs again from the next day on (D20).
    pub supplemented_at: Timestamp,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// What the petitioner has to say.
    pub note: Option<Text>,
}

/// Notes that a petition was not completed in time.
///
/// Our reading of who can still be late: whoever has neither refused nor completed. A refusal told
/// the petitioner the result, and the time after it is the petitioner's, to object in. While a
/// supplement is awaited or the clock stands otherwise no time counts (D20), so nothing is missed.
/// Each due is missed once; one that has moved on is another, one that has moved back is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkDeadlineMissed {
    /// The due that was missed; it must be the petition's present one.
    pub due: Due,
    /// When that was noted; the due must have passed by then.
    pub noted_at: Timestamp,
}

/// Tells the petitioner how far the work is (D23): when 30 days have passed since receipt, and
/// after every 30 days more. Whoever asks in between (D23①) is answered out of the read model at
/// once, which is no event of the petition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyProgress {
    /// Which notice of the petition it is, from 1; each comes once, and none before the one before.
    pub number: u32,
    /// When it is sent; [`PROGRESS_NOTICE_DAYS`](super::PROGRESS_NOTICE_DAYS) days for each notice
    /// must have passed since receipt.
    pub notified_at: Timestamp,
}

/// Sends a reminder (독촉장) of what is overdue. The petitioner is reminded once of each request
/// for a supplement, the responsible department once of each due of the petition (D28②); time that
/// does not count is nobody's delay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueReminder {
    /// What is overdue.
    pub about: ReminderSubject,
    /// When it is sent; what it is about must be overdue by then.
    pub issued_at: Timestamp,
}

/// Grants what was petitioned for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approve {
    /// Who decides.
    pub officer: ActorId,
    /// Conditions it is granted under, at most [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub conditions: Vec<Text>,
}

/// Refuses what was petitioned for (거부처분).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// Who decides.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX) (A27③).
    pub reasons: Vec<Text>,
    /// What the petitioner can do against it: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX) (A27③).
    pub remedies: Vec<Text>,
}

/// Takes a petition back (취하, A22②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdraw {
    /// Who withdraws; only the petitioner may.
    pub by: ApplicantId,
    /// Why, if the petitioner says so.
    pub reason: Option<Text>,
}

/// Ends the work on a petition (처리완료).
///
/// The outcome follows from the decision. Our reading: a kind that
/// [ends in an answer](PetitionKind::ends_in_answer) is completed out of review by answering it.
/// A refused statutory petition is completed once the time to object to it is over (A35①).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complete {
    /// Who completes it.
    pub officer: ActorId,
    /// What the petitioner is told.
    pub answer: Option<Text>,
    /// Documents that go with the answer, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// Whether the document that an approval leads to is out, without which a granted petition is
    /// not completed.
    pub document: DueDocument,
    /// When. The event does not repeat it: it is when the command occurred.
    pub completed_at: Timestamp,
}
