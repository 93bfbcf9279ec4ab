//! The one reader of the log, for all projections of a projector.

use std::sync::Arc;

use minwon_core::{EventDecoder, Feed, FeedBatch, GlobalPosition, RecordedEvent};
use tokio::sync::mpsc;

use super::{
    batch::Batch,
    end::{SessionEnd, StopReason},
};

/// Whether an event has to be decoded for somebody.
pub(crate) type Interest = Box<dyn Fn(&RecordedEvent) -> bool + Send + Sync>;

/// Reads on until the feed ends, an event cannot be decoded, or nobody listens any more. What was
/// read before that has been handed on.
pub(crate) async fn read_on<D: EventDecoder>(
    mut feed: impl Feed,
    decoder: &D,
    interests: &[Interest],
    listeners: Vec<mpsc::Sender<Arc<Batch<D::Event>>>>,
) -> SessionEnd {
    loop {
        let batch = match feed.next().await {
            Ok(batch) => batch,
            Err(source) => return SessionEnd::of_event_store(source),
        };
        let (batch, undecodable) = decode(decoder, interests, batch);
        let batch = Arc::new(batch);
        for listener in &listeners {
            // A listener that ended tells its own reason.
            if listener.send(Arc::clone(&batch)).await.is_err() {
                return SessionEnd::Deserted;
            }
        }
        if let Some(reason) = undecodable {
            return SessionEnd::Stop(reason);
        }
    }
}

/// Decodes up to the first event that cannot be; what stands before it is a batch of its own.
fn decode<D: EventDecoder>(
    decoder: &D,
    interests: &[Interest],
    batch: FeedBatch,
) -> (Batch<D::Event>, Option<StopReason>) {
    let FeedBatch {
        mut events,
        position,
        caught_up,
    } = batch;
    let mut decoded = Vec::with_capacity(events.len());
    for recorded in &events {
        if !interests.iter().any(|wants| wants(recorded)) {
            decoded.push(None);
            continue;
        }
        match decoder.decode(recorded) {
            Ok(event) => decoded.push(Some(event)),
            Err(source) => {
                let reason = StopReason::Undecodable {
                    position: recorded.position,
                    stream: recorded.stream.clone(),
                    version: recorded.version,
                    source: Box::new(source),
                };
                events.truncate(decoded.len());
                let before = events.last().map(|event| event.position);
                let batch = Batch {
                    events,
                    decoded,
                    // Without an event before it there is nothing to hand on.
                    position: before.unwrap_or(GlobalPosition::START),
                    caught_up: false,
                };
                return (batch, Some(reason));
            }
        }
    }
    let batch = Batch {
        events,
        decoded,
        position,
        caught_up,
    };
    (batch, None)
}
