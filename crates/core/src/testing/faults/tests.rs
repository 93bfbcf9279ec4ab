use futures_executor::block_on;
use futures_util::FutureExt;

use super::*;
use crate::{
    CheckpointError, CheckpointName, CheckpointStore, ConsumerName, EventFilter, EventId, Feed,
    NamespaceName, Slice,
    testing::{MemoryStore, conformance, sample_event},
};

mod read_models;

const ALWAYS: u16 = 1000;

type Builder = FaultsBuilder<MemoryStore>;

fn faulty(seed: u64, rates: impl Fn(Builder) -> Builder) -> Faulty<MemoryStore> {
    rates(Faulty::builder(MemoryStore::new(), seed)).build()
}

fn stream() -> StreamName {
    "general_Petition-1".parse().unwrap()
}

fn append(store: &impl EventStore, label: &str) -> Result<Appended, AppendError> {
    let event = [sample_event(label)];
    block_on(store.append(&stream(), ExpectedVersion::Any, &event))
}

fn labels(store: &impl EventStore) -> Vec<EventId> {
    let stream = stream();
    let read = store.read_stream(&stream, StreamVersion::FIRST, NonZeroU32::MAX);
    let page = block_on(read).unwrap();
    page.events.iter().map(|event| event.id()).collect()
}

#[test]
fn a_slow_store_keeps_every_contract() {
    let five = NonZeroU32::new(5).unwrap();
    for seed in 0..5 {
        let open = async || faulty(seed, |faults| faults.slow_per_mille(300, five));
        block_on(conformance::event_store(open)).assert_all_hold();
        block_on(conformance::snapshot_store(open)).assert_all_hold();
        block_on(conformance::checkpoint_store(open)).assert_all_hold();
    }
}

#[test]
fn the_same_seed_brings_the_same_faults() {
    let run = |seed| {
        let store = faulty(seed, |faults| {
            faults
                .conflicts_per_mille(200)
                .lost_acknowledgements_per_mille(200)
                .lost_requests_per_mille(200)
                .unavailable_per_mille(200)
        });
        let answers: Vec<_> = (0..50)
            .map(|n| format!("{:?}", append(&store, &n.to_string())))
            .collect();
        (answers, store.faults())
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
    let (_, counts) = run(7);
    assert!(
        counts.conflicts > 0 && counts.lost_requests > 0,
        "{counts:?}"
    );
    assert!(
        counts.lost_acknowledgements > 0 && counts.unavailable > 0,
        "{counts:?}"
    );
}

#[test]
fn only_a_lost_acknowledgement_leaves_something_behind() {
    type Rates = fn(Builder) -> Builder;
    type IsRight = fn(&AppendError) -> bool;
    let cases: [(Rates, IsRight, usize); 4] = [
        (
            |faults| faults.lost_acknowledgements_per_mille(ALWAYS),
            |error| matches!(error, AppendError::OutcomeUnknown { .. }),
            1,
        ),
        (
            |faults| faults.lost_requests_per_mille(ALWAYS),
            |error| matches!(error, AppendError::OutcomeUnknown { .. }),
            0,
        ),
        (
            |faults| faults.conflicts_per_mille(ALWAYS),
            |error| matches!(error, AppendError::Conflict { actual: None, .. }),
            0,
        ),
        (
            |faults| faults.unavailable_per_mille(ALWAYS),
            |error| matches!(error, AppendError::Store { .. }),
            0,
        ),
    ];
    for (rates, is_right, left) in cases {
        let store = faulty(1, rates);
        let error = append(&store, "a").unwrap_err();
        assert!(is_right(&error), "{error:?}");
        assert_eq!(labels(store.inner()).len(), left, "{error:?}");
        assert_eq!(store.faults().total(), 1);
    }
}

#[test]
fn an_outage_lasts_until_the_store_heals() {
    let store = faulty(1, |faults| faults.conflicts_per_mille(ALWAYS));
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), NonZeroU32::MIN);
    store.go_down();
    assert!(matches!(
        append(&store, "a"),
        Err(AppendError::Store { .. })
    ));
    assert!(block_on(store.head()).is_err());
    assert!(block_on(feed.next()).is_err());
    assert_eq!(store.faults().unavailable, 3);
    store.heal();
    assert!(append(&store, "a").is_ok());
    assert_eq!(block_on(feed.next()).unwrap().events.len(), 1);
}

#[test]
fn a_failing_feed_loses_nothing_and_repeats_only_what_it_brought() {
    let store = faulty(3, |faults| {
        faults
            .feed_errors_per_mille(300)
            .redeliveries_per_mille(300)
    });
    (0..100).for_each(|n| drop(append(&store, &n.to_string())));
    let batch = NonZeroU32::new(7).unwrap();
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), batch);
    let (mut brought, mut again) = (Vec::new(), 0);
    for _ in 0..200 {
        // Pending once everything has come.
        let batch = feed.next().now_or_never().and_then(Result::ok);
        for event in batch.map_or(vec![], |batch| batch.events) {
            if brought.contains(&event.id()) {
                again += 1;
            } else {
                brought.push(event.id());
            }
        }
    }
    assert_eq!(brought, labels(store.inner()));
    let counts = store.faults();
    assert!(counts.feed_errors > 0 && counts.redeliveries > 0 && again > 0);
}

#[test]
fn a_checkpoint_may_have_moved_though_the_answer_is_lost() {
    let store = faulty(1, |faults| faults.lost_acknowledgements_per_mille(ALWAYS));
    let name = CheckpointName {
        namespace: NamespaceName::new("general").unwrap(),
        consumer: ConsumerName::new("notifier").unwrap(),
        slice: Slice::new(0),
    };
    let five = GlobalPosition::new(5);
    let moved = store.save_checkpoint(&name, GlobalPosition::START, five);
    assert!(matches!(
        block_on(moved),
        Err(CheckpointError::Store { .. })
    ));
    let kept = block_on(store.load_checkpoint(&name)).unwrap();
    assert_eq!(kept, five);
}
