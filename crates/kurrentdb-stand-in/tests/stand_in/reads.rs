use kurrentdb::StreamState::NoStream;
use kurrentdb::{Error, ReadAllOptions, ReadStreamOptions, StreamPosition, SubscriptionFilter};
use minwon_kurrentdb_stand_in::{Positions, StandIn};

use crate::kit::{append, client_of, collect, numbers, read_all, read_stream, server, soon};

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

#[tokio::test]
async fn a_stream_is_read_both_ways_from_a_revision_on() {
    let (_stand_in, client) = server().await;
    append(&client, "s", NoStream, 1..=5)
        .await
        .expect("it is new");
    let read = async |options: ReadStreamOptions| {
        let mut read = soon(client.read_stream("s", &options))
            .await
            .expect("it is there");
        numbers(&collect(&mut read).await.expect("it is read"))
    };
    let options = ReadStreamOptions::default;
    let at = StreamPosition::Position(2);
    assert_eq!(read(options().position(at).max_count(2)).await, [3, 4]);
    assert_eq!(read(options().position(at).backwards()).await, [3, 2, 1]);
    assert_eq!(
        read(options().position(StreamPosition::End).max_count(2)).await,
        [5, 4]
    );
    assert!(
        read(options().position(StreamPosition::Position(9)))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn all_is_read_inclusively_forwards_and_exclusively_backwards() {
    for positions in [Positions::Offsets, Positions::Gaps, Positions::Transactions] {
        let builder = StandIn::builder().positions(positions).seed(5);
        let stand_in = builder.start().await.expect("there is a free port");
        let client = client_of(&stand_in.url());
        append(&client, "s", NoStream, 1..=5)
            .await
            .expect("it is new");
        let position = stand_in.stream("s")[2].position;
        let at = StreamPosition::Position(kurrentdb::Position {
            commit: position.commit,
            prepare: position.prepare,
        });
        let filter = SubscriptionFilter::on_stream_name().add_prefix("s");
        let options = ReadAllOptions::default().filter(filter).position(at);
        let forwards = read_all(&client, &options).await.expect("it is read");
        assert_eq!(numbers(&forwards), [3, 4, 5], "{positions:?}");
        let backwards = read_all(&client, &options.backwards())
            .await
            .expect("it is read");
        assert_eq!(numbers(&backwards), [2, 1], "{positions:?}");
    }
}
