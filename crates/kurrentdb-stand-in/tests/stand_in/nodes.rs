use kurrentdb::StreamState::{NoStream, StreamRevision};
use kurrentdb::{Error, StreamPosition, SubscribeToAllOptions};
use minwon_kurrentdb_stand_in::{Call, HandshakeFault, StandIn};

use crate::kit::{append, client_of, next, read_stream, server, soon, until_caught_up};

#[tokio::test]
async fn a_client_finds_the_leader_and_is_sent_to_the_next_one() {
    let stand_in = StandIn::builder()
        .nodes(3)
        .start()
        .await
        .expect("there are free ports");
    stand_in.move_leader(1);
    let client = client_of(&stand_in.url());
    append(&client, "s", NoStream, [1])
        .await
        .expect("it finds the leader");
    assert!(stand_in.calls(Call::Gossip) > 0);
    stand_in.move_leader(2);
    let error = append(&client, "s", StreamRevision(0), [2])
        .await
        .expect_err("it has moved");
    let Error::NotLeaderException(leader) = &error else {
        panic!("{error:?}")
    };
    assert!(
        format!("{leader:?}").contains(&stand_in.port(2).to_string()),
        "{leader:?}"
    );
    append(&client, "s", StreamRevision(0), [2])
        .await
        .expect("the client has followed");
    stand_in.depose_leader();
    let error = append(&client, "s", StreamRevision(1), [3])
        .await
        .expect_err("nobody leads");
    assert!(matches!(error, Error::ServerError(_)), "{error:?}");
}

#[tokio::test]
async fn a_subscription_to_the_leader_ends_where_it_leads_no_more() {
    let stand_in = StandIn::builder()
        .nodes(2)
        .start()
        .await
        .expect("there are free ports");
    let client = client_of(&stand_in.url());
    let options = SubscribeToAllOptions::default().position(StreamPosition::Start);
    let mut subscription = client.subscribe_to_all(&options).await;
    until_caught_up(&mut subscription).await;
    stand_in.move_leader(1);
    let error = next(&mut subscription)
        .await
        .expect_err("its node leads no more");
    assert!(matches!(error, Error::NotLeaderException(_)), "{error:?}");
}

#[tokio::test]
async fn followers_serve_those_who_do_not_ask_for_the_leader() {
    let stand_in = StandIn::builder()
        .nodes(2)
        .start()
        .await
        .expect("there are free ports");
    let client = client_of(&format!("{}&nodePreference=follower", stand_in.node_url(1)));
    append(&client, "s", NoStream, [1])
        .await
        .expect("it is passed on to the leader");
    assert_eq!(read_stream(&client, "s").await.expect("it is there"), [1]);
}

#[tokio::test]
async fn a_server_comes_up_late_and_the_first_client_is_dead_by_then() {
    let stand_in = StandIn::builder()
        .down()
        .start()
        .await
        .expect("there is a free port");
    let url = stand_in.url();
    let early = client_of(&url);
    let error = append(&early, "s", NoStream, [1])
        .await
        .expect_err("nobody listens");
    assert!(matches!(error, Error::GrpcConnectionError(_)), "{error:?}");
    stand_in.start_all().expect("the port is ours");
    let error = append(&early, "s", NoStream, [1])
        .await
        .expect_err("it never tries again");
    assert!(matches!(error, Error::ConnectionClosed), "{error:?}");
    append(&client_of(&url), "s", NoStream, [1])
        .await
        .expect("a new client works");
}

#[tokio::test]
async fn a_restart_keeps_the_port_and_the_log_and_forgets_ids() {
    let (stand_in, client) = server().await;
    append(&client, "s", kurrentdb::StreamState::Any, [1])
        .await
        .expect("it is new");
    let url = stand_in.url();
    soon(stand_in.restart()).await.expect("the port is ours");
    assert_eq!(stand_in.url(), url);
    let client = client_of(&url);
    assert_eq!(read_stream(&client, "s").await.expect("it is there"), [1]);
    append(&client, "s", kurrentdb::StreamState::Any, [1])
        .await
        .expect("nobody remembers");
    assert_eq!(stand_in.stream("s").len(), 2);
}

#[tokio::test]
async fn cut_connections_are_made_anew() {
    let (stand_in, client) = server().await;
    append(&client, "s", NoStream, [1])
        .await
        .expect("it is new");
    stand_in.cut_connections();
    // The client may notice before or while it calls.
    let mut read = read_stream(&client, "s").await;
    if read.is_err() {
        read = read_stream(&client, "s").await;
    }
    assert_eq!(read.expect("the second time at the latest"), [1]);
}

#[tokio::test]
async fn a_failed_introduction_kills_the_client_unless_it_is_an_old_server() {
    for fault in [HandshakeFault::Unavailable, HandshakeFault::WrongVersion] {
        let (stand_in, client) = server().await;
        stand_in.misbehave(fault);
        let error = append(&client, "s", NoStream, [1])
            .await
            .expect_err("it fails");
        assert!(
            matches!(error, Error::GrpcConnectionError(_)),
            "{fault:?}: {error:?}"
        );
        let error = append(&client, "s", NoStream, [1])
            .await
            .expect_err("it is dead");
        assert!(
            matches!(error, Error::ConnectionClosed),
            "{fault:?}: {error:?}"
        );
        assert_eq!(stand_in.occurred(fault), 1);
    }
    let (stand_in, client) = server().await;
    stand_in.misbehave(HandshakeFault::Unimplemented);
    append(&client, "s", NoStream, [1])
        .await
        .expect("such servers are served");
}

#[tokio::test]
async fn frozen_connections_say_nothing_while_new_ones_work() {
    let (stand_in, client) = server().await;
    append(&client, "s", NoStream, [1])
        .await
        .expect("it is new");
    stand_in.freeze_connections();
    let mut frozen = tokio::spawn({
        let client = client.clone();
        async move { append(&client, "s", StreamRevision(0), [2]).await }
    });
    let other = client_of(&stand_in.url());
    assert_eq!(
        read_stream(&other, "s")
            .await
            .expect("new connections work"),
        [1]
    );
    let still = std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut frozen).poll(context).is_pending())
    });
    assert!(still.await);
    stand_in.thaw_connections();
    soon(frozen)
        .await
        .expect("it does not panic")
        .expect("it comes through");
    assert_eq!(stand_in.stream("s").len(), 2);
}
