//! How far the log is known to reach: this distinguishes a repeated append from a new one.
//!
//! The server answers a repeat as it answered the first append, so the answer alone does not show
//! which it was. Its position does: an event at or before a position that was known when the append
//! was sent had been there before.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use minwon_core::GlobalPosition;
use tokio::time::Instant;

/// The furthest position known. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct LogEnd {
    known: Arc<Mutex<Known>>,
}

#[derive(Debug)]
struct Known {
    position: GlobalPosition,
    /// Since when no later one was reported.
    at: Option<Instant>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            position: GlobalPosition::START,
            at: None,
        }
    }
}

impl LogEnd {
    /// The furthest position known, if it was heard of within `age_max`.
    pub(super) fn recent(&self, age_max: Duration) -> Option<GlobalPosition> {
        let known = self.known();
        known
            .at
            .is_some_and(|at| at.elapsed() < age_max)
            .then_some(known.position)
    }

    /// The log was seen to reach `position`, by a call that was sent at `sent`.
    pub(super) fn reached(&self, position: GlobalPosition, sent: Instant) {
        let mut known = self.known();
        known.position = known.position.max(position);
        known.at = known.at.max(Some(sent));
    }

    /// An event was seen at `position`; how far the log reaches by now, that does not say.
    pub(super) fn saw(&self, position: GlobalPosition) {
        let mut known = self.known();
        known.position = known.position.max(position);
    }

    /// The furthest position known.
    pub(super) fn position(&self) -> GlobalPosition {
        self.known().position
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is a single assignment.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
