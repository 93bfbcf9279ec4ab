//! What can be wanted after a refusal (A35, D40).

use minwon_core::{ActorId, Timestamp};

use super::DueDocument;
use crate::{
    attachment::Attachment,
    period::Period,
    text::{ApplicantId, Text},
};

/// Tells the petitioner the result (A27). An approval is done with it; of a refused statutory
/// petition it starts the [60 days](crate::statute::OBJECTION_DAYS) to object in (A35①).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyResult {
    /// Who tells it.
    pub officer: ActorId,
    /// Whether the document that an approval leads to is out, without which its result is not
    /// told.
    pub document: DueDocument,
    /// When the petitioner received it.
    pub notified_at: Timestamp,
}

/// Objects to the refusal of a statutory petition (이의신청), within
/// [60 days](crate::statute::OBJECTION_DAYS) of its notice (A35①).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileObjection {
    /// Who objects; only the petitioner may.
    pub by: ApplicantId,
    /// Why; what is longer goes into an attachment.
    pub grounds: Text,
    /// Forms and files, at most [`ATTACHMENTS_MAX`](crate::ATTACHMENTS_MAX).
    pub attachments: Vec<Attachment>,
    /// When the objection is received; the time to decide it runs from here (A35②).
    pub filed_at: Timestamp,
}

/// Extends the time to decide an objection, once (A35②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendObjectionDecision {
    /// By how much: at most by [10 days](crate::statute::OBJECTION_DECISION_DAYS), counted from
    /// the day after the due.
    pub by: Period,
    /// The reason that the petitioner is told.
    pub reason: Text,
    /// Who extends it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// Finds an objection right: the refusal falls, and the petition is examined anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpholdObjection {
    /// Who decides.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub reasons: Vec<Text>,
    /// When.
    pub upheld_at: Timestamp,
}

/// Finds an objection wrong: the refusal stands, and the work on the petition ends. Appeal and
/// lawsuit remain open to the petitioner (A35③).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DismissObjection {
    /// Who decides.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub reasons: Vec<Text>,
    /// When.
    pub dismissed_at: Timestamp,
}
