//! Rules of the law that were amended: what each is in force for.

use crate::date::Date;

/// A day that a decree names: year, month, day.
type Day = (i32, u32, u32);

/// A rule that came with an amendment, or goes with one, and the cases that it is in force for.
///
/// Rules that stand in no row of [`PROVISIONS`] are in force for every petition there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provision {
    /// The article, as `D21①`.
    pub article: &'static str,
    /// The article of the addenda that says for what it is in force.
    pub addenda: &'static str,
    /// Whose day decides.
    pub applies_by: AppliesBy,
    from: Day,
    until: Option<Day>,
}

/// The event whose day decides whether a [`Provision`] is in force for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppliesBy {
    /// The receipt of the petition.
    Receipt,
    /// The beginning of the outage.
    Outage,
}

/// The grounds of an extension are limited: nothing that lies in the agency's own house is one.
pub const EXTENSION_GROUNDS_LIMITED: Provision = Provision {
    article: "D21①②",
    addenda: "Decree 36296, addenda Art. 4",
    applies_by: AppliesBy::Receipt,
    from: (2026, 5, 6),
    until: None,
};

/// Time in which the outage of a system makes processing impossible is not counted.
pub const OUTAGES_NOT_COUNTED: Provision = Provision {
    article: "D20, item 2",
    addenda: "Decree 36296, addenda Art. 3",
    applies_by: AppliesBy::Outage,
    from: (2026, 5, 6),
    until: None,
};

/// Every rule that is not in force for all cases.
pub const PROVISIONS: &[Provision] = &[EXTENSION_GROUNDS_LIMITED, OUTAGES_NOT_COUNTED];

impl Provision {
    /// Returns whether it is in force for a case whose [deciding](Self::applies_by) day is `day`.
    #[must_use]
    pub fn is_in_force_for(&self, day: Date) -> bool {
        let day = (day.year(), day.month(), day.day());
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn each_provision_is_in_force_from_its_first_day_on() {
        for provision in PROVISIONS {
            let in_force = |text| provision.is_in_force_for(day(text));
            assert!(!in_force("2026-05-05"), "{provision:?}");
            assert!(in_force("2026-05-06"), "{provision:?}");
            assert!(in_force("2030-01-01"), "{provision:?}");
        }
    }

    #[test]
    fn a_provision_that_was_repealed_is_in_force_up_to_its_last_day() {
        let until = Some((2026, 12, 31));
        let repealed = Provision {
            until,
            ..OUTAGES_NOT_COUNTED
        };
        assert!(repealed.is_in_force_for(day("2026-12-31")));
        assert!(!repealed.is_in_force_for(day("2027-01-01")));
    }
}
