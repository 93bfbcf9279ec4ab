//! The events that a projection goes on without, as far back as it has to know them.

use std::{collections::HashSet, sync::Mutex};

use minwon_core::{ConsumerName, EventId, EventStore, GlobalPosition, Timer};

use crate::end::SessionEnd;
use crate::{DeadLetters, dead_letters::Window, lock::lock};

/// After so many commits without another look back, decisions that were read again are forgotten:
/// whoever folds one key again folds others soon after, and should not read the queues for each.
const COMMITS_KEPT: u32 = 64;

/// The events that a projection goes on without: those decided behind where it is committed, and
/// earlier ones where it folds a key again.
///
/// A decision counts from where it stands in the log, so that what a slice holds follows from the
/// log up to its checkpoint alone: twins write the same.
pub(crate) struct GivenUp<S, T> {
    letters: DeadLetters<S, T>,
    consumer: ConsumerName,
    window: Window<S, T>,
    back: Mutex<Back>,
}

struct Back {
    after: Option<GlobalPosition>,
    /// Commits that keep it there.
    commits: u32,
}

impl<S: EventStore, T: Timer> GivenUp<S, T> {
    /// Reads the queues up to now, and again behind `from`, where the slices stand.
    pub(super) async fn open(
        letters: DeadLetters<S, T>,
        consumer: ConsumerName,
        from: Option<GlobalPosition>,
    ) -> Result<Self, SessionEnd> {
        letters.refresh().await?;
        let window = match from {
            Some(from) => letters.window(from).await?,
            None => letters.window_here(),
        };
        let (after, commits) = (from, 0);
        Ok(Self {
            letters,
            consumer,
            window,
            back: Mutex::new(Back { after, commits }),
        })
    }

    /// Everything up to here is committed: earlier decisions matter only to a key that is folded
    /// again.
    pub(super) fn has_committed(&self, up_to: GlobalPosition) {
        let mut back = lock(&self.back);
        match back.commits.checked_sub(1) {
            Some(left) => back.commits = left,
            None => {
                back.after = Some(up_to);
                self.window.advance(up_to);
            }
        }
    }

    /// Of some events, with their places, those given up at a place in the log.
    pub(super) async fn among(
        &self,
        events: impl Iterator<Item = (GlobalPosition, EventId)> + Clone,
        at: GlobalPosition,
    ) -> Result<HashSet<EventId>, SessionEnd> {
        let Some(first) = events.clone().map(|(position, _)| position).min() else {
            return Ok(HashSet::new());
        };
        self.reach_back(first).await?;
        let events = events.map(|(_, id)| id);
        Ok(self.letters.given_up_at(&self.consumer, events, at))
    }

    /// All events given up at a place in the log.
    pub(super) async fn all(&self, at: GlobalPosition) -> Result<HashSet<EventId>, SessionEnd> {
        self.reach_back(GlobalPosition::START).await?;
        Ok(self.letters.all_given_up_at(&self.consumer, at))
    }

    /// Sees to it that all decisions behind `after` are known.
    async fn reach_back(&self, after: GlobalPosition) -> Result<(), SessionEnd> {
        {
            let mut back = lock(&self.back);
            back.commits = COMMITS_KEPT;
            if back.after.is_some_and(|known| known <= after) {
                return Ok(());
            }
        }
        self.window.reach_back(after).await?;
        lock(&self.back).after = Some(after);
        Ok(())
    }
}
