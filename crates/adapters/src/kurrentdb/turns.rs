//! One append at a time for each stream, among the callers of one store.
//!
//! Appends to one stream at once are repeats of each other or in conflict, so nothing is lost by
//! taking turns; and who comes second knows for certain whether it is a repeat.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use minwon_core::StreamName;
use tokio::sync::{Mutex as Queue, OwnedMutexGuard};

/// The streams that somebody is at work on, or waits for. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<StreamName, Arc<Queue<()>>>>>);

/// The right to append to one stream, or a place in its queue; passed on when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    stream: StreamName,
    queue: Arc<Queue<()>>,
    right: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turn, in the order of asking. A dropped future gives its place up.
    pub(super) async fn take(&self, stream: &StreamName) -> Turn {
        let queue = Arc::clone(self.streams().entry(stream.clone()).or_default());
        let mut turn = Turn {
            turns: self.clone(),
            stream: stream.clone(),
            queue: Arc::clone(&queue),
            right: None,
        };
        turn.right = Some(queue.lock_owned().await);
        turn
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<StreamName, Arc<Queue<()>>>> {
        // Every change is a single call.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.right.take());
        let mut streams = self.turns.streams();
        // Held here and in the map: nobody else has a place.
        if Arc::strong_count(&self.queue) == 2 {
            streams.remove(&self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{FutureExt, poll};
    use std::pin::pin;

    #[tokio::test]
    async fn turns_come_in_order_and_dropped_waits_are_passed_over() {
        let turns = Turns::default();
        let stream: StreamName = "general_Case-1".parse().unwrap();
        let first = turns.take(&stream).await;
        let other: StreamName = "general_Case-2".parse().unwrap();
        drop(turns.take(&other).now_or_never().expect("another stream"));
        let mut second = Box::pin(turns.take(&stream));
        let mut third = pin!(turns.take(&stream));
        assert!(poll!(&mut second).is_pending());
        assert!(poll!(&mut third).is_pending());
        drop(second);
        drop(first);
        let third = third.now_or_never().expect("it is its turn");
        drop(third);
        assert!(turns.streams().is_empty(), "nothing is kept");
    }

    #[tokio::test]
    async fn a_turn_that_was_passed_but_not_taken_goes_on() {
        let turns = Turns::default();
        let stream: StreamName = "general_Case-1".parse().unwrap();
        let first = turns.take(&stream).await;
        let mut second = Box::pin(turns.take(&stream));
        assert!(poll!(&mut second).is_pending());
        drop(first);
        // The turn lies in its channel.
        drop(second);
        drop(turns.take(&stream).now_or_never().expect("free again"));
    }
}
