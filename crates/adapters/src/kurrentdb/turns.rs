//! One append at a time for each stream, among the callers of one store.
//!
//! Appends to one stream at once are repeats of each other or in conflict, so nothing is lost by
//! taking turns; and who comes second knows for certain whether it is a repeat.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use minwon_core::StreamName;
use tokio::sync::oneshot;

/// Who is at work on which stream, and who waits for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns {
    queues: Arc<Mutex<HashMap<StreamName, VecDeque<oneshot::Sender<Turn>>>>>,
}

/// The right to append to one stream; passed on when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    stream: Option<StreamName>,
}

impl Turns {
    /// Waits for the turn. A dropped future gives its place up.
    pub(super) async fn take(&self, stream: &StreamName) -> Turn {
        loop {
            let waiting = {
                let mut queues = self.queues();
                match queues.get_mut(stream) {
                    None => {
                        queues.insert(stream.clone(), VecDeque::new());
                        return self.turn(stream.clone());
                    }
                    Some(queue) => {
                        let (pass, waiting) = oneshot::channel();
                        queue.push_back(pass);
                        waiting
                    }
                }
            };
            // Nobody drops a waiting place without passing the turn on, but if so: queue again.
            if let Ok(turn) = waiting.await {
                return turn;
            }
        }
    }

    fn turn(&self, stream: StreamName) -> Turn {
        Turn {
            turns: self.clone(),
            stream: Some(stream),
        }
    }

    fn pass_on(&self, stream: StreamName) {
        loop {
            let next = {
                let mut queues = self.queues();
                match queues.get_mut(&stream).and_then(VecDeque::pop_front) {
                    Some(next) => next,
                    None => {
                        queues.remove(&stream);
                        return;
                    }
                }
            };
            match next.send(self.turn(stream.clone())) {
                Ok(()) => return,
                // It no longer waits. Its turn is taken back here, or it would pass itself on.
                Err(mut turn) => turn.stream = None,
            }
        }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<StreamName, VecDeque<oneshot::Sender<Turn>>>> {
        // Every change is a single call.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(stream) = self.stream.take() {
            self.turns.pass_on(stream);
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
        assert!(turns.queues().is_empty(), "nothing is kept");
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
