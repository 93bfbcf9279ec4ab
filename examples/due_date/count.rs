//! The count, and the law that it follows.

use chrono::{DateTime, FixedOffset, SecondsFormat};
use minwon::petitions::{
    Calendar, Due, Period, PeriodUnit,
    statute::{
        COLLECTION_DAYS, Consent, CountedDay, DayCounts, Exclusions, Extension,
        LegalBasis::{self, *},
        OBJECTION_DAYS, OBJECTION_DECISION_DAYS, OUTAGES_NOT_COUNTED, ProcessingTerm,
        collection_due, days_after, extended_objection_decision_due, extended_supplement_due,
        objection_decision_due, objection_due, receipt_due, supplement_due, supplement_request_due,
        supplement_rerequest_due, transfer_due,
    },
};
use minwon::{Timestamp, petitions::Date};

use crate::{
    options::{Options, Received, Rule},
    shared::{Failure, while_doing},
};

/// When something is due, and why.
pub(crate) struct Answer {
    pub(crate) due: Due,
    pub(crate) days: Vec<CountedDay>,
    /// In the order in which it is applied.
    pub(crate) law: Vec<LegalBasis>,
}

pub(crate) fn answer(options: &Options, calendar: &Calendar) -> Result<Answer, Failure> {
    options.check()?;
    let mut answer = match options.rule {
        Rule::Processing => processing(options, calendar)?,
        Rule::Supplement => supplement(options, Supplement, calendar)?,
        Rule::Rerequest => supplement(options, SupplementRerequested, calendar)?,
        Rule::Objection => by_law(
            options,
            (OBJECTION_DAYS, Objection),
            objection_due,
            calendar,
        )?,
        Rule::ObjectionDecision => objection_decision(options, calendar)?,
        Rule::Collection => by_law(
            options,
            (COLLECTION_DAYS, Collection),
            collection_due,
            calendar,
        )?,
        Rule::Receipt => within_hours(options, Receipt, receipt_due, calendar)?,
        Rule::SupplementRequest => {
            within_hours(options, SupplementRequest, supplement_request_due, calendar)?
        }
        Rule::Transfer => within_hours(options, Transfer, transfer_due, calendar)?,
    };
    let has = |is: fn(&DayCounts) -> bool| answer.days.iter().any(|day| is(&day.counts));
    let put_off = has(|counts| matches!(counts, DayCounts::PutOff(_)));
    let days_off = has(|counts| matches!(counts, DayCounts::NotWorked(_) | DayCounts::PutOff(_)));
    answer.law.extend(put_off.then_some(PutOff));
    answer.law.extend(days_off.then_some(PublicHolidays));
    Ok(answer)
}

const NO_PERIOD: &str = "no period was given; add one, as in --period \"7 days\"";

fn processing(options: &Options, calendar: &Calendar) -> Result<Answer, Failure> {
    let period = options.period.ok_or(NO_PERIOD)?;
    let mut law = vec![LegalBasis::of_period(period)];
    let mut exclusions = Exclusions::none();
    for days in &options.excluded {
        exclusions = exclusions.with_days(days.first, days.last)?;
        law.push(DaysNotCounted);
    }
    for outage in &options.outage {
        exclusions = exclusions.with_outage(outage.from, outage.until)?;
        let is_excluded = OUTAGES_NOT_COUNTED.is_in_force_for(Date::in_seoul(outage.from));
        law.push(if is_excluded {
            OutageNotCounted
        } else {
            OutageCounted
        });
    }
    law.extend(
        [Extended, ExtendedAgain]
            .iter()
            .take(options.extension.len()),
    );
    law.dedup();
    let term = |received_at: Timestamp| -> Result<ProcessingTerm, Failure> {
        let mut term = ProcessingTerm::new(received_at, period).excluding(exclusions.clone());
        for &by in &options.extension {
            let extension = Extension {
                by,
                ground: options.ground,
                extended_at: received_at,
                consent: Consent::Given,
            };
            let extended = term.extended(&extension, calendar);
            term = extended.map_err(while_doing("the period is not extended"))?;
        }
        Ok(term)
    };
    let of = term(options.received.first_instant())?;
    let due = of.due(calendar);
    let due = due.map_err(while_doing("the due cannot be counted"))?;
    // A day is enough only where every time of it leads to the same due.
    if let Received::On(day) = options.received
        && term(options.received.last_instant())?.due(calendar) != Ok(due)
    {
        return Err(format!(
            "a period of {period} is counted from the time of receipt; write it, as in {day}T10:00"
        )
        .into());
    }
    let days = of.days(calendar)?;
    Ok(Answer { due, days, law })
}

/// A supplement, with the extensions that the petitioner got.
fn supplement(
    options: &Options,
    basis: LegalBasis,
    calendar: &Calendar,
) -> Result<Answer, Failure> {
    let period = options.period.ok_or(NO_PERIOD)?;
    let on = options.received.day();
    let mut due = match basis {
        SupplementRerequested => supplement_rerequest_due(on, period, calendar)?,
        _ => supplement_due(on, period, calendar)?,
    };
    let mut days = days_after(on, period, calendar)?;
    let mut law = vec![basis];
    for &by in &options.extension {
        let on = due.day();
        due = extended_supplement_due(on, by, calendar)?;
        days.extend(days_after(on, by, calendar)?.split_off(1));
        law.push(SupplementExtended);
    }
    law.dedup();
    Ok(Answer { due, days, law })
}

fn objection_decision(options: &Options, calendar: &Calendar) -> Result<Answer, Failure> {
    let law = (OBJECTION_DECISION_DAYS, ObjectionDecision);
    let mut answer = by_law(options, law, objection_decision_due, calendar)?;
    for &by in &options.extension {
        let on = answer.due.day();
        answer.due = extended_objection_decision_due(on, by, calendar)?;
        answer
            .days
            .extend(days_after(on, by, calendar)?.split_off(1));
        answer.law.push(ObjectionDecisionExtended);
    }
    Ok(answer)
}

/// A period that the law sets, and that may be given as well.
fn by_law<E: Into<Failure>>(
    options: &Options,
    (days, basis): (u16, LegalBasis),
    due: impl FnOnce(Date, &Calendar) -> Result<Due, E>,
    calendar: &Calendar,
) -> Result<Answer, Failure> {
    let by_law = Period::new(days, PeriodUnit::Days)?;
    if let Some(period) = options.period
        && period != by_law
    {
        return Err(format!("the law gives {by_law} and not {period}; leave --period out").into());
    }
    let on = options.received.day();
    Ok(Answer {
        due: due(on, calendar).map_err(Into::into)?,
        days: days_after(on, by_law, calendar)?,
        law: vec![basis],
    })
}

/// Eight working hours, counted as a processing period of so many is.
fn within_hours<E: Into<Failure>>(
    options: &Options,
    basis: LegalBasis,
    due: impl FnOnce(Timestamp, &Calendar) -> Result<Due, E>,
    calendar: &Calendar,
) -> Result<Answer, Failure> {
    let Received::At(from) = options.received else {
        return Err("this is counted from a time; write it, as in 2026-03-09T10:00".into());
    };
    if options.period.is_some() {
        return Err("the law gives 8 working hours; leave --period out".into());
    }
    let hours = Period::new(8, PeriodUnit::WorkingHours)?;
    Ok(Answer {
        due: due(from, calendar).map_err(Into::into)?,
        days: ProcessingTerm::new(from, hours).days(calendar)?,
        law: vec![basis],
    })
}

/// As programs read it: by the clock in Seoul.
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
