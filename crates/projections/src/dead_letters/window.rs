//! The events that were given up, as far as somebody has to know.
//!
//! The decision to give up an event is forgotten as soon as nobody can read that event any more:
//! every reader has a window on the log, and every decision after the window's beginning is in
//! memory. A decision stands behind its event, so a window that begins where a reader is covers all
//! that it reads.

use std::collections::HashSet;

use minwon_core::{
    ConsumerName, EventId, EventStore, EventType, GlobalPosition, StreamVersion, Timer,
    dead_letter_queue,
};

use super::{DeadLetterError, DeadLetters, PAGE_EVENTS, Turn, known::Known};

/// The right to know what was given up behind a place in the log.
pub(crate) struct Window<S, T> {
    letters: DeadLetters<S, T>,
    number: u64,
}

impl<S, T> Window<S, T> {
    /// Decisions up to `after` need not be known any more.
    pub(crate) fn advance(&self, after: GlobalPosition) {
        self.letters.known().move_window(self.number, after);
    }
}

impl<S, T> Drop for Window<S, T> {
    fn drop(&mut self) {
        self.letters.known().close_window(self.number);
    }
}

impl<S: EventStore, T: Timer> Window<S, T> {
    /// Begins it further back.
    ///
    /// # Errors
    /// [`DeadLetterError`].
    pub(crate) async fn reach_back(&self, after: GlobalPosition) -> Result<(), DeadLetterError> {
        let turn = self.letters.turn().await;
        self.reach_back_in(&turn, after).await
    }

    pub(super) async fn reach_back_in(
        &self,
        turn: &Turn<'_>,
        after: GlobalPosition,
    ) -> Result<(), DeadLetterError> {
        self.letters.known().move_window(self.number, after);
        self.letters.remember(turn, after).await
    }
}

impl<S: EventStore, T: Timer> DeadLetters<S, T> {
    /// A window from `after` on: what was given up behind it is known, as far as the queues were
    /// read, and stays known. Costs what stands in the queues behind `after` and was forgotten.
    ///
    /// # Errors
    /// [`DeadLetterError`].
    pub(crate) async fn window(
        &self,
        after: GlobalPosition,
    ) -> Result<Window<S, T>, DeadLetterError> {
        let window = self.window_here();
        window.reach_back(after).await?;
        Ok(window)
    }

    /// A window from what is known now on.
    pub(crate) fn window_here(&self) -> Window<S, T> {
        let mut known = self.known();
        let since = known.queues.keys().map(|queue| known.given_up_since(queue));
        let after = since.max().unwrap_or(GlobalPosition::START);
        let number = known.open_window(after);
        drop(known);
        Window {
            letters: self.clone(),
            number,
        }
    }

    /// Of some events those that `consumer` had given up at a place in the log, as far as that is
    /// known.
    pub(crate) fn given_up_at(
        &self,
        consumer: &ConsumerName,
        events: impl Iterator<Item = EventId>,
        at: GlobalPosition,
    ) -> HashSet<EventId> {
        self.known().given_up_at(consumer, events, at)
    }

    /// All that is known that `consumer` had given up at a place in the log.
    pub(crate) fn all_given_up_at(
        &self,
        consumer: &ConsumerName,
        at: GlobalPosition,
    ) -> HashSet<EventId> {
        self.known().all_given_up_at(consumer, at)
    }

    /// Reads again what was forgotten of the decisions behind `after`. A window keeps them.
    pub(super) async fn remember(
        &self,
        turn: &Turn<'_>,
        after: GlobalPosition,
    ) -> Result<(), DeadLetterError> {
        let forgotten = |known: &Known| -> Vec<_> {
            let queues = known.queues.keys();
            let forgotten = queues.filter(|queue| known.given_up_since(queue) > after);
            forgotten.cloned().collect()
        };
        let forgotten = forgotten(&self.known());
        for queue in &forgotten {
            let again = self.read_again(turn, queue, after).await?;
            self.known().remember(queue, again);
        }
        if !forgotten.is_empty() {
            self.known().has_remembered(after);
        }
        Ok(())
    }

    /// Reads a queue again behind `after`, as far as it was read. Everything about events behind
    /// `after` is then there.
    async fn read_again(
        &self,
        _turn: &Turn<'_>,
        queue: &EventType,
        after: GlobalPosition,
    ) -> Result<Known, DeadLetterError> {
        let mut again = Known::default();
        again.open_window(GlobalPosition::START);
        let last = self.known().queues.get(queue).and_then(|queue| queue.last);
        let Some(last) = last.filter(|last| last.position > after) else {
            return Ok(again);
        };
        let stream = dead_letter_queue(self.namespace(), queue);
        let mut from = self.before(queue, last.version, after).await?;
        loop {
            let page = self.page(&stream, from).await?;
            for (recorded, event) in &page.events {
                if let Some(event) = event
                    && recorded.position > after
                {
                    again.apply_again(event, recorded.metadata.occurred_at(), recorded.position);
                }
                if recorded.version == last.version {
                    return Ok(again);
                }
                from = recorded.version.next();
            }
            if page.is_end? {
                return Ok(again);
            }
        }
    }

    /// A version of a queue before all of its events behind `after`, and not far before. Costs the
    /// logarithm of how many these are.
    pub(super) async fn before(
        &self,
        queue: &EventType,
        last: StreamVersion,
        after: GlobalPosition,
    ) -> Result<StreamVersion, DeadLetterError> {
        let stream = dead_letter_queue(self.namespace(), queue);
        let mut back = u64::from(PAGE_EVENTS.get());
        loop {
            let from = StreamVersion::new(last.get().saturating_sub(back));
            let read = self.inner.store.read_stream(&stream, from, super::ONE);
            let read = read.await.map_err(DeadLetterError::Store)?;
            let is_before = |first: &minwon_core::RecordedEvent| first.position <= after;
            if from == StreamVersion::FIRST || read.events.first().is_none_or(is_before) {
                return Ok(from);
            }
            back = back.saturating_mul(2);
        }
    }
}
