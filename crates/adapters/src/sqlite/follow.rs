//! Following the log, which is read in pages: history first, then what comes.

use std::{num::NonZeroU32, sync::Arc};

use minwon_core::{
    EventFilter, Feed, FeedBatch, GlobalPosition, LogPage, StoreError, StoreErrorKind,
};
use tokio::sync::watch;

use super::reader::{Answer, Job, Readers, job};

/// The feed of a [`SqliteStore`](super::SqliteStore). It does not keep the store open.
///
/// There is no seam: history and live are the same reads of the same log, and a wake-up only says
/// when to read again. While the consumer works on a page, the next one is being read.
#[derive(Debug)]
pub struct SqliteFeed {
    readers: Arc<Readers>,
    filter: EventFilter,
    batch_events_max: NonZeroU32,
    position: GlobalPosition,
    /// The page that is being read.
    pending: Option<Answer<LogPage>>,
    changes: watch::Receiver<u64>,
    caught_up: bool,
}

impl SqliteFeed {
    pub(super) fn new(
        readers: Arc<Readers>,
        changes: watch::Receiver<u64>,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self {
        Self {
            readers,
            filter,
            batch_events_max,
            position: after,
            pending: None,
            changes,
            caught_up: false,
        }
    }

    fn next_page(&mut self) -> (Job, Answer<LogPage>) {
        // Marked as seen before reading: a commit during the read wakes us again.
        self.changes.mark_unchanged();
        let (after, filter, events_max) =
            (self.position, self.filter.clone(), self.batch_events_max);
        job(move |reader| reader.read_all(after, &filter, events_max))
    }

    async fn page(&mut self) -> Result<LogPage, StoreError> {
        if self.pending.is_none() {
            let (job, answer) = self.next_page();
            self.readers.send(job).await?;
            self.pending = Some(answer);
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
            let (job, answer) = self.next_page();
            self.pending = self.readers.try_send(job).then_some(answer);
        }
        has_news
    }
}

impl Feed for SqliteFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        loop {
            let page = self.page().await?;
            if self.advance(&page) {
                return Ok(FeedBatch {
                    events: page.events,
                    position: page.position,
                    caught_up: page.is_end,
                });
            }
            self.changes.changed().await.map_err(|_| closed())?;
        }
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Closed, "the event store was closed")
}
