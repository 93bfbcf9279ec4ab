//! The memory store under the conformance suites.

use minwon_test_panics as _;

use minwon_adapters::{
    SystemClock,
    memory::{MemoryReadModels, MemoryStore},
};
use minwon_core::{
    EventFault, StreamName, Timestamp,
    testing::{Faulty, ManualClock, conformance},
};

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_keeps_every_contract() {
    conformance::event_store(async || MemoryStore::with_clock(SystemClock))
        .await
        .assert_all_hold();
    let plant = async |store: &MemoryStore, stream: &StreamName, kind| {
        store.plant(stream, EventFault::new(kind, "it is bad"));
        true
    };
    conformance::unreadable_events(async || MemoryStore::with_clock(SystemClock), plant)
        .await
        .assert_all_hold();
    let open = async || Faulty::builder(MemoryStore::with_clock(SystemClock), 1).build();
    let fail = async |store: &Faulty<MemoryStore>| store.go_down();
    let mend = async |store: &Faulty<MemoryStore>| store.heal();
    conformance::failing_feeds(open, fail, mend)
        .await
        .assert_all_hold();
    conformance::snapshot_store(async || MemoryStore::with_clock(SystemClock))
        .await
        .assert_all_hold();
    conformance::checkpoint_store(async || MemoryStore::with_clock(SystemClock))
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_in_memory_keep_every_contract() {
    conformance::read_model_store(async || MemoryReadModels::with_clock(SystemClock))
        .await
        .assert_all_hold();
    conformance::read_model_admin(async || MemoryReadModels::with_clock(SystemClock))
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_in_memory_keep_the_contract_by_any_clock() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let open = async || MemoryReadModels::with_clock(clock.clone());
    conformance::slice_leases(open, async |by| clock.advance(by))
        .await
        .assert_all_hold();
    // The machine's clock goes by itself.
    conformance::slice_leases(
        async || MemoryReadModels::with_clock(SystemClock),
        async |_| {},
    )
    .await
    .assert_all_hold();
}
