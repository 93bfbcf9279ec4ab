//! The conformance suites, against one server and against a cluster.

use minwon_adapters::redis::RedisReadModels;
use minwon_core::{
    GenerationName, ModelName, NamespaceName, ReadModelAdmin as _, SliceName, testing::conformance,
};
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
        let key = format!("minwon:3:{{{slice}}}:checkpoint");
        assert_eq!(server.cli(&["SET", &key, "twelve", "XX"]), "OK");
    };
    let report = conformance::damaged_slices(async || store.clone(), damage).await;
    report.assert_all_hold();
}

#[tokio::test]
async fn damaged_catalogues_keep_the_contract() {
    let server = RedisServer::start();
    for junk in ["twelve", r#"{"active":1}"#, "", "a list"] {
        let store = RedisReadModels::connect(&server.url()).await.unwrap();
        let damage = async |_: &RedisReadModels, model: &ModelName| {
            let key = format!("minwon:3:{{{model}}}:catalogue");
            if junk == "a list" {
                assert_eq!(server.cli(&["DEL", &key]), "1");
                assert_eq!(server.cli(&["RPUSH", &key, "twelve"]), "1");
            } else {
                assert_eq!(server.cli(&["SET", &key, junk, "XX"]), "OK");
            }
        };
        let report = conformance::damaged_catalogues(async || store.clone(), damage).await;
        report.assert_all_hold();
        assert_eq!(server.cli(&["FLUSHALL"]), "OK");
    }
}

/// Catalogues that say the same in other words are gone on with: somebody has fixed one by hand.
#[tokio::test]
async fn a_catalogue_written_by_hand_is_one() {
    let server = RedisServer::start();
    let store = RedisReadModels::connect(&server.url()).await.unwrap();
    let model = ModelName {
        namespace: NamespaceName::new("general").unwrap(),
        projection: minwon_core::ProjectionName::new("sums").unwrap(),
    };
    let key = format!("minwon:3:{{{model}}}:catalogue");
    let by_hand = r#"{ "newest": 1, "active": 1, "generations": [] }"#;
    assert_eq!(server.cli(&["SET", &key, by_hand]), "OK");
    let found = store.load_catalogue(&model).await.unwrap().unwrap();
    let mut next = found.clone();
    next.newest = minwon_core::Generation::new(2);
    store
        .save_catalogue(&model, Some(&found), &next)
        .await
        .unwrap();
    assert_eq!(store.load_catalogue(&model).await.unwrap(), Some(next));
}

#[tokio::test]
async fn damaged_leases_keep_the_contract() {
    let server = RedisServer::start();
    // Fields and what they say; none of them where something else is in the place of all.
    let junk: [&[&str]; 8] = [
        &[],
        &["s:0", "junk"],
        &["s:junk", "1 one", "x", "y"],
        &["m:ghost", "junk"],
        // It would hold its share for ever.
        &["m:ghost", "99999999999999999"],
        &["s:0", "99999999999999999999999999 one", "s:1", "1 nobody"],
        // An epoch that nobody is given, and slices that are called otherwise.
        &["s:0", "0 one"],
        &[
            "s:00", "7 nobody", "s:1e0", "7 nobody", "s: 2", "7 nobody", "s:nil", "7 nobody",
        ],
    ];
    for junk in junk {
        let store = RedisReadModels::connect(&server.url()).await.unwrap();
        let damage = async |_: &RedisReadModels, generation: &GenerationName| {
            let key = format!("minwon:3:{{{generation}}}:leases");
            if junk.is_empty() {
                assert_eq!(server.cli(&["DEL", &key]), "1");
                assert_eq!(server.cli(&["SET", &key, "twelve"]), "OK");
            } else {
                assert_eq!(server.cli(&["EXISTS", &key]), "1");
                let added = server.cli(&[&["HSET", key.as_str()], junk].concat());
                assert!(added.parse::<u32>().is_ok(), "{added}");
            }
        };
        let report = conformance::damaged_leases(async || store.clone(), damage).await;
        report.assert_all_hold();
        assert_eq!(server.cli(&["FLUSHALL"]), "OK");
    }
}
