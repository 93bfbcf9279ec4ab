//! A replica takes the place of its master.

use minwon_adapters::redis::RedisReadModels;
use minwon_core::{ReadModelStore, SliceWrites, StoreErrorKind};
use minwon_test_servers::{RedisSentinel, RedisServer};

use crate::support::*;

/// A master, and a replica that has all it has.
fn master_and_replica() -> (RedisServer, RedisServer) {
    let master = RedisServer::start();
    let replica = RedisServer::builder().replica_of(&master).start();
    replica.wait_for(&["INFO", "replication"], "master_link_status:up");
    (master, replica)
}

/// Waits until the replica has what the master has.
fn catch_up(master: &RedisServer, replica: &RedisServer) {
    let digest = master.cli(&["DEBUG", "DIGEST"]);
    replica.wait_for(&["DEBUG", "DIGEST"], &digest);
}

#[tokio::test]
async fn a_replica_that_lagged_behind_reports_its_place() {
    let master = RedisServer::builder()
        .setting("enable-debug-command", "yes")
        .start();
    let replica = RedisServer::builder()
        .setting("enable-debug-command", "yes")
        .replica_of(&master)
        .start();
    replica.wait_for(&["INFO", "replication"], "master_link_status:up");
    let store = connect(&master).await;
    let [first, second, third] = [1, 2, 3].map(|position| at(1, position));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    catch_up(&master, &replica);
    // From here on the replica hears nothing.
    let _ = replica.cli(&["REPLICAOF", "NO", "ONE"]);
    let writes = documents([("p", "newer")]);
    store
        .commit(&slice(0), Some(&first), &second, &writes)
        .await
        .unwrap();
    let promoted = connect(&replica).await;
    let answer = promoted
        .commit(&slice(0), Some(&second), &third, &writes)
        .await;
    assert_moved(answer, Some(first.clone()));
    let loaded = load_each(&promoted, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(first, "p"));
}

#[tokio::test]
async fn a_replica_refuses_and_writes_nothing() {
    let (_master, replica) = master_and_replica();
    let store = RedisReadModels::connect(&replica.url()).await.unwrap();
    let answer = store
        .commit(&slice(0), None, &at(1, 1), &one_of_each("p"))
        .await;
    assert_refused(answer, StoreErrorKind::ReadOnly);
    assert_eq!(replica.cli(&["DBSIZE"]), "0");
    // Whoever is there next time may be the new master.
    let before = our_client(&replica);
    load_each(&store, &slice(0), "p").await;
    assert_ne!(our_client(&replica), before);
}

/// The server's name of our newest connection.
fn our_client(server: &RedisServer) -> Option<String> {
    let clients = server.cli(&["CLIENT", "LIST", "TYPE", "NORMAL"]);
    let ours = clients
        .lines()
        .filter(|line| !line.contains("cmd=client|list"));
    ours.filter_map(|line| line.split(' ').next().map(str::to_owned))
        .next_back()
}

#[tokio::test]
async fn the_master_is_found_through_sentinels_before_and_after_a_failover() {
    let (master, replica) = master_and_replica();
    let sentinel = RedisSentinel::start(&master, 1);
    let store = RedisReadModels::connect(&sentinel.url()).await.unwrap();
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    sentinel.fail_over();
    replica.wait_for(&["ROLE"], "master");
    master.wait_for(&["ROLE"], "slave");
    let empty = SliceWrites::default();
    // The error that the caller gets meanwhile depends on when the connection breaks.
    until_ok(async || store.commit(&slice(0), Some(&first), &second, &empty).await).await;
    let checkpoint = replica.cli(&["GET", "minwon:3:{general:petitions:g1:0}:checkpoint"]);
    assert_eq!(checkpoint, second.to_text());
}

#[tokio::test]
async fn a_master_that_sentinels_do_not_know_is_unavailable() {
    let master = RedisServer::start();
    let sentinel = RedisSentinel::start(&master, 0);
    let url = sentinel.url().replace("/petitions", "/other");
    let missing = RedisReadModels::connect(&url).await.unwrap_err();
    assert_eq!(missing.kind(), StoreErrorKind::Unavailable);
    let cause = std::error::Error::source(&missing).unwrap().to_string();
    assert!(cause.contains("not found in sentinel"), "{cause}");
}
