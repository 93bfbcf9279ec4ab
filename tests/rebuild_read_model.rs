//! The example `rebuild_read_model` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test rebuild_read_model` alone does not, so then
//! `cargo build --example rebuild_read_model` comes before it.
#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

mod programs;

use serde_json::{Value, json};

fn all(each: u64) -> Value {
    json!({ "Building": each, "Civil-Service": each, "Vehicles": each })
}

/// The answers of each version: nothing, or petitions and open ones of each department.
fn check(figures: &Value) {
    assert!(figures["asked_meanwhile"].as_u64().unwrap() > 0);
    let one = |each: u64| json!({ "all": all(each), "open": null });
    let two = |each: u64, open: u64| json!({ "all": all(each), "open": all(open) });
    let expected = [
        ("version 1 answers", (one(300), Value::Null)),
        ("version 2 is built", (one(330), two(330, 110))),
        ("version 2 is promoted", (one(330), two(330, 110))),
        ("rolled back", (one(360), two(360, 120))),
        ("promoted again", (one(360), two(360, 120))),
        ("version 1 is removed", (Value::Null, two(360, 120))),
    ];
    let steps = figures["steps"].as_array().unwrap();
    let shown: Vec<_> = steps
        .iter()
        .map(|step| {
            (
                step["step"].as_str().unwrap(),
                (step["v1"].clone(), step["v2"].clone()),
            )
        })
        .collect();
    assert_eq!(shown, expected);
}

#[test]
fn each_version_answers_as_long_as_it_is_there_and_lacks_nothing() {
    check(&programs::json("rebuild_read_model", "--petitions 900"));
}

#[test]
fn a_person_sees_what_each_version_says() {
    let output = programs::run("rebuild_read_model", "--petitions 90");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(
        stdout.contains("v1: Building 30, Civil-Service 30"),
        "{stdout}"
    );
    assert!(stdout.contains("v2: Building 33 (11 open)"), "{stdout}");
    assert!(
        stdout.contains("v1: no answer: general:departments"),
        "{stdout}"
    );
    assert!(stdout.contains("version 1 is removed"), "{stdout}");
}

#[test]
fn a_missing_redis_is_reported() {
    programs::check_no_redis("rebuild_read_model");
}

#[cfg(feature = "redis")]
#[test]
fn a_redis_answers_the_same_again_and_again() {
    let redis = minwon_test_servers::RedisServer::start();
    let arguments = format!("--petitions 900 --redis {}", redis.url());
    check(&programs::json("rebuild_read_model", &arguments));
    check(&programs::json("rebuild_read_model", &arguments));
    let catalogues = redis.cli(&["KEYS", "minwon:*:catalogue"]);
    assert_eq!(catalogues.lines().count(), 2, "{catalogues}");
    let removed = redis.cli(&["KEYS", "minwon:*departments:g1*"]);
    assert_eq!(removed, "", "the first version was removed");
}
