//! The example `due_date` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test due_date` alone does not, so then
//! `cargo build --example due_date` comes before it.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[allow(dead_code, reason = "this example needs no Redis")]
mod programs;

use std::process::{Command, Output};

use serde_json::Value;

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
    assert_eq!(last["due"], due, "{arguments}");
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
    check_refused("--received|2026-03-09|--period|2 days", "2026-03-09T10:00");
}

/// Times are of Seoul where nothing else is written.
#[test]
fn a_time_without_an_offset_is_of_seoul() {
    for received in [
        "2026-03-09T10:00",
        "2026-03-09T10:00:00",
        "2026-03-09T01:00:00Z",
    ] {
        check(
            &format!("--received|{received}|--period|3 days"),
            "2026-03-12T10:00:00+09:00",
        );
    }
}

#[test]
fn extensions_and_outages_are_counted_as_the_law_of_the_receipt_says() {
    let seven_days = format!("{MONDAY}|--period|7 days");
    check(&format!("{seven_days}|--extension|7 days"), "2026-03-26");
    check(
        &format!("{seven_days}|--extension|7 days|--extension|3 days"),
        "2026-03-31",
    );
    let thrice = "--extension|1 day|--extension|1 day|--extension|1 day";
    check_refused(&format!("{seven_days}|{thrice}"), "no third extension");
    check_refused(
        &format!("{seven_days}|--extension|8 days"),
        "longer than the period",
    );
    let workload = "--period|7 days|--extension|7 days|--ground|workload|--received";
    check(&format!("{workload}|2026-05-04T10:00"), "2026-05-22");
    check_refused(&format!("{workload}|2026-05-06T10:00"), "no ground");
    let in_2025 = "--period|3 days|--received|2025-09-26T10:00";
    check(
        &format!("{in_2025}|--outage|2025-09-26T13:00..2025-09-30T18:00"),
        "2025-10-01T10:00:00+09:00",
    );
    check(
        "--period|3 days|--received|2026-06-08T10:00|--outage|2026-06-08T13:00..2026-06-09T18:00",
        "2026-06-12T16:00:00+09:00",
    );
    check_refused(&format!("{seven_days}|--outage|2026-06-08"), "two times");
}

#[test]
fn every_rule_of_an_office_has_its_due() {
    check(
        "--rule|receipt|--received|2026-03-06T17:00",
        "2026-03-09T17:00:00+09:00",
    );
    check(
        "--rule|transfer|--received|2026-03-06T17:00",
        "2026-03-09T17:00:00+09:00",
    );
    check(
        "--rule|supplement-request|--received|2026-03-09T10:00",
        "2026-03-10T10:00:00+09:00",
    );
    check(
        "--rule|rerequest|--period|10 days|--received|2026-03-23",
        "2026-04-02",
    );
    check_refused(
        "--rule|rerequest|--period|11 days|--received|2026-03-23",
        "10 days",
    );
    check("--rule|collection|--received|2026-03-17", "2026-04-01");
    let supplement = "--rule|supplement|--period|10 days|--received|2026-03-10";
    check(&format!("{supplement}|--extension|3 days"), "2026-03-23");
    check_refused("--rule|receipt|--received|2026-03-06", "2026-03-09T10:00");
    check_refused(
        "--rule|objection|--received|2026-03-20|--extension|1 day",
        "leave --extension out",
    );
}

#[test]
fn a_korean_sees_why_in_korean() {
    let text = stdout(
        "--lang|ko|--received|2026-09-21T09:00|--period|10 days|--excluded|2026-09-22..2026-09-22",
    );
    for part in [
        "2026년 9월 21일(월) 1일째\n",
        "2026년 9월 22일(화) 산입하지 않음: 제외되는 날\n",
        "2026년 9월 25일(금) 산입하지 않음: 추석\n",
        "기한: 2026년 10월 8일\n",
        "(민원처리법 제19조제2항)\n",
        "민원처리법 시행령 제20조제1호",
        "공휴일 자료: kr-2020-2030.1\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    check_refused(&format!("{MONDAY}|--lang|fr"), "`ko` or `en`");
}

#[test]
fn a_person_sees_why() {
    let text = stdout(
        "--received|2026-09-21T09:00:00+09:00|--period|10 days|--excluded|2026-09-22..2026-09-22",
    );
    for part in [
        "Mon 21 September 2026: day 1\n",
        "Tue 22 September 2026: not counted: excluded\n",
        "Fri 25 September 2026: not counted: Chuseok\n",
        "Thu 8 October 2026: day 10\n",
        "Due: 8 October 2026\n",
        "Law: Six days and more are counted in days, the first one counted, public holidays and Saturdays \
         not counted (Civil Petitions Treatment Act, Art. 19(2))\n",
        "Art. 20, item 1",
        "Regulations on Public Holidays",
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
        text.contains("Tue 15 September 2026: not counted: the first day"),
        "{text}"
    );
    for part in [
        "Fri 25 September 2026: the last day is put off: Chuseok",
        "Mon 28 September 2026: day 10",
        "Art. 35(2)",
        "Civil Act, Art. 161",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = stdout(&format!("{MONDAY}|--period|1 day"));
    assert!(text.contains("Mon 9 March 2026: 7 h 0 min"), "{text}");
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
