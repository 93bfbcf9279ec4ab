//! The status of a projector while it runs.

use std::sync::Arc;

use minwon_core::{
    Clock, Generation, GlobalPosition, ModelName, Projection, Slice, Timestamp, ViewSchema,
    in_seoul,
};
use serde::Serialize;
use tokio::sync::watch;

use super::{Backends, opening::Opener, slices::Slices};
use crate::slice::SliceMachine;
use crate::{
    SliceProgress,
    running::sealed::Progress,
    supervise::{Part, PartHealth, PartState, Stopped, option_as_text},
};

/// The status of a projector. Serialises as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ProjectorStatus {
    /// One for each projection; of a projection in several [versions](crate::Versions), one for
    /// each.
    pub models: Vec<ModelStatus>,
    /// Why one of them waits, where something is in its way.
    #[serde(serialize_with = "option_as_text")]
    pub paused: Option<Arc<str>>,
    /// How often any of them has begun again, because a commit was refused, a store came back or slices
    /// changed hands.
    pub restarts: u64,
}

/// How far one projection has got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelStatus {
    /// The read model.
    pub model: ModelName,
    /// The fold.
    pub schema: ViewSchema,
    /// The generation that is worked on; none before the first look, and where a
    /// [version](crate::Versions) has none.
    pub generation: Option<Generation>,
    /// The slices that this projector works on.
    pub slices: Vec<Slice>,
    /// Up to where each of them is committed.
    pub progress: Vec<SliceProgress>,
    /// Everything up to here is committed in all of them; none where it works on no slice.
    pub position: Option<GlobalPosition>,
    /// Whether all of them can be asked.
    pub is_ready: bool,
    /// Whether they could, or others were asked, at some time since the projector was started.
    pub was_ready: bool,
    /// Whether this is an earlier version than the newest that the program understands.
    pub is_earlier: bool,
    /// Whether this program's questions wait for this generation; others are being built, or kept
    /// for programs that understand no other and for going back.
    pub is_asked: bool,
    /// Why a generation that is complete was not promoted; none where it was, or is not to be.
    #[serde(serialize_with = "option_as_text")]
    pub not_promoted: Option<Arc<str>>,
    /// Events folded since the projector was started, repeats after a restart included.
    pub folded_events: u64,
    /// When the last event that was read had been recorded.
    #[serde(serialize_with = "in_seoul::instant")]
    pub recorded_at: Timestamp,
    /// Since when something that is folded has not been committed; none where all is.
    #[serde(serialize_with = "in_seoul::option")]
    pub behind_since: Option<Timestamp>,
    /// How its part is: each projection is kept going by itself.
    #[serde(flatten)]
    pub state: PartState,
}

impl ModelStatus {
    /// The name of its part.
    #[must_use]
    pub fn part(&self) -> Arc<str> {
        let name = &self.model.projection;
        if self.is_earlier {
            format!("projection {name} of the earlier schema {}", self.schema).into()
        } else {
            format!("projection {name}").into()
        }
    }

    /// Returns the health of its part, for [`Health`](crate::Health).
    #[must_use]
    pub fn health(&self) -> PartHealth {
        PartHealth {
            part: self.part(),
            state: self.state.clone(),
            is_ready: self.is_ready || !self.is_asked,
            was_ready: self.was_ready,
            stuck_since: self.behind_since.filter(|_| self.is_asked),
        }
    }
}

impl ProjectorStatus {
    /// Everything up to here is committed in all slices of all generations that are asked; none
    /// where there is none.
    #[must_use]
    pub fn position(&self) -> Option<GlobalPosition> {
        let asked = self.models.iter().filter(|model| model.is_asked);
        asked.filter_map(|model| model.position).min()
    }

    /// Returns whether all of it has ended because it was to.
    pub(crate) fn has_ended(&self) -> bool {
        let mut models = self.models.iter();
        let is_over = models.all(|model| model.state.has_stopped());
        is_over && self.models.iter().any(|model| !model.state.has_failed())
    }

    /// Returns whether every slice can be asked, and no projection has stopped by itself.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let is_ready =
            |model: &ModelStatus| !model.is_asked || model.is_ready && !model.state.has_failed();
        self.models.iter().all(is_ready)
    }
}

impl Progress for ProjectorStatus {
    fn has_reached(&self, position: GlobalPosition) -> bool {
        self.is_ready() && self.position().is_some_and(|at| at >= position)
    }

    fn stopped(&self, _: &str) -> Option<Stopped> {
        let stopped = |model: &ModelStatus| model.state.stopped(&model.part());
        self.models.iter().find_map(stopped)
    }
}

/// One projection's place in the status of its projector.
pub(super) struct StatusLine {
    pub(super) status: watch::Sender<ProjectorStatus>,
    /// Which of the projector's projections it is.
    pub(super) number: usize,
    /// Events folded since the projector was started.
    pub(super) folded_events: u64,
    /// Since when something that is folded has not been committed.
    pub(super) behind_since: Option<Timestamp>,
}

impl StatusLine {
    /// The part of the projection, whose state the status shows.
    pub(super) fn part(&self, clock: impl Clock + 'static) -> Part {
        let (status, number) = (self.status.clone(), self.number);
        let name = status.borrow().models[number].part();
        Part::new(name, clock, move |state| {
            status.send_modify(|status| {
                status.models[number].state = state.clone();
                let mut models = status.models.iter();
                status.paused = models.find_map(|model| model.state.why_paused().cloned());
            });
        })
    }

    /// Everything up to here is committed.
    pub(super) fn position(&self) -> Option<GlobalPosition> {
        self.status.borrow().models[self.number].position
    }

    /// Shows how far the slices are.
    pub(super) fn publish<P: Projection, B: Backends>(
        &self,
        opener: &Opener<P, B>,
        slices: &Slices<P>,
    ) {
        let generation = opener.generation();
        self.status.send_if_modified(|status| {
            let shown = &mut status.models[self.number];
            let is_ready = generation.is_some() && slices.are_ready();
            let is_asked = opener.entries.is_asked(generation);
            let model = ModelStatus {
                generation,
                slices: slices.iter().map(|machine| machine.name.slice).collect(),
                progress: slices.iter().map(SliceMachine::progress).collect(),
                position: slices.position(),
                is_ready,
                was_ready: shown.was_ready || is_ready || !is_asked,
                is_asked,
                not_promoted: opener.not_promoted.clone(),
                folded_events: self.folded_events,
                recorded_at: slices.last_read.recorded_at,
                behind_since: self.behind_since,
                // Its part shows its state.
                ..shown.clone()
            };
            let is_news = *shown != model;
            *shown = model;
            is_news
        });
    }

    /// Waits until everything up to `until` is committed; without end, where there is no such
    /// place.
    pub(super) async fn reached(
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
}
