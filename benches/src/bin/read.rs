//! How fast is the whole log read, raw and decoded, against plain JSON decoding of the same bytes?

use std::{error::Error, num::NonZeroU32, time::Instant};

use clap::Parser;
use minwon_adapters::sqlite::SqliteStore;
use minwon_benches::{Rounds, workload};
use minwon_core::{EventFilter, EventStore, ExpectedVersion, Feed, GlobalPosition};

#[derive(Parser)]
struct Args {
    /// Alternating rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Events in the log.
    #[arg(long, default_value_t = 400_000)]
    events: usize,
    /// Events a page.
    #[arg(long, default_value_t = NonZeroU32::new(1000).expect("not 0"))]
    page: NonZeroU32,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let dir = tempfile::tempdir_in(".")?;
    let store = SqliteStore::open(dir.path().join("read.db"))?;
    let payloads = fill(&store, args.events).await?;
    let mut rounds = Rounds::default();
    for _ in 0..args.rounds {
        let start = Instant::now();
        for payload in &payloads {
            std::hint::black_box(serde_json::from_slice::<workload::Progress>(payload)?);
        }
        rounds.note(0, "plain JSON decoding of the payloads", args.events, start);
        let start = Instant::now();
        let seen = scan(&store, &args, |_| Ok(())).await?;
        rounds.note(1, "read raw", seen, start);
        let start = Instant::now();
        let seen = scan(&store, &args, |payload| {
            std::hint::black_box(serde_json::from_slice::<workload::Progress>(payload)?);
            Ok(())
        })
        .await?;
        rounds.note(2, "read and decoded", seen, start);
    }
    rounds.print(
        &format!("full read of {} events", args.events),
        "events/s",
        &[(1, 0, "plain"), (2, 0, "plain decoding")],
    );
    Ok(())
}

async fn scan(
    store: &SqliteStore,
    args: &Args,
    mut see: impl FnMut(&[u8]) -> Result<(), Box<dyn Error>>,
) -> Result<usize, Box<dyn Error>> {
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), args.page);
    let mut seen = 0;
    loop {
        let batch = feed.next().await?;
        for event in &batch.events {
            see(&event.payload)?;
        }
        seen += batch.events.len();
        if batch.caught_up {
            return Ok(seen);
        }
    }
}

async fn fill(store: &SqliteStore, events: usize) -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let mut payloads = Vec::with_capacity(events);
    let mut n = 0;
    for stream in (0..).step_by(1000) {
        // 1000 petitions are open at a time; each gets an event in turn.
        for version in 0..8_u64 {
            let tasks: Vec<_> = (stream..stream + 1000)
                .map(|number| {
                    let event = workload::event(number, n);
                    n += 1;
                    payloads.push(event.payload.to_vec());
                    let store = store.clone();
                    tokio::spawn(async move {
                        let expected = ExpectedVersion::of(
                            version.checked_sub(1).map(minwon_core::StreamVersion::new),
                        );
                        store
                            .append(&workload::stream(number), expected, &[event])
                            .await
                    })
                })
                .collect();
            for task in tasks {
                task.await??;
            }
            if n as usize >= events {
                return Ok(payloads);
            }
        }
    }
    Ok(payloads)
}
