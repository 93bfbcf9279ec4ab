//! Reads the log for one projection, and finds out what it wants.

use std::sync::Arc;

use minwon_core::{
    EventStore, Feed, FeedBatch, GlobalPosition, Projection, RecordedEvent, SliceCount, Timer,
    is_dead_letter,
};
use tokio::sync::mpsc;

use crate::end::SessionEnd;
use crate::{
    DeadLetters,
    slice::{
        Definition,
        page::{Content, Page},
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
    pages: mpsc::Sender<Page>,
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
    /// Goes through a batch up to the first letter that cannot be followed; what stands before it is
    /// a page of its own.
    async fn read(&self, batch: FeedBatch) -> (Page, Option<SessionEnd>) {
        let mut page = Page {
            contents: Vec::with_capacity(batch.events.len()),
            events: batch.events,
            position: batch.position,
            caught_up: batch.caught_up,
        };
        let mut previous = GlobalPosition::START;
        for recorded in &page.events {
            let is_new = recorded.position > previous;
            previous = previous.max(recorded.position);
            let content = match is_dead_letter(recorded) {
                // A feed that brings something again brings nothing new.
                _ if !is_new => Ok(Content::Unwanted),
                true if !self.definition.projection.folds_records() => self.letter(recorded).await,
                _ => Ok(self.event(recorded)),
            };
            match content {
                Ok(content) => page.contents.push(content),
                Err(end) => {
                    page.events.truncate(page.contents.len());
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

    fn event(&self, recorded: &RecordedEvent) -> Content {
        let is_wanted = |hash| {
            let from = self.from[usize::from(self.count.slice_of_hash(hash).get())];
            from.is_some_and(|from| recorded.position > from)
        };
        self.definition.content_of(recorded, is_wanted)
    }

    async fn letter(&self, recorded: &RecordedEvent) -> Result<Content, SessionEnd> {
        if recorded.stream.namespace() != self.letters.namespace().as_str() {
            return Ok(Content::Unwanted);
        }
        let letter = self.letters.observe(recorded).await?;
        Ok(letter.map_or(Content::Unwanted, |letter| {
            self.definition.content_of_letter(letter)
        }))
    }
}
