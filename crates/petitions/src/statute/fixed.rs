//! Periods that the law sets for everything but processing. Those in days run by the Civil Act:
//! the first day is not counted (157), and the last day is put off to a working day (161).

use minwon_core::Timestamp;

use super::{
    count::{self, DayPeriod},
    error::FixedPeriodError,
    exclusions::Exclusions,
    term::after,
};
use crate::{
    application::latest_progress_notice,
    calendar::{Calendar, CalendarError, WORKING_HOUR_MICROS},
    date::Date,
    due::Due,
    period::{Period, PeriodUnit},
};

/// Within how many working hours an electronic petition is received (D6⑧).
pub const RECEIPT_HOURS: u16 = 8;
/// Within how many working hours a supplement is requested (R9).
const SUPPLEMENT_REQUEST_HOURS: u16 = 8;
/// Within how many working hours a petition goes on to the competent agency (D13).
const TRANSFER_HOURS: u16 = 8;
/// How often a petitioner may have the period of a supplement extended (D24②).
pub const SUPPLEMENT_EXTENSIONS_MAX: u32 = 2;
/// The longest period of a second request for the same supplement (D24③). Unit: days.
pub const SUPPLEMENT_REREQUEST_DAYS_MAX: u16 = 10;
/// Within how many days a refusal is objected to (A35①). Unit: days.
pub const OBJECTION_DAYS: u16 = 60;
/// Within how many days an objection is decided, and by how many that is extended at most
/// (A35②). Unit: days.
pub const OBJECTION_DECISION_DAYS: u16 = 10;
/// For how long the time of an investigation on the spot is not counted (D17④, ⑤; paragraphs as
/// in the text of 2021-10-21). Unit: days.
pub const INVESTIGATION_DAYS: u16 = 14;
/// By how much longer, once (D17④). Unit: days.
pub const INVESTIGATION_EXTENSION_DAYS: u16 = 7;
/// How long a document on paper is kept for a petitioner who does not collect it (D25④). Unit:
/// days after the expected completion.
pub const COLLECTION_DAYS: u16 = 15;

/// Returns until when a petition that reached the agency's window at `submitted_at` is to be
/// received: within 8 working hours (D6⑧).
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn receipt_due(submitted_at: Timestamp, calendar: &Calendar) -> Result<Due, CalendarError> {
    after_working_hours(submitted_at, RECEIPT_HOURS, calendar)
}

/// Returns until when a supplement is to be requested whose lack was seen at once: within 8 working
/// hours of receipt (R9).
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn supplement_request_due(
    received_at: Timestamp,
    calendar: &Calendar,
) -> Result<Due, CalendarError> {
    after_working_hours(received_at, SUPPLEMENT_REQUEST_HOURS, calendar)
}

/// Returns until when a petition on paper goes on to the agency that is competent: within 8 working
/// hours (D13); electronic ones go at once.
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn transfer_due(received_at: Timestamp, calendar: &Calendar) -> Result<Due, CalendarError> {
    after_working_hours(received_at, TRANSFER_HOURS, calendar)
}

/// Returns until when a supplement is due whose request reached the petitioner on `requested_on`
/// (D24①; Civil Act 157, 159-161).
///
/// # Errors
/// [`FixedPeriodError`] for a period in hours, and where the calendar does not cover it.
pub fn supplement_due(
    requested_on: Date,
    period: Period,
    calendar: &Calendar,
) -> Result<Due, FixedPeriodError> {
    let period = count::civil_days(period).ok_or(FixedPeriodError::InHours { period })?;
    Ok(civil_due(requested_on, period, calendar)?)
}

/// Returns until when a supplement is due whose period was extended: counted from the day after
/// `due`, at most [`SUPPLEMENT_EXTENSIONS_MAX`] times, which the caller counts (D24②).
///
/// # Errors
/// Those of [`supplement_due`].
pub fn extended_supplement_due(
    due: Date,
    by: Period,
    calendar: &Calendar,
) -> Result<Due, FixedPeriodError> {
    supplement_due(due, by, calendar)
}

/// Returns until when a supplement is due that was requested a second time (D24③): within at most
/// [`SUPPLEMENT_REREQUEST_DAYS_MAX`] days.
///
/// # Errors
/// Those of [`supplement_due`], and [`FixedPeriodError::TooLong`].
pub fn supplement_rerequest_due(
    requested_on: Date,
    period: Period,
    calendar: &Calendar,
) -> Result<Due, FixedPeriodError> {
    check_at_most(SUPPLEMENT_REREQUEST_DAYS_MAX, requested_on, period)?;
    supplement_due(requested_on, period, calendar)
}

/// Returns until when a refusal may be objected to that the petitioner received on `notified_on`:
/// within 60 days (A35①).
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn objection_due(notified_on: Date, calendar: &Calendar) -> Result<Due, CalendarError> {
    civil_due(notified_on, days(OBJECTION_DAYS), calendar)
}

/// Returns until when an objection is to be decided that was received on `received_on`: within 10
/// days (A35②).
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn objection_decision_due(
    received_on: Date,
    calendar: &Calendar,
) -> Result<Due, CalendarError> {
    civil_due(received_on, days(OBJECTION_DECISION_DAYS), calendar)
}

/// Returns until when an objection is to be decided whose period was extended: once, by at most 10
/// days from the day after `due` (A35②). That the day after a due that was put off is meant is our
/// reading.
///
/// # Errors
/// Those of [`supplement_due`], and [`FixedPeriodError::TooLong`].
pub fn extended_objection_decision_due(
    due: Date,
    by: Period,
    calendar: &Calendar,
) -> Result<Due, FixedPeriodError> {
    check_at_most(OBJECTION_DECISION_DAYS, due, by)?;
    supplement_due(due, by, calendar)
}

/// Returns until when a document on paper is kept for the petitioner whose petition was to be
/// completed on `expected_on`: for 15 days (D25④), by the Civil Act. After that it may be
/// discarded.
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn collection_due(expected_on: Date, calendar: &Calendar) -> Result<Due, CalendarError> {
    civil_due(expected_on, days(COLLECTION_DAYS), calendar)
}

/// Returns until when the time of an investigation on the spot that began on `began_on` is not
/// counted: 14 days, and 7 more where it is the one extension (D17④, ⑤). That these run by the
/// Civil Act, as all that is not processing, is our reading.
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub(crate) fn investigation_end(
    began_on: Date,
    is_extension: bool,
    calendar: &Calendar,
) -> Result<Date, CalendarError> {
    let period = if is_extension {
        INVESTIGATION_EXTENSION_DAYS
    } else {
        INVESTIGATION_DAYS
    };
    count::last_day(after(began_on), days(period), &Exclusions::none(), calendar)
}

/// Returns a due of the petitioner's that falls on a day that is not worked on, put off to the end of the
/// next working day (General Act on Public Administration 6①; Civil Act 161); any other as it is.
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn put_off(due: Due, calendar: &Calendar) -> Result<Due, CalendarError> {
    let day = due.day();
    let working = calendar.working_day_from(day)?;
    Ok(if working == day {
        due
    } else {
        Due::On(working)
    })
}

/// Returns how many working days somebody has until `due` from `from` on: the first day is not counted,
/// as for all that the petitioner has to do (Civil Act 157), and of a due within a day that day is.
///
/// # Errors
/// [`CalendarError`] where the calendar does not cover it.
pub fn working_days_until(
    due: Due,
    from: Timestamp,
    calendar: &Calendar,
) -> Result<u32, CalendarError> {
    let before = |day| calendar.working_days_before(after(day));
    let days = before(due.day())? - before(Date::in_seoul(from))?;
    Ok(u32::try_from(days).unwrap_or(0))
}

/// Returns how many progress notices a petition that is still open is owed at `now`: one when 30
/// days have passed since receipt, and one every 30 days after that (D23).
#[must_use]
pub fn progress_notices_owed(received_at: Timestamp, now: Timestamp) -> u32 {
    latest_progress_notice(received_at, now)
}

fn days(days: u16) -> DayPeriod {
    DayPeriod::Civil(days, PeriodUnit::Days)
}

fn civil_due(on: Date, period: DayPeriod, calendar: &Calendar) -> Result<Due, CalendarError> {
    count::last_day(after(on), period, &Exclusions::none(), calendar).map(Due::On)
}

/// Periods are compared by their last days before those are put off.
fn check_at_most(max_days: u16, on: Date, period: Period) -> Result<(), FixedPeriodError> {
    let last = |period| match period {
        DayPeriod::Civil(count, unit) => count::last_by_calendar(after(on), count, unit),
        DayPeriod::Working(_) => None,
    };
    let given = count::civil_days(period).ok_or(FixedPeriodError::InHours { period })?;
    match last(given) {
        Some(given) if Some(given) <= last(days(max_days)) => Ok(()),
        _ => Err(FixedPeriodError::TooLong { period, max_days }),
    }
}

fn after_working_hours(
    from: Timestamp,
    hours: u16,
    calendar: &Calendar,
) -> Result<Due, CalendarError> {
    let start = calendar.position(from)?;
    let due = calendar.instant_at(start + i64::from(hours) * WORKING_HOUR_MICROS);
    due.map(Due::At)
}
