//! What can be wanted of a request for a supplement.

use minwon_core::{ActorId, Timestamp};

use crate::{
    period::Period,
    text::{ApplicantId, Text},
};

/// Gives the petitioner longer to supply what is missing, who asked for it before the time was
/// over; at most [twice](crate::statute::SUPPLEMENT_EXTENSIONS_MAX) (D24②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendSupplementPeriod {
    /// Who asked; only the petitioner may.
    pub asked_by: ApplicantId,
    /// By how much longer: days, weeks, months or years, counted from the day after the due.
    pub by: Period,
    /// Who grants it.
    pub officer: ActorId,
    /// When; the due must not have passed by then.
    pub extended_at: Timestamp,
}

/// Asks the petitioner once more for what was not supplied in time (D24③).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RerequestSupplement {
    /// Within which period: at most
    /// [10 days](crate::statute::SUPPLEMENT_REREQUEST_DAYS_MAX).
    pub period: Period,
    /// Who asks.
    pub officer: ActorId,
    /// When the request is sent; the first period must be over by then.
    pub requested_at: Timestamp,
}

/// Notes that a request for a supplement did not reach the petitioner, whose address is unknown
/// (D25②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkSupplementUndeliverable {
    /// Which attempt to reach the petitioner failed, from 1; each comes once, and none before the
    /// one before.
    pub attempt: u32,
    /// Why.
    pub reason: Text,
    /// When that was known.
    pub noted_at: Timestamp,
}

/// Sends the documents back, since what was missing was not supplied in time (반려, D25①).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Who sends them back.
    pub officer: ActorId,
    /// Why: 1 to [`TEXTS_MAX`](crate::TEXTS_MAX).
    pub reasons: Vec<Text>,
    /// When; the period, with what it was extended by, must be over by then.
    pub returned_at: Timestamp,
}

/// Takes the petition for withdrawn, since two requests for a supplement did not reach the
/// petitioner (D25②).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeemWithdrawn {
    /// Who finds so.
    pub officer: ActorId,
    /// When.
    pub deemed_at: Timestamp,
}
