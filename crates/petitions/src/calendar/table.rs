//! The embedded table of public holidays.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::LazyLock};

use crate::date::Date;

/// Names of public holidays by day.
pub(super) type Holidays = BTreeMap<Date, &'static str>;

/// The years that the table covers.
pub(super) const YEARS: RangeInclusive<i32> = 2020..=2030;

/// The first year whose almanac was not published when the table was made.
pub(super) const PROVISIONAL_FROM: i32 = 2028;

/// `date,weekday,name,source`, by date. Up to 2027 from the official almanac.
pub(super) const CSV: &str = include_str!("../../data/kr_public_holidays_2020_2030.csv");

static PUBLISHED: LazyLock<Holidays> = LazyLock::new(|| {
    let rows = CSV.lines().skip(1);
    rows.map(|row| read(row).expect("a test reads every row of the embedded table"))
        .collect()
});

pub(super) fn published() -> &'static Holidays {
    &PUBLISHED
}

fn read(row: &'static str) -> Option<(Date, &'static str)> {
    let mut columns = row.split(',');
    let date = columns.next()?.parse().ok()?;
    let _weekday = columns.next()?;
    Some((date, columns.next()?))
}

/// Returns whether a holiday is one by an act of government or an election, and not every year.
pub(super) fn is_designated(name: &str) -> bool {
    name.starts_with("Temporary") || name.contains("Election")
}
