//! Days of the civil calendar, as they pass in Seoul.

use std::{fmt, str::FromStr, time::Duration};

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use minwon_core::Timestamp;

use crate::text::{FormatError, stored_as_text};

/// A day of the civil calendar between the years 0 and 9999; written `2026-03-09`.
///
/// Where days meet instants, a day is one in Asia/Seoul: +09:00, without summer time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(NaiveDate);

/// Seoul is so far ahead of UTC.
const SEOUL_AHEAD: Duration = Duration::from_secs(9 * 60 * 60);
const SEOUL_AHEAD_MICROS: i64 = 9 * 60 * 60 * 1_000_000;
const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
const WHAT: &str = "date";

impl Date {
    /// The day with this year, month and day.
    ///
    /// # Errors
    /// [`FormatError`] where the calendar has no such day, or outside the years 0 to 9999.
    pub fn new(year: i32, month: u32, day: u32) -> Result<Self, FormatError> {
        NaiveDate::from_ymd_opt(year, month, day)
            .filter(|date| (0..=9999).contains(&date.year()))
            .map(Self)
            .ok_or_else(|| FormatError::new(WHAT, "the calendar has no such day"))
    }

    /// The day that it is in Seoul at `instant`.
    ///
    /// The last nine hours that a timestamp can hold count to the last day.
    #[must_use]
    pub fn in_seoul(instant: Timestamp) -> Self {
        let micros = instant.saturating_add(SEOUL_AHEAD).unix_micros();
        let days = i32::try_from(micros.div_euclid(DAY_MICROS)).expect("at most the year 9999");
        Self(NaiveDate::from_epoch_days(days).expect("at most the year 9999"))
    }

    /// The instant at which the day begins in Seoul.
    #[must_use]
    pub fn start_in_seoul(self) -> Timestamp {
        let micros = i64::from(self.0.to_epoch_days()) * DAY_MICROS;
        Timestamp::from_unix_micros(micros)
            .expect("the years 0 to 9999")
            .saturating_sub(SEOUL_AHEAD)
    }

    /// The day `days` later, at most the last of the year 9999.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        let last = NaiveDate::from_ymd_opt(9999, 12, 31).expect("a day");
        let later = self.0.checked_add_days(Days::new(days.into()));
        Self(later.unwrap_or(last).min(last))
    }

    /// The day of the week.
    pub(crate) fn weekday(self) -> Weekday {
        self.0.weekday()
    }

    /// Days since 1970-01-01.
    pub(crate) fn epoch_days(self) -> i64 {
        self.0.to_epoch_days().into()
    }

    /// The day so many days after 1970-01-01; none outside the years 0 to 9999.
    pub(crate) fn from_epoch_days(days: i64) -> Option<Self> {
        let date = NaiveDate::from_epoch_days(i32::try_from(days).ok()?)?;
        (0..=9999).contains(&date.year()).then_some(Self(date))
    }

    /// The last of so many months that begin with this day: the day before the corresponding day,
    /// or the end of the month where that month has no such day (Civil Act 160). None after the
    /// year 9999.
    pub(crate) fn last_of_months(self, months: u32) -> Option<Self> {
        let end = self.0.checked_add_months(Months::new(months))?;
        let last = if end.day() == self.0.day() {
            end.pred_opt()?
        } else {
            end
        };
        (last.year() <= 9999).then_some(Self(last))
    }

    /// The day that it is in Seoul, in days since 1970-01-01, and the time of day in microseconds.
    pub(crate) fn and_time_in_seoul(instant: Timestamp) -> (i64, i64) {
        let micros = instant.unix_micros() + SEOUL_AHEAD_MICROS;
        (micros.div_euclid(DAY_MICROS), micros.rem_euclid(DAY_MICROS))
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, from 1.
    #[must_use]
    pub fn month(self) -> u32 {
        self.0.month()
    }

    /// The day of the month, from 1.
    #[must_use]
    pub fn day(self) -> u32 {
        self.0.day()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.year(),
            self.month(),
            self.day()
        )
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({self})")
    }
}

impl FromStr for Date {
    type Err = FormatError;

    fn from_str(text: &str) -> Result<Self, FormatError> {
        let shape = || FormatError::new(WHAT, "it must be YYYY-MM-DD");
        let digits = |range: std::ops::Range<usize>| {
            let part = text
                .get(range)
                .filter(|p| p.bytes().all(|b| b.is_ascii_digit()))?;
            part.parse::<u16>().ok()
        };
        let dashed = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        match (digits(0..4), digits(5..7), digits(8..10)) {
            (Some(year), Some(month), Some(day)) if dashed => {
                Self::new(year.into(), month.into(), day.into())
            }
            _ => Err(shape()),
        }
    }
}

stored_as_text!(Date);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_begins_at_midnight_in_seoul() {
        assert_eq!(
            Date::in_seoul(at("2026-03-09T00:00:00+09:00")),
            date("2026-03-09")
        );
        assert_eq!(
            Date::in_seoul(at("2026-03-08T14:59:59.999999Z")),
            date("2026-03-08")
        );
        assert_eq!(
            date("2026-03-09").start_in_seoul(),
            at("2026-03-08T15:00:00Z")
        );
        assert_eq!(
            Date::in_seoul(at("1969-12-31T14:59:59Z")),
            date("1969-12-31")
        );
    }

    #[test]
    fn days_the_calendar_does_not_have_are_refused() {
        for bad in [
            "2026-02-29",
            "2026-13-01",
            "2026-3-9",
            "2026/03/09",
            "+026-03-09",
            "",
            "2026-03-0한",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad:?}");
        }
        assert!(Date::new(10_000, 1, 1).is_err());
    }

    #[test]
    fn ninety_days_run_over_months_and_leap_days() {
        assert_eq!(date("2026-03-09").plus_days(90), date("2026-06-07"));
        assert_eq!(date("2024-01-31").plus_days(29), date("2024-02-29"));
        assert_eq!(date("9999-12-30").plus_days(u32::MAX), date("9999-12-31"));
    }

    #[test]
    fn the_ends_of_time_have_days() {
        assert_eq!(Date::in_seoul(Timestamp::MAX), date("9999-12-31"));
        assert_eq!(date("0000-01-01").start_in_seoul(), Timestamp::MIN);
        assert_eq!(Date::in_seoul(Timestamp::MIN), date("0000-01-01"));
    }

    proptest! {
        #[test]
        fn every_instant_lies_in_its_day(micros in -60_000_000_000_000_000_i64..250_000_000_000_000_000) {
            let instant = Timestamp::from_unix_micros(micros).unwrap();
            let day = Date::in_seoul(instant);
            prop_assert!(day.start_in_seoul() <= instant);
            prop_assert!(instant < day.plus_days(1).start_in_seoul());
            prop_assert_eq!(day.to_string().parse(), Ok(day));
        }

        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            let _ = text.parse::<Date>();
        }
    }
}
