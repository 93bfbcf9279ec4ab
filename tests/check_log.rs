//! The example `check_log` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test check_log` alone does not, so then
//! `cargo build --example check_log` comes before it.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[allow(dead_code, reason = "this example has no output for programs")]
mod programs;

use std::{fs, path::Path, process::Command};

use minwon::adapters::sqlite::SqliteStore;

/// Standard output, or standard error of a run that failed.
fn run(arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(programs::program("check_log"));
    let output = command.args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

#[test]
fn the_story_finds_both_forgers_out() {
    let story = run(&[]).unwrap();
    let altered = "check: the log is not what it was when the digest of position 3 was kept";
    let (first, second) = story.split_once("Another one").unwrap();
    assert!(first.contains(altered), "{story}");
    assert!(second.contains("check: 3 events, sound"), "{story}");
    assert!(
        second.contains("kept: the log is not what it was"),
        "{story}"
    );
}

#[test]
fn a_log_is_signed_and_checked_against_that() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let (secret, note, log) = (path("office.key"), path("log.note"), path("petitions.db"));
    let new_key = || run(&["new-key", "office.example", "--secret", &secret]);
    let public = new_key().unwrap();
    let refused = new_key().unwrap_err();
    assert!(
        refused.contains("could not be made"),
        "a key is never overwritten: {refused}"
    );

    let store = format!("sqlite:{log}");
    let missing = run(&["check", &store]).unwrap_err();
    assert!(missing.contains("petitions.db"), "{missing}");
    assert!(
        !Path::new(&log).exists(),
        "nothing is made where nothing is"
    );
    let service = SqliteStore::open(&log).unwrap();
    let signed = run(&["sign", &store, "--secret", &secret]).unwrap();
    assert!(signed.starts_with("minwon log digest\n0\n"), "{signed}");
    fs::write(&note, &signed).unwrap();
    let check = |note: &str| run(&["check", &store, "--by", public.trim(), "--against", note]);
    let sound = check(&note).unwrap();
    assert!(sound.contains("that it fits: 1."), "{sound}");

    fs::write(&note, signed.replacen("\n0\n", "\n7\n", 1)).unwrap();
    let forged = check(&note).unwrap_err();
    assert!(
        forged.contains("the signature of office.example does not fit"),
        "{forged}"
    );
    service.close();
}
