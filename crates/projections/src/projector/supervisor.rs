//! One session of a projection after the other.

use std::{pin::pin, sync::Arc, time::Duration};

use minwon_core::{EventStore, GlobalPosition, Projection, SliceName};
use tokio::sync::{mpsc, watch};

use super::{
    Backends, SettingsOn,
    end::{SessionEnd, StopReason},
    opening::Opener,
    session::Session,
    source::read_on,
    status::StatusLine,
};
use crate::{
    slice::Damaged,
    supervise::{ErrorClass, OwnedTask, Part, Until, out_of_time, sleep_unless_stopped},
};

/// Pages between the reader and the session. With the one being folded and the two that a feed may
/// hold, at most five are in memory.
const PAGES_WAITING: usize = 2;

/// Keeps one projection going.
pub(super) struct Supervisor<P: Projection, B: Backends> {
    pub(super) settings: Arc<SettingsOn<B>>,
    pub(super) opener: Opener<P, B>,
    pub(super) part: Part,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) status: StatusLine,
    pub(super) until: Until,
}

/// Why a session begins again though no store is away.
#[derive(Debug, thiserror::Error)]
enum Again {
    #[error("another projector works on the same slices, and was faster again and again")]
    Refused,
    #[error("{slice} is found damaged again and again: {why}")]
    Damaged { slice: SliceName, why: String },
}

impl<P: Projection, B: Backends> Supervisor<P, B> {
    pub(super) async fn supervise(mut self) -> StopReason {
        let reason = self.sessions().await;
        self.opener.leave().await;
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
            let before = self.status.position();
            let end = self.bounded_session(until).await;
            // Whatever the end was: where there was progress, pauses are short again.
            if self.status.position() > before {
                self.part.progressed();
                failures = 0;
            }
            let paused = match end {
                SessionEnd::Stop(reason) => return reason,
                _ if self.is_stopping() => return StopReason::Requested,
                SessionEnd::Away(reason) => self.pause(reason, &mut failures).await,
                // Refused at once, again and again: twins in a race; give way to the other. A slice
                // that is damaged again and again is rebuilt with pauses.
                SessionEnd::Refused => {
                    let class = ErrorClass::Contended;
                    self.give_way(class, &Again::Refused, &mut failures).await;
                    Ok(())
                }
                SessionEnd::Damaged(Damaged { slice, why, .. }) => {
                    let damaged = Again::Damaged { slice, why };
                    self.give_way(ErrorClass::Damaged, &damaged, &mut failures)
                        .await;
                    Ok(())
                }
                SessionEnd::Drained | SessionEnd::Deserted | SessionEnd::Reassigned => Ok(()),
            };
            match paused {
                Ok(()) if self.is_stopping() => return StopReason::Requested,
                Ok(()) => self.status.restarts(),
                Err(reason) => return reason,
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    async fn head(&mut self) -> Result<GlobalPosition, StopReason> {
        let mut failures = 0;
        loop {
            let head = self.settings.store.head().await;
            match head.map_err(SessionEnd::of_event_store) {
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
        let restarts = &self.settings.options.restarts;
        let Some((class, wait)) = restarts.after(&reason, *failures, self.until) else {
            return Err(reason);
        };
        self.part.pause(class, &reason, wait);
        self.wait(wait).await;
        Ok(())
    }

    async fn give_way(&mut self, class: ErrorClass, why: &Again, failures: &mut u32) {
        *failures = failures.saturating_add(1);
        let wait = self.settings.options.restarts.pause(*failures);
        if *failures > 1 {
            self.part.pause(class, why, wait);
        }
        self.wait(wait).await;
    }

    async fn wait(&self, wait: Duration) {
        sleep_unless_stopped(&*self.settings.timer, wait, &self.stop).await;
    }

    /// A session that ends some time after it was asked to stop, whatever the stores do.
    async fn bounded_session(&mut self, until: Option<GlobalPosition>) -> SessionEnd {
        let (timer, stop) = (Arc::clone(&self.settings.timer), self.stop.clone());
        let out_of_time = out_of_time(timer, stop, self.settings.options.stop_time_max);
        tokio::select! {
            biased;
            end = self.session(until) => end,
            () = out_of_time => SessionEnd::Drained,
        }
    }

    /// From opening the slices to the first trouble.
    async fn session(&mut self, until: Option<GlobalPosition>) -> SessionEnd {
        let status = self.status.status.subscribe();
        let reached = StatusLine::reached(status, self.status.number, until);
        let session = Session::open(&mut self.opener, &mut self.status, &self.part).await;
        let session = match session {
            Ok(session) => session,
            Err(end) => return end,
        };
        self.part.go_on();
        let reading = session.reading();
        let (pages, receiver) = mpsc::channel(PAGES_WAITING);
        let feed = session.from().map(|from| {
            let (filter, events_max) = (
                &self.settings.filter,
                self.settings.options.batch_events_max,
            );
            self.settings.feed.follow(from, filter.clone(), events_max)
        });
        // A task of its own, so that the next page is read and decoded while one is folded.
        let mut source = OwnedTask::spawn(async move {
            match feed {
                Some(feed) => read_on(feed, reading, pages).await,
                // No slice is ours: nothing to read until a heartbeat brings one.
                None => {
                    let _pages = pages;
                    std::future::pending().await
                }
            }
        });
        let mut run = pin!(session.run(receiver));
        let mut stop = self.stop.clone();
        let ended = tokio::select! {
            end = &mut run => return end,
            read = &mut source => read.unwrap_or_else(|error| SessionEnd::Stop(error.into())),
            _ = stop.wait_for(|stop| *stop) => SessionEnd::Drained,
            () = reached => SessionEnd::Stop(StopReason::CaughtUp),
        };
        // That closes the channel: what was read is folded and committed.
        drop(source);
        ended.weightier(run.await)
    }
}
