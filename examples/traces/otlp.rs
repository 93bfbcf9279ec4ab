//! From `tracing` to OpenTelemetry, and by OTLP to whatever takes it.

use minwon::{SPANS, TraceContext, TraceParent, set_trace_context};
use opentelemetry::{
    Context,
    trace::{
        SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
    },
};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing::{Span, level_filters::LevelFilter};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

use crate::shared::Failure;

/// Sends all spans of this process, from here on. Within a runtime of several threads, as the sending
/// goes on beside the work; its end is waited for by a thread that may wait.
pub(crate) fn start(endpoint: &str) -> Result<SdkTracerProvider, Failure> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(
            Resource::builder()
                .with_service_name("minwon-example")
                .build(),
        )
        .with_batch_exporter(exporter)
        .build();
    let spans = tracing_opentelemetry::layer().with_tracer(provider.tracer("minwon"));
    let wanted = Targets::new().with_target(SPANS, LevelFilter::INFO);
    tracing_subscriber::registry()
        .with(wanted)
        .with(spans)
        .try_init()?;
    set_trace_context(OpenTelemetry)?;
    Ok(provider)
}

/// Where spans are, as `tracing-opentelemetry` knows.
struct OpenTelemetry;

impl TraceContext for OpenTelemetry {
    fn set_parent(&self, span: &Span, parent: &TraceParent) {
        if let Some(parent) = remote(parent) {
            // It fails where nobody follows the span, which then has no parent either.
            let _ = span.set_parent(Context::new().with_remote_span_context(parent));
        }
    }

    fn traceparent(&self, span: &Span) -> Option<TraceParent> {
        let context = span.context();
        let span = context.span();
        let here = span.span_context();
        if !here.is_valid() {
            return None;
        }
        let (trace, span, flags) = (here.trace_id(), here.span_id(), here.trace_flags());
        TraceParent::new(format!("00-{trace}-{span}-{:02x}", flags.to_u8())).ok()
    }
}

/// A span of another process, or of another time.
fn remote(parent: &TraceParent) -> Option<SpanContext> {
    let mut groups = parent.as_str().split('-').skip(1);
    let trace = TraceId::from_hex(groups.next()?).ok()?;
    let span = SpanId::from_hex(groups.next()?).ok()?;
    let flags = u8::from_str_radix(groups.next()?, 16).ok()?;
    let remote = SpanContext::new(
        trace,
        span,
        TraceFlags::new(flags),
        true,
        TraceState::default(),
    );
    remote.is_valid().then_some(remote)
}
