//! The cost of events that cannot be handled for the projection of all others.
//!
//! The same log is projected with 0 %, 0.1 % and 1 % of its petitions poisoned at their fifth
//! event: half of them with a payload that cannot be read, half with a fold that panics. A run
//! counts only if exactly these petitions have a letter, and their later events wait.

use std::{path::Path, time::Instant};

use clap::Parser;
use futures_util::future::try_join_all;
use minwon_adapters::{SystemClock, memory::MemoryReadModels, redis::RedisReadModels};
use minwon_benches::{
    Rounds,
    office::Failure,
    place::{Log, Place},
    workload,
};
use minwon_core::{
    ConsumerName, EventStore, ExpectedVersion, IndexEntry, NewEvent, Projection, ProjectionName,
    ReadModelAdmin, ReadModelStore, RecordedEvent, StreamVersion, ViewKey, ViewSchema,
};
use minwon_petitions::{EventReader, view::PetitionViews};
use minwon_projections::{DeadLetters, ProjectorBuilder};
use minwon_test_servers::RedisServer;

#[derive(Parser)]
struct Args {
    /// Petitions in the log, of eight events each.
    #[arg(long, default_value_t = 50_000)]
    petitions: u64,
    /// Petitions that are open at any time: how far apart the events of one lie.
    #[arg(long, default_value_t = 1_000)]
    in_flight: u64,
    /// Alternating rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Keep the read models in a Redis server that is started for it, instead of in memory.
    #[arg(long)]
    redis: bool,
    /// Where events are kept: memory:, sqlite:PATH or the URL of a server. What is written to a
    /// store that stays is left there, in namespaces that no other run has.
    #[arg(long, value_name = "URL", default_value = "memory:")]
    store: String,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// Which event of a poisoned petition cannot be handled.
const POISONED_VERSION: u64 = 4;

const CLEAN: &str = "no petition poisoned";

/// One petition in so many is poisoned; none where that is 0.
#[derive(Clone, Copy)]
struct Poison {
    one_in: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Unreadable,
    Panics,
}

impl Poison {
    fn of(self, petition: u64) -> Option<Fault> {
        if self.one_in == 0 || !petition.is_multiple_of(self.one_in) {
            return None;
        }
        let number = petition / self.one_in;
        Some(if number.is_multiple_of(2) {
            Fault::Unreadable
        } else {
            Fault::Panics
        })
    }

    /// How many of so many petitions are poisoned.
    fn count(self, petitions: u64) -> u64 {
        (0..petitions)
            .filter(|petition| self.of(*petition).is_some())
            .count() as u64
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Args::parse();
    // Panics are what is measured: none of them is printed.
    std::panic::set_hook(Box::new(|_| {}));
    let runs = [
        (CLEAN, Poison { one_in: 0 }),
        ("0.1 % of the petitions poisoned", Poison { one_in: 1_000 }),
        ("1 % of the petitions poisoned", Poison { one_in: 100 }),
    ];
    let place = Place::open(Some(&args.store), Path::new("."))?;
    let mut rounds = Rounds::default();
    for _ in 0..args.rounds {
        for (name, poison) in runs {
            let log = place.log()?;
            measure(name, poison, &log, &args, &mut rounds).await?;
        }
    }
    let read_models = if args.redis { "Redis" } else { "memory" };
    let title = format!(
        "Projection of {} events into {read_models}; every letter was checked{place}",
        args.petitions * workload::EVENTS as u64
    );
    rounds.print(&title, "events/s", args.json);
    Ok(())
}

async fn measure(
    name: &str,
    poison: Poison,
    log: &Log,
    args: &Args,
    rounds: &mut Rounds,
) -> Result<(), Failure> {
    build(poison, log, args).await?;
    let elapsed = if args.redis {
        let server = RedisServer::start();
        let redis = RedisReadModels::connect(&server.url()).await?;
        project(log, redis, poison).await?
    } else {
        project(log, MemoryReadModels::with_clock(SystemClock), poison).await?
    };
    let limit = (name != CLEAN).then_some(CLEAN);
    let events = args.petitions as usize * workload::EVENTS;
    rounds.note_rate_against(name, limit, events as f64 / elapsed);
    check(log, poison, args).await
}

/// Fills the log; the petitions of a window take turns.
async fn build(poison: Poison, log: &Log, args: &Args) -> Result<(), Failure> {
    let numbers: Vec<_> = (0..args.petitions).collect();
    for window in numbers.chunks(args.in_flight.max(1) as usize) {
        let petitions: Vec<_> = window.iter().map(|n| (*n, events(poison, *n))).collect();
        for step in 0..workload::EVENTS {
            let last = (step as u64).checked_sub(1).map(StreamVersion::new);
            let appends = petitions.iter().map(async |(number, events)| {
                let (stream, expected) = (log.stream(*number), ExpectedVersion::of(last));
                let event = &events[step..=step];
                log.store.append(&stream, expected, event).await
            });
            try_join_all(appends).await?;
        }
    }
    Ok(())
}

fn events(poison: Poison, number: u64) -> Vec<NewEvent> {
    let mut events = workload::events_saying(number, &workload::LONG);
    if poison.of(number) == Some(Fault::Unreadable) {
        events[POISONED_VERSION as usize].payload = "{}".into();
    }
    events
}

/// From empty to caught up. Answers how long it took, in seconds.
async fn project<R>(log: &Log, read_models: R, poison: Poison) -> Result<f64, Failure>
where
    R: ReadModelStore + ReadModelAdmin + 'static,
{
    let views = FragileViews {
        views: PetitionViews::default(),
        poison,
    };
    let (namespace, store) = (log.namespace.clone(), log.store.clone());
    let reader = EventReader::default();
    let start = Instant::now();
    let builder = ProjectorBuilder::new(namespace, store, read_models, reader, SystemClock);
    builder.project(views).catch_up().await?;
    Ok(start.elapsed().as_secs_f64())
}

/// A run counts only if its letters are exactly those expected.
async fn check(log: &Log, poison: Poison, args: &Args) -> Result<(), Failure> {
    let letters = DeadLetters::new(log.namespace.clone(), log.store.clone(), SystemClock);
    letters.refresh().await?;
    let consumer = ConsumerName::new(PetitionViews::default().name().as_str())?;
    let waiting = workload::EVENTS as u64 - POISONED_VERSION;
    let held = letters.look(|book| {
        let letters = book.of(&consumer);
        let keys = letters.into_iter().flat_map(|letters| letters.keys());
        let is_expected = |key: &str| {
            let number = key.strip_prefix("2026-").and_then(|n| n.parse().ok());
            let held: Vec<_> = letters.into_iter().flat_map(|l| l.held(key)).collect();
            number.and_then(|number| poison.of(number)).is_some()
                && held.len() as u64 == waiting
                && held.iter().filter(|event| event.is_letter()).count() == 1
                && held[0].is_letter()
                && held[0].event.version.get() == POISONED_VERSION
        };
        keys.map(|key| u64::from(is_expected(key))).sum::<u64>()
    });
    let (held, expected) = (held, poison.count(args.petitions));
    if held == expected {
        return Ok(());
    }
    Err(format!("{held} petitions are held as they should be, not {expected}").into())
}

/// The views of petitions, with a fold that panics over some events.
struct FragileViews {
    views: PetitionViews,
    poison: Poison,
}

impl Projection for FragileViews {
    type Event = <PetitionViews as Projection>::Event;
    type View = <PetitionViews as Projection>::View;

    fn name(&self) -> &ProjectionName {
        self.views.name()
    }

    fn schema(&self) -> ViewSchema {
        self.views.schema()
    }

    fn apply(&self, view: &mut Option<Self::View>, event: &Self::Event, recorded: &RecordedEvent) {
        if recorded.version.get() == POISONED_VERSION {
            let number = recorded.metadata.subject().strip_prefix("2026-");
            let number = number.and_then(|number| number.parse().ok());
            let fault = number.and_then(|number| self.poison.of(number));
            assert!(fault.is_none(), "this event is poisoned");
        }
        self.views.apply(view, event, recorded);
    }

    fn index(&self, key: &ViewKey, view: &Self::View, entries: &mut Vec<IndexEntry>) {
        self.views.index(key, view, entries);
    }
}
