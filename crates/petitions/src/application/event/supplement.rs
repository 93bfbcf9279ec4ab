//! What happens to a request for a supplement.

use minwon_core::{ActorId, Timestamp};
use serde::{Deserialize, Serialize};

use super::CountedDue;
use crate::{
    period::Period,
    text::{ApplicantId, Text},
};

/// The petitioner was given longer to supply what is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementPeriodExtended {
    /// Who asked for it.
    pub asked_by: ApplicantId,
    /// By how much longer.
    pub by: Period,
    /// Until when it has to be supplied now.
    pub deadline: CountedDue,
    /// Who granted it.
    pub officer: ActorId,
    /// When.
    pub extended_at: Timestamp,
}

/// The petitioner was asked once more for what was not supplied in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementRerequested {
    /// Within which period.
    pub period: Period,
    /// Until when it has to be supplied now.
    pub deadline: CountedDue,
    /// Who asked.
    pub officer: ActorId,
    /// When the request was sent.
    pub requested_at: Timestamp,
}

/// A request for a supplement did not reach the petitioner, whose address is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SupplementUndeliverable {
    /// Which attempt to reach the petitioner failed, from 1.
    pub attempt: u32,
    /// Why.
    pub reason: Text,
    /// When that was known.
    pub noted_at: Timestamp,
}

/// The documents were sent back, since what was missing was not supplied in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Returned {
    /// Who sent them back.
    pub officer: ActorId,
    /// Why.
    pub reasons: Vec<Text>,
    /// When.
    pub returned_at: Timestamp,
}

/// The petition counts as withdrawn, since no request for a supplement reached the petitioner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeemedWithdrawn {
    /// Who found so.
    pub officer: ActorId,
    /// When.
    pub deemed_at: Timestamp,
}
