//! The petition types that an agency offers, as data: what the Handling Standards Table (A36)
//! publishes of each.
//!
//! Not to be taken for the catalogue of stored event names, which is `catalogue.rs`.
//!
//! A petition type more is a table more in the file, and no code. A service team writes a file of
//! its own; `data/petition_types.toml` is the one that comes with the library, and says in its
//! comments what each field means.

mod error;
mod filing;
mod read;
mod rules;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

pub use error::{CatalogueFault, CatalogueProblem, PetitionCatalogueError};
pub use filing::PetitionTypeRejection;

use crate::{
    category::{Category, PetitionKind, ServiceType},
    channel::Channel,
    issuance::Won,
    period::Period,
    text::{Agency, Department, DocumentType, PetitionType},
};

/// The catalogue that the library comes with.
const PUBLISHED_TEXT: &str = include_str!("../data/petition_types.toml");

static PUBLISHED: LazyLock<PetitionCatalogue> = LazyLock::new(|| {
    let published = PetitionCatalogue::parse(PUBLISHED_TEXT);
    published.unwrap_or_else(|error| panic!("the embedded file is tested to be right: {error}"))
});

/// The petition types that are offered, in the order of their file. Clones share them.
///
/// ```
/// use minwon_petitions::{Channel, PetitionCatalogue, Won};
/// let catalogue = PetitionCatalogue::parse(
///     r#"
///     [[petition_type]]
///     name = "certificate of a closed school"
///     category = "General"
///     kind = "statutory"
///     service = "unlinked"
///     period = "10 days"
///     document = "certificate of graduation"
///     fees = { online = 0, counter = 400 }
///     "#,
/// )?;
/// let entry = catalogue.get(&"certificate of a closed school".parse()?).expect("it is listed");
/// let document = entry.document.as_ref().expect("one is named");
/// assert_eq!(document.fee(&Channel::Counter), Some(Won::new(400)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetitionCatalogue {
    entries: Arc<[PetitionTypeEntry]>,
    places: Arc<BTreeMap<PetitionType, usize>>,
}

/// The terms that a petition type fixes for every petition of that type.
///
/// Terms that the law sets for all types alike are not part of it: progress notices every 30 days
/// (D23), documents verifiable for 90 days.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PetitionTypeEntry {
    /// The name of the type; no other type has it.
    pub name: PetitionType,
    /// The category of its petitions.
    pub category: Category,
    /// Its kind (A2).
    pub kind: PetitionKind,
    /// How it is served.
    pub service: ServiceType,
    /// The processing period (A17).
    pub period: Period,
    /// The document that such a petition leads to; none where no document follows.
    pub document: Option<DocumentOffer>,
    /// The documents that petitioners have to bring.
    pub required_documents: Vec<DocumentType>,
    /// The documents that the office looks up by itself; petitioners must not be asked for them
    /// (A10).
    pub shared_documents: Vec<DocumentType>,
    /// The agency that is competent, where it is always the same.
    pub agency: Option<Agency>,
    /// The responsible department (처리주무부서), where it is always called the same.
    pub department: Option<Department>,
}

/// The document that a petition leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DocumentOffer {
    /// The kind of document.
    pub document_type: DocumentType,
    /// How many copies a petitioner gets: 1 to
    /// [`COPIES_MAX`](crate::issuance::COPIES_MAX).
    pub copies: u16,
    /// Whether it may be picked up on paper at the agency (A27).
    pub pick_up: bool,
    /// The channels on which it can be petitioned for, in the order of [`Channel`], and the fee
    /// for all copies together on each.
    pub fees: Vec<(Channel, Won)>,
}

impl DocumentOffer {
    /// The fee where it was petitioned for on this channel; none where that is not offered.
    #[must_use]
    pub fn fee(&self, channel: &Channel) -> Option<Won> {
        let mut fees = self.fees.iter();
        fees.find(|(offered, _)| offered == channel)
            .map(|(_, fee)| *fee)
    }
}

impl PetitionCatalogue {
    /// Reads a catalogue from the text of a file.
    ///
    /// # Errors
    /// [`PetitionCatalogueError`] with everything that is wrong, each with its line, column and field.
    pub fn parse(text: &str) -> Result<Self, PetitionCatalogueError> {
        let entries = read::entries(text)?;
        let places = entries.iter().enumerate();
        let places = places.map(|(place, entry)| (entry.name.clone(), place));
        Ok(Self {
            places: Arc::new(places.collect()),
            entries: entries.into(),
        })
    }

    /// Returns the categories of its petition types, for the namespace that takes such petitions.
    #[must_use]
    pub fn categories(&self) -> BTreeSet<Category> {
        self.entries.iter().map(|entry| entry.category).collect()
    }

    /// The catalogue that comes with the library.
    #[must_use]
    pub fn published() -> &'static Self {
        &PUBLISHED
    }

    /// The text of [`published`](Self::published), to begin a file of one's own with.
    #[must_use]
    pub fn published_text() -> &'static str {
        PUBLISHED_TEXT
    }

    /// Returns the entry of a petition type; none where it is not listed.
    #[must_use]
    pub fn get(&self, name: &PetitionType) -> Option<&PetitionTypeEntry> {
        self.places.get(name).map(|place| &self.entries[*place])
    }

    /// All petition types, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[PetitionTypeEntry] {
        &self.entries
    }
}
