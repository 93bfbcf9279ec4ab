//! A projector or a reactor, which follows the log until it is stopped.

use std::sync::Arc;

use minwon_core::GlobalPosition;
use tokio::sync::watch;

use crate::{
    StopReason,
    supervise::{AskAgain, PartTask, Stopped},
};

/// A running [projector](crate::Projector) or [reactor](crate::RunningReactor). Dropping it aborts it,
/// which is safe at any moment: what was not finished is done again by the next one.
#[derive(Debug)]
pub struct Running<St> {
    pub(crate) name: Arc<str>,
    pub(crate) parts: Vec<PartTask<StopReason>>,
    pub(crate) status: watch::Receiver<St>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) again: AskAgain,
}

pub(crate) mod sealed {
    use super::{GlobalPosition, Stopped};

    /// A status that says how far its owner is.
    pub trait Progress: Clone {
        fn has_reached(&self, position: GlobalPosition) -> bool;

        /// The first part that has ended; `name` is that of its owner.
        fn stopped(&self, name: &str) -> Option<Stopped>;
    }
}

impl<St: sealed::Progress> Running<St> {
    /// Its status, now and whenever that changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<St> {
        self.status.clone()
    }

    /// Waits until everything up to `position` is durable in the slices that it works on: committed,
    /// so that they can be asked, or handled or held back.
    ///
    /// # Errors
    /// [`Stopped`], where a part has ended before, or does.
    pub async fn reached(&self, position: GlobalPosition) -> Result<(), Stopped> {
        let mut status = self.status.clone();
        let is_over =
            |status: &St| status.has_reached(position) || status.stopped(&self.name).is_some();
        let reached = status.wait_for(is_over).await;
        let status = reached.map_err(|_| Stopped::aborted(&self.name))?;
        match status.stopped(&self.name) {
            Some(stopped) if !status.has_reached(position) => Err(stopped),
            _ => Ok(()),
        }
    }

    /// Has those of its parts begin again that have ended by themselves for what somebody has mended since, as
    /// settings or rights. Those that work go on; one that ended by a defect of the program stays as it is.
    pub fn start_again(&self) {
        self.again.ask();
    }

    /// Finishes what is in hand, moves its checkpoints, gives up its leases and ends. What waits for
    /// another try, or takes longer than `stop_time_max` of its options, is left to the next one.
    pub async fn stop(self) -> StopReason {
        // A receiver that is gone has stopped already.
        let _ = self.stop.send(true);
        self.stopped().await
    }

    /// As [`stop`](Self::stop), where it is shared: may be called by several, and again. How it ended
    /// is in its [`status`](Self::status).
    pub async fn shut_down(&self) {
        // A receiver that is gone has stopped already.
        let _ = self.stop.send(true);
        let mut status = self.status.clone();
        while status.changed().await.is_ok() {}
    }

    /// Waits until all of its parts have ended; nobody can have them begin again then. Returns why; where one ended by itself, the reason of
    /// the first of these. [`status`](Self::status) shows whether others go on meanwhile.
    pub async fn stopped(self) -> StopReason {
        drop(self.again);
        let mut weightiest = StopReason::CaughtUp;
        for part in self.parts {
            let reason = part.ended().await;
            if reason.weight() > weightiest.weight() {
                weightiest = reason;
            }
        }
        weightiest
    }

    /// Waits until it has reached the head of the log and ended.
    pub(crate) async fn caught_up(self) -> Result<St, StopReason> {
        let status = self.status();
        match self.stopped().await {
            StopReason::CaughtUp => Ok(status.borrow().clone()),
            reason => Err(reason),
        }
    }
}
