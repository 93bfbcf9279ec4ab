//! Extensions of a processing period.

use minwon_core::Timestamp;

use super::provision::EXTENSION_GROUNDS_LIMITED;
use crate::{date::Date, period::Period, words::words};

words! {
    /// Why a period is extended (D21①).
    pub enum ExtensionGround("ground for an extension") {
        /// Other agencies have to cooperate.
        Cooperation = "cooperation",
        /// Facts have to be established, or a site visited.
        SiteCheck = "site-check",
        /// Force majeure.
        ForceMajeure = "force-majeure",
        /// A reason like these.
        LikeReason = "like-reason",
        /// Too much work. No ground for petitions received since 2026-05-06.
        Workload = "workload",
        /// The petition was assigned late. No ground for petitions received since 2026-05-06.
        LateAssignment = "late-assignment",
        /// The officer in charge was absent. No ground for petitions received since 2026-05-06.
        Absence = "absence",
    }
}

impl ExtensionGround {
    /// Returns whether the period of a petition that was received on `received_on` may be extended on
    /// this ground: before 2026-05-06 on any, since then for nothing that lies in the agency's own
    /// house (D21②; Decree 36296, addenda Art. 4).
    #[must_use]
    pub fn is_allowed_for(self, received_on: Date) -> bool {
        match self {
            Self::Cooperation | Self::SiteCheck | Self::ForceMajeure | Self::LikeReason => true,
            Self::Workload | Self::LateAssignment | Self::Absence => {
                !EXTENSION_GROUNDS_LIMITED.is_in_force_for(received_on)
            }
        }
    }
}

/// Whether the petitioner agreed to an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Not asked, or not agreed: enough for the first extension.
    NotGiven,
    /// Agreed: needed for the second (proviso of D21①).
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
