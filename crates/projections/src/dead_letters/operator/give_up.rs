//! Going on without an event.

use std::collections::HashSet;

use minwon_core::{Compensated, DeadLetterBook, DeadLetterEvent, EventStore, Skipped, Timer};

use super::{super::Traces, Letter, Operator, OperatorError};

/// Longest reason of a decision. Unit: bytes.
pub const REASON_BYTES_MAX: usize = 1_500;

impl<S: EventStore, T: Timer> Operator<S, T> {
    /// Decides that the consumers go on without these events permanently: also a rebuild leaves
    /// them out. The events that wait behind them follow.
    ///
    /// # Errors
    /// [`OperatorError`]. Where one of them is no letter, nothing is decided; but where others
    /// decide or consumers handle them at the same moment, the rest of it may be.
    pub async fn skip(&self, letters: &[Letter], reason: &str) -> Result<(), OperatorError> {
        let reason = checked(reason)?;
        let skipped = |letter: &Letter| Skipped {
            consumer: letter.consumer.clone(),
            key: letter.key.clone(),
            event: letter.event.clone(),
            by: self.by.clone(),
            reason: reason.to_owned(),
        };
        self.give_up(letters, |letter| skipped(letter).into()).await
    }

    /// Decides that the consumer makes up for an event and goes on without it.
    ///
    /// # Errors
    /// [`OperatorError`]; nothing is decided.
    pub async fn compensate(&self, letter: &Letter, reason: &str) -> Result<(), OperatorError> {
        let compensated = Compensated {
            consumer: letter.consumer.clone(),
            key: letter.key.clone(),
            event: letter.event.clone(),
            by: self.by.clone(),
            reason: checked(reason)?.to_owned(),
        };
        let letters = std::slice::from_ref(letter);
        self.give_up(letters, |_| compensated.clone().into()).await
    }

    async fn give_up(
        &self,
        letters: &[Letter],
        decision: impl Fn(&Letter) -> DeadLetterEvent,
    ) -> Result<(), OperatorError> {
        self.letters.refresh().await?;
        let is_gone = |book: &DeadLetterBook| {
            let mut letters = letters.iter();
            letters.find(|letter| letter.now_in(book).is_none())
        };
        if let Some(gone) = self.letters.look(is_gone) {
            return Err(self.why_gone(gone).await?);
        }
        let decisions: Vec<_> = letters.iter().map(decision).collect();
        let written = self
            .letters
            .write(decisions, &Traces::default(), is_of_letter)
            .await?;
        let about = |event: &DeadLetterEvent| {
            let (consumer, _) = event.consumer_and_key()?;
            Some((consumer.clone(), event.event()?.id))
        };
        let written: HashSet<_> = written.iter().filter_map(about).collect();
        let is_lost =
            |letter: &&Letter| !written.contains(&(letter.consumer.clone(), letter.event.id));
        let Some(lost) = letters.iter().find(is_lost) else {
            return Ok(());
        };
        // Somebody was first after the check.
        Err(self.why_gone(lost).await?)
    }

    /// Returns why a letter no longer is one.
    async fn why_gone(&self, letter: &Letter) -> Result<OperatorError, OperatorError> {
        let window = self.letters.window(letter.event.position).await?;
        let is_given_up = self.letters.look(|book| letter.is_given_up(book));
        drop(window);
        let (consumer, event) = (letter.consumer.clone(), letter.event.id);
        Ok(match is_given_up {
            true => OperatorError::AlreadyGivenUp { consumer, event },
            false => OperatorError::NotALetter { consumer, event },
        })
    }
}

/// Returns whether the event that a decision is about is held back as a letter.
pub(in crate::dead_letters) fn is_of_letter(
    book: &DeadLetterBook,
    decision: &DeadLetterEvent,
) -> bool {
    let held = decision.consumer_and_key().zip(decision.event());
    let held = held.and_then(|((consumer, key), event)| book.of(consumer)?.find(key, event));
    held.is_some_and(|held| held.is_letter() || held.waits_for_a_newer_program())
}

fn checked(reason: &str) -> Result<&str, OperatorError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(OperatorError::NoReason);
    }
    if reason.len() > REASON_BYTES_MAX {
        let bytes = reason.len();
        return Err(OperatorError::ReasonTooLong { bytes });
    }
    Ok(reason)
}
