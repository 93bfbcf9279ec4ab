//! How fast is a log projected into Redis, against reading it, against Redis itself, and against
//! the naive way?

mod awaited;
mod latency;
mod live;
mod machine;
mod messages;
mod unguarded;

use std::{num::NonZeroU32, path::PathBuf, time::Instant};

use clap::Parser;
use minwon::Store;
use minwon_adapters::{SystemClock, redis::RedisReadModels};
use minwon_benches::{
    Rounds, interleaved,
    office::Failure,
    place::{Log, Place},
};
use minwon_core::{
    EventDecoder, EventFilter, EventStore, Feed, Generation, GenerationName, GlobalPosition,
    ModelName, Projection, ReadModelAdmin, ReadModelStore,
};
use minwon_petitions::{EventReader, view::PetitionViews};
use minwon_projections::{ProjectorBuilder, ProjectorOptions, verify};
use minwon_test_servers::RedisServer;
use serde_json::json;

use self::{machine::Usage, unguarded::Unguarded};

#[derive(Parser)]
struct Args {
    /// Events in the log, eight for each petition.
    #[arg(long, default_value_t = 1_000_000)]
    events: u64,
    /// Petitions that are open at any time: how far apart the events of one lie.
    #[arg(long, default_value_t = 1_000)]
    in_flight: usize,
    /// Alternating rounds.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Where logs are kept for the next run.
    #[arg(long, default_value = "target/bench-logs")]
    dir: PathBuf,
    /// Where the log is kept instead: memory:, sqlite:PATH or the URL of a server. It is built
    /// anew by each run, in a namespace that no other run has, and left there.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Views changed in memory before they are committed; default: the projector's.
    #[arg(long)]
    changed_views: Option<NonZeroU32>,
    /// Also measure the delay from append to visible at 1,000 and 10,000 events/s.
    #[arg(long)]
    live: bool,
    /// Also measure queries, idle and during a full rebuild.
    #[arg(long)]
    queries: bool,
    /// Measure the index of messages and nothing else.
    #[arg(long)]
    messages: bool,
    /// Project and nothing else, for a profiler.
    #[arg(long)]
    projected_only: bool,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// Events of the naive way in each round.
const AWAITED_EVENTS: usize = 20_000;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let place = Place::open(args.store.as_deref(), &std::env::temp_dir())?;
    let log = open_log(&place, &args).await?;
    let server = RedisServer::start();
    let redis = RedisReadModels::connect(&server.url()).await?;
    if args.projected_only {
        return project(&log, &redis, &args).await;
    }
    if args.messages {
        let (rounds, figures) = messages::measure(&log, &server, &redis, &args).await?;
        let title = format!(
            "The index of messages beside petitions, {} events",
            args.events
        );
        rounds.print(&title, "events/s", false);
        println!("{}", serde_json::to_string_pretty(&figures)?);
        return Ok(());
    }
    let mut rounds = Rounds::default();
    let (mut client, mut redis_usage, mut peak_bytes) = (Usage::default(), Usage::default(), 0);
    for round in 1..=args.rounds {
        say(&format!("round {round} of {}", args.rounds));
        decode_only(&log, &args, &mut rounds).await?;
        flush(&server);
        machine::forget_peak_memory();
        let before = (Usage::of_self()?, Usage::of_server(&server)?);
        let start = Instant::now();
        project(&log, &redis, &args).await?;
        rounds.note(
            "projected",
            Some("decode_only"),
            args.events as usize,
            start,
        );
        client += Usage::of_self()? - before.0;
        redis_usage += Usage::of_server(&server)? - before.1;
        peak_bytes = peak_bytes.max(machine::peak_memory_bytes()?);
        check(&log, &redis).await?;
        flush(&server);
        let start = Instant::now();
        project(
            &log,
            &Unguarded::connect(&server, redis.clone()).await?,
            &args,
        )
        .await?;
        rounds.note("unguarded", None, args.events as usize, start);
        check(&log, &redis).await?;
        flush(&server);
        awaited::measure(&log, &server, AWAITED_EVENTS, &mut rounds).await?;
        flush(&server);
        rounds.note_rate(
            "redis_set_pipelined",
            machine::redis_set_pipelined(&server)?,
        );
    }
    let projected = args.events as f64 * args.rounds as f64;
    let mut figures = json!({
        "events": args.events,
        "in_flight": args.in_flight,
        "rounds": args.rounds,
        "decode_only": rounds.median("decode_only"),
        "projected": rounds.median("projected"),
        "awaited": rounds.median("awaited"),
        "redis_set_pipelined": rounds.median("redis_set_pipelined"),
        "guard_cost": 1.0 - rounds.ratio_of("projected", "unguarded"),
        "projected_to_decode_only": rounds.ratio_of("projected", "decode_only"),
        "projected_to_awaited": rounds.ratio_of("projected", "awaited"),
        "projected_to_redis_set": rounds.ratio_of("projected", "redis_set_pipelined"),
        "events_per_cpu_second_client": projected / client.cpu_seconds,
        "events_per_cpu_second_server": projected / redis_usage.cpu_seconds,
        "peak_memory_bytes": peak_bytes,
        "views_equal_the_fold_of_the_log": true,
    });
    if args.live {
        figures["live"] = live::measure(&place, &server, &redis).await?;
    }
    if args.queries {
        figures["queries"] = latency::measure(&log, &server, &redis, &args).await?;
    }
    let title = format!(
        "Projection of {} events into Redis, {} petitions in flight{place}",
        args.events, args.in_flight
    );
    rounds.print(&title, "events/s", false);
    println!("{}", serde_json::to_string_pretty(&figures)?);
    if args.json {
        println!("{figures}");
    }
    Ok(())
}

fn say(what: &str) {
    eprintln!("{what}");
}

async fn open_log(place: &Place, args: &Args) -> Result<Log, Failure> {
    let mut said = 0;
    let watch = |events| {
        if events * 10 / args.events > said {
            said = events * 10 / args.events;
            say(&format!("building the log: {} %", said * 10));
        }
    };
    if args.store.is_some() {
        let log = place.log()?;
        interleaved::build(&log, args.events, args.in_flight, watch).await?;
        return Ok(log);
    }
    std::fs::create_dir_all(&args.dir)?;
    let name = format!("petitions-{}-{}.db", args.events, args.in_flight);
    let file = args.dir.join(name);
    interleaved::open_or_build(&file, args.events, args.in_flight, watch).await
}

fn flush(server: &RedisServer) {
    let said = server.cli(&["FLUSHALL", "SYNC"]);
    assert_eq!(said.trim(), "OK", "FLUSHALL");
}

/// Reads and decodes the whole log, and does nothing with it.
async fn decode_only(log: &Log, args: &Args, rounds: &mut Rounds) -> Result<(), Failure> {
    let reader = EventReader::default();
    let start = Instant::now();
    let batch = NonZeroU32::new(4096).expect("not 0");
    let filter = EventFilter::namespace(log.namespace.clone());
    let mut feed = log.store.feed(GlobalPosition::START, filter, batch);
    loop {
        let batch = feed.next().await?;
        for event in &batch.events {
            std::hint::black_box(reader.decode(event)?);
        }
        if batch.caught_up {
            break;
        }
    }
    rounds.note("decode_only", None, args.events as usize, start);
    Ok(())
}

fn options(args: &Args) -> ProjectorOptions {
    let options = ProjectorOptions::default();
    match args.changed_views {
        Some(views) => options.changed_views_max(views),
        None => options,
    }
}

fn builder<R>(
    log: &Log,
    read_models: &R,
    args: &Args,
) -> ProjectorBuilder<Store, R, EventReader, SystemClock>
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let (store, read_models) = (log.store.clone(), read_models.clone());
    let reader = EventReader::default();
    ProjectorBuilder::new(
        log.namespace.clone(),
        store,
        read_models,
        reader,
        SystemClock,
    )
    .options(options(args))
}

/// From empty to caught up, through the real projector.
async fn project<R>(log: &Log, read_models: &R, args: &Args) -> Result<(), Failure>
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let builder = builder(log, read_models, args);
    builder.project(PetitionViews::default()).catch_up().await?;
    Ok(())
}

/// A run counts only if what it left is the fold of the log.
async fn check(log: &Log, redis: &RedisReadModels) -> Result<(), Failure> {
    verified(log, redis, PetitionViews::default()).await
}

/// Checks that a read model is the fold of the log.
async fn verified<P>(log: &Log, redis: &RedisReadModels, views: P) -> Result<(), Failure>
where
    P: Projection<Event = <EventReader as EventDecoder>::Event>,
{
    let generation = GenerationName {
        model: ModelName {
            namespace: log.namespace.clone(),
            projection: views.name().clone(),
        },
        generation: Generation::FIRST,
    };
    let filter = EventFilter::namespace(log.namespace.clone());
    let reader = EventReader::default();
    let verification = verify(
        &log.store,
        redis,
        reader,
        views,
        &filter,
        &generation,
        |_| {},
    )
    .await?;
    let digests = verification.slices.iter();
    let is_equal = digests.clone().all(|slice| slice.expected == slice.found);
    let items: u64 = digests.map(|slice| slice.items).sum();
    if verification.is_sound() && is_equal && items > 0 {
        return Ok(());
    }
    Err("the views in Redis are not the fold of the log: this run does not count".into())
}
