use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use kurrentdb::StreamState::{NoStream, StreamRevision};
use kurrentdb::{
    AppendToStreamOptions, Client, DeleteStreamOptions, Error, EventData, ReadAllOptions,
    ReadStreamOptions, StreamPosition, SubscriptionFilter,
};
use minwon_kurrentdb_stand_in::StandIn;

use crate::kit::{append, client_of, collect, numbers, read_all, read_stream, server, soon};

async fn describe(client: &Client, stream: &str, metadata: &'static str) {
    let event = EventData::binary("$metadata", metadata.into());
    let options = AppendToStreamOptions::default();
    soon(client.append_to_stream(format!("$${stream}"), &options, event))
        .await
        .expect("it fits");
}

async fn all_of(client: &Client, prefix: &str) -> Vec<u128> {
    let filter = SubscriptionFilter::on_stream_name().add_prefix(prefix);
    let options = ReadAllOptions::default().filter(filter);
    numbers(&read_all(client, &options).await.expect("it is read"))
}

#[tokio::test]
async fn a_softly_deleted_stream_is_gone_until_it_is_begun_again() {
    let (_stand_in, client) = server().await;
    append(&client, "s", NoStream, [1, 2])
        .await
        .expect("it is new");
    let options = DeleteStreamOptions::default().stream_state(StreamRevision(1));
    soon(client.delete_stream("s", &options))
        .await
        .expect("it is at 1");
    let error = read_stream(&client, "s").await.expect_err("it is deleted");
    assert!(matches!(error, Error::ResourceNotFound), "{error:?}");
    assert_eq!(all_of(&client, "s").await, [1, 2]);
    let begun = append(&client, "s", NoStream, [3])
        .await
        .expect("it can be begun again");
    assert_eq!(begun.next_expected_version, 2);
    assert_eq!(
        read_stream(&client, "s").await.expect("it is there again"),
        [3]
    );
}

#[tokio::test]
async fn a_deletion_at_a_stale_revision_is_refused() {
    let (_stand_in, client) = server().await;
    append(&client, "s", NoStream, [1, 2])
        .await
        .expect("it is new");
    let options = DeleteStreamOptions::default().stream_state(StreamRevision(0));
    let error = soon(client.delete_stream("s", &options))
        .await
        .expect_err("it is at 1");
    assert!(
        matches!(&error, Error::Grpc { code, .. } if format!("{code:?}") == "FailedPrecondition"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_tombstoned_stream_is_gone_for_ever() {
    let (_stand_in, client) = server().await;
    append(&client, "s", NoStream, [1])
        .await
        .expect("it is new");
    soon(client.tombstone_stream("s", &Default::default()))
        .await
        .expect("it is there");
    let read = read_stream(&client, "s").await.expect_err("it is gone");
    let appended = append(&client, "s", NoStream, [2])
        .await
        .expect_err("it is gone");
    for error in [read, appended] {
        assert!(matches!(error, Error::ResourceDeleted), "{error:?}");
    }
}

#[tokio::test]
async fn counts_and_truncation_hide_the_oldest_events_from_the_stream_only() {
    let (stand_in, client) = server().await;
    append(&client, "s", NoStream, 1..=5)
        .await
        .expect("it is new");
    describe(&client, "s", r#"{"$maxCount":3}"#).await;
    assert_eq!(
        read_stream(&client, "s").await.expect("it is there"),
        [3, 4, 5]
    );
    describe(&client, "s", r#"{"$tb":4}"#).await;
    assert_eq!(read_stream(&client, "s").await.expect("it is there"), [5]);
    assert_eq!(all_of(&client, "s").await, [1, 2, 3, 4, 5]);
    stand_in.scavenge();
    assert_eq!(all_of(&client, "s").await, [5]);
    // Of metadata the last word alone is there.
    let options = ReadStreamOptions::default().position(StreamPosition::Start);
    let mut read = soon(client.read_stream("$$s", &options))
        .await
        .expect("it is there");
    let metadata = collect(&mut read).await.expect("it is there");
    assert_eq!(metadata.len(), 1);
    assert_eq!(metadata[0].get_original_event().revision, 1);
}

#[tokio::test]
async fn ages_hide_events_when_the_clock_says_so() {
    let seconds = Arc::new(AtomicU64::new(1_000));
    let clock = Arc::clone(&seconds);
    let clock = move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed));
    let stand_in = StandIn::builder()
        .clock(clock)
        .start()
        .await
        .expect("a free port");
    let client = client_of(&stand_in.url());
    append(&client, "s", NoStream, [1])
        .await
        .expect("it is new");
    describe(&client, "s", r#"{"$maxAge":60}"#).await;
    seconds.store(1_050, Ordering::Relaxed);
    append(&client, "s", StreamRevision(0), [2])
        .await
        .expect("it is at 0");
    assert_eq!(
        read_stream(&client, "s").await.expect("it is there"),
        [1, 2]
    );
    seconds.store(1_061, Ordering::Relaxed);
    assert_eq!(read_stream(&client, "s").await.expect("it is there"), [2]);
    let options = ReadStreamOptions::default().position(StreamPosition::Start);
    let mut read = soon(client.read_stream("s", &options))
        .await
        .expect("it is there");
    let event = collect(&mut read).await.expect("it is there").remove(0);
    assert_eq!(
        event.get_original_event().metadata["created"],
        "10500000000"
    );
}
