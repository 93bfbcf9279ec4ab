use kurrentdb::StreamState::{NoStream, StreamRevision};
use kurrentdb::{StreamPosition, SubscribeToAllOptions, SubscriptionFilter};

use crate::kit::{append, in_short, next, server, until_caught_up};

#[tokio::test]
async fn a_subscription_brings_what_was_there_and_what_comes() {
    let (_stand_in, client) = server().await;
    append(&client, "a_B-1", NoStream, [1, 2])
        .await
        .expect("it is new");
    let options = SubscribeToAllOptions::default()
        .position(StreamPosition::Start)
        .filter(SubscriptionFilter::on_stream_name().add_prefix("a_"));
    let mut subscription = client.subscribe_to_all(&options).await;
    let told = until_caught_up(&mut subscription).await;
    assert_eq!(
        told,
        ["confirmed", "event 1", "event 2", "checkpoint", "caught up"]
    );
    append(&client, "a_B-1", StreamRevision(1), [3])
        .await
        .expect("it is at 1");
    let live = next(&mut subscription)
        .await
        .expect("the subscription goes on");
    assert_eq!(in_short(&live), "event 3");
}
