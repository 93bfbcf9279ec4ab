//! The contract of the ports.

use minwon_core::testing::conformance;
use minwon_kurrentdb_stand_in::{Positions, ServerVersion, StandIn};

use crate::scene::{open, patient, real_server, run};

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_its_contract() {
    for positions in [Positions::Offsets, Positions::Gaps, Positions::Transactions] {
        let builder = StandIn::builder().seed(11).positions(positions);
        let stand_in = builder.start().await.unwrap();
        // One server for all rules: none of them may count on an empty log.
        let store = open(&stand_in.url(), patient());
        conformance::event_store(async || store.clone())
            .await
            .assert_all_hold();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_its_contract_with_the_oldest_server() {
    let builder = StandIn::builder().version(ServerVersion::new(23, 10, 0));
    let stand_in = builder.start().await.unwrap();
    let store = open(&stand_in.url(), patient());
    conformance::event_store(async || store.clone())
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_keeps_its_contract_on_a_real_server() {
    let Some(url) = real_server("the contract of the store") else {
        return;
    };
    let store = open(&url, patient());
    conformance::event_store_in(&run(), async || store.clone())
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn checkpoints_keep_their_contract_on_a_real_server() {
    let Some(url) = real_server("the contract of checkpoints") else {
        return;
    };
    let store = open(&url, patient());
    conformance::checkpoint_store_in(&run(), async || store.clone())
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_keep_their_contract_on_a_real_server() {
    let Some(url) = real_server("the contract of snapshots") else {
        return;
    };
    let store = open(&url, patient());
    conformance::snapshot_store_in(&run(), async || store.clone())
        .await
        .assert_all_hold();
}
