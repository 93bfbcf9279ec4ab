//! The conformance suites, against one server and against a cluster.

use minwon_adapters::redis::RedisReadModels;
use minwon_core::{NamespaceName, testing::conformance};
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
