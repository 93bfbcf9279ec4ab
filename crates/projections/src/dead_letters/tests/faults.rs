//! Stores that fail, callers that stop half-way, and several at once.

use futures_util::{FutureExt as _, future::join};
use minwon_core::testing::{Faulty, ManualClock, SeededRng};

use super::*;

const SEEDS: u64 = 60;

/// Lets `future` run until it has waited `waits` times, then drops it.
async fn killed<T>(future: impl Future<Output = T>, waits: u64) -> Option<T> {
    let mut future = std::pin::pin!(future);
    for _ in 0..waits {
        if let Some(done) = future.as_mut().now_or_never() {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

fn faulty(store: &MemoryStore, seed: u64) -> Faulty<MemoryStore> {
    Faulty::builder(store.clone(), seed)
        .lost_acknowledgements_per_mille(200)
        .lost_requests_per_mille(150)
        .conflicts_per_mille(150)
        .unavailable_per_mille(150)
        .slow_per_mille(500, NonZeroU32::new(3).unwrap())
        .build()
}

/// Some letters, some of which others wait behind, in two queues.
fn story() -> Vec<DeadLetterEvent> {
    let event = |number: u64| {
        let event = event_ref(&format!("p-{}", number % 4), number);
        of_type(&event, ["Received", "Submitted"][number as usize % 2])
    };
    let first = (0..4).map(|number| added(NOTIFIER, &event(number)));
    let behind = (4..12).map(|number| parked(NOTIFIER, &event(number)));
    first.chain(behind).collect()
}

/// Each of a story once, whatever happened to those who wrote it.
async fn check(store: &MemoryStore, seed: u64) {
    let mut events = queue_events(store).await;
    let position = |event: &DeadLetterEvent| event.event().map(|event| event.position);
    events.sort_by_key(position);
    assert_eq!(events, story(), "seed {seed}");
    let reader = letters(store, &ManualClock::new(Timestamp::UNIX_EPOCH));
    reader.refresh().await.unwrap();
    let count = |book: &DeadLetterBook| book.letters().count();
    assert_eq!(reader.look(count), 4, "seed {seed}");
}

async fn record_until_done<S: EventStore>(letters: &DeadLetters<S, ManualClock>) {
    for _ in 0..1_000 {
        if letters.record(story()).await.is_ok() {
            return;
        }
    }
    panic!("a store that works now and then takes it in the end");
}

#[test]
fn two_who_record_the_same_through_a_failing_store_record_it_once() {
    run(async {
        let mut faults = 0;
        for seed in 0..SEEDS {
            let store = MemoryStore::new();
            let failing = faulty(&store, seed);
            let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
            let (one, other) = (letters(&failing, &clock), letters(&failing, &clock));
            join(record_until_done(&one), record_until_done(&other)).await;
            check(&store, seed).await;
            let (known, of_other) = (one.look(Clone::clone), other.look(Clone::clone));
            assert_eq!(known, of_other, "seed {seed}");
            faults += failing.faults().total();
        }
        assert!(faults > SEEDS, "there was something to survive");
    });
}

#[test]
fn whoever_is_killed_at_any_point_and_begins_again_records_it_once() {
    run(async {
        for seed in 0..SEEDS {
            let (store, mut rng) = (MemoryStore::new(), SeededRng::new(seed));
            let failing = faulty(&store, seed);
            let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
            let mut survivor = letters(&failing, &clock);
            for _ in 0..20 {
                let waits = rng.below(12);
                let _ = killed(survivor.record(story()), waits).await;
                if rng.happens(500) {
                    // Another process, which knows nothing.
                    survivor = letters(&failing, &clock);
                }
            }
            record_until_done(&survivor).await;
            check(&store, seed).await;
        }
    });
}

#[test]
fn an_unavailable_store_is_an_error_and_nothing_is_lost() {
    run(async {
        let store = MemoryStore::new();
        let failing = Faulty::builder(store.clone(), 1).build();
        let letters = letters(
            &failing,
            &ManualClock::auto_advancing(Timestamp::UNIX_EPOCH),
        );
        failing.go_down();
        let error = letters.record(story()).await.unwrap_err();
        assert!(matches!(error, DeadLetterError::Store(_)), "{error}");
        assert!(letters.refresh().await.is_err());
        failing.heal();
        letters.record(story()).await.unwrap();
        check(&store, 1).await;
    });
}

#[test]
fn a_lost_acknowledgement_is_asked_for_again_and_no_error() {
    run(async {
        for seed in 0..SEEDS {
            let store = MemoryStore::new();
            let failing = Faulty::builder(store.clone(), seed)
                .lost_acknowledgements_per_mille(300)
                .build();
            let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
            letters(&failing, &clock).record(story()).await.unwrap();
            check(&store, seed).await;
        }
    });
}
