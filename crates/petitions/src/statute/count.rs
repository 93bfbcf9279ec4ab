//! Counting along an axis with ranges that are skipped, and what a period is on which axis.

use crate::{
    calendar::{Calendar, CalendarError, WORKING_DAY_MICROS, WORKING_HOUR_MICROS},
    date::Date,
    period::{Period, PeriodUnit},
};

use super::exclusions::Exclusions;

/// Working hours of a petition that is dealt with immediately (A19①).
const IMMEDIATE_HOURS: i64 = 3;
/// Longest period in days that is counted in hours (A19①). Unit: days.
const DAYS_IN_HOURS_MAX: u16 = 5;

/// A part of an axis; the end is exclusive.
pub(super) type Range = (i64, i64);

/// Where `length` ends when it begins at `start` and skips `excluded`, which is in order of its
/// starts. The end is exclusive, and the earliest that there is.
pub(super) fn end_of(start: i64, length: i64, excluded: impl Iterator<Item = Range>) -> i64 {
    let (mut from, mut left) = (start, length);
    for (begin, end) in excluded {
        if end <= from {
            continue;
        }
        let before = begin.max(from) - from;
        if left <= before {
            break;
        }
        left -= before;
        from = end;
    }
    from + left
}

/// Returns how much of `start..end` is not `excluded`, which is in order and without overlaps.
pub(super) fn rest_of(start: i64, end: i64, excluded: impl Iterator<Item = Range>) -> i64 {
    let skipped = excluded.map(|(from, until)| (until.min(end) - from.max(start)).max(0));
    (end - start).max(0) - skipped.sum::<i64>()
}

/// A period that is counted in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayPeriod {
    /// So many working days (A19②).
    Working(u16),
    /// So many days, weeks, months or years of the calendar (A19③; Civil Act 159-161).
    Civil(u16, PeriodUnit),
}

/// A period as working time: what is counted in hours, or could be. Unit: microseconds.
pub(super) fn working_time(period: Period) -> Option<i64> {
    match period {
        Period::Immediate => Some(IMMEDIATE_HOURS * WORKING_HOUR_MICROS),
        Period::Of { count, unit } => match unit {
            PeriodUnit::WorkingHours => Some(i64::from(count.get()) * WORKING_HOUR_MICROS),
            PeriodUnit::Days => Some(i64::from(count.get()) * WORKING_DAY_MICROS),
            PeriodUnit::Weeks | PeriodUnit::Months | PeriodUnit::Years => None,
        },
    }
}

/// Returns whether a processing period is counted in hours (A19①).
pub(super) fn is_in_hours(period: Period) -> bool {
    match period {
        Period::Immediate => true,
        Period::Of { count, unit } => match unit {
            PeriodUnit::WorkingHours => true,
            PeriodUnit::Days => count.get() <= DAYS_IN_HOURS_MAX,
            PeriodUnit::Weeks | PeriodUnit::Months | PeriodUnit::Years => false,
        },
    }
}

/// A processing period in days: days are working days.
pub(super) fn processing_days(period: Period) -> Option<DayPeriod> {
    match civil_days(period)? {
        DayPeriod::Civil(count, PeriodUnit::Days) => Some(DayPeriod::Working(count)),
        other => Some(other),
    }
}

/// A period in days under the Civil Act: days are those of the calendar.
pub(super) fn civil_days(period: Period) -> Option<DayPeriod> {
    match period {
        Period::Immediate
        | Period::Of {
            unit: PeriodUnit::WorkingHours,
            ..
        } => None,
        Period::Of { count, unit } => Some(DayPeriod::Civil(count.get(), unit)),
    }
}

/// The last day of a period that begins with `first`.
pub(super) fn last_day(
    first: Date,
    period: DayPeriod,
    exclusions: &Exclusions,
    calendar: &Calendar,
) -> Result<Date, CalendarError> {
    match period {
        DayPeriod::Working(days) => {
            let place = |day| calendar.working_days_before_cut(day);
            let excluded = exclusions.days().iter();
            let excluded = excluded.map(|&(from, until)| (place(from), place(until)));
            let start = calendar.working_days_before(first)?;
            calendar.nth_working_day(end_of(start, days.into(), excluded) - 1)
        }
        DayPeriod::Civil(count, unit) => {
            let last = last_by_calendar(first, count, unit).ok_or_else(|| calendar.runs_past())?;
            let (start, length) = (first.epoch_days(), days_of(first, last));
            let end = end_of(start, length, exclusions.days().iter().copied());
            working_day_from(end - 1, exclusions, calendar)
        }
    }
}

/// The last day by the calendar alone (Civil Act 159, 160). None after the year 9999.
pub(super) fn last_by_calendar(first: Date, count: u16, unit: PeriodUnit) -> Option<Date> {
    let count = u32::from(count);
    let days = |days: u32| Date::from_epoch_days(first.epoch_days() + i64::from(days) - 1);
    match unit {
        // No period by the calendar has hours.
        PeriodUnit::WorkingHours => None,
        PeriodUnit::Days => days(count),
        PeriodUnit::Weeks => days(7 * count),
        PeriodUnit::Months => first.last_of_months(count),
        PeriodUnit::Years => first.last_of_months(12 * count),
    }
}

/// Returns how many days there are, with both ends.
pub(super) fn days_of(first: Date, last: Date) -> i64 {
    last.epoch_days() - first.epoch_days() + 1
}

/// The first day from `epoch_days` on that is worked on (Civil Act 161) and counts at all. That a
/// period does not end on a day that is not counted is our reading.
fn working_day_from(
    epoch_days: i64,
    exclusions: &Exclusions,
    calendar: &Calendar,
) -> Result<Date, CalendarError> {
    let day = |days| Date::from_epoch_days(days).ok_or_else(|| calendar.runs_past());
    let mut last = calendar.working_day_from(day(epoch_days)?)?;
    while let Some((_, end)) = exclusions.days_around(last) {
        last = calendar.working_day_from(day(end)?)?;
    }
    Ok(last)
}
