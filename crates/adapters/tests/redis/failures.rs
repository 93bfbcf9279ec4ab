//! One server that forgets, stops, runs out of memory, or holds what others wrote.

use minwon_core::{
    CommitError, Loaded, ReadModelAdmin, ReadModelStore, SliceWrites, StoreErrorKind, Wanted,
};
use minwon_test_servers::{AppendOnly, RedisServer};

use crate::support::*;

fn durable() -> RedisServer {
    RedisServer::builder()
        .append_only(AppendOnly::Always)
        .start()
}

#[tokio::test]
async fn a_server_that_forgot_its_scripts_is_taught_them() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    let _ = server.cli(&["SCRIPT", "FLUSH"]);
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(first.clone(), "p"));
    let empty = SliceWrites::default();
    let _ = server.cli(&["SCRIPT", "FLUSH"]);
    store
        .commit(&slice(0), Some(&first), &second, &empty)
        .await
        .unwrap();
    // Once it has been taught, the digest is enough.
    let stats = server.cli(&["INFO", "commandstats"]);
    assert!(stats.contains("cmdstat_eval:"), "{stats}");
    let _ = server.cli(&["CONFIG", "RESETSTAT"]);
    store
        .commit(&slice(0), Some(&first), &second, &empty)
        .await
        .unwrap();
    let stats = server.cli(&["INFO", "commandstats"]);
    assert!(!stats.contains("cmdstat_eval:"), "{stats}");
}

#[tokio::test]
async fn a_restarted_server_is_found_again_by_any_call() {
    let mut server = durable();
    let store = connect(&server).await;
    let (first, second, third) = (at(1, 1), at(1, 2), at(1, 3));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    server.kill();
    server.restart();
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(first.clone(), "p"));
    server.shutdown();
    server.restart();
    let empty = SliceWrites::default();
    store
        .commit(&slice(0), Some(&first), &second, &empty)
        .await
        .unwrap();
    server.kill();
    // Whether the first of these was sent is not known; the next one cannot have been.
    let answer = store.commit(&slice(0), Some(&second), &third, &empty).await;
    assert!(answer.is_err());
    let answer = store.commit(&slice(0), Some(&second), &third, &empty).await;
    assert_refused(answer, StoreErrorKind::Unavailable);
    let away = store.load(&slice(0), &Wanted::default()).await;
    assert_eq!(away.unwrap_err().kind(), StoreErrorKind::Unavailable);
    server.restart();
    store
        .commit(&slice(0), Some(&second), &third, &empty)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_commit_that_is_not_answered_can_be_repeated_and_counts_once() {
    let server = RedisServer::start();
    let store = connect_impatient(&server.url()).await;
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    server.pause();
    let writes = documents([("q", "x")]);
    let answer = store
        .commit(&slice(0), Some(&first), &second, &writes)
        .await;
    assert_unknown(answer);
    // A server that stands still answers no new connection either: this one was not sent.
    let answer = store
        .commit(&slice(0), Some(&first), &second, &writes)
        .await;
    assert_refused(answer, StoreErrorKind::Unavailable);
    server.resume();
    store
        .commit(&slice(0), Some(&first), &second, &writes)
        .await
        .unwrap();
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(second, "p"));
    let calls = server.cli(&["INFO", "commandstats"]);
    let sets = calls.lines().find(|line| line.starts_with("cmdstat_set:"));
    let sets = sets.unwrap();
    assert!(
        sets.contains("calls=2,"),
        "the commit was done twice: {sets}"
    );
}

#[tokio::test]
async fn a_dropped_commit_leaves_the_connection_usable() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    server.pause();
    let writes = documents([("q", "x")]);
    let slice_0 = slice(0);
    let mut commit = Box::pin(store.commit(&slice_0, Some(&first), &second, &writes));
    assert!(futures_util::poll!(&mut commit).is_pending());
    drop(commit);
    server.resume();
    let (checkpoint, _) = load_documents(&store, &slice(0), ["q"]).await;
    assert!(checkpoint == Some(first.clone()) || checkpoint == Some(second.clone()));
    store
        .commit(&slice(0), Some(&first), &second, &writes)
        .await
        .unwrap();
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(second, "p"));
}

#[tokio::test]
async fn a_flushed_server_has_moved_to_nothing() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    let _ = server.cli(&["FLUSHALL"]);
    let writes = documents([("q", "x")]);
    let answer = store
        .commit(&slice(0), Some(&first), &second, &writes)
        .await;
    assert_moved(answer, None);
    assert_eq!(server.cli(&["DBSIZE"]), "0");
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, nothing_loaded(None));
    // The slice begins anew; it does not go on in the old life.
    let anew = at(2, 1);
    store
        .commit(&slice(0), None, &anew, &one_of_each("p"))
        .await
        .unwrap();
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(anew, "p"));
}

#[tokio::test]
async fn what_others_wrote_under_our_names_is_reported_and_nothing_is_written() {
    let life = "minwon:3:{general:petitions:g1:0}:0000000000000001";
    for planted in [
        format!("{life}:l:receipt"),
        format!("{life}:o:applicant"),
        format!("{life}:c:status:2026-03-09"),
    ] {
        let server = RedisServer::start();
        let store = connect(&server).await;
        let _ = server.cli(&["SET", &planted, "foreign"]);
        let answer = store
            .commit(&slice(0), None, &at(1, 1), &one_of_each("p"))
            .await;
        assert_refused(answer, StoreErrorKind::Corrupt);
        assert_eq!(server.cli(&["KEYS", "*"]), planted);
    }
    // A document takes the place of whatever stood there.
    let server = RedisServer::start();
    let store = connect(&server).await;
    let _ = server.cli(&["SADD", &format!("{life}:d:p"), "foreign"]);
    store
        .commit(&slice(0), None, &at(1, 1), &one_of_each("p"))
        .await
        .unwrap();
    let loaded = load_each(&store, &slice(0), "p").await;
    assert_eq!(loaded, each_loaded(at(1, 1), "p"));
}

/// Whoever planted it: what it says of the slice is nothing, and what stands in it is nobody's.
#[tokio::test]
async fn what_is_no_checkpoint_is_said_and_gives_way_to_a_slice_begun_anew() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let key = "minwon:3:{general:petitions:g1:0}:checkpoint";
    let life = "minwon:3:{general:petitions:g1:0}:0000000000000001";
    for (number, plant) in [
        (1, ["SET", key, "twelve"]),
        (2, ["SET", key, "{}"]),
        (3, ["SADD", key, "twelve"]),
    ] {
        let _ = server.cli(&["FLUSHALL"]);
        let old = at(1, 9);
        store
            .commit(&slice(0), None, &old, &one_of_each("p"))
            .await
            .unwrap();
        let _ = server.cli(&["DEL", key]);
        let _ = server.cli(&plant);
        let loaded = load_each(&store, &slice(0), "p").await;
        let is_damaged = number < 3;
        let wanted = Loaded {
            is_damaged,
            ..nothing_loaded(None)
        };
        assert_eq!(loaded, wanted);
        let page = store.counts(&slice(0), STATUS, "2026-03-09").await.unwrap();
        assert_eq!(page.checkpoint, None);
        // Whoever goes on with what was there hears that it is gone.
        let moved = store
            .commit(&slice(0), Some(&old), &at(1, 10), &one_of_each("p"))
            .await;
        assert_moved(moved, None);
        assert_eq!(
            store.sweep(&generation()).await.unwrap(),
            if is_damaged { 0 } else { 4 }
        );
        let anew = at(2, 1);
        store
            .commit(&slice(0), None, &anew, &one_of_each("q"))
            .await
            .unwrap();
        assert_eq!(
            load_each(&store, &slice(0), "q").await,
            each_loaded(anew, "q")
        );
        let _ = store.sweep(&generation()).await.unwrap();
        assert_eq!(server.cli(&["EXISTS", &format!("{life}:d:p")]), "0");
    }
}

/// An older program beside it must not begin its slices anew.
#[tokio::test]
async fn the_checkpoint_of_a_newer_program_is_left_alone() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let key = "minwon:3:{general:petitions:g1:0}:checkpoint";
    let newer = at(1, 9).to_text().replace("ready", "resting");
    let newer = newer.replace("building", "resting");
    let _ = server.cli(&["SET", key, &newer]);
    let refused = store.load(&slice(0), &Wanted::default()).await;
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::NewerVersion);
    let writes = one_of_each("p");
    let refused = store.commit(&slice(0), None, &at(1, 1), &writes).await;
    assert_refused(refused, StoreErrorKind::NewerVersion);
    assert_eq!(server.cli(&["GET", key]), newer);
}

#[tokio::test]
async fn a_commit_without_room_writes_nothing_and_says_so() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let (first, second) = (at(1, 1), at(1, 2));
    store
        .commit(&slice(0), None, &first, &one_of_each("p"))
        .await
        .unwrap();
    let before = server.cli(&["DBSIZE"]);
    let _ = server.cli(&["CONFIG", "SET", "maxmemory", "1000kb"]);
    let growing = [
        documents([("q", "x"), ("r", "y")]),
        SliceWrites {
            documents: vec![(key("p"), None), document("q", "x")],
            ..SliceWrites::default()
        },
        SliceWrites::default(),
    ];
    for writes in &growing {
        let answer = store.commit(&slice(0), Some(&first), &second, writes).await;
        assert_refused(answer, StoreErrorKind::DiskFull);
        assert_eq!(server.cli(&["DBSIZE"]), before);
    }
    // The committed data is still answered, and so is where the slice is.
    store
        .commit(&slice(0), None, &first, &growing[0])
        .await
        .unwrap();
    let answer = store
        .commit(&slice(0), Some(&second), &second, &growing[0])
        .await;
    assert_moved(answer, Some(first.clone()));
    let _ = server.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    store
        .commit(&slice(0), Some(&first), &second, &growing[0])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_that_cannot_save_refuses_and_nothing_is_written() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let _ = server.cli(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    let answer = store
        .commit(&slice(0), None, &at(1, 1), &one_of_each("p"))
        .await;
    assert!(
        matches!(answer, Err(CommitError::Store { .. })),
        "{answer:?}"
    );
    assert_eq!(server.cli(&["DBSIZE"]), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_slices_go_out_together() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let mut commits = Vec::new();
    for number in 0..16 {
        let store = store.clone();
        commits.push(tokio::spawn(async move {
            let writes = one_of_each("p");
            store.commit(&slice(number), None, &at(1, 1), &writes).await
        }));
    }
    for commit in commits {
        commit.await.unwrap().unwrap();
    }
    let clients = server.cli(&["CLIENT", "LIST", "TYPE", "NORMAL"]);
    let ours = clients
        .lines()
        .filter(|line| !line.contains("cmd=client|list"));
    assert_eq!(ours.count(), 1, "one connection for all: {clients}");
}
