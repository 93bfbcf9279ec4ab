//! Following the log, which is read in pages: history first, then what comes.

use std::{collections::VecDeque, num::NonZeroU32, sync::Arc};

use minwon_core::{
    EventFilter, Feed, FeedBatch, GlobalPosition, LogPage, StoreError, StoreErrorKind,
};
use tokio::sync::watch;

use super::reader::{Answer, Job, Readers, job};

/// Pages that are read while the consumer works on one. Unit: pages.
///
/// Source: `benches/rivals/src/main.rs`, where reading a page took longer than decoding it.
const PAGES_AHEAD: usize = 2;

/// The feed of a [`SqliteStore`](super::SqliteStore). It does not keep the store open.
///
/// There is no seam: history and live are the same reads of the same log, and a wake-up only says
/// when to read again. While the consumer works on a page, the next ones are being read.
#[derive(Debug)]
pub struct SqliteFeed {
    readers: Arc<Readers>,
    filter: EventFilter,
    batch_events_max: NonZeroU32,
    position: GlobalPosition,
    /// The pages that are being read, in their order.
    pending: VecDeque<Pending>,
    /// Whether the last page was full and nobody else's events stood between its own: so where the page
    /// behind the next one begins is known before that has been read.
    is_dense: bool,
    changes: watch::Receiver<u64>,
    caught_up: bool,
}

/// A page that is being read.
#[derive(Debug)]
struct Pending {
    after: GlobalPosition,
    until: GlobalPosition,
    answer: Answer<LogPage>,
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
            pending: VecDeque::new(),
            is_dense: false,
            changes,
            caught_up: false,
        }
    }

    /// The page behind all that are being read.
    fn next_page(&mut self) -> (Job, Pending) {
        // Marked as seen before reading: a commit during the read wakes us again.
        self.changes.mark_unchanged();
        let after = self.pending.back().map_or(self.position, |it| it.until);
        let until = match self.is_dense {
            true => GlobalPosition::new(after.commit() + self.events_max()),
            false => GlobalPosition::new(u64::MAX),
        };
        let (filter, events_max) = (self.filter.clone(), self.batch_events_max);
        let (job, answer) =
            job(move |reader| reader.read_up_to((after, until), &filter, events_max));
        let pending = Pending {
            after,
            until,
            answer,
        };
        (job, pending)
    }

    fn events_max(&self) -> u64 {
        self.batch_events_max.get().into()
    }

    async fn page(&mut self) -> Result<LogPage, StoreError> {
        if self.pending.is_empty() {
            let (job, page) = self.next_page();
            self.readers.send(job).await?;
            self.pending.push_back(page);
        }
        let answer = match self.pending.front_mut() {
            Some(page) => (&mut page.answer).await,
            None => unreachable!("a page was begun above"),
        };
        // Only now: a dropped future leaves the page pending, and the next call takes it.
        self.pending.pop_front();
        let page = answer.unwrap_or_else(|_| Err(closed()));
        if page.is_err() {
            // The next call reads it again, and so what stands behind it.
            self.pending.clear();
        }
        page
    }

    /// Takes over `page`; returns whether there is anything in it to report.
    fn advance(&mut self, page: &LogPage) -> bool {
        let passed = page.position.commit() - self.position.commit();
        self.is_dense = passed == self.events_max() && page.events.len() as u64 == passed;
        // What was begun behind this page has marked news as seen that this page may lack.
        let caught_up = page.is_end && self.pending.is_empty();
        let has_news = page.position != self.position || (caught_up && !self.caught_up);
        self.position = page.position;
        self.caught_up = caught_up;
        if self
            .pending
            .front()
            .is_some_and(|it| it.after != page.position)
        {
            self.pending.clear();
        }
        let ahead = if self.is_dense { PAGES_AHEAD } else { 1 };
        while !caught_up && self.pending.len() < ahead {
            let (job, page) = self.next_page();
            if !self.readers.try_send(job) {
                break;
            }
            self.pending.push_back(page);
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
                    caught_up: self.caught_up,
                });
            }
            if self.caught_up {
                self.changes.changed().await.map_err(|_| closed())?;
            }
        }
    }
}

pub(super) fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Closed, "the event store was closed")
}

#[cfg(test)]
mod tests;
