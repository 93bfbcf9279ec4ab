//! What a projector tells of itself while it runs.

use std::sync::Arc;

use minwon_core::{GlobalPosition, ModelName, Slice, StoreError, Timestamp};
use tokio::sync::watch;

/// What a projector tells of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectorStatus {
    /// One for each projection.
    pub models: Vec<ModelStatus>,
    /// Why it waits, where a store is away.
    pub paused: Option<Arc<str>>,
    /// How often it has begun again, because a commit was refused, a store came back or slices
    /// changed hands.
    pub restarts: u64,
}

/// How far one projection has got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelStatus {
    /// The read model.
    pub model: ModelName,
    /// The slices that this projector works on.
    pub slices: Vec<Slice>,
    /// Everything up to here is committed in all of them; none where it works on no slice.
    pub position: Option<GlobalPosition>,
    /// Whether all of them can be asked.
    pub is_ready: bool,
    /// Events folded since the projector was started, repeats after a restart included.
    pub folded_events: u64,
    /// When the last event that was read had been recorded.
    pub recorded_at: Timestamp,
}

impl ProjectorStatus {
    /// Everything up to here is committed in all slices of all projections; none where there is
    /// none.
    #[must_use]
    pub fn position(&self) -> Option<GlobalPosition> {
        self.models.iter().filter_map(|model| model.position).min()
    }

    /// Whether every slice can be asked.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.models.iter().all(|model| model.is_ready)
    }
}

/// Tells of pauses.
#[derive(Debug, Clone)]
pub(crate) struct Pauses(pub(crate) watch::Sender<ProjectorStatus>);

impl Pauses {
    pub(crate) fn begin(&self, why: &StoreError) {
        let why = why.to_string();
        tracing::warn!(%why, "a store is away; the projector waits for it");
        self.0
            .send_modify(|status| status.paused = Some(why.into()));
    }

    pub(crate) fn over(&self) {
        self.0
            .send_if_modified(|status| status.paused.take().is_some());
    }
}
