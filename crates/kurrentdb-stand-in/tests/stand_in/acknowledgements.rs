//! What Nagle's algorithm and delayed acknowledgements make of a call.

use std::time::{Duration, Instant};

use kurrentdb::StreamState::Any;
use minwon_kurrentdb_protocol::{
    StreamIdentifier,
    streams::{
        AppendReq, append_req::Content, append_req::Options,
        append_req::options::ExpectedStreamRevision, streams_client::StreamsClient,
    },
};
use minwon_kurrentdb_stand_in::{Builder, StandIn};
use tonic::transport::{Channel, Endpoint};

use crate::kit::{append, client_of, server, soon};

const CALLS: u64 = 10;

async fn channel(stand_in: &StandIn, nodelay: bool) -> StreamsClient<Channel> {
    let address = format!("http://127.0.0.1:{}", stand_in.port(0));
    let endpoint = Endpoint::from_shared(address).expect("an address");
    let channel = soon(endpoint.tcp_nodelay(nodelay).connect()).await;
    StreamsClient::new(channel.expect("it listens"))
}

/// An append of no event: two messages of HTTP/2, as each call has at least.
async fn call(client: &mut StreamsClient<Channel>) {
    let options = Content::Options(Options {
        stream_identifier: Some(StreamIdentifier {
            stream_name: "s".into(),
        }),
        expected_stream_revision: Some(ExpectedStreamRevision::Any(Default::default())),
    });
    let options = AppendReq {
        content: Some(options),
    };
    soon(client.append(tokio_stream::iter([options])))
        .await
        .expect("it is sound");
}

/// How many acknowledgements were waited for in so many calls.
async fn waits(nodelay: bool) -> u64 {
    let stand_in = StandIn::start().await.expect("there is a free port");
    let mut client = channel(&stand_in, nodelay).await;
    call(&mut client).await;
    let before = stand_in.delayed_acknowledgements();
    for _ in 0..CALLS {
        call(&mut client).await;
    }
    stand_in.delayed_acknowledgements() - before
}

#[tokio::test]
async fn the_official_client_waits_for_an_acknowledgement_in_each_call() {
    let (stand_in, client) = server().await;
    append(&client, "s", Any, [0]).await.expect("it is taken");
    let before = stand_in.delayed_acknowledgements();
    for number in 1..=CALLS {
        append(&client, "s", Any, [number.into()])
            .await
            .expect("it is taken");
    }
    let waits = stand_in.delayed_acknowledgements() - before;
    assert!(waits >= CALLS, "{waits} waits in {CALLS} calls");
}

/// On a machine that is busy some acknowledgements are late without anybody's waiting for them, so that
/// it is asked again.
#[tokio::test]
async fn nagles_algorithm_is_why() {
    let with = waits(false).await;
    assert!(with >= CALLS, "{with} waits in {CALLS} calls");
    for _ in 0..100 {
        if waits(true).await <= CALLS / 2 {
            return;
        }
    }
    panic!("without it there are as many");
}

/// The time of some calls of the official client.
async fn time(builder: Builder) -> Duration {
    let stand_in = builder.start().await.expect("there is a free port");
    let client = client_of(&stand_in.url());
    append(&client, "s", Any, [0]).await.expect("it is taken");
    let begun = Instant::now();
    for number in 1..=CALLS {
        append(&client, "s", Any, [number.into()])
            .await
            .expect("it is taken");
    }
    begun.elapsed()
}

/// Delays take 40 ms each on any machine, so that one which is busy for a moment is asked again.
#[tokio::test]
async fn who_is_acknowledged_at_once_does_not_wait() {
    for _ in 0..100 {
        let at_once = time(StandIn::builder().acknowledges_at_once()).await;
        if at_once < time(StandIn::builder()).await {
            return;
        }
    }
    panic!("it takes no less time");
}
