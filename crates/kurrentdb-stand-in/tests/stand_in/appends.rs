use kurrentdb::StreamState::{Any, NoStream, StreamRevision};
use kurrentdb::{CurrentRevision, Error};
use minwon_kurrentdb_stand_in::StandIn;
use uuid::Uuid;

use crate::kit::{append, client_of, read_stream, server};

#[tokio::test]
async fn what_is_appended_is_read() {
    let (stand_in, client) = server().await;
    let first = append(&client, "a_B-1", NoStream, [1, 2])
        .await
        .expect("the stream is new");
    assert_eq!(first.next_expected_version, 1);
    let second = append(&client, "a_B-1", StreamRevision(1), [3])
        .await
        .expect("it is at 1");
    assert_eq!(second.next_expected_version, 2);
    assert!(second.position > first.position);
    assert_eq!(
        read_stream(&client, "a_B-1").await.expect("it is there"),
        [1, 2, 3]
    );
    assert_eq!(stand_in.stream("a_B-1").len(), 3);
}

#[tokio::test]
async fn a_stale_revision_is_a_conflict_that_names_the_current_one() {
    let (_stand_in, client) = server().await;
    append(&client, "s", NoStream, [1, 2])
        .await
        .expect("the stream is new");
    for expected in [NoStream, StreamRevision(0), StreamRevision(7)] {
        let error = append(&client, "s", expected, [9])
            .await
            .expect_err("it is at 1");
        let Error::WrongExpectedVersion {
            expected: reported,
            current,
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((reported, current), (expected, CurrentRevision::Current(1)));
    }
    let error = append(&client, "none", StreamRevision(0), [9])
        .await
        .expect_err("there is none");
    assert!(
        matches!(
            error,
            Error::WrongExpectedVersion {
                current: CurrentRevision::NoStream,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_repeat_is_answered_as_the_first_time_and_written_once() {
    let (stand_in, client) = server().await;
    let first = append(&client, "s", NoStream, [1, 2])
        .await
        .expect("the stream is new");
    append(&client, "s", StreamRevision(1), [3])
        .await
        .expect("it is at 1");
    let again = append(&client, "s", NoStream, [1, 2])
        .await
        .expect("it is a repeat");
    assert_eq!(again.next_expected_version, first.next_expected_version);
    assert_eq!(again.position, first.position);
    assert_eq!(stand_in.stream("s").len(), 3);
    // With a refreshed revision nobody checks ids.
    append(&client, "s", StreamRevision(2), [3])
        .await
        .expect("the server does not look");
    let ids: Vec<_> = stand_in
        .stream("s")
        .iter()
        .map(|record| record.id)
        .collect();
    assert_eq!(ids, [1, 2, 3, 3].map(Uuid::from_u128));
}

#[tokio::test]
async fn what_is_too_large_is_refused_with_the_servers_words() {
    let stand_in = StandIn::builder()
        .append_bytes_max(100)
        .start()
        .await
        .expect("a free port");
    let client = client_of(&stand_in.url());
    let error = append(&client, "s", Any, 1..=5)
        .await
        .expect_err("it is too large");
    let Error::Grpc { message, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(message, "Maximum Append Size of 100 Exceeded.");
    assert!(stand_in.stream("s").is_empty());
}
