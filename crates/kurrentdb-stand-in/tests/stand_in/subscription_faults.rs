use kurrentdb::StreamState::NoStream;
use kurrentdb::{
    Client, Error, StreamPosition, SubscribeToAllOptions, Subscription, SubscriptionFilter,
};
use minwon_kurrentdb_stand_in::{Call, Code, StandIn, SubscribeFault};

use crate::kit::{append, client_of, in_short, next, soon, until_caught_up};

/// Three events, and a subscription that meets `fault`.
async fn meet(fault: SubscribeFault) -> (StandIn, Client, Subscription) {
    let stand_in = StandIn::start().await.expect("there is a free port");
    let client = client_of(&stand_in.url());
    append(&client, "s", NoStream, [1, 2, 3])
        .await
        .expect("the stream is new");
    stand_in.misbehave(fault);
    let subscription = client.subscribe_to_all(&options()).await;
    (stand_in, client, subscription)
}

/// Without the client's own attempts to go on.
fn options() -> SubscribeToAllOptions {
    SubscribeToAllOptions::default()
        .position(StreamPosition::Start)
        .filter(SubscriptionFilter::on_stream_name().add_prefix("s"))
}

async fn until_error(subscription: &mut Subscription) -> (Vec<String>, Error) {
    let mut seen = Vec::new();
    loop {
        match next(subscription).await {
            Ok(event) => seen.push(in_short(&event)),
            Err(error) => return (seen, error),
        }
    }
}

#[tokio::test]
async fn subscriptions_end_with_errors_where_a_fault_is_set() {
    let fault = SubscribeFault::FailAfter(2, Code::Unavailable);
    let (stand_in, _client, mut subscription) = meet(fault).await;
    let (seen, error) = until_error(&mut subscription).await;
    assert_eq!(seen, ["confirmed", "event 1", "event 2"]);
    assert!(matches!(error, Error::ServerError(_)), "{error:?}");
    assert_eq!(stand_in.occurred(fault), 1);
}

#[tokio::test]
async fn a_subscription_that_was_cut_goes_on_behind_its_last_event_when_asked_again() {
    let fault = SubscribeFault::CutAfter(2);
    let (stand_in, _client, mut subscription) = meet(fault).await;
    let (seen, error) = until_error(&mut subscription).await;
    assert_eq!(seen[0], "confirmed");
    assert!(matches!(error, Error::ServerError(_)), "{error:?}");
    assert_eq!(stand_in.occurred(fault), 1);
    let again = until_caught_up(&mut subscription).await;
    let all: Vec<_> = seen
        .into_iter()
        .chain(again)
        .filter(|seen| seen.starts_with("ev"))
        .collect();
    assert_eq!(all, ["event 1", "event 2", "event 3"]);
}

#[tokio::test]
async fn a_subscription_may_be_refused() {
    let (_stand_in, _client, mut subscription) = meet(SubscribeFault::Unavailable).await;
    let error = next(&mut subscription).await.expect_err("it is refused");
    assert!(matches!(error, Error::ServerError(_)), "{error:?}");
    let (_stand_in, _client, mut subscription) = meet(SubscribeFault::NotLeader).await;
    let error = next(&mut subscription).await.expect_err("it is refused");
    assert!(matches!(error, Error::NotLeaderException(_)), "{error:?}");
}

#[tokio::test]
async fn a_silent_subscription_says_nothing_of_what_comes_until_it_is_released() {
    let (stand_in, client, mut subscription) = meet(SubscribeFault::SilentAfter(0)).await;
    assert_eq!(
        in_short(&next(&mut subscription).await.expect("it is confirmed")),
        "confirmed"
    );
    soon(stand_in.until_hanging(1)).await;
    append(&client, "s2", NoStream, [4])
        .await
        .expect("the stream is new");
    let sent = stand_in.events_sent();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(stand_in.events_sent(), sent);
    stand_in.release();
    let seen = until_caught_up(&mut subscription).await;
    assert_eq!(seen[..4], ["event 1", "event 2", "event 3", "event 4"]);
}

#[tokio::test]
async fn a_subscription_may_not_even_be_confirmed() {
    let (stand_in, _client, mut subscription) = meet(SubscribeFault::Hang).await;
    let confirmed = tokio::spawn(async move { next(&mut subscription).await.map(|_| ()) });
    soon(stand_in.until_hanging(1)).await;
    stand_in.release();
    soon(confirmed)
        .await
        .expect("it does not panic")
        .expect("it was let go");
}

#[tokio::test]
async fn duplicates_come_first_where_a_subscription_begins_too_early() {
    let (stand_in, client, mut subscription) = meet(SubscribeFault::Repeat(0)).await;
    until_caught_up(&mut subscription).await;
    let position = stand_in.stream("s")[2].position;
    let from = kurrentdb::Position {
        commit: position.commit,
        prepare: position.prepare,
    };
    stand_in.misbehave(SubscribeFault::Repeat(2));
    let options = options().position(StreamPosition::Position(from));
    let seen = until_caught_up(&mut client.subscribe_to_all(&options).await).await;
    assert_eq!(
        seen,
        ["confirmed", "event 2", "event 3", "checkpoint", "caught up"]
    );
}

/// Whoever asks the client for more then never gets out again: it spins without waiting. So this
/// test does not.
#[tokio::test]
async fn a_subscription_may_end_well() {
    let fault = SubscribeFault::EndAfter(1);
    let (stand_in, _client, mut subscription) = meet(fault).await;
    for seen in ["confirmed", "event 1"] {
        assert_eq!(
            in_short(&next(&mut subscription).await.expect("it goes on")),
            seen
        );
    }
    soon(stand_in.until_occurred(fault, 1)).await;
    soon(stand_in.until_subscriptions(0)).await;
    assert_eq!(stand_in.calls(Call::Subscribe), 1);
}

#[tokio::test]
async fn malformed_events_panic_the_client() {
    let (stand_in, _client, mut subscription) = meet(SubscribeFault::WrongIds).await;
    let reading = tokio::spawn(async move { until_error(&mut subscription).await });
    assert!(
        soon(reading)
            .await
            .expect_err("the client unwraps")
            .is_panic()
    );
    assert_eq!(stand_in.occurred(SubscribeFault::WrongIds), 1);
}

#[tokio::test]
async fn a_message_without_content_is_passed_over() {
    let fault = SubscribeFault::MissingContentAfter(1);
    let (stand_in, _client, mut subscription) = meet(fault).await;
    let seen = until_caught_up(&mut subscription).await;
    assert_eq!(seen[1..4], ["event 1", "event 2", "event 3"]);
    assert_eq!(stand_in.occurred(fault), 1);
}
