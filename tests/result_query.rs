//! The example `result_query` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test result_query` alone does not, so then
//! `cargo build --example result_query` comes before it.
#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

mod programs;

use serde_json::{Value, json};

/// The time that the petitioner reads of: it passes, stands still, and passes again.
fn check_answers(answers: &[Value]) {
    let times = [
        (
            "in-review",
            Some(("running", working_time(6, 6, 53))),
            "2026-12-01",
        ),
        (
            "awaiting-supplement",
            Some(("standing", working_time(7, 0, 0))),
            "2026-12-01",
        ),
        (
            "in-review",
            Some(("running", working_time(9, 6, 38))),
            "2026-12-09",
        ),
        ("completed", None, "2026-12-09"),
    ];
    assert_eq!(answers.len(), times.len());
    let answers: Vec<_> = answers.iter().map(|answer| &answer["value"]).collect();
    for (answer, (status, left, due)) in answers.iter().zip(times) {
        assert_eq!(answer["status"], status);
        match left {
            Some((clock, seconds)) => {
                let left = json!({ "clock": clock, "left_seconds": seconds });
                assert_eq!(answer["remaining"], left);
            }
            None => assert_eq!(answer["remaining"], Value::Null),
        }
        assert_eq!(answer["receipt"]["due"], due);
        assert_eq!(answer["officer"], "officer-07");
        assert_eq!(answer["receipt"]["department"], "Building Division");
    }
    assert_eq!(answers[1]["stop"]["cause"], "supplement");
    let since = answers[1]["stop"]["since"].as_str().unwrap();
    assert!(
        since.starts_with("2026-11-23") && since.ends_with("+09:00"),
        "{since}"
    );
    assert_eq!(answers[1]["supplement"]["items"], json!(["floor plan"]));
    assert_eq!(answers[1]["supplement"]["due"], "2026-11-30");
    assert_eq!(answers[2]["extensions"][0]["by"], "3 days");
    assert_eq!(answers[2]["extensions"][0]["until"], "2026-12-09");
    let number = answers[3]["documents"][0]["masked_number"]
        .as_str()
        .unwrap();
    assert!(number.contains("-***-***-"), "{number}");
}

/// Days of eight hours, in seconds.
const fn working_time(days: u64, hours: u64, minutes: u64) -> u64 {
    ((days * 8 + hours) * 60 + minutes) * 60
}

fn check(figures: &Value) {
    check_answers(figures["answers"].as_array().unwrap());
    let timeline = figures["timeline"].as_array().unwrap();
    let statuses: Vec<_> = timeline.iter().map(|step| &step["status"]).collect();
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
    for step in timeline {
        let (as_of, token) = (step["as_of"].as_u64(), step["token"].as_u64());
        assert!(as_of.unwrap() >= token.unwrap(), "{step}");
    }
    let steps = timeline.last().unwrap()["steps"].as_array().unwrap();
    assert_eq!(steps.first().unwrap(), "submitted");
    assert!(steps.contains(&json!("document-issued")));
    assert_eq!(steps.last().unwrap(), "completed");
    let filed = figures["filed"]["items"].as_array().unwrap().iter();
    let filed: Vec<_> = filed.map(|it| (&it["id"], &it["status"])).collect();
    let expected = [
        (&json!("2026-000124"), &json!("submitted")),
        (&json!("2026-000123"), &json!("completed")),
    ];
    assert_eq!(filed, expected);
    assert_eq!(
        figures["verified"],
        json!(["genuine", "expired", "unknown"])
    );
}

#[test]
fn a_citizen_sees_what_was_done_last() {
    check(&programs::json("result_query", ""));
}

#[test]
fn a_person_sees_the_steps_and_no_applicant_beside_a_document() {
    let output = programs::run("result_query", "");
    let stdout = String::from_utf8(output.stdout).unwrap();
    for part in ["What happened to R-2026-000123", "In review", "as of event"] {
        assert!(stdout.contains(part), "{stdout}");
    }
    let verified = stdout.split("Asked about documents").nth(1).unwrap();
    assert!(
        verified.contains("This document is genuine. building register"),
        "{verified}"
    );
    assert!(!verified.contains("applicant"), "{verified}");
    assert!(verified.contains("-***-***-"), "{verified}");
}

#[test]
fn a_missing_redis_is_reported() {
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
    let key = "minwon:3:{general:petitions}:catalogue";
    assert_eq!(redis.cli(&["EXISTS", key]), "1");
}

/// Every line that a citizen reads, but for what people wrote, ids and numbers.
#[test]
fn a_korean_reads_the_answers_in_korean() {
    let output = programs::run("result_query", "--lang ko");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "민원 2026-000123 조회: 접수",
        "상태: 보완요구",
        "처리기한: 2026년 12월 1일",
        "보완할 사항: floor plan, 기한 2026년 11월 30일",
        "진본 문서입니다. building register",
        "전체 조회, 2026년 11월 23일",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(
        !text.contains("Where is") && !text.contains("in-review"),
        "{text}"
    );
}
