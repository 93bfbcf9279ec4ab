//! Until when something has to be done.

use std::{fmt, str::FromStr, time::Duration};

use minwon_core::Timestamp;

use crate::{
    date::Date,
    text::{FormatError, stored_as_text},
};

/// From the first to the last microsecond of a day.
const DAY_LESS_A_MICRO: Duration = Duration::from_micros(24 * 60 * 60 * 1_000_000 - 1);

/// Until when something has to be done (처리기한): an instant where the period is counted in
/// hours, else a whole day.
///
/// Stored as `2026-03-09T01:00:00Z` or `2026-03-09`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Due {
    /// Up to and including this instant.
    At(Timestamp),
    /// Up to the end of this day in Seoul.
    On(Date),
}

impl Due {
    /// Returns whether it is too late at `instant`. A day is over at 00:00 of the next one in
    /// Seoul.
    #[must_use]
    pub fn is_overdue_at(self, instant: Timestamp) -> bool {
        match self {
            Self::At(due) => instant > due,
            Self::On(day) => Date::in_seoul(instant) > day,
        }
    }

    /// The last instant at which it is not too late.
    #[must_use]
    pub fn last_instant(self) -> Timestamp {
        match self {
            Self::At(due) => due,
            Self::On(day) => day.start_in_seoul().saturating_add(DAY_LESS_A_MICRO),
        }
    }

    /// Returns whether a due that was noted as missed is this one, or a later one that has moved
    /// back since: then the delay is on record.
    pub(crate) fn is_noted_by(self, missed: Option<Self>) -> bool {
        missed.is_some_and(|missed| missed.last_instant() >= self.last_instant())
    }

    /// The day in Seoul that it falls on.
    #[must_use]
    pub fn day(self) -> Date {
        match self {
            Self::At(due) => Date::in_seoul(due),
            Self::On(day) => day,
        }
    }

    /// Returns whether it leaves time from `instant` on: a later instant, or the end of a later
    /// day, since in periods under the Civil Act (157) the first day does not count.
    #[must_use]
    pub fn is_after(self, instant: Timestamp) -> bool {
        match self {
            Self::At(due) => due > instant,
            Self::On(day) => day > Date::in_seoul(instant),
        }
    }
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(instant) => instant.fmt(f),
            Self::On(day) => day.fmt(f),
        }
    }
}

impl FromStr for Due {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        if let Ok(day) = text.parse() {
            return Ok(Self::On(day));
        }
        let rule = "it must be YYYY-MM-DD or an instant in RFC 3339";
        match text.parse() {
            Ok(instant) => Ok(Self::At(instant)),
            Err(_) => Err(FormatError::new("due", rule)),
        }
    }
}

stored_as_text!(Due);

#[cfg(test)]
mod tests {
    use super::*;

    fn due(text: &str) -> Due {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn both_forms_read_back() {
        for text in ["2026-03-09", "2026-03-09T01:00:00Z"] {
            assert_eq!(due(text).to_string(), text);
        }
        assert!("tomorrow".parse::<Due>().is_err());
    }

    #[test]
    fn a_day_is_overdue_from_the_next_midnight_in_seoul() {
        let day = due("2026-03-09");
        assert!(!day.is_overdue_at(at("2026-03-09T23:59:59.999999+09:00")));
        assert!(day.is_overdue_at(at("2026-03-10T00:00:00+09:00")));
    }

    #[test]
    fn the_last_instant_is_the_last_that_is_not_overdue() {
        for text in ["2026-03-09", "2026-03-09T01:00:00Z", "9999-12-30"] {
            let last = due(text).last_instant();
            assert!(!due(text).is_overdue_at(last), "{text}");
            let next = last.saturating_add(Duration::from_micros(1));
            assert!(due(text).is_overdue_at(next), "{text}");
        }
    }

    #[test]
    fn an_instant_is_overdue_right_after_it() {
        let instant = due("2026-03-09T10:00:00+09:00");
        assert!(!instant.is_overdue_at(at("2026-03-09T10:00:00+09:00")));
        assert!(instant.is_overdue_at(at("2026-03-09T10:00:00.000001+09:00")));
    }

    #[test]
    fn a_due_on_the_same_day_leaves_no_time() {
        let morning = at("2026-03-09T09:00:00+09:00");
        assert!(!due("2026-03-09").is_after(morning));
        assert!(due("2026-03-10").is_after(morning));
        assert!(due("2026-03-09T09:00:00.000001+09:00").is_after(morning));
        assert!(!Due::At(morning).is_after(morning));
    }
}
