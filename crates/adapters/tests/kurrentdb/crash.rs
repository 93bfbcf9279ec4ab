//! A process that appends and follows, killed at any moment while its server lives on: what was
//! acknowledged is there exactly once, nothing is torn, a saved checkpoint stays, and between them
//! the processes saw every event.
//!
//! Each process is run twice with the same seed, so that the second one repeats what the first one
//! did, reported or not, and goes on from there.
//!
//! `MINWON_CRASH_KILLS` sets how often (default 20), `MINWON_CRASH_SEED` where to begin.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    env,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    str::FromStr,
};

use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{
    CheckpointName, CheckpointStore, CommandId, ConsumerName, EventFilter, EventStore,
    ExpectedVersion, Feed, GlobalPosition, NamespaceName, NewEvent, RecordedEvent, Slice,
    StreamName, StreamVersion,
    testing::{SeededRng, sample_event_of},
};
use minwon_kurrentdb_stand_in::{Positions, StandIn};
use tokio::{sync::watch, task::spawn_blocking, time::timeout};

use crate::scene::{PAGE, WAIT_MAX, open, patient, real_server, run};

const WRITERS: u64 = 4;
/// Appends to one stream of a writer's own.
const APPENDS_PER_STREAM: u64 = 5;

fn env_number(name: &str, default: u64) -> u64 {
    env::var(name)
        .ok()
        .map_or(default, |text| text.parse().expect(name))
}

/// The child's reports; each line ends with a mark, as the kill may cut the last one short.
#[derive(Debug)]
enum Said {
    /// An append was answered: stream, version and position of the last event, command, events.
    Appended(StreamName, StreamVersion, GlobalPosition, CommandId, u32),
    /// It follows from a checkpoint.
    From(GlobalPosition),
    /// Its feed brought an event.
    Saw(GlobalPosition),
    /// The checkpoint was moved.
    Saved(GlobalPosition),
}

impl Said {
    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<_> = line.strip_suffix(" ok")?.split(' ').collect();
        Some(match fields[..] {
            ["appended", stream, version, position, command, events] => Self::Appended(
                field(stream),
                StreamVersion::new(field(version)),
                field(position),
                field(command),
                field(events),
            ),
            ["from", position] => Self::From(field(position)),
            ["saw", position] => Self::Saw(field(position)),
            ["saved", position] => Self::Saved(field(position)),
            _ => return None,
        })
    }
}

fn field<T: FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect(text)
}

fn say(lines: &str) {
    // One write, so that lines of several tasks do not mix; the kill may still cut it.
    std::io::stdout()
        .lock()
        .write_all(lines.as_bytes())
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_nothing() {
    let builder = StandIn::builder().positions(Positions::Transactions);
    let stand_in = builder.start().await.unwrap();
    kill_often(&stand_in.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_lose_nothing_on_a_real_server() {
    if let Some(url) = real_server("the killed process") {
        kill_often(&url).await;
    }
}

async fn kill_often(url: &str) {
    let kills = env_number("MINWON_CRASH_KILLS", 20);
    let seed = env_number("MINWON_CRASH_SEED", 1);
    let scene = Scene {
        url: url.into(),
        namespace: run(),
    };
    let store = open(url, patient());
    let begin = store.head().await.unwrap();
    // What others wrote before is not looked through.
    let checkpoint = scene.checkpoint();
    let saved = store.save_checkpoint(&checkpoint, GlobalPosition::START, begin);
    saved.await.unwrap();
    let (stop, stopped) = watch::channel(None);
    let following = tokio::spawn(follow(store.clone(), scene.filter(), begin, stopped));

    let mut seen = Seen {
        positions: HashSet::new(),
        saved: begin,
    };
    let (mut acknowledged, mut log) = (0, Vec::new());
    for round in 0..kills {
        let (scene, seed) = (scene.clone(), seed + round / 2);
        let filter = scene.filter();
        let said = spawn_blocking(move || scene.run_and_kill(seed, seed * kills + round));
        let said = said.await.unwrap();
        log = read_log(&store, begin, &filter).await;
        nothing_is_torn_or_doubled(&log);
        acknowledged += acknowledged_is_there(&log, &said);
        seen.check(&log, &said);
    }
    println!(
        "{kills} kills, {acknowledged} acknowledged appends, {} events, {} seen, seed {seed}",
        log.len(),
        seen.positions.len()
    );
    assert!(acknowledged > kills, "it hardly wrote: {acknowledged}");
    assert!(!seen.positions.is_empty(), "it never followed");

    stop.send(log.last().map(|event| event.position)).unwrap();
    let followed = timeout(WAIT_MAX, following).await;
    let followed = followed.expect("the feed catches up").unwrap();
    assert!(followed == log, "a feed that lives on sees each event once");
}

/// Follows until it has reached the position that it is given.
async fn follow(
    store: KurrentStore,
    filter: EventFilter,
    begin: GlobalPosition,
    mut stopped: watch::Receiver<Option<GlobalPosition>>,
) -> Vec<RecordedEvent> {
    let mut feed = store.feed(begin, filter, PAGE);
    let mut seen: Vec<RecordedEvent> = Vec::new();
    loop {
        let reached = seen.last().map(|event| event.position);
        if reached.is_some() && *stopped.borrow() == reached {
            return seen;
        }
        tokio::select! {
            batch = feed.next() => seen.extend(batch.expect("the feed goes on").events),
            _ = stopped.changed() => {}
        }
    }
}

async fn read_log(
    store: &KurrentStore,
    begin: GlobalPosition,
    filter: &EventFilter,
) -> Vec<RecordedEvent> {
    let (mut log, mut after) = (Vec::new(), begin);
    loop {
        let page = store.read_all(after, filter, PAGE).await.unwrap();
        after = page.position;
        log.extend(page.events);
        if page.is_end {
            return log;
        }
    }
}

/// Each append is there once and whole, its events side by side; each stream counts up from 0.
fn nothing_is_torn_or_doubled(log: &[RecordedEvent]) {
    let ids: HashSet<_> = log.iter().map(RecordedEvent::id).collect();
    assert_eq!(ids.len(), log.len(), "an event is there twice");
    let mut versions: BTreeMap<_, u64> = BTreeMap::new();
    for event in log {
        let next = versions.entry(event.stream.as_str()).or_default();
        assert_eq!(event.version.get(), *next, "{}", event.stream);
        *next += 1;
    }
    for append in log.chunk_by(|one, next| one.metadata.command_id() == next.metadata.command_id())
    {
        let count = append.len().to_string();
        assert_eq!(count.as_bytes(), &append[0].payload[..], "a torn append");
    }
}

/// How many appends were acknowledged to the child; all of them are there.
fn acknowledged_is_there(log: &[RecordedEvent], said: &[Said]) -> u64 {
    let place = |event: &RecordedEvent| (event.stream.clone(), event.version);
    let events: HashMap<_, _> = log.iter().map(|event| (place(event), event)).collect();
    let mut acknowledged = 0;
    for said in said {
        if let Said::Appended(stream, version, position, command, count) = said {
            let event = events.get(&(stream.clone(), *version));
            let event = event.unwrap_or_else(|| panic!("acknowledged, but lost: {said:?}"));
            assert_eq!(event.position, *position, "{said:?}");
            assert_eq!(event.id(), command.event_id(count - 1), "{said:?}");
            acknowledged += 1;
        }
    }
    acknowledged
}

/// All that the children's feeds brought.
struct Seen {
    positions: HashSet<GlobalPosition>,
    saved: GlobalPosition,
}

impl Seen {
    /// The feed brought what is behind its checkpoint, in order and without a gap; no checkpoint
    /// is behind one that was saved, or beyond what was seen.
    fn check(&mut self, log: &[RecordedEvent], said: &[Said]) {
        let mut expected = None;
        for said in said {
            match said {
                Said::From(from) => {
                    assert!(*from >= self.saved, "a saved checkpoint is lost");
                    let is_behind = |event: &&RecordedEvent| event.position <= *from;
                    let missed = log.iter().take_while(is_behind);
                    let missed = missed.filter(|event| !self.positions.contains(&event.position));
                    assert_eq!(missed.count(), 0, "passed over by a checkpoint");
                    expected = Some(log.iter().skip_while(is_behind));
                }
                Said::Saw(position) => {
                    let next = expected.as_mut().and_then(Iterator::next);
                    let next = next.map(|event| event.position);
                    assert_eq!(next, Some(*position), "in order, and without a gap");
                    self.positions.insert(*position);
                }
                Said::Saved(position) => self.saved = *position,
                Said::Appended(..) => {}
            }
        }
    }
}

/// Where a child works.
#[derive(Debug, Clone)]
struct Scene {
    url: String,
    namespace: NamespaceName,
}

impl Scene {
    fn filter(&self) -> EventFilter {
        EventFilter::namespace(self.namespace.clone())
    }

    fn checkpoint(&self) -> CheckpointName {
        CheckpointName {
            namespace: self.namespace.clone(),
            consumer: ConsumerName::new("follower").unwrap(),
            slice: Slice::new(0),
        }
    }

    fn stream(&self, id: &str) -> StreamName {
        format!("{}_Crash-{id}", self.namespace).parse().unwrap()
    }

    /// Lets a child work until it has acknowledged a random number of appends, then kills it.
    fn run_and_kill(&self, seed: u64, chance: u64) -> Vec<Said> {
        let appends_max = SeededRng::new(chance).below(60);
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["crash::works_until_it_is_killed", "--exact"])
            .args(["--ignored", "--nocapture"])
            .env("MINWON_CRASH_URL", &self.url)
            .env("MINWON_CRASH_NAMESPACE", self.namespace.as_str())
            .env("MINWON_CRASH_SEED", seed.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (mut said, mut acknowledged) = (Vec::new(), 0);
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let news = Said::parse(&line.unwrap());
            acknowledged += u64::from(matches!(news, Some(Said::Appended(..))));
            said.extend(news);
            // Not an error where it is dead already: the rest of its output is still read.
            if acknowledged >= appends_max && !said.is_empty() {
                child.kill().unwrap();
            }
        }
        let status = child.wait().unwrap();
        assert_eq!(status.code(), None, "the child ended by itself");
        said
    }
}

/// The child: several tasks append to streams of their own and to one that they share, another one
/// follows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the crash test runs it in a process of its own"]
async fn works_until_it_is_killed() {
    let Ok(url) = env::var("MINWON_CRASH_URL") else {
        return;
    };
    let namespace = env::var("MINWON_CRASH_NAMESPACE").unwrap();
    let namespace = NamespaceName::new(namespace).unwrap();
    let scene = Scene { url, namespace };
    let store = open(&scene.url, patient());
    let seed = env_number("MINWON_CRASH_SEED", 1);
    let work = (0..WRITERS)
        .map(|writer| tokio::spawn(write(store.clone(), scene.clone(), seed, writer)))
        .chain([tokio::spawn(follow_from_checkpoint(
            store.clone(),
            scene.clone(),
        ))]);
    for task in work.collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

/// The same appends in the same order for the same seed: a further run repeats them.
async fn write(store: KurrentStore, scene: Scene, seed: u64, writer: u64) {
    let mut rng = SeededRng::new(seed * WRITERS + writer);
    let shared = scene.stream(&format!("{seed}-shared"));
    let mut own = None;
    for n in 0.. {
        let (is_shared, count) = (rng.below(4) == 0, 1 + rng.below(5) as u32);
        let events = new_events(seed, writer, n, count);
        if n % APPENDS_PER_STREAM == 0 {
            own = None;
        }
        let (stream, expected) = if is_shared {
            (shared.clone(), ExpectedVersion::Any)
        } else {
            let name = format!("{seed}-{writer}-{}", n / APPENDS_PER_STREAM);
            (scene.stream(&name), ExpectedVersion::of(own))
        };
        let appended = store.append(&stream, expected, &events).await.unwrap();
        if !is_shared {
            own = Some(appended.version);
        }
        let (version, position) = (appended.version, appended.position);
        let command = events[0].metadata.command_id;
        say(&format!(
            "appended {stream} {version} {position} {command} {count} ok\n"
        ));
    }
}

/// Says what it sees before the checkpoint moves over it.
async fn follow_from_checkpoint(store: KurrentStore, scene: Scene) {
    let checkpoint = scene.checkpoint();
    let mut at = store.load_checkpoint(&checkpoint).await.unwrap();
    say(&format!("from {at} ok\n"));
    let mut feed = store.feed(at, scene.filter(), PAGE);
    loop {
        let batch = feed.next().await.unwrap();
        let saw = |event: &RecordedEvent| format!("saw {} ok\n", event.position);
        say(&batch.events.iter().map(saw).collect::<String>());
        let saved = store.save_checkpoint(&checkpoint, at, batch.position);
        saved.await.unwrap();
        at = batch.position;
        say(&format!("saved {at} ok\n"));
    }
}

/// `count` events of one append; each one's payload says how many they are.
fn new_events(seed: u64, writer: u64, n: u64, count: u32) -> Vec<NewEvent> {
    let command = CommandId::derive(&[9; 16], format!("{seed}/{writer}/{n}"));
    let event = |index| sample_event_of(command, index, count.to_string());
    (0..count).map(event).collect()
}
