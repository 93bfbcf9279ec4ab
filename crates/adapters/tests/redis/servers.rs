//! Which servers are accepted, and how they are named.

use minwon_adapters::redis::{RedisOptions, RedisReadModels};
use minwon_core::{ReadModelStore, SliceWrites, StoreErrorKind};
use minwon_test_servers::{RedisCluster, RedisSentinel, RedisServer};

use crate::support::*;

#[tokio::test]
async fn a_server_that_evicts_is_refused_with_what_to_do() {
    for policy in ["allkeys-lru", "volatile-ttl"] {
        let server = RedisServer::builder().maxmemory_policy(policy).start();
        let refused = RedisReadModels::connect(&server.url()).await.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Misconfigured);
        let text = refused.to_string();
        assert!(
            text.contains(policy) && text.contains("noeviction"),
            "{text}"
        );
        let _ = server.cli(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
        assert!(RedisReadModels::connect(&server.url()).await.is_ok());
    }
}

#[tokio::test]
async fn a_server_without_config_is_accepted_and_still_asked_for_its_policy() {
    let barred = |policy| {
        let server = RedisServer::builder().maxmemory_policy(policy).start();
        assert_eq!(server.cli(&["ACL", "SETUSER", "default", "-config"]), "OK");
        server
    };
    let server = barred("noeviction");
    assert!(RedisReadModels::connect(&server.url()).await.is_ok());
    let server = barred("allkeys-lfu");
    let refused = RedisReadModels::connect(&server.url()).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Misconfigured);
}

#[tokio::test]
async fn a_password_and_a_database_stand_in_the_url() {
    let server = RedisServer::start();
    let _ = server.cli(&[
        "ACL",
        "SETUSER",
        "petitions",
        "on",
        ">s3cret",
        "~*",
        "+@all",
    ]);
    let place = format!("127.0.0.1:{}", server.port());
    let right = format!("redis://petitions:s3cret@{place}/3");
    let store = RedisReadModels::connect(&right).await.unwrap();
    let writes = documents([("p", "x")]);
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    assert_eq!(server.cli(&["-n", "3", "DBSIZE"]), "2");
    let wrong = format!("redis://petitions:guess@{place}");
    let refused = RedisReadModels::connect(&wrong).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Misconfigured, "{refused:?}");
    assert!(!format!("{refused} {refused:?}").contains("guess"));
}

#[tokio::test]
async fn urls_and_prefixes_that_cannot_be_are_refused() {
    for url in [
        "petitions.db",
        "http://127.0.0.1",
        "redis+mesh://127.0.0.1",
        "redis+sentinel://127.0.0.1:26379",
        "redis+sentinel://127.0.0.1:26379/master/first",
        "redis+cluster://",
        "redis://:pass@127.0.0.1:port",
    ] {
        let refused = RedisReadModels::connect(url).await.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Misconfigured, "{url}");
        assert!(!refused.to_string().contains("pass"), "{refused}");
    }
    for query in ["sentinel_pass=s3cret", "sentinel_password=s3cret%2"] {
        let url = format!("redis+sentinel://127.0.0.1:26379/master?{query}");
        let refused = RedisReadModels::connect(&url).await.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Misconfigured, "{url}");
        assert!(!refused.to_string().contains("s3cret"), "{refused}");
    }
    for prefix in ["", "a{b}", "a*", "a b", &"x".repeat(65)] {
        let options = RedisOptions::default().prefix(prefix);
        let refused = options.connect("redis://127.0.0.1:1").await.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Misconfigured, "{prefix}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() {
    let mut server = RedisServer::start();
    server.kill();
    let away = RedisReadModels::connect(&server.url()).await.unwrap_err();
    assert_eq!(away.kind(), StoreErrorKind::Unavailable);
}

#[tokio::test]
async fn an_encrypted_connection_is_never_made_in_the_clear() {
    let server = RedisServer::start();
    let url = server.url().replace("redis://", "rediss://");
    let refused = RedisReadModels::connect(&url).await.unwrap_err();
    let expected = if cfg!(feature = "redis-tls") {
        StoreErrorKind::Unavailable
    } else {
        StoreErrorKind::Misconfigured
    };
    assert_eq!(refused.kind(), expected, "{refused:?}");
}

#[tokio::test]
async fn one_node_of_a_cluster_is_refused_with_the_url_that_is_right() {
    let cluster = RedisCluster::start(3);
    let url = cluster.nodes()[0].url();
    let refused = RedisReadModels::connect(&url).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Misconfigured, "{refused:?}");
    assert!(
        refused.to_string().contains("redis+cluster://"),
        "{refused}"
    );
    assert!(
        RedisReadModels::connect(&url.replace("redis:", "redis+cluster:"))
            .await
            .is_ok()
    );
}

/// A server that was alone when it was connected to, and then got company.
#[tokio::test]
async fn a_server_that_becomes_part_of_a_cluster_is_no_passing_trouble() {
    let server = RedisServer::builder()
        .setting("cluster-enabled", "yes")
        .start();
    let _ = server.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    server.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok");
    let store = RedisReadModels::connect(&server.url()).await.unwrap();
    let writes = documents([("p", "x")]);
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    // All slots are somebody else's from now on.
    let other = RedisServer::builder()
        .setting("cluster-enabled", "yes")
        .start();
    let port = other.port().to_string();
    let _ = server.cli(&["CLUSTER", "MEET", "127.0.0.1", &port]);
    server.wait_for(&["CLUSTER", "NODES"], &other.cli(&["CLUSTER", "MYID"]));
    let _ = server.cli(&["FLUSHALL"]);
    let _ = server.cli(&["CLUSTER", "DELSLOTSRANGE", "0", "16383"]);
    let _ = other.cli(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    let _ = other.cli(&["CLUSTER", "BUMPEPOCH"]);
    server.wait_for(&["CLUSTER", "INFO"], "cluster_slots_assigned:16384");
    server.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok");
    let refused = store.load(&slice(0), &minwon_core::Wanted::default()).await;
    let refused = refused.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::Misconfigured, "{refused:?}");
}

#[tokio::test]
async fn a_sentinel_may_have_a_password_of_its_own() {
    let server = RedisServer::start();
    let sentinel = RedisSentinel::start_with_password(&server, 0, "s3n&tinel%");
    let right = format!("{}?sentinel_password=s3n%26tinel%25", sentinel.url());
    let store = RedisReadModels::connect(&right).await.unwrap();
    let writes = documents([("p", "x")]);
    store
        .commit(&slice(0), None, &at(1, 1), &writes)
        .await
        .unwrap();
    assert_eq!(server.cli(&["DBSIZE"]), "2");
    let user = right.replace('?', "?sentinel_username=default&");
    assert!(RedisReadModels::connect(&user).await.is_ok());
    for wrong in [sentinel.url(), right.replace("tinel%25", "guess")] {
        let refused = RedisReadModels::connect(&wrong).await.unwrap_err();
        assert_eq!(refused.kind(), StoreErrorKind::Misconfigured, "{refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("guess"));
    }
}

/// Older servers say it in words alone where it was a script that met it.
#[tokio::test]
async fn what_a_user_may_not_do_is_for_somebody_to_mend_also_within_a_script() {
    let server = RedisServer::start();
    let store = connect(&server).await;
    let (slice, first, second) = (slice(0), at(1, 1), at(1, 2));
    let writes = one_of_each("p");
    store.commit(&slice, None, &first, &writes).await.unwrap();
    let changed = SliceWrites {
        documents: vec![document("p", "x"), (key("q"), None)],
        ..one_of_each("p")
    };
    for (taken, given) in [
        (&["-set"][..], &["+set"][..]),
        (&["-mset"], &["+mset"]),
        (&["-mget"], &["+mget"]),
        (&["-zadd"], &["+zadd"]),
        (&["-hset"], &["+hset"]),
        (&["-unlink"], &["+unlink"]),
        (&["-evalsha", "-eval"], &["+evalsha", "+eval"]),
        (&["resetkeys", "~other:*"], &["~*"]),
    ] {
        let user = &["ACL", "SETUSER", "default"][..];
        assert_eq!(server.cli(&[user, taken].concat()), "OK");
        let answer = store.commit(&slice, Some(&first), &second, &changed).await;
        assert_refused(answer, StoreErrorKind::Misconfigured);
        assert_eq!(server.cli(&[user, given].concat()), "OK");
        let loaded = load_each(&store, &slice, "p").await;
        assert_eq!(
            loaded,
            each_loaded(first.clone(), "p"),
            "half of a commit: {taken:?}"
        );
    }
    let answer = store.commit(&slice, Some(&first), &second, &changed).await;
    answer.unwrap();
}
