use std::time::Duration;

use futures_executor::block_on;

use super::*;
use crate::{
    GenerationName, ModelName, NamespaceName, SliceName,
    testing::{ManualClock, conformance, sample_event},
};

async fn assert_keeps_every_contract(open: impl AsyncFn() -> MemoryStore) {
    conformance::event_store(&open).await.assert_all_hold();
    conformance::snapshot_store(&open).await.assert_all_hold();
    conformance::checkpoint_store(&open).await.assert_all_hold();
    let plant = async |store: &MemoryStore, stream: &StreamName, kind| {
        store.plant(stream, EventFault::new(kind, "it is bad"));
        true
    };
    let unreadable = conformance::unreadable_events(&open, plant).await;
    unreadable.assert_all_hold();
}

#[test]
fn a_store_keeps_every_contract() {
    block_on(assert_keeps_every_contract(async || MemoryStore::new()));
    block_on(assert_keeps_every_contract(async || {
        MemoryStore::with_clock(StoppedClock)
    }));
}

#[test]
fn a_store_that_takes_little_at_once_keeps_the_contract() {
    let open = async || MemoryStore::new().append_bytes_max(1 << 20);
    block_on(conformance::event_store(open)).assert_all_hold();
}

#[test]
fn a_store_that_outlives_the_run_is_examined_again_under_another_name() {
    let store = MemoryStore::new();
    for run in ["first", "second"] {
        let run = NamespaceName::new(run).unwrap();
        let open = async || store.clone();
        block_on(conformance::event_store_in(&run, open)).assert_all_hold();
        block_on(conformance::snapshot_store_in(&run, open)).assert_all_hold();
        block_on(conformance::checkpoint_store_in(&run, open)).assert_all_hold();
    }
}

#[test]
fn events_are_stamped_by_the_clock() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let store = MemoryStore::with_clock(clock.clone());
    clock.advance(Duration::from_secs(7));
    let stream: StreamName = "general_Petition-1".parse().unwrap();
    let event = [sample_event("a")];
    block_on(store.append(&stream, ExpectedVersion::NoStream, &event)).unwrap();
    let page = store.read_stream(&stream, StreamVersion::FIRST, NonZeroU32::MIN);
    assert_eq!(block_on(page).unwrap().events[0].recorded_at, clock.now());
}

#[test]
fn read_models_keep_every_contract() {
    let open = async || MemoryReadModels::new();
    block_on(conformance::read_model_store(open)).assert_all_hold();
    block_on(conformance::read_model_admin(open)).assert_all_hold();
    let damage = async |store: &MemoryReadModels, slice: &SliceName| store.damage(slice);
    block_on(conformance::damaged_slices(open, damage)).assert_all_hold();
    let damage = async |store: &MemoryReadModels, model: &ModelName| {
        store.damage_catalogue(model);
    };
    block_on(conformance::damaged_catalogues(open, damage)).assert_all_hold();
    let damage = async |store: &MemoryReadModels, generation: &GenerationName| {
        store.damage_leases(generation);
    };
    block_on(conformance::damaged_leases(open, damage)).assert_all_hold();
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let open = async || MemoryReadModels::with_clock(clock.clone());
    let advance = async |by| clock.advance(by);
    block_on(conformance::slice_leases(open, advance)).assert_all_hold();
}
