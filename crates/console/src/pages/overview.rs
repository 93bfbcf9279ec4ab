//! Is everything running, and if not, what is to be done?

use std::{num::NonZeroU32, time::Duration};

use axum::response::Redirect;
use maud::{Markup, html};
use minwon::{
    Answer, ListPart, QueryError, Timestamp,
    engine::{ErrorClass, EventType, Message, MessageFilter, PartHealth, PartState, ViewKey},
    petitions::Date,
};

use crate::{
    App, Failure,
    authentication::Role,
    door::{Nothing, Posted, Visitor},
    page::{self, since, sparkline},
    record::Deed,
    samples::{PERIOD, Sample},
    words::Words,
};

/// Causes of letters that stand here; all of them stand on their own page.
const CAUSES_MAX: usize = 8;

/// Work in hand for this long without a word is stuck, though it may yet come to an end.
const STUCK_AFTER: Duration = Duration::from_secs(10);

pub(crate) async fn page(visitor: Visitor) -> Result<Markup, Failure> {
    let (app, words) = (&visitor.app, visitor.words);
    let (health, now) = (app.desk.health(), app.desk.now());
    let letters = app.desk.letter_groups().await;
    let open: u64 = letters
        .as_ref()
        .map_or(0, |answer| answer.value.values().sum());
    let troubled: Vec<_> = health
        .parts
        .iter()
        .filter(|part| !is_well(part, now))
        .collect();
    let is_well =
        health.ready && health.live && troubled.is_empty() && open == 0 && letters.is_ok();
    let register = register(app).await;
    let is_well = is_well && !register.as_ref().is_some_and(Register::fails);
    let has_ended = |part: &PartHealth| match &part.state {
        PartState::Stopped(ended) => ended.class.is_some_and(|class| class != ErrorClass::Bug),
        _ => false,
    };
    let may_start_again = visitor.operator.may(Role::Mend) && health.parts.iter().any(has_ended);
    let body = html! {
        section.verdict.well[is_well].wrong[!is_well] data-refresh="5" #verdict aria-live="polite" {
            @if is_well {
                p.headline { (words.say("all-is-well")) }
            } @else {
                p.headline {
                    (words.say(match (health.live, health.ready) {
                        (false, _) => "not-live",
                        _ if health.ending_since.is_some() => "ending",
                        (true, false) => "not-ready",
                        (true, true) => "something-is-wrong",
                    }))
                }
                ol {
                    @for part in &troubled { (trouble(&visitor, part)) }
                    @if let Err(error) = &letters {
                        li { (words.say("letters-no-answer")) " " (error) }
                    }
                    @if let Some(register) = register.as_ref().filter(|it| it.fails()) {
                        li {
                            a href=(app.at(&register.failures)) {
                                (words.with("register-fails", [
                                    ("count", register.failed.into()), ("of", register.asked.into()),
                                ]))
                            }
                            br; span.advice { "→ " (words.say("register-fails-advice")) }
                        }
                    }
                    @if open > 0 {
                        li {
                            a href=(app.at("/letters")) { (words.count("letters-open", open)) }
                            " " (words.say("letters-open-advice"))
                        }
                    }
                }
            }
            @if may_start_again {
                form.acts method="post" action=(app.at("/start-again")) {
                    (page::secret(&visitor))
                    button { (words.say("start-again")) }
                }
            }
            @if health.newer_keys > 0 { p { (words.count("newer-keys", health.newer_keys as u64)) } }
            @if health.passed_over.events > 0 { p { (words.count("passed-over", health.passed_over.events)) } }
        }
        // All of it is of the same moment, but only what needs somebody is read out.
        div data-refresh="5" #figures {
            @if let Ok(letters) = &letters {
                @if open > 0 {
                    section {
                        h2 { (words.say("letters-by-cause")) }
                        (super::letters::groups(&visitor, &letters.value, CAUSES_MAX))
                    }
                }
            }
            section { h2 { (words.say("today")) } (today(&visitor).await) }
            section { h2 { (words.say("pace")) } (pace(app, words)) }
            section { h2 { (words.say("parts")) } (parts(&visitor, &health.parts)) }
        }
    };
    Ok(page::page(&visitor, &words.say("overview"), &body))
}

/// How the last questions to the registers came out, within an hour: that of each document that one was
/// asked for. What a register refuses is no dead letter, for it is answered; but if it refuses all, somebody
/// has to know.
struct Register {
    asked: usize,
    failed: usize,
    /// Where those that failed are listed.
    failures: String,
}

/// Questions that are looked at.
const ASKED_MAX: NonZeroU32 = NonZeroU32::new(20).expect("not 0");

impl Register {
    /// Half of them, and more than one by chance.
    fn fails(&self) -> bool {
        self.failed >= 3 && self.failed * 2 >= self.asked
    }
}

/// None where it cannot be known: without an index of messages, or while that is built.
async fn register(app: &App) -> Option<Register> {
    let kinds = app.desk.message_kinds().await?.ok()?.value.types;
    let is = |it: &EventType, outcome| it.as_str().ends_with(outcome);
    let (failed, made) = ("IssuanceSourceDataFailed", "IssuanceDocumentIssued");
    let failures = kinds.iter().filter(|it| is(it, failed));
    let failures: Vec<_> = failures.map(EventType::as_str).collect();
    if failures.is_empty() {
        return None;
    }
    let both = kinds.iter().filter(|it| is(it, failed) || is(it, made));
    let an_hour_ago = app.desk.now().saturating_sub(Duration::from_secs(3_600));
    let filter = MessageFilter::default()
        .types(both.cloned())
        .since(an_hour_ago);
    let newest = ListPart::first(ASKED_MAX).last_first();
    let last = app
        .desk
        .messages(&filter, &newest)
        .await?
        .ok()?
        .value
        .messages;
    let has_failed = |it: &&Message| is(&it.event_type, failed);
    Some(Register {
        asked: last.len(),
        failed: last.iter().filter(has_failed).count(),
        failures: format!("/messages?types={}", failures.join(",")),
    })
}

/// Has what has stopped begin again, once its cause was mended.
pub(crate) async fn start_again(
    Posted(visitor, Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Failure> {
    visitor.needs(Role::Mend)?;
    visitor.record(Deed::StartedAgain).await?;
    visitor.app.desk.start_again();
    Ok(Redirect::to(&visitor.app.at("/")))
}

fn is_well(part: &PartHealth, now: Timestamp) -> bool {
    let stuck = part
        .stuck_since
        .is_some_and(|since| now >= since.saturating_add(STUCK_AFTER));
    part.state == PartState::Running && part.is_ready && !stuck
}

/// What is wrong with a part, since when, and what to do.
fn trouble(visitor: &Visitor, part: &PartHealth) -> Markup {
    let words = visitor.words;
    let (state, class, why, at) = match &part.state {
        PartState::Paused(paused) => (
            "paused",
            Some(paused.class),
            &*paused.why,
            Some(paused.since),
        ),
        PartState::Stopped(ended) => ("stopped", ended.class, &*ended.why, Some(ended.at)),
        _ if !part.is_ready => ("being-built", None, "", None),
        _ => ("stuck", None, "", part.stuck_since),
    };
    let is_reactor = part.part.starts_with("reactor ");
    html! {
        li {
            strong { (part.part) } ": " (words.say(state))
            @if let Some(at) = at { ", " (since(visitor, at)) }
            @if !why.is_empty() { br; span.cause { (why) } }
            br; span.advice { "→ " (words.say(advice(state, class, is_reactor))) }
        }
    }
}

fn advice(state: &str, class: Option<ErrorClass>, is_reactor: bool) -> &'static str {
    match (class, state) {
        (Some(ErrorClass::Passing), _) => "advice-passing",
        (Some(ErrorClass::Contended), _) => "advice-contended",
        (Some(ErrorClass::Newer), _) => "advice-newer",
        (Some(ErrorClass::Misconfigured), _) => "advice-misconfigured",
        (Some(ErrorClass::Damaged), _) => "advice-damaged",
        (Some(ErrorClass::Bug), _) => "advice-bug",
        (None, "stopped") => "advice-asked-to-stop",
        (None, "being-built") => "advice-being-built",
        _ if is_reactor => "advice-stuck-reactor",
        _ => "advice-stuck",
    }
}

/// Petitions due today, and late ones, that are counted.
const COUNTED_MAX: NonZeroU32 = NonZeroU32::new(10_000).expect("not 0");

/// What falls due today, and what is late.
async fn today(visitor: &Visitor) -> Markup {
    let (app, words) = (&visitor.app, visitor.words);
    let now = app.desk.now();
    let (due, late) = tokio::join!(
        app.desk.which_due_on(Date::in_seoul(now), COUNTED_MAX),
        app.desk.which_late_at(now, COUNTED_MAX)
    );
    let count =
        |answer: Result<Answer<Vec<ViewKey>>, QueryError>| match answer.map(|it| it.value.len()) {
            Ok(count) if count < COUNTED_MAX.get() as usize => count.to_string(),
            Ok(count) => format!("{count}+"),
            Err(error) => error.to_string(),
        };
    html! {
        dl.figures {
            div { dt { a href=(app.at("/work?list=due-today")) { (words.say("due-today")) } } dd { (count(due)) } }
            div { dt { a href=(app.at("/work?list=late")) { (words.say("late")) } } dd { (count(late)) } }
            div { dt { a href=(app.at("/letters/asks")) { (words.say("asks-open")) } } dd { (app.asks.open()) } }
        }
    }
}

/// How fast it went in the last minutes.
fn pace(app: &App, words: &Words) -> Markup {
    let samples = app.samples.all();
    let picture = |key: &str, value: fn(&Sample) -> u64, unit: &str| {
        let values: Vec<_> = samples.iter().map(value).collect();
        let last = values.last().copied().unwrap_or(0);
        html! {
            figure { figcaption { (words.say(key)) ": " strong { (last) } " " (unit) } (sparkline(&values, &words.say(key))) }
        }
    };
    html! {
        @if samples.is_empty() { p { (words.say("no-samples")) } } @else {
            div.pictures {
                (picture("pace-folded", |it| it.folded / PERIOD.as_secs(), "/s"))
                (picture("pace-handled", |it| it.handled / PERIOD.as_secs(), "/s"))
                (picture("pace-behind", |it| it.behind, "s"))
            }
        }
    }
}

fn parts(visitor: &Visitor, parts: &[PartHealth]) -> Markup {
    let (words, now) = (visitor.words, visitor.app.desk.now());
    html! {
        table {
            thead { tr { th { (words.say("part")) } th { (words.say("state")) } th { (words.say("since")) } } }
            tbody {
                @for part in parts {
                    @let (state, at) = match &part.state {
                        PartState::Paused(paused) => ("paused", Some(paused.since)),
                        PartState::Stopped(ended) => ("stopped", Some(ended.at)),
                        _ if !part.is_ready => ("being-built", None),
                        _ if !is_well(part, now) => ("stuck", part.stuck_since),
                        _ => ("running", None),
                    };
                    tr.wrong[!is_well(part, now)] {
                        th scope="row" { (part.part) }
                        td { (words.say(state)) }
                        td { @if let Some(at) = at { (since(visitor, at)) } }
                    }
                }
            }
        }
    }
}
