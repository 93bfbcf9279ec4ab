//! Wrong ways of feeds whose reads fail.

use futures_util::FutureExt;

use super::{Wrongly, wrongs};
use crate::{
    EventStore, Feed, FeedBatch, GlobalPosition, StoreError, StoreErrorKind, testing::Hook,
};

wrongs! {
    /// How a feed can go wrong about a page that it cannot read.
    Wrong {
        PassesOverThePage breaks "a_feed_that_failed_goes_on_where_it_was",
        BringsTheLastBatchAgain breaks "a_feed_that_failed_goes_on_where_it_was",
        TakesAFailureForTheEnd breaks "a_feed_that_failed_goes_on_where_it_was",
        NeverComesBack breaks "a_feed_that_failed_goes_on_where_it_was",
        WaitsForEver breaks "a_feed_that_failed_goes_on_where_it_was",
    }
}

/// Whether reads fail now.
pub(super) type WrongFailing = Wrongly<Wrong, bool>;

impl WrongFailing {
    pub(super) fn fail(&self, fails: bool) {
        *self.notes() = fails;
    }
}

#[derive(Default)]
pub(super) struct Remembered {
    has_failed: bool,
    last: Option<FeedBatch>,
}

impl<S: EventStore> Hook<S> for WrongFailing {
    type Memory = Remembered;

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        at: GlobalPosition,
        memory: &mut Remembered,
    ) -> Result<FeedBatch, StoreError> {
        let fails = *self.notes();
        if fails && self.is(Wrong::TakesAFailureForTheEnd) {
            return Ok(FeedBatch {
                events: Vec::new(),
                position: at,
                caught_up: true,
            });
        }
        if fails && self.is(Wrong::PassesOverThePage) {
            feed.next().now_or_never();
        }
        if fails || (memory.has_failed && self.is(Wrong::NeverComesBack)) {
            memory.has_failed = true;
            let what = "the page cannot be read";
            return Err(StoreError::new(StoreErrorKind::Unavailable, what));
        }
        if memory.has_failed && self.is(Wrong::WaitsForEver) {
            std::future::pending::<()>().await;
        }
        if std::mem::take(&mut memory.has_failed)
            && self.is(Wrong::BringsTheLastBatchAgain)
            && let Some(last) = memory.last.take()
        {
            return Ok(last);
        }
        let batch = feed.next().await?;
        memory.last = Some(batch.clone());
        Ok(batch)
    }
}
