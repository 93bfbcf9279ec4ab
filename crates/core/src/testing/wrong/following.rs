//! Wrong feeds.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Waker},
};

use futures_util::FutureExt;

use super::{Notes, Wrong, reading::misremember};
use crate::{Feed, FeedBatch, GlobalPosition, RecordedEvent, StoreError};

/// The feed of a [`WrongStore`](super::WrongStore).
#[derive(Debug)]
pub struct WrongFeed<F> {
    feed: F,
    wrong: Wrong,
    notes: Arc<Mutex<Notes>>,
    position: GlobalPosition,
    last: Option<RecordedEvent>,
    /// Whether it has caught up before.
    is_live: bool,
    /// Whether it has crossed the seam between history and what comes.
    has_crossed: bool,
    is_waiting: bool,
}

impl<F: Feed> WrongFeed<F> {
    pub(super) fn new(
        feed: F,
        wrong: Wrong,
        after: GlobalPosition,
        notes: Arc<Mutex<Notes>>,
    ) -> Self {
        Self {
            feed,
            wrong,
            notes,
            position: after,
            last: None,
            is_live: false,
            has_crossed: false,
            is_waiting: false,
        }
    }

    fn spoil(&mut self, mut batch: FeedBatch, was_dropped: bool) -> FeedBatch {
        if self.is_live && !self.has_crossed && !batch.events.is_empty() {
            self.has_crossed = true;
            self.spoil_seam(&mut batch);
        }
        self.is_live |= batch.caught_up;
        match self.wrong {
            Wrong::FeedNeverCatchesUp => batch.caught_up = false,
            Wrong::FeedCatchesUpEarly => batch.caught_up = true,
            Wrong::FeedPositionRunsAhead => {
                batch.position = GlobalPosition::new(batch.position.commit() + 1);
            }
            Wrong::FeedPositionStays => {
                let last = batch.events.last();
                batch.position = last.map_or(self.position, |event| event.position);
            }
            Wrong::FeedLosesWhatWasDropped if was_dropped && !batch.events.is_empty() => {
                batch.events.remove(0);
            }
            _ => {}
        }
        let notes = self.notes.lock().expect("no code panics under this lock");
        batch.events.retain(|event| !notes.hides(event));
        batch
            .events
            .iter_mut()
            .for_each(|e| misremember(self.wrong, e));
        self.position = batch.position;
        self.last = batch.events.last().cloned().or(self.last.take());
        batch
    }

    fn next_or_nothing(&mut self) -> Result<FeedBatch, StoreError> {
        let nothing = FeedBatch {
            events: Vec::new(),
            position: self.position,
            caught_up: true,
        };
        self.feed.next().now_or_never().unwrap_or(Ok(nothing))
    }

    fn spoil_seam(&self, batch: &mut FeedBatch) {
        match self.wrong {
            Wrong::FeedSkipsAtTheSeam => {
                batch.events.remove(0);
            }
            Wrong::FeedRepeatsAtTheSeam => {
                batch.events.splice(0..0, self.last.clone());
            }
            _ => {}
        }
    }
}

impl<F: Feed> Feed for WrongFeed<F> {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        // Still set if this future is dropped while it waits.
        let was_dropped = std::mem::replace(&mut self.is_waiting, true);
        let mut batch = match self.wrong {
            Wrong::FeedSpins => self.next_or_nothing()?,
            Wrong::FeedIsNotWoken => unwoken(self.feed.next()).await?,
            _ => self.feed.next().await?,
        };
        if self.wrong == Wrong::FeedIsSilentAtTheHead && batch.events.is_empty() {
            batch = self.feed.next().await?;
        }
        self.is_waiting = false;
        Ok(self.spoil(batch, was_dropped))
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
