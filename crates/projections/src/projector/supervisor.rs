//! One session after the other, one at a time.

use std::sync::Arc;

use minwon_core::{EventFilter, EventStore, GlobalPosition, Timer};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use super::{
    batch::Decode,
    end::{SessionEnd, StopReason},
    options::ProjectorOptions,
    runner::Run,
    source::{Reading, read_on},
    status::{Pauses, ProjectorStatus},
};
use crate::DeadLetters;

/// How long a projector goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    Stopped,
    /// The head of the log when it was started.
    Head,
}

/// Batches between the reader and each projection. With the one being folded and the two that a
/// feed may hold, at most five are in memory.
const BATCHES_WAITING: usize = 2;

pub(crate) struct Supervisor<S, E, T> {
    pub(crate) store: Arc<S>,
    pub(crate) decode: Decode<E>,
    pub(crate) letters: DeadLetters<S, T>,
    pub(crate) timer: Arc<T>,
    pub(crate) filter: EventFilter,
    pub(crate) options: ProjectorOptions,
    pub(crate) runners: Vec<Box<dyn Run<E>>>,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) status: watch::Sender<ProjectorStatus>,
    pub(crate) until: Until,
}

impl<S, E, T> Supervisor<S, E, T>
where
    S: EventStore + 'static,
    E: Send + Sync + 'static,
    T: Timer,
{
    pub(crate) async fn supervise(mut self) -> StopReason {
        let reason = self.sessions().await;
        for runner in &mut self.runners {
            runner.leave().await;
        }
        tracing::info!(%reason, "a projector stopped");
        reason
    }

    async fn sessions(&mut self) -> StopReason {
        let until = match self.until {
            Until::Stopped => None,
            Until::Head => match self.head().await {
                Ok(head) => Some(head),
                Err(reason) => return reason,
            },
        };
        let mut failures = 0;
        loop {
            let before = self.status.borrow().position();
            let end = self.session(until).await;
            // Whatever the end was: where there was progress, patience begins anew.
            if self.status.borrow().position() > before {
                failures = 0;
            }
            match end {
                SessionEnd::Stop(reason) => return reason,
                SessionEnd::Drained | SessionEnd::Deserted if self.is_stopping() => {
                    return StopReason::Requested;
                }
                SessionEnd::Away(_) if self.is_stopping() => return StopReason::Requested,
                SessionEnd::Away(error) => {
                    failures += 1;
                    Pauses(self.status.clone()).begin(&error);
                }
                // Refused at once, again and again: twins in a race; give way to the other. What is
                // damaged again and again is not built anew as fast as it goes.
                SessionEnd::Refused | SessionEnd::Damaged { .. } => failures += 1,
                SessionEnd::Drained | SessionEnd::Deserted | SessionEnd::Reassigned => {}
            }
            self.status.send_modify(|status| status.restarts += 1);
            if failures > 0 && !self.pause(failures).await {
                return StopReason::Requested;
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    async fn head(&mut self) -> Result<GlobalPosition, StopReason> {
        let mut failures = 0;
        loop {
            match self.store.head().await.map_err(SessionEnd::of_event_store) {
                Ok(head) => return Ok(head),
                Err(SessionEnd::Stop(reason)) => return Err(reason),
                Err(_) => failures += 1,
            }
            if !self.pause(failures).await {
                return Err(StopReason::Requested);
            }
        }
    }

    /// Waits; false where it was asked to stop meanwhile.
    async fn pause(&mut self, failures: u32) -> bool {
        let pause = self.options.pause(failures);
        tokio::select! {
            () = self.timer.sleep(pause) => true,
            _ = self.stop.wait_for(|stop| *stop) => false,
        }
    }

    /// From opening the slices to the first trouble.
    async fn session(&mut self, until: Option<GlobalPosition>) -> SessionEnd {
        let mut from = None;
        for runner in &mut self.runners {
            match runner.open(&self.filter).await {
                Ok(Some(position)) => {
                    from = Some(from.map_or(position, |from: GlobalPosition| from.min(position)));
                }
                Ok(None) => {}
                Err(end) => return end,
            }
        }
        Pauses(self.status.clone()).over();
        let interests: Vec<_> = self
            .runners
            .iter()
            .map(|runner| runner.interest())
            .collect();
        let (mut listeners, mut runs) = (Vec::new(), JoinSet::new());
        for mut runner in self.runners.drain(..) {
            let (sender, receiver) = mpsc::channel(BATCHES_WAITING);
            listeners.push(sender);
            runs.spawn(async move {
                let end = runner.run(receiver).await;
                (runner, end)
            });
        }
        let (store, filter) = (&self.store, self.filter.clone());
        let reading = Reading {
            decode: Arc::clone(&self.decode),
            letters: self.letters.clone(),
            interests,
        };
        let batch_events_max = self.options.batch_events_max;
        let source = async move {
            match from {
                Some(from) => {
                    let feed = store.feed(from, filter, batch_events_max);
                    read_on(feed, reading, listeners).await
                }
                // No slice is ours: nothing to read until a heartbeat brings one.
                None => {
                    let _listeners = listeners;
                    std::future::pending().await
                }
            }
        };
        let reached = reached(self.status.subscribe(), until);
        let mut stop = self.stop.clone();
        let ended = tokio::select! {
            end = source => Some(end),
            _ = stop.wait_for(|stop| *stop) => None,
            () = reached => Some(SessionEnd::Stop(StopReason::CaughtUp)),
            // Somebody ended by itself. The others are told below, by their channels.
            Some(joined) = runs.join_next() => Some(take_back(&mut self.runners, joined)),
        };
        // The channels are closed now: what was read is folded and committed, then all end.
        let mut end = ended.unwrap_or(SessionEnd::Drained);
        while let Some(joined) = runs.join_next().await {
            let other = take_back(&mut self.runners, joined);
            end = weightier(end, other);
        }
        self.runners.sort_by_key(|runner| runner.number());
        end
    }
}

/// Takes a runner back for the next session.
fn take_back<E>(
    runners: &mut Vec<Box<dyn Run<E>>>,
    joined: Result<(Box<dyn Run<E>>, SessionEnd), tokio::task::JoinError>,
) -> SessionEnd {
    match joined {
        Ok((runner, end)) => {
            runners.push(runner);
            end
        }
        // A projection's panics are caught where it is asked; this one is ours.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// The end that decides what happens next: what stops for good before what begins again, and
/// that before dead letters that stop the reader, so that all before them is committed first.
fn weightier(one: SessionEnd, other: SessionEnd) -> SessionEnd {
    let weight = |end: &SessionEnd| match end {
        SessionEnd::Stop(StopReason::CaughtUp) => 8,
        SessionEnd::Stop(StopReason::DeadLetters(_)) => 3,
        SessionEnd::Stop(_) => 7,
        SessionEnd::Damaged { .. } => 6,
        SessionEnd::Refused => 5,
        SessionEnd::Away(_) | SessionEnd::Reassigned => 4,
        SessionEnd::Deserted => 2,
        SessionEnd::Drained => 1,
    };
    if weight(&other) > weight(&one) {
        other
    } else {
        one
    }
}

/// Waits until everything up to `until` is committed; for ever, where there is no such place.
async fn reached(mut status: watch::Receiver<ProjectorStatus>, until: Option<GlobalPosition>) {
    let is_there = |status: &ProjectorStatus| {
        let position = status.position();
        until.is_some_and(|until| status.is_ready() && position.is_some_and(|at| at >= until))
    };
    if status.wait_for(is_there).await.is_err() {
        std::future::pending().await
    }
}
