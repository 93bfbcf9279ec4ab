//! Time that is not counted, by example.

use super::*;
use crate::{CalendarError, Due};

fn check_excluding(received_at: &str, of: &str, days: &[(&str, &str)], expected: &str) {
    let term = term(received_at, of).excluding(excluding(days));
    let counted = term.due(Calendar::published());
    assert_eq!(counted, Ok(due(expected)), "{of} without {days:?}");
}

fn check_outage(of: &str, outages: &[(&str, &str)], expected: &str) {
    let exclusions = outages
        .iter()
        .fold(Exclusions::none(), |all, (from, until)| {
            all.with_outage(seoul(from), seoul(until)).unwrap()
        });
    let term = term("2026-06-08 10:00", of).excluding(exclusions);
    let counted = term.due(Calendar::published());
    assert_eq!(counted, Ok(due(expected)), "{of} without {outages:?}");
}

#[test]
fn both_ends_of_a_supplement_are_excluded() {
    let days = [("2026-03-11", "2026-03-16")];
    check_excluding("2026-03-09 10:00", "7 days", &days, "2026-03-23");
    check_excluding("2026-03-09 10:00", "3 days", &days, "2026-03-18 10:00");
    let one = [("2026-03-11", "2026-03-11")];
    check_excluding("2026-03-09 10:00", "7 days", &one, "2026-03-18");
}

#[test]
fn the_day_of_receipt_can_be_excluded() {
    let days = [("2026-03-09", "2026-03-10")];
    check_excluding("2026-03-09 10:00", "7 days", &days, "2026-03-19");
    check_excluding("2026-03-09 10:00", "immediate", &days, "2026-03-11 12:00");
    check_excluding("2026-03-09 10:00", "1 week", &days, "2026-03-17");
}

#[test]
fn what_lies_before_receipt_after_the_due_or_on_a_weekend_changes_nothing() {
    for days in [
        ("2026-03-01", "2026-03-08"),
        ("2026-03-14", "2026-03-15"),
        ("2026-03-18", "2026-03-20"),
        ("0000-01-01", "2020-01-01"),
        ("2031-01-01", "9999-12-31"),
    ] {
        check_excluding("2026-03-09 10:00", "7 days", &[days], "2026-03-17");
        check_excluding("2026-03-09 10:00", "5 days", &[days], "2026-03-16 10:00");
    }
}

#[test]
fn overlapping_intervals_are_excluded_once() {
    let days = [
        ("2026-03-13", "2026-03-16"),
        ("2026-03-11", "2026-03-13"),
        ("2026-03-12", "2026-03-12"),
        ("2026-03-11", "2026-03-13"),
    ];
    check_excluding("2026-03-09 10:00", "7 days", &days, "2026-03-23");
}

#[test]
fn periods_by_the_calendar_get_as_many_days_more() {
    let days = [("2026-03-11", "2026-03-16")];
    check_excluding("2026-03-10 10:00", "1 month", &days, "2026-04-15");
    // An exclusion right behind the end is not reached.
    let after = [("2026-04-10", "2026-04-20")];
    check_excluding("2026-03-10 10:00", "1 month", &after, "2026-04-09");
    // Put off from Saturday, it does not end on excluded days.
    let behind = [("2026-03-16", "2026-03-17")];
    check_excluding("2026-03-08 10:00", "1 week", &behind, "2026-03-18");
}

#[test]
fn an_outage_takes_its_working_time_from_hours() {
    let outage = [("2026-06-08 11:00", "2026-06-08 14:30")];
    check_outage("immediate", &outage, "2026-06-08 16:30");
    check_outage("1 day", &outage, "2026-06-09 13:30");
    check_outage(
        "1 day",
        &[("2026-06-08 18:00", "2026-06-09 09:00")],
        "2026-06-09 10:00",
    );
    check_outage(
        "1 day",
        &[("2026-06-09 10:00", "2026-06-09 11:00")],
        "2026-06-09 10:00",
    );
}

#[test]
fn an_outage_takes_a_day_of_which_it_leaves_nothing() {
    check_outage(
        "7 days",
        &[("2026-06-09 09:00", "2026-06-09 17:59")],
        "2026-06-16",
    );
    check_outage(
        "7 days",
        &[("2026-06-09 09:00", "2026-06-09 18:00")],
        "2026-06-17",
    );
    check_outage(
        "7 days",
        &[("2026-06-09 08:00", "2026-06-11 09:01")],
        "2026-06-18",
    );
    check_outage(
        "1 week",
        &[("2026-06-12 09:00", "2026-06-15 18:00")],
        "2026-06-18",
    );
    let with_lunch = [
        ("2026-06-09 13:00", "2026-06-09 18:00"),
        ("2026-06-09 09:00", "2026-06-09 12:00"),
    ];
    check_outage("7 days", &with_lunch, "2026-06-17");
}

/// Decree 36296, addenda Art. 3.
#[test]
fn an_outage_that_began_before_may_6_2026_is_counted() {
    let in_2025 = |from, until| {
        let outage = Exclusions::none().with_outage(seoul(from), seoul(until));
        let term = term("2025-09-26 10:00", "3 days").excluding(outage.unwrap());
        term.due(Calendar::published())
    };
    let due_without = Ok(due("2025-10-01 10:00"));
    assert_eq!(in_2025("2025-09-26 13:00", "2025-09-30 18:00"), due_without);

    let at_the_boundary = |from| {
        let outage = Exclusions::none().with_outage(seoul(from), seoul("2026-05-06 18:00"));
        let term = term("2026-05-04 10:00", "7 days").excluding(outage.unwrap());
        term.due(Calendar::published())
    };
    assert_eq!(at_the_boundary("2026-05-05 23:59"), Ok(due("2026-05-13")));
    assert_eq!(at_the_boundary("2026-05-06 00:00"), Ok(due("2026-05-14")));
}

#[test]
fn without_an_end_in_the_calendar_there_is_no_due() {
    let calendar = Calendar::published();
    let all = excluding(&[("2026-03-11", "9999-12-31")]);
    for of in ["1 day", "7 days", "1 month"] {
        let term = term("2026-03-10 10:00", of).excluding(all.clone());
        let counted = term.due(calendar);
        assert!(
            matches!(
                counted,
                Err(CalendarError::RunsPast { .. } | CalendarError::Uncovered { .. })
            ),
            "{of}"
        );
        assert!(term.days(calendar).is_err(), "{of}");
    }
    let forever = Exclusions::none()
        .with_outage(seoul("2026-06-01 00:00"), Timestamp::MAX)
        .unwrap();
    let term = term("2026-06-09 10:00", "7 days").excluding(forever);
    assert!(term.due(calendar).is_err());
}

#[test]
fn intervals_that_end_before_they_begin_are_refused() {
    let none = Exclusions::none();
    assert!(
        none.clone()
            .with_days(date("2026-03-11"), date("2026-03-10"))
            .is_err()
    );
    let (noon, eleven) = (seoul("2026-03-11 12:00"), seoul("2026-03-11 11:00"));
    assert!(none.clone().with_outage(noon, eleven).is_err());
    let empty = none.with_outage(noon, noon).unwrap();
    let term = term("2026-03-10 10:00", "7 days").excluding(empty);
    assert_eq!(
        term.due(Calendar::published()),
        Ok(Due::On(date("2026-03-18")))
    );
}
