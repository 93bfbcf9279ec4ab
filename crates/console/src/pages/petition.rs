//! One petition: where it stands, what it waits for, and what happened to it.

use axum::{
    extract::{Path, Query},
    response::Redirect,
};
use maud::{Markup, html};
use minwon::{
    Answer, ListPart, PetitionId, QueryError, Timestamp,
    engine::{GlobalPosition, Letter, Projection as _, RecordedEvent, Selection},
    foreign_text,
    petitions::{PetitionResult, PetitionView, PetitionViews, ReceiptNumber, view::Step},
};
use serde::Deserialize;

use super::letters::{Filter, acts};
use crate::{
    Failure,
    authentication::Role,
    door::Visitor,
    page::{self, ROWS, encoded},
    record::Deed,
    words::clock,
};

#[derive(Deserialize)]
pub(crate) struct Searched {
    q: String,
}

/// Goes to a petition by its id or the number of its receipt.
pub(crate) async fn find(
    visitor: Visitor,
    Query(Searched { q }): Query<Searched>,
) -> Result<Redirect, Failure> {
    let (app, q) = (&visitor.app, q.trim());
    let to = |id: &PetitionId| {
        let to = format!("/petitions/{}", encoded(id.as_str()).0);
        Redirect::to(&app.at(&to))
    };
    if let Ok(number) = q.parse::<ReceiptNumber>() {
        match app.desk.by_receipt(&number).await {
            Ok(Answer {
                value: Some(view), ..
            }) => return Ok(to(&view.id)),
            Ok(_) => {}
            Err(QueryError::Ambiguous { .. }) => {
                return Err(Failure::Malformed("several-petitions"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let id = PetitionId::new(q).map_err(|_| Failure::Missing("no-such-petition"))?;
    Ok(to(&id))
}

/// Something that happened to a petition.
struct Happened {
    event: RecordedEvent,
    /// Its step, where it can be read and mattered.
    step: Option<Step>,
    /// Why it cannot be read.
    unread: Option<String>,
    /// The due after it, where that is another than before.
    due: Option<String>,
    /// Whether the clock runs after it, where that is otherwise than before.
    runs: Option<bool>,
}

pub(crate) async fn page(visitor: Visitor, Path(id): Path<String>) -> Result<Markup, Failure> {
    let (desk, words) = (&visitor.app.desk, visitor.words);
    let id = PetitionId::new(id).map_err(|_| Failure::Missing("no-such-petition"))?;
    let deed = Deed::LookedAtPetition {
        petition: id.clone(),
        payload: visitor.operator.may(Role::Read),
    };
    visitor.record(deed).await?;
    let selection = Selection::Subject(id.clone());
    let part = ListPart::first(ROWS);
    let (events, known, letters) = tokio::join!(
        desk.log_of(&id),
        desk.petition(&id),
        desk.letters(&selection, &part),
    );
    let events = events?;
    if events.is_empty() {
        return Err(Failure::Missing("no-such-petition"));
    }
    let last = events
        .last()
        .map_or(GlobalPosition::START, |event| event.position);
    let (view, happened) = story(&visitor, events);
    let letters = letters.map(|answer| answer.value.letters);
    let result = view
        .as_ref()
        .and_then(|view| view.result(desk.calendar(), desk.now()));
    let body = html! {
        @match &letters {
            Ok(letters) if !letters.is_empty() => {
                section.verdict.wrong {
                    p.headline { (words.count("petition-stuck", letters.len() as u64)) }
                    @for letter in letters { (stuck(&visitor, letter)) }
                    (acts(&visitor, &Filter::of_petition(&id)))
                }
            }
            Ok(_) => {}
            Err(error) => { p.wrong { (words.say("letters-no-answer")) " " (error) } }
        }
        @if let Some(result) = &result { (standing(&visitor, result)) }
        (read_model(&visitor, &known, last))
        h2 { (words.say("story")) }
        (filters(&visitor))
        (timeline(&visitor, &happened, letters.as_deref().unwrap_or_default()))
    };
    Ok(page::page(&visitor, id.as_str(), &body))
}

/// What the petitioner is told, for it is what an operator is asked about.
fn standing(visitor: &Visitor, result: &PetitionResult) -> Markup {
    let book = &visitor.words.book;
    html! {
        ul.standing { @for line in result.lines() { li { (book.message(&line)) } } }
    }
}

fn stuck(visitor: &Visitor, letter: &Letter) -> Markup {
    let one = format!("/letters/one?{}", Filter::of_letter(letter).query());
    html! {
        p {
            a href=(visitor.app.at(&one)) { (letter.event.event_type) } " · " (letter.consumer) " · "
            (page::since(visitor, letter.since))
            br; span.cause { (letter.failure.error) }
        }
    }
}

/// Whether those who ask are told the same.
fn read_model(
    visitor: &Visitor,
    known: &Result<Answer<Option<PetitionView>>, QueryError>,
    last: GlobalPosition,
) -> Markup {
    let words = visitor.words;
    html! {
        p.as-of {
            @match known {
                Ok(answer) if answer.as_of.position >= last && answer.value.is_some() => {
                    (words.say("view-is-whole")) " (" (answer.as_of.position) ")"
                }
                Ok(answer) => {
                    span.wrong { (words.say("view-is-behind")) } " " (answer.as_of.position) " < " (last)
                }
                Err(error) => { span.wrong { (error) } }
            }
        }
    }
}

/// What to show of the time line: a little JavaScript hides the rest, and without it all is shown.
fn filters(visitor: &Visitor) -> Markup {
    let words = visitor.words;
    html! {
        form.filters data-filters="story" hidden {
            @for kind in ["petition", "document"] {
                label { input type="checkbox" name="kind" value=(kind) checked; " " (words.say(&format!("kind-{kind}"))) }
            }
            label { input type="checkbox" name="failed"; " " (words.say("failed-only")) }
        }
    }
}

fn timeline(visitor: &Visitor, happened: &[Happened], letters: &[Letter]) -> Markup {
    let words = visitor.words;
    html! {
        ol.story #story {
            @for it in happened {
                @let stuck: Vec<_> = letters.iter().filter(|letter| letter.event.position == it.event.position).collect();
                @let is_document = it.event.stream.to_string().contains("Issuance");
                li data-kind=(if is_document { "document" } else { "petition" })
                    data-failed[!stuck.is_empty() || it.unread.is_some()] {
                    (at(it.step.map_or(it.event.metadata.occurred_at(), |step| step.at)))
                    div {
                        strong {
                            @match &it.step {
                                Some(step) => { (words.book.say(&step.what)) }
                                None => { (it.event.event_type) }
                            }
                        }
                        " " a href=(visitor.app.at(&super::messages::address(&it.event.stream, it.event.version))) {
                            code { (it.event.event_type) }
                        }
                        " @ " (it.event.position)
                        " · " (it.event.metadata.actor()) " · " (it.event.metadata.source())
                        @if let Some(why) = &it.unread { p.wrong { (words.say("cannot-be-read")) " " (why) } }
                        @if let Some(runs) = it.runs { p.clock { (words.say(if runs { "clock-runs" } else { "clock-stands" })) } }
                        @if let Some(due) = &it.due { p.clock { (words.say("due")) ": " (due) } }
                        @for letter in &stuck {
                            p.wrong {
                                (words.say("letter-added")) " · " (letter.consumer) " · "
                                (words.count("parked-behind", letter.parked.len() as u64))
                            }
                        }
                        @if visitor.operator.may(Role::Read) {
                            details { summary { (words.say("payload")) } pre { (super::letters::payload(&it.event.payload)) } }
                        }
                    }
                }
            }
        }
    }
}

fn at(at: Timestamp) -> Markup {
    html! { time datetime=(at.in_seoul()) { (clock(at)) } }
}

/// What happened, in the order of the log, with what it did to the clock.
fn story(visitor: &Visitor, events: Vec<RecordedEvent>) -> (Option<PetitionView>, Vec<Happened>) {
    let (desk, views) = (&visitor.app.desk, PetitionViews::default());
    let (mut view, mut happened) = (None::<PetitionView>, Vec::new());
    let mut is_whole = true;
    for event in events {
        let before = view.clone();
        let read = match &event.fault {
            Some(fault) => Err(fault.to_string()),
            None => desk.read(&event).map_err(|error| {
                let causes: Vec<_> = foreign_text::causes(&error).collect();
                causes.join(": ")
            }),
        };
        let unread = match read {
            Ok(read) if is_whole => {
                views.apply(&mut view, &read, &event);
                None
            }
            Ok(_) => None,
            // What comes after it may mean something else.
            Err(why) => {
                is_whole = false;
                Some(why)
            }
        };
        let has_mattered = before != view;
        let step = view
            .as_ref()
            .filter(|_| has_mattered)
            .and_then(PetitionView::last_step)
            .copied();
        let (due, runs) = (due_of(visitor, view.as_ref()), runs(view.as_ref()));
        happened.push(Happened {
            step,
            unread,
            due: due.filter(|_| {
                has_mattered && due_of(visitor, before.as_ref()) != due_of(visitor, view.as_ref())
            }),
            runs: runs.filter(|_| runs != self::runs(before.as_ref())),
            event,
        });
    }
    (view, happened)
}

fn due_of(visitor: &Visitor, view: Option<&PetitionView>) -> Option<String> {
    let due = view?.filed()?.due()?;
    Some(visitor.words.book.say(&due))
}

/// Whether the legal clock runs; none before it does and after the end.
fn runs(view: Option<&PetitionView>) -> Option<bool> {
    let filed = view?.filed()?;
    match filed.clock_stop() {
        Some(_) => Some(false),
        None => filed.running_due().map(|_| true),
    }
}
