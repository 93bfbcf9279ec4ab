//! Three masters, and slots on the move between them.

use std::{collections::BTreeSet, time::Duration};

use minwon_adapters::redis::{RedisOptions, RedisReadModels};
use minwon_core::{ReadModelAdmin, ReadModelStore, SliceWrites, StoreErrorKind, Wanted};
use minwon_test_servers::RedisCluster;

use crate::{
    admin::{each_scanned, scan_all},
    leases,
    support::*,
};

const CHECKPOINT: &str = "minwon:3:{general:petitions:g1:0}:checkpoint";

#[tokio::test]
async fn a_cluster_keeps_the_contract() {
    let cluster = RedisCluster::start(3);
    let store = RedisReadModels::connect(&cluster.url()).await.unwrap();
    let mut expected = BTreeSet::new();
    for number in 0..16 {
        let (old, new) = (at(1, 1), at(2, 1));
        store
            .commit(&slice(number), None, &old, &one_of_each("old"))
            .await
            .unwrap();
        let moved = store
            .commit(&slice(number), None, &new, &one_of_each("p"))
            .await;
        assert_moved(moved, Some(old.clone()));
        store
            .commit(&slice(number), Some(&old), &new, &one_of_each("p"))
            .await
            .unwrap();
        let loaded = load_each(&store, &slice(number), "p").await;
        assert_eq!(loaded, each_loaded(new, "p"));
        let counts = store
            .counts(&slice(number), STATUS, "2026-03-09")
            .await
            .unwrap();
        assert_eq!(counts.counts, [("open".into(), 3)]);
        expected.extend(each_scanned(number, "p"));
    }
    // The slices are spread, or this would be a test of one server.
    for node in cluster.nodes() {
        assert_ne!(node.cli(&["DBSIZE"]), "0");
    }
    assert_eq!(scan_all(&store, &generation()).await.0, expected);
    assert_eq!(store.sweep(&generation()).await.unwrap(), 16 * 4);
    assert_eq!(scan_all(&store, &generation()).await.0, expected);
    assert_eq!(leases::beat(&store, "a", 16).await.len(), 16);
    store.remove(&generation()).await.unwrap();
    for node in cluster.nodes() {
        assert_eq!(node.cli(&["DBSIZE"]), "0");
    }
}

#[tokio::test]
async fn every_node_learns_the_scripts_by_itself() {
    let cluster = RedisCluster::start(3);
    let store = RedisReadModels::connect(&cluster.url()).await.unwrap();
    for node in cluster.nodes() {
        let _ = node.cli(&["SCRIPT", "FLUSH"]);
    }
    for number in 0..16 {
        let writes = one_of_each("p");
        store
            .commit(&slice(number), None, &at(1, 1), &writes)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_slot_half_moved_lets_a_slice_be_changed_wholly_or_not_at_all() {
    let cluster = RedisCluster::start(3);
    let store = RedisReadModels::connect(&cluster.url()).await.unwrap();
    let (first, second, third) = (at(1, 1), at(1, 2), at(1, 3));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    let slot = cluster.slot_of(CHECKPOINT);
    let from = cluster.owner(slot);
    let to = (from + 1) % 3;
    let on_its_way = cluster.begin_move(slot, to);
    // Nothing has been moved: what is there can be changed, what is new cannot be put anywhere.
    let known = SliceWrites {
        documents: vec![document("p", "newer")],
        ..SliceWrites::default()
    };
    store
        .commit(&slice(0), Some(&first), &second, &known)
        .await
        .unwrap();
    let unknown = documents([("p", "newest"), ("q", "new")]);
    let answer = store
        .commit(&slice(0), Some(&second), &third, &unknown)
        .await;
    assert_refused(answer, StoreErrorKind::Unavailable);
    // Half of it has been moved: neither node has all that is named.
    let half = on_its_way.keys_left();
    for key in &half[..half.len() / 2] {
        on_its_way.move_key(key);
    }
    let answer = store
        .commit(&slice(0), Some(&second), &third, &unknown)
        .await;
    assert_refused(answer, StoreErrorKind::Unavailable);
    let error = store.scan(&generation(), None).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    // All of it has been moved, but the slot is not yet the other's: the client is sent there.
    for key in on_its_way.keys_left() {
        on_its_way.move_key(&key);
    }
    let (checkpoint, found) = load_documents(&store, &slice(0), ["p"]).await;
    assert_eq!(checkpoint, Some(second.clone()), "nothing was half applied");
    assert_eq!(found, [Some("newer".into())]);
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!((loaded.lists, loaded.counts), (vec![true], vec![3]));
    store
        .commit(&slice(0), Some(&second), &third, &known)
        .await
        .unwrap();
    on_its_way.finish();
    // The client still takes the old node for the owner.
    let fourth = at(1, 4);
    store
        .commit(&slice(0), Some(&third), &fourth, &unknown)
        .await
        .unwrap();
    let (checkpoint, found) = load_documents(&store, &slice(0), ["p", "q"]).await;
    assert_eq!(checkpoint, Some(fourth));
    assert_eq!(found, [Some("newest".into()), Some("new".into())]);
    assert_eq!(cluster.owner(slot), to);
    assert_eq!(scan_all(&store, &generation()).await.0.len(), 5);
}

#[tokio::test]
async fn a_commit_waits_for_a_slot_whose_move_ends_soon() {
    let cluster = RedisCluster::start(3);
    // Patient, for the servers are moved about while an answer may be under way.
    let store = RedisReadModels::connect(&cluster.url()).await.unwrap();
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    let slot = cluster.slot_of(CHECKPOINT);
    let to = (cluster.owner(slot) + 1) % 3;
    let on_its_way = cluster.begin_move(slot, to);
    // The old node has nothing that is named and sends the client on; the new one lacks a part.
    on_its_way.move_key(CHECKPOINT);
    let writes = documents([("q", "new")]);
    let slice_0 = slice(0);
    let mut commit = Box::pin(store.commit(&slice_0, Some(&first), &second, &writes));
    let errors = || cluster.nodes()[to].cli(&["INFO", "errorstats"]);
    while !errors().contains("TRYAGAIN") {
        assert!(futures_util::poll!(&mut commit).is_pending());
        tokio::task::yield_now().await;
    }
    on_its_way.finish();
    commit.await.unwrap();
    assert_eq!(
        load_each(&store, &slice(0), "p").await,
        each_loaded(second, "p")
    );
}

#[tokio::test]
async fn a_node_that_does_not_answer_troubles_its_own_slices_only() {
    let cluster = RedisCluster::start(3);
    let store = connect_impatient(&cluster.url()).await;
    let (first, second) = (at(1, 1), at(1, 2));
    for number in 0..16 {
        store
            .commit(&slice(number), None, &first, &one_of_each("p"))
            .await
            .unwrap();
    }
    let slot_of = |number: u16| {
        let key = CHECKPOINT.replace(":0}", &format!(":{number}}}"));
        cluster.slot_of(&key)
    };
    let stuck = cluster.owner(slot_of(0));
    let others = (1..16).filter(|&number| !cluster.owns(stuck, slot_of(number)));
    let others: Vec<u16> = others.collect();
    cluster.nodes()[stuck].pause();
    let empty = SliceWrites::default();
    assert_unknown(store.commit(&slice(0), Some(&first), &second, &empty).await);
    let away = store.load(&slice(0), &Wanted::default()).await;
    assert_eq!(away.unwrap_err().kind(), StoreErrorKind::Unavailable);
    for number in others {
        let loaded = load_each(&store, &slice(number), "p").await;
        assert_eq!(loaded, each_loaded(first.clone(), "p"));
    }
    cluster.nodes()[stuck].resume();
    cluster.wait_until_whole();
    store
        .commit(&slice(0), Some(&first), &second, &empty)
        .await
        .unwrap();
    assert_eq!(
        load_each(&store, &slice(0), "p").await,
        each_loaded(second, "p")
    );
}

#[tokio::test]
async fn a_node_that_comes_back_is_found_again() {
    let mut cluster = RedisCluster::start(3);
    let store = RedisReadModels::connect(&cluster.url()).await.unwrap();
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    let owner = cluster.owner(cluster.slot_of(CHECKPOINT));
    cluster.node_mut(owner).kill();
    let empty = SliceWrites::default();
    let answer = store.commit(&slice(0), Some(&first), &second, &empty).await;
    assert!(answer.is_err());
    cluster.node_mut(owner).restart();
    cluster.wait_until_whole();
    // It kept nothing, so the slice is to be begun anew, once the client has found the node.
    let anew = at(2, 1);
    let writes = one_of_each("p");
    until_ok(async || store.commit(&slice(0), None, &anew, &writes).await).await;
    assert_eq!(
        load_each(&store, &slice(0), "p").await,
        each_loaded(anew, "p")
    );
}

/// A node that hangs keeps its connections open, and sends nobody on.
#[tokio::test]
async fn the_replica_of_a_master_that_hangs_is_found_when_it_is_promoted() {
    let cluster = RedisCluster::start_with_replicas(3);
    let owner = cluster.owner(cluster.slot_of(CHECKPOINT));
    for url in [cluster.url(), cluster.url_without(owner)] {
        let second = Duration::from_secs(1);
        let options = RedisOptions::default().response_timeout(second);
        let store = options.connect_timeout(second).connect(&url).await.unwrap();
        let checkpoint = store.load(&slice(0), &Wanted::default()).await.unwrap();
        let next = at(1, 1);
        if checkpoint.checkpoint.is_none() {
            let writes = one_of_each("p");
            store.commit(&slice(0), None, &next, &writes).await.unwrap();
        }
        let owner = cluster.owner(cluster.slot_of(CHECKPOINT));
        // What a replica has not got when it is promoted is lost.
        cluster.wait_until_copied(owner);
        cluster.nodes()[owner].pause();
        let loaded = until_ok(async || store.load(&slice(0), &Wanted::default()).await).await;
        assert_eq!(loaded.checkpoint, Some(next));
        cluster.nodes()[owner].resume();
        cluster.nodes()[owner].wait_for(&["INFO", "replication"], "master_link_status:up");
        cluster.wait_until_whole();
    }
}
