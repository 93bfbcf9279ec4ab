//! Writing dead letters of many keys at once.

use minwon_core::{DeadLetterEvent, EventStore, Timer};
use tokio::sync::{mpsc, oneshot};

use super::waits::Waits;
use crate::{
    DeadLetters,
    dead_letters::Traces,
    end::{SessionEnd, StopReason},
};

/// Something to write down. Of each key one at a time, and all of it for one queue: part of what is
/// written at once may be lost in a crash, and of a key never an event before one that is kept.
pub(super) struct Request {
    events: Vec<DeadLetterEvent>,
    /// Those of the events that are spoken of.
    traces: Traces,
    /// Notified when it is durable; dropped where that will not be.
    done: oneshot::Sender<()>,
}

/// Requests that wait, and that are written at once.
const REQUESTS_MAX: usize = 512;

/// Has the recorder write.
pub(super) struct Records(mpsc::Sender<Request>);

impl Records {
    pub(super) fn channel() -> (Self, mpsc::Receiver<Request>) {
        let (sender, requests) = mpsc::channel(REQUESTS_MAX);
        (Self(sender), requests)
    }

    /// Writes down what happened to events of one key, all in one queue, and returns when that is
    /// durable.
    pub(super) async fn write(
        &self,
        events: Vec<DeadLetterEvent>,
        traces: Traces,
    ) -> Result<(), SessionEnd> {
        let (done, is_done) = oneshot::channel();
        let request = Request {
            events,
            traces,
            done,
        };
        // The recorder goes away only with all of the session.
        if self.0.send(request).await.is_err() {
            return Err(SessionEnd::Stopping);
        }
        is_done.await.map_err(|_| SessionEnd::Stopping)
    }
}

/// Writes what is asked for, until it cannot be written at all.
pub(super) async fn keep_records<S: EventStore, T: Timer>(
    letters: &DeadLetters<S, T>,
    waits: &Waits<T>,
    requests: &mut mpsc::Receiver<Request>,
) -> StopReason {
    let mut round = Vec::new();
    loop {
        // The reactor has a sender, so there is always another one.
        requests.recv_many(&mut round, REQUESTS_MAX).await;
        let events = round.iter().flat_map(|request| request.events.clone());
        let events: Vec<_> = events.collect();
        let mut traces = Traces::default();
        for request in &mut round {
            traces.append(std::mem::take(&mut request.traces));
        }
        let written = waits.until_done(|| letters.record_in(events.clone(), &traces));
        match written.await {
            Ok(()) => {
                for request in round.drain(..) {
                    // Who asked may be gone; it is written all the same.
                    let _ = request.done.send(());
                }
            }
            Err(SessionEnd::Stop(reason)) => return reason,
            // Asked to stop while the store is away: those who wait are notified.
            Err(_) => round.clear(),
        }
    }
}
