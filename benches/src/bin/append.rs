//! How fast are durable appends, against a raw loop of append and `fdatasync`?

use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use clap::Parser;
use minwon_benches::{Args, Rounds, office::Failure, place::Log, workload};
use minwon_core::{AppendError, EventStore, ExpectedVersion, NewEvent};

const WRITERS: [usize; 3] = [1, 8, 32];
const BATCHES: [usize; 3] = [10, 100, 1000];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let place = args.place()?;
    let log = place.log()?;
    let (mut rounds, mut appended) = (Rounds::default(), 0);
    for _ in 0..args.rounds {
        raw(place.dir(), 1, 1_000, "raw loop", &mut rounds)?;
        for writers in WRITERS {
            appended += concurrent(&log, writers, &mut rounds).await?;
        }
        for batch in BATCHES {
            let appends = (20_000 / batch).min(500);
            let limit = format!("raw loop of {batch}");
            raw(place.dir(), batch, appends, &limit, &mut rounds)?;
            appended += batches(&log, batch, appends, &limit, &mut rounds).await?;
        }
    }
    let title = format!("Durable append; the log grew to {appended} events{place}");
    rounds.print(&title, "events/s", args.json);
    if place.dir().is_none() {
        println!("no ratio to a raw loop of `fdatasync`: there is no file to compare with");
    }
    Ok(())
}

/// A number that no petition has had.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The limit: as many bytes appended to a growing file, synced each time. Only a store in a file
/// has it.
fn raw(
    dir: Option<&Path>,
    batch: usize,
    appends: usize,
    name: &str,
    rounds: &mut Rounds,
) -> Result<(), Failure> {
    let Some(dir) = dir else {
        return Ok(());
    };
    let mut file = File::create(dir.join("raw"))?;
    let bytes = vec![b'x'; batch * 400];
    let start = Instant::now();
    for _ in 0..appends {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    rounds.note(name, None, appends * batch, start);
    Ok(())
}

/// Each writer appends one event after the other, petition by petition.
async fn concurrent(log: &Log, writers: usize, rounds: &mut Rounds) -> Result<usize, Failure> {
    let petitions = (1_000 / workload::EVENTS / writers).max(25);
    let petition = || {
        let number = fresh();
        (number, workload::events(number))
    };
    let work = |_| (0..petitions).map(|_| petition()).collect::<Vec<_>>();
    let work: Vec<Vec<(u64, Vec<NewEvent>)>> = (0..writers).map(work).collect();
    let start = Instant::now();
    let tasks: Vec<_> = work
        .into_iter()
        .map(|work| tokio::spawn(write(log.clone(), work)))
        .collect();
    for task in tasks {
        task.await??;
    }
    let limit = if writers == 1 {
        "raw loop"
    } else {
        "writers: 1"
    };
    let events = petitions * writers * workload::EVENTS;
    rounds.note(&format!("writers: {writers}"), Some(limit), events, start);
    Ok(events)
}

async fn write(log: Log, work: Vec<(u64, Vec<NewEvent>)>) -> Result<(), AppendError> {
    for (number, events) in work {
        let stream = log.stream(number);
        let mut expected = ExpectedVersion::NoStream;
        for event in events {
            let appended = log.store.append(&stream, expected, &[event]).await?;
            expected = ExpectedVersion::Exactly(appended.version);
        }
    }
    Ok(())
}

/// One writer, many events in each append.
async fn batches(
    log: &Log,
    batch: usize,
    appends: usize,
    limit: &str,
    rounds: &mut Rounds,
) -> Result<usize, Failure> {
    let events = |_| {
        let petitions = std::iter::repeat_with(|| workload::events(fresh())).flatten();
        petitions.take(batch).collect::<Vec<_>>()
    };
    let work: Vec<Vec<NewEvent>> = (0..appends).map(events).collect();
    let start = Instant::now();
    for events in &work {
        let stream = log.stream(fresh());
        let none = ExpectedVersion::NoStream;
        log.store.append(&stream, none, events).await?;
    }
    rounds.note(
        &format!("batches of {batch}"),
        Some(limit),
        appends * batch,
        start,
    );
    Ok(appends * batch)
}
