//! The memory store under the conformance suites.

use minwon_adapters::memory::MemoryStore;
use minwon_core::testing::conformance;

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_keeps_every_contract() {
    conformance::event_store(async || MemoryStore::default())
        .await
        .assert_all_hold();
    conformance::snapshot_store(async || MemoryStore::default())
        .await
        .assert_all_hold();
    conformance::checkpoint_store(async || MemoryStore::default())
        .await
        .assert_all_hold();
}
