//! The hunt for inputs that break a law.

use std::{
    any::Any,
    fmt, fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use minwon_core::testing::SeededRng;

use crate::{Target, mutate};

/// What is hunted, and for how long.
#[derive(Debug, Clone)]
pub struct Hunt {
    /// The decoders, one after the other.
    pub targets: Vec<&'static Target>,
    /// The time of each.
    pub time: Duration,
    /// The chance: the same seed tries the same inputs, as many as there is time for.
    pub seed: u64,
    /// How many decoders are tried at a time.
    pub at_once: usize,
}

/// The outcome of one target.
#[derive(Debug)]
pub struct Report {
    /// The decoder.
    pub target: &'static str,
    /// How many inputs it was given.
    pub executions: u64,
    /// The input that took longest, and the time that it took.
    pub slowest: Duration,
    /// The first input that broke the law, where one did.
    pub finding: Option<Finding>,
}

/// An input that broke a law.
#[derive(Debug)]
pub struct Finding {
    /// The file that it was written to.
    pub file: PathBuf,
    /// The panic.
    pub told: String,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            target,
            executions,
            slowest,
            finding,
        } = self;
        write!(
            f,
            "{target}: {executions} executions, the slowest {slowest:.0?}"
        )?;
        match finding {
            None => write!(f, ", no finding"),
            Some(Finding { file, told }) => {
                let file = file.display();
                write!(
                    f,
                    "\n  {told}\n  again: cargo run -p minwon-fuzz -- --target {target} --input {file}"
                )
            }
        }
    }
}

/// Hunts, and tells of each target as it ends.
pub fn hunt(hunt: &Hunt, tell: impl Fn(&Report) + Sync) -> Vec<Report> {
    let next = AtomicUsize::new(0);
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..hunt.at_once.max(1) {
            scope.spawn(|| {
                while let Some(target) = hunt.targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let report = try_target(target, hunt);
                    tell(&report);
                    let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
                    reports.push(report);
                }
            });
        }
    });
    reports.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn try_target(target: &'static Target, hunt: &Hunt) -> Report {
    let corpus = target.corpus();
    let mut report = Report {
        target: target.name,
        executions: 0,
        slowest: Duration::ZERO,
        finding: None,
    };
    let mut rng = SeededRng::new(hunt.seed ^ minwon_core::key_hash(target.name));
    let begun = Instant::now();
    let mut now = begun;
    while report.finding.is_none() && now.duration_since(begun) < hunt.time {
        // As it is first, and then changed.
        let input = match corpus.get(report.executions as usize) {
            Some(input) => input.clone(),
            None => mutate::mutated(&corpus, &mut rng),
        };
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| target.run(&input)));
        report.executions += 1;
        let ended = Instant::now();
        report.slowest = report.slowest.max(ended.duration_since(now));
        now = ended;
        report.finding = outcome.err().map(|panic| Finding {
            file: write(target, &input),
            told: text_of(panic.as_ref()),
        });
    }
    report
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_else(|| "it panicked".to_owned())
}

/// Keeps a finding in a file.
fn write(target: &Target, input: &[u8]) -> PathBuf {
    let mut hash = DefaultHasher::new();
    input.hash(&mut hash);
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "findings"].iter().collect();
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}-{:016x}", target.name, hash.finish()));
    fs::write(&file, input).unwrap();
    file
}
