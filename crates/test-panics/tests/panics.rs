//! Panics that fail a test binary, and those that do not; and that every test binary with tasks takes
//! part.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
};

/// Tests that are run by the others, one in a process.
mod inner {
    use super::thread;

    async fn lost(message: &'static str) {
        let lost = tokio::spawn(async move { panic!("{message}") });
        assert!(lost.await.unwrap_err().is_panic());
    }

    #[tokio::test]
    #[ignore = "run by another"]
    async fn in_a_task() {
        lost("no clerk 17").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "run by another"]
    async fn in_a_task_on_a_thread_of_the_runtime() {
        lost("no clerk 17").await;
    }

    #[tokio::test]
    #[ignore = "run by another"]
    async fn where_tasks_block() {
        let lost = tokio::task::spawn_blocking(|| panic!("no clerk 17"));
        assert!(lost.await.unwrap_err().is_panic());
    }

    #[test]
    #[ignore = "run by another"]
    fn on_a_thread() {
        for name in [None, Some("minwon-write")] {
            let builder = name.map_or_else(thread::Builder::new, |name| {
                thread::Builder::new().name(name.into())
            });
            let lost = builder.spawn(|| panic!("no clerk 17")).unwrap();
            assert!(lost.join().is_err());
        }
    }

    #[tokio::test]
    #[ignore = "run by another"]
    async fn on_purpose() {
        lost("no clerk 17, on purpose").await;
    }

    #[tokio::test]
    #[ignore = "run by another"]
    #[should_panic(expected = "no clerk 17")]
    async fn of_the_test_itself() {
        panic!("no clerk 17");
    }
}

/// Runs the inner test: it passes by itself in each case.
fn run(inner: &str) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--ignored", "--exact", &format!("inner::{inner}")]);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("test result: ok. 1 passed"), "{said}");
    output
}

#[test]
fn a_panic_of_a_task_or_a_thread_fails_the_binary_and_is_told() {
    let inner = [
        "in_a_task",
        "in_a_task_on_a_thread_of_the_runtime",
        "where_tasks_block",
        "on_a_thread",
    ];
    for inner in inner {
        let output = run(inner);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{inner}");
        assert!(
            said.contains("failed, because of panics"),
            "{inner}: {said}"
        );
        assert!(said.contains("tests/panics.rs"), "{inner}: {said}");
        assert!(said.contains("no clerk 17"), "{inner}: {said}");
    }
}

#[test]
fn a_panic_on_purpose_or_of_the_test_itself_fails_nothing() {
    for inner in ["on_purpose", "of_the_test_itself"] {
        let output = run(inner);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{inner}: {said}");
        assert!(!said.contains("failed"), "{inner}: {said}");
    }
}

/// The roots of the test binaries of a package: its library, and what lies in `tests`.
fn roots(package: &Path) -> Vec<PathBuf> {
    let mut roots = vec![package.join("src/lib.rs")];
    for entry in fs::read_dir(package.join("tests")).into_iter().flatten() {
        let path = entry.unwrap().path();
        roots.push(path.join("main.rs"));
        roots.push(path);
    }
    let is_source = |path: &PathBuf| path.extension().is_some_and(|of| of == "rs");
    roots.retain(|path| is_source(path) && path.is_file());
    roots
}

#[test]
fn every_package_with_a_runtime_takes_part_with_all_its_test_binaries() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let packages = fs::read_dir(workspace.join("crates")).unwrap();
    let packages = packages.map(|entry| entry.unwrap().path());
    let (mut seen, mut missing) = (0, Vec::new());
    for package in packages.chain([workspace]) {
        let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
        let is_this = package.ends_with("test-panics");
        if is_this || !manifest.lines().any(|line| line.starts_with("tokio")) {
            continue;
        }
        for root in roots(&package) {
            let text = fs::read_to_string(&root).unwrap();
            seen += 1;
            if !text
                .lines()
                .any(|line| line == "use minwon_test_panics as _;")
            {
                missing.push(root);
            }
        }
    }
    assert!(seen > 20, "{seen}");
    assert!(missing.is_empty(), "not in {missing:?}");
}
