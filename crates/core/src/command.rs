//! Commands with all that their events will carry.

use serde::Serialize;

use crate::{
    codec::EncodedEvent,
    event::NewEvent,
    fingerprint::CommandFingerprint,
    id::{CausationId, CommandId, CorrelationId},
    metadata::{EventMetadata, TraceParent},
    text::{ActorId, ServiceName, Stage, Subject},
    time::Timestamp,
};

/// A command with its identity and context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<C> {
    /// Chosen once by the sender, the same in every retry.
    pub id: CommandId,
    /// Who, when and why.
    pub context: CommandContext,
    /// The command itself.
    pub body: C,
    /// The fingerprint of its body. With it, an id that is given again with another command is refused; without,
    /// whatever comes under a known id is a repeat, as of reactors, whose ids follow from a cause.
    pub fingerprint: Option<CommandFingerprint>,
}

impl<C> Command<C> {
    /// Puts a command together.
    pub fn new(id: CommandId, context: CommandContext, body: impl Into<C>) -> Self {
        Self {
            id,
            context,
            body: body.into(),
            fingerprint: None,
        }
    }

    /// The same, so that another command cannot be given under its id.
    #[must_use]
    pub fn fingerprinted(mut self) -> Self
    where
        C: Serialize,
    {
        self.fingerprint = CommandFingerprint::of(&self.body);
        self
    }

    /// The event with this index among the events of this command, which is carried out `here` in a
    /// trace.
    pub(crate) fn event(
        &self,
        index: u32,
        encoded: EncodedEvent,
        here: Option<&TraceParent>,
    ) -> NewEvent {
        let context = &self.context;
        NewEvent {
            event_type: encoded.event_type,
            schema_version: encoded.shape.version,
            metadata: EventMetadata {
                event_id: self.id.event_id(index),
                command_id: self.id,
                correlation_id: context.correlation_id.unwrap_or_else(|| self.id.into()),
                causation_id: context.causation_id.unwrap_or_else(|| self.id.into()),
                occurred_at: context.occurred_at,
                subject: context.subject.clone(),
                stage: Stage::new(encoded.shape.stage).expect("the table of events holds names"),
                source: context.source.clone(),
                actor: context.actor.clone(),
                traceparent: context.traceparent_from(here).cloned(),
                fingerprint: self.fingerprint,
            },
            payload: encoded.json.into(),
        }
    }
}

/// Who gives a command, about what, when and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandContext {
    subject: Subject,
    actor: ActorId,
    source: ServiceName,
    occurred_at: Timestamp,
    correlation_id: Option<CorrelationId>,
    causation_id: Option<CausationId>,
    traceparent: Option<TraceParent>,
}

impl CommandContext {
    /// A command by `actor` through the service `source`, for what happened at `occurred_at`.
    #[must_use]
    pub const fn new(
        subject: Subject,
        actor: ActorId,
        source: ServiceName,
        occurred_at: Timestamp,
    ) -> Self {
        Self {
            subject,
            actor,
            source,
            occurred_at,
            correlation_id: None,
            causation_id: None,
            traceparent: None,
        }
    }

    /// Ties it to the rest of one request. Default: the command's own id.
    #[must_use]
    pub const fn correlated(mut self, id: CorrelationId) -> Self {
        self.correlation_id = Some(id);
        self
    }

    /// The command or event that caused it. Default: the command's own id.
    #[must_use]
    pub fn caused_by(mut self, id: impl Into<CausationId>) -> Self {
        self.causation_id = Some(id.into());
        self
    }

    pub(crate) const fn traceparent(&self) -> Option<&TraceParent> {
        self.traceparent.as_ref()
    }

    /// The trace of its events: from `here` on, unless it is part of another.
    fn traceparent_from<'t>(&'t self, here: Option<&'t TraceParent>) -> Option<&'t TraceParent> {
        match (&self.traceparent, here) {
            (Some(said), Some(here)) if said.trace_id() != here.trace_id() => Some(said),
            (said, here) => here.or(said.as_ref()),
        }
    }

    /// The trace it is part of. Default: none.
    #[must_use]
    pub fn traced(mut self, traceparent: TraceParent) -> Self {
        self.traceparent = Some(traceparent);
        self
    }
}
