//! The example `own_aggregate` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test own_aggregate` alone does not, so then
//! `cargo build --example own_aggregate` comes before it.
#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[allow(dead_code, reason = "this example has no figures")]
mod programs;
// The rules of the example are tested in its own file, which cargo builds as a program.
#[path = "../examples/own_aggregate/main.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::duplicate_mod,
    reason = "all but its test; and what examples share is found at the root, as in the example"
)]
mod rules;
#[path = "../examples/shared/mod.rs"]
#[allow(dead_code, reason = "a part is needed")]
mod shared;

fn check(arguments: &str) {
    let output = programs::run("own_aggregate", arguments);
    let (out, error) = (output.stdout, String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{error}");
    let out = String::from_utf8(out).unwrap();
    for line in ["p-1 is shown at once: Some(", "p-2 is shown at once: Some("] {
        assert!(out.contains(line), "{out}");
    }
    let granted = |id: &str| {
        let mut lines = out.lines().filter(|line| line.starts_with(id));
        lines.any(|line| line.contains("in the end") && line.contains("is_granted: true"))
    };
    assert_eq!((granted("p-1"), granted("p-2")), (true, false), "{out}");
}

#[test]
fn what_is_asked_for_is_shown_at_once_and_granted_but_for_rental_cars() {
    check("");
}

#[cfg(feature = "sqlite")]
#[test]
fn the_same_in_a_file_twice() {
    let directory = tempfile::tempdir().unwrap();
    let store = format!(
        "--store sqlite:{}",
        directory.path().join("permits.db").display()
    );
    check(&store);
    check(&store);
}

#[cfg(feature = "redis")]
#[test]
fn the_same_with_read_models_in_redis() {
    let redis = minwon_test_servers::RedisServer::start();
    check(&format!("--redis {}", redis.url()));
}

#[test]
fn a_redis_that_is_not_there_is_an_error_with_what_to_do() {
    programs::check_no_redis("own_aggregate");
}

#[test]
fn the_page_shows_the_code_that_runs() {
    let page = include_str!("../docs/own-aggregate.md");
    let code = include_str!("../examples/own_aggregate/main.rs");
    let blocks = page.split("```rust,ignore\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    // One is of a later version, which the example does not have.
    let quoted: Vec<_> = blocks.filter(|block| !block.contains("VERSIONS")).collect();
    assert_eq!(quoted.len(), 6);
    for block in quoted {
        assert!(code.contains(block), "the example has no longer:\n{block}");
    }
}
