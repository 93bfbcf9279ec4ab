//! A replica takes the place of its master, and does not have all that the master had.

use minwon_adapters::{SystemClock, memory::MemoryStore, redis::RedisReadModels};
use minwon_core::testing::SeededRng;
use minwon_test_servers::{RedisSentinel, RedisServer};

use crate::{support::*, switch::Switch};

/// A master, and a replica that follows it.
pub(crate) fn master_and_replica() -> (RedisServer, RedisServer) {
    // Replicas need not wait for others to join them.
    let master = RedisServer::builder().setting("repl-diskless-sync-delay", "0");
    let master = master.start();
    let replica = RedisServer::builder().replica_of(&master).start();
    replica.wait_for(&["INFO", "replication"], "master_link_status:up");
    (master, replica)
}

/// Asks for petitions; whether an answer said that it went backwards, and how many there were.
async fn ask_for_many(
    office: &mut Office<MemoryStore>,
    reader: &Reader<RedisReadModels>,
) -> (bool, u32) {
    let (mut went_backwards, mut answers) = (false, 0);
    for _ in 0..40 {
        let key = office.any_key();
        if let Some(as_of) = ask(&office.store, reader, &key).await {
            went_backwards |= as_of.went_backwards;
            answers += 1;
        }
    }
    (went_backwards, answers)
}

/// A replica hears nothing more while the projector is catching up. Promoted later, it is not
/// complete, and says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_of_long_ago_is_promoted() {
    let _room = room(2).await;
    let (master, replica) = master_and_replica();
    let switch = Switch::to(&master).await;
    let read_models = connect(&switch.url()).await;
    let reader = reader(&read_models);
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 31);
    let head = office.work(1_200).await;
    let projector = projector(&office.store, &read_models).start();
    further(&projector, 400).await;
    assert_eq!(replica.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
    arrive(&projector, head).await;
    let (went_backwards, answers) = ask_for_many(&mut office, &reader).await;
    assert_eq!((went_backwards, answers), (false, 40));
    let before = restarts(&projector);
    switch.turn(&replica);
    let (_, answers) = ask_for_many(&mut office, &reader).await;
    assert_eq!(answers, 0, "the replica is not complete");
    let head = office.work(1).await;
    noticed(&projector, before).await;
    arrive(&projector, head).await;
    assert_sound(&office.store, &read_models).await;
    assert_eq!(ask_for_many(&mut office, &reader).await.1, 40);
    assert!(reader.times_gone_backwards() > 0);
}

/// A replica that hears nothing more for a while is promoted again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_that_lag_are_promoted_in_turn() {
    let _room = room(2).await;
    let (mut master, mut replica) = master_and_replica();
    let switch = Switch::to(&master).await;
    let read_models = connect(&switch.url()).await;
    let reader = reader(&read_models);
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 32);
    let mut head = office.work(600).await;
    let projector = projector(&office.store, &read_models).start();
    let mut rng = SeededRng::new(32);
    for round in ["1", "2", "3", "4"] {
        arrive(&projector, head).await;
        // It has followed up to here.
        assert_eq!(master.cli(&["SET", "round", round]), "OK");
        replica.wait_for(&["GET", "round"], round);
        office.work(1 + rng.below(30) as usize).await;
        assert_eq!(replica.cli(&["REPLICAOF", "NO", "ONE"]), "OK");
        head = office.work(60).await;
        arrive(&projector, head).await;
        assert!(!ask_for_many(&mut office, &reader).await.0);
        let before = restarts(&projector);
        switch.turn(&replica);
        let (went_backwards, answers) = ask_for_many(&mut office, &reader).await;
        assert!(went_backwards && answers > 0, "{answers} answers");
        head = office.work(1).await;
        noticed(&projector, before).await;
        arrive(&projector, head).await;
        assert_sound(&office.store, &read_models).await;
        // The old master comes back as a replica, and throws away what it had.
        let port = replica.port().to_string();
        assert_eq!(master.cli(&["REPLICAOF", "127.0.0.1", &port]), "OK");
        master.wait_for(&["INFO", "replication"], "master_link_status:up");
        std::mem::swap(&mut master, &mut replica);
    }
}

/// The way of production: the master dies, and Sentinels promote what is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_promote_while_the_projector_is_at_work() {
    let _room = room(3).await;
    let (mut master, replica) = master_and_replica();
    let sentinel = RedisSentinel::start(&master, 1);
    let read_models = connect(&sentinel.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 33);
    office.work(1_200).await;
    let projector = projector(&office.store, &read_models).start();
    further(&projector, 400).await;
    master.kill();
    until(&projector, |status| status.paused.is_some()).await;
    let head = office.work(20).await;
    arrive(&projector, head).await;
    replica.wait_for(&["ROLE"], "master");
    assert_sound(&office.store, &read_models).await;
}
