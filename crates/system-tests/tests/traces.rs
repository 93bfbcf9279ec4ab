//! The example `traces` as its users meet it: what it sends by OTLP, received on a socket.
//!
//! `cargo test` builds it first. `cargo test --test traces` alone does not, so then
//! `cargo build -p minwon-system-tests --example traces` comes before it.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[path = "../../../tests/programs/mod.rs"]
#[allow(dead_code, reason = "this example has no figures")]
mod programs;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::{AnyValue, any_value::Value},
    trace::v1::{Span, span::SpanKind},
};
use tonic::{Request, Response, Status, transport::Server, transport::server::TcpIncoming};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// Keeps the spans that it is sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Span>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let resources = request.into_inner().resource_spans;
        let scopes = resources.into_iter().flat_map(|it| it.scope_spans);
        let spans = scopes.flat_map(|it| it.spans);
        self.0.lock().unwrap().extend(spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let text = |value: &Option<AnyValue>| match value.as_ref().and_then(|it| it.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        other => format!("{other:?}"),
    };
    let attributes = span.attributes.iter();
    attributes
        .map(|it| (it.key.as_str(), text(&it.value)))
        .collect()
}

/// Runs the example against a collector: its spans, and the lines it says.
async fn run(arguments: &'static str) -> (Vec<Span>, Vec<String>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let collector = Collector::default();
    let service = TraceServiceServer::new(collector.clone());
    let server = Server::builder().add_service(service);
    let server = tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let arguments = format!("--otlp http://{address} {arguments}");
    let output = tokio::task::spawn_blocking(move || programs::run("traces", &arguments));
    let output = output.await.unwrap();
    server.abort();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{error}");
    let out = String::from_utf8(output.stdout).unwrap();
    let spans = collector.0.lock().unwrap().clone();
    (spans, out.lines().map(str::to_owned).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn from_filing_to_notice_a_petition_is_one_trace() {
    let header = "--traceparent 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let (all, lines) = run(header).await;
    let (spans, others): (Vec<_>, Vec<_>) =
        all.iter().partition(|span| hex(&span.trace_id) == TRACE);

    // One tree, and the request that filed the petition is its root.
    let by_id: BTreeMap<_, _> = spans.iter().map(|it| (hex(&it.span_id), *it)).collect();
    for span in &spans {
        let parent = hex(&span.parent_span_id);
        assert!(parent == CALLER || by_id.contains_key(&parent), "{span:?}");
    }
    let of_caller = spans.iter().filter(|it| hex(&it.parent_span_id) == CALLER);
    let of_caller: Vec<_> = of_caller.map(|it| (&*it.name, it.kind())).collect();
    assert_eq!(
        of_caller,
        [("append GeneralApplication", SpanKind::Producer)]
    );

    // All steps of the choreography are in it; beside it is only what is of no petition.
    let steps = spans.iter().filter(|it| it.kind() == SpanKind::Consumer);
    let mut steps: Vec<_> = steps
        .map(|it| attributes(it)["messaging.consumer.group.name"].clone())
        .collect();
    steps.sort_unstable();
    steps.dedup();
    assert_eq!(steps, ["completion", "issuance", "notifications"]);
    for other in others {
        assert!(
            ["receive", "settle", "read_stream"]
                .iter()
                .any(|it| other.name.starts_with(it)),
            "{other:?}"
        );
    }

    // What was asked and told says which step did it.
    for (what, consumer) in [
        ("register", "issuance"),
        ("received", "notifications"),
        ("completed", "notifications"),
    ] {
        let said = lines
            .iter()
            .find_map(|line| line.strip_prefix(&format!("{what}: ")));
        let groups: Vec<_> = said.unwrap().split('-').collect();
        assert_eq!(groups[1], TRACE, "{lines:?}");
        let step = by_id[groups[2]];
        assert_eq!(attributes(step)["messaging.consumer.group.name"], consumer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_keep_to_the_conventions_and_name_nobody() {
    let (spans, _) = run("").await;
    assert!(!spans.is_empty());
    for span in &spans {
        let attributes = attributes(span);
        let operation = match span
            .name
            .split_once(' ')
            .map_or(&*span.name, |(word, _)| word)
        {
            "append" if span.kind() == SpanKind::Producer => "send",
            "receive" => "receive",
            "process" => "process",
            "settle" => "settle",
            "append" | "read_stream" => {
                assert_eq!(attributes["db.system.name"], "memory");
                assert!(span.name.starts_with(&attributes["db.operation.name"]));
                ""
            }
            _ => panic!("{span:?}"),
        };
        if !operation.is_empty() {
            assert_eq!(attributes["messaging.system"], "minwon");
            assert_eq!(attributes["messaging.operation.type"], operation);
        }
        let text = format!("{span:?}");
        for personal in ["citizen-1", "applicant-42", "extract of the register"] {
            assert!(!text.contains(personal), "{text}");
        }
    }
}
