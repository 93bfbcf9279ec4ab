//! Counts shown day by day.

use std::time::Duration;

use super::*;
use crate::DayKind;

fn lines(term: &ProcessingTerm) -> Vec<String> {
    days_in_short(&term.days(Calendar::published()).unwrap())
}

fn days_in_short(days: &[CountedDay]) -> Vec<String> {
    let lines = days.iter().map(|day| {
        let counts = match day.counts {
            DayCounts::Day(number) => number.to_string(),
            DayCounts::Time(time) => format!("{}m", time.as_secs() / 60),
            DayCounts::NotWorked(DayKind::Holiday(name)) => format!("not {name}"),
            DayCounts::NotWorked(kind) => format!("not {kind:?}"),
            DayCounts::Excluded => "excluded".to_owned(),
            DayCounts::FirstDay => "first".to_owned(),
            DayCounts::PutOff(_) => "put off".to_owned(),
        };
        format!("{:02}: {counts}", day.date.day())
    });
    lines.collect()
}

#[test]
fn working_days_are_numbered() {
    let term =
        term("2026-03-13 10:00", "6 days").excluding(excluding(&[("2026-03-17", "2026-03-18")]));
    let expected = [
        "13: 1",
        "14: not Saturday",
        "15: not Sunday",
        "16: 2",
        "17: excluded",
        "18: excluded",
        "19: 3",
        "20: 4",
        "21: not Saturday",
        "22: not Sunday",
        "23: 5",
        "24: 6",
    ];
    assert_eq!(lines(&term), expected);
}

#[test]
fn hours_are_added_up() {
    let noon = seoul("2026-05-22 17:00");
    let outage = Exclusions::none()
        .with_outage(noon, seoul("2026-05-22 17:20"))
        .unwrap();
    let term = term("2026-05-22 16:30", "immediate").excluding(outage);
    let expected = [
        "22: 70m",
        "23: not Saturday",
        "24: not BuddhasBirthday",
        "25: not Substitute(BuddhasBirthday)",
        "26: 110m",
    ];
    assert_eq!(lines(&term), expected);
    let total: Duration = term
        .days(Calendar::published())
        .unwrap()
        .iter()
        .map(|day| match day.counts {
            DayCounts::Time(time) => time,
            _ => Duration::ZERO,
        })
        .sum();
    assert_eq!(total, Duration::from_secs(3 * 3600));
}

#[test]
fn the_last_day_by_the_calendar_is_put_off() {
    let term = term("2026-09-19 10:00", "1 week");
    let expected = [
        "19: 1",
        "20: 2",
        "21: 3",
        "22: 4",
        "23: 5",
        "24: 6",
        "25: put off",
        "26: put off",
        "27: put off",
        "28: 7",
    ];
    assert_eq!(lines(&term), expected);
}

#[test]
fn under_the_civil_act_the_first_day_is_not_counted() {
    let days = days_after(date("2026-09-21"), period("3 days"), Calendar::published()).unwrap();
    let expected = [
        "21: first",
        "22: 1",
        "23: 2",
        "24: put off",
        "25: put off",
        "26: put off",
        "27: put off",
        "28: 3",
    ];
    assert_eq!(days_in_short(&days), expected);
    assert!(days_after(date("2026-09-21"), period("3 hours"), Calendar::published()).is_err());
}
