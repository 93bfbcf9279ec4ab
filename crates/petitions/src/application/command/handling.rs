//! What can be wanted of a petition on its way through the offices, up to the decision.

use minwon_core::{ActorId, Timestamp};

use super::{Receive, Submit};
use crate::{
    application::event::Outage,
    attachment::Attachment,
    due::Due,
    text::{Agency, ApplicantId, Department, Text},
};

/// Enters a petition that was taken on paper while the system was out of order (D6-2): submitted
/// and received at once, each at the time at which it was on paper. When it was entered stands
/// beside the events, as the time at which they were recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterBackdated {
    /// What was filed.
    pub submit: Submit,
    /// How it was received; `received_at` must lie in the outage.
    pub receive: Receive,
    /// When the system was out of order: a fact that is looked up.
    pub outage: Outage,
    /// When it is entered: after the outage.
    pub registered_at: Timestamp,
}

/// Gives the petitioner a slip that tells of the receipt (접수증, D6②). It may be left out for
/// simple, remote and immediate petitions (D6③), so nothing waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueReceiptSlip {
    /// When.
    pub issued_at: Timestamp,
}

/// Corrects an obvious clerical error ex officio (D6⑤).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectClericalError {
    /// What is corrected, and into what: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub corrections: Vec<Text>,
    /// Who agreed: only the petitioner can, and without that nothing is corrected.
    pub consent_of: Option<ApplicantId>,
    /// Who corrects it.
    pub officer: ActorId,
    /// When.
    pub corrected_at: Timestamp,
}

/// Gives a petition to an officer in charge (담당자), which takes it into review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assign {
    /// The officer in charge from now on.
    pub officer: ActorId,
    /// Who assigns it.
    pub by: ActorId,
    /// When.
    pub assigned_at: Timestamp,
}

/// Gives a petition to another officer than the one in charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reassign {
    /// The officer in charge from now on.
    pub officer: ActorId,
    /// Why.
    pub reason: Text,
    /// Who reassigns it.
    pub by: ActorId,
    /// When.
    pub reassigned_at: Timestamp,
}

/// Passes a petition to another department of the agency, which takes it into review there. The
/// law gives 1 to 3 working hours for that (D13①, ②), of which nobody keeps count here: the
/// petition's own period runs on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferToDepartment {
    /// The department responsible from now on.
    pub department: Department,
    /// Who transfers it.
    pub by: ActorId,
    /// When.
    pub transferred_at: Timestamp,
}

/// Passes a petition to the agency that is competent (이송, A16): within 8 working hours, an
/// electronic one without delay (D13). A late transfer is recorded as such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferToAgency {
    /// The competent agency; another than the one that has it.
    pub agency: Agency,
    /// Why that one is competent, as the petitioner is told.
    pub reason: Text,
    /// Who transfers it.
    pub by: ActorId,
    /// When; from now on it lies at the window of the competent agency.
    pub transferred_at: Timestamp,
}

/// Asks another agency for its opinion (협의, A20): one question at a time for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestConsultation {
    /// Who is asked.
    pub agency: Agency,
    /// What.
    pub question: Text,
    /// Until when the answer is wanted: [after](Due::is_after) `requested_at`, and not after the
    /// petition's own due.
    pub answer_due: Due,
    /// Who asks.
    pub officer: ActorId,
    /// When.
    pub requested_at: Timestamp,
}

/// Gives an agency that was asked longer to answer, since it said in time that it cannot otherwise
/// (A20②, ③): once, and by no more than it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendConsultation {
    /// Who was asked, and has not answered.
    pub agency: Agency,
    /// Until when the answer is wanted now. The law measures it by the time that the agency had,
    /// not by the petition's own; where that gets too short it is extended in turn (D21①).
    pub answer_due: Due,
    /// Why, as the agency said.
    pub reason: Text,
    /// When the agency said so; its time must not be over by then.
    pub extended_at: Timestamp,
}

/// Answers a consultation (A20). A late answer is an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyConsultation {
    /// Who answers; it must have been asked.
    pub agency: Agency,
    /// What.
    pub answer: Text,
    /// Documents that come with the answer, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// When.
    pub replied_at: Timestamp,
}

/// Changes what is petitioned for (변경), which the petitioner may until processing is concluded
/// (A22②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modify {
    /// Who changes it; only the petitioner may.
    pub by: ApplicantId,
    /// What is changed.
    pub changes: Text,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// When.
    pub modified_at: Timestamp,
}
