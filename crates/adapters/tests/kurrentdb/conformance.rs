//! The contract of the ports.

use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{FaultKind, StreamName, testing::conformance};
use minwon_kurrentdb_stand_in::{
    Code, FaultPlan, Positions, ServerVersion, StandIn, SubscribeFault,
};

use crate::scene::{events, open, patient, real_server, run};

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
async fn what_others_write_into_our_streams_stops_nobody() {
    for positions in [Positions::Offsets, Positions::Transactions] {
        let builder = StandIn::builder().seed(12).positions(positions);
        let stand_in = builder.start().await.unwrap();
        let store = open(&stand_in.url(), patient());
        let sound = events("sound", 1).remove(0).metadata;
        let plant = async |_: &KurrentStore, stream: &StreamName, kind| {
            let bad_petition = format!(
                r#"{{"$correlationId":"{}","at":"1970-01-01T00:00:00Z","pid":"","stage":"s","source":"s","by":"b"}}"#,
                sound.correlation_id
            );
            match kind {
                FaultKind::Foreign => stand_in.write(stream.as_str(), "OrderPlaced", "{}", "{}"),
                FaultKind::Malformed => {
                    stand_in.write(stream.as_str(), "ByHand", "{}", bad_petition)
                }
                _ => return false,
            };
            true
        };
        conformance::unreadable_events(async || store.clone(), plant)
            .await
            .assert_all_hold();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_refused_or_cut_off_passes_over_nothing() {
    for fault in [
        SubscribeFault::FailAfter(2, Code::PermissionDenied),
        SubscribeFault::FailAfter(5, Code::Internal),
        SubscribeFault::EndAfter(1),
        SubscribeFault::MissingContentAfter(3),
    ] {
        let stand_in = StandIn::start().await.unwrap();
        let store = open(&stand_in.url(), patient());
        let fail = async |_: &KurrentStore| {
            stand_in.misbehave_by(FaultPlan::new(1).per_mille(1000, fault));
            stand_in.cut_connections();
        };
        let mend = async |_: &KurrentStore| {
            // The first feed has begun by then, and meets it whether it is asked or not.
            stand_in.until_occurred(fault, 1).await;
            stand_in.behave();
        };
        conformance::failing_feeds(async || store.clone(), fail, mend)
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
