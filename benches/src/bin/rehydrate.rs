//! How long does it take to rebuild a petition of 10, 100 or 10,000 events, with and without a
//! snapshot, against decoding and folding the same events in memory?

use std::{hint::black_box, num::NonZeroU64, time::Instant};

use clap::Parser;
use minwon::Store;
use minwon_adapters::SystemClock;
use minwon_benches::{Args, Rounds, office::Failure, place::Log, workload};
use minwon_core::{CommandHandler, Decider, NewEvent, SnapshotPolicy, SnapshotStore, StoredEvent};
use minwon_petitions::{ApplicationEvent, PetitionApplication};

const LENGTHS: [u64; 3] = [10, 100, 10_000];
/// Petitions of each length, so that no single one stays in every cache.
const PETITIONS: u64 = 20;

type Handler<N> = CommandHandler<Store, PetitionApplication, SystemClock, N>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let place = args.place()?;
    let log = place.log()?;
    let store = &log.store;
    let plain = CommandHandler::new(store.clone(), workload::application(), SystemClock);
    let every = SnapshotPolicy::every(NonZeroU64::new(10).ok_or("0")?);
    let snapshots = CommandHandler::new(store.clone(), workload::application(), SystemClock)
        .snapshots(store.clone(), every);
    for length in LENGTHS {
        fill(&log, &snapshots, length).await?;
    }
    let mut rounds = Rounds::default();
    for _ in 0..args.rounds {
        for length in LENGTHS {
            let limit = format!("{length} events, decode and fold in memory");
            in_memory(length, &limit, &mut rounds)?;
            let name = format!("{length} events, from the start");
            load(&log, &plain, length, &name, &limit, &mut rounds).await?;
            let name = format!("{length} events, from a snapshot");
            load(&log, &snapshots, length, &name, &limit, &mut rounds).await?;
        }
    }
    rounds.print(&format!("Rehydration{place}"), "petitions/s", args.json);
    Ok(())
}

/// The number of the `n`-th petition of this length.
fn number(length: u64, n: u64) -> u64 {
    length * 1_000 + n
}

/// The events of a petition of this length: submitted, received, and steps of work.
fn events(number: u64, length: u64) -> Vec<NewEvent> {
    let mut events = workload::events(number);
    events.truncate(2);
    events.extend((2..length).map(|step| workload::progress_event(number, step)));
    events
}

async fn fill<N: SnapshotStore>(
    log: &Log,
    handler: &Handler<N>,
    length: u64,
) -> Result<(), Failure> {
    for n in 0..PETITIONS {
        let number = number(length, n);
        let stream = log.stream(number);
        let mut commands = workload::commands(number);
        commands.truncate(2);
        let step = |step| workload::command(number, step, workload::progress(number, step).into());
        commands.extend((2..length).map(step));
        for chunk in commands.chunks(1_000) {
            handler.transact_all(&stream, chunk).await?;
        }
    }
    Ok(())
}

/// How often a petition of this length is rebuilt in a round.
fn repeats(length: u64) -> u64 {
    (20_000 / length).clamp(PETITIONS, 1_000)
}

fn in_memory(length: u64, name: &str, rounds: &mut Rounds) -> Result<(), Failure> {
    let application = workload::application();
    let events = events(number(length, 0), length);
    let start = Instant::now();
    for _ in 0..repeats(length) {
        let mut state = application.initial();
        for event in &events {
            let name = event.event_type.as_str().trim_start_matches("General");
            let event = ApplicationEvent::from_json(name, &event.payload).ok_or("unknown")??;
            state = application.evolve(state, &event);
        }
        black_box(state);
    }
    rounds.note(name, None, repeats(length) as usize, start);
    Ok(())
}

async fn load<N: SnapshotStore>(
    log: &Log,
    handler: &Handler<N>,
    length: u64,
    name: &str,
    limit: &str,
    rounds: &mut Rounds,
) -> Result<(), Failure> {
    let start = Instant::now();
    for n in 0..repeats(length) {
        black_box(
            handler
                .state(&log.stream(number(length, n % PETITIONS)))
                .await?,
        );
    }
    rounds.note(name, Some(limit), repeats(length) as usize, start);
    Ok(())
}
