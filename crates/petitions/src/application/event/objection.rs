//! What follows a result: the petitioner learns of it, and may object to a refusal.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::CountedDue;
use crate::{
    attachment::Attachment,
    period::Period,
    text::{ApplicantId, Text},
};

/// The petitioner was told the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultNotified {
    /// Who told it.
    pub officer: ActorId,
    /// When the petitioner received it.
    pub notified_at: Timestamp,
    /// Until when the petitioner may object; none where there is no objection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<CountedDue>,
}

/// The petitioner objected to the refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionFiled {
    /// Who objected.
    pub by: ApplicantId,
    /// Why.
    pub grounds: Text,
    /// Forms and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When the objection was received.
    pub filed_at: Timestamp,
    /// Until when it has to be decided.
    pub deadline: CountedDue,
}

/// The time to decide the objection was extended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionDecisionExtended {
    /// By how much.
    pub by: Period,
    /// The reason that the petitioner is told.
    pub reason: Text,
    /// Until when it has to be decided now.
    pub deadline: CountedDue,
    /// Who extended it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// The objection was found right: the petition is examined anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionUpheld {
    /// Who decided.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// When.
    pub upheld_at: Timestamp,
    /// Until when the petition has to be completed now; none where its due was only told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<CountedDue>,
}

/// The objection was found wrong: the refusal stands, and the work on the petition ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectionDismissed {
    /// Who decided.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// When.
    pub dismissed_at: Timestamp,
}
