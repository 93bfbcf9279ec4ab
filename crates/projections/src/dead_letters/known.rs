//! The queues in memory.

use std::collections::{BTreeMap, HashSet};

use minwon_core::{
    ConsumerName, DeadLetterBook, DeadLetterEvent, EventId, EventType, GlobalPosition, OpenQueue,
    ReactionKind, RecordedEvent, StreamVersion, Timestamp,
};

/// How far the queues have been read, and what they say up to there.
#[derive(Default)]
pub(super) struct Known {
    pub(super) book: DeadLetterBook,
    /// The last event read of the directory.
    pub(super) directory: Option<StreamVersion>,
    /// Each queue there is.
    pub(super) queues: BTreeMap<EventType, Queue>,
    /// Decisions to go on without an event, by their place in the log: those that are in the book.
    given_up: BTreeMap<GlobalPosition, Vec<(ConsumerName, EventId)>>,
    /// Decisions up to here were forgotten, if nobody read them again.
    forgotten: Option<GlobalPosition>,
    /// Behind which places decisions have to be known, and to whom by number.
    windows: BTreeMap<u64, GlobalPosition>,
    next_window: u64,
    /// Events that stand in the directory and are no dead letters.
    pub(super) passed_over: u64,
}

/// How far a queue has been read.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    /// The last event that was read.
    pub(super) last: Option<Last>,
    /// Events that stand in it and are no dead letters.
    pub(super) passed_over: u64,
    /// So many of its events are in what was kept of it last. Unit: events.
    pub(super) kept: u64,
    /// With so many more it is looked at whether to keep it again. Unit: events.
    pub(super) keep_after: u64,
    /// It was read from here on; what was given up before is not known.
    pub(super) begun: Option<GlobalPosition>,
}

/// The last event that was read of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    pub(super) version: StreamVersion,
    pub(super) id: EventId,
    pub(super) position: GlobalPosition,
}

impl Known {
    /// The last event read of a queue.
    pub(super) fn last(&self, queue: &EventType) -> Option<StreamVersion> {
        Some(self.queues.get(queue)?.last?.version)
    }

    /// Notes the next event of a queue; none where it is no dead letter.
    pub(super) fn note(
        &mut self,
        queue: &EventType,
        recorded: &RecordedEvent,
        event: Option<&DeadLetterEvent>,
    ) {
        match event {
            Some(event) => self.apply(event, recorded.metadata.occurred_at(), recorded.position),
            None => self.pass_over(queue, recorded),
        }
        let last = Last {
            version: recorded.version,
            id: recorded.id(),
            position: recorded.position,
        };
        self.has_read(queue, last);
    }

    /// Notes how far a queue was read.
    pub(super) fn has_read(&mut self, queue: &EventType, last: Last) {
        // An event of a queue opened it, wherever the directory is read to.
        self.queues.entry(queue.clone()).or_default().last = Some(last);
    }

    /// Notes an event among dead letters that is not a dead letter.
    fn pass_over(&mut self, queue: &EventType, recorded: &RecordedEvent) {
        self.queues.entry(queue.clone()).or_default().passed_over += 1;
        log_passed_over(recorded);
    }

    /// Notes an event that stands at `position`.
    pub(super) fn apply(
        &mut self,
        event: &DeadLetterEvent,
        at: Timestamp,
        position: GlobalPosition,
    ) {
        let about = event.consumer_and_key().zip(event.event());
        let about = about.map(|((consumer, _), of)| (consumer, of.id));
        let is_given_up = |book: &DeadLetterBook| {
            let letters = about.and_then(|(consumer, id)| Some((book.of(consumer)?, id)));
            letters.is_some_and(|(letters, id)| letters.is_given_up(id))
        };
        let was_given_up = is_given_up(&self.book);
        self.book.apply(event, at);
        if let Some((consumer, id)) = about
            && !was_given_up
            && is_given_up(&self.book)
        {
            let decisions = self.given_up.entry(position).or_default();
            decisions.push((consumer.clone(), id));
            self.forget();
        }
    }

    /// Notes an event of a queue that is read again, from somewhere on.
    pub(super) fn apply_again(
        &mut self,
        event: &DeadLetterEvent,
        at: Timestamp,
        position: GlobalPosition,
    ) {
        self.apply(event, at, position);
        // The earlier history of the event is not known here, and need not be: it is given up.
        if let DeadLetterEvent::Released(it) = event
            && it.kind == Some(ReactionKind::Compensated)
        {
            let decisions = self.given_up.entry(position).or_default();
            decisions.push((it.consumer.clone(), it.event.id));
            self.book.give_up(&it.consumer, it.event.id);
        }
    }

    /// Takes over what was open of a queue up to its event `last`, of which nothing is known yet.
    pub(super) fn restore(&mut self, queue: &EventType, open: OpenQueue, read: Queue) {
        self.book.restore(open);
        self.queues.insert(queue.clone(), read);
    }

    /// Every decision of a queue behind this place is known, as far as it was read.
    pub(super) fn given_up_since(&self, queue: &EventType) -> GlobalPosition {
        let begun = self.queues.get(queue).and_then(|queue| queue.begun);
        let since = self.forgotten.max(begun);
        since.unwrap_or(GlobalPosition::START)
    }

    /// Takes over decisions of a queue that were read again, where they were not known.
    pub(super) fn remember(&mut self, queue: &EventType, again: Self) {
        let since = self.given_up_since(queue);
        let unknown = again.given_up.into_iter();
        for (position, decisions) in unknown.take_while(|(position, _)| *position <= since) {
            for (consumer, id) in decisions {
                // An event whose compensation failed was a letter again.
                if again
                    .book
                    .of(&consumer)
                    .is_some_and(|of| of.is_given_up(id))
                {
                    self.book.give_up(&consumer, id);
                    let known = self.given_up.entry(position).or_default();
                    known.push((consumer, id));
                }
            }
        }
    }

    /// Every decision behind `after` is known.
    pub(super) fn has_remembered(&mut self, after: GlobalPosition) {
        self.forgotten = self.forgotten.min(Some(after));
        for queue in self.queues.values_mut() {
            queue.begun = queue.begun.min(Some(after));
        }
    }

    /// Behind which place somebody has to know all decisions.
    pub(super) fn wanted(&self) -> Option<GlobalPosition> {
        self.windows.values().min().copied()
    }

    /// From now on every decision behind `after` is kept that is known or will be.
    pub(super) fn open_window(&mut self, after: GlobalPosition) -> u64 {
        let number = self.next_window;
        self.next_window += 1;
        self.windows.insert(number, after);
        number
    }

    /// Decisions up to `after` are nothing to this window any more; or they are again, where it
    /// stood further on.
    pub(super) fn move_window(&mut self, number: u64, after: GlobalPosition) {
        self.windows.insert(number, after);
        self.forget();
    }

    pub(super) fn close_window(&mut self, number: u64) {
        self.windows.remove(&number);
        self.forget();
    }

    /// Forgets the decisions that nobody has to know.
    fn forget(&mut self) {
        let wanted = self.wanted();
        while let Some(first) = self.given_up.first_entry() {
            if wanted.is_some_and(|wanted| *first.key() > wanted) {
                return;
            }
            self.forgotten = self.forgotten.max(Some(*first.key()));
            for (consumer, id) in first.remove() {
                self.book.forget_given_up(&consumer, id);
            }
        }
    }

    /// All that is known that `consumer` had given up at a place in the log.
    pub(super) fn all_given_up_at(
        &self,
        consumer: &ConsumerName,
        at: GlobalPosition,
    ) -> HashSet<EventId> {
        let decisions = self.given_up.range(..=at).flat_map(|(_, all)| all);
        let of_it = decisions.filter(|(of, _)| of == consumer);
        self.given_up_at(consumer, of_it.map(|(_, id)| *id), at)
    }

    /// Of some events those that `consumer` had given up at a place in the log.
    pub(super) fn given_up_at(
        &self,
        consumer: &ConsumerName,
        events: impl Iterator<Item = EventId>,
        at: GlobalPosition,
    ) -> HashSet<EventId> {
        let Some(letters) = self.book.of(consumer) else {
            return HashSet::new();
        };
        let mut given_up: HashSet<_> = events.filter(|id| letters.is_given_up(*id)).collect();
        if !given_up.is_empty() {
            let further_on = self.given_up.range(at..).filter(|(place, _)| **place > at);
            for (of, id) in further_on.flat_map(|(_, decisions)| decisions) {
                if of == consumer {
                    given_up.remove(id);
                }
            }
        }
        given_up
    }
}

pub(super) fn log_passed_over(recorded: &RecordedEvent) {
    tracing::warn!(stream = %recorded.stream, version = %recorded.version,
        "passed over an event that is no dead letter; find out who writes there");
}
