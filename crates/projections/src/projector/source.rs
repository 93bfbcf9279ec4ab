//! The one reader of the log, for all projections of a projector.

use std::sync::Arc;

use minwon_core::{
    EventStore, Failure, FailureClass, Feed, FeedBatch, GlobalPosition, RecordedEvent, Timer,
    is_dead_letter,
};
use tokio::sync::mpsc;

use super::{
    batch::{Batch, Decode, Decoded},
    end::SessionEnd,
};
use crate::DeadLetters;

/// Whether an event has to be decoded for somebody, or why its key waits all the same.
pub(crate) type Interest = Box<dyn Fn(&RecordedEvent) -> Option<Result<(), Failure>> + Send + Sync>;

/// How events are read.
pub(crate) struct Reading<E, S, T> {
    pub(crate) decode: Decode<E>,
    pub(crate) letters: DeadLetters<S, T>,
    pub(crate) interests: Vec<Interest>,
}

/// Reads on until the feed fails, or nobody listens any more. What was read before that has been
/// handed on.
pub(crate) async fn read_on<E, S: EventStore, T: Timer>(
    mut feed: impl Feed,
    reading: Reading<E, S, T>,
    listeners: Vec<mpsc::Sender<Arc<Batch<E>>>>,
) -> SessionEnd {
    loop {
        let batch = match feed.next().await {
            Ok(batch) => batch,
            Err(source) => return SessionEnd::of_event_store(source),
        };
        let (batch, end) = reading.read(batch).await;
        let batch = Arc::new(batch);
        for listener in &listeners {
            // A listener that ended tells its own reason.
            if listener.send(Arc::clone(&batch)).await.is_err() {
                return SessionEnd::Deserted;
            }
        }
        if let Some(end) = end {
            return end;
        }
    }
}

impl<E, S: EventStore, T: Timer> Reading<E, S, T> {
    /// Decodes up to the first letter that cannot be followed; what stands before it is a batch of
    /// its own.
    async fn read(&self, batch: FeedBatch) -> (Batch<E>, Option<SessionEnd>) {
        let mut batch = Batch {
            decoded: Vec::with_capacity(batch.events.len()),
            events: batch.events,
            position: batch.position,
            caught_up: batch.caught_up,
        };
        for recorded in &batch.events {
            let decoded = if is_dead_letter(recorded) {
                self.letter(recorded).await
            } else {
                Ok(self.decode(recorded))
            };
            match decoded {
                Ok(decoded) => batch.decoded.push(decoded),
                Err(end) => {
                    batch.events.truncate(batch.decoded.len());
                    let before = batch.events.last().map(|event| event.position);
                    // Without an event before it there is nothing to hand on.
                    batch.position = before.unwrap_or(GlobalPosition::START);
                    batch.caught_up = false;
                    return (batch, Some(end));
                }
            }
        }
        (batch, None)
    }

    fn decode(&self, recorded: &RecordedEvent) -> Decoded<E> {
        let wanted = self.interests.iter().find_map(|wants| wants(recorded));
        let Some(wanted) = wanted else {
            return Decoded::Unwanted;
        };
        match wanted.and_then(|()| self.decode.read(recorded)) {
            Ok(event) => Decoded::Event(event),
            Err(failure) if failure.class == FailureClass::Newer => {
                let position = recorded.position;
                tracing::info!(%position, "a newer program wrote an event; its key waits for one");
                Decoded::Undecodable(Box::new(failure))
            }
            Err(failure) => {
                let (position, error) = (recorded.position, &failure.error);
                tracing::warn!(%position, %error, "an event cannot be handled; its key is held back");
                Decoded::Undecodable(Box::new(failure))
            }
        }
    }

    async fn letter(&self, recorded: &RecordedEvent) -> Result<Decoded<E>, SessionEnd> {
        if recorded.stream.namespace() != self.letters.namespace().as_str() {
            return Ok(Decoded::Unwanted);
        }
        let letter = self.letters.observe(recorded).await;
        let letter = letter.map_err(SessionEnd::of_dead_letters)?;
        Ok(letter.map_or(Decoded::Unwanted, |letter| {
            Decoded::Letter(Box::new(letter))
        }))
    }
}
