//! Office hours, as they pass in Seoul.

use std::time::Duration;

use minwon::{Timestamp, petitions::Date};

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
