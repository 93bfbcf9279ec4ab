//! Grounds on which the clock of a petition stands still.

use crate::{category::PetitionKind, words::words};

words! {
    /// Why the clock of a petition stands still (D20). On every ground it does; a supplement, the
    /// commonest, is asked for in a way of its own (A22).
    pub enum SuspensionGround("ground for stopping the clock") {
        /// Documents travel between distant agencies (Decree of the Administrative Procedures Act
        /// 11).
        Transport = "transport",
        /// Petitioners choose who speaks for them (the same article).
        Representative = "representative",
        /// A hearing, or opinions that are gathered (the same article).
        Hearing = "hearing",
        /// An experiment, a test, an inspection or an expert's review (the same article).
        Examination = "examination",
        /// A matter that has to be decided before (the same article).
        PrecedingMatter = "preceding-matter",
        /// A document is fetched by joint use of administrative information (D7-2③).
        SharedDocument = "shared-document",
        /// Another petition of the same bundle comes first (D12⑨).
        PrecedingPetition = "preceding-petition",
        /// A grievance is investigated on the spot (D17④, ⑤); of no other kind of petition. For [14
        /// days](super::INVESTIGATION_DAYS), and once for [7
        /// more](super::INVESTIGATION_EXTENSION_DAYS); time beyond that counts.
        Investigation = "investigation",
        /// A system is out of order, so that nothing can be processed (D20, item 2): in outages that
        /// [began since 2026-05-06](super::OUTAGES_NOT_COUNTED).
        Outage = "outage",
    }
}

impl SuspensionGround {
    /// Returns whether the time that is not counted is measured by the instant. On all other
    /// grounds it is measured in whole days, as that of a supplement is: our reading, as the law
    /// says it of supplements alone.
    #[must_use]
    pub const fn is_by_instant(self) -> bool {
        matches!(self, Self::Outage)
    }

    /// Returns whether the clock of a petition of this kind stands still on this ground.
    #[must_use]
    pub const fn applies_to(self, kind: PetitionKind) -> bool {
        match self {
            Self::Investigation => matches!(kind, PetitionKind::Grievance),
            Self::Transport
            | Self::Representative
            | Self::Hearing
            | Self::Examination
            | Self::PrecedingMatter
            | Self::SharedDocument
            | Self::PrecedingPetition
            | Self::Outage => true,
        }
    }
}
