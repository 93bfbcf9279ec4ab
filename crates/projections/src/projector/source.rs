//! Reads the log for one projection, and decodes what it wants.

use std::sync::Arc;

use minwon_core::{
    EventStore, FailureClass, Feed, FeedBatch, GlobalPosition, Projection, RecordedEvent,
    SliceCount, Timer, is_dead_letter,
};
use tokio::sync::mpsc;

use crate::end::SessionEnd;
use crate::{
    DeadLetters,
    slice::{
        Definition,
        kept_key::KeptKey,
        page::{Decoded, Page},
    },
};

/// Reads the log for one projection.
pub(super) struct Reading<P: Projection, S, T> {
    pub(super) definition: Arc<Definition<P>>,
    pub(super) letters: DeadLetters<S, T>,
    pub(super) count: SliceCount,
    /// Behind which place each slice wants events; none for slices that others work on.
    pub(super) from: Vec<Option<GlobalPosition>>,
}

/// Reads on until the feed fails, or nobody listens any more. Events read before that have been
/// handed on.
pub(super) async fn read_on<P: Projection, S: EventStore, T: Timer>(
    mut feed: impl Feed,
    reading: Reading<P, S, T>,
    pages: mpsc::Sender<Page<P::Event>>,
) -> SessionEnd {
    loop {
        let batch = match feed.next().await {
            Ok(batch) => batch,
            Err(source) => return source.into(),
        };
        let (page, end) = reading.read(batch).await;
        // A session that ended says why.
        if pages.send(page).await.is_err() {
            return SessionEnd::Stopping;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

impl<P: Projection, S: EventStore, T: Timer> Reading<P, S, T> {
    /// Decodes up to the first letter that cannot be followed; what stands before it is a page of
    /// its own.
    async fn read(&self, batch: FeedBatch) -> (Page<P::Event>, Option<SessionEnd>) {
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

    fn decode(&self, recorded: &RecordedEvent) -> Decoded<P::Event> {
        let position = recorded.position;
        let is_wanted = |kept: &KeptKey<'_>| {
            let from = self.from[usize::from(self.count.slice_of(kept.key).get())];
            from.is_some_and(|from| position > from)
        };
        let kept = KeptKey::of(&*self.definition.projection, recorded).filter(is_wanted);
        let Some(kept) = kept else {
            return Decoded::Unwanted;
        };
        let decoded = self.definition.decode(&kept, recorded);
        if let Decoded::Undecodable(failure) = &decoded {
            if failure.class == FailureClass::Newer {
                tracing::info!(%position, "a newer program wrote an event; its key waits for one");
            } else {
                let error = &failure.error;
                tracing::warn!(%position, %error, "an event cannot be handled; its key is held back");
            }
        }
        decoded
    }

    async fn letter(&self, recorded: &RecordedEvent) -> Result<Decoded<P::Event>, SessionEnd> {
        if recorded.stream.namespace() != self.letters.namespace().as_str() {
            return Ok(Decoded::Unwanted);
        }
        let letter = self.letters.observe(recorded).await?;
        Ok(letter.map_or(Decoded::Unwanted, |letter| {
            Decoded::Letter(Box::new(letter))
        }))
    }
}
