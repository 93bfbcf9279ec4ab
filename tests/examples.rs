//! What holds of every example, as its users meet it.
//!
//! `cargo test` builds them first. `cargo test --test examples` alone does not, so then
//! `cargo build --examples` comes before it.
#![cfg(all(feature = "memory", feature = "sqlite"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[allow(
    dead_code,
    reason = "these examples need no Redis and print for people"
)]
mod programs;

/// As `portal | head` once `head` has seen enough.
#[test]
fn an_example_whose_output_nobody_reads_ends_quietly() {
    for (name, arguments) in [
        (
            "due_date",
            "--received 2026-03-09T10:00:00+09:00 --period 7_days",
        ),
        ("portal", "--petitions 1"),
        ("rebuild_read_model", "--petitions 1"),
        ("result_query", ""),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let arguments = arguments.split_whitespace().map(|it| it.replace('_', " "));
        let mut command = std::process::Command::new(programs::program(name));
        let output = command.args(arguments).stdout(writer).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr, "", "{name}");
        assert!(output.status.success(), "{name}");
    }
}
