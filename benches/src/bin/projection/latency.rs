//! How long does a query take, idle and while a generation is rebuilt beside it?

use std::time::{Duration, Instant};

use minwon_adapters::{SystemClock, redis::RedisReadModels};
use minwon_benches::{place::Log, workload};
use minwon_petitions::view::PetitionViews;
use minwon_projections::ModelReader;
use minwon_test_servers::RedisServer;
use serde_json::{Value, json};

use crate::{Args, Failure, builder, flush, project, say};

/// How long queries are measured while nothing else happens.
const IDLE: Duration = Duration::from_secs(3);

type Reader = ModelReader<PetitionViews, RedisReadModels, SystemClock>;

pub(crate) async fn measure(
    log: &Log,
    server: &RedisServer,
    redis: &RedisReadModels,
    args: &Args,
) -> Result<Value, Failure> {
    say("queries");
    flush(server);
    project(log, redis, args).await?;
    let views = PetitionViews::default();
    let reader = Reader::new(
        log.namespace.clone(),
        views.clone(),
        redis.clone(),
        SystemClock,
    );
    let petitions = args.events / workload::EVENTS as u64;
    let (mut idle, start) = (Vec::new(), Instant::now());
    while start.elapsed() < IDLE {
        idle.push(query(&reader, petitions, idle.len() as u64).await?);
    }
    let rebuild = builder(log, redis, args).rebuild(views).await?;
    let rebuilding = tokio::spawn(async move { rebuild.caught_up(|_| ()).await });
    let mut busy = Vec::new();
    while !rebuilding.is_finished() {
        busy.push(query(&reader, petitions, busy.len() as u64).await?);
    }
    drop(rebuilding.await??);
    Ok(json!({ "idle": percentiles(idle), "during_rebuild": percentiles(busy) }))
}

/// Finds one petition by its receipt number.
async fn query(reader: &Reader, petitions: u64, number: u64) -> Result<Duration, Failure> {
    // A prime walks over all petitions in no order that anything could have been kept in.
    let number = number.wrapping_mul(7_919_999) % petitions.max(1);
    let receipt = format!("2026-{number:08}").parse()?;
    let lookup = PetitionViews::by_receipt(&receipt);
    let start = Instant::now();
    let found = reader.find(&lookup).await?;
    let took = start.elapsed();
    found.value.ok_or("a petition of the log was not found")?;
    Ok(took)
}

/// Median and 99th percentile in milliseconds.
pub(crate) fn percentiles(mut delays: Vec<Duration>) -> Value {
    delays.sort_unstable();
    let at = |share: f64| {
        let last = delays.len().saturating_sub(1);
        let delay = delays.get((last as f64 * share) as usize);
        delay.copied().unwrap_or_default().as_secs_f64() * 1_000.0
    };
    json!({ "count": delays.len(), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": at(1.0) })
}
