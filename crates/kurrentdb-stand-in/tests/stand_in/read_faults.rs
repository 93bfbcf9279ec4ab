use kurrentdb::StreamState::NoStream;
use kurrentdb::{Client, Error};
use minwon_kurrentdb_stand_in::{Code, ReadFault, StandIn};

use crate::kit::{append, read_stream, server, soon};

async fn three_events() -> (StandIn, Client) {
    let (stand_in, client) = server().await;
    append(&client, "s", NoStream, [1, 2, 3])
        .await
        .expect("the stream is new");
    (stand_in, client)
}

#[tokio::test]
async fn a_read_that_fails_or_is_cut_is_a_server_error() {
    let (stand_in, client) = three_events().await;
    let faults = [
        ReadFault::Unavailable,
        ReadFault::NoLeader,
        ReadFault::CutAfter(2),
        ReadFault::FailAfter(1, Code::Unavailable),
    ];
    for fault in faults {
        stand_in.misbehave(fault);
        let error = read_stream(&client, "s")
            .await
            .expect_err("there was a fault");
        assert!(
            matches!(error, Error::ServerError(_)),
            "{fault:?}: {error:?}"
        );
        assert_eq!(stand_in.occurred(fault), 1);
    }
    stand_in.misbehave(ReadFault::NotLeader);
    let error = read_stream(&client, "s")
        .await
        .expect_err("there was a fault");
    assert!(matches!(error, Error::NotLeaderException(_)), "{error:?}");
    assert_eq!(
        read_stream(&client, "s").await.expect("nothing is due"),
        [1, 2, 3]
    );
}

#[tokio::test]
async fn a_read_may_end_well_and_yet_too_early() {
    let (stand_in, client) = three_events().await;
    stand_in.misbehave(ReadFault::EndAfter(2));
    assert_eq!(
        read_stream(&client, "s").await.expect("it ends well"),
        [1, 2]
    );
}

#[tokio::test]
async fn a_read_that_hangs_goes_on_when_it_is_released() {
    let (stand_in, client) = three_events().await;
    stand_in.misbehave(ReadFault::HangAfter(1));
    let hung = tokio::spawn(async move { read_stream(&client, "s").await });
    soon(stand_in.until_hanging(1)).await;
    stand_in.release();
    let read = soon(hung)
        .await
        .expect("it does not panic")
        .expect("it goes on");
    assert_eq!(read, [1, 2, 3]);
}

#[tokio::test]
async fn malformed_answers_panic_the_client() {
    let (stand_in, client) = three_events().await;
    for fault in [ReadFault::MissingContentAfter(1), ReadFault::WrongIds] {
        stand_in.misbehave(fault);
        let reading = tokio::spawn({
            let client = client.clone();
            async move { read_stream(&client, "s").await }
        });
        assert!(
            soon(reading)
                .await
                .expect_err("the client unwraps")
                .is_panic(),
            "{fault:?}"
        );
        assert_eq!(stand_in.occurred(fault), 1);
    }
    assert_eq!(
        read_stream(&client, "s")
            .await
            .expect("the client lives on"),
        [1, 2, 3]
    );
}
