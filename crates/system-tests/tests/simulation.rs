//! The proof: thousands of petitions through all flows of a petition service, while everything
//! fails that can fail.
//!
//! A seed decides who files what, what goes wrong and when processes die. It does not decide in
//! which order tokio wakes several who wait for one thing: so one seed alone, as in
//! `MINWON_SIMULATION_SEED=17`, is tried many times. `MINWON_SIMULATION_SEEDS=5000` tries more seeds.

// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

mod simulation {
    pub(crate) mod check;
    pub(crate) mod fate;
    pub(crate) mod log;
    pub(crate) mod misfortune;
    pub(crate) mod operator;
    pub(crate) mod outside;
    pub(crate) mod people;
    pub(crate) mod run;
    pub(crate) mod server;
    pub(crate) mod store;
    pub(crate) mod world;
}

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use simulation::{
    run::{Report, run},
    server::Server,
};

/// Seeds of an ordinary run.
const SEEDS: u64 = 200;

/// Everything that an ordinary run meets.
const HAPPENS: [&str; 67] = [
    "approvals",
    "attempts that failed",
    "broken feeds",
    "calls of the register that hang",
    "calls repeated until they went through",
    "calls that were cut",
    "commands given once more",
    "conflicts",
    "deaths after a call",
    "deaths at any moment",
    "deaths before a call",
    "documents issued at once",
    "documents revoked after a withdrawal",
    "documents that follow",
    "documents that were not issued",
    "documents revoked after a refusal",
    "dues missed",
    "events that cannot be read",
    "filings repeated",
    "flushes",
    "jumps of the clock",
    "letters",
    "letters compensated",
    "letters retried",
    "letters skipped",
    "lost acknowledgements",
    "lost acknowledgements of read models",
    "lost calls of the register",
    "lost requests",
    "lost requests of read models",
    "lost slices",
    "notices",
    "notices of progress",
    "notices that the receiver refuses",
    "notices sent again",
    "notices whose answer was lost",
    "orders with a wrong fee",
    "other results entered",
    "outages of the event store",
    "outages of the notifier",
    "outages of the read models",
    "outages of the register",
    "parked events",
    "petitions that lead to no document",
    "petitions that the register refuses",
    "redeliveries",
    "refunds",
    "refused calls of read models",
    "refused calls of the store",
    "rejections",
    "reminders",
    "results entered",
    "results entered twice",
    "retries that came too early",
    "slices that went back in time",
    "slow calls",
    "starts of one that shares",
    "starts of one that shares nothing",
    "stops in good order",
    "supplements",
    "supplements requested",
    "twins",
    "verifications over",
    "waived fees",
    "withdrawals",
    "withdrawals that came too late",
    "withdrawn meanwhile",
];

/// How often one seed is tried.
const TRIES: u64 = 20;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number of seeds, or a seed"))
}

#[derive(Debug, Default)]
struct Total {
    happened: BTreeMap<&'static str, u64>,
    petitions: u64,
    events: u64,
    failed: Vec<(u64, Vec<String>)>,
}

impl Total {
    fn add(&mut self, seed: u64, report: Report) {
        for (what, times) in report.happened {
            *self.happened.entry(what).or_default() += times;
        }
        self.petitions += report.petitions;
        self.events += report.events;
        if !report.wrongs.is_empty() {
            self.failed.push((seed, report.wrongs));
        }
    }
}

#[test]
fn nothing_is_lost_and_nothing_comes_twice_whatever_fails() {
    let chosen = number("MINWON_SIMULATION_SEED");
    let seeds = match chosen {
        Some(_) => TRIES,
        None => number("MINWON_SIMULATION_SEEDS").unwrap_or(SEEDS),
    };
    let (next, total) = (AtomicU64::new(0), Mutex::new(Total::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                return;
            }
            let seed = chosen.unwrap_or(seed);
            let report = run(seed, None);
            total.lock().unwrap().add(seed, report);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut total = total.into_inner().unwrap();
    total.failed.sort();
    println!(
        "{seeds} seeds, {} petitions, {} events: {:?}",
        total.petitions, total.events, total.happened
    );
    print(&total.failed);
    if seeds >= SEEDS {
        for what in HAPPENS {
            assert!(total.happened.contains_key(what), "no {what} at all");
        }
    }
}

/// Prints which seeds failed, and how to repeat them.
fn print(failed: &[(u64, Vec<String>)]) {
    let Some((seed, wrongs)) = failed.first() else {
        return;
    };
    let seeds: Vec<_> = failed.iter().map(|(seed, _)| seed).collect();
    for (seed, wrongs) in failed {
        println!("seed {seed}: {}", wrongs[0]);
    }
    panic!(
        "{} seeds failed: {seeds:?}. To repeat the first:\n\
         MINWON_SIMULATION_SEED={seed} cargo test -p minwon-system-tests --test simulation\n  {}",
        failed.len(),
        wrongs.join("\n  ")
    );
}

/// Seeds of an ordinary run on KurrentDB, where a call takes a thousand times as long.
const KURRENTDB_SEEDS: u64 = 6;

/// Everything that an ordinary run on KurrentDB meets.
const SERVER_FAULTS: [&str; 7] = [
    "Append(AbortAfterCommit",
    "Append(CutAfterCommit",
    "Append(HangAfterCommit",
    "Read(CutAfter",
    "Subscribe(EndAfter",
    "Subscribe(Repeat",
    "Subscribe(SilentAfter",
];

#[test]
fn the_same_holds_on_kurrentdb() {
    let seeds = number("MINWON_SIMULATION_KURRENTDB_SEEDS").unwrap_or(KURRENTDB_SEEDS);
    let runtime = simulation::server::runtime();
    let (mut total, mut faults) = (Total::default(), BTreeMap::<String, u64>::new());
    let chosen = number("MINWON_SIMULATION_SEED");
    let is_part = chosen.is_some() || seeds < KURRENTDB_SEEDS;
    for seed in chosen.map_or(0..seeds, |seed| seed..seed + 1) {
        println!("seed {seed} on a stand-in for KurrentDB");
        let server = Server::start(seed, runtime.handle());
        let report = run(seed, Some(server.clone()));
        total.add(seed, report);
        for (fault, times) in server.faults() {
            *faults.entry(fault).or_default() += times;
        }
    }
    println!(
        "{seeds} seeds, {} petitions, {} events: {:?}; of the server: {faults:?}",
        total.petitions, total.events, total.happened
    );
    print(&total.failed);
    for fault in SERVER_FAULTS {
        let has_occurred = faults.keys().any(|it| it.starts_with(fault));
        assert!(has_occurred || is_part, "no {fault} at all");
    }
}
