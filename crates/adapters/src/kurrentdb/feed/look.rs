//! Looking at the log beside a subscription.

use std::time::Duration;

use kurrentdb::{Client, ReadAllOptions, StreamPosition, SubscriptionFilter};
use minwon_core::GlobalPosition;

use crate::kurrentdb::{
    codec::{client_position, position_of},
    error::Fault,
    link::guarded,
};

/// The position of the last event in the log, whoever wrote it. Costs the server little, however
/// long the log is: nothing is filtered.
pub(super) async fn log_end(client: &Client, limit: Duration) -> Result<GlobalPosition, Fault> {
    let options = ReadAllOptions::default()
        .position(StreamPosition::End)
        .max_count(1);
    let last = first_position(client, &options, limit, |_| true).await?;
    Ok(last.unwrap_or(GlobalPosition::START))
}

/// Returns whether the server's filter lets an event through after `position`.
pub(super) async fn has_more(
    client: &Client,
    position: GlobalPosition,
    filter: SubscriptionFilter,
    limit: Duration,
) -> Result<bool, Fault> {
    let from = client_position(position).map_or(StreamPosition::Start, StreamPosition::Position);
    // Reads begin at a position, not after it; so the first one may be the one before.
    let options = ReadAllOptions::default()
        .forwards()
        .position(from)
        .filter(filter)
        .max_count(2);
    let is_later = |found| found > position;
    let found = first_position(client, &options, limit, is_later).await?;
    Ok(found.is_some())
}

/// The position of the first event read that is `wanted`.
async fn first_position(
    client: &Client,
    options: &ReadAllOptions,
    limit: Duration,
    wanted: impl Fn(GlobalPosition) -> bool,
) -> Result<Option<GlobalPosition>, Fault> {
    let read = async {
        let mut events = client.read_all(options).await?;
        while let Some(read) = events.next().await? {
            let position = read.event.map(|event| position_of(event.position));
            if let Some(position) = position.filter(|position| wanted(*position)) {
                return Ok(Some(position));
            }
        }
        Ok(None)
    };
    guarded(limit, read).await
}
