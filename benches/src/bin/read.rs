//! How fast is the whole log read, raw and decoded, against plain JSON decoding of the same bytes?

use std::{hint::black_box, num::NonZeroU32, time::Instant};

use clap::Parser;
use minwon_benches::{Args, Rounds, office::Failure, place::Log, workload};
use minwon_core::{
    Aggregate, EventStore, ExpectedVersion, Feed, GlobalPosition, NewEvent, RecordedEvent,
    StoredEvent, StreamVersion,
};
use minwon_petitions::ApplicationEvent;

#[derive(Parser)]
struct ReadArgs {
    #[command(flatten)]
    common: Args,
    /// Petitions in the log, of eight events each.
    #[arg(long, default_value_t = 50_000)]
    petitions: u64,
    /// Events a batch.
    #[arg(long, default_value = "2000")]
    batch: NonZeroU32,
}

/// Petitions that are open at a time: each gets its next event in turn.
const IN_FLIGHT: u64 = 1000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = ReadArgs::parse();
    let place = args.common.place()?;
    let log = place.log()?;
    let events = fill(&log, args.petitions).await?;
    let codec = workload::application().codec().clone();
    let mut rounds = Rounds::default();
    for _ in 0..args.common.rounds {
        let start = Instant::now();
        for event in &events {
            let name = event.event_type.as_str().trim_start_matches("General");
            black_box(ApplicationEvent::from_json(name, &event.payload).ok_or("unknown")??);
        }
        rounds.note("plain JSON decoding", None, events.len(), start);

        let start = Instant::now();
        let seen = scan(&log, args.batch, |event| {
            black_box(event);
            Ok(())
        });
        rounds.note("read raw", Some("plain JSON decoding"), seen.await?, start);

        let start = Instant::now();
        let seen = scan(&log, args.batch, |event| {
            let (name, version) = (event.event_type.as_str(), event.schema_version);
            black_box(codec.decode::<ApplicationEvent>(name, version, &event.payload)?);
            Ok(())
        });
        rounds.note(
            "read and decoded",
            Some("plain JSON decoding"),
            seen.await?,
            start,
        );
    }
    let bytes: usize = events.iter().map(|event| event.payload.len()).sum();
    let mean = bytes / events.len().max(1);
    let title = format!(
        "Full read of {} events with payloads of {mean} bytes{place}",
        events.len()
    );
    rounds.print(&title, "events/s", args.common.json);
    Ok(())
}

async fn scan(
    log: &Log,
    batch: NonZeroU32,
    mut see: impl FnMut(&RecordedEvent) -> Result<(), Failure>,
) -> Result<usize, Failure> {
    let mut feed = log.store.feed(GlobalPosition::START, log.filter(), batch);
    let mut seen = 0;
    loop {
        let batch = feed.next().await?;
        batch.events.iter().try_for_each(&mut see)?;
        seen += batch.events.len();
        if batch.caught_up {
            return Ok(seen);
        }
    }
}

async fn fill(log: &Log, petitions: u64) -> Result<Vec<NewEvent>, Failure> {
    let mut all = Vec::new();
    for first in (0..petitions).step_by(IN_FLIGHT as usize) {
        let open: Vec<_> = (first..(first + IN_FLIGHT).min(petitions))
            .map(|number| (log.stream(number), workload::events(number)))
            .collect();
        for step in 0..workload::EVENTS {
            let version = step
                .checked_sub(1)
                .map(|version| StreamVersion::new(version as u64));
            let appends = open.iter().map(|(stream, events)| {
                let (store, stream, event) =
                    (log.store.clone(), stream.clone(), events[step].clone());
                all.push(event.clone());
                tokio::spawn(async move {
                    store
                        .append(&stream, ExpectedVersion::of(version), &[event])
                        .await
                })
            });
            for append in appends.collect::<Vec<_>>() {
                append.await??;
            }
        }
    }
    Ok(all)
}
