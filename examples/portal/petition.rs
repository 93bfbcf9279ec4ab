//! What citizens come with.

use minwon::{
    NameError, PetitionId,
    petitions::{Category, Channel, PetitionKind, ServiceType, Won},
};

use crate::chance::Chance;

/// The year that petitions are numbered in.
const YEAR: &str = "2026-";

/// One petition: what it is about and how it is filed.
pub(crate) struct Petition {
    pub(crate) number: u64,
    pub(crate) id: PetitionId,
    pub(crate) category: Category,
    pub(crate) service: ServiceType,
    pub(crate) kind: PetitionKind,
    pub(crate) channel: Channel,
}

impl Petition {
    pub(crate) fn drawn(number: u64, chance: &mut Chance) -> Result<Self, NameError> {
        use ServiceType::{DeadlineBound, InstantIssuance, Unlinked};
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

    /// The document it leads to.
    pub(crate) const fn document(&self) -> &'static str {
        match (self.category, self.service) {
            (Category::General, ServiceType::InstantIssuance) => "resident registration abstract",
            (Category::General, _) => "certificate",
            (Category::Car, _) => "vehicle register (자동차등록원부)",
            (Category::Building, _) => "building register (건축물대장)",
        }
    }

    /// Its assessed fee: online only the vehicle register costs anything.
    pub(crate) const fn fee(&self) -> Won {
        Won::new(match (self.category, &self.channel) {
            (Category::Car, _) => 300,
            (_, Channel::Online) => 0,
            (Category::Building, _) => 500,
            (Category::General, Channel::Kiosk) => 200,
            (Category::General, _) => 400,
        })
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
