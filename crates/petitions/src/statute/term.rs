//! The processing period of a petition, from its receipt on.

use std::time::Duration;

use minwon_core::Timestamp;

use super::{
    count::{self, DayPeriod, Range},
    error::ExtensionError,
    exclusions::Exclusions,
    extension::{Consent, Extension},
};
use crate::{
    calendar::{Calendar, CalendarError},
    date::Date,
    due::Due,
    period::{Period, PeriodUnit},
};

/// How often a period is extended (D21): once, and once more with consent.
const EXTENSIONS_MAX: usize = 2;

/// The processing period of a petition (처리기간), from its receipt on (A19, D20, D21).
///
/// - *Immediate* is 3 working hours; up to five days are 8 working hours each, from the time of
///   receipt on (A19①). The due is the first instant at which they are used up.
/// - Six days and more are working days, the first one counted (A19②). A petition received on a
///   day that is not worked on counts from the next one; one received in the evening counts that
///   day (our reading).
/// - Weeks, months and years run by the calendar from the day of receipt, whichever day that is;
///   the last day is put off to a working day (A19③; Civil Act 159-161).
/// - Excluded days are not counted (D20). Weeks, months and years then get as many days more as
///   were excluded (our reading).
/// - Extensions count on from the original due, in days where that is a day (our reading of D21).
///
/// A petition that is transferred to another agency has a new term from its receipt there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessingTerm {
    received_at: Timestamp,
    period: Period,
    exclusions: Exclusions,
    extensions: usize,
    length: Length,
}

/// The period with its extensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Length {
    /// Working time, all in all. Unit: microseconds.
    WorkingTime(i64),
    /// One after the other.
    Days(Vec<DayPeriod>),
}

impl ProcessingTerm {
    /// A `period` that runs from `received_at` on.
    #[must_use]
    pub fn new(received_at: Timestamp, period: Period) -> Self {
        let hours = count::working_time(period).filter(|_| count::is_in_hours(period));
        let length = match hours {
            Some(micros) => Length::WorkingTime(micros),
            None => Length::Days(count::processing_days(period).into_iter().collect()),
        };
        Self {
            received_at,
            period,
            exclusions: Exclusions::none(),
            extensions: 0,
            length,
        }
    }

    /// The same term with this time not counted, in place of what was excluded so far.
    #[must_use]
    pub fn excluding(self, exclusions: Exclusions) -> Self {
        Self { exclusions, ..self }
    }

    /// The same term with an extension that is asked for now.
    ///
    /// # Errors
    /// [`ExtensionError`] where D21 does not allow it: on a ground that is no ground for
    /// extensions, a second time without consent, a third time, after the due, or for longer than
    /// the original period.
    pub fn extended(
        &self,
        extension: &Extension,
        calendar: &Calendar,
    ) -> Result<Self, ExtensionError> {
        let &Extension {
            by,
            ground,
            extended_at,
            consent,
        } = extension;
        if self.extensions == 1 && consent == Consent::NotGiven {
            return Err(ExtensionError::NoConsent);
        }
        // Our reading: of the second extension, the ground is looked at as well.
        if !ground.is_allowed_for(Date::in_seoul(self.received_at)) {
            return Err(ExtensionError::ForbiddenGround { ground });
        }
        let extended = self.clone().with_extension(by)?;
        let due = self.due(calendar)?;
        if due.is_overdue_at(extended_at) {
            return Err(ExtensionError::Overdue {
                due,
                at: extended_at,
            });
        }
        if self.is_longer_than_period(by, &extended, calendar)? {
            let period = self.period;
            return Err(ExtensionError::TooLong { by, period });
        }
        Ok(extended)
    }

    /// The same term with an extension that was granted: that it was lawful is not checked again.
    ///
    /// # Errors
    /// [`ExtensionError::OtherUnit`] where it cannot be added to the period, and
    /// [`ExtensionError::Exhausted`] after two.
    pub fn with_extension(mut self, by: Period) -> Result<Self, ExtensionError> {
        if self.extensions == EXTENSIONS_MAX {
            return Err(ExtensionError::Exhausted);
        }
        let added = match &mut self.length {
            Length::WorkingTime(micros) => count::working_time(by).map(|more| *micros += more),
            Length::Days(periods) => count::processing_days(by).map(|more| periods.push(more)),
        };
        let period = self.period;
        added.ok_or(ExtensionError::OtherUnit { by, period })?;
        self.extensions += 1;
        Ok(self)
    }

    /// When the petition was received.
    #[must_use]
    pub fn received_at(&self) -> Timestamp {
        self.received_at
    }

    /// The original period.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// Returns the time that is not counted.
    #[must_use]
    pub fn exclusions(&self) -> &Exclusions {
        &self.exclusions
    }

    /// Returns until when the petition is to be completed: an instant where the period is counted
    /// in hours, else a day.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover all that is counted.
    pub fn due(&self, calendar: &Calendar) -> Result<Due, CalendarError> {
        match &self.length {
            Length::WorkingTime(micros) => {
                let start = calendar.position(self.received_at)?;
                let end = count::end_of(start, *micros, self.excluded_time(calendar));
                calendar.instant_at(end).map(Due::At)
            }
            Length::Days(periods) => {
                let mut last = None;
                for &period in periods {
                    let first = last.map_or(Date::in_seoul(self.received_at), after);
                    last = Some(count::last_day(first, period, &self.exclusions, calendar)?);
                }
                Ok(Due::On(last.expect("a period in days has at least itself")))
            }
        }
    }

    /// Returns how much working time is left at `now`: until the due, or until the end of that day,
    /// less what is excluded. Before the receipt all of it, after the due none.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover all that is counted, or `now`.
    pub fn remaining_at(
        &self,
        now: Timestamp,
        calendar: &Calendar,
    ) -> Result<Duration, CalendarError> {
        self.remaining_until(self.due(calendar)?, now, calendar)
    }

    /// The same until a due that stands already: one that the petitioner was notified of holds
    /// until it is counted again, also where this calendar leads to another.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover the due, or `now`.
    pub fn remaining_until(
        &self,
        due: Due,
        now: Timestamp,
        calendar: &Calendar,
    ) -> Result<Duration, CalendarError> {
        let end = calendar.position(due.last_instant())?;
        let start = calendar.position(now.max(self.received_at))?;
        let micros = count::rest_of(start, end, self.excluded_time(calendar));
        Ok(Duration::from_micros(micros.unsigned_abs()))
    }

    pub(super) fn length(&self) -> &Length {
        &self.length
    }

    /// Returns the excluded time, on the axis of working time.
    fn excluded_time(&self, calendar: &Calendar) -> impl Iterator<Item = Range> {
        let place = |instant| calendar.position_cut(instant);
        let spans = self.exclusions.spans().iter();
        spans.map(move |&(from, until)| (place(from), place(until)))
    }

    /// Returns whether an extension by `by`, which leads to `extended`, is longer than the period
    /// itself.
    fn is_longer_than_period(
        &self,
        by: Period,
        extended: &Self,
        calendar: &Calendar,
    ) -> Result<bool, ExtensionError> {
        if let Length::WorkingTime(_) = self.length {
            return Ok(count::working_time(by) > count::working_time(self.period));
        }
        if let (Some((by, unit)), Some((period, other))) = (counted(by), counted(self.period))
            && unit == other
        {
            return Ok(by > period);
        }
        // Our reading: 20 days and a month are compared by where they lead to.
        let longest = self.clone().with_extension(self.period)?.due(calendar)?;
        Ok(extended.due(calendar)?.last_instant() > longest.last_instant())
    }
}

fn counted(period: Period) -> Option<(u16, PeriodUnit)> {
    match period {
        Period::Immediate => None,
        Period::Of { count, unit } => Some((count.get(), unit)),
    }
}

pub(super) fn after(day: Date) -> Date {
    day.plus_days(1)
}
