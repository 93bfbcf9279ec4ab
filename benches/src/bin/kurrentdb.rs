//! The cost of the KurrentDB adapter, against the plain client on the same server.
//!
//! Without `--store` the server is the stand-in, in this process: then only the ratios mean
//! something, for it is no database and shares the processor with what is measured.

use std::{
    fs,
    num::NonZeroU32,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use futures_util::{TryStreamExt, stream};
use kurrentdb::{
    AppendToStreamOptions, Client, EventData, Position, ReadAllOptions, StreamPosition,
    StreamState, SubscribeToAllOptions, SubscriptionEvent, SubscriptionFilter,
};
use minwon_adapters::kurrentdb::{KurrentOptions, KurrentStore};
use minwon_benches::{Rounds, office::Failure, workload};
use minwon_core::{
    EventFilter, EventStore, ExpectedVersion, Feed, GlobalPosition, NamespaceName, NewEvent,
    StreamName,
};
use minwon_kurrentdb_stand_in::{DISCLAIMER, StandIn};
use serde_json::value::RawValue;

/// Events read at a time.
const BATCH: NonZeroU32 = NonZeroU32::new(500).expect("not 0");
const IN_FLIGHT: usize = 32;
/// Petitions in one append of the log that is read.
const FILL_PETITIONS: u64 = 100;
/// How long a consumer that has stopped is watched.
const STOPPED: Duration = Duration::from_secs(2);

#[derive(Debug, Parser)]
struct Options {
    /// A server to measure, as kurrentdb://HOST:PORT; what is written stays there, under names that
    /// begin with `bench` [default: the stand-in]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Alternating rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Petitions of eight events that each append measures
    #[arg(long, default_value_t = 50)]
    petitions: u64,
    /// Petitions of eight events in the log that is read: far more than connections and buffers
    /// hold
    #[arg(long, default_value_t = 5_000)]
    log: u64,
    /// Prints one JSON object as the last line
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let stand_in = match options.store {
        Some(_) => None,
        None => {
            println!("{DISCLAIMER}");
            Some(StandIn::start().await?)
        }
    };
    let url = match (&options.store, &stand_in) {
        (Some(url), _) => url.clone(),
        (None, Some(server)) => server.url(),
        (None, None) => return Err("there is no server".into()),
    };
    let bench = Bench::new(&url, &options).await?;
    eprintln!("building the log");
    let log_kib = bench.fill().await? / 1024;
    let mut rounds = Rounds::default();
    for round in 0..options.rounds as u64 {
        eprintln!("round {} of {}", round + 1, options.rounds);
        for in_flight in [1, IN_FLIGHT] {
            // Whoever is first in one round is second in the next.
            for is_plain in [round % 2 == 0, round % 2 == 1] {
                bench
                    .append(round, in_flight, is_plain, &mut rounds)
                    .await?;
            }
        }
        for is_plain in [round % 2 == 0, round % 2 == 1] {
            bench.read(is_plain, &mut rounds).await?;
            bench.follow(is_plain, &mut rounds).await?;
        }
    }
    eprintln!("a consumer that stops");
    bench.slow_consumer(stand_in.as_ref(), log_kib).await?;
    let title = "KurrentDB: the adapter against the plain client";
    rounds.print(title, "events/s", options.json);
    Ok(())
}

struct Bench {
    client: Client,
    store: KurrentStore,
    petitions: u64,
    /// The streams of the adapter and of the plain client.
    namespaces: [NamespaceName; 2],
    /// Of the log that is read.
    read: NamespaceName,
    /// Petitions of that log.
    log: u64,
    /// The end of the log before the first append. Nobody reads what others had written by then.
    begin: GlobalPosition,
}

impl Bench {
    async fn new(url: &str, options: &Options) -> Result<Self, Failure> {
        let store = KurrentStore::open(&url.parse()?, KurrentOptions::default())?;
        // The error of the client may repeat the URL, and with it a password.
        let settings = url
            .parse()
            .map_err(|_| "the client does not take the URL")?;
        let client = Client::new(settings).map_err(|error| error.to_string())?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let name = |whose| NamespaceName::new(format!("bench{whose}{now:x}"));
        let begin = store.head().await?;
        let bench = Self {
            client,
            store,
            petitions: options.petitions,
            namespaces: [name("adapter")?, name("plain")?],
            read: name("read")?,
            log: options.log,
            begin,
        };
        bench.warm_up(&name("warmup")?).await?;
        Ok(bench)
    }

    /// Both connect before it counts.
    async fn warm_up(&self, namespace: &NamespaceName) -> Result<(), Failure> {
        let stream = |number| workload::stream(namespace, number);
        self.append_by_adapter(&stream(0), workload::events(0))
            .await?;
        self.append_plainly(&stream(1), workload::events(1)).await
    }

    fn namespace(&self, is_plain: bool) -> &NamespaceName {
        &self.namespaces[usize::from(is_plain)]
    }

    fn stream(&self, is_plain: bool, number: u64) -> StreamName {
        workload::stream(self.namespace(is_plain), number)
    }

    /// Petition by petition, one event after the other, and so many petitions at once.
    async fn append(
        &self,
        round: u64,
        in_flight: usize,
        is_plain: bool,
        rounds: &mut Rounds,
    ) -> Result<(), Failure> {
        let first = (round * 2 + u64::from(in_flight > 1)) * self.petitions;
        let numbers = first..first + self.petitions;
        let work: Vec<_> = numbers
            .map(|number| (self.stream(is_plain, number), workload::events(number)))
            .collect();
        let begun = Instant::now();
        stream::iter(work.into_iter().map(Ok))
            .try_for_each_concurrent(in_flight, async |(stream, events)| match is_plain {
                true => self.append_plainly(&stream, events).await,
                false => self.append_by_adapter(&stream, events).await,
            })
            .await?;
        let count = self.petitions as usize * workload::EVENTS;
        let (name, limit) = names(is_plain, &format!("append, {in_flight} in flight"));
        rounds.note(&name, limit.as_deref(), count, begun);
        Ok(())
    }

    async fn append_by_adapter(
        &self,
        stream: &StreamName,
        events: Vec<NewEvent>,
    ) -> Result<(), Failure> {
        let mut expected = ExpectedVersion::NoStream;
        for event in events {
            let appended = self.store.append(stream, expected, &[event]).await?;
            expected = ExpectedVersion::Exactly(appended.version);
        }
        Ok(())
    }

    /// The same payloads; the metadata, which the adapter makes of fields, is a text of its size.
    async fn append_plainly(
        &self,
        stream: &StreamName,
        events: Vec<NewEvent>,
    ) -> Result<(), Failure> {
        let mut state = StreamState::NoStream;
        for event in events {
            let payload: &RawValue = serde_json::from_slice(&event.payload)?;
            let data = EventData::json(event.event_type.as_str(), &payload)?
                .metadata(METADATA.as_bytes().into());
            let options = AppendToStreamOptions::default().stream_state(state);
            let append = self
                .client
                .append_to_stream(stream.as_str(), &options, data);
            state = StreamState::StreamRevision(append.await?.next_expected_version);
        }
        Ok(())
    }

    /// The same log in both cases.
    async fn read(&self, is_plain: bool, rounds: &mut Rounds) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut count = 0;
        if is_plain {
            let options = ReadAllOptions::default()
                .forwards()
                .position(self.plain_begin())
                .filter(self.plain_filter());
            let mut events = self.client.read_all(&options).await?;
            while events.next().await?.is_some() {
                count += 1;
            }
        } else {
            let (filter, mut after) = (self.filter(), self.begin);
            loop {
                let page = self.store.read_all(after, &filter, BATCH).await?;
                count += page.events.len();
                after = page.position;
                if page.is_end {
                    break;
                }
            }
        }
        let (name, limit) = names(is_plain, "read all");
        rounds.note(&name, limit.as_deref(), count, begun);
        self.check(count)
    }

    async fn follow(&self, is_plain: bool, rounds: &mut Rounds) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut count = 0;
        if is_plain {
            let options = SubscribeToAllOptions::default()
                .position(self.plain_begin())
                .filter(self.plain_filter());
            let mut events = self.client.subscribe_to_all(&options).await;
            loop {
                match events.next_subscription_event().await? {
                    SubscriptionEvent::EventAppeared(_) => count += 1,
                    SubscriptionEvent::CaughtUp(_) => break,
                    _ => {}
                }
            }
        } else {
            let mut feed = self.store.feed(self.begin, self.filter(), BATCH);
            loop {
                let batch = feed.next().await?;
                count += batch.events.len();
                if batch.caught_up {
                    break;
                }
            }
        }
        let (name, limit) = names(is_plain, "catch up");
        rounds.note(&name, limit.as_deref(), count, begun);
        self.check(count)
    }

    /// A round counts only if each event of the log was seen once.
    fn check(&self, count: usize) -> Result<(), Failure> {
        let written = self.log as usize * workload::EVENTS;
        if count == written {
            return Ok(());
        }
        Err(format!("{count} events were seen of {written}").into())
    }

    fn filter(&self) -> EventFilter {
        EventFilter::namespace(self.read.clone())
    }

    fn plain_filter(&self) -> SubscriptionFilter {
        SubscriptionFilter::on_stream_name().add_prefix(format!("{}_", self.read))
    }

    fn plain_begin(&self) -> StreamPosition<Position> {
        if self.begin == GlobalPosition::START {
            return StreamPosition::Start;
        }
        StreamPosition::Position(Position {
            commit: self.begin.commit(),
            prepare: self.begin.prepare(),
        })
    }

    /// Writes the log that is read, in few appends. Answers the bytes of its payloads.
    async fn fill(&self) -> Result<usize, Failure> {
        let mut bytes = 0;
        for first in (0..self.log).step_by(FILL_PETITIONS as usize) {
            let numbers = first..(first + FILL_PETITIONS).min(self.log);
            let events: Vec<_> = numbers.flat_map(workload::events).collect();
            bytes += events.iter().map(|it| it.payload.len()).sum::<usize>();
            let stream = workload::stream(&self.read, first);
            let none = ExpectedVersion::NoStream;
            self.store.append(&stream, none, &events).await?;
        }
        Ok(bytes)
    }

    /// A consumer takes one batch and no more: how far the rest comes, and what it takes. Where the
    /// server is the stand-in, its memory is part of the figures.
    async fn slow_consumer(
        &self,
        stand_in: Option<&StandIn>,
        log_kib: usize,
    ) -> Result<(), Failure> {
        let sent = || stand_in.map(StandIn::events_sent);
        let (memory, sent_before) = (resident_bytes()?, sent());
        let batch = NonZeroU32::new(50).expect("not 0");
        let mut feed = self.store.feed(self.begin, self.filter(), batch);
        let mut taken = 0;
        // A batch may be empty.
        while taken == 0 {
            taken = feed.next().await?.events.len();
        }
        tokio::time::sleep(STOPPED).await;
        let grown = resident_bytes()?.saturating_sub(memory) / 1024;
        println!("a consumer that stops after a batch of {taken} events: {grown} KiB more");
        println!(
            "  before it: {} events with payloads of {log_kib} KiB",
            self.log * workload::EVENTS as u64
        );
        if let (Some(before), Some(after)) = (sent_before, sent()) {
            println!("  of them {} were sent", after - before);
        }
        Ok(())
    }
}

/// The name of a row, and of the one that it is compared with.
fn names(is_plain: bool, what: &str) -> (String, Option<String>) {
    let plain = format!("{what}: client");
    match is_plain {
        true => (plain, None),
        false => (format!("{what}: adapter"), Some(plain)),
    }
}

fn resident_bytes() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib
        .ok_or("/proc/self/status has no VmRSS")?
        .trim()
        .parse::<u64>()?
        * 1024)
}

/// As large as what the adapter writes.
const METADATA: &str = r#"{"$correlationId":"6f1c2a34-8f0e-4c5e-9a53-0d6a3a1c7b21","$causationId":"6f1c2a34-8f0e-4c5e-9a53-0d6a3a1c7b21","commandId":"6f1c2a34-8f0e-4c5e-9a53-0d6a3a1c7b21","occurredAt":"2026-11-23T09:00:00.000000Z","petitionId":"2026-00000001","stage":"submission","source":"bench","actor":"officer-0017","schemaVersion":1}"#;
