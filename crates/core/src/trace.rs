//! Spans, and the traces that they are part of.
//!
//! Spans are those of `tracing`, named as OpenTelemetry does. `tracing` knows no ids that another process
//! would know, so a program that sends its spans away says by a [`TraceContext`] where each of them is.

use std::sync::OnceLock;

use tracing::{Span, field};

use crate::{event::RecordedEvent, metadata::TraceParent, stream::StreamName, text::ConsumerName};

/// The target of all spans of the library, by which a subscriber tells them from what is logged.
pub const SPANS: &str = "minwon::spans";

/// Where spans are in their traces: the way from `tracing` to what sends traces away, as
/// `tracing-opentelemetry` does.
///
/// It is one for the whole process, since so is the subscriber that it speaks for: see
/// [`set_trace_context`]. Without one the trace of a command goes on as it came.
pub trait TraceContext: Send + Sync + 'static {
    /// Makes `span` part of the trace that `parent` is in, and `parent` its parent. The span has just been
    /// made, and was never entered.
    fn set_parent(&self, span: &Span, parent: &TraceParent);

    /// Where `span` is; none where nobody follows it.
    fn traceparent(&self, span: &Span) -> Option<TraceParent>;
}

static CONTEXT: OnceLock<Box<dyn TraceContext>> = OnceLock::new();

/// There is a [`TraceContext`] already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this process has a trace context already; set it once, where the program begins")]
pub struct TraceContextIsSet;

/// Says where spans are in their traces, for all of this process and for good: set it where the subscriber
/// is set.
///
/// # Errors
/// [`TraceContextIsSet`] where it was said before.
pub fn set_trace_context(context: impl TraceContext) -> Result<(), TraceContextIsSet> {
    CONTEXT
        .set(Box::new(context))
        .map_err(|_| TraceContextIsSet)
}

/// Makes `span`, which was never entered, go on with the trace of `parent`. Returns where the span is then;
/// where nobody knows, what `parent` said.
#[must_use]
pub fn go_on(span: &Span, parent: Option<TraceParent>) -> Option<TraceParent> {
    // A span that nobody asked for costs no more than this.
    let Some(context) = CONTEXT.get().filter(|_| !span.is_disabled()) else {
        return parent;
    };
    if let Some(parent) = &parent {
        context.set_parent(span, parent);
    }
    context.traceparent(span).or(parent)
}

/// Notes how what a span stands for has failed, in a word of which there are few.
pub fn note_error(span: &Span, error_type: &'static str) {
    span.record("error.type", error_type);
    span.record("otel.status_code", "ERROR");
}

/// Commands are given to a stream.
pub(crate) fn sending(stream: &StreamName, command: impl std::fmt::Display) -> Span {
    tracing::info_span!(
        target: SPANS,
        "append",
        otel.name = %format_args!("append {}", stream.category()),
        otel.kind = "producer",
        otel.status_code = field::Empty,
        error.type = field::Empty,
        messaging.system = "minwon",
        messaging.operation.name = "append",
        messaging.operation.type = "send",
        messaging.destination.name = stream.category(),
        messaging.message.id = %command,
        minwon.namespace = stream.namespace(),
        minwon.stream = stream.id(),
    )
}

/// A consumer carries out what an event brings about.
#[must_use]
pub fn processing(consumer: &ConsumerName, event: &RecordedEvent) -> Span {
    tracing::info_span!(
        target: SPANS,
        "process",
        otel.name = %format_args!("process {}", event.stream.category()),
        otel.kind = "consumer",
        otel.status_code = field::Empty,
        error.type = field::Empty,
        messaging.system = "minwon",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = event.stream.category(),
        messaging.consumer.group.name = consumer.as_str(),
        messaging.message.id = %event.id(),
        messaging.message.conversation_id = %event.metadata.correlation_id(),
        minwon.namespace = event.stream.namespace(),
        minwon.event_type = event.event_type.as_str(),
        minwon.position = %event.position,
        minwon.subject = event.metadata.subject(),
    )
}

/// Events were read for all who follow them.
#[must_use]
pub fn receiving(namespace: Option<&str>, events: &[RecordedEvent]) -> Span {
    tracing::info_span!(
        target: SPANS,
        "receive",
        otel.kind = "client",
        messaging.system = "minwon",
        messaging.operation.name = "receive",
        messaging.operation.type = "receive",
        messaging.batch.message_count = events.len(),
        minwon.namespace = namespace,
        minwon.position = events.last().map(|event| field::display(event.position)),
    )
}

/// A consumer notes how far it is.
#[must_use]
pub fn settling(consumer: &str, namespace: &str) -> Span {
    tracing::info_span!(
        target: SPANS,
        "settle",
        otel.name = %format_args!("settle {consumer}"),
        otel.kind = "client",
        otel.status_code = field::Empty,
        error.type = field::Empty,
        messaging.system = "minwon",
        messaging.operation.name = "settle",
        messaging.operation.type = "settle",
        messaging.consumer.group.name = consumer,
        minwon.namespace = namespace,
    )
}

/// A database is asked.
#[must_use]
pub fn asking_database(system: &'static str, operation: &'static str, stream: &StreamName) -> Span {
    tracing::info_span!(
        target: SPANS,
        "database",
        otel.name = %format_args!("{operation} {}", stream.category()),
        otel.kind = "client",
        otel.status_code = field::Empty,
        error.type = field::Empty,
        db.system.name = system,
        db.operation.name = operation,
        db.collection.name = stream.category(),
        db.namespace = stream.namespace(),
    )
}
