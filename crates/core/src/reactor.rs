//! The steps of a choreography: what an event brings about.

use std::{error::Error, future::Future};

use crate::{
    event::RecordedEvent,
    id::{CommandId, CorrelationId, EventId},
    metadata::TraceParent,
    projection::SliceCount,
    stream::{GlobalPosition, StreamName},
    text::{ConsumerName, Subject},
    time::Timestamp,
};

/// A pure function from an event to commands: one step of a choreography.
///
/// It never runs while a read model is rebuilt: only projections do.
pub trait Reactor: Send + Sync + 'static {
    /// The decoded events; see [`EventDecoder`](crate::EventDecoder).
    type Event: Send + Sync + 'static;
    /// The commands that it asks for.
    type Command: Send + Sync + 'static;

    /// Its name, explicit and stable: a renamed reactor begins with the first event again.
    fn name(&self) -> &ConsumerName;

    /// Over how many slices the keys are spread.
    fn slices(&self) -> SliceCount {
        SliceCount::DEFAULT
    }

    /// Returns the key within which the order of `event` counts, none where it does not matter
    /// here. Called before the event is decoded: events that others work on are not decoded at all.
    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        Some(event.metadata.subject())
    }

    /// Within which key an event of `stream` counts whose metadata cannot be read: the one of the
    /// other events of that stream. Default: the stream's id.
    fn key_of_stream<'s>(&self, stream: &'s StreamName) -> Option<&'s str> {
        Some(stream.id())
    }

    /// Writes the commands that `event` brings about into `commands`, always the same and in the
    /// same order.
    fn react(
        &self,
        event: &Self::Event,
        recorded: &RecordedEvent,
        commands: &mut Vec<Self::Command>,
    );

    /// Writes the commands that make up for an event that could not be handled, where an operator
    /// decides so. Default: nothing.
    fn compensate(
        &self,
        event: &Self::Event,
        recorded: &RecordedEvent,
        commands: &mut Vec<Self::Command>,
    ) {
        let _ = (event, recorded, commands);
    }
}

/// Within which key `event` counts, readable or not.
pub fn reactor_key<'e>(reactor: &impl Reactor, event: &'e RecordedEvent) -> Option<&'e str> {
    match event.fault {
        None => reactor.key(event),
        Some(_) => reactor.key_of_stream(&event.stream),
    }
}

/// A command that an event brought about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction<C> {
    /// The same whenever the event is handled, so that its effect comes once.
    pub id: CommandId,
    /// The event.
    pub cause: Cause,
    /// The command itself.
    pub body: C,
}

/// The event that brought a command about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Its identity.
    pub event_id: EventId,
    /// Its place in the log. No other event has it, so it can be the source of other numbers that
    /// must not repeat.
    pub position: GlobalPosition,
    /// Ties together all events of one request.
    pub correlation_id: CorrelationId,
    /// The subject of the event.
    pub subject: Subject,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// The trace that the command goes on with: that of the event, if it has one.
    pub traceparent: Option<TraceParent>,
}

impl From<&RecordedEvent> for Cause {
    fn from(event: &RecordedEvent) -> Self {
        Self {
            event_id: event.id(),
            position: event.position,
            correlation_id: event.metadata.correlation_id(),
            subject: event.subject(),
            occurred_at: event.metadata.occurred_at(),
            traceparent: event.traceparent(),
        }
    }
}

/// The purpose of a reactor's commands: to handle an event, or to make up for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReactionKind {
    /// The event was handled.
    Handled,
    /// The event was given up.
    Compensated,
}

impl<C> Reaction<C> {
    /// The command with this index among those that `reactor` answers an event with.
    pub fn new(
        reactor: &ConsumerName,
        kind: ReactionKind,
        cause: Cause,
        index: u32,
        body: C,
    ) -> Self {
        Self {
            id: reaction_id(reactor, kind, cause.event_id, index),
            cause,
            body,
        }
    }
}

/// The id of the command with this index among those that `reactor` answers an event with. Part of
/// the stored format: a step that is taken without the reactor, since somebody waits for it, takes
/// the same id, and then has one effect with the reactor's.
#[must_use]
pub fn reaction_id(
    reactor: &ConsumerName,
    kind: ReactionKind,
    event: EventId,
    index: u32,
) -> CommandId {
    let kind = match kind {
        ReactionKind::Handled => "",
        ReactionKind::Compensated => "compensated/",
    };
    CommandId::derive(event.as_bytes(), format!("{kind}{reactor}/{index}"))
}

/// Carries out what reactors ask for. A service implements it, and so do aggregates of one's own.
#[auto_impl::auto_impl(Arc)]
pub trait CommandExecutor<C>: Send + Sync + 'static {
    /// Carries out a command, and returns when its effect is durable. It may be asked again with
    /// the same id, at any time and by several at once; the effect comes once.
    ///
    /// A rejection by the domain, since things have moved on, is an outcome and no error.
    ///
    /// # Errors
    /// [`ExecuteError`].
    fn execute(
        &self,
        reaction: &Reaction<C>,
    ) -> impl Future<Output = Result<(), ExecuteError>> + Send;
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// Something is away that will come back: tried again until it is. Where others get what this one
    /// does not, time and again, it becomes a dead letter; an outage makes none.
    #[error("what a command needs is away for now")]
    Transient(#[source] Box<dyn Error + Send + Sync>),
    /// Settings or rights are not as they have to be: tried again until somebody has changed them, as
    /// what is away.
    #[error("a command needs settings or rights that are not as they have to be")]
    Misconfigured(#[source] Box<dyn Error + Send + Sync>),
    /// It failed, and may fail again: tried a few times more, then a dead letter.
    #[error("a command failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}
