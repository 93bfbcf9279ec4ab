//! Extensions of a processing period.

use minwon_core::Timestamp;

use crate::{date::Date, period::Period, words::words};

words! {
    /// Why a period is extended (D21 ①).
    pub enum ExtensionGround("ground for an extension") {
        /// Other agencies have to cooperate.
        Cooperation = "cooperation",
        /// Facts have to be established, or a site visited.
        SiteCheck = "site-check",
        /// Force majeure.
        ForceMajeure = "force-majeure",
        /// A reason like these.
        LikeReason = "like-reason",
        /// Too much work. No ground since 2026-05-06.
        Workload = "workload",
        /// The petition was assigned late. No ground since 2026-05-06.
        LateAssignment = "late-assignment",
        /// The officer in charge was absent. No ground since 2026-05-06.
        Absence = "absence",
    }
}

/// The first day of the decree that takes three grounds away: year, month, day.
const GROUNDS_LIMITED_FROM: (i32, u32, u32) = (2026, 5, 6);

impl ExtensionGround {
    /// Returns whether a period may be extended on this ground on `day`: before 2026-05-06 on any,
    /// since then for nothing that lies in the agency's own house (D21 ①). That the day on which
    /// the extension is decided counts, and not that of receipt, is our reading.
    #[must_use]
    pub fn is_allowed_on(self, day: Date) -> bool {
        match self {
            Self::Cooperation | Self::SiteCheck | Self::ForceMajeure | Self::LikeReason => true,
            Self::Workload | Self::LateAssignment | Self::Absence => {
                (day.year(), day.month(), day.day()) < GROUNDS_LIMITED_FROM
            }
        }
    }
}

/// Whether the petitioner agreed to an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Not asked, or not agreed: enough for the first extension.
    NotGiven,
    /// Agreed: needed for the second (D21 ②).
    Given,
}

/// An extension that an agency wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension {
    /// By how much: at most by the original period.
    pub by: Period,
    /// Why.
    pub ground: ExtensionGround,
    /// When it is decided.
    pub extended_at: Timestamp,
    /// Whether the petitioner agreed.
    pub consent: Consent,
}
