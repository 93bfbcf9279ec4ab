//! What operators ask to be done about letters: shown first, confirmed, approved of, and followed.

use std::{collections::BTreeSet, num::NonZeroU32, sync::Arc};

use axum::{
    extract::{Path, Query},
    response::Redirect,
};
use maud::{Markup, html};
use minwon::{
    QueryError,
    engine::{Letter, REASON_BYTES_MAX, ViewKey},
    petitions::Date,
};
use serde::Deserialize;

use super::letters::{Filter, rows, told};
use crate::{
    App, Failure,
    asks::{Act, Ask, AskState, End, NewAsk, Progress, carry_out},
    authentication::Role,
    door::{Nothing, Posted, Visitor},
    page::{self, secret, since},
    record::Deed,
};

/// Letters of a selection that are shown before it is confirmed; the others are counted.
const SHOWN: usize = 20;

/// Petitions due today, and late ones, that letters are compared with.
const DUE_MAX: NonZeroU32 = NonZeroU32::new(10_000).expect("not 0");

#[derive(Deserialize)]
pub(crate) struct Wanted {
    act: Act,
}

/// What would be done, before it is.
pub(crate) async fn preview(
    visitor: Visitor,
    Query(Wanted { act }): Query<Wanted>,
    Query(filter): Query<Filter>,
) -> Result<Markup, Failure> {
    visitor.needs(Role::Mend)?;
    let words = visitor.words;
    let selection = filter.selection()?;
    let letters = visitor.app.desk.meant(&selection).await?;
    if letters.is_empty() {
        return Err(Failure::Missing("no-letters"));
    }
    let petitions: BTreeSet<_> = letters.iter().map(|it| it.event.subject.as_str()).collect();
    let due = due_today(&visitor, &petitions).await;
    let is_approved = act.gives_up() && visitor.app.four_eyes;
    let body = html! {
        p.headline {
            (words.count("preview-letters", letters.len() as u64)) " "
            (words.count("preview-petitions", petitions.len() as u64)) " "
            @match due {
                Ok((due, is_all)) => {
                    (words.count(if is_all { "preview-due" } else { "preview-due-at-least" }, due))
                }
                Err(_) => { (words.say("preview-due-unknown")) }
            }
        }
        p { (told(&visitor, &selection)) }
        p.advice { (words.say(match act {
            Act::Retry => "retry-means",
            Act::Skip => "skip-means",
            Act::Compensate => "compensate-means",
        })) }
        @if is_approved { p { (words.say("needs-approval")) } }
        form.stacked method="post" action=(visitor.app.at("/letters/ask")) {
            (secret(&visitor))
            @for (name, value) in filter.fields() { input type="hidden" name=(name) value=(value); }
            input type="hidden" name="act" value=(act.name());
            // Nothing is done to what comes in meanwhile.
            input type="hidden" name="count" value=(letters.len());
            input type="hidden" name="until" value=(last_since(&letters));
            label for="reason" { (words.say("reason")) }
            textarea #reason name="reason" rows="2" maxlength=(REASON_BYTES_MAX) required[act.gives_up()] autofocus {}
            button.wrong[act.gives_up()] { (words.say(act.key())) ": " (words.count("letters-count", letters.len() as u64)) }
            a href=(visitor.app.at("/letters")) { (words.say("leave-it")) }
        }
        (rows(&visitor, &letters[..letters.len().min(SHOWN)]))
        @if letters.len() > SHOWN { p { (words.count("more-letters", (letters.len() - SHOWN) as u64)) } }
    };
    Ok(page::page(&visitor, &words.say(act.key()), &body))
}

/// How many of these petitions are due today or late, and whether all that are were looked at.
async fn due_today(
    visitor: &Visitor,
    petitions: &BTreeSet<&str>,
) -> Result<(u64, bool), QueryError> {
    let desk = &visitor.app.desk;
    let now = desk.now();
    let (due, late) = tokio::try_join!(
        desk.which_due_on(Date::in_seoul(now), DUE_MAX),
        desk.which_late_at(now, DUE_MAX)
    )?;
    let is_all = [&due, &late].map(|it| it.value.len() < DUE_MAX.get() as usize) == [true; 2];
    let keys = due.value.iter().chain(&late.value).map(ViewKey::as_str);
    let found: BTreeSet<_> = keys.filter(|key| petitions.contains(key)).collect();
    Ok((found.len() as u64, is_all))
}

#[derive(Deserialize)]
pub(crate) struct NewForm {
    act: Act,
    /// How many letters were shown, and when the last of them had become one.
    count: String,
    until: String,
    #[serde(default)]
    reason: String,
    #[serde(flatten)]
    filter: Filter,
}

/// Takes what is asked for, and does it where nobody has to approve of it.
pub(crate) async fn ask(Posted(visitor, form): Posted<NewForm>) -> Result<Redirect, Failure> {
    let malformed = |_| Failure::Malformed("malformed-form");
    let asked = Asked {
        act: form.act,
        count: form.count.parse().map_err(malformed)?,
        until: form.until.parse().map_err(malformed)?,
        reason: form.reason,
        filter: form.filter,
    };
    let number = asked.take(&visitor).await?;
    Ok(Redirect::to(
        &visitor.app.at(&format!("/letters/asks/{number}")),
    ))
}

/// Something that is asked for, as it was shown.
#[derive(Deserialize)]
pub(crate) struct Asked {
    pub(crate) act: Act,
    /// How many letters were shown, and when the last of them had become one.
    pub(crate) count: usize,
    pub(crate) until: i64,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(flatten)]
    pub(crate) filter: Filter,
}

impl Asked {
    /// Takes it, in the name of this visitor; its number.
    pub(crate) async fn take(self, visitor: &Visitor) -> Result<u64, Failure> {
        visitor.needs(Role::Mend)?;
        let app = &visitor.app;
        let (selection, reason) = (self.filter.selection()?, self.reason.trim().to_owned());
        if self.act.gives_up() && reason.is_empty() {
            return Err(Failure::Malformed("no-reason"));
        }
        if reason.len() > REASON_BYTES_MAX {
            return Err(Failure::Malformed("reason-too-long"));
        }
        let mut letters = app.desk.meant(&selection).await?;
        letters.retain(|letter| letter.since.unix_micros() <= self.until);
        if letters.is_empty() {
            return Err(Failure::Missing("no-letters"));
        }
        // Some of those that were shown may be gone; others are not done with them.
        if letters.len() > self.count {
            return Err(Failure::Malformed("letters-changed"));
        }
        let number = app.asks.number();
        visitor
            .record(Deed::Asked {
                ask: number,
                act: self.act.name(),
                letters: told(visitor, &selection),
                count: letters.len(),
                reason: reason.clone(),
            })
            .await?;
        let new = NewAsk {
            act: self.act,
            selection,
            letters,
            by: visitor.operator.id.clone(),
            at: app.desk.now(),
            reason,
        };
        app.asks.put(number, new, AskState::Waits)?;
        if !self.act.gives_up() {
            begin(app, number)?;
        } else if !app.four_eyes {
            begin_after_grace(app, number);
        }
        Ok(number)
    }
}

/// When the last of these letters became one, in microseconds.
pub(crate) fn last_since(letters: &[Letter]) -> i64 {
    let since = letters.iter().map(|letter| letter.since.unix_micros());
    since.max().unwrap_or(i64::MIN)
}

fn begin(app: &Arc<App>, number: u64) -> Result<(), Failure> {
    let ask = app.asks.decide(number, AskState::Runs(Progress::default()));
    let ask = ask.ok_or(Failure::Missing("ask-is-decided"))?;
    carry_out(app, ask);
    Ok(())
}

/// Begins once the time is over in which it can be taken back.
fn begin_after_grace(app: &Arc<App>, number: u64) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        if !app.grace.is_zero() {
            app.desk.sleep(app.grace).await;
        }
        // Unless it was taken back.
        let _ = begin(&app, number);
    });
}

pub(crate) fn find(visitor: &Visitor, number: u64) -> Result<Ask, Failure> {
    visitor
        .app
        .asks
        .get(number)
        .ok_or(Failure::Missing("no-such-ask"))
}

pub(crate) async fn approve(
    Path(number): Path<u64>,
    Posted(visitor, Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Failure> {
    Decision::Approve.make(&visitor, number).await
}

pub(crate) async fn turn_down(
    Path(number): Path<u64>,
    Posted(visitor, Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Failure> {
    Decision::TurnDown.make(&visitor, number).await
}

pub(crate) async fn stop(
    Path(number): Path<u64>,
    Posted(visitor, Nothing {}): Posted<Nothing>,
) -> Result<Redirect, Failure> {
    Decision::Stop.make(&visitor, number).await
}

/// What is decided about something that was asked for.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Decision {
    /// Somebody else than who asked lets it be done.
    Approve,
    /// Whoever may approve turns it down, and who asked takes it back.
    TurnDown,
    /// Nothing more is begun of it.
    Stop,
}

impl Decision {
    /// Makes it in the name of this visitor, who is led to how far it is.
    async fn make(self, visitor: &Visitor, number: u64) -> Result<Redirect, Failure> {
        self.carry_out(visitor, number).await?;
        let to = format!("/letters/asks/{number}");
        Ok(Redirect::to(&visitor.app.at(&to)))
    }

    /// Makes it in the name of this visitor.
    pub(crate) async fn carry_out(self, visitor: &Visitor, ask: u64) -> Result<(), Failure> {
        if let Self::Stop = self {
            visitor.needs(Role::Mend)?;
        }
        if let Self::Approve = self {
            visitor.needs(Role::Approve)?;
        }
        let (app, found) = (&visitor.app, find(visitor, ask)?);
        let is_own = found.by == visitor.operator.id;
        match self {
            Self::Approve => {
                if is_own || !app.four_eyes {
                    return Err(Failure::Malformed("own-ask"));
                }
                if found.state != AskState::Waits {
                    return Err(Failure::Missing("ask-is-decided"));
                }
                visitor.record(Deed::Approved { ask }).await?;
                begin(app, ask)
            }
            Self::TurnDown => {
                if !is_own {
                    visitor.needs(Role::Approve)?;
                }
                visitor.record(Deed::TurnedDown { ask }).await?;
                let by = visitor.operator.id.clone();
                let down = app.asks.decide(ask, AskState::TurnedDown(by));
                down.map(drop).ok_or(Failure::Missing("ask-is-decided"))
            }
            Self::Stop => {
                visitor.record(Deed::Stopped { ask }).await?;
                found.stop();
                Ok(())
            }
        }
    }
}

/// All that was asked for since the service was started.
pub(crate) async fn all(visitor: Visitor) -> Result<Markup, Failure> {
    let words = visitor.words;
    let asks = visitor.app.asks.all();
    let body = html! {
        @if asks.is_empty() { p { (words.say("no-asks")) } } @else {
            table {
                thead { tr {
                    th.number { "#" } th { (words.say("act")) } th { (words.say("letters")) }
                    th { (words.say("by")) } th { (words.say("since")) } th { (words.say("state")) }
                } }
                tbody {
                    @for ask in &asks {
                        tr {
                            td.number { a href={ (visitor.app.at("/letters/asks/")) (ask.number) } { (ask.number) } }
                            td { (words.say(ask.act.key())) }
                            td { (told(&visitor, &ask.selection)) " (" (ask.letters.len()) ")" }
                            td { (ask.by) }
                            td { (since(&visitor, ask.at)) }
                            td { (state(&visitor, ask)) }
                        }
                    }
                }
            }
        }
    };
    Ok(page::page(&visitor, &words.say("asks"), &body))
}

/// How far one is.
pub(crate) async fn page(visitor: Visitor, Path(number): Path<u64>) -> Result<Markup, Failure> {
    let words = visitor.words;
    let ask = find(&visitor, number)?;
    let shown: &[Letter] = &ask.letters[..ask.letters.len().min(SHOWN)];
    let button = |act: &str, key: &str| {
        html! {
            form method="post" action={ (visitor.app.at("/letters/asks/")) (number) "/" (act) } {
                (secret(&visitor)) button { (words.say(key)) }
            }
        }
    };
    let is_own = ask.by == visitor.operator.id;
    let goes_on = match ask.state {
        AskState::Runs(_) => true,
        AskState::Waits => !visitor.app.four_eyes,
        _ => false,
    };
    let body = html! {
        section #progress data-refresh=[goes_on.then_some("1")] aria-live="polite" {
            p.headline { (state(&visitor, &ask)) }
            @if let AskState::Runs(progress) | AskState::Over(progress, _) = &ask.state {
                progress aria-label=(words.say(ask.act.key())) max=(ask.letters.len()) value=(progress.gone) { (progress.gone) "/" (ask.letters.len()) }
                @if progress.failed > 0 { p.wrong { (words.count("failed-again", progress.failed as u64)) } }
                @if let Some(error) = &progress.error { p.cause { (error) } }
            }
        }
        @match &ask.state {
            AskState::Waits => {
                @if visitor.app.four_eyes && !is_own && visitor.operator.may(Role::Approve) { (button("approve", "approve")) }
                @if is_own || visitor.operator.may(Role::Approve) {
                    (button("turn-down", if is_own { "take-back" } else { "turn-down" }))
                }
            }
            AskState::Runs(_) if visitor.operator.may(Role::Mend) => { (button("stop", "stop")) }
            _ => {}
        }
        dl.facts {
            div { dt { (words.say("by")) } dd { (ask.by) } }
            div { dt { (words.say("since")) } dd { (since(&visitor, ask.at)) } }
            div { dt { (words.say("letters")) } dd { (told(&visitor, &ask.selection)) " (" (ask.letters.len()) ")" } }
            @if !ask.reason.is_empty() { div { dt { (words.say("reason")) } dd { (ask.reason) } } }
        }
        (rows(&visitor, shown))
    };
    let title = format!("{} #{number}", words.say(ask.act.key()));
    Ok(page::page(&visitor, &title, &body))
}

fn state(visitor: &Visitor, ask: &Ask) -> Markup {
    let words = visitor.words;
    let all = ask.letters.len();
    html! {
        @match &ask.state {
            AskState::Waits if visitor.app.four_eyes => { (words.say("ask-waits")) }
            AskState::Waits => { (words.count("ask-begins", visitor.app.grace.as_secs())) }
            AskState::Runs(progress) => { (words.say("ask-runs")) " · " (progress.gone) "/" (all) }
            AskState::Over(progress, end) => {
                (words.say(match end {
                    End::Done => "ask-done",
                    End::Stopped => "ask-stopped",
                    End::Failed => "ask-failed",
                })) " · " (progress.gone) "/" (all)
            }
            AskState::TurnedDown(by) => { (words.say("ask-turned-down")) " · " (by) }
        }
    }
}
