//! Processing periods without extensions, by example.

use std::time::Duration;

use super::*;
use crate::{CalendarError, Due};

#[test]
fn immediate_is_three_working_hours() {
    check("2026-03-09 10:00", "immediate", "2026-03-09 14:00");
    check("2026-03-06 17:00", "immediate", "2026-03-09 11:00");
    // A Sunday that is Buddha's Birthday, and its substitute.
    check("2026-05-22 16:30", "immediate", "2026-05-26 10:30");
}

#[test]
fn up_to_five_days_are_eight_working_hours_each() {
    check("2026-03-09 14:00", "3 days", "2026-03-12 14:00");
    check("2026-03-09 09:00", "1 day", "2026-03-09 18:00");
    check("2026-03-09 22:10", "1 day", "2026-03-10 18:00");
    check("2026-03-07 11:00", "2 days", "2026-03-10 18:00");
    // Labour Day is a holiday since 2026, and was none before.
    check("2026-04-30 15:00", "2 days", "2026-05-06 15:00");
    check("2025-04-30 15:00", "1 day", "2025-05-01 15:00");
    check("2026-03-09 10:00", "5 days", "2026-03-16 10:00");
    check("2026-03-09 10:00", "9 hours", "2026-03-10 11:00");
}

#[test]
fn hours_are_used_up_at_the_earliest_instant() {
    check("2026-03-09 13:00", "1 day", "2026-03-10 12:00");
    check("2026-03-09 12:30", "3 hours", "2026-03-09 16:00");
    check("2026-03-09 18:00", "8 hours", "2026-03-10 18:00");
    check("2026-03-09 08:59", "1 hour", "2026-03-09 10:00");
    check("2026-03-09 09:00", "3 hours", "2026-03-09 12:00");
}

#[test]
fn six_days_and_more_are_working_days_the_first_one_counted() {
    check("2026-03-09 10:00", "7 days", "2026-03-17");
    check("2026-03-09 17:59", "7 days", "2026-03-17");
    check("2026-03-07 11:00", "7 days", "2026-03-17");
    check("2026-03-09 10:00", "6 days", "2026-03-16");
    // Chuseok, two substitutes, Hangul Day; Christmas and the turn of the year.
    check("2026-09-21 09:00", "10 days", "2026-10-07");
    check("2026-12-24 10:00", "6 days", "2027-01-04");
}

#[test]
fn in_the_evening_a_working_day_still_counts() {
    check("2026-03-09 23:59", "7 days", "2026-03-17");
    check("2026-03-10 00:00", "7 days", "2026-03-18");
}

#[test]
fn weeks_months_and_years_run_by_the_calendar() {
    check("2026-03-11 10:00", "2 weeks", "2026-03-24");
    check("2026-03-10 10:00", "1 month", "2026-04-09");
    check("2026-08-26 10:00", "1 month", "2026-09-28");
    check("2026-03-10 10:00", "1 year", "2027-03-09");
    // Received on a Saturday: the calendar runs all the same.
    check("2026-03-07 10:00", "1 week", "2026-03-13");
}

#[test]
fn a_month_without_the_day_ends_with_its_last() {
    check("2024-01-31 10:00", "1 month", "2024-02-29");
    check("2024-01-30 10:00", "1 month", "2024-02-29");
    check("2024-01-29 10:00", "1 month", "2024-02-28");
    // 28 February 2026 is a Saturday, and after it come 1 March and its substitute.
    check("2026-01-31 10:00", "1 month", "2026-03-03");
    check("2024-02-29 10:00", "1 year", "2025-02-28");
    // 31 May 2026 is a Sunday.
    check("2026-05-01 10:00", "1 month", "2026-06-01");
}

#[test]
fn the_day_of_receipt_is_the_one_in_seoul() {
    let received_at = at("2026-03-08T15:00:00Z");
    let term = ProcessingTerm::new(received_at, period("7 days"));
    let calendar = Calendar::published();
    assert_eq!(term.due(calendar), Ok(due("2026-03-17")));
    let earlier = ProcessingTerm::new(at("2026-03-08T14:59:59Z"), period("1 week"));
    assert_eq!(earlier.due(calendar), Ok(due("2026-03-16")));
}

#[test]
fn a_holiday_designated_later_moves_the_due() {
    let calendar = Calendar::published();
    let later = calendar.with_holiday(date("2026-03-13")).unwrap();
    for (of, before, after) in [
        ("7 days", "2026-03-17", "2026-03-18"),
        ("5 days", "2026-03-16 10:00", "2026-03-17 10:00"),
        ("2 weeks", "2026-03-23", "2026-03-23"),
    ] {
        let term = term("2026-03-09 10:00", of);
        assert_eq!(term.due(calendar), Ok(due(before)), "{of}");
        assert_eq!(term.due(&later), Ok(due(after)), "{of}");
    }
    let month = term("2026-02-14 10:00", "1 month");
    assert_eq!(month.due(&later), Ok(due("2026-03-16")));
    let on_it = term("2026-03-07 10:00", "1 week");
    assert_eq!(on_it.due(&later), Ok(due("2026-03-16")));
}

#[test]
fn outside_the_calendar_there_is_no_due() {
    let calendar = Calendar::published();
    for of in ["immediate", "3 days", "7 days"] {
        let early = term("2019-12-31 10:00", of).due(calendar);
        assert!(
            matches!(early, Err(CalendarError::Uncovered { .. })),
            "{of}"
        );
        let late = term("2030-12-31 17:00", of).due(calendar);
        assert!(matches!(late, Err(CalendarError::RunsPast { .. })), "{of}");
    }
    // The calendar alone counts weeks; only the day on which they end has to be known.
    assert_eq!(
        term("2019-12-20 10:00", "2 weeks").due(calendar),
        Ok(due("2020-01-02"))
    );
    for of in [
        "1 month",
        "1 year",
        "65535 weeks",
        "65535 years",
        "65535 days",
    ] {
        assert!(term("2030-12-15 10:00", of).due(calendar).is_err(), "{of}");
    }
    check("2030-12-31 17:00", "1 hour", "2030-12-31 18:00");
    for instant in [Timestamp::MIN, Timestamp::MAX] {
        for of in ["immediate", "7 days", "1 month"] {
            let term = ProcessingTerm::new(instant, period(of));
            assert!(term.due(calendar).is_err(), "{of}");
            assert!(term.days(calendar).is_err(), "{of}");
        }
    }
}

#[test]
fn what_is_left_is_working_time() {
    let calendar = Calendar::published();
    let hours = |term: &ProcessingTerm, now| {
        let left = term.remaining_at(seoul(now), calendar).unwrap();
        left.as_secs_f64() / 3600.0
    };
    let left = |term: &ProcessingTerm, now, expected: f64| {
        let hours = hours(term, now);
        assert!((hours - expected).abs() < 1e-9, "{now}: {hours}");
    };
    let three_days = term("2026-03-09 14:00", "3 days");
    left(&three_days, "2026-03-01 00:00", 24.0);
    left(&three_days, "2026-03-09 15:30", 22.5);
    left(&three_days, "2026-03-12 14:00", 0.0);
    left(&three_days, "2026-03-13 14:00", 0.0);
    let seven_days = term("2026-03-09 10:00", "7 days");
    left(&seven_days, "2026-03-09 10:00", 7.0 + 6.0 * 8.0);
    left(&seven_days, "2026-03-17 17:30", 0.5);
    left(&seven_days, "2026-03-17 18:30", 0.0);
    assert_eq!(seven_days.due(calendar), Ok(Due::On(date("2026-03-17"))));
    let stopped = seven_days.excluding(excluding(&[("2026-03-11", "2026-03-16")]));
    left(&stopped, "2026-03-09 10:00", 7.0 + 6.0 * 8.0);
    left(&stopped, "2026-03-12 10:00", 5.0 * 8.0);
    assert!(stopped.remaining_at(Timestamp::MAX, calendar).is_err());
    let none =
        term("2026-03-09 10:00", "immediate").remaining_at(seoul("2026-03-09 13:30"), calendar);
    assert_eq!(none, Ok(Duration::from_secs(30 * 60)));
}
