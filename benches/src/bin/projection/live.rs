//! How long after it is durable is an event visible in Redis?

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use futures_util::future::try_join_all;
use minwon_adapters::{SystemClock, redis::RedisReadModels};
use minwon_benches::{
    place::{Log, Place},
    workload,
};
use minwon_core::{
    AppendError, EventStore, ExpectedVersion, Generation, GenerationName, GlobalPosition,
    ModelName, NewEvent, Projection, ReadModelStore, SliceCount, StreamVersion, Wanted,
};
use minwon_petitions::{EventReader, view::PetitionViews};
use minwon_projections::ProjectorBuilder;
use minwon_test_servers::RedisServer;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{Failure, flush, latency::percentiles, say};

/// How long each rate is kept up.
const DURATION: Duration = Duration::from_secs(5);

/// The next event of a petition.
struct Step {
    number: u64,
    version: u64,
    event: NewEvent,
}

/// An event that is durable and waited for.
struct Appended {
    slice: usize,
    position: GlobalPosition,
    at: Instant,
}

pub(crate) async fn measure(
    place: &Place,
    server: &RedisServer,
    redis: &RedisReadModels,
) -> Result<Value, Failure> {
    let mut figures = json!({});
    for rate in [1_000_u64, 10_000] {
        say(&format!("live, {rate} events/s"));
        flush(server);
        let log = place.log()?;
        let reader = EventReader::default();
        let clones = (log.store.clone(), redis.clone());
        let builder = ProjectorBuilder::new(
            log.namespace.clone(),
            clones.0,
            clones.1,
            reader,
            SystemClock,
        );
        let projector = builder.project(PetitionViews::default()).start();
        projector.reached(GlobalPosition::START).await?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let (appended, delays) =
            tokio::join!(append(&log, rate, sender), watch(&log, redis, receiver));
        let (appended, delays) = (appended?, delays?);
        projector.stop().await;
        let seconds = DURATION.as_secs_f64();
        let mut row = percentiles(delays);
        row["appended_per_second"] = json!(appended as f64 / seconds);
        figures[format!("{rate}_per_second")] = row;
    }
    Ok(figures)
}

/// Appends at a steady rate: every millisecond its share, all at once.
async fn append(
    log: &Log,
    rate: u64,
    sender: mpsc::UnboundedSender<Appended>,
) -> Result<u64, Failure> {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let start = Instant::now();
    let (mut begun, mut tasks) = (0, tokio::task::JoinSet::new());
    // Each petition has its own lane, so that its events come in order, however slow the store is.
    let lane = |_| {
        let (lane, due) = mpsc::unbounded_channel();
        tasks.spawn(append_in_order(log.clone(), due, sender.clone()));
        (lane, VecDeque::new())
    };
    let mut lanes: Vec<_> = (0..rate.min(1_000)).map(lane).collect();
    let mut number = 0;
    while start.elapsed() < DURATION {
        ticks.tick().await;
        let due = (start.elapsed().as_secs_f64() * rate as f64) as u64;
        while begun < due {
            let at = (begun % lanes.len() as u64) as usize;
            let (lane, left) = &mut lanes[at];
            if left.is_empty() {
                let events = workload::events_saying(number, &workload::LONG);
                left.extend((0..).zip(events).map(|(version, event)| Step {
                    number,
                    version,
                    event,
                }));
                number += 1;
            }
            let Some(step) = left.pop_front() else {
                break;
            };
            begun += 1;
            // A lane ends early only where an append failed; that failure is reported below.
            let _ = lane.send(step);
        }
    }
    drop((lanes, sender));
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(begun)
}

/// Appends what comes, one event after the other.
async fn append_in_order(
    log: Log,
    mut due: mpsc::UnboundedReceiver<Step>,
    sender: mpsc::UnboundedSender<Appended>,
) -> Result<(), AppendError> {
    while let Some(step) = due.recv().await {
        let last = step.version.checked_sub(1).map(StreamVersion::new);
        let (stream, expected) = (log.stream(step.number), ExpectedVersion::of(last));
        let appended = log.store.append(&stream, expected, &[step.event]).await?;
        let petition = workload::petition(step.number);
        let slice = SliceCount::DEFAULT.slice_of(petition.as_str()).get();
        // Nobody waits any more once the watch has failed; that failure is reported.
        let _ = sender.send(Appended {
            slice: usize::from(slice),
            position: appended.position,
            at: Instant::now(),
        });
    }
    Ok(())
}

/// Looks at the checkpoints in Redis again and again, and notes when each event is behind its
/// slice's.
async fn watch(
    log: &Log,
    redis: &RedisReadModels,
    mut appended: mpsc::UnboundedReceiver<Appended>,
) -> Result<Vec<Duration>, Failure> {
    let generation = GenerationName {
        model: ModelName {
            namespace: log.namespace.clone(),
            projection: PetitionViews::default().name().clone(),
        },
        generation: Generation::FIRST,
    };
    let slices: Vec<_> = SliceCount::DEFAULT
        .slices()
        .map(|slice| generation.slice(slice))
        .collect();
    let (mut waiting, mut delays, mut is_open) = (Vec::new(), Vec::new(), true);
    while is_open || !waiting.is_empty() {
        let wanted = Wanted::default();
        let loads = slices.iter().map(|slice| redis.load(slice, &wanted));
        let loaded = try_join_all(loads).await?;
        let now = Instant::now();
        loop {
            match appended.try_recv() {
                Ok(event) => waiting.push(event),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    is_open = false;
                    break;
                }
            }
        }
        waiting.retain(|event: &Appended| {
            let checkpoint = loaded[event.slice].checkpoint.as_ref();
            let is_visible = checkpoint.is_some_and(|c| c.position >= event.position);
            if is_visible {
                // It may have been visible before its append was answered.
                delays.push(now.saturating_duration_since(event.at));
            }
            !is_visible
        });
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    Ok(delays)
}
