//! Dues as events carry them.

use serde::{Deserialize, Serialize};

use crate::{due::Due, text::CalendarVersion, words::words};

words! {
    /// What the due of a receipt follows from.
    pub enum DueBasis("basis of a due") {
        /// The statute: counted from the receipt on (A19), and moved by what D20 and D21 say.
        Statute = "statute",
        /// What another system said. Nothing moves it, for nobody knows how it was counted.
        Told = "told",
    }
}

/// A due, and the calendar that it was counted with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountedDue {
    /// Until when.
    pub due: Due,
    /// The calendar.
    pub calendar_version: CalendarVersion,
}
