//! Category, kind and service type of a petition.

use std::{fmt, str::FromStr};

use minwon_core::CategoryName;

use crate::{
    text::{FormatError, stored_as_text},
    words::words,
};

/// Longest name of a category. Unit: bytes.
const BYTES_MAX: usize = 23;

/// The major category of a petition; it stands in front of every stored event name and is the
/// stream's for life.
///
/// A further category is a value, and no code: named in a file of [petition
/// types](crate::PetitionCatalogue::categories) or by a constant, it is given to the namespace that
/// takes its petitions. Everything else that differs between categories is data.
///
/// ```
/// use minwon_petitions::Category;
///
/// const PASSPORT: Category = Category::new("Passport");
/// assert_eq!(PASSPORT.prefix(), "Passport");
/// assert_eq!("Passport".parse(), Ok(PASSPORT));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Category {
    name: [u8; BYTES_MAX],
    bytes: u8,
}

#[allow(
    non_upper_case_globals,
    reason = "written as the variants of the closed sets beside it"
)]
impl Category {
    /// Everything that has no category of its own.
    pub const General: Self = Self::new("General");
    /// The vehicle register (자동차등록원부).
    pub const Car: Self = Self::new("Car");
    /// The building register (건축물대장).
    pub const Building: Self = Self::new("Building");
}

impl Category {
    /// Those that come with the library.
    pub const BUILT_IN: &'static [Self] = &[Self::General, Self::Car, Self::Building];

    /// The category with this name, best at compile time; a name from outside is
    /// [parsed](Self::from_str).
    ///
    /// # Panics
    /// Where the name is not 1 to 23 ASCII letters and digits, a letter first, or holds the name of an
    /// aggregate of petitions (`Application`, `Issuance`): then a stored name would not say its category.
    #[must_use]
    pub const fn new(name: &str) -> Self {
        match Self::checked(name) {
            Some(category) => category,
            None => panic!("the name of a category breaks its rule"),
        }
    }

    const fn checked(name: &str) -> Option<Self> {
        let text = name.as_bytes();
        let is_long_enough = !text.is_empty() && text.len() <= BYTES_MAX;
        if !is_long_enough || !text[0].is_ascii_alphabetic() {
            return None;
        }
        let (mut name, mut at) = ([0; BYTES_MAX], 0);
        while at < text.len() {
            let stands_here =
                stands_at(text, at, b"Application") || stands_at(text, at, b"Issuance");
            if stands_here || !text[at].is_ascii_alphanumeric() {
                return None;
            }
            name[at] = text[at];
            at += 1;
        }
        Some(Self {
            name,
            // At most BYTES_MAX.
            bytes: text.len() as u8,
        })
    }

    /// The word it is stored and shown as.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let name = &self.name[..usize::from(self.bytes)];
        std::str::from_utf8(name).expect("ASCII alone is let in")
    }

    /// The prefix of its stored event names, for example `Car`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.as_str()
    }

    /// The category of the streams of one of its aggregates, for example `CarIssuance`.
    pub(crate) fn streams(self, aggregate: &'static str) -> CategoryName {
        CategoryName::new(format!("{self}{aggregate}")).expect("two words make a word")
    }
}

/// Returns whether `word` stands in `text` from byte `at` on.
const fn stands_at(text: &[u8], at: usize, word: &[u8]) -> bool {
    let mut of_word = 0;
    while of_word < word.len() {
        if at + of_word >= text.len() || text[at + of_word] != word[of_word] {
            return false;
        }
        of_word += 1;
    }
    true
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Category {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        const RULE: &str = "it must be 1 to 23 ASCII letters and digits, a letter first, and hold neither \
                            `Application` nor `Issuance`";
        Self::checked(text).ok_or(FormatError::new("category", RULE))
    }
}

stored_as_text!(Category, as_str);

words! {
    /// The sort of a petition (A2), on which its processing period depends.
    pub enum PetitionKind("petition kind") {
        /// 법정민원: a permit, registration or confirmation that a statute provides for.
        Statutory = "statutory",
        /// 질의민원: a question about a statute or a procedure.
        Inquiry = "inquiry",
        /// 건의민원: a proposal to improve something.
        Suggestion = "suggestion",
        /// 기타민원: simple information or report; may be spoken, and is dealt with at once.
        Other = "other",
        /// 고충민원: a complaint about an unlawful or unjust act of an agency.
        Grievance = "grievance",
    }
}

impl PetitionKind {
    /// Returns whether an answer, rather than an approval or a refusal, ends such a petition.
    ///
    /// Our reading: an answered inquiry is neither approved nor refused. A grievance is upheld or
    /// not, so it is decided.
    #[must_use]
    pub const fn ends_in_answer(self) -> bool {
        match self {
            Self::Inquiry | Self::Suggestion | Self::Other => true,
            Self::Statutory | Self::Grievance => false,
        }
    }
}

words! {
    /// How a petition is served.
    pub enum ServiceType("service type") {
        /// 즉시발급: linked to a register; request, identity, fee and document within seconds.
        InstantIssuance = "instant-issuance",
        /// 유기한: an officer examines it within a statutory period.
        DeadlineBound = "deadline-bound",
        /// 미연계: the agency's system is not connected; an officer enters the result by hand.
        Unlinked = "unlinked",
    }
}

impl ServiceType {
    /// Returns whether documents are made from a connected register.
    #[must_use]
    pub const fn is_linked(self) -> bool {
        match self {
            Self::InstantIssuance | Self::DeadlineBound => true,
            Self::Unlinked => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// They begin the names of stored events and streams, so none is ever renamed or taken away.
    #[test]
    fn prefixes_are_frozen() {
        let prefixes: Vec<_> = Category::BUILT_IN.iter().map(Category::prefix).collect();
        assert_eq!(prefixes, ["General", "Car", "Building"]);
    }

    /// Then a stored name says its category.
    #[test]
    fn no_name_holds_that_of_an_aggregate_and_each_is_a_word() {
        for name in ["Passport", "P", "Passport2", "Applicant", &"x".repeat(23)] {
            let category: Category = name.parse().unwrap();
            assert_eq!(
                (category.as_str(), category.to_string()),
                (name, name.to_owned())
            );
            let json = serde_json::to_string(&category).unwrap();
            assert_eq!(json, format!("{name:?}"));
            assert_eq!(serde_json::from_str::<Category>(&json).unwrap(), category);
        }
        let too_long = "x".repeat(24);
        for name in [
            "",
            "2",
            "여권",
            "Pass-port",
            "CarApplication",
            "IssuanceX",
            &too_long,
        ] {
            assert!(name.parse::<Category>().is_err(), "{name:?}");
        }
    }

    #[test]
    fn every_category_names_its_streams() {
        for category in Category::BUILT_IN {
            let streams = category.streams("Issuance");
            assert_eq!(streams.as_str(), format!("{}Issuance", category.prefix()));
        }
    }

    #[test]
    fn words_read_back_and_unknown_ones_name_the_known() {
        for kind in PetitionKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        let error = "complaint".parse::<PetitionKind>().unwrap_err().to_string();
        assert_eq!(
            error,
            "no valid petition kind: \"complaint\" is none of \
             statutory, inquiry, suggestion, other, grievance"
        );
    }
}
