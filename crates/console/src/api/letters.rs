//! Dead letters: counted, listed, and one with all there is to know of it.

use axum::extract::Query;
use minwon::{
    ListPart, Timestamp,
    operator::api::{Decisions, Groups, LetterShown, Letters, Payload},
};
use serde::Deserialize;

use super::{Caller, Json};
use crate::{
    Failure,
    authentication::Role,
    page::ROWS,
    pages::letters::{Filter, Part, told},
    record::Deed,
};

/// Most decisions in one answer.
const DECISIONS_MAX: usize = 1_000;

pub(super) async fn groups(Caller(visitor): Caller) -> Result<Json<Groups>, Failure> {
    let groups = visitor.app.desk.letter_groups().await?.value;
    Ok(Json(groups.into_iter().collect()))
}

pub(super) async fn list(
    Caller(visitor): Caller,
    Query(filter): Query<Filter>,
    Query(part): Query<Part>,
) -> Result<Json<Letters>, Failure> {
    let (selection, rows) = (filter.selection()?, part.rows()?);
    let list = told(&visitor, &selection);
    visitor.record(Deed::LookedAtList { list }).await?;
    let page = visitor.app.desk.letters(&selection, &rows).await?.value;
    Ok(Json(Letters {
        letters: page.letters,
        next: page.next.map(|next| next.to_string()),
    }))
}

/// One letter; with the payload of its event for whoever may read that.
pub(super) async fn one(
    Caller(visitor): Caller,
    Query(filter): Query<Filter>,
) -> Result<Json<LetterShown>, Failure> {
    let desk = &visitor.app.desk;
    let (selection, part) = (filter.selection()?, ListPart::first(ROWS));
    let letters = desk.letters(&selection, &part).await?.value.letters;
    let letter = letters.first().ok_or(Failure::Missing("no-such-letter"))?;
    let detail = desk.letter(letter).await?;
    let may_read = visitor.operator.may(Role::Read);
    let deed = Deed::LookedAtEvent {
        position: detail.event.position,
        subject: detail.letter.event.subject.to_string(),
        payload: may_read,
    };
    visitor.record(deed).await?;
    Ok(Json(LetterShown::of(&detail, Payload::shown_if(may_read))))
}

#[derive(Deserialize)]
pub(super) struct Since {
    #[serde(default = "from_the_beginning")]
    since: Timestamp,
}

const fn from_the_beginning() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// What was decided since then, as far as one answer takes it.
pub(super) async fn decisions(
    Caller(visitor): Caller,
    Query(Since { since }): Query<Since>,
) -> Result<Json<Decisions>, Failure> {
    let list = format!("decisions since {}", since.in_seoul());
    visitor.record(Deed::LookedAtList { list }).await?;
    let decisions = visitor.app.desk.decisions(since).await?;
    let shown = decisions.iter().take(DECISIONS_MAX);
    Ok(Json(Decisions {
        decisions: shown.map(Into::into).collect(),
        left: decisions.len().saturating_sub(DECISIONS_MAX),
    }))
}
