//! Which messages are meant.

use std::time::Duration;

use minwon_core::{
    CausationId, CorrelationId, Direction, EventType, GlobalPosition, ListName, RecordedEvent,
    ServiceName, Subject, Timestamp, TraceId,
};

use super::{
    ALL, CAUSE, CORRELATION, MESSAGES, Message, SERVICE, SUBJECT, TRACE, TYPE, UNREADABLE, list_of,
};

/// How far clocks may go back between one event and the next, so that times are still found by place: as
/// after a failover to a server whose clock is behind.
pub(super) const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// Which messages are meant: those of which all holds that is said. Default: all.
///
/// The index is asked for what is rarest, as a trace or else a subject; whatever is said beyond that is
/// looked for among those, some at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct MessageFilter {
    trace: Option<TraceId>,
    correlation: Option<CorrelationId>,
    cause: Option<CausationId>,
    subject: Option<Subject>,
    types: Vec<EventType>,
    service: Option<ServiceName>,
    unreadable: bool,
    since: Option<Timestamp>,
    before: Option<Timestamp>,
    after: Option<GlobalPosition>,
    up_to: Option<GlobalPosition>,
}

impl MessageFilter {
    /// Of this trace.
    pub fn trace(mut self, trace: TraceId) -> Self {
        self.trace = Some(trace);
        self
    }

    /// Of this request.
    pub fn correlation(mut self, id: CorrelationId) -> Self {
        self.correlation = Some(id);
        self
    }

    /// Caused by this event, or by this command.
    pub fn caused_by(mut self, id: impl Into<CausationId>) -> Self {
        self.cause = Some(id.into());
        self
    }

    /// About this subject, as a petition.
    pub fn subject(mut self, subject: Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Of one of these types, where any is named. Those of one type are found at once; of several the index
    /// is asked for each, up to [64](Self::LISTS_MAX).
    pub fn types(mut self, types: impl IntoIterator<Item = EventType>) -> Self {
        self.types.extend(types);
        self.types.sort_unstable();
        self.types.dedup();
        self
    }

    /// Written by this service, or by one [under](ServiceName::is_under) it.
    pub fn service(mut self, group: ServiceName) -> Self {
        self.service = Some(group);
        self
    }

    /// That the store cannot read.
    pub const fn unreadable(mut self) -> Self {
        self.unreadable = true;
        self
    }

    /// Recorded at this instant or later. A bound of time is found by place, as the log grows with time: what
    /// was recorded by a clock that had gone back by more than a minute may be left out.
    pub const fn since(mut self, instant: Timestamp) -> Self {
        self.since = Some(instant);
        self
    }

    /// Recorded before this instant; see [`since`](Self::since).
    pub const fn before(mut self, instant: Timestamp) -> Self {
        self.before = Some(instant);
        self
    }

    /// Behind this place in the log.
    pub const fn after(mut self, position: GlobalPosition) -> Self {
        self.after = Some(position);
        self
    }

    /// At this place in the log, or before it.
    pub const fn up_to(mut self, position: GlobalPosition) -> Self {
        self.up_to = Some(position);
        self
    }

    /// Most lists that one question is put to. Unit: event types or services.
    pub const LISTS_MAX: usize = 64;

    /// Returns whether a message is meant.
    pub fn means(&self, message: &Message) -> bool {
        let is = |wanted: Option<bool>| wanted.unwrap_or(true);
        is(self
            .trace
            .as_ref()
            .map(|it| message.trace.as_ref() == Some(it)))
            && is(self.correlation.map(|it| message.correlation_id == it))
            && is(self.cause.map(|it| message.causation_id == it))
            && is(self.subject.as_ref().map(|it| message.subject == *it))
            && (self.types.is_empty() || self.types.binary_search(&message.event_type).is_ok())
            && is(self.service.as_ref().map(|it| message.source.is_under(it)))
            && (!self.unreadable || message.fault.is_some())
            && is(self.since.map(|since| message.recorded_at >= since))
            && is(self.before.map(|before| message.recorded_at < before))
            && is(self.after.map(|after| message.position > after))
            && is(self.up_to.map(|last| message.position <= last))
    }

    /// The same of an event as it stands in the log. One that the store cannot read is meant where those are
    /// asked for, and else never: what it says is made up.
    pub fn means_event(&self, event: &RecordedEvent) -> bool {
        (self.unreadable || event.fault.is_none()) && self.means(&Message::of(event))
    }

    /// The lists that have all messages that are meant, none of them twice.
    pub(super) fn lists(&self) -> Lists {
        let one = |list| Lists::These(vec![list]);
        if let Some(trace) = &self.trace {
            return one(list_of(TRACE, trace));
        }
        if let Some(id) = self.correlation {
            return one(list_of(CORRELATION, id));
        }
        if let Some(id) = self.cause {
            // What a request began with stands in the list of the request: one of them is empty.
            return Lists::These(vec![list_of(CAUSE, id), list_of(CORRELATION, id)]);
        }
        if let Some(subject) = &self.subject {
            return one(list_of(SUBJECT, subject));
        }
        if self.unreadable {
            return one(MESSAGES.list(UNREADABLE));
        }
        if (1..=Self::LISTS_MAX).contains(&self.types.len()) {
            return Lists::These(self.types.iter().map(|it| list_of(TYPE, it)).collect());
        }
        match &self.service {
            Some(group) => Lists::OfServices(group.clone()),
            None => one(MESSAGES.list(ALL)),
        }
    }

    /// Returns whether all that is in the lists is meant, but for bounds of time.
    pub(super) fn is_known_by_lists(&self) -> bool {
        let said = [
            self.trace.is_some(),
            self.correlation.is_some(),
            self.subject.is_some(),
            !self.types.is_empty(),
            self.service.is_some(),
            self.unreadable,
        ];
        self.cause.is_none() && said.into_iter().filter(|it| *it).count() <= 1
    }

    /// Returns whether a message so far on in the order asked, and all behind it, are out of bounds.
    pub(super) fn is_past(&self, message: &Message, direction: Direction) -> bool {
        let (position, at) = (message.position, message.recorded_at);
        match direction {
            Direction::Descending => {
                let bound = self.since.map(|it| it.saturating_sub(CLOCK_TOLERANCE));
                bound.is_some_and(|bound| at < bound) || self.after.is_some_and(|it| position <= it)
            }
            Direction::Ascending => {
                let bound = self.before.map(|it| it.saturating_add(CLOCK_TOLERANCE));
                bound.is_some_and(|bound| at >= bound) || self.up_to.is_some_and(|it| position > it)
            }
        }
    }

    /// From which instant on messages may be meant, in the order asked; none where from any.
    pub(super) fn begins(&self, direction: Direction) -> Option<Timestamp> {
        match direction {
            Direction::Descending => self.before.map(|it| it.saturating_add(CLOCK_TOLERANCE)),
            Direction::Ascending => self.since.map(|it| it.saturating_sub(CLOCK_TOLERANCE)),
        }
    }

    /// Before which order no message is meant, or behind it, in the order asked; none where there is none.
    pub(super) fn first_order(&self, direction: Direction) -> Option<u64> {
        match direction {
            Direction::Descending => self.up_to.map(|it| it.commit().saturating_add(1)),
            Direction::Ascending => self.after.map(GlobalPosition::commit),
        }
    }
}

/// The lists to look in.
pub(super) enum Lists {
    These(Vec<ListName>),
    /// Those of all services under this one.
    OfServices(ServiceName),
}

/// The list of all messages of a service.
pub(super) fn list_of_service(service: &str) -> ListName {
    list_of(SERVICE, service)
}

/// The list of all messages.
pub(super) fn list_of_all() -> ListName {
    MESSAGES.list(ALL)
}
