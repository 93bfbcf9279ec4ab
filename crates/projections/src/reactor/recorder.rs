//! Writing dead letters of many keys at once.

use minwon_core::{CommandExecutor, DeadLetterEvent, EventDecoder, EventStore, Reactor, Timer};
use tokio::sync::{mpsc, oneshot};

use super::{
    end::{ReactorStop, SessionEnd},
    handler::Handler,
};

/// Something to write down. Of each key one at a time, and all of it for one queue: part of what is
/// written at once may be lost in a crash, and of a key never an event before one that is kept.
pub(super) struct Request {
    pub(super) events: Vec<DeadLetterEvent>,
    /// Told when it is durable; dropped where that will not be.
    pub(super) done: oneshot::Sender<()>,
}

/// Requests that wait, and that are written at once.
pub(super) const REQUESTS_MAX: usize = 512;

impl<S, D, R, E, T> Handler<S, D, R, E, T>
where
    S: EventStore + 'static,
    D: EventDecoder<Event = R::Event>,
    R: Reactor,
    E: CommandExecutor<R::Command>,
    T: Timer + 'static,
{
    /// Writes what is asked for, until it cannot be written at all.
    pub(super) async fn keep_records(&self, requests: &mut mpsc::Receiver<Request>) -> ReactorStop {
        let mut round = Vec::new();
        loop {
            // The handler has a sender, so there is always another one.
            requests.recv_many(&mut round, REQUESTS_MAX).await;
            let events = round.iter().flat_map(|request| request.events.clone());
            match self.write_down(events.collect()).await {
                Ok(()) => {
                    for request in round.drain(..) {
                        // Who asked may be gone; it is written all the same.
                        let _ = request.done.send(());
                    }
                }
                Err(SessionEnd::Stop(reason)) => return reason,
                // Asked to stop while the store is away: those who wait are told.
                Err(_) => round.clear(),
            }
        }
    }

    async fn write_down(&self, events: Vec<DeadLetterEvent>) -> Result<(), SessionEnd> {
        let mut patience = self.patience();
        loop {
            match self.letters.record(events.clone()).await {
                Ok(()) => return Ok(()),
                Err(error) => patience.wait(error.into()).await?,
            }
        }
    }
}
