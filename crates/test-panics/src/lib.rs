//! A panic in a task or a thread of the library fails the test binary that it happened in, also where
//! nobody waits for that task and each test by itself passes.
//!
//! A test binary takes part by naming this crate, which is all it has to do:
//!
//! ```ignore
//! use minwon_test_panics as _;
//! ```
//!
//! A hook notes each panic within a Tokio task, or on a thread that is not a test's own, and writes
//! it past the capture of the test's output. When all tests have run, a binary in which one was
//! noted is aborted, with what was noted as its last words. The panic of a failed assertion in a test
//! itself is left to the test.
//!
//! Where the library is meant to live with a panic, its message says [`ON_PURPOSE`].

use std::{
    io::Write,
    panic::{self, PanicHookInfo},
    process,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

/// A panic whose message contains these words fails nothing.
pub const ON_PURPOSE: &str = "on purpose";

/// Where the official client of KurrentDB lies, which panics at answers that it does not expect. Who
/// calls it lives with that.
const OF_THE_OFFICIAL_CLIENT: &str = "/kurrentdb-1.";

/// Most panics that are told again in the end.
const NOTED_MAX: usize = 32;

/// The panics of tasks and threads so far, one line each.
static NOTED: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[ctor::ctor(unsafe)]
fn install() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        others(info);
        if let Some(panic) = noteworthy(info) {
            say(&format!("\n{panic}\n"));
            let mut noted = noted();
            if noted.len() < NOTED_MAX {
                noted.push(panic);
            }
        }
    }));
}

#[dtor::dtor(unsafe)]
fn judge() {
    let panics = std::mem::take(&mut *noted());
    if panics.is_empty() {
        return;
    }
    let mut said = String::from("\nfailed, because of panics outside of the tests themselves:\n");
    for panic in &panics {
        said.push_str(&format!("    {panic}\n"));
    }
    said.push_str("with --test-threads=1 each is written behind the name of its test\n");
    say(&said);
    process::abort();
}

fn noted() -> MutexGuard<'static, Vec<String>> {
    NOTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Not captured, unlike what `eprint!` writes.
fn say(text: &str) {
    // A panic within the hook would end the process without a word.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn noteworthy(info: &PanicHookInfo<'_>) -> Option<String> {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("(no text)");
    let thread = thread::current();
    let (thread, task) = (thread.name(), tokio::task::try_id());
    if message.contains(ON_PURPOSE) || (task.is_none() && thread.is_some_and(is_a_tests)) {
        return None;
    }
    let place = info
        .location()
        .map_or_else(String::new, |place| format!(" at {place}"));
    if place.contains(OF_THE_OFFICIAL_CLIENT) {
        return None;
    }
    let task = task.map_or_else(String::new, |task| format!(", task {task}"));
    let thread = thread.unwrap_or("without a name");
    Some(format!(
        "a panic in thread {thread}{task}{place}: {message}"
    ))
}

/// A test runs on a thread of its own name, which is a path, or on the main thread. Names of the
/// threads of Tokio and of the library have a hyphen.
fn is_a_tests(thread: &str) -> bool {
    !thread.contains('-')
}
