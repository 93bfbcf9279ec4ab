//! Office hours, as they pass in Seoul.

use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use minwon::{
    Timestamp,
    petitions::{Date, Due},
};

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

fn seoul_clock(instant: Timestamp) -> Option<DateTime<FixedOffset>> {
    let offset = FixedOffset::east_opt(9 * 60 * 60)?;
    Some(DateTime::from_timestamp_micros(instant.unix_micros())?.with_timezone(&offset))
}
