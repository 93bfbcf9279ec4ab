//! The examples of the project's notes, where those are at hand. The others in this folder have
//! the most instructive ones as well.

use serde_json::Value;

use super::*;
use crate::Due;

const FILE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/data/deadline_vectors.json"
);

#[test]
fn every_example_of_the_notes() {
    let Ok(text) = std::fs::read_to_string(FILE) else {
        eprintln!("skipped: {FILE} is not there");
        return;
    };
    let vectors: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(vectors.len() >= 23);
    for vector in vectors {
        let expected: Due = vector["expected"].as_str().unwrap().parse().unwrap();
        assert_eq!(counted(&vector), expected, "{vector:#}");
    }
}

fn counted(vector: &Value) -> Due {
    let input = &vector["input"];
    let calendar = temporary(input);
    match vector["rule"].as_str().unwrap().split(' ').next().unwrap() {
        "supplement_due" => {
            let days = period(&format!("{} days", input["days"]));
            supplement_due(day(&input["on"]), days, &calendar).unwrap()
        }
        "objection_due" => {
            assert_eq!(input["days"], OBJECTION_DAYS);
            objection_due(day(&input["on"]), &calendar).unwrap()
        }
        "objection_decision_due" => {
            assert_eq!(input["days"], OBJECTION_DECISION_DAYS);
            objection_decision_due(day(&input["on"]), &calendar).unwrap()
        }
        "working_hours"
        | "working_days_first_day_included"
        | "temporary_holiday_recompute"
        | "calendar_first_day_included" => processing(input).due(&calendar).unwrap(),
        other => panic!("no such rule: {other}"),
    }
}

fn processing(input: &Value) -> ProcessingTerm {
    let text = input["period"].as_str().unwrap().replace("day(s)", "days");
    let text = text.replace("immediate(3h)", "immediate");
    let mut exclusions = Exclusions::none();
    for interval in input["excluded"].as_array().into_iter().flatten() {
        let (first, last) = (day(&interval[0]), day(&interval[1]));
        exclusions = exclusions.with_days(first, last).unwrap();
    }
    let received_at = at(input["received_at"].as_str().unwrap());
    ProcessingTerm::new(received_at, period(&text)).excluding(exclusions)
}

fn temporary(input: &Value) -> Calendar {
    let added = input["temporary_holidays"].as_array().into_iter().flatten();
    added.fold(Calendar::published().clone(), |calendar, added| {
        calendar.with_holiday(day(added)).unwrap()
    })
}

fn day(value: &Value) -> Date {
    date(value.as_str().unwrap())
}
