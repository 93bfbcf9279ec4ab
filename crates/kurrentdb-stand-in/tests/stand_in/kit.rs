//! Helpers of all tests: clients, events, and waits with a limit.

use std::time::Duration;

use kurrentdb::{
    AppendToStreamOptions, Client, EventData, ReadAllOptions, ReadStream, ReadStreamOptions,
    ResolvedEvent, StreamPosition, StreamState, Subscription, SubscriptionEvent, WriteResult,
};
use minwon_kurrentdb_stand_in::StandIn;
use uuid::Uuid;

/// Nothing here takes nearly so long on any machine, unless it hangs.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(600);

/// Waits for `what`, but not for ever.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(WAIT_MAX, what)
        .await
        .expect("it hangs")
}

/// The client waits for its discovery interval before it first connects, even to one node alone.
pub(crate) fn client_of(url: &str) -> Client {
    let url = format!("{url}&discoveryInterval=1");
    Client::new(url.parse().expect("the URL is ours")).expect("the settings are good")
}

pub(crate) async fn server() -> (StandIn, Client) {
    let stand_in = StandIn::start().await.expect("there is a free port");
    let client = client_of(&stand_in.url());
    (stand_in, client)
}

/// For tests of many calls, in which the client would wait.
pub(crate) async fn prompt_server() -> (StandIn, Client) {
    let builder = StandIn::builder().acknowledges_at_once();
    let stand_in = builder.start().await.expect("there is a free port");
    let client = client_of(&stand_in.url());
    (stand_in, client)
}

pub(crate) fn event(number: u128) -> EventData {
    let data = format!(r#"{{"number":{number}}}"#);
    EventData::binary("PetitionFiled", data.into()).id(Uuid::from_u128(number))
}

pub(crate) fn events(numbers: impl IntoIterator<Item = u128>) -> Vec<EventData> {
    numbers.into_iter().map(event).collect()
}

pub(crate) async fn append(
    client: &Client,
    stream: &str,
    expected: StreamState,
    numbers: impl IntoIterator<Item = u128>,
) -> kurrentdb::Result<WriteResult> {
    let options = AppendToStreamOptions::default().stream_state(expected);
    soon(client.append_to_stream(stream, &options, events(numbers))).await
}

pub(crate) async fn collect(stream: &mut ReadStream) -> kurrentdb::Result<Vec<ResolvedEvent>> {
    let mut all = Vec::new();
    while let Some(event) = soon(stream.next()).await? {
        all.push(event);
    }
    Ok(all)
}

pub(crate) fn numbers(events: &[ResolvedEvent]) -> Vec<u128> {
    events
        .iter()
        .map(|event| event.get_original_event().id.as_u128())
        .collect()
}

/// The ids of a stream's events, as numbers, from the start.
pub(crate) async fn read_stream(client: &Client, stream: &str) -> kurrentdb::Result<Vec<u128>> {
    let options = ReadStreamOptions::default().position(StreamPosition::Start);
    let mut read = soon(client.read_stream(stream, &options)).await?;
    Ok(numbers(&collect(&mut read).await?))
}

pub(crate) async fn read_all(
    client: &Client,
    options: &ReadAllOptions,
) -> kurrentdb::Result<Vec<ResolvedEvent>> {
    let mut read = soon(client.read_all(options)).await?;
    collect(&mut read).await
}

pub(crate) async fn next(subscription: &mut Subscription) -> kurrentdb::Result<SubscriptionEvent> {
    soon(subscription.next_subscription_event()).await
}

/// The events of a subscription, in short, up to and with the first `caught up`.
pub(crate) async fn until_caught_up(subscription: &mut Subscription) -> Vec<String> {
    let mut seen = Vec::new();
    loop {
        let event = next(subscription).await.expect("the subscription goes on");
        let is_caught_up = matches!(event, SubscriptionEvent::CaughtUp(_));
        seen.push(in_short(&event));
        if is_caught_up {
            return seen;
        }
    }
}

pub(crate) fn in_short(event: &SubscriptionEvent) -> String {
    match event {
        SubscriptionEvent::Confirmed(_) => "confirmed".into(),
        SubscriptionEvent::EventAppeared(event) => {
            format!("event {}", event.get_original_event().id.as_u128())
        }
        SubscriptionEvent::Checkpoint(_) => "checkpoint".into(),
        SubscriptionEvent::CaughtUp(_) => "caught up".into(),
        _ => "something else".into(),
    }
}
