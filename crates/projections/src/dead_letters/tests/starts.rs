//! The events that a fresh process reads, and its knowledge after that.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use minwon_core::{
    Compensated, ConsumerLetters, OpenQueue, ReactionKind, Skipped, Snapshot, SnapshotKey,
    StateSchema, StoreError, StreamPage,
    testing::{Hook, Hooked, SeededRng},
};

use minwon_adapters::SystemClock;

use super::*;
use crate::testing::Log;

/// The team's.
const KEY: SnapshotKey = SnapshotKey::new([7; 32]);

/// Counts the events that streams hand out.
#[derive(Default)]
struct Counting(AtomicU64);

impl<S: EventStore> Hook<S> for Counting {
    type Memory = ();

    async fn read_stream(
        &self,
        store: &S,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let page = store.read_stream(stream, from, events_max).await?;
        self.0
            .fetch_add(page.events.len() as u64, Ordering::Relaxed);
        Ok(page)
    }
}

fn skipped(of: &str, event: &EventRef) -> DeadLetterEvent {
    Skipped {
        consumer: consumer(of),
        key: event.subject.to_string(),
        event: event.clone(),
        by: operator(),
        reason: "a duplicate".into(),
    }
    .into()
}

fn compensated(of: &str, event: &EventRef) -> DeadLetterEvent {
    Compensated {
        consumer: consumer(of),
        key: event.subject.to_string(),
        event: event.clone(),
        by: operator(),
        reason: "sent by post".into(),
    }
    .into()
}

/// Whether nothing is in memory of any letter.
async fn is_empty<S: EventStore, T: Timer>(letters: &DeadLetters<S, T>) -> bool {
    let none = ConsumerLetters::default();
    let is_empty = |book: &DeadLetterBook| book.consumers().all(|(_, of)| *of == none);
    letters.look(is_empty)
}

/// How many events a fresh process reads after so many letters were settled, half of them skipped;
/// with some that are open.
async fn read_at_start(settled: u64, open: u64) -> u64 {
    let log = Log::new();
    for n in 0..settled + open {
        log.append(&format!("p-{n}"));
    }
    let refs = refs(&log);
    let clock = SystemClock;
    let at_work = letters(&log.store, &clock).with_snapshots(log.store.clone(), KEY);
    for part in refs.chunks(500) {
        let all = part.iter().map(|event| added(NOTIFIER, event));
        at_work.record(all.collect()).await.unwrap();
    }
    for part in refs[..settled as usize].chunks(500) {
        let all = part.iter().enumerate().map(|(n, event)| match n % 2 {
            0 => skipped(NOTIFIER, event),
            _ => released(NOTIFIER, event),
        });
        at_work.record(all.collect()).await.unwrap();
    }
    assert_eq!(
        is_empty(&at_work).await,
        open == 0,
        "memory of what is open"
    );
    let store = Hooked::new(log.store.clone(), Counting::default());
    let fresh = letters(&store, &clock).with_snapshots(log.store.clone(), KEY);
    fresh.refresh().await.unwrap();
    assert_eq!(is_empty(&fresh).await, open == 0);
    let found = fresh.look(|book| book.letters().count() as u64);
    assert_eq!(found, open);
    // An event that was given up is found by whoever asks for it.
    let again = vec![added(NOTIFIER, &refs[0]), parked(NOTIFIER, &refs[2])];
    let before = written(&log.store).await.len();
    let read_by_start = store.hook().0.load(Ordering::Relaxed);
    fresh.record(again).await.unwrap();
    assert_eq!(written(&log.store).await.len(), before, "no news");
    read_by_start
}

#[test]
fn a_start_reads_what_is_open_and_not_what_was() {
    run(async {
        let few = read_at_start(2_000, 0).await;
        let many = read_at_start(6_000, 0).await;
        // The directory, the last event of what was kept, and at most as many as are kept together.
        assert!(few <= 1_026 && many <= 1_026, "{few}, {many}");
        let open = read_at_start(2_000, 1_500).await;
        assert!(open <= 1_500 + 1_026, "{open}");
    });
}

/// A store with eight letters in one queue, and what is kept of it, sealed with a key.
async fn kept(key: SnapshotKey) -> (Log, Snapshot) {
    let log = Log::of(&[8]);
    let known = letters(&log.store, &SystemClock).keeping_after(5, log.store.clone(), key);
    let refs = refs(&log);
    let all = refs.iter().map(|event| added(NOTIFIER, event));
    known.record(all.collect()).await.unwrap();
    let queue = dead_letter_queue(known.namespace(), &refs[0].event_type);
    let snapshot = log.store.load_snapshot(&queue, StateSchema::new(1));
    let snapshot = snapshot.await.unwrap().expect("it was due");
    (log, snapshot)
}

/// How many letters a process finds that starts with `snapshot` for what was kept, and how many
/// events it reads.
async fn found_with(log: &Log, snapshot: &Snapshot, key: SnapshotKey) -> (usize, u64) {
    log.store.delete_snapshots(&snapshot.stream).await.unwrap();
    log.store.save_snapshot(snapshot).await.unwrap();
    let store = Hooked::new(log.store.clone(), Counting::default());
    let fresh = letters(&store, &SystemClock).with_snapshots(log.store.clone(), key);
    fresh.refresh().await.unwrap();
    let found = fresh.look(|book| book.letters().count());
    (found, store.hook().0.load(Ordering::Relaxed))
}

/// What is open of a queue, without its letters.
fn without_letters(state: &[u8]) -> Vec<u8> {
    let mut json: serde_json::Value = serde_json::from_slice(state).unwrap();
    assert_eq!(json["open"]["held"].as_array().unwrap().len(), 8);
    json["open"]["held"] = serde_json::json!([]);
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn a_forged_snapshot_hides_no_letter() {
    run(async {
        let (log, snapshot) = kept(KEY).await;
        assert_eq!(found_with(&log, &snapshot, KEY).await, (8, 2), "it is read");
        let state = KEY.open(&snapshot).unwrap();
        let forged = Snapshot {
            state: without_letters(state),
            ..snapshot.clone()
        };
        // The rest of this test proves nothing unless this one is believed.
        let by_the_team = KEY.seal(forged.clone());
        assert_eq!(found_with(&log, &by_the_team, KEY).await.0, 0);
        let by_others = SnapshotKey::new([8; 32]).seal(forged.clone());
        assert_eq!(found_with(&log, &by_others, KEY).await, (8, 9));
        let with_its_seal = Snapshot {
            state: [&snapshot.state[..32], &forged.state].concat(),
            ..snapshot.clone()
        };
        assert_eq!(found_with(&log, &with_its_seal, KEY).await.0, 8);
        // As they were kept before there were seals, behind a checksum that anybody can make.
        let mut json: serde_json::Value = serde_json::from_slice(&forged.state).unwrap();
        json["last"] = snapshot.event_id.to_string().into();
        let json = serde_json::to_vec(&json).unwrap();
        let checksum = minwon_core::CommandId::derive(b"minwon.letters/k", &json).to_string();
        let old = Snapshot {
            state: [checksum.as_bytes(), &json].concat(),
            ..snapshot.clone()
        };
        assert_eq!(found_with(&log, &old, KEY).await.0, 8);
    });
}

#[test]
fn no_byte_of_what_is_kept_can_change_what_is_known() {
    run(async {
        let (log, snapshot) = kept(KEY).await;
        for at in 0..snapshot.state.len() {
            let mut spoilt = snapshot.clone();
            spoilt.state[at] ^= 1 << (at % 8);
            assert_eq!(found_with(&log, &spoilt, KEY).await, (8, 9), "byte {at}");
            spoilt.state.truncate(at);
            assert_eq!(found_with(&log, &spoilt, KEY).await, (8, 9), "cut at {at}");
        }
    });
}

#[test]
fn without_a_key_of_the_teams_another_process_reads_the_queues_whole() {
    run(async {
        let (log, snapshot) = kept(SnapshotKey::new([9; 32])).await;
        let of_process = SnapshotKey::of_process();
        assert_eq!(found_with(&log, &snapshot, of_process).await, (8, 9));
    });
}

/// Keeps snapshots as a store would that was restored, damaged or mixed up with others.
#[derive(Clone)]
struct OddShelf {
    seed: Arc<Mutex<SeededRng>>,
    kept: Arc<Mutex<Vec<Snapshot>>>,
    damage: u64,
}

impl OddShelf {
    fn below(&self, bound: u64) -> u64 {
        self.seed.lock().unwrap().below(bound)
    }
}

impl SnapshotStore for OddShelf {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        _: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let kept = self.kept.lock().unwrap().clone();
        let own: Vec<_> = kept.iter().filter(|it| it.stream == *stream).collect();
        let any = |some: &[&Snapshot]| {
            let at = self.below(some.len().max(1) as u64) as usize;
            some.get(at).map(|it| (*it).clone())
        };
        let Some(mut found) = any(&own) else {
            return Ok(None);
        };
        match self.below(self.damage) {
            // Of another queue, under this one's name.
            0 => {
                let of_others: Vec<_> = kept.iter().filter(|it| it.stream != *stream).collect();
                found = any(&of_others).unwrap_or(found);
            }
            1 => {
                let at = self.below(found.state.len() as u64) as usize;
                found.state[at] ^= 1;
            }
            2 => found
                .state
                .truncate(self.below(found.state.len() as u64) as usize),
            // Its event is not there, as in a store that was restored.
            3 => found.version = StreamVersion::new(found.version.get() + 1_000),
            4 => found.event_id = minwon_core::CommandId::derive(&[3; 16], "x").event_id(0),
            // The state of another moment.
            5 => {
                let other = any(&own);
                found.state = other.map_or_else(Vec::new, |it| it.state);
            }
            6 => {
                return Err(StoreError::new(
                    minwon_core::StoreErrorKind::Unavailable,
                    "away",
                ));
            }
            7 => return Ok(None),
            _ => {}
        }
        Ok(Some(found))
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        // One that is killed before it keeps what it has recorded.
        if self.below(4) > 0 {
            self.kept.lock().unwrap().push(snapshot.clone());
        }
        Ok(())
    }

    async fn delete_snapshots(&self, _: &StreamName) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Something that may happen to an event, whether it can be so or not.
fn any_step(rng: &mut SeededRng, of: &str, event: &EventRef) -> DeadLetterEvent {
    let kinds = [
        None,
        Some(ReactionKind::Handled),
        Some(ReactionKind::Compensated),
    ];
    let kind = kinds[rng.below(3) as usize];
    let mut step = match rng.below(10) {
        0..3 => added(of, event),
        3 => parked(of, event),
        4 => retry_requested(of, event),
        5 => retry_failed(of, event, "again"),
        6 => released(of, event),
        7 | 8 => skipped(of, event),
        _ => compensated(of, event),
    };
    match &mut step {
        DeadLetterEvent::Released(it) => it.kind = kind,
        DeadLetterEvent::RetryFailed(it) => it.kind = kind,
        _ => {}
    }
    step
}

/// Returns what is open in all queues.
fn open(book: &DeadLetterBook, types: &[EventRef]) -> Vec<OpenQueue> {
    types
        .iter()
        .map(|it| book.open_of(&it.event_type))
        .collect()
}

/// The fold of all that the queues hold, and whether all of it was news there.
async fn from_the_start(store: &MemoryStore, seed: u64) -> DeadLetterBook {
    let mut book = DeadLetterBook::default();
    for (recorded, event) in written(store).await {
        assert!(book.is_news(&event), "seed {seed}: {event:?}");
        book.apply(&event, recorded.metadata.occurred_at());
    }
    book
}

/// Twins of which either starts again at any moment, with whatever is kept, write what those would
/// that have read all there is, and know what those know.
async fn any_story(seed: u64) {
    let mut rng = SeededRng::new(seed);
    let log = Log::new();
    for n in 0..6 {
        log.append(&format!("p-{}", n % 3));
    }
    let events: Vec<_> = refs(&log)
        .iter()
        .enumerate()
        .map(|(n, event)| of_type(event, ["Filed", "Received"][n % 2]))
        .collect();
    let shelf = OddShelf {
        seed: Arc::new(Mutex::new(rng.fork())),
        kept: Arc::default(),
        damage: [8, 16, 64][rng.below(3) as usize],
    };
    let clock = SystemClock;
    let fresh = || letters(&log.store, &clock).keeping_after(5, shelf.clone(), KEY);
    let mut twins = [fresh(), fresh()];
    for _ in 0..rng.below(120) {
        let twin = rng.below(2) as usize;
        match rng.below(12) {
            0 => twins[twin] = fresh(),
            1 => twins[twin].refresh().await.unwrap(),
            2 => {
                let after = GlobalPosition::new(rng.below(60));
                drop(twins[twin].window(after).await.unwrap());
            }
            _ => {
                let of = [NOTIFIER, AGENCY][rng.below(2) as usize];
                let mut steps = Vec::new();
                for _ in 0..1 + rng.below(3) {
                    let event = &events[rng.below(6) as usize];
                    steps.push(any_step(&mut rng, of, event));
                }
                twins[twin].record(steps).await.unwrap();
            }
        }
    }
    let expected = from_the_start(&log.store, seed).await;
    let [one, other] = twins;
    for known in [one, other, fresh(), fresh()] {
        known.refresh().await.unwrap();
        let found = known.look(Clone::clone);
        assert_eq!(
            open(&found, &events),
            open(&expected, &events),
            "seed {seed}"
        );
        let after = GlobalPosition::new(rng.below(8));
        let _window = known.window(after).await.unwrap();
        let found = known.look(Clone::clone);
        for (event, of) in events.iter().flat_map(|it| [(it, NOTIFIER), (it, AGENCY)]) {
            let is_given_up = |book: &DeadLetterBook| {
                let of = book.of(&consumer(of));
                of.is_some_and(|of| of.is_given_up(event.id))
            };
            if event.position > after {
                assert_eq!(
                    is_given_up(&found),
                    is_given_up(&expected),
                    "seed {seed}: {event:?}"
                );
            }
        }
    }
}

#[test]
fn whatever_is_kept_a_process_knows_what_one_does_that_has_read_everything() {
    run(async {
        for seed in 0..100 {
            any_story(seed).await;
        }
    });
}

#[test]
fn what_a_window_does_not_reach_is_forgotten_and_found_again() {
    run(async {
        let log = Log::of(&[1, 1, 1]);
        let refs = refs(&log);
        let letters = letters(&log.store, &SystemClock);
        let all = refs.iter().map(|event| added(NOTIFIER, event));
        letters.record(all.collect()).await.unwrap();
        let window = letters.window(log.head()).await.unwrap();
        for event in &refs {
            letters
                .record(vec![skipped(NOTIFIER, event)])
                .await
                .unwrap();
        }
        let given_up = || {
            let ids = refs.iter().map(|event| event.id);
            letters
                .given_up_at(&consumer(NOTIFIER), ids, log.head())
                .len()
        };
        assert_eq!(given_up(), 3);
        // The first decision is passed by, then all.
        let first = told_at(&log.store, 3).await;
        let second = told_at(&log.store, 4).await;
        let at = |at| {
            let ids = refs.iter().map(|event| event.id);
            letters.given_up_at(&consumer(NOTIFIER), ids, at).len()
        };
        assert_eq!(
            (at(first), at(second)),
            (1, 2),
            "each from where it stands on"
        );
        window.advance(first);
        assert_eq!(given_up(), 2);
        drop(window);
        assert_eq!(given_up(), 0);
        assert!(is_empty(&letters).await);
        let again = letters.window(first).await.unwrap();
        assert_eq!(given_up(), 2);
        again.reach_back(refs[0].position).await.unwrap();
        assert_eq!(given_up(), 3);
    });
}

#[test]
fn a_window_tells_what_was_given_up_in_a_queue_that_others_opened_and_kept_since() {
    run(async {
        let log = Log::of(&[8]);
        let refs = refs(&log);
        let fresh = || letters(&log.store, &SystemClock).keeping_after(5, log.store.clone(), KEY);
        let known = fresh();
        known.refresh().await.unwrap();
        let _window = known.window(log.head()).await.unwrap();
        let other = fresh();
        for event in &refs {
            other.record(vec![added(NOTIFIER, event)]).await.unwrap();
            other.record(vec![skipped(NOTIFIER, event)]).await.unwrap();
        }
        known.refresh().await.unwrap();
        let ids = refs.iter().map(|event| event.id);
        let given_up = known.given_up_at(&consumer(NOTIFIER), ids, log.head());
        assert_eq!(given_up.len(), 8);
    });
}

/// Where the event of the queues with this number stands that speaks of an event.
async fn told_at(store: &MemoryStore, number: usize) -> GlobalPosition {
    let written = written(store).await.into_iter();
    let mut told = written.filter(|(_, event)| event.event().is_some());
    told.nth(number).unwrap().0.position
}
