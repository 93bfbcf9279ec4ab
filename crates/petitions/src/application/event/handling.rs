//! What happens to a petition on its way through the offices, up to the decision.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    attachment::Attachment,
    due::Due,
    text::{Agency, ApplicantId, Department, Text},
};

/// A time in which the system was out of order, and petitions were taken on paper (D6-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// The first instant of it.
    pub began_at: Timestamp,
    /// The last instant of it.
    pub ended_at: Timestamp,
}

impl Outage {
    /// Whether `instant` lies in it.
    #[must_use]
    pub fn contains(&self, instant: Timestamp) -> bool {
        (self.began_at..=self.ended_at).contains(&instant)
    }
}

/// The petitioner was given a slip that tells of the receipt (접수증, D6②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptSlipIssued {
    /// When.
    pub issued_at: Timestamp,
}

/// An obvious clerical error was corrected ex officio, with the petitioner's consent (D6⑤).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClericalErrorCorrected {
    /// What was corrected, and into what.
    pub corrections: Vec<Text>,
    /// The petitioner, who agreed.
    pub consent_of: ApplicantId,
    /// Who corrected it.
    pub officer: ActorId,
    /// When.
    pub corrected_at: Timestamp,
}

/// The petition was given to an officer in charge (담당자).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The officer in charge from now on.
    pub officer: ActorId,
    /// Who assigned it.
    pub by: ActorId,
    /// When.
    pub assigned_at: Timestamp,
}

/// The petition was given to another officer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reassigned {
    /// The officer in charge until now.
    pub from: ActorId,
    /// The officer in charge from now on.
    pub to: ActorId,
    /// Why.
    pub reason: Text,
    /// Who reassigned it.
    pub by: ActorId,
    /// When.
    pub reassigned_at: Timestamp,
}

/// The petition went to another department of the agency (D13). Nobody is in charge of it there
/// before it is assigned again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredToDepartment {
    /// The department responsible until now.
    pub from: Department,
    /// The department responsible from now on (처리주무부서).
    pub to: Department,
    /// Who transferred it.
    pub by: ActorId,
    /// When.
    pub transferred_at: Timestamp,
}

/// The petition went to the agency that is competent (이송, A16, D13). It is submitted there, and
/// its period begins anew with the receipt there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferredToAgency {
    /// The agency that had it until now.
    pub from: Agency,
    /// The competent agency.
    pub to: Agency,
    /// Why that one is competent.
    pub reason: Text,
    /// Who transferred it.
    pub by: ActorId,
    /// Until when it had to go on (D13); none where the calendar did not tell. Late is recorded
    /// rather than refused: a petition is not kept by an agency that is not competent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    /// When.
    pub transferred_at: Timestamp,
}

/// Another agency was asked for its opinion (협의, A20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultationRequested {
    /// Who was asked.
    pub agency: Agency,
    /// What.
    pub question: Text,
    /// Until when the answer is wanted; inside the period of the petition.
    pub answer_due: Due,
    /// Who asked.
    pub officer: ActorId,
    /// When.
    pub requested_at: Timestamp,
}

/// The agency that was asked was given longer to answer (A20②). An addition of ours to the
/// catalogue, which knows question and answer alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultationExtended {
    /// Who was asked.
    pub agency: Agency,
    /// Until when the answer is wanted now.
    pub answer_due: Due,
    /// Why, as the agency said.
    pub reason: Text,
    /// When the agency said so.
    pub extended_at: Timestamp,
}

/// The agency that was asked answered (A20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsultationReplied {
    /// Who answered.
    pub agency: Agency,
    /// What.
    pub answer: Text,
    /// Documents that came with the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When.
    pub replied_at: Timestamp,
}

/// The petitioner changed what is petitioned for (변경, A22②).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modified {
    /// Who changed it.
    pub by: ApplicantId,
    /// What was changed.
    pub changes: Text,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When.
    pub modified_at: Timestamp,
}
