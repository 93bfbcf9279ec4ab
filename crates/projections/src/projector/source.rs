//! Reads the log for one projection, and decodes what it wants.

use minwon_core::{
    EventStore, Failure, FailureClass, Feed, FeedBatch, GlobalPosition, RecordedEvent, Timer,
    is_dead_letter,
};
use tokio::sync::mpsc;

use super::end::SessionEnd;
use crate::{
    DeadLetters,
    slice::page::{Decode, Decoded, Page},
};

/// Whether an event has to be decoded, or why its key waits all the same.
pub(crate) type Interest = Box<dyn Fn(&RecordedEvent) -> Option<Result<(), Failure>> + Send + Sync>;

/// How events are read.
pub(crate) struct Reading<E, S, T> {
    pub(crate) decode: Decode<E>,
    pub(crate) letters: DeadLetters<S, T>,
    pub(crate) interest: Interest,
}

/// Reads on until the feed fails, or nobody listens any more. What was read before that has been
/// handed on.
pub(crate) async fn read_on<E, S: EventStore, T: Timer>(
    mut feed: impl Feed,
    reading: Reading<E, S, T>,
    pages: mpsc::Sender<Page<E>>,
) -> SessionEnd {
    loop {
        let batch = match feed.next().await {
            Ok(batch) => batch,
            Err(source) => return SessionEnd::of_event_store(source),
        };
        let (page, end) = reading.read(batch).await;
        // A session that ended says why.
        if pages.send(page).await.is_err() {
            return SessionEnd::Deserted;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

impl<E, S: EventStore, T: Timer> Reading<E, S, T> {
    /// Decodes up to the first letter that cannot be followed; what stands before it is a page of
    /// its own.
    async fn read(&self, batch: FeedBatch) -> (Page<E>, Option<SessionEnd>) {
        let mut page = Page {
            decoded: Vec::with_capacity(batch.events.len()),
            events: batch.events,
            position: batch.position,
            caught_up: batch.caught_up,
        };
        for recorded in &page.events {
            let decoded = if is_dead_letter(recorded) {
                self.letter(recorded).await
            } else {
                Ok(self.decode(recorded))
            };
            match decoded {
                Ok(decoded) => page.decoded.push(decoded),
                Err(end) => {
                    page.events.truncate(page.decoded.len());
                    let before = page.events.last().map(|event| event.position);
                    // Without an event before it there is nothing to hand on.
                    page.position = before.unwrap_or(GlobalPosition::START);
                    page.caught_up = false;
                    return (page, Some(end));
                }
            }
        }
        (page, None)
    }

    fn decode(&self, recorded: &RecordedEvent) -> Decoded<E> {
        let Some(wanted) = (self.interest)(recorded) else {
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
        let letter = self.letters.observe(recorded).await?;
        Ok(letter.map_or(Decoded::Unwanted, |letter| {
            Decoded::Letter(Box::new(letter))
        }))
    }
}
