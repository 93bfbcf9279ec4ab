//! Spans of commands, and the traces that their events are in.

use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex, Once},
};

use tracing::{
    Event, Metadata, Span, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::account::{
    AccountCommand, close, command, give, handler, pay_in, pay_out, recorded, stream,
};
use crate::{
    Command, CommandContext, TraceParent,
    memory::MemoryStore,
    trace::{SPANS, TraceContext, go_on, set_trace_context},
};

type Fields = BTreeMap<&'static str, String>;

/// Keeps the spans of the library, the first under number 1.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<Fields>>>);

struct Noting<'f>(&'f mut Fields);

impl Visit for Noting<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl Kept {
    fn spans(&self) -> Vec<Fields> {
        self.0.lock().unwrap().clone()
    }

    fn with(&self, span: &Id, note: impl FnOnce(&mut Fields)) {
        let at = usize::try_from(span.into_u64()).unwrap() - 1;
        note(&mut self.0.lock().unwrap()[at]);
    }
}

impl Subscriber for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.target() == SPANS
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Noting(&mut fields));
        let mut spans = self.0.lock().unwrap();
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        self.with(span, |fields| values.record(&mut Noting(fields)));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A context for subscribers of these tests: a span's own id is its number.
struct Numbers;

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

fn at(span: u64) -> TraceParent {
    TraceParent::new(format!("00-{TRACE}-{span:016x}-01")).unwrap()
}

impl TraceContext for Numbers {
    fn set_parent(&self, span: &Span, parent: &TraceParent) {
        span.with_subscriber(|(id, subscriber)| {
            if let Some(kept) = subscriber.downcast_ref::<Kept>() {
                kept.with(id, |fields| {
                    fields.insert("parent", parent.to_string());
                });
            }
        });
    }

    fn traceparent(&self, span: &Span) -> Option<TraceParent> {
        let number = |(id, subscriber): (&Id, &tracing::Dispatch)| {
            subscriber.is::<Kept>().then(|| at(id.into_u64()))
        };
        span.with_subscriber(number).flatten()
    }
}

/// Runs a test with its spans kept.
fn kept(test: impl FnOnce()) -> Vec<Fields> {
    static SET: Once = Once::new();
    SET.call_once(|| set_trace_context(Numbers).unwrap());
    assert!(set_trace_context(Numbers).is_err(), "there is one");
    let kept = Kept::default();
    tracing::subscriber::with_default(kept.clone(), test);
    kept.spans()
}

fn traced(command: Command<AccountCommand>, trace: &TraceParent) -> Command<AccountCommand> {
    let context: CommandContext = command.context.traced(trace.clone());
    Command { context, ..command }
}

fn traces(store: &MemoryStore) -> Vec<Option<TraceParent>> {
    let events = recorded(store);
    events.iter().map(|event| event.traceparent()).collect()
}

#[test]
fn a_command_has_a_span_and_its_events_are_behind_it_in_the_trace() {
    let (store, caller) = (MemoryStore::new(), at(0xcafe));
    let spans = kept(|| {
        let handler = handler(&store);
        give(&handler, &traced(pay_in("a", 10), &caller)).unwrap();
        give(&handler, &pay_in("b", 10)).unwrap();
    });
    assert_eq!(traces(&store), [Some(at(1)), Some(at(2))]);
    let id = pay_in("a", 10).id.to_string();
    let expected = [
        ("messaging.destination.name", "Account"),
        ("messaging.message.id", &*id),
        ("messaging.operation.name", "append"),
        ("messaging.operation.type", "send"),
        ("messaging.system", "minwon"),
        ("minwon.namespace", "general"),
        ("minwon.stream", "1"),
        ("otel.kind", "producer"),
        ("otel.name", "append Account"),
        ("parent", &*caller.to_string()),
    ];
    let first = spans[0].iter().map(|(name, value)| (*name, &**value));
    assert_eq!(first.collect::<Vec<_>>(), expected);
    assert_eq!(spans[1].get("parent"), None);
}

#[test]
fn commands_of_other_traces_stay_in_theirs() {
    let store = MemoryStore::new();
    let other = TraceParent::new(format!("00-{:032x}-{:016x}-01", 7, 8)).unwrap();
    let batch = [
        traced(pay_in("a", 10), &at(0xcafe)),
        traced(pay_in("b", 10), &other),
        pay_in("c", 10),
    ];
    kept(|| {
        let handler = handler(&store);
        futures_executor::block_on(handler.transact_all(&stream(), &batch)).unwrap();
    });
    assert_eq!(traces(&store), [Some(at(1)), Some(other), Some(at(1))]);
}

#[test]
fn a_failure_is_noted_and_a_rejection_is_none() {
    let store = MemoryStore::new();
    let spans = kept(|| {
        let handler = handler(&store);
        assert!(give(&handler, &pay_out("a", 10)).is_err());
        let nil = Command {
            id: crate::CommandId::from_bytes([0; 16]),
            ..close("b")
        };
        assert!(give(&handler, &nil).is_err());
    });
    let noted = spans.iter().map(|span| {
        let of = |name| span.get(name).map(String::as_str);
        (of("error.type"), of("otel.status_code"))
    });
    let expected = [(None, None), (Some("command_id"), Some("ERROR"))];
    assert_eq!(noted.collect::<Vec<_>>(), expected);
}

#[test]
fn without_a_subscriber_a_trace_goes_on_as_it_came() {
    let store = MemoryStore::new();
    let here = at(0xcafe);
    let handler = handler(&store);
    let body = AccountCommand::PayIn(vec![1]);
    give(&handler, &traced(command("a", body), &here)).unwrap();
    assert_eq!(traces(&store), [Some(here.clone())]);
    assert_eq!(go_on(&Span::none(), Some(here.clone())), Some(here));
}
