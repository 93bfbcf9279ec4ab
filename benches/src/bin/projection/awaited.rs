//! The naive way: every event is read, folded and written on its own, and waited for.

use std::{num::NonZeroU32, time::Instant};

use minwon_benches::{Rounds, place::Log};
use minwon_core::{EventDecoder, EventFilter, EventStore, GlobalPosition, Projection, Stored};
use minwon_petitions::{
    EventReader,
    view::{PetitionView, PetitionViews},
};
use minwon_test_servers::RedisServer;
use redis::AsyncCommands;

use crate::Failure;

/// Documents only, without any index: that is kind to the naive way.
pub(crate) async fn measure(
    log: &Log,
    server: &RedisServer,
    events: usize,
    rounds: &mut Rounds,
) -> Result<(), Failure> {
    let client = redis::Client::open(server.url())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let limit = NonZeroU32::new(u32::try_from(events)?).ok_or("no events")?;
    let filter = EventFilter::namespace(log.namespace.clone());
    let (views, reader) = (PetitionViews::default(), EventReader::default());
    let (mut after, mut folded) = (GlobalPosition::START, 0);
    let start = Instant::now();
    while folded < events {
        let page = log.store.read_all(after, &filter, limit).await?;
        for recorded in page.events.iter().take(events - folded) {
            let key = format!("naive:{}", recorded.metadata.subject());
            let kept: Option<Vec<u8>> = connection.get(&key).await?;
            let kept = kept.map(|json| serde_json::from_slice(&json)).transpose()?;
            let mut view = kept.map(|Stored::<PetitionView>(view)| view);
            views.apply(&mut view, &reader.decode(recorded)?, recorded);
            let json = serde_json::to_vec(&view.as_ref().map(Stored))?;
            let position = recorded.position.to_bytes();
            let () = redis::pipe()
                .atomic()
                .set(&key, json)
                .set("naive:checkpoint", &position[..])
                .query_async(&mut connection)
                .await?;
            folded += 1;
        }
        after = page.position;
        if page.is_end {
            break;
        }
    }
    rounds.note("awaited", Some("decode_only"), folded, start);
    Ok(())
}
