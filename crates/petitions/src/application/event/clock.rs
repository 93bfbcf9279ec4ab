//! What happens to the time that a petition may take.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::CountedDue;
use crate::{
    period::Period,
    statute::{ExtensionGround, SuspensionGround},
    text::{ApplicantId, Text},
};

/// The clock was stopped on a ground that the law lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockSuspended {
    /// On which.
    pub ground: SuspensionGround,
    /// What exactly is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
    /// Who stopped it.
    pub officer: ActorId,
    /// From when on time does not count.
    pub suspended_at: Timestamp,
}

/// The clock runs again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockResumed {
    /// Who set it going.
    pub officer: ActorId,
    /// Up to when time did not count.
    pub resumed_at: Timestamp,
    /// Until when the petition has to be completed now; none where its due was only told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<CountedDue>,
}

/// The processing period was extended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodExtended {
    /// By how much.
    pub by: Period,
    /// On which ground.
    pub ground: ExtensionGround,
    /// The reason that the petitioner is told.
    pub reason: Text,
    /// Until when the petition has to be completed now.
    pub deadline: CountedDue,
    /// Who extended it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// The processing period was extended a second and last time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodExtendedAgain {
    /// By how much.
    pub by: Period,
    /// On which ground.
    pub ground: ExtensionGround,
    /// The reason that the petitioner is told.
    pub reason: Text,
    /// The petitioner, who agreed.
    pub consent_of: ApplicantId,
    /// Until when the petition has to be completed now.
    pub deadline: CountedDue,
    /// Who extended it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// The due was counted again with another calendar, and is another day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeadlineRecalculated {
    /// Until when the petition has to be completed now.
    pub deadline: CountedDue,
    /// When that was counted.
    pub recalculated_at: Timestamp,
}
