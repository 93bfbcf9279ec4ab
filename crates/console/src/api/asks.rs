//! What is asked to be done about letters: shown first, asked for, decided, and followed.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{Path, Query},
};
use minwon::{
    ActorId,
    engine::Letter,
    operator::api::{AskLetter, AskLetters, AskList, AskShown, AskStep, Preview},
};
use serde::Deserialize;

use super::{Caller, Json};
use crate::{
    Failure,
    asks::{Act, Ask, AskState, End, portions},
    authentication::Role,
    door::Visitor,
    pages::{
        asks::{Asked, Decision, find, last_since},
        letters::{Filter, told},
    },
    record::Deed,
};

/// Letters that are shown before something is asked for; the others are counted.
const SHOWN: usize = 200;

/// Letters in one part of those of an ask.
const LETTERS: usize = 200;

/// Longest that an answer waits for a change. Unit: seconds.
const WAIT_MAX: u64 = 30;

#[derive(Deserialize)]
pub(super) struct Meant {
    act: Act,
}

/// What would be done, before it is.
pub(super) async fn preview(
    Caller(visitor): Caller,
    Query(Meant { act }): Query<Meant>,
    Query(filter): Query<Filter>,
) -> Result<Json<Preview>, Failure> {
    visitor.needs(Role::Mend)?;
    let selection = filter.selection()?;
    let list = told(&visitor, &selection);
    visitor.record(Deed::LookedAtList { list }).await?;
    let letters = visitor.app.desk.meant(&selection).await?;
    let shown = &letters[..letters.len().min(SHOWN)];
    let portions = match act {
        Act::Retry => portions(shown),
        Act::Skip | Act::Compensate => shown.chunks(1).collect(),
    };
    Ok(Json(Preview {
        portions: portions.into_iter().map(<[Letter]>::to_vec).collect(),
        left: letters.len() - shown.len(),
        count: letters.len(),
        until: last_since(&letters),
        needs_approval: act.gives_up() && visitor.app.four_eyes,
        grace_seconds: if act.gives_up() {
            visitor.app.grace.as_secs()
        } else {
            0
        },
    }))
}

/// What is asked for, and by whom it is meant to be.
#[derive(Deserialize)]
struct NewAsk {
    /// Whoever asks for it in another's name is refused.
    by: Option<ActorId>,
    #[serde(flatten)]
    asked: Asked,
}

/// Takes what is asked for, and does it where nobody has to approve of it.
pub(super) async fn ask(Caller(visitor): Caller, body: Bytes) -> Result<Json<AskShown>, Failure> {
    let ask: NewAsk =
        serde_json::from_slice(&body).map_err(|_| Failure::Malformed("malformed-request"))?;
    if ask.by.is_some_and(|by| by != visitor.operator.id) {
        return Err(Failure::Malformed("other-operator"));
    }
    let number = ask.asked.take(&visitor).await?;
    Ok(Json(shown(&visitor, &find(&visitor, number)?)))
}

pub(super) async fn all(Caller(visitor): Caller) -> Json<AskList> {
    let asks = visitor.app.asks.all();
    let asks = asks.iter().map(|ask| shown(&visitor, ask)).collect();
    Json(AskList { asks })
}

/// How long to wait for it to be further than it was.
#[derive(Deserialize)]
pub(super) struct Wait {
    /// Unit: seconds.
    #[serde(default)]
    wait: u64,
    /// How many of its letters had been tried; it is waited for more of them, and for another state.
    #[serde(default)]
    tried: usize,
    /// Whether it had begun.
    #[serde(default)]
    begun: bool,
}

/// How far it is; answered once it is further than `wait` says, or after a while.
pub(super) async fn one(
    Caller(visitor): Caller,
    Path(number): Path<u64>,
    Query(wait): Query<Wait>,
) -> Result<Json<AskShown>, Failure> {
    let app = &visitor.app;
    let mut changes = app.asks.changes();
    let is_further = |ask: &AskShown| match ask.state {
        AskStep::Waits => false,
        AskStep::Runs => !wait.begun || ask.gone + ask.failed > wait.tried,
        _ => true,
    };
    let mut ask = shown(&visitor, &find(&visitor, number)?);
    if wait.wait > 0 && !is_further(&ask) {
        let place = app.waits.try_acquire();
        let _place = place.map_err(|_| Failure::TooMany("too-many-waits"))?;
        let over = app.desk.sleep(Duration::from_secs(wait.wait.min(WAIT_MAX)));
        tokio::pin!(over);
        while !is_further(&ask) {
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { break },
                () = &mut over => break,
            }
            ask = shown(&visitor, &find(&visitor, number)?);
        }
    }
    Ok(Json(ask))
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    after: usize,
}

/// Its letters, and what became of each.
pub(super) async fn letters(
    Caller(visitor): Caller,
    Path(number): Path<u64>,
    Query(After { after }): Query<After>,
) -> Result<Json<AskLetters>, Failure> {
    let ask = find(&visitor, number)?;
    let list = told(&visitor, &ask.selection);
    visitor.record(Deed::LookedAtList { list }).await?;
    let part = ask.letters.iter().enumerate().skip(after).take(LETTERS);
    let line = |(at, letter): (usize, &Letter)| AskLetter {
        letter: letter.into(),
        outcome: ask.outcome(at),
    };
    let end = after.saturating_add(LETTERS);
    Ok(Json(AskLetters {
        letters: part.map(line).collect(),
        next: (end < ask.letters.len()).then_some(end),
    }))
}

/// Approves of it, turns it down or takes it back, or stops it.
pub(super) async fn decide(
    Caller(visitor): Caller,
    Path((number, decision)): Path<(u64, Decision)>,
) -> Result<Json<AskShown>, Failure> {
    decision.carry_out(&visitor, number).await?;
    Ok(Json(shown(&visitor, &find(&visitor, number)?)))
}

fn shown(visitor: &Visitor, ask: &Ask) -> AskShown {
    let (state, progress) = match &ask.state {
        AskState::Waits => (AskStep::Waits, None),
        AskState::Runs(progress) => (AskStep::Runs, Some(progress)),
        AskState::Over(progress, End::Done) => (AskStep::Done, Some(progress)),
        AskState::Over(progress, End::Stopped) => (AskStep::Stopped, Some(progress)),
        AskState::Over(progress, End::Failed) => (AskStep::Failed, Some(progress)),
        AskState::TurnedDown(_) => (AskStep::TurnedDown, None),
    };
    AskShown {
        ask: ask.number,
        act: ask.act.name().to_owned(),
        of: told(visitor, &ask.selection),
        count: ask.letters.len(),
        by: ask.by.clone(),
        at: ask.at,
        reason: ask.reason.clone(),
        state,
        needs_approval: ask.act.gives_up() && visitor.app.four_eyes,
        gone: progress.map_or(0, |it| it.gone),
        failed: progress.map_or(0, |it| it.failed),
        error: progress.and_then(|it| it.error.clone()),
        turned_down_by: match &ask.state {
            AskState::TurnedDown(by) => Some(by.clone()),
            _ => None,
        },
    }
}
