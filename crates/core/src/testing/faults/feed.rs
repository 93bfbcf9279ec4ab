//! Feeds that fail and begin again.

use super::{Faults, Mode, unavailable};
use crate::{Feed, FeedBatch, StoreError};

/// The feed of a [`FaultyStore`](super::FaultyStore).
#[derive(Debug)]
pub struct FaultyFeed<F> {
    feed: F,
    faults: Faults,
    last: Option<FeedBatch>,
    /// Comes before anything new.
    again: Option<FeedBatch>,
}

impl<F> FaultyFeed<F> {
    pub(super) fn new(feed: F, faults: Faults) -> Self {
        Self {
            feed,
            faults,
            last: None,
            again: None,
        }
    }

    fn check(&mut self) -> Result<(), StoreError> {
        let is_down = self.faults.fate().mode == Mode::Down;
        if is_down {
            self.faults.fate().counts.unavailable += 1;
            return Err(unavailable("the store is down, as the test wants it"));
        }
        if self
            .faults
            .happens(|r| r.feed_errors, |c| &mut c.feed_errors)
        {
            return Err(unavailable("the feed failed, as the seed wants it"));
        }
        let Some(last) = &self.last else {
            return Ok(());
        };
        if self
            .faults
            .happens(|r| r.redeliveries, |c| &mut c.redeliveries)
        {
            let events = last.events.len() as u64;
            let kept = self.faults.fate().rng.below(events) as usize;
            self.again = Some(FeedBatch {
                events: last.events[kept..].to_vec(),
                position: last.position,
                caught_up: false,
            });
            return Err(unavailable("the feed begins again, as the seed wants it"));
        }
        Ok(())
    }
}

impl<F: Feed> Feed for FaultyFeed<F> {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        self.faults.delay().await;
        self.check()?;
        if let Some(again) = self.again.take() {
            return Ok(again);
        }
        let batch = self.feed.next().await?;
        if !batch.events.is_empty() {
            self.last = Some(batch.clone());
        }
        Ok(batch)
    }
}
