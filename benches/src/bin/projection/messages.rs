//! The cost of the index of messages, and how long its questions take.

use std::{num::NonZeroU32, time::Instant};

use minwon_adapters::{SystemClock, redis::RedisReadModels};
use minwon_benches::{Rounds, office::Failure, place::Log};
use minwon_core::GlobalPosition;
use minwon_petitions::view::PetitionViews;
use minwon_projections::{ListPart, Message, MessageFilter, MessageReader, Messages};
use minwon_test_servers::RedisServer;
use serde_json::{Value, json};

use crate::{Args, builder, flush, machine::Usage, say, verified};

/// Questions of each kind.
const QUESTIONS: usize = 200;

/// Messages of a page.
const PAGE: NonZeroU32 = NonZeroU32::new(50).expect("not 0");

/// What is asked for of a message.
type Asks = fn(&Message) -> MessageFilter;

/// Projects petitions alone, and with the index of messages beside them, in turn.
pub(crate) async fn measure(
    log: &Log,
    server: &RedisServer,
    redis: &RedisReadModels,
    args: &Args,
) -> Result<(Rounds, Value), Failure> {
    let mut rounds = Rounds::default();
    let mut bytes = [0_u64; 2];
    let mut usage = [(Usage::default(), Usage::default()); 2];
    for round in 1..=args.rounds {
        say(&format!("round {round} of {}", args.rounds));
        for is_indexed in [false, true] {
            flush(server);
            let empty = used_bytes(server)?;
            let projector = builder(log, redis, args).project(PetitionViews::default());
            let before = (Usage::of_self()?, Usage::of_server(server)?);
            let start = Instant::now();
            let (name, limit) = if is_indexed {
                projector.project(Messages::default()).catch_up().await?;
                ("with_messages", Some("petitions"))
            } else {
                projector.catch_up().await?;
                ("petitions", None)
            };
            rounds.note(name, limit, args.events as usize, start);
            let at = usize::from(is_indexed);
            usage[at].0 += Usage::of_self()? - before.0;
            usage[at].1 += Usage::of_server(server)? - before.1;
            bytes[at] = used_bytes(server)? - empty;
        }
    }
    verified(log, redis, Messages::default()).await?;
    let each = |bytes: u64| bytes as f64 / args.events as f64;
    let events = args.events as f64 * args.rounds as f64;
    let figures = json!({
        "events": args.events,
        "in_flight": args.in_flight,
        "petitions": rounds.median("petitions"),
        "with_messages": rounds.median("with_messages"),
        "ratio": rounds.ratio_of("with_messages", "petitions"),
        "redis_bytes_per_event_of_petitions": each(bytes[0]),
        "redis_bytes_per_event_of_messages": each(bytes[1].saturating_sub(bytes[0])),
        "cpu_seconds_per_million_events_client": usage.map(|it| it.0.cpu_seconds * 1e6 / events),
        "cpu_seconds_per_million_events_redis": usage.map(|it| it.1.cpu_seconds * 1e6 / events),
        "questions_ms": questions(log, redis).await?,
    });
    Ok((rounds, figures))
}

fn used_bytes(server: &RedisServer) -> Result<u64, Failure> {
    let info = server.cli(&["INFO", "memory"]);
    let mut lines = info.lines();
    let used = lines.find_map(|line| line.strip_prefix("used_memory:"));
    Ok(used.ok_or("INFO has no memory")?.trim().parse()?)
}

/// The median of each kind of question, in milliseconds, about messages from all over the log.
async fn questions(log: &Log, redis: &RedisReadModels) -> Result<Value, Failure> {
    let reader = MessageReader::new(log.namespace.clone(), redis.clone(), SystemClock);
    let (all, newest) = (MessageFilter::default(), ListPart::first(PAGE).last_first());
    let page = reader.page(&all, &newest).await?.value;
    let last = page.messages.first().ok_or("the log is empty")?.position;
    let mut some = Vec::with_capacity(QUESTIONS);
    for number in 1..=QUESTIONS as u64 {
        let up_to = GlobalPosition::new(last.commit() * number / QUESTIONS as u64);
        let page = reader.page(&all.clone().up_to(up_to), &newest).await?;
        some.extend(page.value.messages.into_iter().next());
    }
    let kinds: [(&str, Asks); 6] = [
        ("of_all_up_to_a_time", |it| {
            MessageFilter::default().before(it.recorded_at)
        }),
        ("by_correlation", |it| {
            MessageFilter::default().correlation(it.correlation_id)
        }),
        ("by_subject", |it| {
            MessageFilter::default().subject(it.subject.clone())
        }),
        ("by_type", |it| {
            MessageFilter::default().types([it.event_type.clone()])
        }),
        ("by_service", |it| {
            MessageFilter::default().service(it.source.clone())
        }),
        ("by_type_and_subject", |it| {
            let filter = MessageFilter::default().types([it.event_type.clone()]);
            filter.subject(it.subject.clone())
        }),
    ];
    let mut medians = serde_json::Map::new();
    for (name, filter) in kinds {
        let mut times = Vec::with_capacity(some.len());
        for message in &some {
            let start = Instant::now();
            reader.page(&filter(message), &newest).await?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        medians.insert(name.into(), json!(times[times.len() / 2]));
    }
    Ok(medians.into())
}
