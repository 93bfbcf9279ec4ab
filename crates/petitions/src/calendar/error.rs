//! Why a calendar has no answer.

use crate::{date::Date, message::messages, text::CalendarVersion};

use super::OVERRIDES_MAX;

messages! {
    /// The calendar does not reach that far: what it does not know is never a working day.
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum CalendarError {
        /// A day that the calendar says nothing about.
        #[error(
            "calendar {version} covers {first_year} to {last_year} and not {day}; use a release with \
             a table that does"
        )]
        Uncovered {
            /// The day.
            day: Date,
            /// First year that is covered.
            first_year: i32,
            /// Last year that is covered.
            last_year: i32,
            /// Which calendar was asked.
            version: CalendarVersion,
        },
        /// The count does not end within the calendar.
        #[error(
            "the count runs past {last_year}, the last year of calendar {version}; use a release with \
             a longer table"
        )]
        RunsPast {
            /// Last year that is covered.
            last_year: i32,
            /// Which calendar was asked.
            version: CalendarVersion,
        },
    }
}

/// The reasons why a calendar cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OverrideError {
    /// The day lies outside the covered years.
    #[error("no holiday can be added or withdrawn there")]
    Uncovered(#[from] CalendarError),
    /// Only holidays that a government designates can be withdrawn by it.
    #[error(
        "{day} is {name}, a holiday by statute: only temporary holidays and election days are \
         withdrawn, anything else takes a new table"
    )]
    Statutory {
        /// The day.
        day: Date,
        /// The name in the table.
        name: &'static str,
    },
    /// The version would not hold all of them.
    #[error("more than {max} days differ from the table; it is time for a new table")]
    TooMany {
        /// [`OVERRIDES_MAX`].
        max: usize,
    },
    /// No calendar has this version.
    #[error(
        "no calendar of this release has the version {version}; one is written as \
         kr-2020-2030.1+2026-03-13, with at most {OVERRIDES_MAX} days in order"
    )]
    UnknownVersion {
        /// The version asked for.
        version: CalendarVersion,
    },
}
