//! What can be wanted of the time that a petition may take.

use minwon_core::{ActorId, Timestamp};

use crate::{
    period::Period,
    statute::{ExtensionGround, SuspensionGround},
    text::{ApplicantId, Text},
};

/// Stops the clock on a ground that the law lists (D20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspend {
    /// On which.
    pub ground: SuspensionGround,
    /// What exactly is waited for.
    pub note: Option<Text>,
    /// Who stops it.
    pub officer: ActorId,
    /// From when on time does not count: from this instant in an outage, else from this day on.
    pub suspended_at: Timestamp,
}

/// Sets a stopped clock going (D20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// Who sets it going.
    pub officer: ActorId,
    /// Up to when time does not count: until this instant in an outage, else until the end of this
    /// day.
    pub resumed_at: Timestamp,
}

/// Extends the processing period, once (D21①).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendPeriod {
    /// By how much: at most by the original period.
    pub by: Period,
    /// On which ground; it must be [allowed](ExtensionGround::is_allowed_on) on the day.
    pub ground: ExtensionGround,
    /// The reason that the petitioner is told.
    pub reason: Text,
    /// Who extends it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// Extends the processing period a second and last time, to which the petitioner agreed (D21②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendPeriodAgain {
    /// By how much: at most by the original period.
    pub by: Period,
    /// On which ground; it must be [allowed](ExtensionGround::is_allowed_on) on the day.
    pub ground: ExtensionGround,
    /// The reason that the petitioner is told.
    pub reason: Text,
    /// Who agreed; only the petitioner can.
    pub consent_of: ApplicantId,
    /// Who extends it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// Counts the due again with the calendar of [the decider](super::super::PetitionApplication): for
/// a holiday that was designated later. Where the due stays, nothing happens.
///
/// It is about the petition's due alone. How long one may object is counted anew when somebody
/// does; until when a supplement is wanted was told as a day, and may be extended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecalculateDeadline {
    /// When.
    pub recalculated_at: Timestamp,
}
