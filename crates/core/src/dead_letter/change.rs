//! The change that an event of dead letters makes: the one place that says so.

use super::{DeadLetterEvent, Failure, FailureClass};
use crate::reactor::ReactionKind;

/// The state of an event that a consumer may not have been able to handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterState {
    /// Nothing was ever written about it, or nothing that still matters.
    None,
    /// It could not be handled.
    Letter {
        /// Whether it waits for a newer program.
        is_newer: bool,
        /// Whether somebody wants it to be tried again, and that has not happened yet.
        is_asked: bool,
        /// How often it was tried.
        attempts: u32,
    },
    /// It waits behind one that could not.
    Parked,
    /// The consumer goes on without it.
    GivenUp {
        /// Whether it is still to be made up for.
        owed: bool,
    },
}

/// The change that an event of dead letters makes to a [`LetterState`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterChange<'l> {
    /// It is a letter with this failure, after so many attempts in all.
    Letter(&'l Failure, u32),
    /// The letter is to be tried again.
    Asked,
    /// It waits behind a letter.
    Parked,
    /// It was handled: nothing is left of it.
    Gone,
    /// The consumer goes on without it.
    GivenUp {
        /// Whether it is to be made up for.
        owed: bool,
    },
}

impl LetterState {
    /// The change that `letter` makes; none where it is no news: what is true already need not be
    /// written again, and of twins that say the same the first counts.
    #[must_use]
    pub fn after(self, letter: &DeadLetterEvent) -> Option<LetterChange<'_>> {
        use DeadLetterEvent as E;
        let change = match (letter, self) {
            (E::Added(it), Self::None | Self::Parked) => {
                LetterChange::Letter(&it.failure, it.attempts)
            }
            // Whoever cannot read it says more than who waits for a newer program.
            (E::Added(it), Self::Letter { is_newer: true, .. })
                if it.failure.class != FailureClass::Newer =>
            {
                LetterChange::Letter(&it.failure, it.attempts)
            }
            (E::Parked(_), Self::None) => LetterChange::Parked,
            // One request that nobody has answered yet is enough.
            (
                E::RetryRequested(_),
                Self::Letter {
                    is_asked: false, ..
                },
            ) => LetterChange::Asked,
            // Where nobody asks, a twin has answered the request already.
            (
                E::RetryFailed(it),
                Self::Letter {
                    is_asked: true,
                    attempts,
                    ..
                },
            ) if it.kind != Some(ReactionKind::Compensated) => {
                LetterChange::Letter(&it.failure, attempts.saturating_add(it.attempts))
            }
            // Nobody goes on without the event while nothing made up for it.
            (E::RetryFailed(it), Self::GivenUp { owed: true })
                if it.kind != Some(ReactionKind::Handled) =>
            {
                LetterChange::Letter(&it.failure, it.attempts)
            }
            // A compensated event stays so where a twin that failed made a letter of it again.
            (E::Released(it), Self::Letter { .. } | Self::Parked)
                if it.kind == Some(ReactionKind::Compensated) =>
            {
                LetterChange::GivenUp { owed: false }
            }
            (E::Released(_), Self::Letter { .. } | Self::Parked) => LetterChange::Gone,
            // An event that was handled while somebody gave it up needs the compensation all the
            // more.
            (E::Released(it), Self::GivenUp { owed: true })
                if it.kind != Some(ReactionKind::Handled) =>
            {
                LetterChange::GivenUp { owed: false }
            }
            (E::Skipped(_), Self::None | Self::Letter { .. } | Self::Parked) => {
                LetterChange::GivenUp { owed: false }
            }
            (E::Compensated(_), Self::None | Self::Letter { .. } | Self::Parked) => {
                LetterChange::GivenUp { owed: true }
            }
            _ => return None,
        };
        Some(change)
    }
}
