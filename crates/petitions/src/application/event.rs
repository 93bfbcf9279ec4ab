//! What happens to a petition, in the form it is stored in.
//!
//! Unknown fields are refused: within one schema version the golden files freeze all fields, so
//! an unknown one means a damaged or foreign event, and dropping it would be guessing. A field
//! more is a version more.

mod clock;
mod closing;
mod counted;
mod handling;
mod objection;
mod receipt_1;
mod supplement;

use std::time::Duration;

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use self::receipt_1::received_since_2;
pub use self::{
    clock::{
        ClockResumed, ClockSuspended, DeadlineRecalculated, PeriodExtended, PeriodExtendedAgain,
    },
    closing::{
        ClosedAsExempt, ClosedAsRepeated, ClosedUncollected, ExemptionGround, MergedInto,
        Petitioners,
    },
    counted::{CountedDue, DueBasis},
    handling::{
        Assigned, ClericalErrorCorrected, ConsultationExtended, ConsultationReplied,
        ConsultationRequested, Modified, Outage, Reassigned, ReceiptSlipIssued,
        TransferredToAgency, TransferredToDepartment,
    },
    objection::{
        ObjectionDecisionExtended, ObjectionDismissed, ObjectionFiled, ObjectionUpheld,
        ResultNotified,
    },
    supplement::{
        DeemedWithdrawn, Returned, SupplementPeriodExtended, SupplementRerequested,
        SupplementUndeliverable,
    },
};
use crate::{
    attachment::Attachment,
    category::{PetitionKind, ServiceType},
    channel::Channel,
    due::Due,
    period::Period,
    text::{
        Activity, Agency, ApplicantId, CalendarVersion, Department, PetitionType, ReceiptNumber,
        Text,
    },
    words::words,
};

/// After how long a petitioner is told of the progress, again and again (D23). Unit: days since
/// receipt.
pub const PROGRESS_NOTICE_DAYS: u32 = 30;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The first instant at which the progress notice with this number, from 1, is to be sent.
#[must_use]
pub fn progress_notice_at(received_at: Timestamp, number: u32) -> Timestamp {
    let days = u64::from(PROGRESS_NOTICE_DAYS) * u64::from(number);
    received_at.saturating_add(Duration::from_secs(days * DAY_SECONDS))
}

/// A petition was filed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submitted {
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
    /// When it reached the agency's window.
    pub submitted_at: Timestamp,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The outage in which it was taken on paper, to be registered later (D6-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outage: Option<Outage>,
}

/// A petition was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Received {
    /// The number it was received under.
    pub receipt_number: ReceiptNumber,
    /// Its kind, as the agency found it.
    pub kind: PetitionKind,
    /// The processing period.
    pub period: Period,
    /// Until when it has to be completed.
    pub due: Due,
    /// The responsible department.
    pub department: Department,
    /// The calendar that `due` was counted with, or what another system called it.
    pub calendar_version: CalendarVersion,
    /// What `due` follows from. Version 1 did not say.
    pub basis: DueBasis,
    /// When it was received.
    pub received_at: Timestamp,
    /// Whether that was later than the law allows (D6⑧). Version 1 did not say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// A step of work was done. An addition of ours to the catalogue: the everyday work of an office,
/// which has no legal effect of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressRecorded {
    /// What was done.
    pub activity: Activity,
    /// Who did it.
    pub officer: ActorId,
    /// Where it was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<Department>,
    /// When it was done.
    pub noted_at: Timestamp,
}

/// The petitioner was asked for what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementRequested {
    /// What is missing.
    pub items: Vec<Text>,
    /// Until when it has to be supplied.
    pub due: Due,
    /// Who asked.
    pub officer: ActorId,
    /// When the request was sent.
    pub requested_at: Timestamp,
    /// Whether the lack was seen at receipt or only later (R9). Version 1 did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lack: Option<LackSeen>,
}

words! {
    /// When it was seen that something is missing (R9).
    pub enum LackSeen("time at which a lack was seen") {
        /// When the petition was received: it is asked for within 8 working hours.
        OnReceipt = "on-receipt",
        /// Only later: it is asked for at once.
        Later = "later",
    }
}

/// The petitioner supplied what was missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supplemented {
    /// Who supplied it.
    pub by: ApplicantId,
    /// When it arrived.
    pub supplemented_at: Timestamp,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// What the petitioner had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// Until when the petition has to be completed now; none where its due was only told, and in
    /// version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<CountedDue>,
}

/// The petition was not completed in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineMissed {
    /// The due that was missed.
    pub due: Due,
    /// When that was noted.
    pub noted_at: Timestamp,
}

/// The petitioner was told how far the work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProgressNotified {
    /// Which notice of the petition it was, from 1.
    pub number: u32,
    /// When.
    pub notified_at: Timestamp,
}

/// A reminder (독촉장) of what is overdue was sent: to the petitioner, or to the department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReminderIssued {
    /// What is overdue.
    pub about: ReminderSubject,
    /// When.
    pub issued_at: Timestamp,
}

words! {
    /// What is reminded of, and with that who.
    pub enum ReminderSubject("subject of a reminder") {
        /// What is missing was not supplied in time, of which the petitioner is reminded: a custom,
        /// which no article asks for.
        SupplementOverdue = "supplement-overdue",
        /// The petition was not completed in time, of which the petition examiner (민원심사관)
        /// reminds the responsible department (D28②).
        PetitionOverdue = "petition-overdue",
    }
}

/// What was petitioned for was granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Who decided.
    pub officer: ActorId,
    /// Conditions it was granted under.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Text>,
}

/// What was petitioned for was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rejected {
    /// Who decided.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// What the petitioner can do against it.
    pub remedies: Vec<Text>,
}

/// The petitioner took the petition back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// Who withdrew.
    pub by: ApplicantId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text>,
}

/// The work on a petition ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completed {
    /// How it ended.
    pub outcome: CompletionOutcome,
    /// Who completed it.
    pub officer: ActorId,
    /// What the petitioner was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Text>,
    /// Documents that went with the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

words! {
    /// How a completed petition ended.
    pub enum CompletionOutcome("outcome") {
        /// It was approved.
        Granted = "granted",
        /// It was rejected.
        Refused = "refused",
        /// It was answered; its kind is neither granted nor refused.
        Answered = "answered",
    }
}
