//! One session of a projection after the other.

use std::{pin::pin, sync::Arc};

use minwon_core::{EventStore, GlobalPosition, Projection};
use tokio::sync::{mpsc, watch};

use super::{
    Backends, SettingsOn, commit::Committer, opening::Opener, session::Session, source::read_on,
    status::StatusLine,
};
use crate::{
    end::{SessionEnd, StopReason},
    supervise::{Again, OwnedTask, Until, out_of_time},
};

/// Pages between the reader and the session. With the one being folded and the two that a feed may
/// hold, at most five are in memory.
const PAGES_WAITING: usize = 2;

/// Keeps one projection going.
pub(super) struct Supervisor<P: Projection, B: Backends> {
    pub(super) settings: Arc<SettingsOn<B>>,
    pub(super) opener: Opener<P, B>,
    pub(super) committer: Arc<Committer<B>>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) again: Again,
    pub(super) status: StatusLine,
    pub(super) until: Until,
}

impl<P: Projection, B: Backends> Supervisor<P, B> {
    pub(super) async fn supervise(mut self) -> StopReason {
        loop {
            let reason = self.sessions().await;
            self.opener.leave().await;
            let part = &self.committer.part;
            if self.until == Until::Head || !self.again.is_wanted(part, &reason, &self.stop).await {
                return reason;
            }
        }
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
                self.committer.part.progressed();
                failures = 0;
            }
            let waited = match end {
                SessionEnd::Stop(reason) => return reason,
                SessionEnd::Drained | SessionEnd::Reassigned | SessionEnd::Stopping => Ok(()),
                end => self.committer.wait(end, &mut failures, self.until).await,
            };
            match waited {
                _ if self.is_stopping() => return StopReason::Requested,
                Err(SessionEnd::Stop(reason)) => return reason,
                _ => self
                    .settings
                    .status
                    .send_modify(|status| status.restarts += 1),
            }
        }
    }

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    async fn head(&self) -> Result<GlobalPosition, StopReason> {
        let mut failures = 0;
        loop {
            let end = match self.settings.store.head().await {
                Ok(head) => return Ok(head),
                Err(source) => SessionEnd::from(source),
            };
            match self.committer.wait(end, &mut failures, self.until).await {
                Ok(()) => {}
                Err(SessionEnd::Stop(reason)) => return Err(reason),
                Err(_) => return Err(StopReason::Requested),
            }
        }
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
        let session = Session::open(&mut self.opener, &mut self.status, &self.committer).await;
        let session = match session {
            Ok(session) => session,
            Err(end) => return end,
        };
        self.committer.part.go_on();
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
