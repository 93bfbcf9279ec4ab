use kurrentdb::StreamState::NoStream;
use kurrentdb::{Error, ReadAllOptions, StreamPosition, SubscriptionFilter};

use crate::kit::{append, numbers, read_all, read_stream, server};

#[tokio::test]
async fn a_stream_that_is_not_there_is_not_found() {
    let (_stand_in, client) = server().await;
    let error = read_stream(&client, "s").await.expect_err("there is none");
    assert!(matches!(error, Error::ResourceNotFound), "{error:?}");
}

#[tokio::test]
async fn all_is_read_both_ways_and_filtered() {
    let (_stand_in, client) = server().await;
    append(&client, "a_B-1", NoStream, [1, 2])
        .await
        .expect("it is new");
    append(&client, "a_C-1", NoStream, [3])
        .await
        .expect("it is new");
    append(&client, "a_B-2", NoStream, [4])
        .await
        .expect("it is new");
    let filtered = |filter| ReadAllOptions::default().filter(filter);
    let prefix = filtered(SubscriptionFilter::on_stream_name().add_prefix("a_B-"));
    let forwards = prefix.clone().position(StreamPosition::Start);
    let found = read_all(&client, &forwards).await.expect("it is read");
    assert_eq!(numbers(&found), [1, 2, 4]);
    let last = prefix.position(StreamPosition::End).max_count(1);
    assert_eq!(
        numbers(&read_all(&client, &last).await.expect("it is read")),
        [4]
    );
    let regex = filtered(SubscriptionFilter::on_stream_name().regex("^a_[CD]-"));
    assert_eq!(
        numbers(&read_all(&client, &regex).await.expect("it is read")),
        [3]
    );
}
