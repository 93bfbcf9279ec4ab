//! What could not be handled: by cause, as lists, and one by one.

use std::collections::BTreeMap;

use axum::extract::Query;
use maud::{Markup, html};
use minwon::{
    ListPart,
    engine::{
        ConsumerName, EventAt, EventId, EventType, GlobalPosition, Letter, LetterGroup, QueueEntry,
        Selection, Subject,
    },
};
use serde::{Deserialize, Serialize};

use crate::{
    Failure,
    asks::Act,
    authentication::Role,
    door::Visitor,
    page::{self, ROWS, encoded, since},
    record::Deed,
    words::clock,
};

/// Longest text of an address that is taken for a name.
const NAME_BYTES_MAX: usize = 2_000;

/// Which letters are meant, as it stands in an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filter {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    consumer: String,
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    event_type: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    cause: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    petition: String,
    /// A blocked key.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    key: String,
    /// The position of one event, or its id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    event: String,
}

impl Filter {
    fn of_group(group: &LetterGroup) -> Self {
        Self {
            consumer: group.consumer.to_string(),
            event_type: group.event_type.to_string(),
            cause: group.cause.clone(),
            ..Self::default()
        }
    }

    pub(crate) fn of_letter(letter: &Letter) -> Self {
        Self {
            consumer: letter.consumer.to_string(),
            event: letter.event.position.to_string(),
            ..Self::default()
        }
    }

    pub(crate) fn of_type(event_type: &EventType) -> Self {
        Self {
            event_type: event_type.to_string(),
            ..Self::default()
        }
    }

    pub(crate) fn of_petition(petition: &Subject) -> Self {
        Self {
            petition: petition.to_string(),
            ..Self::default()
        }
    }

    /// Its fields that say something, as they are named in an address.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let fields = [
            ("consumer", &self.consumer),
            ("type", &self.event_type),
            ("cause", &self.cause),
            ("petition", &self.petition),
            ("key", &self.key),
            ("event", &self.event),
        ];
        let fields = fields.into_iter().filter(|(_, text)| !text.is_empty());
        fields.map(|(name, text)| (name, text.as_str()))
    }

    /// The same as a query.
    pub(crate) fn query(&self) -> String {
        let fields = self
            .fields()
            .map(|(name, text)| format!("{name}={}", encoded(text).0));
        fields.collect::<Vec<_>>().join("&")
    }

    /// # Errors
    /// Where it means nothing that there can be.
    pub(crate) fn selection(&self) -> Result<Selection, Failure> {
        let malformed = || Failure::Malformed("malformed-filter");
        let texts = [
            &self.consumer,
            &self.event_type,
            &self.cause,
            &self.petition,
            &self.key,
            &self.event,
        ];
        if texts.iter().any(|text| text.len() > NAME_BYTES_MAX) {
            return Err(malformed());
        }
        let consumer = match &*self.consumer {
            "" => None,
            name => Some(ConsumerName::new(name).map_err(|_| malformed())?),
        };
        let event_type = match &*self.event_type {
            "" => None,
            name => Some(EventType::new(name).map_err(|_| malformed())?),
        };
        let selection = match (
            consumer,
            event_type,
            &*self.cause,
            &*self.petition,
            &*self.event,
        ) {
            (None, None, "", "", "") if !self.key.is_empty() => Selection::Key(self.key.clone()),
            _ if !self.key.is_empty() => return Err(malformed()),
            (None, None, "", "", "") => Selection::All,
            (Some(consumer), None, "", "", "") => Selection::Consumer(consumer),
            (None, Some(event_type), "", "", "") => Selection::EventType(event_type),
            (Some(consumer), Some(event_type), cause, "", "") => Selection::Group(LetterGroup {
                consumer,
                event_type,
                cause: cause.to_owned(),
            }),
            (None, None, "", petition, "") => {
                Selection::Subject(Subject::new(petition).map_err(|_| malformed())?)
            }
            (consumer, None, "", "", event) => {
                let position = event.parse::<GlobalPosition>().map(EventAt::Position);
                let event = position.or_else(|_| event.parse::<EventId>().map(EventAt::Id));
                let event = event.map_err(|_| malformed())?;
                Selection::Event { consumer, event }
            }
            _ => return Err(malformed()),
        };
        Ok(selection)
    }
}

/// How a selection reads.
pub(crate) fn told(visitor: &Visitor, selection: &Selection) -> String {
    let words = visitor.words;
    match selection {
        Selection::Group(group) => format!(
            "{} · {} · {}",
            group.consumer, group.event_type, group.cause
        ),
        Selection::EventType(event_type) => event_type.to_string(),
        Selection::Consumer(consumer) => consumer.to_string(),
        Selection::Subject(petition) => petition.to_string(),
        Selection::Key(key) => key.clone(),
        Selection::Event { consumer, event } => {
            let consumer = consumer.as_ref().map(|it| format!("{it} · "));
            let event = match event {
                EventAt::Id(id) => id.to_string(),
                EventAt::Position(position) => position.to_string(),
            };
            format!("{}{event}", consumer.unwrap_or_default())
        }
        _ => words.say("all-letters"),
    }
}

/// How the letters are counted together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GroupedBy {
    #[default]
    Cause,
    Consumer,
    Type,
}

#[derive(Deserialize)]
pub(crate) struct Grouped {
    #[serde(default)]
    by: GroupedBy,
}

/// The letters by what they have in common.
pub(crate) async fn page(
    visitor: Visitor,
    Query(grouped): Query<Grouped>,
) -> Result<Markup, Failure> {
    let words = visitor.words;
    let answer = visitor.app.desk.letter_groups().await?;
    let open: u64 = answer.value.values().sum();
    let ways = [
        (GroupedBy::Cause, "cause", "by-cause"),
        (GroupedBy::Consumer, "consumer", "by-consumer"),
        (GroupedBy::Type, "type", "by-type"),
    ];
    let body = html! {
        p { (words.count("letters-open", open)) }
        nav.tabs aria-label=(words.say("grouped-by")) {
            @for (way, name, key) in ways {
                a href={ (visitor.app.at("/letters")) "?by=" (name) } aria-current=[(way == grouped.by).then_some("true")] {
                    (words.say(key))
                }
            }
        }
        @match grouped.by {
            GroupedBy::Cause => { (groups(&visitor, &answer.value, usize::MAX)) }
            by => { (sums(&visitor, &answer.value, by)) }
        }
        @if open > 0 { (acts(&visitor, &Filter::default())) }
        (page::as_of(&visitor, &answer))
    };
    Ok(page::page(&visitor, &words.say("letters"), &body))
}

/// Letters by consumer, event type and cause, the most numerous first.
pub(crate) fn groups(
    visitor: &Visitor,
    groups: &BTreeMap<LetterGroup, u64>,
    most: usize,
) -> Markup {
    let words = visitor.words;
    let mut ordered: Vec<_> = groups.iter().collect();
    ordered.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    html! {
        @if ordered.is_empty() { p { (words.say("no-letters")) } } @else {
            table {
                thead { tr {
                    th.number { (words.say("count")) } th { (words.say("cause")) }
                    th { (words.say("consumer")) } th { (words.say("event-type")) }
                } }
                tbody {
                    @for (group, count) in ordered.iter().take(most) {
                        @let to = format!("/letters/list?{}", Filter::of_group(group).query());
                        tr {
                            td.number { a href=(visitor.app.at(&to)) { (count) } }
                            td.cause { (group.cause) }
                            td { (group.consumer) }
                            td { code { (group.event_type) } }
                        }
                    }
                }
            }
            @if ordered.len() > most {
                p { a href=(visitor.app.at("/letters")) { (words.count("more-causes", (ordered.len() - most) as u64)) } }
            }
        }
    }
}

/// Letters by consumer or by event type.
fn sums(visitor: &Visitor, groups: &BTreeMap<LetterGroup, u64>, by: GroupedBy) -> Markup {
    let mut sums: BTreeMap<String, (Filter, u64)> = BTreeMap::new();
    for (group, count) in groups {
        let (name, filter) = match by {
            GroupedBy::Consumer => (
                group.consumer.to_string(),
                Filter {
                    consumer: group.consumer.to_string(),
                    ..Filter::default()
                },
            ),
            _ => (
                group.event_type.to_string(),
                Filter {
                    event_type: group.event_type.to_string(),
                    ..Filter::default()
                },
            ),
        };
        sums.entry(name).or_insert((filter, 0)).1 += count;
    }
    html! {
        table {
            tbody {
                @for (name, (filter, count)) in &sums {
                    tr {
                        td.number { a href={ (visitor.app.at("/letters/list")) "?" (filter.query()) } { (count) } }
                        th scope="row" { (name) }
                    }
                }
            }
        }
    }
}

/// What can be done about the letters of a filter, by whoever may.
pub(crate) fn acts(visitor: &Visitor, filter: &Filter) -> Markup {
    let words = visitor.words;
    html! {
        @if visitor.operator.may(Role::Mend) {
            form.acts action=(visitor.app.at("/letters/ask")) {
                @for (name, text) in filter.fields() { input type="hidden" name=(name) value=(text); }
                @for act in [Act::Retry, Act::Compensate, Act::Skip] {
                    button name="act" value=(act.name()) { (words.say(act.key())) " …" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Part {
    #[serde(default)]
    after: String,
}

impl Part {
    /// # Errors
    /// Where it is no place of a list.
    pub(crate) fn rows(&self) -> Result<ListPart, Failure> {
        let first = ListPart::first(ROWS);
        match &*self.after {
            "" => Ok(first),
            after => {
                let after = after
                    .parse()
                    .map_err(|_| Failure::Malformed("malformed-place"))?;
                Ok(first.after(after))
            }
        }
    }
}

/// The letters of a filter.
pub(crate) async fn list(
    visitor: Visitor,
    Query(filter): Query<Filter>,
    Query(part): Query<Part>,
) -> Result<Markup, Failure> {
    let words = visitor.words;
    let selection = filter.selection()?;
    let told = told(&visitor, &selection);
    visitor
        .record(Deed::LookedAtList { list: told.clone() })
        .await?;
    let answer = visitor.app.desk.letters(&selection, &part.rows()?).await?;
    let here = format!("{}?{}", visitor.app.at("/letters/list"), filter.query());
    let body = html! {
        p.told { (told) }
        (acts(&visitor, &filter))
        (rows(&visitor, &answer.value.letters))
        (page::next(&visitor, &here, answer.value.next.as_ref()))
        (page::as_of(&visitor, &answer))
    };
    Ok(page::page(&visitor, &words.say("letters"), &body))
}

/// A table of letters.
pub(crate) fn rows(visitor: &Visitor, letters: &[Letter]) -> Markup {
    let words = visitor.words;
    html! {
        @if letters.is_empty() { p { (words.say("no-letters")) } } @else {
            table {
                thead { tr {
                    th { (words.say("petition")) } th { (words.say("event-type")) } th { (words.say("consumer")) }
                    th { (words.say("since")) } th.number { (words.say("attempts")) }
                    th.number { (words.say("parked")) } th { (words.say("error")) }
                } }
                tbody {
                    @for letter in letters {
                        @let one = format!("/letters/one?{}", Filter::of_letter(letter).query());
                        tr {
                            td { a href={ (visitor.app.at("/petitions/")) (encoded(letter.event.subject.as_str())) } { (letter.event.subject) } }
                            td { a href=(visitor.app.at(&one)) { (letter.event.event_type) } }
                            td { (letter.consumer) }
                            td { (since(visitor, letter.since)) }
                            td.number { (letter.attempts) @if letter.retry_requested { " ↻" } }
                            td.number { (letter.parked.len()) }
                            td.cause { (letter.failure.error) }
                        }
                    }
                }
            }
        }
    }
}

/// A letter with all there is to know of it.
pub(crate) async fn one(visitor: Visitor, Query(filter): Query<Filter>) -> Result<Markup, Failure> {
    let words = visitor.words;
    let selection = filter.selection()?;
    let letters = visitor
        .app
        .desk
        .letters(&selection, &ListPart::first(ROWS))
        .await?;
    let letter = letters.value.letters.first();
    let letter = letter.ok_or(Failure::Missing("no-such-letter"))?;
    let detail = visitor.app.desk.letter(letter).await?;
    let (letter, event) = (&detail.letter, &detail.event);
    let may_read = visitor.operator.may(Role::Read);
    let deed = Deed::LookedAtEvent {
        position: event.position,
        subject: letter.event.subject.to_string(),
        payload: may_read,
    };
    visitor.record(deed).await?;
    let body = html! {
        (acts(&visitor, &Filter::of_letter(letter)))
        dl.facts {
            div { dt { (words.say("petition")) } dd { a href={ (visitor.app.at("/petitions/")) (encoded(letter.event.subject.as_str())) } { (letter.event.subject) } } }
            div { dt { (words.say("consumer")) } dd { (letter.consumer) } }
            div { dt { (words.say("event-type")) } dd {
                a href=(visitor.app.at(&super::messages::address(&letter.event.stream, letter.event.version))) {
                    code { (letter.event.event_type) }
                }
                " @ " (letter.event.position)
            } }
            div { dt { (words.say("stream")) } dd { code { (letter.event.stream) } " v" (letter.event.version) } }
            div { dt { (words.say("since")) } dd { (since(&visitor, letter.since)) } }
            div { dt { (words.say("attempts")) } dd { (letter.attempts) @if letter.retry_requested { " · " (words.say("retry-requested")) } } }
            div { dt { (words.say("error-class")) } dd { (letter.failure.class.as_str()) } }
        }
        h2 { (words.say("error")) }
        ol.causes { @for cause in letter.failure.error.split(": ") { li { (cause) } } }
        h2 { (words.count("parked-behind", letter.parked.len() as u64)) }
        @if !letter.parked.is_empty() {
            ol { @for event in &letter.parked { li { code { (event.event_type) } " @ " (event.position) } } }
        }
        h2 { (words.say("history")) }
        (history(&visitor, &detail.history))
        @if may_read {
            h2 { (words.say("payload")) }
            pre { (payload(&event.payload)) }
        }
    };
    Ok(page::page(&visitor, &words.say("letter"), &body))
}

/// What was written about letters.
pub(crate) fn history(visitor: &Visitor, entries: &[QueueEntry]) -> Markup {
    let words = visitor.words;
    html! {
        table {
            thead { tr {
                th { (words.say("recorded")) } th { (words.say("act")) } th { (words.say("by")) }
                th { (words.say("reason")) }
            } }
            tbody {
                @for entry in entries {
                    tr {
                        td { time datetime=(entry.at.in_seoul()) { (clock(entry.at)) } }
                        td { (words.say(&format!("letter-{}", entry.what()))) }
                        td { (entry.by) }
                        td.cause { (entry.why().unwrap_or_default()) }
                    }
                }
            }
        }
    }
}

/// A payload as people read it.
pub(crate) fn payload(bytes: &[u8]) -> String {
    let value: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    let text = pretty.unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned());
    minwon::foreign_text::shown_lines(&text)
}
