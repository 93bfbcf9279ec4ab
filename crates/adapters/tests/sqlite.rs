//! The SQLite store under the conformance suites.

use minwon_adapters::sqlite::SqliteStore;
use minwon_core::testing::conformance;

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_store_keeps_every_contract() {
    let dir = tempfile::tempdir().unwrap();
    // One file for all rules: none of them may count on an empty store.
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    conformance::event_store(async || store.clone()).await.assert_all_hold();
    conformance::snapshot_store(async || store.clone()).await.assert_all_hold();
    conformance::checkpoint_store(async || store.clone()).await.assert_all_hold();
}
