//! Hostile bytes of events, snapshots and checkpoints.

use std::num::NonZeroU32;

use super::{
    Report,
    case::{Case, Events, Verdict, at_most, check_page, check_positions, ensure, run_rule, stream},
    hostile::{Spoil, SpoilStored, spoil_each, unless_reported},
};
use crate::{
    CheckpointName, CheckpointStore, CommandId, ConsumerName, EventFilter, EventStore, EventType,
    ExpectedVersion, Feed, GlobalPosition, NamespaceName, NewEvent, RecordedEvent, SchemaVersion,
    Slice, Snapshot, SnapshotKey, SnapshotStore, StateSchema, StreamName, StreamVersion,
    testing::sample_event_of,
};

/// Events of one append, and of a page.
const TOGETHER: u32 = 64;

/// Appends: with as many events as a store may keep in an order of their own.
const APPENDS: u32 = 9;

/// Pages after which reading so few events is called endless.
const PAGES_MAX: u32 = 1_000;

/// Reads after which a feed that brings nothing is called hanging.
const PATIENCE_READS: u32 = 100_000;

const SCHEMA: StateSchema = StateSchema::new(7);

const KEY: SnapshotKey = SnapshotKey::new([3; 32]);

/// What a store was given, and has to answer as long as it tells of no damage.
struct Written {
    streams: Vec<StreamName>,
    log: Vec<RecordedEvent>,
    snapshots: Vec<Snapshot>,
    checkpoints: Vec<(CheckpointName, GlobalPosition)>,
}

pub(super) async fn report<H>(hand: &mut H, seed: u64, times: u32) -> Report
where
    H: SpoilStored<Store: EventStore + SnapshotStore + CheckpointStore>,
{
    let mut report = Report::new("EventStore (hostile bytes)");
    let written = match fill(hand).await {
        Ok(written) => written,
        Err(violation) => {
            report.add("a_sound_store_is_filled", Err(violation));
            return report;
        }
    };
    let each = (times / 4).max(1);
    for (rule, spoil) in [
        ("a_flipped_bit_is_told", Spoil::Flip),
        ("what_is_cut_is_told", Spoil::Cut),
        ("what_is_repeated_is_told", Spoil::Repeat),
        ("what_is_swapped_is_told", Spoil::Swap),
    ] {
        let look = async |hand: &mut H| look(hand, &written).await;
        let spoilt = spoil_each(hand, spoil, (seed, each), look);
        report.add(rule, run_rule(spoilt).await);
    }
    report
}

fn namespaces() -> [NamespaceName; 2] {
    ["hostile", "other"].map(|name| NamespaceName::new(name).expect("a word"))
}

fn events(number: u32) -> Vec<NewEvent> {
    let command = CommandId::derive(&[4; 16], number.to_string());
    let event = |index: u32| {
        let text = "민원 신청 ".repeat(1 + index as usize % 3);
        let json = format!(r#"{{"number":{number},"index":{index},"text":"{text}"}}"#);
        let event = sample_event_of(command, index, json);
        let names = ["Filed", "Received", "Assigned"];
        let name = EventType::new(names[index as usize % 3]).expect("a word");
        NewEvent {
            event_type: name,
            schema_version: SchemaVersion::new(1 + (index % 2) as u16),
            ..event
        }
    };
    (0..TOGETHER).map(event).collect()
}

/// Events of several streams in turn, and what is kept beside them.
async fn fill<H>(hand: &mut H) -> Verdict<Written>
where
    H: SpoilStored<Store: EventStore + SnapshotStore + CheckpointStore>,
{
    let store = hand.open().await?;
    let [one, other] = namespaces();
    let streams = [
        stream(&one, "Petition", "1"),
        stream(&other, "Petition", "1"),
        stream(&one, "Petition", "2"),
        stream(&one, "Issuance", "1"),
    ];
    for number in 0..APPENDS {
        let stream = &streams[number as usize % streams.len()];
        let events = events(number);
        let appended = store.append(stream, ExpectedVersion::Any, &events);
        appended.await?;
    }
    let mut log = Vec::new();
    let all = EventFilter::all();
    whole_log(&store, &all, &mut log).await?;
    let mut snapshots = Vec::new();
    for stream in &streams[..2] {
        let last = log.iter().rfind(|event| event.stream == *stream);
        let last = last.expect("it has events");
        let snapshot = KEY.seal(Snapshot {
            stream: stream.clone(),
            schema: SCHEMA,
            version: last.version,
            event_id: last.id(),
            position: last.position,
            state: format!(r#"{{"state":"of {stream}"}}"#).into(),
        });
        store.save_snapshot(&snapshot).await?;
        snapshots.push(snapshot);
    }
    let mut checkpoints = Vec::new();
    for (number, namespace) in (0..).zip([&one, &one, &other]) {
        let name = CheckpointName {
            namespace: namespace.clone(),
            consumer: ConsumerName::new("notices").expect("a word"),
            slice: Slice::new(number),
        };
        let position = log[100 + 100 * usize::from(number)].position;
        let saved = store.save_checkpoint(&name, GlobalPosition::START, position);
        saved.await?;
        checkpoints.push((name, position));
    }
    Ok(Written {
        streams: streams.into(),
        log,
        snapshots,
        checkpoints,
    })
}

/// Every answer of the store is right, or it tells.
async fn look<H>(hand: &mut H, written: &Written) -> Verdict
where
    H: SpoilStored<Store: EventStore + SnapshotStore + CheckpointStore>,
{
    let Some(store) = unless_reported(hand.open().await)? else {
        return Ok(());
    };
    written.kept_beside(&store).await?;
    let mut seen = Seen {
        written,
        is_told: false,
        missing: Vec::new(),
    };
    for stream in &written.streams {
        let mut events = Vec::new();
        let end = whole_stream(&store, stream, &mut events).await?;
        let of_stream = |event: &&RecordedEvent| event.stream == *stream;
        let all = written.log.iter().filter(of_stream);
        seen.note(stream.as_str(), &events, all, end)?;
    }
    let of_namespaces = namespaces().map(|name| (EventFilter::namespace(name.clone()), name));
    for (filter, name) in &of_namespaces {
        let mut events = Vec::new();
        let end = whole_log(&store, filter, &mut events).await?;
        let all = written
            .log
            .iter()
            .filter(|event| filter.admits(&event.stream));
        seen.note(name.as_str(), &events, all, end)?;
    }
    let mut events = Vec::new();
    let end = whole_log(&store, &EventFilter::all(), &mut events).await?;
    seen.note("the log", &events, written.log.iter(), end)?;
    let mut events = Vec::new();
    let end = whole_feed(&store, &mut events).await?;
    seen.note("a feed", &events, written.log.iter(), end)?;
    if seen.is_told || seen.missing.is_empty() || hand.is_found_by_check(&store).await {
        return Ok(());
    }
    let missing = seen.missing.join(", ");
    ensure(false, || {
        format!("events are missing in {missing}, and nothing tells")
    })
}

impl Written {
    /// Snapshots and checkpoints are what was saved, or as good as none.
    async fn kept_beside<S: SnapshotStore + CheckpointStore>(&self, store: &S) -> Verdict {
        for saved in &self.snapshots {
            let loaded = store.load_snapshot(&saved.stream, SCHEMA).await;
            let loaded = unless_reported(loaded)?.flatten();
            // What is behind no sound seal nobody believes.
            let believed = loaded.filter(|it| KEY.open(it).is_some());
            ensure(believed.is_none_or(|it| it == *saved), || {
                format!("the snapshot of {} is another one", saved.stream)
            })?;
        }
        for (name, saved) in &self.checkpoints {
            let loaded = unless_reported(store.load_checkpoint(name).await)?;
            let is_right = |it| it == *saved || it == GlobalPosition::START;
            ensure(loaded.is_none_or(is_right), || {
                format!("checkpoint {name} was at {saved}, and is at {loaded:?}")
            })?;
        }
        Ok(())
    }
}

/// What was read of a store.
struct Seen<'a> {
    written: &'a Written,
    /// Whether it has told of damage anywhere: in an error, a mark, or a hole that its readers see.
    is_told: bool,
    /// Where it answered less than was written, or more.
    missing: Vec<String>,
}

impl Seen<'_> {
    fn note<'w>(
        &mut self,
        from: &str,
        events: &[RecordedEvent],
        all: impl Iterator<Item = &'w RecordedEvent>,
        end: End,
    ) -> Verdict {
        for event in events.iter().filter(|event| event.fault.is_none()) {
            let written = self.written.log.iter();
            let mut same_place = written.filter(|it| it.position == event.position);
            let is_right = same_place.next() == Some(event);
            ensure(is_right, || {
                format!("{from} serves as sound what was not written: {event:?}")
            })?;
        }
        let marked = events.iter().filter(|event| event.fault.is_some());
        for event in marked.clone() {
            ensure(event.metadata.to_metadata().is_ok(), || {
                format!("{from} marks an event whose metadata breaks the rules")
            })?;
        }
        self.is_told |= end == End::Marking || marked.count() > 0;
        if !events.iter().eq(all) {
            self.missing.push(from.to_owned());
        }
        Ok(())
    }
}

/// How reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// At the end, without a hole on the way.
    Reached,
    /// With an error that tells of damage, or over a hole.
    Marking,
}

async fn whole_stream<S: EventStore>(
    store: &S,
    stream: &StreamName,
    events: &mut Vec<RecordedEvent>,
) -> Verdict<End> {
    let (mut from, mut has_hole) = (StreamVersion::FIRST, false);
    for _ in 0..PAGES_MAX {
        let page = store.read_stream(stream, from, at_most(TOGETHER)).await;
        let Some(page) = unless_reported(page)? else {
            return Ok(End::Marking);
        };
        check_page(page.events.len(), TOGETHER)?;
        for event in &page.events {
            ensure(event.stream == *stream && event.version >= from, || {
                format!("asked for {stream} from {from}, got {event:?}")
            })?;
            has_hole |= event.version != from;
            from = event.version.next();
        }
        let is_empty = page.events.is_empty();
        events.extend(page.events);
        if page.is_end {
            return Ok(if has_hole { End::Marking } else { End::Reached });
        }
        ensure(!is_empty, || format!("{stream} goes on without an event"))?;
    }
    endless(stream.as_str())
}

async fn whole_log<S: EventStore>(
    store: &S,
    filter: &EventFilter,
    events: &mut Vec<RecordedEvent>,
) -> Verdict<End> {
    let mut after = GlobalPosition::START;
    for _ in 0..PAGES_MAX {
        let page = store.read_all(after, filter, at_most(TOGETHER)).await;
        let Some(page) = unless_reported(page)? else {
            return Ok(End::Marking);
        };
        check_page(page.events.len(), TOGETHER)?;
        check_positions(after, &page.events, page.position)?;
        ensure(page.is_end || page.position > after, || {
            format!("a page of the log after {after} moves nowhere")
        })?;
        after = page.position;
        events.extend(page.events);
        if page.is_end {
            return Ok(End::Reached);
        }
    }
    endless("the log")
}

async fn whole_feed<S: EventStore>(store: &S, events: &mut Vec<RecordedEvent>) -> Verdict<End> {
    let [namespace, _] = namespaces();
    let case = Case::new(store, Events, &namespace, "feed");
    let all = EventFilter::all();
    let page = NonZeroU32::new(TOGETHER).expect("not 0");
    let (mut after, mut feed) = (
        GlobalPosition::START,
        store.feed(GlobalPosition::START, all, page),
    );
    for _ in 0..PAGES_MAX {
        let Some(batch) = case.within(PATIENCE_READS, feed.next()).await else {
            let hangs = "a feed hangs, and has not said that it has caught up";
            return ensure(false, || hangs.into()).map(|()| End::Reached);
        };
        let Some(batch) = unless_reported(batch)? else {
            return Ok(End::Marking);
        };
        check_positions(after, &batch.events, batch.position)?;
        after = batch.position;
        events.extend(batch.events);
        if batch.caught_up {
            return Ok(End::Reached);
        }
    }
    endless("a feed")
}

fn endless(what: &str) -> Verdict<End> {
    ensure(false, || format!("{what} comes to no end")).map(|()| End::Reached)
}
