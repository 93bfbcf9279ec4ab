//! The answer, with the count that leads to it.

use std::time::Duration;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, SecondsFormat};
use minwon::petitions::{
    Calendar, Date, DayKind, Due, Period, PeriodUnit,
    statute::{
        DayCounts, Exclusions, OBJECTION_DAYS, OBJECTION_DECISION_DAYS, ProcessingTerm, days_after,
        objection_decision_due, objection_due, supplement_due,
    },
};

use crate::{
    options::{Options, Received, Rule},
    shared::{Failure, while_doing},
};

/// When something is due, and why.
pub(crate) struct Answer {
    pub(crate) due: Due,
    /// One line for each day.
    pub(crate) count: Vec<String>,
    pub(crate) why: String,
}

impl Answer {
    /// Returns whether the due lies where holidays may still change.
    pub(crate) fn is_provisional(&self, calendar: &Calendar) -> bool {
        calendar.is_provisional(Date::in_seoul(self.due.last_instant()))
    }
}

pub(crate) fn answer(options: &Options, calendar: &Calendar) -> Result<Answer, Failure> {
    let received_on = options.received.day();
    match options.rule {
        Rule::Processing => processing(options, calendar),
        Rule::Supplement => {
            let period = options.period.ok_or(NO_PERIOD)?;
            let due = supplement_due(received_on, period, calendar)?;
            civil(options, period, due, calendar)
        }
        Rule::Objection => {
            let period = by_law(options.period, OBJECTION_DAYS)?;
            let due = objection_due(received_on, calendar)?;
            civil(options, period, due, calendar)
        }
        Rule::ObjectionDecision => {
            let period = by_law(options.period, OBJECTION_DECISION_DAYS)?;
            let due = objection_decision_due(received_on, calendar)?;
            civil(options, period, due, calendar)
        }
    }
}

const NO_PERIOD: &str = "no period was given; add one, as in --period \"7 days\"";

/// The period that the law sets, which may be given as well (A35).
fn by_law(given: Option<Period>, days: u16) -> Result<Period, Failure> {
    let by_law = Period::new(days, PeriodUnit::Days)?;
    match given {
        Some(period) if period != by_law => {
            Err(format!("the law gives {by_law} and not {period}; leave --period out").into())
        }
        _ => Ok(by_law),
    }
}

fn processing(options: &Options, calendar: &Calendar) -> Result<Answer, Failure> {
    let period = options.period.ok_or(NO_PERIOD)?;
    let mut exclusions = Exclusions::none();
    for days in &options.excluded {
        exclusions = exclusions.with_days(days.first, days.last)?;
    }
    let term = |received_at| ProcessingTerm::new(received_at, period).excluding(exclusions.clone());
    let of = term(options.received.first_instant());
    let due = of.due(calendar);
    let due = due.map_err(while_doing("the due cannot be counted"))?;
    // A day is enough only where every time of it leads to the same due.
    if let Received::On(day) = options.received
        && term(options.received.last_instant()).due(calendar) != Ok(due)
    {
        return Err(format!(
            "a period of {period} is counted from the time of receipt; write it, as in \
             {day}T10:00:00+09:00"
        )
        .into());
    }
    let days = of.days(calendar)?;
    let lines = days.iter().map(|day| line(day.date, &counted(day.counts)));
    Ok(Answer {
        due,
        count: lines.collect(),
        why: format!("{period}, {}", why(period, due)),
    })
}

fn why(period: Period, due: Due) -> &'static str {
    let in_days = matches!(period, Period::Of { unit, .. } if unit == PeriodUnit::Days);
    match due {
        Due::At(_) => "counted in working hours from the time of receipt, 8 a day (A19, D19)",
        Due::On(_) if in_days => "counted in working days, the first one counted (A19, D19)",
        Due::On(_) => {
            "counted by the calendar, the first day counted, the last one put off to a working day \
             (A19, D19; Civil Act 159-161)"
        }
    }
}

fn counted(counts: DayCounts) -> String {
    match counts {
        DayCounts::Day(number) => format!("day {number}"),
        DayCounts::Time(time) if time.is_zero() => "no working time after receipt".to_owned(),
        DayCounts::Time(time) => hours(time),
        DayCounts::NotWorked(kind) => format!("not counted: {}", named(kind)),
        DayCounts::Excluded => "not counted: excluded".to_owned(),
        DayCounts::PutOff(kind) => format!("put off: {}", named(kind)),
    }
}

/// Counts under the Civil Act, where the first day is not counted.
fn civil(
    options: &Options,
    period: Period,
    due: Due,
    calendar: &Calendar,
) -> Result<Answer, Failure> {
    if !options.excluded.is_empty() {
        return Err("only processing periods have excluded days; leave --excluded out".into());
    }
    let received_on = options.received.day();
    let mut count = vec![line(received_on, "not counted: the first day")];
    let days = days_after(received_on, period, calendar)?;
    count.extend(days.iter().map(|day| line(day.date, &counted(day.counts))));
    Ok(Answer {
        due,
        count,
        why: format!(
            "{period}, counted from the next day on, the last day put off to a working day (Civil \
             Act 157, 159-161)"
        ),
    })
}

fn named(kind: DayKind) -> &'static str {
    match kind {
        DayKind::Working => "working day",
        DayKind::Saturday => "Saturday",
        DayKind::Sunday => "Sunday",
        DayKind::Holiday(name) => name,
    }
}

fn hours(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    format!("{} h {:02} min", minutes / 60, minutes % 60)
}

fn line(day: Date, what: &str) -> String {
    let weekday = NaiveDate::from_ymd_opt(day.year(), day.month(), day.day())
        .map_or_else(String::new, |day| day.weekday().to_string());
    format!("{day} {weekday}  {what}")
}

/// As whoever is waiting reads it: by the clock in Seoul.
pub(crate) fn in_seoul(due: Due) -> String {
    let seoul = FixedOffset::east_opt(9 * 60 * 60);
    match (due, seoul) {
        (Due::At(at), Some(seoul)) => DateTime::from_timestamp_micros(at.unix_micros())
            .map(|at| at.with_timezone(&seoul))
            .map_or_else(
                || at.to_string(),
                |at| at.to_rfc3339_opts(SecondsFormat::AutoSi, false),
            ),
        (due, _) => due.to_string(),
    }
}
