//! In whose name commands are given: the one place where what stands on every command is put
//! together.

use minwon_core::{
    ActorId, Cause, Command, CommandContext, CommandId, CorrelationId, EventId, NamespaceName,
    ServiceName, Subject, Timestamp, TraceParent,
};

/// Who gives commands, through which service, as part of what.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    actor: ActorId,
    source: ServiceName,
    correlation: Option<CorrelationId>,
    cause: Option<EventId>,
    traceparent: Option<TraceParent>,
    occurred_at: Option<Timestamp>,
}

impl Origin {
    pub(crate) const fn new(actor: ActorId, source: ServiceName) -> Self {
        Self {
            actor,
            source,
            correlation: None,
            cause: None,
            traceparent: None,
            occurred_at: None,
        }
    }

    /// A part of the services of a namespace that acts by itself: as the service
    /// `petitions.general.issuance`, for example.
    pub(crate) fn part(group: &str, namespace: &NamespaceName, name: &str) -> Self {
        let path = ServiceName::new(format!("{group}.{namespace}.{name}"));
        // The name of a namespace may leave no room for the rest.
        let source = path.or_else(|_| ServiceName::new(name));
        let actor = ActorId::new(name).expect("a word");
        Self::new(actor, source.expect("a word"))
    }

    /// Commands that an event leads to.
    pub(crate) fn caused_by(self, cause: &Cause) -> Self {
        Self {
            correlation: Some(cause.correlation_id),
            cause: Some(cause.event_id),
            traceparent: cause.traceparent.clone(),
            ..self
        }
    }

    pub(crate) const fn correlated(mut self, id: CorrelationId) -> Self {
        self.correlation = Some(id);
        self
    }

    pub(crate) const fn actor(&self) -> &ActorId {
        &self.actor
    }

    pub(crate) const fn correlation(&self) -> Option<CorrelationId> {
        self.correlation
    }

    pub(crate) fn traced(self, traceparent: impl Into<Option<TraceParent>>) -> Self {
        let traceparent = traceparent.into();
        Self {
            traceparent,
            ..self
        }
    }

    pub(crate) const fn traceparent(&self) -> Option<&TraceParent> {
        self.traceparent.as_ref()
    }

    pub(crate) const fn at(mut self, instant: Timestamp) -> Self {
        self.occurred_at = Some(instant);
        self
    }

    /// A command on a subject, given `now`, where nothing else is said of when it happened.
    pub(crate) fn command<C>(
        &self,
        id: CommandId,
        subject: &Subject,
        now: Timestamp,
        body: impl Into<C>,
    ) -> Command<C> {
        let at = self.occurred_at.unwrap_or(now);
        let (actor, source) = (self.actor.clone(), self.source.clone());
        let mut context = CommandContext::new(subject.clone(), actor, source, at);
        if let Some(correlation) = self.correlation {
            context = context.correlated(correlation);
        }
        if let Some(cause) = self.cause {
            context = context.caused_by(cause);
        }
        if let Some(traceparent) = &self.traceparent {
            context = context.traced(traceparent.clone());
        }
        Command::new(id, context, body.into())
    }
}

/// The id of one command of several that are given under one id.
pub(crate) fn part_of(id: CommandId, part: &str) -> CommandId {
    CommandId::derive(id.as_bytes(), part)
}
