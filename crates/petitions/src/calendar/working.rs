//! Working days and working time as axes: what is counted is a distance on one of them.

use std::{ops::RangeInclusive, time::Duration};

use chrono::Weekday;
use minwon_core::Timestamp;

use super::table::Holidays;
use crate::date::Date;

const HOUR_MICROS: i64 = 60 * 60 * 1_000_000;
/// Time of day at which work begins and ends, and between which it rests.
const OPENING: i64 = 9 * HOUR_MICROS;
const LUNCH: i64 = 12 * HOUR_MICROS;
const AFTERNOON: i64 = 13 * HOUR_MICROS;
const CLOSING: i64 = 18 * HOUR_MICROS;
const MORNING_MICROS: i64 = LUNCH - OPENING;

/// One hour of working time.
pub(crate) const WORKING_HOUR_MICROS: i64 = HOUR_MICROS;
/// Working time of a working day: 8 hours (A19①).
pub(crate) const WORKING_DAY_MICROS: i64 = MORNING_MICROS + CLOSING - AFTERNOON;

/// The working days of whole years, numbered from 0. Both directions are one look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WorkingDays {
    /// First covered day, in epoch days.
    first: i64,
    /// How many working days lie before each covered day, and before the day after the last.
    before: Vec<u16>,
    /// Which covered day each working day is.
    days: Vec<u16>,
}

impl WorkingDays {
    pub(super) fn new(years: RangeInclusive<i32>, holidays: &Holidays) -> Self {
        let first_of = |year| Date::new(year, 1, 1).expect("a year of the table has a first day");
        let (first, end) = (first_of(*years.start()), first_of(years.end() + 1));
        let (mut before, mut days) = (Vec::new(), Vec::new());
        let small = |number: usize| u16::try_from(number).expect("less than a century");
        for (number, epoch_day) in (first.epoch_days()..end.epoch_days()).enumerate() {
            let day = Date::from_epoch_days(epoch_day).expect("between two days");
            before.push(small(days.len()));
            let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
            if !weekend && !holidays.contains_key(&day) {
                days.push(small(number));
            }
        }
        before.push(small(days.len()));
        Self {
            first: first.epoch_days(),
            before,
            days,
        }
    }

    /// Returns how many working days lie before a day; outside the covered years, before the
    /// nearest end.
    pub(super) fn before(&self, epoch_days: i64) -> i64 {
        let number = usize::try_from(epoch_days - self.first).unwrap_or(0);
        self.before[number.min(self.before.len() - 1)].into()
    }

    pub(super) fn contains(&self, day: Date) -> bool {
        self.before(day.epoch_days()) != self.before(day.epoch_days() + 1)
    }

    fn nth_epoch_day(&self, before: i64) -> Option<i64> {
        let number = self.days.get(usize::try_from(before).ok()?)?;
        Some(self.first + i64::from(*number))
    }

    pub(super) fn nth(&self, before: i64) -> Option<Date> {
        Date::from_epoch_days(self.nth_epoch_day(before)?)
    }

    /// Working time before an instant; outside the covered years, before the nearest end.
    pub(super) fn position(&self, instant: Timestamp) -> i64 {
        let (day, time) = Date::and_time_in_seoul(instant);
        let (before, after) = (self.before(day), self.before(day + 1));
        before * WORKING_DAY_MICROS + (after - before) * worked_by(time)
    }

    /// The first instant before which `position` of working time lies. Work that is used up at
    /// closing time or noon is so at that time, and not when work goes on.
    pub(super) fn instant_at(&self, position: i64) -> Option<Timestamp> {
        let until = position - 1;
        let day = self.nth_epoch_day(until.div_euclid(WORKING_DAY_MICROS))?;
        let worked = until.rem_euclid(WORKING_DAY_MICROS) + 1;
        let time = if worked <= MORNING_MICROS {
            OPENING + worked
        } else {
            AFTERNOON + worked - MORNING_MICROS
        };
        let midnight = Date::from_epoch_days(day)?.start_in_seoul();
        Some(midnight.saturating_add(Duration::from_micros(time.unsigned_abs())))
    }
}

/// Working time between midnight and a time of day.
fn worked_by(time: i64) -> i64 {
    (time.clamp(OPENING, LUNCH) - OPENING) + (time.clamp(AFTERNOON, CLOSING) - AFTERNOON)
}

/// Returns how much of `day`'s working hours lies in `from..until`, were it worked on. Unit:
/// microseconds.
pub(crate) fn overlap_with_working_hours(day: Date, from: Timestamp, until: Timestamp) -> i64 {
    let midnight = day.start_in_seoul().unix_micros();
    let worked = |instant: Timestamp| worked_by(instant.unix_micros() - midnight);
    (worked(until) - worked(from)).max(0)
}
