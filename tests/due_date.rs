//! The example `due_date` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test due_date` alone does not, so then
//! `cargo build --example due_date` comes before it.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[allow(dead_code, reason = "this example needs no Redis")]
mod programs;

use std::process::{Command, Output};

use serde_json::{Value, json};

/// Arguments are apart by `|`, since periods have spaces in them.
fn run(arguments: &str) -> Output {
    let mut command = Command::new(programs::program("due_date"));
    command.args(arguments.split('|')).output().unwrap()
}

fn stdout(arguments: &str) -> String {
    let output = run(arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn check(arguments: &str, due: &str) {
    let stdout = stdout(&format!("--json|{arguments}"));
    let last: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last, json!({ "due": due }), "{arguments}");
}

/// Refused, with an error that says what to do.
fn check_refused(arguments: &str, advice: &str) {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments}");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(advice), "{arguments}: {stderr}");
}

const MONDAY: &str = "--received|2026-03-09T10:00:00+09:00";

#[test]
fn periods_of_each_unit_have_their_due() {
    for (period, due) in [
        ("immediate", "2026-03-09T14:00:00+09:00"),
        ("8 hours", "2026-03-10T10:00:00+09:00"),
        ("3 days", "2026-03-12T10:00:00+09:00"),
        ("7 days", "2026-03-17"),
        ("2 weeks", "2026-03-23"),
        ("1 month", "2026-04-08"),
        ("1 year", "2027-03-08"),
    ] {
        check(&format!("{MONDAY}|--period|{period}"), due);
    }
}

#[test]
fn excluded_days_and_temporary_holidays_are_not_counted() {
    let seven_days = format!("{MONDAY}|--period|7 days");
    let supplement = "--excluded|2026-03-11..2026-03-16";
    check(&format!("{seven_days}|{supplement}"), "2026-03-23");
    let again = "--excluded|2026-03-18..2026-03-18";
    check(&format!("{seven_days}|{supplement}|{again}"), "2026-03-24");
    let holiday = "--holiday|2026-03-13";
    check(&format!("{seven_days}|{holiday}"), "2026-03-18");
    check(
        &format!("{seven_days}|{holiday}|--holiday|2026-03-18"),
        "2026-03-19",
    );
}

#[test]
fn the_other_rules_do_not_count_the_first_day() {
    let supplement = "--rule|supplement|--period|10 days|--received";
    check(&format!("{supplement}|2026-03-10"), "2026-03-20");
    check(
        &format!("{supplement}|2026-03-10T23:00:00+09:00"),
        "2026-03-20",
    );
    check(&format!("{supplement}|2026-09-14"), "2026-09-28");
    check("--rule|objection|--received|2026-03-20", "2026-05-19");
    check(
        "--rule|objection|--received|2026-03-20|--period|60 days",
        "2026-05-19",
    );
    check(
        "--rule|objection-decision|--received|2026-09-15",
        "2026-09-28",
    );
}

#[test]
fn a_date_is_enough_where_the_time_does_not_count() {
    check("--received|2026-03-09|--period|7 days", "2026-03-17");
    check(
        "--received|2026-03-07|--period|2 days",
        "2026-03-10T18:00:00+09:00",
    );
    check_refused(
        "--received|2026-03-09|--period|2 days",
        "2026-03-09T10:00:00+09:00",
    );
}

#[test]
fn a_person_sees_why() {
    let text = stdout(
        "--received|2026-09-21T09:00:00+09:00|--period|10 days|--excluded|2026-09-22..2026-09-22",
    );
    for part in [
        "2026-09-21 Mon  day 1",
        "2026-09-22 Tue  not counted: excluded",
        "2026-09-25 Fri  not counted: Chuseok",
        "2026-10-08 Thu  day 10",
        "Due: 2026-10-08",
        "working days",
        "Calendar: kr-2020-2030.1\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = stdout("--received|2028-08-26T09:00:00+09:00|--period|1 month|--holiday|2028-08-28");
    assert!(
        text.contains("kr-2020-2030.1+2028-08-28, provisional"),
        "{text}"
    );
    let text = stdout("--rule|objection-decision|--received|2026-09-15");
    assert!(
        text.contains("2026-09-15 Tue  not counted: the first day"),
        "{text}"
    );
    assert!(text.contains("2026-09-25 Fri  put off: Chuseok"), "{text}");
    assert!(text.contains("2026-09-28 Mon  day 10"), "{text}");
    let text = stdout(&format!("{MONDAY}|--period|1 day"));
    assert!(text.contains("2026-03-09 Mon  7 h 00 min"), "{text}");
}

#[test]
fn what_cannot_be_counted_is_refused_with_advice() {
    check_refused(MONDAY, "--period");
    check_refused(&format!("{MONDAY}|--period|7"), "`7 days`");
    check_refused("--received|yesterday|--period|7 days", "RFC 3339");
    let late = "--received|2031-03-09T10:00:00+09:00|--period|7 days";
    check_refused(late, "2020 to 2030");
    let seven_days = format!("{MONDAY}|--period|7 days|--excluded");
    check_refused(
        &format!("{seven_days}|2026-03-11"),
        "2026-03-11..2026-03-16",
    );
    check_refused(
        &format!("{seven_days}|2026-03-16..2026-03-11"),
        "turn them around",
    );
    check_refused(
        "--rule|objection|--received|2026-03-20|--period|30 days",
        "60 days",
    );
    let supplement = "--rule|supplement|--received|2026-03-20|--period";
    check_refused(&format!("{supplement}|8 hours"), "give days");
    let excluded = "10 days|--excluded|2026-03-21..2026-03-22";
    check_refused(&format!("{supplement}|{excluded}"), "leave --excluded out");
}
