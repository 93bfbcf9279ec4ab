//! What a petition is about, what sort of petition it is, and how it is served.

use minwon_core::CategoryName;

use crate::words::words;

words! {
    /// The major category of a petition; it stands in front of every stored event name and is the
    /// stream's for life.
    ///
    /// A further category is a row here, and its prefix in the test below: streams, event names,
    /// handlers and readers follow. What else differs between categories is data, see
    /// [`PetitionCatalogue`](crate::PetitionCatalogue).
    pub enum Category("category") {
        /// Everything that has no category of its own.
        General = "General",
        /// The vehicle register (자동차등록원부).
        Car = "Car",
        /// The building register (건축물대장).
        Building = "Building",
    }
}

impl Category {
    /// The prefix of its stored event names, for example `Car`.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        self.as_str()
    }

    /// The category of the streams of one of its aggregates, for example `CarIssuance`.
    pub(crate) fn streams(self, aggregate: &'static str) -> CategoryName {
        CategoryName::new(format!("{self}{aggregate}")).expect("two words make a word")
    }
}

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
    /// Whether an answer, rather than an approval or a refusal, ends such a petition.
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
    /// Whether documents are made from a connected register.
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
        let prefixes: Vec<_> = Category::ALL.iter().map(|it| it.prefix()).collect();
        assert_eq!(prefixes, ["General", "Car", "Building"]);
    }

    /// Then a stored name tells its category.
    #[test]
    fn no_prefix_begins_the_names_of_another() {
        for category in Category::ALL {
            for other in Category::ALL.iter().filter(|other| *other != category) {
                for aggregate in ["Application", "Issuance"] {
                    let begins = format!("{category}{aggregate}");
                    assert!(!other.prefix().starts_with(&begins), "{other}");
                }
            }
        }
    }

    #[test]
    fn every_category_names_its_streams() {
        for category in Category::ALL {
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
