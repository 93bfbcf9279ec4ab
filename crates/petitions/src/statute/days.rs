//! A count shown day by day, which explains why a petition is due when it is.

use std::time::Duration;

use chrono::Weekday;
use minwon_core::Timestamp;

use super::{
    count::{self, DayPeriod},
    error::FixedPeriodError,
    exclusions::Exclusions,
    term::{Length, ProcessingTerm, after},
};
use crate::{
    calendar::{Calendar, CalendarError, DayKind, overlap_with_working_hours},
    date::Date,
    message::{AsValue, Message, MessageForm, Value},
    period::Period,
};

/// A day of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedDay {
    /// The day.
    pub date: Date,
    /// The share of the day in the count.
    pub counts: DayCounts,
}

/// The share of a day in a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayCounts {
    /// It is the day with this number, from 1.
    Day(u32),
    /// So much working time was used up on it.
    Time(Duration),
    /// Nothing: it is not worked on.
    NotWorked(DayKind),
    /// Nothing: it is excluded (D20).
    Excluded,
    /// Nothing: it is the first day of a period under the Civil Act (157).
    FirstDay,
    /// Nothing: the period would end, but not on a day that is not worked on (Civil Act 161).
    PutOff(DayKind),
}

/// What a count is written with.
pub(crate) const COUNT_FORMS: &[MessageForm] = &[
    MessageForm::of_word("Weekday", "mon"),
    MessageForm::of_word("Weekday", "tue"),
    MessageForm::of_word("Weekday", "wed"),
    MessageForm::of_word("Weekday", "thu"),
    MessageForm::of_word("Weekday", "fri"),
    MessageForm::of_word("Weekday", "sat"),
    MessageForm::of_word("Weekday", "sun"),
    form("CountedDay", "", &["date", "weekday", "counts"]),
    form("DayCounts", "day", &["number"]),
    form("DayCounts", "time", &["hours", "minutes"]),
    form("DayCounts", "no-time", &[]),
    form("DayCounts", "not-worked", &["day"]),
    form("DayCounts", "excluded", &[]),
    form("DayCounts", "first-day", &[]),
    form("DayCounts", "put-off", &["day"]),
    form("Count", "due", &["due"]),
    form("Count", "basis", &["basis"]),
    form("Count", "calendar", &["version"]),
    form("Count", "provisional-calendar", &["version"]),
];

const fn form(
    of: &'static str,
    name: &'static str,
    values: &'static [&'static str],
) -> MessageForm {
    MessageForm { of, name, values }
}

impl AsValue for CountedDay {
    fn as_value(&self) -> Value<'_> {
        let weekday = match self.date.weekday() {
            Weekday::Mon => "mon",
            Weekday::Tue => "tue",
            Weekday::Wed => "wed",
            Weekday::Thu => "thu",
            Weekday::Fri => "fri",
            Weekday::Sat => "sat",
            Weekday::Sun => "sun",
        };
        Value::Message(Message {
            of: "CountedDay",
            name: "",
            values: vec![
                ("date", self.date.as_value()),
                ("weekday", Value::word("Weekday", weekday)),
                ("counts", self.counts.as_value()),
            ],
        })
    }
}

impl AsValue for DayCounts {
    fn as_value(&self) -> Value<'_> {
        let (name, values) = match self {
            Self::Day(number) => ("day", vec![("number", number.as_value())]),
            Self::Time(time) if time.is_zero() => ("no-time", Vec::new()),
            Self::Time(time) => {
                let minutes = time.as_secs() / 60;
                let (hours, minutes) = (Value::Count(minutes / 60), Value::Count(minutes % 60));
                ("time", vec![("hours", hours), ("minutes", minutes)])
            }
            Self::NotWorked(kind) => ("not-worked", vec![("day", kind.as_value())]),
            Self::Excluded => ("excluded", Vec::new()),
            Self::FirstDay => ("first-day", Vec::new()),
            Self::PutOff(kind) => ("put-off", vec![("day", kind.as_value())]),
        };
        let of = "DayCounts";
        Value::Message(Message { of, name, values })
    }
}

impl ProcessingTerm {
    /// The count, day by day from the day of receipt to the day of the due.
    ///
    /// It walks where [`due`](Self::due) looks up, so it takes longer the longer the period is;
    /// the two agree.
    ///
    /// # Errors
    /// [`CalendarError`] where the calendar does not cover every day of it.
    pub fn days(&self, calendar: &Calendar) -> Result<Vec<CountedDay>, CalendarError> {
        let mut walk = Walk {
            days: Vec::new(),
            next: Date::in_seoul(self.received_at()),
            exclusions: self.exclusions(),
            calendar,
        };
        match self.length() {
            Length::WorkingTime(micros) => walk.time(self.received_at(), *micros)?,
            Length::Days(periods) => {
                let mut number = 0;
                for &period in periods {
                    walk.period(&mut number, period)?;
                }
            }
        }
        Ok(walk.days)
    }
}

/// The count of a period under the Civil Act whose first day, `on`, is not counted (157), day by
/// day from that one to its last: how a supplement, an objection and its decision are counted.
///
/// # Errors
/// [`FixedPeriodError`] for a period in hours, and where the calendar does not cover it.
pub fn days_after(
    on: Date,
    period: Period,
    calendar: &Calendar,
) -> Result<Vec<CountedDay>, FixedPeriodError> {
    let days = count::civil_days(period).ok_or(FixedPeriodError::InHours { period })?;
    let mut walk = Walk {
        days: Vec::new(),
        next: on,
        exclusions: &Exclusions::none(),
        calendar,
    };
    walk.step(DayCounts::FirstDay);
    walk.period(&mut 0, days)?;
    Ok(walk.days)
}

struct Walk<'a> {
    days: Vec<CountedDay>,
    next: Date,
    exclusions: &'a Exclusions,
    calendar: &'a Calendar,
}

impl Walk<'_> {
    fn period(&mut self, number: &mut u32, period: DayPeriod) -> Result<(), CalendarError> {
        match period {
            DayPeriod::Working(days) => self.working_days(number, days),
            DayPeriod::Civil(count, unit) => {
                let last = count::last_by_calendar(self.next, count, unit);
                let last = last.ok_or_else(|| self.calendar.runs_past())?;
                self.calendar_days(number, count::days_of(self.next, last))
            }
        }
    }

    fn time(&mut self, received_at: Timestamp, micros: i64) -> Result<(), CalendarError> {
        let mut left = micros;
        while left > 0 {
            let counts = match self.idle()? {
                Some(idle) => idle,
                None => {
                    let used = self.working_time_since(received_at).min(left);
                    left -= used;
                    DayCounts::Time(Duration::from_micros(used.unsigned_abs()))
                }
            };
            self.step(counts);
        }
        Ok(())
    }

    fn working_days(&mut self, number: &mut u32, days: u16) -> Result<(), CalendarError> {
        let last = *number + u32::from(days);
        while *number < last {
            let counts = match self.idle()? {
                Some(idle) => idle,
                None => counted(number),
            };
            self.step(counts);
        }
        Ok(())
    }

    fn calendar_days(&mut self, number: &mut u32, length: i64) -> Result<(), CalendarError> {
        let mut left = length;
        while left > 0 {
            let kind = self.calendar.day(self.next)?;
            let counts = if self.exclusions.covers(self.next) {
                DayCounts::Excluded
            } else if left > 1 || kind == DayKind::Working {
                left -= 1;
                counted(number)
            } else {
                DayCounts::PutOff(kind)
            };
            self.step(counts);
        }
        Ok(())
    }

    /// Returns why nothing of the next day is counted in working days or time.
    fn idle(&self) -> Result<Option<DayCounts>, CalendarError> {
        Ok(match self.calendar.day(self.next)? {
            DayKind::Working if self.exclusions.covers(self.next) => Some(DayCounts::Excluded),
            DayKind::Working => None,
            kind => Some(DayCounts::NotWorked(kind)),
        })
    }

    /// Working time of the next day, from the receipt on and without what is excluded.
    fn working_time_since(&self, received_at: Timestamp) -> i64 {
        let day = self.next;
        let part =
            |from: Timestamp, until| overlap_with_working_hours(day, from.max(received_at), until);
        let excluded = self.exclusions.spans().iter();
        let excluded: i64 = excluded.map(|&(from, until)| part(from, until)).sum();
        part(day.start_in_seoul(), after(day).start_in_seoul()) - excluded
    }

    fn step(&mut self, counts: DayCounts) {
        self.days.push(CountedDay {
            date: self.next,
            counts,
        });
        self.next = after(self.next);
    }
}

fn counted(number: &mut u32) -> DayCounts {
    *number += 1;
    DayCounts::Day(*number)
}
