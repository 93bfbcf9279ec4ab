//! The petitions that citizens bring.

use minwon::{
    NameError, PetitionId,
    petitions::{
        Category, Channel, PetitionCatalogue, PetitionKind, PetitionTypeEntry, ServiceType,
    },
};

use crate::{chance::Chance, fees::FeeTable};

/// The year that petitions are numbered in.
const YEAR: &str = "2026-";

/// How often people come for the first, second, … category, and for any other.
const CATEGORY_WEIGHTS: [u64; 3] = [50, 30, 20];
const OTHER_CATEGORY_WEIGHT: u64 = 10;
const SERVICE_WEIGHTS: [(u64, ServiceType); 3] = [
    (55, ServiceType::InstantIssuance),
    (30, ServiceType::DeadlineBound),
    (15, ServiceType::Unlinked),
];
const KIND_WEIGHTS: [(u64, PetitionKind); 5] = [
    (70, PetitionKind::Statutory),
    (10, PetitionKind::Inquiry),
    (8, PetitionKind::Suggestion),
    (7, PetitionKind::Grievance),
    (5, PetitionKind::Other),
];

/// One petition: what it is about, how it is filed, and what it will meet with.
pub(crate) struct Petition {
    pub(crate) number: u64,
    pub(crate) id: PetitionId,
    /// The catalogue's entry of its type.
    pub(crate) entry: PetitionTypeEntry,
    pub(crate) channel: Channel,
    pub(crate) fate: Fate,
}

/// The obstacle that a petition meets.
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
    /// The receipt cannot be delivered to the petitioner.
    MailboxFull,
}

impl Fate {
    /// Returns whether the first attempt to issue comes to nothing.
    pub(crate) const fn is_failure(self) -> bool {
        matches!(self, Self::RegisterIsAway | Self::NoEntry)
    }
}

impl Petition {
    /// The petition with this number: one of those that the catalogue offers. It depends on
    /// nothing but catalogue, number and seed.
    pub(crate) fn drawn(
        number: u64,
        seed: u64,
        catalogue: &PetitionCatalogue,
    ) -> Result<Self, NameError> {
        let chance = &mut Chance::new(seed, number);
        let entry = draw_entry(catalogue, number, chance);
        Ok(Self {
            number,
            id: PetitionId::new(format!("{YEAR}{number:06}"))?,
            channel: draw_channel(entry, chance),
            entry: entry.clone(),
            fate: draw_fate(chance),
        })
    }

    /// Returns whether its fee stands wrong in the fee table.
    pub(crate) fn meets_typing_error(&self) -> bool {
        FeeTable::has_typing_error(&self.entry.name, &self.channel)
    }
}

/// The number of a petition with this id, if it is one of the portal's.
pub(crate) fn number(petition_id: &str) -> Option<u64> {
    petition_id.strip_prefix(YEAR)?.parse().ok()
}

/// Some things are asked for more often than others, among those that are offered.
fn draw_entry<'c>(
    catalogue: &'c PetitionCatalogue,
    number: u64,
    chance: &mut Chance,
) -> &'c PetitionTypeEntry {
    let mut offered: Vec<_> = catalogue.entries().iter().collect();
    let categories = Category::BUILT_IN
        .iter()
        .enumerate()
        .map(|(index, category)| {
            let weight = CATEGORY_WEIGHTS.get(index);
            (*weight.unwrap_or(&OTHER_CATEGORY_WEIGHT), *category)
        });
    narrow(&mut offered, categories, |entry| entry.category, chance);
    narrow(&mut offered, SERVICE_WEIGHTS, |entry| entry.service, chance);
    narrow(&mut offered, KIND_WEIGHTS, |entry| entry.kind, chance);
    let alike = u64::try_from(offered.len()).expect("a few types");
    let index = usize::try_from(number % alike).expect("an index");
    offered[index]
}

/// Draws one of those choices that are offered, and keeps what has it.
fn narrow<T: Copy + PartialEq>(
    offered: &mut Vec<&PetitionTypeEntry>,
    choices: impl IntoIterator<Item = (u64, T)>,
    of: impl Fn(&PetitionTypeEntry) -> T,
    chance: &mut Chance,
) {
    let is_offered = |(_, choice): &(u64, T)| offered.iter().any(|entry| of(entry) == *choice);
    let choices: Vec<_> = choices.into_iter().filter(is_offered).collect();
    let drawn = match &choices[..] {
        [(_, only)] => *only,
        choices => chance.weighted(choices),
    };
    offered.retain(|entry| of(entry) == drawn);
}

fn draw_channel(entry: &PetitionTypeEntry, chance: &mut Chance) -> Channel {
    if entry.kind == PetitionKind::Other {
        return Channel::Telephone;
    }
    let is_offered = |channel: &Channel| match &entry.document {
        Some(document) => document.fee(channel).is_some(),
        None => matches!(channel, Channel::Online | Channel::Counter),
    };
    let wanted = match chance.within(0..100) {
        0..=74 => Channel::Online,
        75..=86 if is_offered(&Channel::Kiosk) => Channel::Kiosk,
        _ => Channel::Counter,
    };
    match &entry.document {
        // Who cannot have it so takes the first way there is.
        Some(document) if !is_offered(&wanted) => document.fees[0].0.clone(),
        _ => wanted,
    }
}

fn draw_fate(chance: &mut Chance) -> Fate {
    chance.weighted(&[
        (905, Fate::Smooth),
        (50, Fate::RegisterStumbles),
        (15, Fate::RegisterIsAway),
        (20, Fate::NoEntry),
        (10, Fate::MailboxFull),
    ])
}
