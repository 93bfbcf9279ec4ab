//! Running the examples as their users do.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// Beside this test in the target directory: `deps/…` and `examples/…`.
pub(crate) fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(file);
    assert!(
        program.is_file(),
        "{program:?} is missing: cargo build --example {name}"
    );
    program
}

pub(crate) fn run(name: &str, arguments: &str) -> Output {
    let mut command = Command::new(program(name));
    command.args(arguments.split_whitespace());
    let output = command.output().unwrap();
    // A task's panic does not end a program.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked at"), "{stderr}");
    output
}

/// The figures in the last line of a run.
pub(crate) fn json(name: &str, arguments: &str) -> Value {
    let output = run(name, &format!("--json {arguments}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr, "", "a progress bar belongs on a terminal");
    let stdout = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(stdout.lines().last().unwrap()).unwrap()
}

/// A Redis that was asked for and cannot be had is reported, with what to do.
pub(crate) fn check_no_redis(name: &str) {
    let output = run(name, "--redis redis://127.0.0.1:1");
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    let reason = if cfg!(feature = "redis") {
        "redis://127.0.0.1:1 could not be opened"
    } else {
        "--features redis"
    };
    assert!(stderr.contains(reason), "{stderr}");
    assert!(stderr.contains("caused by"), "{stderr}");
    let output = run(name, "--redis localhost");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(stderr.contains("redis://HOST:PORT"), "{stderr}");
}
