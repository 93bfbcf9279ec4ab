//! Tests of the projector.

use std::{collections::BTreeMap, num::NonZeroU32};

use minwon_adapters::{
    SystemClock,
    memory::{MemoryReadModels, MemoryStore},
};
use minwon_core::{
    Direction, ExpectedVersion, GenerationName, ListName, ListQuery, Lookup, Phase,
    ReadModelStore as _, ViewKey, Wanted,
};

use super::*;
use crate::{
    document::Document,
    testing::{LAST, Numbers, PARITY, STEPS, Sum, Sums, numbered, parity, stream},
};

fn namespace() -> NamespaceName {
    NamespaceName::new("general").unwrap()
}

fn generation(number: u32) -> GenerationName {
    GenerationName {
        model: ModelName {
            namespace: namespace(),
            projection: Sums::new().name().clone(),
        },
        generation: minwon_core::Generation::new(number),
    }
}

fn projector(
    store: &MemoryStore,
    read_models: &MemoryReadModels,
) -> ProjectorBuilder<MemoryStore, MemoryReadModels, Numbers, SystemClock> {
    ProjectorBuilder::new(
        namespace(),
        store.clone(),
        read_models.clone(),
        Numbers,
        SystemClock,
    )
}

/// A log whose petitions have these numbers of events, in turn.
async fn log(lengths: &[u64]) -> MemoryStore {
    let store = MemoryStore::default();
    for version in 0..lengths.iter().copied().max().unwrap_or(0) {
        for (petition, length) in lengths.iter().enumerate() {
            if version < *length {
                append(&store, &format!("p-{petition}"), version).await;
            }
        }
    }
    store
}

async fn append(store: &MemoryStore, petition: &str, version: u64) -> GlobalPosition {
    let last = version.checked_sub(1).map(minwon_core::StreamVersion::new);
    let (stream, event) = (
        stream(petition),
        numbered(petition, version, version * 7 + 1),
    );
    let expected = ExpectedVersion::of(last);
    store
        .append(&stream, expected, &[event])
        .await
        .unwrap()
        .position
}

/// What the log comes to, folded without any of the code under test.
async fn expected(store: &MemoryStore) -> BTreeMap<String, Sum> {
    let mut sums = BTreeMap::<String, Sum>::new();
    let all = NonZeroU32::new(1_000_000).unwrap();
    let filter = EventFilter::all();
    let page = store.read_all(GlobalPosition::START, &filter, all).await;
    for event in page.unwrap().events {
        let sum = sums
            .entry(event.metadata.petition_id().to_owned())
            .or_default();
        let number: u64 = std::str::from_utf8(&event.payload)
            .unwrap()
            .parse()
            .unwrap();
        sum.events += 1;
        sum.sum = sum.sum.wrapping_mul(31).wrapping_add(number) % 1_000_003;
    }
    sums
}

/// Compares documents, lists, lookups and counts with the fold of the whole log.
async fn check(store: &MemoryStore, read_models: &MemoryReadModels, generation: &GenerationName) {
    let expected = expected(store).await;
    let (mut listed, mut counted) = (BTreeMap::new(), BTreeMap::new());
    for slice in SliceCount::DEFAULT.slices() {
        let name = generation.slice(slice);
        for parity_name in ["even", "odd"] {
            let query = ListQuery {
                list: ListName {
                    index: STEPS,
                    partition: parity_name.into(),
                },
                after: None,
                direction: Direction::Ascending,
                limit: NonZeroU32::new(1_000_000).unwrap(),
            };
            for place in read_models.list(&name, &query).await.unwrap().places {
                let twice = listed.insert(place.key.to_string(), (place.order, parity_name));
                assert_eq!(twice, None, "{} stands in two lists", place.key);
            }
        }
        for (member, count) in read_models
            .counts(&name, PARITY, "all")
            .await
            .unwrap()
            .counts
        {
            *counted.entry(member).or_insert(0) += count;
        }
        let keys = expected.keys().map(|key| ViewKey::new(key).unwrap());
        let keys = keys.filter(|key| SliceCount::DEFAULT.slice_of(key.as_str()) == slice);
        let keys: Vec<_> = keys.collect();
        let lookups = keys.iter().map(|key| Lookup {
            index: LAST,
            value: format!("{key}/{}", expected[key.as_str()].sum).into(),
        });
        let lookups: Vec<_> = lookups.collect();
        let wanted = Wanted {
            documents: &keys,
            lookups: &lookups,
            ..Wanted::default()
        };
        let loaded = read_models.load(&name, &wanted).await.unwrap();
        let checkpoint = loaded.checkpoint.expect("every slice has one");
        assert_eq!(checkpoint.phase, Phase::Ready);
        assert_eq!(checkpoint.position, store.head().await.unwrap());
        for ((key, document), lookup) in keys.iter().zip(loaded.documents).zip(loaded.lookups) {
            let document = document.unwrap_or_else(|| panic!("{key} has no document"));
            let document = Document::<Sum>::from_json(&document).unwrap();
            assert_eq!(document.view.as_ref(), expected.get(key.as_str()), "{key}");
            assert_eq!(lookup.as_ref(), Some(key));
        }
    }
    let wanted = expected.iter().map(|(key, sum)| {
        let parity = if sum.sum.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        };
        (key.clone(), (minwon_core::Order::new(sum.events), parity))
    });
    let wanted: BTreeMap<_, _> = wanted.collect();
    assert_eq!(listed, wanted);
    let mut counts = BTreeMap::<Box<str>, u64>::new();
    for (_, parity_name) in wanted.values() {
        *counts.entry(parity(parity_name).member).or_default() += 1;
    }
    assert_eq!(counted, counts);
}

#[tokio::test]
async fn catching_up_comes_to_the_fold_of_the_log() {
    let store = log(&[8, 1, 3, 20, 5, 0, 7]).await;
    let read_models = MemoryReadModels::default();
    let status = projector(&store, &read_models)
        .project(Sums::new())
        .catch_up()
        .await
        .unwrap();
    assert!(status.is_ready());
    check(&store, &read_models, &generation(1)).await;
}

#[tokio::test]
async fn an_empty_log_is_ready_too() {
    let store = MemoryStore::default();
    let read_models = MemoryReadModels::default();
    let builder = projector(&store, &read_models).project(Sums::new());
    builder.catch_up().await.unwrap();
    check(&store, &read_models, &generation(1)).await;
}

#[tokio::test]
async fn what_comes_later_is_followed_and_a_restart_goes_on() {
    let store = log(&[2, 2]).await;
    let read_models = MemoryReadModels::default();
    let running = projector(&store, &read_models).project(Sums::new()).start();
    for version in 2..10 {
        let position = append(&store, "p-0", version).await;
        running.reached(position).await.unwrap();
    }
    assert!(matches!(running.stop().await, StopReason::Requested));
    check(&store, &read_models, &generation(1)).await;
    append(&store, "p-9", 0).await;
    let status = projector(&store, &read_models)
        .project(Sums::new())
        .catch_up()
        .await
        .unwrap();
    assert_eq!(status.models[0].folded_events, 1, "only the news is folded");
    check(&store, &read_models, &generation(1)).await;
}

#[tokio::test]
async fn tight_bounds_change_nothing() {
    let store = log(&[8, 1, 3, 20, 5, 11, 7, 2, 2, 2, 2, 9]).await;
    let one = NonZeroU32::MIN;
    for options in [
        ProjectorOptions::default().batch_events_max(one),
        ProjectorOptions::default().changed_views_max(one),
        ProjectorOptions::default().uncommitted_events_max(one),
        ProjectorOptions::default()
            .cached_views_max(0)
            .batch_events_max(NonZeroU32::new(3).unwrap())
            .changed_views_max(NonZeroU32::new(2).unwrap()),
    ] {
        let read_models = MemoryReadModels::default();
        let builder = projector(&store, &read_models).options(options);
        builder.project(Sums::new()).catch_up().await.unwrap();
        check(&store, &read_models, &generation(1)).await;
    }
}

/// Two projectors on the same slices, without leases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_are_safe() {
    let store = log(&[3, 3, 3]).await;
    let read_models = MemoryReadModels::default();
    let twin = || projector(&store, &read_models).project(Sums::new()).start();
    let (one, two) = (twin(), twin());
    let mut last = store.head().await.unwrap();
    for version in 3..60 {
        for petition in ["p-0", "p-1", "p-2"] {
            last = append(&store, petition, version).await;
        }
        tokio::task::yield_now().await;
    }
    one.reached(last).await.unwrap();
    two.reached(last).await.unwrap();
    one.stop().await;
    two.stop().await;
    check(&store, &read_models, &generation(1)).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_read_stops_the_projector_after_all_before_it() {
    let store = log(&[2, 1]).await;
    let mut event = numbered("p-1", 1, 0);
    event.payload = "no number".into();
    let place = ExpectedVersion::Exactly(minwon_core::StreamVersion::FIRST);
    let bad = store.append(&stream("p-1"), place, &[event]).await.unwrap();
    append(&store, "p-0", 2).await;
    let read_models = MemoryReadModels::default();
    let builder = projector(&store, &read_models).project(Sums::new());
    let reason = builder.catch_up().await.unwrap_err();
    let StopReason::Undecodable { position, .. } = reason else {
        panic!("{reason}");
    };
    assert_eq!(position, bad.position);
    let name = generation(1).slice(SliceCount::DEFAULT.slice_of("p-0"));
    let loaded = read_models.load(&name, &Wanted::default()).await.unwrap();
    assert_eq!(loaded.checkpoint.unwrap().position, GlobalPosition::new(3));
}

/// The events of one petition that come while a commit has to wait cost one write.
#[tokio::test]
async fn commits_can_be_made_to_wait() {
    let (store, read_models) = (log(&[1]).await, MemoryReadModels::default());
    let clock = minwon_core::testing::ManualClock::new(Timestamp::UNIX_EPOCH);
    let minute = Duration::from_secs(60);
    let options = ProjectorOptions::default()
        .commits_wait(minute)
        .idle_slices_wait(2 * minute);
    let running = ProjectorBuilder::new(
        namespace(),
        store.clone(),
        read_models.clone(),
        Numbers,
        clock.clone(),
    );
    let running = running.options(options).project(Sums::new()).start();
    let first = store.head().await.unwrap();
    running.reached(first).await.unwrap();
    append(&store, "p-0", 1).await;
    let last = append(&store, "p-0", 2).await;
    let name = generation(1).slice(SliceCount::DEFAULT.slice_of("p-0"));
    let position = async || {
        // Everybody else has a turn.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let loaded = read_models.load(&name, &Wanted::default()).await.unwrap();
        loaded.checkpoint.unwrap().position
    };
    assert_eq!(position().await, first);
    clock.advance(minute);
    assert_eq!(position().await, last);
    assert!(matches!(running.stop().await, StopReason::Requested));
}
