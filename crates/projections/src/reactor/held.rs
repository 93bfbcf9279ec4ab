//! Working on what is held back of a key, once somebody decided so.
//!
//! The tasks stand in the queues alone: a letter that is to be tried again, an event that
//! is to be made up for, or one that is parked with nothing before it. So it does not matter how
//! often somebody looks, nor after which event of the log.

use std::collections::BTreeSet;

use minwon_core::{
    Added, ConsumerLetters, DeadLetterEvent, EventRef, Failure, FailureClass, GlobalPosition,
    HeldState, ReactionKind, Released, RetryFailed,
};

use super::{
    Setup,
    handler::{Handler, Outcome},
    turn::Counts,
};
use crate::{dead_letters::Traces, end::SessionEnd};

/// A task about the first event that is held back of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// Try a letter again.
    Retry,
    /// Handle what was parked.
    Unpark,
    /// Make up for it.
    Compensate,
}

/// The first event of `key` that is held back, if there is something to do about it.
fn task(letters: &ConsumerLetters, key: &str) -> Option<(Task, EventRef)> {
    let held = letters.held(key).next();
    let owed = letters.owed(key).next();
    if let Some(owed) = owed
        && held.is_none_or(|held| owed.position < held.event.position)
    {
        return Some((Task::Compensate, owed.clone()));
    }
    let held = held?;
    let task = match held.state {
        HeldState::Parked => Task::Unpark,
        HeldState::Letter {
            retry_requested: true,
            ..
        } => Task::Retry,
        HeldState::Letter { .. } => return None,
    };
    Some((task, held.event.clone()))
}

/// Returns whether there is something to do for `key`.
pub(super) fn has_task(letters: &ConsumerLetters, key: &str) -> bool {
    task(letters, key).is_some()
}

impl<U: Setup> Handler<U> {
    /// Works on what is held back of a key from the first event on, until nothing is held back any
    /// more or one fails.
    pub(super) async fn release_held(
        &self,
        key: &str,
        counts: &mut Counts,
    ) -> Result<(), SessionEnd> {
        // The queues are read one after the other. That something is parked can so be known before
        // the letter that it waits behind, which is in another queue but was durable before: after
        // reading all queues once more it is known.
        let mut known = BTreeSet::<GlobalPosition>::new();
        while let Some((task, event)) = self.look(|letters| task(letters, key)).flatten() {
            if task == Task::Unpark && !known.contains(&event.position) {
                let parked = |letters: &ConsumerLetters| {
                    let held = letters.held(key);
                    held.map(|held| held.event.position).collect()
                };
                known = self.look(parked).unwrap_or_default();
                self.waits.until_done(|| self.letters.refresh()).await?;
                continue;
            }
            self.carry_out_task(key, task, &event, counts).await?;
        }
        Ok(())
    }

    async fn carry_out_task(
        &self,
        key: &str,
        task: Task,
        event: &EventRef,
        counts: &mut Counts,
    ) -> Result<(), SessionEnd> {
        let kind = match task {
            Task::Retry | Task::Unpark => ReactionKind::Handled,
            Task::Compensate => ReactionKind::Compensated,
        };
        let mut traces = Traces::default();
        let outcome = match self.read_again(event).await? {
            Some(recorded) => {
                traces.note(&recorded);
                self.carry_out(kind, &recorded).await?
            }
            None => Outcome::Failed {
                failure: Failure::of_text(
                    FailureClass::Undecodable,
                    "the log does not have the event any more; skip it",
                ),
                attempts: 1,
            },
        };
        let outcome = match outcome {
            Outcome::Done => {
                counts.handled += u64::from(kind == ReactionKind::Handled);
                self.released(key, event, kind)
            }
            Outcome::Failed { failure, attempts } if task == Task::Unpark => {
                counts.dead_letters += 1;
                self.added(key, event, failure, attempts)
            }
            Outcome::Failed { failure, attempts } => RetryFailed {
                consumer: self.name().clone(),
                key: key.to_owned(),
                event: event.clone(),
                failure,
                attempts,
                kind: Some(kind),
            }
            .into(),
        };
        self.records.write(vec![outcome], traces).await
    }

    fn released(&self, key: &str, event: &EventRef, kind: ReactionKind) -> DeadLetterEvent {
        let released = Released {
            consumer: self.name().clone(),
            key: key.to_owned(),
            event: event.clone(),
            kind: Some(kind),
        };
        released.into()
    }

    pub(super) fn added(
        &self,
        key: &str,
        event: &EventRef,
        failure: Failure,
        attempts: u32,
    ) -> DeadLetterEvent {
        if failure.class == FailureClass::Newer {
            tracing::info!(reactor = %self.name(), key, "waits for a newer program");
        } else {
            tracing::warn!(reactor = %self.name(), key, error = %failure.error, "an event became a dead letter");
        }
        let added = Added {
            consumer: self.name().clone(),
            key: key.to_owned(),
            event: event.clone(),
            failure,
            attempts,
        };
        added.into()
    }
}
