//! What takes long: how far it is, and how it ended.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use minwon_core::{
    GenerationInfo, GenerationName, GlobalPosition, ModelName, Timestamp, foreign_text,
};

use tokio::sync::watch;

use super::kept::AnyKept;
use crate::{
    Verification, VerifyProgress,
    lock::lock,
    projector::{Projector, ProjectorStatus},
    supervise::{OwnedTask, PartState},
};

/// How long is waited before it is looked again whether all slices are complete, where others build as
/// well, or a store does not answer.
const LOOK_WAIT: Duration = Duration::from_secs(1);

/// How far something is that reads the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// When it began.
    pub began: Timestamp,
    /// When it had done all that was in the log when it began; none before that.
    pub done: Option<Timestamp>,
    /// Events folded since it began.
    pub folded_events: u64,
    /// Where in the log it began.
    pub from: GlobalPosition,
    /// How far it is.
    pub position: GlobalPosition,
    /// Where the last event stood that was in the log when it began; none before that is known.
    pub target: Option<GlobalPosition>,
}

impl Work {
    /// How much of what it has to do is done, from 0 to 1. Of positions, as events are not counted.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.done.is_some() {
            return 1.0;
        }
        let way = |to: GlobalPosition| to.commit().saturating_sub(self.from.commit());
        match self.target.map(way) {
            None => 0.0,
            Some(0) => 1.0,
            Some(all) => (way(self.position) as f64 / all as f64).min(1.0),
        }
    }

    /// How many events it folds in a second, on the average since it began; none before there is any.
    #[must_use]
    pub fn events_per_second(&self, now: Timestamp) -> Option<f64> {
        let seconds = self.time(now).as_secs_f64();
        (self.folded_events > 0 && seconds > 0.0).then(|| self.folded_events as f64 / seconds)
    }

    /// How long it takes yet, if it goes on as it has; none before that can be said, and when it is done.
    #[must_use]
    pub fn time_left(&self, now: Timestamp) -> Option<Duration> {
        let share = self.share();
        if self.done.is_some() || share <= 0.0 {
            return None;
        }
        let left = self.time(now).as_secs_f64() * (1.0 - share) / share;
        Duration::try_from_secs_f64(left).ok()
    }

    /// How long it has taken.
    fn time(&self, now: Timestamp) -> Duration {
        let until = self.done.unwrap_or(now).unix_micros();
        let micros = until.saturating_sub(self.began.unix_micros());
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

/// How it is with the building of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildState {
    /// It goes on: until all is folded, and then with what comes.
    Running,
    /// Something is in its way. It goes on by itself.
    Waits {
        /// What, causes included.
        why: Arc<str>,
    },
    /// It was stopped, and goes on where somebody asks for it.
    Stopped,
    /// It ended by itself.
    Failed {
        /// Why, causes included.
        why: Arc<str>,
    },
}

/// How it is with a verification.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyState {
    /// It goes on.
    Running,
    /// It has come to its end.
    Done(Verification),
    /// It was stopped.
    Stopped,
    /// It could not be finished.
    Failed {
        /// Why, causes included.
        why: Arc<str>,
    },
}

/// How fast each read model was built last. Unit: events per second.
pub(super) type Rates = Arc<Mutex<BTreeMap<ModelName, f64>>>;

/// A generation that is built here.
pub(super) struct Build {
    pub(super) projector: Arc<Projector>,
    pub(super) info: GenerationInfo,
    began: Timestamp,
    from: GlobalPosition,
    target: Arc<OnceLock<GlobalPosition>>,
    done: Arc<OnceLock<Timestamp>>,
    _watching: OwnedTask<()>,
}

impl Build {
    /// Watches a projector until it has built all.
    pub(super) fn watch(
        kept: Arc<dyn AnyKept>,
        projector: Projector,
        info: GenerationInfo,
        from: GlobalPosition,
        rates: Rates,
    ) -> Self {
        let (target, done) = (Arc::<OnceLock<_>>::default(), Arc::<OnceLock<_>>::default());
        let (began, status) = (kept.now(), projector.status());
        Self {
            projector: Arc::new(projector),
            info: info.clone(),
            began,
            from,
            target: Arc::clone(&target),
            done: Arc::clone(&done),
            _watching: OwnedTask::spawn(async move {
                let last = last_event(&*kept).await;
                let _ = target.set(last);
                let Some(folded_events) = built(&*kept, &info, last, status).await else {
                    return;
                };
                let now = kept.now();
                let _ = done.set(now);
                let work = Work {
                    began,
                    done: Some(now),
                    folded_events,
                    from,
                    position: last,
                    target: Some(last),
                };
                if let Some(rate) = work.events_per_second(now) {
                    lock(&rates).insert(kept.model().clone(), rate);
                }
            }),
        }
    }

    pub(super) fn work(&self) -> Work {
        let status = self.projector.status();
        let status = status.borrow();
        Work {
            began: self.began,
            done: self.done.get().copied(),
            folded_events: folded(&status),
            from: self.from,
            position: status.position().unwrap_or(self.from).max(self.from),
            target: self.target.get().copied(),
        }
    }

    pub(super) fn state(&self) -> BuildState {
        let status = self.projector.status();
        let status = status.borrow();
        match status.models.first().map(|model| &model.state) {
            Some(PartState::Paused(paused)) => BuildState::Waits {
                why: Arc::clone(&paused.why),
            },
            Some(PartState::Stopped(ended)) if ended.class.is_some() => BuildState::Failed {
                why: Arc::clone(&ended.why),
            },
            Some(PartState::Stopped(_)) | None => BuildState::Stopped,
            _ => BuildState::Running,
        }
    }

    /// Returns whether it writes, or may yet.
    pub(super) fn is_on(&self) -> bool {
        matches!(self.state(), BuildState::Running | BuildState::Waits { .. })
    }
}

/// The last event that is in the log now, as soon as that can be asked.
async fn last_event(kept: &dyn AnyKept) -> GlobalPosition {
    loop {
        match kept.last_event().await {
            Ok(last) => return last,
            Err(_) => kept.sleep(LOOK_WAIT).await,
        }
    }
}

/// Waits until all slices are complete up to `last`; returns how many events were folded here by then. None
/// where its projector has ended before.
async fn built(
    kept: &dyn AnyKept,
    info: &GenerationInfo,
    last: GlobalPosition,
    mut status: watch::Receiver<ProjectorStatus>,
) -> Option<u64> {
    let is_there = |status: &ProjectorStatus| {
        status.is_ready() && status.position().is_none_or(|at| at >= last)
    };
    loop {
        let folded = folded(&*status.wait_for(is_there).await.ok()?);
        let standing = kept.standing(info).await;
        if standing.is_ok_and(|it| it.is_complete && it.position >= last) {
            return Some(folded);
        }
        // The slices that others build are not all complete, or cannot be asked.
        kept.sleep(LOOK_WAIT).await;
    }
}

fn folded(status: &ProjectorStatus) -> u64 {
    status.models.iter().map(|model| model.folded_events).sum()
}

/// A verification here.
pub(super) struct Verifying {
    pub(super) generation: GenerationName,
    began: Timestamp,
    seen: Arc<Mutex<Seen>>,
    task: Option<OwnedTask<()>>,
}

#[derive(Default)]
struct Seen {
    progress: Option<VerifyProgress>,
    ended: Option<(Timestamp, VerifyState)>,
}

impl Verifying {
    pub(super) fn start(kept: Arc<dyn AnyKept>, generation: GenerationName) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let (began, shown, name) = (kept.now(), Arc::clone(&seen), generation.clone());
        let task = OwnedTask::spawn(async move {
            let watched = Arc::clone(&shown);
            let by = Arc::clone(&kept);
            // Of its own, so that its panic is an outcome as well.
            let verify = OwnedTask::spawn(async move {
                let watch = Box::new(move |it| lock(&watched).progress = Some(it));
                by.verify(&name, watch).await
            });
            let state = match verify.await {
                Ok(Ok(verification)) => VerifyState::Done(verification),
                Ok(Err(error)) => failed(&error),
                Err(error) => failed(&error),
            };
            lock(&shown).ended = Some((kept.now(), state));
        });
        Self {
            generation,
            began,
            seen,
            task: Some(task),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        lock(&self.seen).ended.is_none()
    }

    /// It reads only, so it may end anywhere.
    pub(super) fn stop(&mut self, now: Timestamp) {
        drop(self.task.take());
        let mut seen = lock(&self.seen);
        seen.ended.get_or_insert((now, VerifyState::Stopped));
    }

    pub(super) fn look(&self) -> (Work, VerifyState, Option<Timestamp>) {
        let seen = lock(&self.seen);
        let progress = seen.progress;
        let ended = seen.ended.clone();
        let is_done = matches!(ended, Some((_, VerifyState::Done(_))));
        let work = Work {
            began: self.began,
            done: ended.as_ref().map(|(at, _)| *at).filter(|_| is_done),
            folded_events: progress.map_or(0, |it| it.folded_events),
            from: GlobalPosition::START,
            position: progress.map_or(GlobalPosition::START, |it| it.position),
            target: progress.map(|it| it.target),
        };
        match ended {
            Some((at, state)) => (work, state, Some(at)),
            None => (work, VerifyState::Running, None),
        }
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> VerifyState {
    let why = foreign_text::causes(error).collect::<Vec<_>>().join(": ");
    VerifyState::Failed { why: why.into() }
}
