//! Why the law's clock does not take what it was given.

use minwon_core::Timestamp;

use super::extension::ExtensionGround;
use crate::{calendar::CalendarError, date::Date, due::Due, message::messages, period::Period};

messages! {
    /// Why an interval cannot be excluded.
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ExclusionError {
        /// Days that end before they begin.
        #[error("the excluded days from {first} to {last} end before they begin; turn them around")]
        DaysBackwards {
            /// The first day.
            first: Date,
            /// The last day.
            last: Date,
        },
        /// An outage that ends before it begins.
        #[error("the outage from {from} until {until} ends before it begins; turn the two around")]
        OutageBackwards {
            /// When it began.
            from: Timestamp,
            /// When it was over.
            until: Timestamp,
        },
    }
}

messages! {
    /// Why a processing period is not extended (D21).
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ExtensionError {
        /// The ground is no longer valid.
        #[error(
            "{ground} is no ground to extend the period of a petition received since 2026-05-06 (D21②)"
        )]
        ForbiddenGround {
            /// The ground given.
            ground: ExtensionGround,
        },
        /// It was extended once, and the petitioner has not agreed to another time.
        #[error("extended once already: a second extension takes the petitioner's consent (D21①)")]
        NoConsent,
        /// It was extended twice.
        #[error("extended twice already: there is no third extension (D21①)")]
        Exhausted,
        /// The period is over.
        #[error("due {due}, which was over at {at}: only a period that runs is extended")]
        Overdue {
            /// Until when it ran.
            due: Due,
            /// When it was to be extended.
            at: Timestamp,
        },
        /// Longer than the period itself.
        #[error("an extension by {by} is longer than the period of {period} that it extends (D21①)")]
        TooLong {
            /// The extension.
            by: Period,
            /// The original period.
            period: Period,
        },
        /// Hours for a period in days, or weeks for one in hours.
        #[error(
            "a period of {period} is not extended by {by}: take hours or days for one that is counted \
             in hours, and days, weeks, months or years for any other"
        )]
        OtherUnit {
            /// The extension.
            by: Period,
            /// The original period.
            period: Period,
        },
        /// The calendar does not reach that far.
        #[error("the due of the period cannot be counted")]
        Calendar(#[from] CalendarError),
    }
}

messages! {
    /// Why a period under the Civil Act is not counted.
    #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum FixedPeriodError {
        /// A period in hours, which would not run by days.
        #[error("a period of {period} does not run by days; give days, weeks, months or years")]
        InHours {
            /// The period.
            period: Period,
        },
        /// Longer than the law allows.
        #[error("{period} is too long: the law allows at most {max_days} days")]
        TooLong {
            /// The period.
            period: Period,
            /// The longest allowed. Unit: days.
            max_days: u16,
        },
        /// The calendar does not reach that far.
        #[error("the last day of the period cannot be counted")]
        Calendar(#[from] CalendarError),
    }
}
