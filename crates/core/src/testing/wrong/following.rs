//! Wrong feeds.

use std::{
    future::poll_fn,
    pin::pin,
    task::{Context, Waker},
};

use futures_util::FutureExt;

use super::reading::{Wrong, WrongEvents, misremember};
use crate::{Feed, FeedBatch, GlobalPosition, RecordedEvent, StoreError};

/// The state of a wrong feed.
#[derive(Default)]
pub(super) struct Followed {
    last: Option<RecordedEvent>,
    /// Whether it has caught up before.
    is_live: bool,
    /// Whether it has crossed the seam between history and what comes.
    has_crossed: bool,
    is_waiting: bool,
}

impl WrongEvents {
    pub(super) async fn next_wrongly(
        &self,
        feed: &mut impl Feed,
        at: GlobalPosition,
        memory: &mut Followed,
    ) -> Result<FeedBatch, StoreError> {
        // Still set if this future is dropped while it waits.
        let was_dropped = std::mem::replace(&mut memory.is_waiting, true);
        let nothing = FeedBatch {
            events: Vec::new(),
            position: at,
            caught_up: true,
        };
        let mut batch = match self.wrong {
            Wrong::FeedSpins => feed.next().now_or_never().unwrap_or(Ok(nothing))?,
            Wrong::FeedIsNotWoken => unwoken(feed.next()).await?,
            _ => feed.next().await?,
        };
        if self.is(Wrong::FeedIsSilentAtTheHead) && batch.events.is_empty() {
            batch = feed.next().await?;
        }
        memory.is_waiting = false;
        self.bend(&mut batch, at, was_dropped, memory);
        Ok(batch)
    }

    fn bend(
        &self,
        batch: &mut FeedBatch,
        at: GlobalPosition,
        was_dropped: bool,
        memory: &mut Followed,
    ) {
        let is_seam = memory.is_live && !memory.has_crossed && !batch.events.is_empty();
        memory.has_crossed |= is_seam;
        memory.is_live |= batch.caught_up;
        match self.wrong {
            Wrong::FeedSkipsAtTheSeam if is_seam => drop(batch.events.remove(0)),
            Wrong::FeedRepeatsAtTheSeam if is_seam => {
                batch.events.splice(0..0, memory.last.clone());
            }
            Wrong::FeedNeverCatchesUp => batch.caught_up = false,
            Wrong::FeedCatchesUpEarly => batch.caught_up = true,
            Wrong::FeedPositionRunsAhead => {
                batch.position = GlobalPosition::new(batch.position.commit() + 1);
            }
            Wrong::FeedPositionStays => {
                batch.position = batch.events.last().map_or(at, |event| event.position);
            }
            Wrong::FeedLosesWhatWasDropped if was_dropped && !batch.events.is_empty() => {
                batch.events.remove(0);
            }
            _ => {}
        }
        batch.events.retain(|event| !self.notes().hides(event));
        let events = batch.events.iter_mut();
        events.for_each(|event| misremember(self.wrong, event));
        memory.last = batch.events.last().cloned().or(memory.last.take());
    }
}

/// Polls `future` only when somebody else happens to.
async fn unwoken<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    poll_fn(|_| {
        let mut nobody = Context::from_waker(Waker::noop());
        future.as_mut().poll(&mut nobody)
    })
    .await
}
