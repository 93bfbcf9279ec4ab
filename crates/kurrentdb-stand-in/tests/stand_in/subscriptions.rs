use kurrentdb::StreamState::{NoStream, StreamRevision};
use kurrentdb::{
    Error, Position, StreamPosition, SubscribeToAllOptions, SubscribeToStreamOptions,
    SubscriptionEvent, SubscriptionFilter,
};
use minwon_kurrentdb_stand_in::{Positions, StandIn};

use crate::kit::{
    append, client_of, in_short, next, prompt_server, read_all, read_stream, server, soon,
    until_caught_up,
};

fn filtered(prefix: &str) -> SubscribeToAllOptions {
    SubscribeToAllOptions::default()
        .position(StreamPosition::Start)
        .filter(SubscriptionFilter::on_stream_name().add_prefix(prefix))
}

#[tokio::test]
async fn a_subscription_brings_what_was_there_and_what_comes() {
    let (stand_in, client) = server().await;
    append(&client, "a_B-1", NoStream, [1, 2])
        .await
        .expect("it is new");
    let mut subscription = client.subscribe_to_all(&filtered("a_")).await;
    let seen = until_caught_up(&mut subscription).await;
    assert_eq!(
        seen,
        ["confirmed", "event 1", "event 2", "checkpoint", "caught up"]
    );
    append(&client, "a_B-1", StreamRevision(1), [3])
        .await
        .expect("it is at 1");
    let live = next(&mut subscription)
        .await
        .expect("the subscription goes on");
    assert_eq!(in_short(&live), "event 3");
    assert_eq!(stand_in.subscriptions(), 1);
    drop(subscription);
    soon(stand_in.until_subscriptions(0)).await;
}

#[tokio::test]
async fn a_stream_is_followed_behind_a_revision() {
    let (_stand_in, client) = server().await;
    append(&client, "s", NoStream, [1, 2, 3])
        .await
        .expect("it is new");
    let options = SubscribeToStreamOptions::default().start_from(StreamPosition::Position(0));
    let mut subscription = client.subscribe_to_stream("s", &options).await;
    let seen = until_caught_up(&mut subscription).await;
    assert_eq!(seen, ["confirmed", "event 2", "event 3", "caught up"]);
    client
        .tombstone_stream("s", &Default::default())
        .await
        .expect("it is there");
    let error = next(&mut subscription)
        .await
        .expect_err("the stream has ended");
    assert!(matches!(error, Error::ResourceDeleted), "{error:?}");
}

#[tokio::test]
async fn checkpoints_come_every_so_many_events_considered() {
    let (_stand_in, client) = server().await;
    append(&client, "other", NoStream, 1..=100)
        .await
        .expect("it is new");
    append(&client, "s", NoStream, [200])
        .await
        .expect("it is new");
    let mut subscription = client.subscribe_to_all(&filtered("s")).await;
    let seen = until_caught_up(&mut subscription).await;
    let count = seen.iter().filter(|seen| *seen == "checkpoint").count();
    // 104 shown records at a window of 32, and one at going live.
    assert_eq!(count, 104 / 32 + 1);
    // Live, what is left out moves the checkpoint as well.
    append(&client, "other", StreamRevision(99), 101..=132)
        .await
        .expect("it is at 99");
    let event = next(&mut subscription)
        .await
        .expect("the subscription goes on");
    assert_eq!(in_short(&event), "checkpoint");
}

#[tokio::test]
async fn a_subscription_goes_on_behind_any_checkpoint_it_was_given() {
    for positions in [Positions::Gaps, Positions::Transactions] {
        let builder = StandIn::builder().positions(positions).seed(11);
        let stand_in = builder.start().await.expect("there is a free port");
        let client = client_of(&stand_in.url());
        for stream in ["s1", "other", "s2"] {
            append(&client, stream, NoStream, 1..=40)
                .await
                .expect("it is new");
        }
        let mut subscription = client.subscribe_to_all(&filtered("s")).await;
        let mut seen = 0;
        loop {
            match next(&mut subscription)
                .await
                .expect("the subscription goes on")
            {
                SubscriptionEvent::EventAppeared(_) => seen += 1,
                SubscriptionEvent::Checkpoint(position) => {
                    let from = filtered("s").position(StreamPosition::Position(position));
                    let mut rest = client.subscribe_to_all(&from).await;
                    let rest = until_caught_up(&mut rest).await;
                    let events = rest
                        .iter()
                        .filter(|event| event.starts_with("event"))
                        .count();
                    assert_eq!(seen + events, 80, "{positions:?}");
                }
                SubscriptionEvent::CaughtUp(info) => {
                    let last = stand_in.log().last().expect("there are records").position;
                    let position = info
                        .and_then(|info| info.position)
                        .expect("25.0.1 reports it");
                    assert_eq!(
                        (position.commit, position.prepare),
                        (last.commit, last.prepare)
                    );
                    break;
                }
                _ => {}
            }
        }
        assert_eq!(seen, 80);
    }
}

#[tokio::test]
async fn a_position_where_no_record_begins_is_refused() {
    for version in [(24, 10, 4), (26, 1, 0)] {
        let stand_in = StandIn::builder()
            .version(version)
            .start()
            .await
            .expect("a free port");
        let client = client_of(&stand_in.url());
        append(&client, "s", NoStream, [1])
            .await
            .expect("it is new");
        let at = stand_in.stream("s")[0].position.commit;
        let wrong = StreamPosition::Position(Position {
            commit: at - 1,
            prepare: at - 1,
        });
        let mut subscription = client
            .subscribe_to_all(&filtered("s").position(wrong))
            .await;
        next(&mut subscription).await.expect("it is confirmed");
        let error = next(&mut subscription)
            .await
            .expect_err("there is no such place");
        let read = read_all(
            &client,
            &kurrentdb::ReadAllOptions::default().position(wrong),
        )
        .await;
        for error in [error, read.expect_err("there is no such place")] {
            match (version.0, error) {
                (24, Error::ServerError(_)) | (26, Error::Grpc { .. }) => {}
                (_, error) => panic!("{version:?}: {error:?}"),
            }
        }
    }
}

#[tokio::test]
async fn old_servers_report_less_about_catching_up() {
    for (version, reports) in [
        ((23, 10, 0), false),
        ((25, 0, 0), false),
        ((24, 10, 5), true),
    ] {
        let stand_in = StandIn::builder()
            .version(version)
            .start()
            .await
            .expect("a free port");
        let client = client_of(&stand_in.url());
        let mut subscription = client.subscribe_to_all(&filtered("s")).await;
        loop {
            let event = next(&mut subscription)
                .await
                .expect("the subscription goes on");
            if let SubscriptionEvent::CaughtUp(info) = event {
                assert_eq!(info.is_some(), reports, "{version:?}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_slow_reader_holds_the_server_up() {
    let (stand_in, client) = prompt_server().await;
    let options = kurrentdb::AppendToStreamOptions::default();
    for _ in 0..40 {
        let big = (0..32).map(|_| kurrentdb::EventData::binary("Big", vec![7; 30_000].into()));
        let big: Vec<_> = big.collect();
        soon(client.append_to_stream("s", &options, big))
            .await
            .expect("it fits");
    }
    let before = stand_in.events_sent();
    let mut subscription = client.subscribe_to_all(&filtered("s")).await;
    for _ in 0..2 {
        next(&mut subscription)
            .await
            .expect("the subscription goes on");
    }
    // Some 37 MiB wait; windows of the connection hold a few. Meanwhile the server has its turns.
    append(&client, "other", NoStream, [1])
        .await
        .expect("it is new");
    for _ in 0..100 {
        read_stream(&client, "other").await.expect("it is there");
    }
    let sent = stand_in.events_sent() - before - 100;
    assert!((33..600).contains(&sent), "{sent}");
    let mut seen = 1;
    while seen < 1280 {
        if let SubscriptionEvent::EventAppeared(_) =
            next(&mut subscription).await.expect("it goes on")
        {
            seen += 1;
        }
    }
}

#[tokio::test]
async fn a_reader_ahead_of_a_restored_log_hears_nothing_of_what_it_missed() {
    let (stand_in, client) = server().await;
    append(&client, "s", NoStream, [1])
        .await
        .expect("it is new");
    let backup = stand_in.backup();
    append(&client, "s", StreamRevision(0), 2..=9)
        .await
        .expect("it is at 0");
    let ahead = stand_in.stream("s")[8].position;
    stand_in.restore(&backup);
    assert_eq!(stand_in.stream("s").len(), 1);
    let client = client_of(&stand_in.url());
    let position = Position {
        commit: ahead.commit,
        prepare: ahead.prepare,
    };
    let options = filtered("s").position(StreamPosition::Position(position));
    let mut subscription = client.subscribe_to_all(&options).await;
    assert_eq!(until_caught_up(&mut subscription).await.len(), 3);
    append(&client, "s", StreamRevision(0), 20..=60)
        .await
        .expect("it is at 0");
    let event = next(&mut subscription)
        .await
        .expect("the subscription goes on");
    let SubscriptionEvent::EventAppeared(event) = event else {
        panic!("{}", in_short(&event))
    };
    assert!(event.get_original_event().position > position);
}
