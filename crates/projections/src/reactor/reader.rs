//! Reading the log for a reactor.

use std::sync::Arc;

use minwon_core::{
    Feed, FeedBatch, GlobalPosition, Reactor as _, RecordedEvent, Slice, is_dead_letter,
    reactor_key,
};
use tokio::sync::mpsc;

use super::{
    Setup,
    handler::Handler,
    held::has_task,
    turn::{Job, Work},
};
use crate::end::SessionEnd;

/// The events of a page of the log that concern the reactor.
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    /// Everything up to here was read.
    pub(super) position: GlobalPosition,
}

/// An event that concerns the reactor.
pub(super) struct Item {
    pub(super) position: GlobalPosition,
    /// The last position read before it.
    pub(super) before: GlobalPosition,
    pub(super) slice: Slice,
    pub(super) key: Arc<str>,
    pub(super) job: Job,
}

impl<U: Setup> Handler<U> {
    /// Reads on behind `read`, for some slices, each from its checkpoint, until nobody listens. The
    /// checkpoints are in the order of the slices.
    pub(super) async fn read_on(
        &self,
        mut feed: impl Feed,
        mut read: GlobalPosition,
        checkpoints: &[(Slice, GlobalPosition)],
        listener: mpsc::Sender<Batch>,
    ) -> SessionEnd {
        loop {
            let batch = match self.next(&mut feed).await {
                Ok(batch) => batch,
                Err(end) => return end,
            };
            let mut items = Vec::with_capacity(batch.events.len());
            for recorded in batch.events {
                // A feed that brings something again brings nothing new.
                if recorded.position <= read {
                    continue;
                }
                let before = std::mem::replace(&mut read, recorded.position);
                match self.item(recorded, before, checkpoints).await {
                    Ok(item) => items.extend(item),
                    Err(end) => return end,
                }
            }
            read = read.max(batch.position);
            let batch = Batch {
                items,
                position: read,
            };
            if listener.send(batch).await.is_err() {
                return SessionEnd::Stopping;
            }
        }
    }

    async fn next(&self, feed: &mut impl Feed) -> Result<FeedBatch, SessionEnd> {
        let mut tries = self.waits.tries();
        loop {
            match feed.next().await {
                Ok(batch) => return Ok(batch),
                Err(error) => tries.wait(error.into()).await?,
            }
        }
    }

    /// The work that an event brings; none where it does not concern the reactor.
    async fn item(
        &self,
        recorded: RecordedEvent,
        before: GlobalPosition,
        checkpoints: &[(Slice, GlobalPosition)],
    ) -> Result<Option<Item>, SessionEnd> {
        let position = recorded.position;
        let is_of_us = recorded.stream.namespace() == self.letters.namespace().as_str();
        let (key, work) = if is_dead_letter(&recorded) {
            let key = if is_of_us {
                self.decided(&recorded).await?
            } else {
                None
            };
            (key, Work::Look)
        } else {
            let key = reactor_key(&self.reactor, &recorded).map(Arc::from);
            (key, Work::Event(Box::new(recorded)))
        };
        let Some(key) = key else {
            return Ok(None);
        };
        let slice = self.reactor.slices().slice_of(&key);
        let item = Item {
            position,
            before,
            slice,
            key,
            job: Job {
                position: Some(position),
                work,
            },
        };
        Ok(is_to_do(checkpoints, slice, position).then_some(item))
    }

    /// Takes note of an event of dead letters, and answers the key of which something held back can
    /// be worked on now.
    async fn decided(&self, recorded: &RecordedEvent) -> Result<Option<Arc<str>>, SessionEnd> {
        let observe = || self.letters.observe(recorded);
        let event = self.waits.until_done(observe).await?;
        let about = event.as_ref().and_then(|event| event.consumer_and_key());
        let Some((consumer, key)) = about else {
            return Ok(None);
        };
        if consumer != self.name() {
            return Ok(None);
        }
        let has_task = self.look(|letters| has_task(letters, key));
        Ok((has_task == Some(true)).then(|| Arc::from(key)))
    }
}

/// Returns whether an event of `slice` is still to be handled; the checkpoints are in the order of
/// slices.
fn is_to_do(
    checkpoints: &[(Slice, GlobalPosition)],
    slice: Slice,
    position: GlobalPosition,
) -> bool {
    let place = checkpoints.binary_search_by_key(&slice, |(slice, _)| *slice);
    place.is_ok_and(|place| position > checkpoints[place].1)
}
