//! What citizens come with.

use minwon::{
    NameError, PetitionId,
    petitions::{Category, Channel, PetitionKind, ServiceType},
};

use crate::{chance::Chance, fees::FeeTable};

/// The year that petitions are numbered in.
const YEAR: &str = "2026-";

/// One petition: what it is about, how it is filed, and what it will meet with.
pub(crate) struct Petition {
    pub(crate) number: u64,
    pub(crate) id: PetitionId,
    pub(crate) category: Category,
    pub(crate) service: ServiceType,
    pub(crate) kind: PetitionKind,
    pub(crate) channel: Channel,
    pub(crate) fate: Fate,
}

/// What gets in the way of a petition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Nothing.
    Smooth,
    /// The register does not answer the first time.
    RegisterStumbles,
    /// The register does not answer until somebody sees to it.
    RegisterIsAway,
    /// The register says that it has no such entry, until somebody sees to it.
    NoEntry,
    /// The petitioner withdraws while the register is being asked.
    SecondThoughts,
    /// The receipt cannot be delivered to the petitioner.
    MailboxFull,
}

impl Fate {
    /// Whether the first attempt to issue comes to nothing.
    pub(crate) const fn is_failure(self) -> bool {
        matches!(self, Self::RegisterIsAway | Self::NoEntry)
    }
}

impl Petition {
    /// The petition with this number. It depends on nothing but number and seed.
    pub(crate) fn drawn(number: u64, seed: u64) -> Result<Self, NameError> {
        use ServiceType::{DeadlineBound, InstantIssuance, Unlinked};
        let chance = &mut Chance::new(seed, number);
        let category = chance.weighted([
            (50, Category::General),
            (30, Category::Car),
            (20, Category::Building),
        ]);
        let service = chance.weighted([(55, InstantIssuance), (30, DeadlineBound), (15, Unlinked)]);
        let kind = match service {
            DeadlineBound => draw_kind(chance),
            InstantIssuance | Unlinked => PetitionKind::Statutory,
        };
        Ok(Self {
            number,
            id: PetitionId::new(format!("{YEAR}{number:06}"))?,
            category,
            service,
            kind,
            channel: draw_channel(service, kind, chance),
            fate: draw_fate(chance),
        })
    }

    /// What is petitioned for.
    pub(crate) fn title(&self) -> &'static str {
        use Category::{Building, Car, General};
        use ServiceType::{DeadlineBound, InstantIssuance, Unlinked};
        match (self.kind, self.category, self.service) {
            (PetitionKind::Inquiry, General, _) => "question about a local ordinance",
            (PetitionKind::Inquiry, Car, _) => "question about a vehicle inspection",
            (PetitionKind::Inquiry, Building, _) => "question about a change of use",
            (PetitionKind::Suggestion, ..) => "suggestion for the petition window",
            (PetitionKind::Grievance, ..) => "complaint about a disposition",
            (PetitionKind::Other, ..) => "question about opening hours",
            (_, General, InstantIssuance) => "resident registration abstract",
            (_, General, DeadlineBound) => "permit to occupy a road",
            (_, General, Unlinked) => "certificate of a closed school",
            (_, Car, InstantIssuance) => "vehicle register",
            (_, Car, DeadlineBound) => "change of vehicle registration",
            (_, Car, Unlinked) => "record of a vehicle scrapped abroad",
            (_, Building, InstantIssuance) => "building register",
            (_, Building, DeadlineBound) => "correction of the building register",
            (_, Building, Unlinked) => "plans of a building from before 1980",
        }
    }

    /// Whether its fee stands wrong in the fee table.
    pub(crate) fn meets_typing_error(&self) -> bool {
        FeeTable::has_typing_error(self.category, self.service, self.kind, &self.channel)
    }
}

/// The number of a petition with this id, if it is one of the portal's.
pub(crate) fn number(petition_id: &str) -> Option<u64> {
    petition_id.strip_prefix(YEAR)?.parse().ok()
}

fn draw_kind(chance: &mut Chance) -> PetitionKind {
    chance.weighted([
        (70, PetitionKind::Statutory),
        (10, PetitionKind::Inquiry),
        (8, PetitionKind::Suggestion),
        (7, PetitionKind::Grievance),
        (5, PetitionKind::Other),
    ])
}

fn draw_channel(service: ServiceType, kind: PetitionKind, chance: &mut Chance) -> Channel {
    if kind == PetitionKind::Other {
        return Channel::Telephone;
    }
    // A kiosk hands out documents and takes no other petitions.
    let has_kiosk = service == ServiceType::InstantIssuance;
    match chance.within(0..100) {
        0..=74 => Channel::Online,
        75..=86 if has_kiosk => Channel::Kiosk,
        _ => Channel::Counter,
    }
}

fn draw_fate(chance: &mut Chance) -> Fate {
    chance.weighted([
        (895, Fate::Smooth),
        (50, Fate::RegisterStumbles),
        (15, Fate::RegisterIsAway),
        (20, Fate::NoEntry),
        (10, Fate::SecondThoughts),
        (10, Fate::MailboxFull),
    ])
}
