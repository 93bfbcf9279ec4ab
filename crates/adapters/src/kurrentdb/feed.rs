//! Following the log.

use std::num::NonZeroU32;

use minwon_core::{EventFilter, Feed, FeedBatch, GlobalPosition, StoreError, StoreErrorKind};

use super::KurrentStore;

/// The feed of a [`KurrentStore`].
#[derive(Debug)]
pub struct KurrentFeed;

impl KurrentFeed {
    pub(super) fn new(_: KurrentStore, _: GlobalPosition, _: EventFilter, _: NonZeroU32) -> Self {
        Self
    }
}

impl Feed for KurrentFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let what = "following KurrentDB is not built yet";
        Err(StoreError::new(StoreErrorKind::Misconfigured, what))
    }
}
