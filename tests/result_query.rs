//! The example `result_query` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test result_query` alone does not, so then
//! `cargo build --example result_query` comes before it.
#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod programs;

use serde_json::{Value, json};

/// What the petitioner is told of the time: it passes, stands still, and passes again.
fn check_answers(answers: &[Value]) {
    let line = |answer: usize, name: &str| answers[answer][name].as_str().unwrap();
    let times = [
        ("in-review", "6 days 6 h 53 min left", "2026-12-01"),
        (
            "awaiting-supplement",
            "7 days 0 h 00 min left; stands still, supplement",
            "2026-12-01",
        ),
        ("in-review", "9 days 6 h 38 min left", "2026-12-09"),
        ("completed", "nothing is waited for", "2026-12-09"),
    ];
    assert_eq!(answers.len(), times.len());
    for (answer, (status, time, due)) in times.into_iter().enumerate() {
        let told = ["status", "working time", "due"].map(|name| line(answer, name));
        assert_eq!(told, [status, time, due]);
        assert_eq!(line(answer, "officer"), "officer-07");
        assert_eq!(line(answer, "department"), "Building Division");
    }
    assert!(line(1, "clock stands").starts_with("supplement, since 2026-11-23"));
    assert!(line(1, "to supply").contains("floor plan, due 2026-11-30"));
    assert!(line(2, "extended").contains("by 3 days, until 2026-12-09"));
    assert!(line(3, "document").contains("-****-****-"));
}

fn check(figures: &Value) {
    check_answers(figures["answers"].as_array().unwrap());
    let told = figures["told"].as_array().unwrap();
    let statuses: Vec<_> = told.iter().map(|told| &told["status"]).collect();
    let expected = [
        "submitted",
        "received",
        "in-review",
        "awaiting-supplement",
        "in-review",
        "approved",
        "completed",
    ];
    assert_eq!(statuses, expected);
    for told in told {
        let (as_of, token) = (told["as_of"].as_u64(), told["token"].as_u64());
        assert!(as_of.unwrap() >= token.unwrap(), "{told}");
    }
    let steps = told.last().unwrap()["steps"].as_array().unwrap();
    assert_eq!(steps.first().unwrap(), "submitted");
    assert!(steps.contains(&json!("document-issued")));
    assert_eq!(steps.last().unwrap(), "completed");
    let filed = json!([
        { "petition": "2026-000124", "status": "submitted" },
        { "petition": "2026-000123", "status": "completed" },
    ]);
    assert_eq!(figures["filed"], filed);
    assert_eq!(
        figures["verified"],
        json!(["genuine", "expired", "unknown"])
    );
}

#[test]
fn a_citizen_is_told_what_was_done_last() {
    check(&programs::json("result_query", ""));
}

#[test]
fn a_person_sees_the_steps_and_no_applicant_beside_a_document() {
    let output = programs::run("result_query", "");
    let stdout = String::from_utf8(output.stdout).unwrap();
    for part in ["What happened to R-2026-000123", "in-review", "as of event"] {
        assert!(stdout.contains(part), "{stdout}");
    }
    let verified = stdout.split("Asked about documents").nth(1).unwrap();
    assert!(
        verified.contains("genuine  building register"),
        "{verified}"
    );
    assert!(!verified.contains("applicant"), "{verified}");
    assert!(verified.contains("-****-****-"), "{verified}");
}

#[test]
fn a_missing_redis_is_told_of() {
    programs::check_no_redis("result_query");
}

/// The second run meets what the first one left, of a log that is gone.
#[cfg(feature = "redis")]
#[test]
fn a_redis_answers_the_same_again_and_again() {
    let redis = minwon_test_servers::RedisServer::start();
    let arguments = format!("--redis {}", redis.url());
    check(&programs::json("result_query", &arguments));
    check(&programs::json("result_query", &arguments));
    let key = "minwon:{general:petitions}:catalogue";
    assert_eq!(redis.cli(&["EXISTS", key]), "1");
}
