//! One session of a projection after the other, one at a time.

use std::sync::Arc;

use minwon_core::{EventFilter, EventStore, GlobalPosition, SliceName, Timer};
use tokio::sync::{mpsc, watch};

use super::{
    batch::Decode,
    end::{SessionEnd, StopReason},
    options::ProjectorOptions,
    runner::Run,
    source::{Reading, read_on},
    status::{ModelStatus, ProjectorStatus},
};
use crate::{
    DeadLetters, SharedFeed,
    supervise::{Ending as _, ErrorClass, OwnedTask, Part, out_of_time},
};

/// How long a projector goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    Stopped,
    /// The head of the log when it was started.
    Head,
}

/// Batches between the reader and the projection. With the one being folded and the two that a
/// feed may hold, at most five are in memory.
const BATCHES_WAITING: usize = 2;

pub(crate) struct Supervisor<S: EventStore, E, T> {
    pub(crate) store: Arc<S>,
    pub(crate) feed: SharedFeed<S>,
    pub(crate) decode: Decode<E>,
    pub(crate) letters: DeadLetters<S, T>,
    pub(crate) timer: Arc<T>,
    pub(crate) filter: EventFilter,
    pub(crate) options: ProjectorOptions,
    /// The projection; none where it was lost with its task.
    pub(crate) runner: Option<Box<dyn Run<E>>>,
    /// Which of the projector's projections it is.
    pub(crate) number: usize,
    pub(crate) part: Part,
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) status: watch::Sender<ProjectorStatus>,
    pub(crate) until: Until,
}

/// Why a session begins again though no store is away.
#[derive(Debug, thiserror::Error)]
enum Again {
    #[error("another projector works on the same slices, and was faster again and again")]
    Refused,
    #[error("{slice} is found damaged again and again: {why}")]
    Damaged { slice: SliceName, why: String },
}

impl<S, E, T> Supervisor<S, E, T>
where
    S: EventStore + 'static,
    E: Send + Sync + 'static,
    T: Timer,
{
    pub(crate) async fn supervise(mut self) -> StopReason {
        let reason = self.sessions().await;
        if let Some(runner) = &mut self.runner {
            runner.leave().await;
        }
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
            let before = self.position();
            let end = self.bounded_session(until).await;
            // Whatever the end was: where there was progress, patience begins anew.
            if self.position() > before {
                self.part.progressed();
                failures = 0;
            }
            let paused = match end {
                SessionEnd::Stop(reason) => return reason,
                _ if self.is_stopping() => return StopReason::Requested,
                SessionEnd::Away(reason) => self.pause(reason, &mut failures).await,
                // Refused at once, again and again: twins in a race; give way to the other. What is
                // damaged again and again is not built anew as fast as it goes.
                SessionEnd::Refused => {
                    let class = ErrorClass::Contended;
                    self.give_way(class, &Again::Refused, &mut failures).await;
                    Ok(())
                }
                SessionEnd::Damaged { slice, why } => {
                    let damaged = Again::Damaged { slice, why };
                    self.give_way(ErrorClass::Damaged, &damaged, &mut failures)
                        .await;
                    Ok(())
                }
                SessionEnd::Drained | SessionEnd::Deserted | SessionEnd::Reassigned => Ok(()),
            };
            match paused {
                Ok(()) if self.is_stopping() => return StopReason::Requested,
                Ok(()) => self.status.send_modify(|status| status.restarts += 1),
                Err(reason) => return reason,
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    fn position(&self) -> Option<GlobalPosition> {
        self.status.borrow().models[self.number].position
    }

    async fn head(&mut self) -> Result<GlobalPosition, StopReason> {
        let mut failures = 0;
        loop {
            match self.store.head().await.map_err(SessionEnd::of_event_store) {
                Ok(head) => return Ok(head),
                Err(SessionEnd::Away(reason)) => self.pause(reason, &mut failures).await?,
                Err(SessionEnd::Stop(reason)) => return Err(reason),
                Err(end) => unreachable!("an error of a store is one of both: {end:?}"),
            }
            if self.is_stopping() {
                return Err(StopReason::Requested);
            }
        }
    }

    /// Waits until it is worth while to try again, or somebody asks to stop.
    ///
    /// # Errors
    /// The reason, where it is not.
    async fn pause(&mut self, reason: StopReason, failures: &mut u32) -> Result<(), StopReason> {
        *failures = failures.saturating_add(1);
        let class = reason.class();
        let wait = class.and_then(|class| self.options.restarts.next(class, *failures));
        let (Some(class), Some(wait)) = (class, wait) else {
            return Err(reason);
        };
        // Whoever waits for the head waits for this program, and not for the next.
        if class == ErrorClass::Newer && self.until == Until::Head {
            return Err(reason);
        }
        self.part.pause(class, &reason, wait);
        self.wait(wait).await;
        Ok(())
    }

    async fn give_way(&mut self, class: ErrorClass, why: &Again, failures: &mut u32) {
        *failures = failures.saturating_add(1);
        let wait = self.options.restarts.pause(*failures);
        if *failures > 1 {
            self.part.pause(class, why, wait);
        }
        self.wait(wait).await;
    }

    async fn wait(&mut self, wait: std::time::Duration) {
        tokio::select! {
            () = self.timer.sleep(wait) => {}
            _ = self.stop.wait_for(|stop| *stop) => {}
        }
    }

    /// A session that ends some time after it was asked to stop, whatever the stores do.
    async fn bounded_session(&mut self, until: Option<GlobalPosition>) -> SessionEnd {
        let (timer, stop) = (Arc::clone(&self.timer), self.stop.clone());
        let out_of_time = out_of_time(timer, stop, self.options.stop_time_max);
        tokio::select! {
            biased;
            end = self.session(until) => end,
            () = out_of_time => SessionEnd::Drained,
        }
    }

    /// From opening the slices to the first trouble.
    async fn session(&mut self, until: Option<GlobalPosition>) -> SessionEnd {
        let Some(runner) = &mut self.runner else {
            return SessionEnd::Drained;
        };
        let from = match runner.open(&self.filter).await {
            Ok(from) => from,
            Err(end) => return end,
        };
        self.part.go_on();
        let interests = vec![runner.interest()];
        let (sender, receiver) = mpsc::channel(BATCHES_WAITING);
        let listeners = vec![sender];
        let Some(mut runner) = self.runner.take() else {
            return SessionEnd::Drained;
        };
        // A task of its own, so that the next batch is read and decoded while one is folded.
        let mut run = OwnedTask::spawn(async move {
            let end = runner.run(receiver).await;
            (runner, end)
        });
        let (shared, filter) = (&self.feed, self.filter.clone());
        let reading = Reading {
            decode: self.decode.clone(),
            letters: self.letters.clone(),
            interests,
        };
        let batch_events_max = self.options.batch_events_max;
        let source = async move {
            match from {
                Some(from) => {
                    let feed = shared.follow(from, filter, batch_events_max);
                    read_on(feed, reading, listeners).await
                }
                // No slice is ours: nothing to read until a heartbeat brings one.
                None => {
                    let _listeners = listeners;
                    std::future::pending().await
                }
            }
        };
        let reached = reached(self.status.subscribe(), self.number, until);
        let mut stop = self.stop.clone();
        let (ended, joined) = tokio::select! {
            end = source => (end, None),
            _ = stop.wait_for(|stop| *stop) => (SessionEnd::Drained, None),
            () = reached => (SessionEnd::Stop(StopReason::CaughtUp), None),
            joined = &mut run => (SessionEnd::Drained, Some(joined)),
        };
        // The channel is closed now: what was read is folded and committed.
        let joined = match joined {
            Some(joined) => joined,
            None => run.await,
        };
        match joined {
            Ok((runner, end)) => {
                self.runner = Some(runner);
                weightier(ended, end)
            }
            Err(error) => SessionEnd::Stop(StopReason::Task(error)),
        }
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

/// Waits until a projection has committed everything up to `until`; for ever, where there is no such
/// place.
async fn reached(
    mut status: watch::Receiver<ProjectorStatus>,
    number: usize,
    until: Option<GlobalPosition>,
) {
    let is_there = |model: &ModelStatus| {
        let is_at = |until| model.is_ready && model.position.is_some_and(|at| at >= until);
        until.is_some_and(|until| model.generation.is_none() || is_at(until))
    };
    let there = status.wait_for(|status| is_there(&status.models[number]));
    if there.await.is_err() {
        std::future::pending().await
    }
}
