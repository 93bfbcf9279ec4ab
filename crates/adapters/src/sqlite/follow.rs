//! Following a log that can be read in pages: history first, then what comes.

use std::{num::NonZeroU32, sync::Arc};

use minwon_core::{EventFilter, FeedBatch, GlobalPosition, LogPage, StoreError, StoreErrorKind};
use tokio::sync::{oneshot, watch};

/// A page that is being read.
pub(crate) type PendingPage = oneshot::Receiver<Result<LogPage, StoreError>>;

/// A log that can be read in pages.
pub(crate) trait Pages: Send + Sync {
    /// Begins to read a page and returns as soon as that is under way.
    fn begin(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> impl Future<Output = Result<PendingPage, StoreError>> + Send;

    /// Begins to read a page if that is possible at once.
    fn try_begin(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Option<PendingPage>;
}

/// The feed of an embedded store.
///
/// There is no seam: history and live are the same reads of the same log, and a wake-up only says
/// when to read again. While the consumer works on a page, the next one is being read.
#[derive(Debug)]
pub(crate) struct LogFeed<P> {
    pages: Arc<P>,
    filter: EventFilter,
    batch_events_max: NonZeroU32,
    position: GlobalPosition,
    pending: Option<PendingPage>,
    changes: watch::Receiver<u64>,
    caught_up: bool,
}

impl<P> LogFeed<P> {
    pub(crate) fn new(
        pages: Arc<P>,
        changes: watch::Receiver<u64>,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self {
        Self {
            pages,
            filter,
            batch_events_max,
            position: after,
            pending: None,
            changes,
            caught_up: false,
        }
    }
}

impl<P: Pages> LogFeed<P> {
    async fn page(&mut self) -> Result<LogPage, StoreError> {
        if self.pending.is_none() {
            // Marked as seen before reading: a commit during the read wakes us again.
            self.changes.mark_unchanged();
            let begun = self
                .pages
                .begin(self.position, &self.filter, self.batch_events_max);
            self.pending = Some(begun.await?);
        }
        let answer = match &mut self.pending {
            Some(pending) => pending.await,
            None => unreachable!("a page was begun above"),
        };
        // Only now: a dropped future leaves the page pending, and the next call takes it.
        self.pending = None;
        answer.unwrap_or_else(|_| Err(closed()))
    }

    /// Takes over `page`; returns whether there is anything in it to report.
    fn advance(&mut self, page: &LogPage) -> bool {
        let has_news = page.position != self.position || (page.is_end && !self.caught_up);
        self.position = page.position;
        self.caught_up = page.is_end;
        if !page.is_end {
            self.changes.mark_unchanged();
            self.pending = self
                .pages
                .try_begin(self.position, &self.filter, self.batch_events_max);
        }
        has_news
    }

    /// See [`minwon_core::Feed::next`].
    pub(crate) async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        loop {
            let page = self.page().await?;
            if self.advance(&page) {
                let LogPage {
                    events,
                    position,
                    is_end,
                } = page;
                return Ok(FeedBatch {
                    events,
                    position,
                    caught_up: is_end,
                });
            }
            self.changes.changed().await.map_err(|_| closed())?;
        }
    }
}

pub(crate) fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Closed, "the event store was closed")
}
