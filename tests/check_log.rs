//! The example `check_log` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test check_log` alone does not, so then
//! `cargo build --example check_log` comes before it.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[allow(dead_code, reason = "this example has no output for programs")]
mod programs;

#[test]
fn the_story_finds_both_forgers_out() {
    let output = programs::run("check_log", "");
    assert!(output.status.success(), "{output:?}");
    let story = String::from_utf8(output.stdout).unwrap();
    let altered = "check: the log is not what it was when the digest of position 3 was kept";
    let (first, second) = story.split_once("Another one").unwrap();
    assert!(first.contains(altered), "{story}");
    assert!(second.contains("check: 3 events, sound"), "{story}");
    assert!(
        second.contains("kept: the log is not what it was"),
        "{story}"
    );
}
