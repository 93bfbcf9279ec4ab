//! The cost of the KurrentDB adapter, against the official client on the same server.
//!
//! Without `--store` the server is the stand-in, in this process: then only the ratios mean
//! something, for it is no database and shares the processor with what is measured. It delays
//! acknowledgements as servers do, for which the official client waits in each call; so the calls of the
//! protocol on a connection that does not wait are the limit there. With `--repaired` nobody waits.

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
use minwon_kurrentdb_protocol::{
    Empty, MetadataEntry, StreamIdentifier, Uuid,
    streams::{
        AppendReq, ReadReq, ReadResp,
        append_req::{self, ProposedMessage, options::ExpectedStreamRevision},
        read_req::{
            self,
            options::{
                AllOptions, ControlOption, CountOption, FilterOption, FilterOptions, ReadDirection,
                StreamOption, SubscriptionOptions, UuidOption,
                all_options::AllOption,
                filter_options::{Expression, Filter, Window},
                uuid_option,
            },
        },
        read_resp::Content,
        streams_client::StreamsClient,
    },
    uuid::{Structured, Value},
};
use minwon_kurrentdb_stand_in::{DISCLAIMER, StandIn};
use serde_json::value::RawValue;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

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
    #[arg(long, default_value_t = 25)]
    petitions: u64,
    /// Petitions of eight events in the log that is read: far more than connections and buffers
    /// hold
    #[arg(long, default_value_t = 5_000)]
    log: u64,
    /// The stand-in acknowledges at once, so that the official client waits as little as with the repair of
    /// its connection
    #[arg(long, conflicts_with = "store")]
    repaired: bool,
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
            let stand_in = StandIn::builder();
            let stand_in = match options.repaired {
                true => stand_in.acknowledges_at_once(),
                false => stand_in,
            };
            Some(stand_in.start().await?)
        }
    };
    let bench = Bench::new(&options, stand_in.as_ref()).await?;
    eprintln!("building the log");
    let log_kib = bench.fill().await? / 1024;
    let mut rounds = Rounds::default();
    for round in 0..options.rounds as u64 {
        eprintln!("round {} of {}", round + 1, options.rounds);
        // Whoever is first in one round is last in the next.
        let mut callers: Vec<_> = bench.callers.iter().collect();
        if round % 2 == 1 {
            callers.reverse();
        }
        for in_flight in [1, IN_FLIGHT] {
            for caller in &callers {
                bench.append(round, in_flight, caller, &mut rounds).await?;
            }
        }
        for caller in &callers {
            bench.read(caller, &mut rounds).await?;
            bench.follow(caller, &mut rounds).await?;
        }
    }
    eprintln!("a consumer that stops");
    bench.slow_consumer(stand_in.as_ref(), log_kib).await?;
    let title = "KurrentDB: the adapter against the official client";
    rounds.print(title, "events/s", options.json);
    Ok(())
}

/// Who calls the server, and as what the rows name it.
struct Caller {
    name: &'static str,
    calls: Calls,
    /// The row that it is compared with.
    limit: Option<&'static str>,
    /// Of the streams that it appends to.
    namespace: NamespaceName,
}

enum Calls {
    /// The official client, whose connection waits for acknowledgements.
    Official(Client),
    /// The calls of the protocol and nothing else, on a connection with `TCP_NODELAY`: what a client
    /// can be at most.
    Plain(StreamsClient<Channel>),
    Adapter(KurrentStore),
}

/// The rows that the adapter is compared with: where the official client waits, that is the plain calls.
const OFFICIAL: &str = "official client";
const PLAIN: &str = "plain calls";
const ADAPTER: &str = "adapter";

struct Bench {
    callers: Vec<Caller>,
    store: KurrentStore,
    petitions: u64,
    /// Of the log that is read.
    read: NamespaceName,
    /// Petitions of that log.
    log: u64,
    /// The end of the log before the first append. Nobody reads what others had written by then.
    begin: GlobalPosition,
}

impl Bench {
    async fn new(options: &Options, stand_in: Option<&StandIn>) -> Result<Self, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
        let name = |whose: &str| NamespaceName::new(format!("bench{whose}{now:x}"));
        let url = options.store.clone().or(stand_in.map(StandIn::url));
        let url = url.ok_or("there is no server")?;
        let store = KurrentStore::open(&url.parse()?, KurrentOptions::default())?;
        // The error of the client may repeat the URL, and with it a password.
        let settings = url
            .parse()
            .map_err(|_| "the client does not take the URL")?;
        let client = Client::new(settings).map_err(|error| error.to_string())?;
        let mut all = vec![
            (OFFICIAL, Calls::Official(client)),
            (ADAPTER, Calls::Adapter(store.clone())),
        ];
        if let Some(stand_in) = stand_in {
            let address = format!("http://127.0.0.1:{}", stand_in.port(0));
            let endpoint = Endpoint::from_shared(address)?.tcp_nodelay(true);
            let channel = endpoint.connect().await?;
            all.push((PLAIN, Calls::Plain(StreamsClient::new(channel))));
        }
        let is_delayed = stand_in.is_some() && !options.repaired;
        let limit = if is_delayed { PLAIN } else { OFFICIAL };
        let caller = |(number, (name_of, calls)): (usize, (&'static str, Calls))| {
            Ok::<_, Failure>(Caller {
                name: name_of,
                calls,
                limit: Some(limit).filter(|_| name_of == ADAPTER),
                namespace: name(&format!("caller{number}"))?,
            })
        };
        let callers = all.into_iter().enumerate().map(caller);
        let bench = Self {
            callers: callers.collect::<Result<_, _>>()?,
            petitions: options.petitions,
            read: name("read")?,
            log: options.log,
            begin: store.head().await?,
            store,
        };
        // All connect before it counts.
        let warm_up = name("warmup")?;
        for (number, caller) in (0..).zip(&bench.callers) {
            let stream = workload::stream(&warm_up, number);
            caller.append(&stream, workload::events(number)).await?;
        }
        Ok(bench)
    }

    /// Petition by petition, one event after the other, and so many petitions at once.
    async fn append(
        &self,
        round: u64,
        in_flight: usize,
        caller: &Caller,
        rounds: &mut Rounds,
    ) -> Result<(), Failure> {
        let first = (round * 2 + u64::from(in_flight > 1)) * self.petitions;
        let numbers = first..first + self.petitions;
        let work: Vec<_> = numbers
            .map(|number| {
                let stream = workload::stream(&caller.namespace, number);
                (stream, workload::events(number))
            })
            .collect();
        let begun = Instant::now();
        stream::iter(work.into_iter().map(Ok))
            .try_for_each_concurrent(in_flight, async |(stream, events)| {
                caller.append(&stream, events).await
            })
            .await?;
        let count = self.petitions as usize * workload::EVENTS;
        caller.note(
            &format!("append, {in_flight} in flight"),
            count,
            begun,
            rounds,
        );
        Ok(())
    }

    /// The same log for all.
    async fn read(&self, caller: &Caller, rounds: &mut Rounds) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut count = 0;
        match &caller.calls {
            Calls::Official(client) => {
                let options = ReadAllOptions::default()
                    .forwards()
                    .position(self.official_begin())
                    .filter(self.official_filter());
                let mut events = client.read_all(&options).await?;
                while events.next().await?.is_some() {
                    count += 1;
                }
            }
            Calls::Plain(streams) => {
                let mut answers = self.plainly(streams, CountOption::Count(u64::MAX)).await?;
                while let Some(answer) = answers.message().await? {
                    count += usize::from(matches!(answer.content, Some(Content::Event(_))));
                }
            }
            Calls::Adapter(store) => {
                let (filter, mut after) = (self.filter(), self.begin);
                loop {
                    let page = store.read_all(after, &filter, BATCH).await?;
                    count += page.events.len();
                    after = page.position;
                    if page.is_end {
                        break;
                    }
                }
            }
        }
        caller.note("read all", count, begun, rounds);
        self.check(count)
    }

    async fn follow(&self, caller: &Caller, rounds: &mut Rounds) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut count = 0;
        match &caller.calls {
            Calls::Official(client) => {
                let options = SubscribeToAllOptions::default()
                    .position(self.official_begin())
                    .filter(self.official_filter());
                let mut events = client.subscribe_to_all(&options).await;
                loop {
                    match events.next_subscription_event().await? {
                        SubscriptionEvent::EventAppeared(_) => count += 1,
                        SubscriptionEvent::CaughtUp(_) => break,
                        _ => {}
                    }
                }
            }
            Calls::Plain(streams) => {
                let follow = CountOption::Subscription(SubscriptionOptions {});
                let mut answers = self.plainly(streams, follow).await?;
                while let Some(answer) = answers.message().await? {
                    match answer.content {
                        Some(Content::Event(_)) => count += 1,
                        Some(Content::CaughtUp(_)) => break,
                        _ => {}
                    }
                }
            }
            Calls::Adapter(store) => {
                let mut feed = store.feed(self.begin, self.filter(), BATCH);
                loop {
                    let batch = feed.next().await?;
                    count += batch.events.len();
                    if batch.caught_up {
                        break;
                    }
                }
            }
        }
        caller.note("catch up", count, begun, rounds);
        self.check(count)
    }

    /// The log, by one call.
    async fn plainly(
        &self,
        streams: &StreamsClient<Channel>,
        count: CountOption,
    ) -> Result<Streaming<ReadResp>, Failure> {
        let place = match self.begin == GlobalPosition::START {
            true => AllOption::Start(Empty {}),
            false => AllOption::Position(read_req::options::Position {
                commit_position: self.begin.commit(),
                prepare_position: self.begin.prepare(),
            }),
        };
        let names = Expression {
            regex: String::new(),
            prefix: vec![format!("{}_", self.read)],
        };
        let options = read_req::Options {
            read_direction: ReadDirection::Forwards.into(),
            resolve_links: false,
            uuid_option: Some(UuidOption {
                content: Some(uuid_option::Content::Structured(Empty {})),
            }),
            control_option: Some(ControlOption { compatibility: 1 }),
            stream_option: Some(StreamOption::All(AllOptions {
                all_option: Some(place),
            })),
            count_option: Some(count),
            filter_option: Some(FilterOption::Filter(FilterOptions {
                checkpoint_interval_multiplier: 1,
                filter: Some(Filter::StreamIdentifier(names)),
                window: Some(Window::Count(Empty {})),
            })),
        };
        let request = ReadReq {
            options: Some(options),
        };
        Ok(streams.clone().read(request).await?.into_inner())
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

    fn official_begin(&self) -> StreamPosition<Position> {
        if self.begin == GlobalPosition::START {
            return StreamPosition::Start;
        }
        StreamPosition::Position(Position {
            commit: self.begin.commit(),
            prepare: self.begin.prepare(),
        })
    }

    fn official_filter(&self) -> SubscriptionFilter {
        SubscriptionFilter::on_stream_name().add_prefix(format!("{}_", self.read))
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

impl Caller {
    fn note(&self, what: &str, count: usize, begun: Instant, rounds: &mut Rounds) {
        let row = |name| format!("{what}: {name}");
        let limit = self.limit.map(row);
        rounds.note(&row(self.name), limit.as_deref(), count, begun);
    }

    async fn append(&self, stream: &StreamName, events: Vec<NewEvent>) -> Result<(), Failure> {
        match &self.calls {
            Calls::Official(client) => append_officially(client, stream, events).await,
            Calls::Plain(streams) => append_plainly(streams, stream, events).await,
            Calls::Adapter(store) => append_by_adapter(store, stream, events).await,
        }
    }
}

async fn append_by_adapter(
    store: &KurrentStore,
    stream: &StreamName,
    events: Vec<NewEvent>,
) -> Result<(), Failure> {
    let mut expected = ExpectedVersion::NoStream;
    for event in events {
        let appended = store.append(stream, expected, &[event]).await?;
        expected = ExpectedVersion::Exactly(appended.version);
    }
    Ok(())
}

/// The same payloads; the metadata, which the adapter makes of fields, is a text of its size.
async fn append_officially(
    client: &Client,
    stream: &StreamName,
    events: Vec<NewEvent>,
) -> Result<(), Failure> {
    let mut state = StreamState::NoStream;
    for event in events {
        let payload: &RawValue = serde_json::from_slice(&event.payload)?;
        let data = EventData::json(event.event_type.as_str(), &payload)?
            .metadata(METADATA.as_bytes().into());
        let options = AppendToStreamOptions::default().stream_state(state);
        let append = client.append_to_stream(stream.as_str(), &options, data);
        state = StreamState::StreamRevision(append.await?.next_expected_version);
    }
    Ok(())
}

async fn append_plainly(
    streams: &StreamsClient<Channel>,
    stream: &StreamName,
    events: Vec<NewEvent>,
) -> Result<(), Failure> {
    for (revision, event) in (0_u64..).zip(events) {
        let options = append_req::Options {
            stream_identifier: Some(StreamIdentifier {
                stream_name: stream.as_str().to_owned().into(),
            }),
            expected_stream_revision: Some(match revision.checked_sub(1) {
                None => ExpectedStreamRevision::NoStream(Empty {}),
                Some(last) => ExpectedStreamRevision::Revision(last),
            }),
        };
        let entry = |key: &'static str, value: String| MetadataEntry {
            key: key.into(),
            value: value.into(),
        };
        let id = event.id();
        let (most, least) = id.as_bytes().split_at(8);
        let half = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | i64::from(*byte))
        };
        let message = ProposedMessage {
            id: Some(Uuid {
                value: Some(Value::Structured(Structured {
                    most_significant_bits: half(most),
                    least_significant_bits: half(least),
                })),
            }),
            metadata: vec![
                entry("type", event.event_type.to_string()),
                entry("content-type", "application/json".to_owned()),
            ],
            custom_metadata: METADATA.as_bytes().into(),
            data: event.payload,
        };
        let contents = [
            append_req::Content::Options(options),
            append_req::Content::ProposedMessage(message),
        ];
        let messages = contents.map(|content| AppendReq {
            content: Some(content),
        });
        streams.clone().append(stream::iter(messages)).await?;
    }
    Ok(())
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
