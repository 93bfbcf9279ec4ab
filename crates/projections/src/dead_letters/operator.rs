//! Looking at dead letters, and deciding about them.

mod error;
mod give_up;
mod portions;
mod retry;
mod selection;

use std::{collections::BTreeMap, num::NonZeroU32};

use minwon_core::{
    ActorId, DeadLetterBook, EventRef, EventStore, EventType, GlobalPosition, LetterGroup,
    RecordedEvent, Subject, Timer, Timestamp, dead_letter_queue,
};

#[cfg(test)]
pub(super) use self::give_up::is_of_letter;
pub use self::{
    error::OperatorError,
    give_up::REASON_BYTES_MAX,
    retry::{RetryOutcome, RetryPlan, RetryReport, RetryResult},
    selection::{EventAt, Letter, LetterDetail, QueueEntry, Selection},
};
use super::{DeadLetterError, DeadLetters, PAGE_EVENTS};

/// One that looks after the dead letters of a namespace: every decision is an event with its name.
///
/// Each method reads first what has been written to the queues meanwhile.
pub struct Operator<S, T> {
    letters: DeadLetters<S, T>,
    by: ActorId,
}

impl<S, T> Clone for Operator<S, T> {
    fn clone(&self) -> Self {
        Self {
            letters: self.letters.clone(),
            by: self.by.clone(),
        }
    }
}

impl<S, T> std::fmt::Debug for Operator<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Operator")
            .field("letters", &self.letters)
            .field("by", &self.by)
            .finish()
    }
}

impl<S: EventStore, T: Timer> DeadLetters<S, T> {
    /// An operator of the dead letters with this name.
    #[must_use]
    pub fn operator(&self, by: ActorId) -> Operator<S, T> {
        Operator {
            letters: self.clone(),
            by,
        }
    }

    /// Where a subject is stuck: the letters of its events, and those that its events wait
    /// behind. In the order of the log; of each letter, its consumer says who is stuck.
    ///
    /// # Errors
    /// [`OperatorError::Queues`].
    pub async fn letters_of(&self, subject: &Subject) -> Result<Vec<Letter>, OperatorError> {
        self.refresh().await?;
        let selection = Selection::Subject(subject.clone());
        Ok(self.look(|book| selection.of(book)))
    }
}

impl<S: EventStore, T: Timer> Operator<S, T> {
    /// The letters of a selection, in the order of the log.
    ///
    /// # Errors
    /// [`OperatorError::Queues`].
    pub async fn list(&self, selection: &Selection) -> Result<Vec<Letter>, OperatorError> {
        self.letters.refresh().await?;
        Ok(self.letters.look(|book| selection.of(book)))
    }

    /// As [`DeadLetters::letters_of`].
    ///
    /// # Errors
    /// [`OperatorError::Queues`].
    pub async fn of_subject(&self, subject: &Subject) -> Result<Vec<Letter>, OperatorError> {
        self.letters.letters_of(subject).await
    }

    /// Returns how many letters there are, by consumer, event type and cause.
    ///
    /// # Errors
    /// [`OperatorError::Queues`].
    pub async fn groups(&self) -> Result<BTreeMap<LetterGroup, u64>, OperatorError> {
        self.letters.refresh().await?;
        Ok(self.letters.look(DeadLetterBook::groups))
    }

    /// A letter as it stands now, with its event and all that was ever written about it. Reads what
    /// came into its queue since.
    ///
    /// # Errors
    /// [`OperatorError::NotALetter`] where it is no longer one, [`OperatorError::EventGone`] where
    /// the log does not hold its event.
    pub async fn show(&self, letter: &Letter) -> Result<LetterDetail, OperatorError> {
        self.letters.refresh().await?;
        let now = self.letters.look(|book| letter.now_in(book));
        let letter = now.ok_or_else(|| letter.is_none())?;
        let event = self.event(&letter.event).await?;
        let is_about = |entry: &QueueEntry| {
            let consumer = entry.event.consumer_and_key().map(|(consumer, _)| consumer);
            let id = entry.event.event().map(|event| event.id);
            consumer == Some(&letter.consumer) && id == Some(letter.event.id)
        };
        let queue = &letter.event.event_type;
        let history = self.entries(queue, letter.event.position, is_about);
        let history = history.await?;
        Ok(LetterDetail {
            letter,
            event,
            history,
        })
    }

    /// All that anybody decided since `since`, in the order of the log. Reads all queues.
    ///
    /// # Errors
    /// [`OperatorError::Queues`].
    pub async fn decisions(&self, since: Timestamp) -> Result<Vec<QueueEntry>, OperatorError> {
        self.letters.refresh().await?;
        let queues: Vec<_> = self.letters.known().queues.keys().cloned().collect();
        let mut decisions = Vec::new();
        for queue in queues {
            let is_decision = |entry: &QueueEntry| entry.event.by().is_some() && entry.at >= since;
            let entries = self.entries(&queue, GlobalPosition::START, is_decision);
            decisions.extend(entries.await?);
        }
        decisions.sort_by_key(|decision| decision.position);
        Ok(decisions)
    }

    /// The wanted events of a queue behind `after`, oldest first.
    async fn entries(
        &self,
        queue: &EventType,
        after: GlobalPosition,
        is_wanted: impl Fn(&QueueEntry) -> bool + Send,
    ) -> Result<Vec<QueueEntry>, OperatorError> {
        let stream = dead_letter_queue(self.letters.namespace(), queue);
        let mut entries = Vec::new();
        let Some(last) = self.letters.known().last(queue) else {
            return Ok(entries);
        };
        let mut from = self.letters.before(queue, last, after).await?;
        loop {
            let store = &self.letters.inner.store;
            let page = store.read_stream(&stream, from, PAGE_EVENTS).await;
            let page = page.map_err(DeadLetterError::Store)?;
            for recorded in &page.events {
                let event = self.letters.read(recorded)?;
                let entry = event.map(|event| QueueEntry::new(recorded, event));
                entries.extend(entry.filter(&is_wanted));
                from = recorded.version.next();
            }
            if page.is_end {
                return Ok(entries);
            }
        }
    }

    /// An event by reference.
    async fn event(&self, event: &EventRef) -> Result<RecordedEvent, OperatorError> {
        let store = &self.letters.inner.store;
        let page = store.read_stream(&event.stream, event.version, NonZeroU32::MIN);
        let page = page.await.map_err(DeadLetterError::Store)?;
        let found = page.events.into_iter().next();
        let gone = || OperatorError::EventGone {
            stream: event.stream.clone(),
            version: event.version,
        };
        found
            .filter(|found| found.id() == event.id)
            .ok_or_else(gone)
    }
}

/// The sort key of letters: their place in the log, and who could not handle them.
pub(crate) fn in_log_order(letters: &mut [Letter]) {
    let place = |letter: &Letter| -> GlobalPosition { letter.event.position };
    letters.sort_by(|a, b| place(a).cmp(&place(b)).then(a.consumer.cmp(&b.consumer)));
}
