//! The conformance suites, against one server and against a cluster.

use minwon_adapters::redis::RedisReadModels;
use minwon_core::{NamespaceName, SliceName, testing::conformance};
use minwon_test_servers::{RedisCluster, RedisServer};

async fn keeps_every_contract(url: &str) {
    let store = RedisReadModels::connect(url).await.unwrap();
    let run = |name| NamespaceName::new(name).unwrap();
    let open = async || store.clone();
    conformance::read_model_store_in(&run("models"), open)
        .await
        .assert_all_hold();
    conformance::read_model_admin_in(&run("admin"), open)
        .await
        .assert_all_hold();
    // Time goes by itself.
    conformance::slice_leases_in(&run("leases"), open, async |_| {})
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_keeps_every_contract() {
    keeps_every_contract(&RedisServer::start().url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_keeps_every_contract() {
    keeps_every_contract(&RedisCluster::start(3).url()).await;
}

#[tokio::test]
async fn damaged_slices_keep_the_contract() {
    let server = RedisServer::start();
    let store = RedisReadModels::connect(&server.url()).await.unwrap();
    let damage = async |_: &RedisReadModels, slice: &SliceName| {
        let key = format!("minwon:{{{slice}}}:checkpoint");
        assert_eq!(server.cli(&["SET", &key, "twelve", "XX"]), "OK");
    };
    let report = conformance::damaged_slices(async || store.clone(), damage).await;
    report.assert_all_hold();
}
