//! Events that came in over the subscription and were not yet handed on.

use std::num::NonZeroU32;

use minwon_core::{EventFilter, FeedBatch, GlobalPosition, RecordedEvent};

use crate::kurrentdb::{
    client::{Message, Sent},
    codec::Decoder,
};

/// Most events in a batch, whatever was asked for: more of them make nothing faster.
const EVENTS_MAX: usize = 4096;

/// Payload bytes after which a batch is complete.
const BYTES_ENOUGH: usize = 4 * 1024 * 1024;

/// Puts batches together, and keeps where the feed is.
///
/// Two positions are kept apart. To *resume*, all that was considered counts, also what the server
/// passed over. To know a *repeat*, only events count: should a server report a position too early,
/// the events before it still get through.
#[derive(Debug)]
pub(super) struct Intake {
    decoder: Decoder,
    filter: EventFilter,
    events_max: usize,
    events: Vec<RecordedEvent>,
    bytes: usize,
    /// Everything up to here was considered.
    position: GlobalPosition,
    /// No event up to here is new.
    last_event: GlobalPosition,
    /// The end of the log before the subscription began.
    log_end: GlobalPosition,
    /// Whether the subscription brings what comes, and no longer history.
    is_live: bool,
    /// The last report to the consumer.
    reported: Report,
    /// Whether a move of the position alone is worth a batch.
    reports_position: bool,
}

#[derive(Debug)]
struct Report {
    position: GlobalPosition,
    caught_up: bool,
}

impl Intake {
    pub(super) fn new(after: GlobalPosition, filter: EventFilter, events_max: NonZeroU32) -> Self {
        let events_max = usize::try_from(events_max.get()).unwrap_or(EVENTS_MAX);
        Self {
            decoder: Decoder::default(),
            filter,
            events_max: events_max.min(EVENTS_MAX),
            events: Vec::new(),
            bytes: 0,
            position: after,
            last_event: after,
            log_end: after,
            is_live: false,
            reported: Report {
                position: after,
                caught_up: false,
            },
            reports_position: true,
        }
    }

    /// A subscription begins after [`position`](Self::position), which itself is not behind what
    /// was considered; `log_end` was read before, from the same node.
    pub(super) fn begin(&mut self, log_end: GlobalPosition) {
        self.log_end = log_end;
        self.last_event = self.position;
        self.is_live = false;
        self.reports_position = true;
    }

    /// The subscription is lost: whether there is more is not known.
    pub(super) fn end(&mut self) {
        self.is_live = false;
    }

    /// Where to go on.
    pub(super) fn position(&self) -> GlobalPosition {
        self.position
    }

    pub(super) fn is_live(&self) -> bool {
        self.is_live
    }

    pub(super) fn is_full(&self) -> bool {
        self.events.len() >= self.events_max || self.bytes >= BYTES_ENOUGH
    }

    /// Takes a message of the subscription.
    pub(super) fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.take_event(event),
            Message::Checkpoint(position) => self.move_to(position),
            Message::CaughtUp(position) => {
                // Until 24.10.5 and 25.0.1 a server did not say where that is; but what was in the
                // log when the subscription began, it has considered by now.
                self.position = self.position.max(self.log_end);
                if let Some(position) = position {
                    self.move_to(position);
                }
                self.is_live = true;
                self.reports_position = false;
            }
            Message::FellBehind => {
                self.is_live = false;
                self.reports_position = true;
            }
            _ => {}
        }
    }

    fn take_event(&mut self, event: Sent) {
        let position = event.position;
        if position <= self.last_event {
            return;
        }
        if let Some(event) = self.decoder.decode(event)
            && self.filter.admits(&event.stream)
        {
            self.bytes += event.payload.len();
            self.events.push(event);
        }
        self.last_event = position;
        self.position = self.position.max(position);
    }

    /// Servers before 24.10.5 may report an invalid position, beyond any log.
    fn move_to(&mut self, position: GlobalPosition) {
        if position.commit() <= i64::MAX as u64 {
            self.position = self.position.max(position);
        }
    }

    /// Nothing that the filter admits lies between where the feed is and `end`.
    pub(super) fn considered_up_to(&mut self, end: GlobalPosition) {
        self.position = self.position.max(end);
        self.reports_position = true;
    }

    /// Returns whether there is something that the consumer should know.
    ///
    /// While the feed is live and nothing comes, a move of the position alone waits for the next
    /// look at the log, as each batch costs the consumer something.
    pub(super) fn has_news(&self) -> bool {
        !self.events.is_empty()
            || (self.is_live && !self.reported.caught_up)
            || (self.reports_position && self.position > self.reported.position)
    }

    /// The batch, complete or not.
    pub(super) fn hand_over(&mut self) -> FeedBatch {
        // A batch that had to be cut says nothing about the end.
        let caught_up = self.is_live && !self.is_full();
        // As large as this one at first: batches of one feed resemble each other.
        let next = Vec::with_capacity(self.events.len());
        let events = std::mem::replace(&mut self.events, next);
        self.bytes = 0;
        self.reports_position = !self.is_live;
        self.reported = Report {
            position: self.position,
            caught_up,
        };
        FeedBatch {
            events,
            position: self.position,
            caught_up,
        }
    }
}
