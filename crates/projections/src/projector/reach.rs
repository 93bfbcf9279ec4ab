//! How far back a projection knows what was given up.

use std::sync::{Mutex, MutexGuard, PoisonError};

use minwon_core::{EventStore, GlobalPosition, Timer};

use crate::dead_letters::{DeadLetterError, Window};

/// After so many commits without another look back, what was looked back for is forgotten: who folds
/// one key again folds others soon after, and should not read the queues for each.
const COMMITS_KEPT: u32 = 64;

/// How far back a projection knows what was given up: from where it is committed, and further where
/// it folded a key again.
pub(crate) struct Reach<S, T> {
    window: Window<S, T>,
    back: Mutex<Back>,
}

struct Back {
    after: Option<GlobalPosition>,
    /// Commits that keep it there.
    commits: u32,
}

impl<S, T> Reach<S, T> {
    /// From `after` on; from nowhere on, where that is none.
    pub(super) fn new(window: Window<S, T>, after: Option<GlobalPosition>) -> Self {
        let back = Mutex::new(Back { after, commits: 0 });
        Self { window, back }
    }

    /// Everything up to `position` is committed.
    pub(super) fn advance(&self, position: GlobalPosition) {
        let mut back = self.back();
        match back.commits.checked_sub(1) {
            Some(left) => back.commits = left,
            None => {
                back.after = Some(position);
                self.window.advance(position);
            }
        }
    }

    fn back(&self) -> MutexGuard<'_, Back> {
        self.back.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: EventStore, T: Timer> Reach<S, T> {
    /// Sees to it that all is known that was given up behind `after`.
    pub(super) async fn reach_back(&self, after: GlobalPosition) -> Result<(), DeadLetterError> {
        {
            let mut back = self.back();
            back.commits = COMMITS_KEPT;
            if back.after.is_some_and(|known| known <= after) {
                return Ok(());
            }
        }
        self.window.reach_back(after).await?;
        self.back().after = Some(after);
        Ok(())
    }
}
