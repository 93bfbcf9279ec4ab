//! How long does it take to issue a document while the caller waits, against the three appends
//! that it comes to?

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use clap::Parser;
use minwon::{ReadModels, Store};
use minwon_adapters::{SystemClock, memory::MemoryReadModels};
use minwon_benches::{
    Rounds,
    delays::Delays,
    office::{self, Failure, Office, Policy, Register, Service},
    watched::{self, Watched, Write},
};
use minwon_core::{CommandId, EventStore, NamespaceName};
use minwon_petitions::IssuanceId;
use serde_json::json;

#[derive(Parser)]
struct Choice {
    #[command(flatten)]
    common: minwon_benches::Args,
    /// Calls of each sort in each round.
    #[arg(long, default_value_t = 1_000)]
    calls: u64,
    /// Keep the read models in the file of the events, which one thread writes, instead of in
    /// memory. Only a store in a file can do that.
    #[arg(long)]
    beside: bool,
}

/// Calls that are waited for together.
const AT_A_TIME: u64 = 32;

/// Appends of one call.
const APPENDS: u64 = 3;

/// The measured calls, one after the other and many at a time.
#[derive(Default)]
struct Figures {
    raw: Delays,
    calls: Delays,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args = Choice::parse();
    let place = args.common.place()?;
    let log = place.log()?;
    let store = watched::around(log.store.clone());
    let read_models = match (&log.store, args.beside) {
        (Store::Sqlite(file), true) => ReadModels::Sqlite(file.clone()),
        (_, true) => return Err("--beside needs a file; leave it out, or --store".into()),
        (_, false) => ReadModels::Memory(MemoryReadModels::with_clock(SystemClock)),
    };
    let link = Register::link(&Arc::default(), Duration::from_secs(5));
    let office = Office::general().within(&log.namespace);
    let service = office.service(&store, read_models, Policy::default(), link);
    let bench = Bench {
        service: Arc::new(service.start()),
        office,
        model: Vec::new(),
        store,
        raw: log.another("raw")?,
    };
    let title = format!("Documents issued while the caller waits{place}");
    measure(bench, &title, &args).await
}

async fn measure(mut bench: Bench, title: &str, args: &Choice) -> Result<(), Failure> {
    bench.model = bench.appends_of_a_call().await?;
    let mut rounds = Rounds::default();
    let (mut one, mut many) = (Figures::default(), Figures::default());
    let mut appends = 0;
    for _ in 0..args.common.rounds {
        let raw = "three appends";
        one.raw
            .extend(bench.raw(1, args.calls, raw, None, &mut rounds).await?);
        let before = bench.store.hook().appends();
        let (name, limit) = ("issue_now", Some(raw));
        let delays = bench.calls(1, args.calls, name, limit, &mut rounds);
        one.calls.extend(delays.await?);
        let raw = "32 at a time, three appends";
        appends += bench.store.hook().appends() - before;
        many.raw.extend(
            bench
                .raw(AT_A_TIME, args.calls, raw, None, &mut rounds)
                .await?,
        );
        let before = bench.store.hook().appends();
        let (name, limit) = ("32 at a time, issue_now", Some(raw));
        let delays = bench.calls(AT_A_TIME, args.calls, name, limit, &mut rounds);
        many.calls.extend(delays.await?);
        appends += bench.store.hook().appends() - before;
    }
    let calls = one.calls.count() + many.calls.count();
    let appends_per_call = appends as f64 / calls as f64;
    // What choreography adds would be measured as well.
    if appends != APPENDS * calls as u64 {
        return Err(format!("{appends_per_call} appends a call instead of {APPENDS}").into());
    }
    rounds.print(title, "calls/s", false);
    println!("  appends a call, counted: {appends_per_call}");
    let mut json = json!({ "appends_per_call": appends_per_call });
    for (name, figures) in [("one at a time", &one), ("32 at a time", &many)] {
        let ratio = |share| figures.calls.at_ms(share) / figures.raw.at_ms(share);
        json[name] = json!({
            "three_appends": figures.raw.json(),
            "issue_now": figures.calls.json(),
            "ratio_p50": ratio(0.5),
            "ratio_p99": ratio(0.99),
        });
        println!("  {name}: {}", serde_json::to_string_pretty(&json[name])?);
    }
    if args.common.json {
        json["rates"] = rounds.to_json();
        println!("{json}");
    }
    Ok(())
}

struct Bench {
    service: Arc<Service>,
    office: Office,
    store: Watched,
    /// The appends of one call.
    model: Vec<Write>,
    /// Where nobody works on what is appended.
    raw: NamespaceName,
}

/// A number that no petition has had.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Bench {
    /// Issues one document, and answers what that appended.
    async fn appends_of_a_call(&self) -> Result<Vec<Write>, Failure> {
        self.store.hook().keep_writes();
        self.office.issue_now(&self.service, fresh()).await?;
        self.service.settled().await?;
        let writes = self.store.hook().take_writes();
        match writes.len() as u64 {
            APPENDS => Ok(writes),
            appends => Err(format!("{appends} appends instead of {APPENDS}").into()),
        }
    }

    /// The limit: the same appends under other ids, without reading, deciding or asking.
    async fn raw(
        &self,
        at_a_time: u64,
        count: u64,
        name: &str,
        limit: Option<&str>,
        rounds: &mut Rounds,
    ) -> Result<Delays, Failure> {
        let raw = minwon::Namespace::new(self.raw.clone(), self.store.inner().clone(), SystemClock);
        let mut work = Vec::new();
        for _ in 0..count {
            work.push(rename(&self.model, &raw, self.office.category)?);
        }
        let store = self.store.inner().clone();
        let append = move |writes: Vec<Write>| {
            let store = store.clone();
            async move {
                for write in writes {
                    let Write {
                        stream,
                        expected,
                        events,
                    } = write;
                    store.append(&stream, expected, &events).await?;
                }
                Ok(())
            }
        };
        let start = Instant::now();
        let delays = lanes(at_a_time, work, append).await?;
        rounds.note(name, limit, count as usize, start);
        Ok(delays)
    }

    async fn calls(
        &self,
        at_a_time: u64,
        count: u64,
        name: &str,
        limit: Option<&str>,
        rounds: &mut Rounds,
    ) -> Result<Delays, Failure> {
        let work = (0..count).map(|_| fresh()).collect();
        let (service, office) = (Arc::clone(&self.service), self.office.clone());
        let call = move |number| {
            let (service, office) = (Arc::clone(&service), office.clone());
            async move { office.issue_now(&service, number).await.map(drop) }
        };
        let start = Instant::now();
        let delays = lanes(at_a_time, work, call).await?;
        rounds.note(name, limit, count as usize, start);
        // What still follows belongs to nobody else's time.
        self.service.settled().await?;
        Ok(delays)
    }
}

/// Does all of `work`, so many at a time; each lane does one thing after the other.
async fn lanes<W, F>(
    at_a_time: u64,
    work: Vec<W>,
    act: impl Fn(W) -> F + Clone + Send + 'static,
) -> Result<Delays, Failure>
where
    W: Send + 'static,
    F: Future<Output = Result<(), Failure>> + Send,
{
    let mut lanes: Vec<Vec<W>> = (0..at_a_time).map(|_| Vec::new()).collect();
    let count = lanes.len();
    for (index, thing) in work.into_iter().enumerate() {
        lanes[index % count].push(thing);
    }
    let lane = |things: Vec<W>| {
        let act = act.clone();
        tokio::spawn(async move {
            let mut delays = Delays::default();
            for thing in things {
                let start = Instant::now();
                act(thing).await?;
                delays.note(start.elapsed());
            }
            Ok::<_, Failure>(delays)
        })
    };
    let lanes: Vec<_> = lanes.into_iter().map(lane).collect();
    let mut all = Delays::default();
    for lane in lanes {
        all.extend(lane.await??);
    }
    Ok(all)
}

/// The same appends for another petition: as long, with other ids.
fn rename<S>(
    model: &[Write],
    namespace: &minwon::Namespace<S>,
    category: minwon_petitions::Category,
) -> Result<Vec<Write>, Failure>
where
    S: EventStore + minwon_core::SnapshotStore + Clone,
{
    let petition = office::petition(fresh());
    let issuance = IssuanceId::first(&petition);
    let mut writes = model.to_vec();
    for (index, write) in writes.iter_mut().enumerate() {
        write.stream = match write.stream.id() {
            id if id.parse::<IssuanceId>().is_ok() => {
                namespace.issuance_stream(category, &issuance)?
            }
            _ => namespace.application_stream(category, &petition),
        };
        let command = CommandId::derive(&[9; 16], format!("{petition}/{index}"));
        for (index, event) in (0..).zip(&mut write.events) {
            event.metadata.event_id = command.event_id(index);
            event.metadata.command_id = command;
            event.metadata.subject = petition.clone();
        }
    }
    Ok(writes)
}
