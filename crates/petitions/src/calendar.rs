//! Which days are worked on, and during which hours: public holidays as versioned data.

mod error;
mod rules;
mod table;
mod working;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    ops::RangeInclusive,
    sync::{Arc, LazyLock},
    time::Duration,
};

use chrono::Weekday;
use minwon_core::Timestamp;

pub use error::{CalendarError, OverrideError};
pub use rules::{YearFacts, holidays_by_rule};
pub(crate) use working::{WORKING_DAY_MICROS, WORKING_HOUR_MICROS, overlap_with_working_hours};

use self::{table::Holidays, working::WorkingDays};
use crate::{date::Date, text::CalendarVersion};

/// Most days by which a [`Calendar`] differs from the table it is made of; with more, a new table
/// is due. Their dates are part of the version, which has at most 128 bytes.
pub const OVERRIDES_MAX: usize = 10;

/// The version of the embedded table. Whoever changes a row of it raises the number.
const TABLE_VERSION: &str = "kr-2020-2030.1";
/// The name of an added day.
const TEMPORARY: &str = "Temporary";

/// Working days and hours of Korean agencies: Monday to Friday but for public holidays, 09:00 to
/// 18:00 without 12:00 to 13:00, in Asia/Seoul (State Public Officials Service Regulations 9;
/// Regulations on Public Holidays of Government Offices 2-3).
///
/// The embedded table covers the years 2020 to 2030, of which those from 2028 on are
/// [provisional](Self::is_provisional). For any other day it returns an error, never a working day.
/// A holiday that is designated later makes another calendar with another [version](Self::version):
///
/// ```
/// use minwon_petitions::Calendar;
/// let published = Calendar::published();
/// let friday = "2026-03-13".parse()?;
/// assert!(published.is_working_day(friday)?);
///
/// let later = published.with_holiday(friday)?;
/// assert!(!later.is_working_day(friday)?);
/// assert_eq!(later.version().as_str(), "kr-2020-2030.1+2026-03-13");
/// assert_eq!(&Calendar::of_version(later.version())?, &later);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    version: CalendarVersion,
    overrides: BTreeMap<Date, Override>,
    holidays: Holidays,
    working: WorkingDays,
}

/// How a day differs from the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Override {
    Added,
    Withdrawn,
}

/// Whether a day is worked on, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// Worked on.
    Working,
    /// A Saturday that is no public holiday.
    Saturday,
    /// A Sunday that has no other name.
    Sunday,
    /// A public holiday, by its name in the table: `Chuseok`, `Substitute(HangulDay)`.
    Holiday(&'static str),
}

static PUBLISHED: LazyLock<Arc<Calendar>> =
    LazyLock::new(|| Arc::new(Calendar::build(BTreeMap::new())));

impl Calendar {
    /// The calendar of the embedded table.
    #[must_use]
    pub fn published() -> &'static Self {
        &PUBLISHED
    }

    /// The same for whoever keeps a calendar, which may be another.
    pub(crate) fn shared() -> Arc<Self> {
        Arc::clone(&PUBLISHED)
    }

    /// This calendar with one more temporary holiday. A day that already is a holiday changes
    /// nothing, and not the version.
    ///
    /// # Errors
    /// [`OverrideError`] outside the covered years, and beyond [`OVERRIDES_MAX`] changed days.
    pub fn with_holiday(&self, day: Date) -> Result<Self, OverrideError> {
        self.check_covered(day)?;
        let mut overrides = self.overrides.clone();
        if table::published().contains_key(&day) {
            overrides.remove(&day);
        } else {
            overrides.insert(day, Override::Added);
        }
        Self::of_overrides(overrides)
    }

    /// This calendar without a temporary holiday or an election day that was withdrawn. A day that
    /// is no holiday changes nothing, and not the version.
    ///
    /// # Errors
    /// [`OverrideError`] where the holiday is one by statute, outside the covered years, and
    /// beyond [`OVERRIDES_MAX`] changed days.
    pub fn without_holiday(&self, day: Date) -> Result<Self, OverrideError> {
        self.check_covered(day)?;
        let mut overrides = self.overrides.clone();
        match table::published().get(&day) {
            Some(name) if table::is_designated(name) => {
                overrides.insert(day, Override::Withdrawn);
            }
            Some(&name) => return Err(OverrideError::Statutory { day, name }),
            None => {
                overrides.remove(&day);
            }
        }
        Self::of_overrides(overrides)
    }

    /// The calendar that has this version, so that a due of the past can be counted again.
    ///
    /// # Errors
    /// [`OverrideError`] where no calendar of this release has the version.
    pub fn of_version(version: &CalendarVersion) -> Result<Self, OverrideError> {
        let unknown = || OverrideError::UnknownVersion {
            version: version.clone(),
        };
        let mut rest = version
            .as_str()
            .strip_prefix(TABLE_VERSION)
            .ok_or_else(unknown)?;
        let mut calendar = Self::published().clone();
        while !rest.is_empty() {
            let (day, after) = rest.split_at_checked(DATED_BYTES).ok_or_else(unknown)?;
            let (sign, date) = day.split_at_checked(1).ok_or_else(unknown)?;
            let date = date.parse().map_err(|_| unknown())?;
            calendar = match sign {
                "+" => calendar.with_holiday(date)?,
                "-" => calendar.without_holiday(date)?,
                _ => return Err(unknown()),
            };
            rest = after;
        }
        // The order of days and needless ones are no second name for the same calendar.
        if calendar.version == *version {
            Ok(calendar)
        } else {
            Err(unknown())
        }
    }

    /// Returns which table this is, and by which days it differs: for every set of holidays one
    /// version.
    #[must_use]
    pub fn version(&self) -> &CalendarVersion {
        &self.version
    }

    /// The years that it covers.
    #[must_use]
    pub fn years(&self) -> RangeInclusive<i32> {
        table::YEARS
    }

    /// Returns whether holidays around `day` are computed and not yet published: elections may
    /// move, and nobody knows which days will be designated.
    #[must_use]
    pub fn is_provisional(&self, day: Date) -> bool {
        day.year() >= table::PROVISIONAL_FROM
    }

    /// Returns whether `day` is worked on, and if not, why.
    ///
    /// # Errors
    /// [`CalendarError::Uncovered`] outside the covered years.
    pub fn day(&self, day: Date) -> Result<DayKind, CalendarError> {
        self.check_covered(day)?;
        Ok(match (self.holidays.get(&day), day.weekday()) {
            (Some(name), _) => DayKind::Holiday(name),
            (None, Weekday::Sat) => DayKind::Saturday,
            (None, Weekday::Sun) => DayKind::Sunday,
            (None, _) => DayKind::Working,
        })
    }

    /// Returns whether `day` is worked on.
    ///
    /// # Errors
    /// [`CalendarError::Uncovered`] outside the covered years.
    pub fn is_working_day(&self, day: Date) -> Result<bool, CalendarError> {
        self.check_covered(day)?;
        Ok(self.working.contains(day))
    }

    /// `day`, or the first working day after it.
    ///
    /// # Errors
    /// [`CalendarError`] where one of the two lies outside the covered years.
    pub fn working_day_from(&self, day: Date) -> Result<Date, CalendarError> {
        self.nth_working_day(self.working_days_before(day)?)
    }

    /// All public holidays with their names, in order. Sundays without a name are not among them.
    pub fn holidays(&self) -> impl Iterator<Item = (Date, &'static str)> + '_ {
        self.holidays.iter().map(|(&day, &name)| (day, name))
    }

    /// Returns how much working time lies between two instants; none where `until` is not after
    /// `from`.
    ///
    /// # Errors
    /// [`CalendarError::Uncovered`] where one of the two lies outside the covered years.
    pub fn working_time_between(
        &self,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Duration, CalendarError> {
        let micros = self.position(until)? - self.position(from)?;
        Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)))
    }

    /// Returns how many working days of the calendar lie before `day`: its place among them.
    pub(crate) fn working_days_before(&self, day: Date) -> Result<i64, CalendarError> {
        self.check_covered(day)?;
        Ok(self.working.before(day.epoch_days()))
    }

    /// The same for any day, in [epoch days](Date::epoch_days): what lies outside the covered
    /// years is taken for their first or last. For ranges that are only cut off.
    pub(crate) fn working_days_before_cut(&self, epoch_days: i64) -> i64 {
        self.working.before(epoch_days)
    }

    /// The working day before which so many others lie.
    pub(crate) fn nth_working_day(&self, before: i64) -> Result<Date, CalendarError> {
        self.working.nth(before).ok_or_else(|| self.runs_past())
    }

    /// Returns how much working time of the calendar lies before `instant`. Unit: microseconds.
    pub(crate) fn position(&self, instant: Timestamp) -> Result<i64, CalendarError> {
        self.check_covered(Date::in_seoul(instant))?;
        Ok(self.working.position(instant))
    }

    /// The same for any instant: cut off as in [`working_days_before_cut`].
    ///
    /// [`working_days_before_cut`]: Self::working_days_before_cut
    pub(crate) fn position_cut(&self, instant: Timestamp) -> i64 {
        self.working.position(instant)
    }

    /// The first instant before which so much working time lies; at least a microsecond.
    pub(crate) fn instant_at(&self, position: i64) -> Result<Timestamp, CalendarError> {
        let instant = self.working.instant_at(position);
        instant.ok_or_else(|| self.runs_past())
    }

    pub(crate) fn runs_past(&self) -> CalendarError {
        CalendarError::RunsPast {
            last_year: *table::YEARS.end(),
            version: self.version.clone(),
        }
    }

    fn check_covered(&self, day: Date) -> Result<(), CalendarError> {
        if table::YEARS.contains(&day.year()) {
            return Ok(());
        }
        Err(CalendarError::Uncovered {
            day,
            first_year: *table::YEARS.start(),
            last_year: *table::YEARS.end(),
            version: self.version.clone(),
        })
    }

    fn of_overrides(overrides: BTreeMap<Date, Override>) -> Result<Self, OverrideError> {
        if overrides.len() > OVERRIDES_MAX {
            return Err(OverrideError::TooMany { max: OVERRIDES_MAX });
        }
        Ok(Self::build(overrides))
    }

    /// From at most [`OVERRIDES_MAX`] overrides of covered days.
    fn build(overrides: BTreeMap<Date, Override>) -> Self {
        let mut version = TABLE_VERSION.to_owned();
        let mut holidays = table::published().clone();
        for (&day, how) in &overrides {
            let sign = match how {
                Override::Added => {
                    holidays.insert(day, TEMPORARY);
                    '+'
                }
                Override::Withdrawn => {
                    holidays.remove(&day);
                    '-'
                }
            };
            write!(version, "{sign}{day}").expect("a String takes any text");
        }
        Self {
            version: CalendarVersion::new(version).expect("short, for overrides are few"),
            working: WorkingDays::new(table::YEARS, &holidays),
            overrides,
            holidays,
        }
    }
}

/// A sign and a date in a version. Unit: bytes.
const DATED_BYTES: usize = "+2026-03-13".len();
