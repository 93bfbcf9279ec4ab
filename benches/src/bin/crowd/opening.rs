//! Opening a session in a file that others fill.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use minwon::{Namespace, ReadModels, Store};
use minwon_adapters::SystemClock;
use minwon_benches::{office::Failure, place::Log, workload};
use minwon_core::{EventStore, ExpectedVersion, NamespaceName, StreamName};
use serde_json::{Value, json};

use super::report::median;

/// Own petitions, of eight events each.
const PETITIONS: u64 = 2_000;

/// Other namespaces.
const OTHERS: u64 = 15;

/// Events that others append at a time.
const FOREIGN_AT_A_TIME: u64 = 4_096;

/// How long things took, of which the session is what has an aim.
pub(super) struct Opening {
    /// Filling the file with foreign events.
    fill: Duration,
    /// The first session after they were written: it passes over all of them.
    passing_over: Duration,
    /// Opening the file.
    file: Duration,
    /// A session whose checkpoints stand behind the foreign events, and whose own events stand
    /// before them; the median.
    pub(super) session: Duration,
}

impl Opening {
    pub(super) fn json(&self) -> Value {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        json!({
            "fill_ms": ms(self.fill),
            "passing_over_ms": ms(self.passing_over),
            "file_ms": ms(self.file),
            "session_ms": ms(self.session),
        })
    }
}

pub(super) async fn measure(dir: &Path, foreign: u64, rounds: usize) -> Result<Opening, Failure> {
    let dir = tempfile::tempdir_in(dir)?;
    let path = dir.path().join("crowd.db");
    let log = Log::in_file(&path)?;
    write_own(&log).await?;
    open_session(&log).await?;
    let begun = Instant::now();
    write_foreign(&log.store, foreign).await?;
    let fill = begun.elapsed();
    let passing_over = open_session(&log).await?;
    drop(log);
    let begun = Instant::now();
    let log = Log::in_file(&path)?;
    let file = begun.elapsed();
    let mut sessions = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        sessions.push(open_session(&log).await?);
    }
    Ok(Opening {
        fill,
        passing_over,
        file,
        session: median(sessions)?,
    })
}

async fn write_own(log: &Log) -> Result<(), Failure> {
    let numbers: Vec<_> = (0..PETITIONS).collect();
    for some in numbers.chunks(256) {
        let appends = some.iter().map(async |number| {
            let (stream, events) = (log.stream(*number), workload::events(*number));
            let new = ExpectedVersion::NoStream;
            log.store.append(&stream, new, &events).await
        });
        try_join_all(appends).await?;
    }
    Ok(())
}

async fn write_foreign(store: &Store, foreign: u64) -> Result<(), Failure> {
    let event = |step| workload::progress_event(0, step);
    let events: Vec<_> = (0..FOREIGN_AT_A_TIME).map(event).collect();
    let mut left = foreign;
    let mut part = 0_u64;
    while left > 0 {
        let count = left.min(FOREIGN_AT_A_TIME);
        let namespace = NamespaceName::new(format!("crowd{}", part % OTHERS))?;
        let stream: StreamName = workload::stream(&namespace, part);
        let (some, new) = (&events[..count as usize], ExpectedVersion::NoStream);
        store.append(&stream, new, some).await?;
        (left, part) = (left - count, part + 1);
    }
    Ok(())
}

/// From nothing in memory to where all is known to be folded.
async fn open_session(log: &Log) -> Result<Duration, Failure> {
    let read_models = ReadModels::beside(&log.store);
    let namespace = Namespace::new(log.namespace.clone(), log.store.clone(), SystemClock);
    let begun = Instant::now();
    namespace.projector(read_models).catch_up().await?;
    Ok(begun.elapsed())
}
