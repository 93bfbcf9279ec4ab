//! Servers that come late, go away, move or refuse.

use std::time::Duration;

use minwon_adapters::kurrentdb::{KurrentOptions, KurrentStore, KurrentUrl};
use minwon_core::{
    AppendError, EventFilter, EventStore, ExpectedVersion::NoStream, Feed, GlobalPosition,
    StoreErrorKind, StreamVersion,
};
use minwon_kurrentdb_stand_in::{ADMINS, AppendFault, Code, HandshakeFault, ReadFault, StandIn};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::scene::{
    PAGE, events, ids_in_log, impatient, new_ids, open, patient, read_log, read_stream, scene,
    stream, told,
};

#[test]
fn a_store_needs_a_runtime() {
    let url: KurrentUrl = "kurrentdb://127.0.0.1:1?tls=false".parse().unwrap();
    let error = KurrentStore::open(&url, KurrentOptions::default()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_come_up_late() {
    let stand_in = StandIn::builder().down().start().await.unwrap();
    let store = open(&stand_in.url(), impatient());
    let error = store.head().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    let new = events("new", 1);
    let error = store.append(&stream(1), NoStream, &new).await.unwrap_err();
    assert!(
        matches!(&error, AppendError::Store { source, .. }
            if source.kind() == StoreErrorKind::Unavailable),
        "{error:?}"
    );
    stand_in.start_all().unwrap();
    store.append(&stream(1), NoStream, &new).await.unwrap();
    assert_eq!(ids_in_log(&stand_in, &stream(1)), new_ids(&new));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_restarts_is_found_again() {
    let (stand_in, store) = scene(patient()).await;
    for round in 0..3 {
        let new = events(round, 2);
        store.append(&stream(round), NoStream, &new).await.unwrap();
        stand_in.restart().await.unwrap();
        assert_eq!(read_stream(&store, &stream(round)).await.unwrap().len(), 2);
    }
    assert_eq!(read_log(&store).await.unwrap().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_leader_may_move() {
    let stand_in = StandIn::builder().nodes(3).start().await.unwrap();
    let store = open(&stand_in.url(), patient());
    for round in 0..6 {
        let new = events(round, 2);
        let appended = store.append(&stream(round), NoStream, &new).await.unwrap();
        assert!(!appended.repeated);
        assert_eq!(ids_in_log(&stand_in, &stream(round)), new_ids(&new));
        stand_in.move_leader((round + 1) % 3);
        assert_eq!(read_stream(&store, &stream(round)).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_is_found_where_the_leader_is_gone() {
    let stand_in = StandIn::builder().nodes(3).start().await.unwrap();
    let store = open(&stand_in.url(), patient());
    store
        .append(&stream(0), NoStream, &events(0, 1))
        .await
        .unwrap();
    stand_in.move_leader(1);
    store
        .append(&stream(1), NoStream, &events(1, 1))
        .await
        .unwrap();
    stand_in.move_leader(2);
    stand_in.stop_node(1).await;
    let new = events(2, 2);
    store.append(&stream(2), NoStream, &new).await.unwrap();
    assert_eq!(ids_in_log(&stand_in, &stream(2)), new_ids(&new));
}

/// Whoever was a member may still be one.
#[tokio::test(flavor = "multi_thread")]
async fn the_other_members_are_asked_where_those_of_the_url_are_gone() {
    let stand_in = StandIn::builder().nodes(3).start().await.unwrap();
    let url = stand_in
        .node_url(0)
        .replace("kurrentdb:", "kurrentdb+discover:");
    let store = open(&url, patient().retry_timeout(Duration::ZERO));
    let new = events(0, 1);
    store.append(&stream(0), NoStream, &new).await.unwrap();
    for leader in [1, 2] {
        stand_in.stop_node(leader - 1).await;
        stand_in.move_leader(leader);
        let new = events(leader, 1);
        store.append(&stream(leader), NoStream, &new).await.unwrap();
        assert_eq!(ids_in_log(&stand_in, &stream(leader)), new_ids(&new));
    }
}

/// A web server, say, or a proxy that does not know HTTP/2.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_no_kurrentdb_is_told() {
    let answers = [
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
    ];
    for answer in answers {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut asked = [0; 24];
                // Whoever only looks at what is there says less, and is answered as well.
                let _ = stream.read(&mut asked).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        for url in ["kurrentdb", "kurrentdb+discover"] {
            let url = format!("{url}://{address}?tls=false");
            let store = open(&url, patient().retry_timeout(Duration::ZERO));
            let error = store.head().await.unwrap_err();
            let text = told(&error);
            assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{text}");
            let said = [&*address.to_string(), "no HTTP/2", "KurrentDB"];
            assert!(said.iter().all(|said| text.contains(said)), "{text}");
        }
        server.abort();
    }
    // It knows HTTP/2, and no such call.
    let (stand_in, store) = scene(patient()).await;
    stand_in.misbehave(ReadFault::FailAfter(0, Code::Unimplemented));
    let error = store.head().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
    assert!(error.to_string().contains("no KurrentDB"), "{error}");
}

/// It says who leads.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_node_that_does_not_lead_is_asked_who_does() {
    let stand_in = StandIn::builder().nodes(3).start().await.unwrap();
    let store = open(&stand_in.node_url(1), patient());
    for round in 0..3 {
        let new = events(round, 1);
        store.append(&stream(round), NoStream, &new).await.unwrap();
        assert_eq!(ids_in_log(&stand_in, &stream(round)), new_ids(&new));
        stand_in.move_leader((round + 1) % 3);
    }
}

/// As it is where a machine hangs, or the network swallows what is sent to it.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_takes_connections_and_never_answers_holds_up_no_other() {
    let stand_in = StandIn::builder().nodes(2).start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (silent, sound) = (listener.local_addr().unwrap(), stand_in.port(0));
    let long = "gossipTimeout=86400000";
    let url = format!("kurrentdb://{silent},127.0.0.1:{sound}?tls=false&{long}");
    open(&url, patient()).head().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_fails_is_repeated() {
    let stand_in = StandIn::start().await.unwrap();
    stand_in.misbehave(HandshakeFault::Unavailable);
    stand_in.misbehave(HandshakeFault::WrongVersion);
    let store = open(&stand_in.url(), patient());
    store
        .append(&stream(1), NoStream, &events(1, 1))
        .await
        .unwrap();
    assert_eq!(stand_in.due(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_credentials_are_reported_without_them() {
    let builder = StandIn::builder().user("admin", "changeit", [ADMINS]);
    let stand_in = builder.start().await.unwrap();
    let store = open(&stand_in.url_as("admin:changeit"), impatient());
    store
        .append(&stream(1), NoStream, &events(1, 1))
        .await
        .unwrap();
    let store = open(&stand_in.url_as("admin:secret"), impatient());
    assert!(!format!("{store:?}").contains("secret"));
    let error = store
        .read_stream(&stream(1), StreamVersion::FIRST, PAGE)
        .await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
    let error = store
        .append(&stream(2), NoStream, &events(2, 1))
        .await
        .unwrap_err();
    assert!(matches!(error, AppendError::Store { .. }), "{error:?}");
    assert!(ids_in_log(&stand_in, &stream(2)).is_empty());
}

/// The remains of a lost call must not hurt those that come after it.
#[tokio::test(flavor = "multi_thread")]
async fn appends_to_other_streams_do_not_wait_for_one_that_hangs() {
    let (stand_in, store) = scene(patient()).await;
    stand_in.misbehave_on(stream(1).as_str(), AppendFault::HangBeforeCommit);
    let (one, one_events) = (stream(1), events(1, 1));
    let hanging = store.append(&one, NoStream, &one_events);
    let others = async {
        stand_in.until_hanging(1).await;
        for other in 2..6 {
            store
                .append(&stream(other), NoStream, &events(other, 1))
                .await
                .unwrap();
        }
        stand_in.release();
    };
    let (answer, ()) = futures_util::join!(hanging, others);
    answer.unwrap();
    assert_eq!(ids_in_log(&stand_in, &one).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn clones_and_feeds_share_a_connection_which_the_last_one_closes() {
    let (stand_in, store) = scene(patient()).await;
    let clone = store.clone();
    let mut feeds = [(); 2].map(|()| store.feed(GlobalPosition::START, EventFilter::all(), PAGE));
    for feed in &mut feeds {
        feed.next().await.unwrap();
    }
    stand_in.until_connections(1).await;
    drop(store);
    clone.head().await.unwrap();
    drop(feeds);
    clone.head().await.unwrap();
    drop(clone);
    stand_in.until_connections(0).await;
}

#[tokio::test]
async fn a_connection_that_is_replaced_is_closed() {
    let (stand_in, store) = scene(patient()).await;
    for _ in 0..20 {
        for _ in 0..3 {
            stand_in.misbehave(ReadFault::Unavailable);
        }
        store.head().await.unwrap();
        assert_eq!(stand_in.due(), 0);
        // The old one and the new one, and then the new one only.
        stand_in.until_connections(1).await;
    }
    store
        .append(&stream(1), NoStream, &events(1, 1))
        .await
        .unwrap();
}

/// Servers delay acknowledgements, for which a client with Nagle's algorithm waits 40 ms in each call. On
/// a machine that is busy one may be late without anybody's waiting for it, so that it is asked again.
#[tokio::test(flavor = "multi_thread")]
async fn no_call_waits_for_an_acknowledgement() {
    let (stand_in, store) = scene(patient()).await;
    for round in 0..100 {
        let before = stand_in.delayed_acknowledgements();
        for call in 0..10 {
            let (stream, new) = (stream(format!("{round}x{call}")), events(call, 1));
            store.append(&stream, NoStream, &new).await.unwrap();
        }
        if stand_in.delayed_acknowledgements() < before + 5 {
            return;
        }
    }
    panic!("each append waits");
}
