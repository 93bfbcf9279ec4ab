//! A writer killed at any moment: what was acknowledged is there, nothing is torn, positions have
//! no hole, and a feed that was following in another process saw each event once.
//!
//! `MINWON_CRASH_KILLS` sets how often (default 60), `MINWON_CRASH_SEED` where to begin.

// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

use std::{
    collections::{BTreeMap, HashMap},
    env,
    io::{BufRead, BufReader, Write},
    num::NonZeroU32,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use minwon_adapters::sqlite::SqliteStore;
use minwon_core::{
    AppendError, CommandId, EventFilter, EventStore, ExpectedVersion, Feed, GlobalPosition,
    NewEvent, RecordedEvent, StreamName, StreamVersion,
    testing::{SeededRng, sample_event_of},
};

const PAGE: NonZeroU32 = NonZeroU32::new(500).unwrap();
const WRITERS: u64 = 4;

fn env_number(name: &str, default: u64) -> u64 {
    env::var(name)
        .ok()
        .map_or(default, |text| text.parse().expect(name))
}

/// The child's report of an append that was answered.
#[derive(Debug)]
struct Ack {
    stream: StreamName,
    version: u64,
    position: u64,
    command: CommandId,
    events: usize,
}

impl Ack {
    fn parse(line: &str) -> Option<Self> {
        // The last line may be cut short by the kill; a whole one ends with a mark.
        let fields: Vec<_> = line.strip_suffix(" ok")?.split(' ').collect();
        let [stream, version, position, command, events] = fields[..] else {
            return None;
        };
        Some(Self {
            stream: stream.parse().ok()?,
            version: version.parse().ok()?,
            position: position.parse().ok()?,
            command: command.parse().ok()?,
            events: events.parse().ok()?,
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_kills_lose_nothing() {
    let kills = env_number("MINWON_CRASH_KILLS", 60);
    let seed = env_number("MINWON_CRASH_SEED", 1);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("petitions.db");
    SqliteStore::open(&path).unwrap().close();

    let follower = SqliteStore::open_read_only(&path).unwrap();
    let (stop, mut stopped) = tokio::sync::watch::channel(None::<GlobalPosition>);
    let following = tokio::spawn(async move {
        let mut feed = follower.feed(GlobalPosition::START, EventFilter::all(), PAGE);
        let mut seen: Vec<RecordedEvent> = Vec::new();
        loop {
            let reached = seen
                .last()
                .map_or(GlobalPosition::START, |event| event.position);
            if *stopped.borrow() == Some(reached) {
                return seen;
            }
            tokio::select! {
                batch = feed.next() => seen.extend(batch.expect("the feed goes on").events),
                _ = stopped.changed() => {}
            }
        }
    });

    let mut acknowledged = 0;
    let mut log = Vec::new();
    for round in 0..kills {
        let acks = run_and_kill(&path, seed + round);
        log = verify(&path, &acks).await;
        acknowledged += acks.len();
    }
    println!(
        "{kills} kills, {acknowledged} acknowledged appends, {} events, seed {seed}",
        log.len()
    );
    assert!(
        acknowledged as u64 > kills,
        "the writers hardly wrote: {acknowledged}"
    );

    stop.send(Some(log.last().expect("events were written").position))
        .unwrap();
    // Only a failing test waits so long.
    let seen = tokio::time::timeout(Duration::from_secs(600), following)
        .await
        .expect("the feed catches up")
        .unwrap();
    assert_eq!(seen.len(), log.len(), "the feed saw each event once");
    assert!(seen == log, "the feed saw the log");
}

/// Lets a child append until it has acknowledged a random number of appends, then kills it.
fn run_and_kill(path: &Path, seed: u64) -> Vec<Ack> {
    let acks_max = SeededRng::new(seed).next_u64() % 120;
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "writes_until_it_is_killed",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env("MINWON_CRASH_PATH", path)
        .env("MINWON_CRASH_SEED", seed.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut acks = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        acks.extend(Ack::parse(&line.unwrap()));
        // Not an error where it is dead already: the rest of its output is still read.
        if acks.len() as u64 >= acks_max {
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert!(!status.success(), "the child ended by itself");
    acks
}

/// Reopens the store, as the service would after a crash, and looks at all of it.
async fn verify(path: &Path, acks: &[Ack]) -> Vec<RecordedEvent> {
    let store = SqliteStore::open(path).unwrap();
    let report = store.check().await.unwrap();
    let mut log = Vec::new();
    let mut after = GlobalPosition::START;
    loop {
        let page = store
            .read_all(after, &EventFilter::all(), PAGE)
            .await
            .unwrap();
        after = page.position;
        log.extend(page.events);
        if page.is_end {
            break;
        }
    }
    store.close();
    assert_eq!(report.events, log.len() as u64);
    nothing_is_torn(&log);
    let places: HashMap<_, _> = log
        .iter()
        .map(|event| ((event.stream.clone(), event.version), event))
        .collect();
    for ack in acks {
        let event = places.get(&(ack.stream.clone(), StreamVersion::new(ack.version)));
        let event = event.unwrap_or_else(|| panic!("acknowledged, but lost: {ack:?}"));
        assert_eq!(event.position.commit(), ack.position, "{ack:?}");
        assert_eq!(
            event.id(),
            ack.command.event_id(ack.events as u32 - 1),
            "{ack:?}"
        );
    }
    log
}

/// Each append is there whole, its events side by side; each stream counts up from 0.
fn nothing_is_torn(log: &[RecordedEvent]) {
    let mut versions = BTreeMap::new();
    let mut events_of = HashMap::<_, Vec<u64>>::new();
    for event in log {
        let next: &mut u64 = versions.entry(event.stream.clone()).or_default();
        assert_eq!(event.version.get(), *next, "{}", event.stream);
        *next += 1;
        events_of
            .entry(event.metadata.command_id())
            .or_default()
            .push(event.position.commit());
    }
    for event in log {
        let positions = &events_of[&event.metadata.command_id()];
        assert_eq!(
            positions.len().to_string().as_bytes(),
            &event.payload[..],
            "a torn append"
        );
        assert_eq!(
            positions[positions.len() - 1] - positions[0] + 1,
            positions.len() as u64
        );
    }
}

/// The child: several tasks append to streams of their own and to one they share.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the crash test runs it in a process of its own"]
async fn writes_until_it_is_killed() {
    let Ok(path) = env::var("MINWON_CRASH_PATH") else {
        return;
    };
    let seed = env_number("MINWON_CRASH_SEED", 1);
    let store = SqliteStore::open(path).unwrap();
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(store.clone(), seed, writer)));
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

async fn write(store: SqliteStore, seed: u64, writer: u64) {
    let mut rng = SeededRng::new(seed * WRITERS + writer);
    for n in 0.. {
        let shared = rng.next_u64().is_multiple_of(4);
        let name = if shared {
            "shared".into()
        } else {
            format!("{seed}-{writer}-{}", n / 5)
        };
        let stream: StreamName = format!("general_Crash-{name}").parse().unwrap();
        let events = new_events(seed, writer, n, rng.next_u64() % 5 + 1);
        let mut expected = ExpectedVersion::of(last_version(&store, &stream).await);
        loop {
            match store.append(&stream, expected, &events).await {
                Ok(appended) => {
                    report(&stream, appended.version, appended.position, &events);
                    break;
                }
                Err(AppendError::Conflict { actual, .. }) => expected = ExpectedVersion::of(actual),
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

fn report(stream: &StreamName, version: StreamVersion, at: GlobalPosition, events: &[NewEvent]) {
    let command = events[0].metadata.command_id;
    // One write, so that lines of several tasks do not mix; the kill may still cut it.
    let line = format!("{stream} {version} {at} {command} {} ok\n", events.len());
    std::io::stdout().lock().write_all(line.as_bytes()).unwrap();
}

async fn last_version(store: &SqliteStore, stream: &StreamName) -> Option<StreamVersion> {
    let mut last = None;
    loop {
        let page = store
            .read_stream(stream, StreamVersion::after(last), PAGE)
            .await
            .unwrap();
        last = page.events.last().map(|event| event.version).or(last);
        if page.is_end {
            return last;
        }
    }
}

/// `count` events of one append; each one's payload says how many they are.
fn new_events(seed: u64, writer: u64, n: u64, count: u64) -> Vec<NewEvent> {
    let command_id = CommandId::derive(&[9; 16], format!("{seed}/{writer}/{n}"));
    let event = |index| sample_event_of(command_id, index, count.to_string());
    (0..count as u32).map(event).collect()
}
