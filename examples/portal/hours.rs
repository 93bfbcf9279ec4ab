//! Office hours, as they pass in Seoul.

use std::time::Duration;

use chrono::{DateTime, Datelike, FixedOffset, Weekday};
use minwon::{
    Timestamp,
    petitions::{Date, Due},
};

/// From when to when an office works, after midnight: lunch is from 12 to 13.
const SHIFTS: [(Duration, Duration); 2] = [(hours(9), hours(12)), (hours(13), hours(18))];

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 60 * 60)
}

/// The day that the example plays: a Monday.
pub(crate) fn working_day() -> Date {
    Date::new(2026, 11, 23).expect("the calendar has this day")
}

/// When the portal's day begins.
pub(crate) fn opening() -> Timestamp {
    working_day().start_in_seoul().saturating_add(hours(9))
}

/// When the offices close.
pub(crate) fn closing() -> Timestamp {
    working_day().start_in_seoul().saturating_add(hours(18))
}

/// When the petition with this index arrives, of so many that arrive evenly over the day.
pub(crate) fn arrival(index: u64, petitions: u64) -> Timestamp {
    let open_micros = u128::from(closing().unix_micros().abs_diff(opening().unix_micros()));
    let micros = u128::from(index) * open_micros / u128::from(petitions);
    let micros = u64::try_from(micros).expect("a part of a day");
    opening().saturating_add(Duration::from_micros(micros))
}

/// The last day of a period counted in days: weekdays in Seoul, the first one counted (A19).
///
/// It knows no public holidays: the statutory calendar comes later, in the library.
pub(crate) fn due_by_weekdays(received_at: Timestamp, days: u16) -> Due {
    let mut day = Date::in_seoul(received_at);
    let mut left = days;
    loop {
        left -= u16::from(left > 0 && is_weekday(day));
        if left == 0 {
            return Due::On(day);
        }
        day = day.plus_days(1);
    }
}

/// The end of what is to be done at once: three working hours later (D19), weekdays only, as in
/// [`due_by_weekdays`].
pub(crate) fn due_at_once(received_at: Timestamp) -> Due {
    let mut left = hours(3);
    let mut day = Date::in_seoul(received_at);
    loop {
        let shifts = SHIFTS.iter().filter(|_| is_weekday(day));
        for (from, to) in shifts {
            let midnight = day.start_in_seoul();
            let from = midnight.saturating_add(*from).max(received_at);
            let worked = elapsed(from, midnight.saturating_add(*to));
            if left <= worked {
                return Due::At(from.saturating_add(left));
            }
            left -= worked;
        }
        day = day.plus_days(1);
    }
}

/// An instant as people in Seoul write it.
pub(crate) fn in_seoul(instant: Timestamp) -> String {
    match seoul_clock(instant) {
        Some(local) => local.format("%Y-%m-%d %H:%M:%S %:z").to_string(),
        None => instant.to_string(),
    }
}

/// A due as people in Seoul write it.
pub(crate) fn due(due: Due) -> String {
    match due {
        Due::At(instant) => in_seoul(instant),
        Due::On(day) => day.to_string(),
    }
}

fn elapsed(from: Timestamp, to: Timestamp) -> Duration {
    let micros = to.unix_micros().saturating_sub(from.unix_micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

fn is_weekday(day: Date) -> bool {
    let weekday = seoul_clock(day.start_in_seoul()).map(|local| local.weekday());
    !matches!(weekday, Some(Weekday::Sat | Weekday::Sun))
}

fn seoul_clock(instant: Timestamp) -> Option<DateTime<FixedOffset>> {
    let offset = FixedOffset::east_opt(9 * 60 * 60)?;
    Some(DateTime::from_timestamp_micros(instant.unix_micros())?.with_timezone(&offset))
}
