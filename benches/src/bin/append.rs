//! How fast are durable appends, against a raw loop of append and `fdatasync`?

use std::{
    error::Error,
    fs::File,
    io::Write,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use clap::Parser;
use minwon_adapters::sqlite::SqliteStore;
use minwon_benches::{Rounds, workload};
use minwon_core::{EventStore, ExpectedVersion, NewEvent};

#[derive(Parser)]
struct Args {
    /// Alternating rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Where to write: a directory on the disk that is to be measured.
    #[arg(long, default_value = ".")]
    dir: std::path::PathBuf,
}

const WRITERS: [usize; 3] = [1, 8, 32];
const BATCHES: [usize; 3] = [10, 100, 1000];

/// A number that no event and no stream has had.
static NEXT: AtomicU64 = AtomicU64::new(0);

fn fresh() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let dir = tempfile::tempdir_in(&args.dir)?;
    let store = SqliteStore::open(dir.path().join("append.db"))?;
    let mut rounds = Rounds::default();
    for _ in 0..args.rounds {
        raw(dir.path(), 1, 2_000, (0, "raw loop"), &mut rounds)?;
        for (order, writers) in (1..).zip(WRITERS) {
            let label = format!("{writers} writers, one event an append");
            concurrent(
                &store,
                writers,
                2_000 * writers.min(10),
                (order, label),
                &mut rounds,
            )
            .await?;
        }
        for (order, batch) in (0..).zip(BATCHES) {
            let appends = (40_000 / batch).min(1_000);
            let raw_label = format!("raw loop, batches of {batch}");
            raw(
                dir.path(),
                batch,
                appends,
                (10 + 2 * order, &raw_label),
                &mut rounds,
            )?;
            batches(
                &store,
                batch,
                appends,
                (11 + 2 * order, format!("batches of {batch}")),
                &mut rounds,
            )
            .await?;
        }
    }
    let head = store.head().await?;
    rounds.print(
        &format!("durable append, the log grew to {head} events"),
        "events/s",
        &[
            (1, 0, "the raw loop"),
            (2, 1, "one writer"),
            (3, 1, "one writer"),
            (11, 10, "raw"),
            (13, 12, "raw"),
            (15, 14, "raw"),
        ],
    );
    Ok(())
}

/// The limit: the same bytes appended to a growing file, synced each time.
fn raw(
    dir: &Path,
    batch: usize,
    appends: usize,
    (order, label): (usize, &str),
    rounds: &mut Rounds,
) -> Result<(), Box<dyn Error>> {
    let mut file = File::create(dir.join("raw"))?;
    let bytes = vec![b'x'; batch * 400];
    let start = Instant::now();
    for _ in 0..appends {
        file.write_all(&bytes)?;
        file.sync_data()?;
    }
    rounds.note(order, label, appends * batch, start);
    Ok(())
}

/// Each writer appends one event after the other, to a new stream every eight events.
async fn concurrent(
    store: &SqliteStore,
    writers: usize,
    events: usize,
    (order, label): (usize, String),
    rounds: &mut Rounds,
) -> Result<(), Box<dyn Error>> {
    let each = events / writers;
    let work: Vec<Vec<NewEvent>> = (0..writers)
        .map(|_| {
            (0..each)
                .map(|_| {
                    let n = fresh();
                    workload::event(n, n)
                })
                .collect()
        })
        .collect();
    let start = Instant::now();
    let mut tasks = Vec::new();
    for events in work {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            for chunk in events.chunks(8) {
                let stream = workload::stream(fresh());
                let mut expected = ExpectedVersion::NoStream;
                for event in chunk {
                    let done = store
                        .append(&stream, expected, std::slice::from_ref(event))
                        .await?;
                    expected = ExpectedVersion::Exactly(done.version);
                }
            }
            Ok::<_, minwon_core::AppendError>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    rounds.note(order, label, each * writers, start);
    Ok(())
}

async fn batches(
    store: &SqliteStore,
    batch: usize,
    appends: usize,
    (order, label): (usize, String),
    rounds: &mut Rounds,
) -> Result<(), Box<dyn Error>> {
    let work: Vec<Vec<NewEvent>> = (0..appends)
        .map(|_| {
            (0..batch)
                .map(|_| {
                    let n = fresh();
                    workload::event(n, n)
                })
                .collect()
        })
        .collect();
    let start = Instant::now();
    for events in &work {
        store
            .append(
                &workload::stream(fresh()),
                ExpectedVersion::NoStream,
                events,
            )
            .await?;
    }
    rounds.note(order, label, appends * batch, start);
    Ok(())
}
