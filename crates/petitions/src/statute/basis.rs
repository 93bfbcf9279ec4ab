//! The rules that a due is counted by.

use super::count;
use crate::{
    period::{Period, PeriodUnit},
    words::words,
};

words! {
    /// A rule that something was counted by. A [text](crate::AsValue) of it names its article.
    pub enum LegalBasis("legal basis") {
        /// Immediate is within three working hours (A19①).
        Immediate = "immediate",
        /// Up to five days are counted in hours (A19①).
        InHours = "in-hours",
        /// Six days and more are counted in days, the first one counted (A19②).
        InDays = "in-days",
        /// Weeks, months and years run by the calendar (A19③; Civil Act 159-161).
        ByCalendar = "by-calendar",
        /// Days that are not counted (D20, item 1).
        DaysNotCounted = "days-not-counted",
        /// An outage that is not counted (D20, item 2).
        OutageNotCounted = "outage-not-counted",
        /// An outage that is counted, as it began before 2026-05-06 (Decree 36296, addenda Art. 3).
        OutageCounted = "outage-counted",
        /// The first extension (D21①).
        Extended = "extended",
        /// The second extension, with consent (proviso of D21①).
        ExtendedAgain = "extended-again",
        /// An electronic petition is received within 8 working hours (D6⑧).
        Receipt = "receipt",
        /// A petition on paper goes on to the competent agency within 8 working hours (D13).
        Transfer = "transfer",
        /// What is seen to be missing on receipt is asked for within 8 working hours (R9).
        SupplementRequest = "supplement-request",
        /// A supplement has a reasonable period (A22①, D24①; Civil Act 157, 159-161).
        Supplement = "supplement",
        /// The petitioner had the period of a supplement extended (D24②).
        SupplementExtended = "supplement-extended",
        /// A supplement is requested a second time (D24③).
        SupplementRerequested = "supplement-rerequested",
        /// A refusal is objected to within 60 days (A35①).
        Objection = "objection",
        /// An objection is decided within 10 days (A35②).
        ObjectionDecision = "objection-decision",
        /// The time to decide an objection was extended (A35②).
        ObjectionDecisionExtended = "objection-decision-extended",
        /// A document on paper is kept for 15 days (D25④).
        Collection = "collection",
        /// The last day is put off to a working day (General Act on Public Administration 6①, Civil Act
        /// 161).
        PutOff = "put-off",
        /// Days off are those of the Regulations on Public Holidays of Government Offices (2, 3).
        PublicHolidays = "public-holidays",
    }
}

impl LegalBasis {
    /// Returns the rule that a processing period is counted by.
    #[must_use]
    pub fn of_period(period: Period) -> Self {
        match period {
            Period::Immediate => Self::Immediate,
            _ if count::is_in_hours(period) => Self::InHours,
            Period::Of {
                unit: PeriodUnit::Days,
                ..
            } => Self::InDays,
            Period::Of { .. } => Self::ByCalendar,
        }
    }
}
