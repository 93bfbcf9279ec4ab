//! The parts that the tests share: a stand-in with a store, events, and looking at the stand-in's log.

use std::{
    fmt::Display,
    io::Write,
    num::NonZeroU32,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use minwon_adapters::kurrentdb::{KurrentOptions, KurrentStore};
use minwon_core::{
    CommandId, EventFilter, EventStore, GlobalPosition, NamespaceName, NewEvent, RecordedEvent,
    StoreError, StreamName, StreamVersion, foreign_text, testing::sample_event_of,
};
use minwon_kurrentdb_stand_in::{AppendFault, Fault, FaultPlan, ReadFault, StandIn};

pub(crate) const PAGE: NonZeroU32 = NonZeroU32::new(100).unwrap();

/// Names a real server to test against as well.
const URL_VARIABLE: &str = "MINWON_KURRENTDB_URL";

/// Short enough that what never answers does not hold a test up. Each call is tried three times,
/// so that a machine which is busy for a moment turns no test.
pub(crate) fn impatient() -> KurrentOptions {
    let short = Duration::from_secs(1);
    KurrentOptions::default()
        .call_timeout(short)
        .scan_timeout(short)
        .retry_timeout(Duration::from_millis(100))
}

/// Only a failing test waits so long, however slow the machine is.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(600);

/// Gives up nothing that comes at all.
pub(crate) fn patient() -> KurrentOptions {
    KurrentOptions::default()
        .call_timeout(WAIT_MAX)
        .retry_timeout(WAIT_MAX)
}

pub(crate) fn open(url: &str, options: KurrentOptions) -> KurrentStore {
    KurrentStore::open(&url.parse().unwrap(), options).unwrap()
}

/// A stand-in, and a store that has spoken to it.
pub(crate) async fn scene(options: KurrentOptions) -> (StandIn, KurrentStore) {
    let stand_in = StandIn::start().await.unwrap();
    let store = open(&stand_in.url(), options);
    store.head().await.unwrap();
    (stand_in, store)
}

/// All that is told, cause by cause.
pub(crate) fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<_> = foreign_text::causes(error).collect();
    causes.join(": ")
}

/// The real server to test against, if there is one; else says that `what` is left out.
pub(crate) fn real_server(what: &str) -> Option<String> {
    let url = std::env::var(URL_VARIABLE)
        .ok()
        .filter(|url| !url.is_empty());
    if url.is_none() {
        // Past the test harness, which shows what a test prints only where it fails.
        let _ = writeln!(
            std::io::stderr(),
            "skipped: {what} on a real KurrentDB; {URL_VARIABLE} names none"
        );
    }
    url
}

/// A namespace that was never used before.
pub(crate) fn run() -> NamespaceName {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    NamespaceName::new(format!("run{}x{}", since.as_nanos(), std::process::id())).unwrap()
}

pub(crate) fn stream(id: impl Display) -> StreamName {
    format!("general_GeneralApplication-{id}").parse().unwrap()
}

pub(crate) fn events(name: impl Display, count: u32) -> Vec<NewEvent> {
    let command = CommandId::derive(&[9; 16], name.to_string());
    let event = |index| {
        let json = format!(r#"{{"name":"{name}","index":{index},"text":"민원 신청"}}"#);
        sample_event_of(command, index, json)
    };
    (0..count).map(event).collect()
}

/// The ids in the stand-in's own log, as bytes.
pub(crate) fn ids_in_log(stand_in: &StandIn, stream: &StreamName) -> Vec<[u8; 16]> {
    let records = stand_in.stream(stream.as_str());
    records
        .iter()
        .map(|record| record.id.into_bytes())
        .collect()
}

pub(crate) fn new_ids(events: &[NewEvent]) -> Vec<[u8; 16]> {
    events.iter().map(|event| *event.id().as_bytes()).collect()
}

pub(crate) async fn read_stream(
    store: &KurrentStore,
    stream: &StreamName,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut events: Vec<RecordedEvent> = Vec::new();
    loop {
        let from = StreamVersion::new(events.len() as u64);
        let page = store.read_stream(stream, from, PAGE).await?;
        events.extend(page.events);
        if page.is_end {
            return Ok(events);
        }
    }
}

pub(crate) async fn read_log(store: &KurrentStore) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut events = Vec::new();
    let mut after = GlobalPosition::START;
    loop {
        let page = store.read_all(after, &EventFilter::all(), PAGE).await?;
        after = page.position;
        events.extend(page.events);
        if page.is_end {
            return Ok(events);
        }
    }
}

/// The faults of appends and reads, each 40 times in a thousand, without an end.
pub(crate) fn many_faults(seed: u64) -> FaultPlan {
    let faults = [
        Fault::from(AppendFault::AbortBeforeCommit),
        AppendFault::AbortAfterCommit.into(),
        AppendFault::CutBeforeCommit.into(),
        AppendFault::CutAfterCommit.into(),
        AppendFault::DeadlineAfterCommit.into(),
        AppendFault::Unavailable.into(),
        AppendFault::MissingOutcome.into(),
        AppendFault::MissingPosition.into(),
        ReadFault::Unavailable.into(),
        ReadFault::CutAfter(0).into(),
        ReadFault::EndAfter(0).into(),
        ReadFault::MissingContentAfter(0).into(),
    ];
    let add = |plan: FaultPlan, fault| plan.per_mille(40, fault);
    faults.into_iter().fold(FaultPlan::new(seed), add)
}
