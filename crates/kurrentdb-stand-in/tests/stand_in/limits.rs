use std::task::Poll;

use kurrentdb::StreamState::NoStream;
use kurrentdb::SubscribeToStreamOptions;
use minwon_kurrentdb_stand_in::Call;

use crate::kit::{append, client_of, next, prompt_server, soon};

#[tokio::test]
async fn a_connection_carries_a_hundred_calls_and_subscriptions_and_others_wait() {
    let (stand_in, client) = prompt_server().await;
    let options = SubscribeToStreamOptions::default();
    let mut subscriptions = Vec::new();
    for _ in 0..100 {
        let mut subscription = client.subscribe_to_stream("s", &options).await;
        next(&mut subscription).await.expect("it is confirmed");
        subscriptions.push(subscription);
    }
    let mut waiting = Box::pin(append(&client, "s", NoStream, [1]));
    // Somebody on another connection comes and goes meanwhile.
    for number in 2..12 {
        let first = std::future::poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context)));
        assert!(first.await.is_pending());
        append(
            &client_of(&stand_in.url()),
            "t",
            kurrentdb::StreamState::Any,
            [number],
        )
        .await
        .expect("it has a connection of its own");
    }
    assert_eq!(stand_in.calls(Call::Append), 10);
    drop(subscriptions.pop());
    soon(waiting).await.expect("it is let in");
}
