//! The messages of the log: found by what is known of one, and each with what caused it and what it caused.

mod failed;

use axum::{
    extract::{Query, RawQuery},
    response::{IntoResponse as _, Redirect, Response},
};
use maud::{Markup, html};
use minwon::{
    CorrelationId, ServiceName, Timestamp,
    engine::{
        EventType, Message, MessageFilter, RecordedEvent, StreamName, StreamVersion, Subject,
        TraceId,
    },
};
use serde::Deserialize;

use super::letters::{Part, payload};
use crate::{
    Failure,
    authentication::Role,
    door::Visitor,
    page::{self, encoded},
    record::Deed,
    words::clock,
};

/// Longest text of a field that is looked at. Unit: bytes.
const FIELD_BYTES_MAX: usize = 4_000;

/// What is known of the messages that are looked for, as it stands in an address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Known {
    subject: String,
    trace: String,
    correlation: String,
    /// One or several, with commas between them.
    types: String,
    service: String,
    since: String,
    before: String,
    unreadable: String,
    failed: String,
}

/// The fields of [`Known`], as they are named in an address.
const NAMES: [&str; 9] = [
    "subject",
    "types",
    "service",
    "correlation",
    "trace",
    "since",
    "before",
    "unreadable",
    "failed",
];

/// Those that one types, with what suggests values for some of them.
const FIELDS: [(&str, Option<&str>); 5] = [
    ("subject", None),
    ("types", Some("types-there-are")),
    ("service", Some("services-there-are")),
    ("correlation", None),
    ("trace", None),
];

impl Known {
    fn field(&self, name: &str) -> &str {
        match name {
            "subject" => &self.subject,
            "types" => &self.types,
            "service" => &self.service,
            "correlation" => &self.correlation,
            "trace" => &self.trace,
            "since" => &self.since,
            "before" => &self.before,
            "failed" => &self.failed,
            _ => &self.unreadable,
        }
    }

    fn query(&self) -> String {
        let said = NAMES
            .into_iter()
            .filter(|name| !self.field(name).is_empty());
        let said = said.map(|name| format!("{name}={}", encoded(self.field(name)).0));
        said.collect::<Vec<_>>().join("&")
    }

    /// # Errors
    /// Where a field says nothing that there can be; it is the key of that field.
    fn filter(&self) -> Result<MessageFilter, &'static str> {
        let mut filter = MessageFilter::default();
        let is_too_long = |name: &&str| self.field(name).len() > FIELD_BYTES_MAX;
        if let Some(name) = NAMES.into_iter().find(is_too_long) {
            return Err(name);
        }
        let said = |name: &'static str| Some(self.field(name).trim()).filter(|it| !it.is_empty());
        if let Some(subject) = said("subject") {
            filter = filter.subject(Subject::new(subject).map_err(|_| "subject")?);
        }
        if let Some(trace) = said("trace") {
            filter = filter.trace(trace.parse::<TraceId>().map_err(|_| "trace")?);
        }
        if let Some(id) = said("correlation") {
            filter = filter.correlation(id.parse::<CorrelationId>().map_err(|_| "correlation")?);
        }
        if let Some(service) = said("service") {
            filter = filter.service(ServiceName::new(service).map_err(|_| "service")?);
        }
        if let Some(types) = said("types") {
            let types = types.split(',').map(|one| EventType::new(one.trim()));
            filter = filter.types(types.collect::<Result<Vec<_>, _>>().map_err(|_| "types")?);
        }
        if let Some(since) = said("since") {
            filter = filter.since(instant(since).ok_or("since")?);
        }
        if let Some(before) = said("before") {
            filter = filter.before(instant(before).ok_or("before")?);
        }
        if !self.unreadable.is_empty() {
            filter = filter.unreadable();
        }
        Ok(filter)
    }
}

/// An instant as a browser's field has it, by the clocks of Seoul: `2026-11-30T09:15`.
fn instant(text: &str) -> Option<Timestamp> {
    let seconds = if text.len() == "2026-11-30T09:15".len() {
        ":00"
    } else {
        ""
    };
    format!("{text}{seconds}+09:00").parse().ok()
}

/// The messages that are looked for, the newest first. An address that says nothing is that of those which
/// were looked for last.
pub(crate) async fn page(
    visitor: Visitor,
    RawQuery(said): RawQuery,
    Query(known): Query<Known>,
    Query(part): Query<Part>,
) -> Result<Response, Failure> {
    let (desk, words) = (&visitor.app.desk, visitor.words);
    let rows = part.rows()?.last_first();
    let Some(kinds) = desk.message_kinds().await else {
        let body = html! { p { (words.say("no-index")) } };
        return Ok(page::page(&visitor, &words.say("messages"), &body).into_response());
    };
    let query = known.query();
    match said.is_none().then(|| visitor.looked_for()).flatten() {
        Some(before) if query.is_empty() && !before.is_empty() => {
            let to = format!("{}?{before}", visitor.app.at("/messages"));
            return Ok(Redirect::to(&to).into_response());
        }
        _ => {}
    }
    let here = format!("{}?{query}", visitor.app.at("/messages"));
    let content = match known.filter() {
        Err(field) => {
            html! { p.wrong role="alert" { (words.say("not-a")) " " (words.say(field)) } }
        }
        Ok(filter) => {
            visitor.looks_for(&query);
            let list = format!("messages {query}");
            visitor
                .record(Deed::LookedAtList {
                    list: list.trim().to_owned(),
                })
                .await?;
            if known.failed.is_empty() {
                let answer = desk.messages(&filter, &rows).await;
                let answer = answer.ok_or(Failure::Missing("no-index"))??;
                html! {
                    (table_of(&visitor, answer.value.messages.iter().map(|it| (it, None))))
                    (page::next(&visitor, &here, answer.value.next.as_ref()))
                    (page::as_of(&visitor, &answer))
                }
            } else {
                let subject = Subject::new(known.subject.trim()).ok();
                let answer = failed::list(&visitor, &filter, subject, &rows).await?;
                failed::table(&visitor, &answer, &here)
            }
        }
    };
    let body = html! {
        form.filters action=(visitor.app.at("/messages")) role="search" {
            @for (name, suggested) in FIELDS {
                label { (words.say(name)) input name=(name) value=(known.field(name)) list=[suggested]; }
            }
            @for name in ["since", "before"] {
                label { (words.say(name)) input type="datetime-local" name=(name) value=(known.field(name)); }
            }
            label.box {
                input type="checkbox" name="unreadable" value="1" checked[!known.unreadable.is_empty()];
                " " (words.say("unreadable"))
            }
            label.box {
                input type="checkbox" name="failed" value="1" checked[!known.failed.is_empty()];
                " " (words.say("failed"))
            }
            button { (words.say("find")) }
            @if !query.is_empty() { a href={ (visitor.app.at("/messages")) "?subject=" } { (words.say("find-all")) } }
        }
        @if let Ok(kinds) = &kinds {
            datalist #types-there-are { @for it in &kinds.value.types { option value=(it) {} } }
            datalist #services-there-are { @for it in &kinds.value.services { option value=(it) {} } }
        }
        (content)
    };
    Ok(page::page(&visitor, &words.say("messages"), &body).into_response())
}

/// Messages, each with who holds it up, where that is asked.
fn table_of<'m>(
    visitor: &Visitor,
    messages: impl Iterator<Item = (&'m Message, Option<&'m [failed::Held]>)>,
) -> Markup {
    let (words, mut messages) = (visitor.words, messages.peekable());
    let are_held = messages.peek().is_some_and(|(_, held)| held.is_some());
    html! {
        @if messages.peek().is_none() { p { (words.say("no-messages")) } } @else {
            table {
                thead { tr {
                    th { (words.say("recorded")) } th { (words.say("event-type")) } th { (words.say("petition")) }
                    th { (words.say("service")) } th.number { (words.say("position")) }
                    @if are_held { th { (words.say("held-up")) } }
                } }
                tbody {
                    @for (message, held) in messages {
                        tr.wrong[message.fault.is_some()] {
                            td { time datetime=(message.recorded_at.in_seoul()) { (clock(message.recorded_at)) } }
                            td { a href=(visitor.app.at(&address(&message.stream, message.version))) { (message.event_type) } }
                            td { a href={ (visitor.app.at("/petitions/")) (encoded(message.subject.as_str())) } { (message.subject) } }
                            td { (message.source) }
                            td.number { (message.position) }
                            @if let Some(held) = held { td { (failed::held(visitor, held)) } }
                        }
                    }
                }
            }
        }
    }
}

/// The address of an event's page.
pub(crate) fn address(stream: &StreamName, version: StreamVersion) -> String {
    format!(
        "/messages/one?stream={}&version={version}",
        encoded(&stream.to_string()).0
    )
}

#[derive(Deserialize)]
pub(crate) struct At {
    stream: String,
    version: String,
}

/// A message with what is known of it, what caused it and what it caused.
pub(crate) async fn one(visitor: Visitor, Query(at): Query<At>) -> Result<Markup, Failure> {
    let (desk, words) = (&visitor.app.desk, visitor.words);
    let malformed = || Failure::Malformed("malformed-filter");
    let stream: StreamName = at.stream.parse().map_err(|_| malformed())?;
    let version = StreamVersion::new(at.version.parse().map_err(|_| malformed())?);
    let event = desk.recorded(&stream, version).await?;
    let event = event.ok_or(Failure::Missing("no-such-event"))?;
    let may_read = visitor.operator.may(Role::Read);
    let deed = Deed::LookedAtEvent {
        position: event.position,
        subject: event.subject().to_string(),
        payload: may_read,
    };
    visitor.record(deed).await?;
    let tree = desk.message_tree(event.metadata.correlation_id()).await;
    let body = html! {
        @if let Some(fault) = &event.fault { p.wrong { (words.say("cannot-be-read")) " " (fault) } }
        (facts(&visitor, &event))
        h2 { (words.say("causes-and-effects")) }
        @match tree {
            None => { p { (words.say("no-index")) } }
            Some(Err(error)) => { p.wrong { (error) } }
            Some(Ok(answer)) => {
                ul.tree {
                    @for (message, depth) in &answer.value.messages {
                        @let is_here = message.id == event.id();
                        li aria-current=[is_here.then_some("true")] data-depth=(depth.min(&12)) {
                            @if is_here { strong { (message.event_type) } } @else {
                                a href=(visitor.app.at(&address(&message.stream, message.version))) { (message.event_type) }
                            }
                            " " (message.subject) " · " (message.source) " · " (clock(message.recorded_at))
                        }
                    }
                }
                @if !answer.value.is_whole { p { (words.say("tree-is-cut")) } }
                (page::as_of(&visitor, &answer))
            }
        }
        @if may_read { h2 { (words.say("payload")) } pre { (payload(&event.payload)) } }
    };
    Ok(page::page(&visitor, event.event_type.as_str(), &body))
}

fn facts(visitor: &Visitor, event: &RecordedEvent) -> Markup {
    let (words, metadata) = (visitor.words, &event.metadata);
    let correlation = metadata.correlation_id().to_string();
    let subject = event.subject();
    let trace = event.traceparent().map(|trace| trace.trace_id().to_owned());
    html! {
        dl.facts {
            div { dt { (words.say("petition")) } dd { a href={ (visitor.app.at("/petitions/")) (encoded(subject.as_str())) } { (subject) } } }
            div { dt { (words.say("recorded")) } dd { time datetime=(event.recorded_at.in_seoul()) { (clock(event.recorded_at)) } } }
            div { dt { (words.say("occurred")) } dd { time datetime=(metadata.occurred_at().in_seoul()) { (clock(metadata.occurred_at())) } } }
            div { dt { (words.say("by")) } dd { (metadata.actor()) " · " (metadata.source()) } }
            div { dt { (words.say("stream")) } dd { code { (event.stream) } " v" (event.version) " @ " (event.position) } }
            div { dt { (words.say("correlation")) } dd { a href={ (visitor.app.at("/messages")) "?correlation=" (correlation) } { code { (correlation) } } } }
            @if let Some(trace) = trace {
                div { dt { (words.say("trace")) } dd { a href={ (visitor.app.at("/messages")) "?trace=" (trace) } { code { (trace) } } } }
            }
            div { dt { (words.say("cause")) } dd { code { (metadata.causation_id()) } } }
            div { dt { (words.say("command")) } dd { code { (metadata.command_id()) } } }
        }
    }
}
