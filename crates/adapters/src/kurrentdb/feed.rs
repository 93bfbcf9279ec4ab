//! Following the log: a task subscribes and hands on what comes.

mod follower;
mod intake;
mod subscription;
mod troubles;

use std::num::NonZeroU32;

use minwon_core::{EventFilter, Feed, FeedBatch, GlobalPosition, StoreError, StoreErrorKind};
use tokio::{sync::mpsc, task::JoinHandle};

use self::{
    follower::{Follower, Handed},
    intake::Intake,
    troubles::Troubles,
};
use super::{KurrentStore, filter::server_filter};

/// The log of a [`KurrentStore`](super::KurrentStore) as it comes.
///
/// A task of its own follows the log with a subscription, for as long as the feed lives: also
/// through restarts of the server, a change of leader and whatever else ends a subscription. It
/// reads ahead by one batch beside the one that waits for the consumer; a slow consumer
/// holds up nobody else, for each feed has a share of the connection of its own.
///
/// While nothing that the filter admits is written, the position moves over the rest of the log
/// whenever the feed has been quiet for a while
/// ([`quiet_timeout`](super::KurrentOptions::quiet_timeout)).
///
/// # Errors of [`next`](Feed::next)
/// [`Unavailable`](StoreErrorKind::Unavailable) where the server was away for as long as a call may
/// take; the feed keeps trying, whether it is asked or not.
/// [`Misconfigured`](StoreErrorKind::Misconfigured) where the user lacks a right, or where the
/// position to begin at does not belong to this log: it is of another database, or of this one
/// before a backup was restored. An event of somebody else in a stream of ours is no error: it comes
/// with what is wrong with it.
#[derive(Debug)]
pub struct KurrentFeed {
    batches: mpsc::Receiver<Handed>,
    follower: JoinHandle<()>,
}

impl KurrentFeed {
    pub(super) fn new(
        store: KurrentStore,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self {
        let (consumer, batches) = mpsc::channel(1);
        let options = store.link.options().clone();
        let follower = Follower {
            link: store.link.clone(),
            filter: server_filter(&filter),
            intake: Intake::new(after, filter, batch_events_max),
            troubles: Troubles::new(options.call_timeout),
            options,
            consumer,
        };
        Self {
            batches,
            follower: store.link.runtime().spawn(follower.run()),
        }
    }
}

impl Feed for KurrentFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let handed = self.batches.recv().await;
        handed.unwrap_or_else(|| {
            let what = "the runtime that a KurrentDB store was opened in has ended";
            Err(StoreError::new(StoreErrorKind::Closed, what))
        })
    }
}

impl Drop for KurrentFeed {
    fn drop(&mut self) {
        self.follower.abort();
    }
}
