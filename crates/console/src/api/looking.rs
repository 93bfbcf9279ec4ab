//! How everything is, and where a petition stands.

use axum::extract::{Path, Query};
use minwon::{
    Health, ListPart, PetitionId, QueryError,
    engine::{GlobalPosition, PartState, ProjectionName, Selection},
    foreign_text,
    operator::api::{KnownOf, LagLine, Lags, NamespaceLine, Payload, PetitionShown, Status},
    service::ServiceStatus,
};
use serde::Deserialize;

use super::{Caller, Json};
use crate::{Failure, authentication::Role, door::Visitor, page::ROWS, record::Deed};

/// Most read models that one question is about, beside those of every service.
const MODELS_MAX: usize = 64;

pub(super) async fn health(Caller(visitor): Caller) -> Json<Health> {
    Json(visitor.app.desk.health())
}

pub(super) async fn service(Caller(visitor): Caller) -> Json<ServiceStatus> {
    Json(visitor.app.desk.status())
}

/// The whole at a glance. What gives no answer is named, and the rest is told: it is asked for when something is
/// wrong.
pub(super) async fn status(Caller(visitor): Caller) -> Result<Json<Status>, Failure> {
    let (desk, mut no_answer) = (&visitor.app.desk, Vec::new());
    let end = async {
        let head = desk.head().await?;
        Ok::<_, minwon::StoreError>((head, desk.last_at(head).await?))
    };
    let (end, letters, lags) = tokio::join!(end, desk.letter_groups(), desk.lags(&[]));
    let end = answer("the log", end, &mut no_answer);
    let letters = answer("the dead letters", letters, &mut no_answer);
    let letters = letters.map(|answer| answer.value.values().sum::<u64>());
    let lags = answer("the read models", lags, &mut no_answer);
    let read_models = lags.map(|lags| lines(&visitor, &lags));
    let health = desk.health();
    let is_running = health
        .parts
        .iter()
        .all(|part| part.state == PartState::Running);
    let are_ready = read_models.iter().flatten().all(LagLine::is_ready);
    let well = health.live && health.ready && is_running && are_ready && letters == Some(0);
    let health = serde_json::to_value(health).map_err(|error| Failure::Fault(error.into()))?;
    Ok(Json(Status {
        store: None,
        head: end.map(|(head, _)| head),
        last_at: end.and_then(|(_, at)| at),
        namespaces: vec![NamespaceLine {
            namespace: desk.namespace().clone(),
            letters,
            listens_at: None,
        }],
        read_models,
        well: well && no_answer.is_empty(),
        health: Some(health),
        no_answer,
    }))
}

/// What is known, or else why nothing is.
fn answer<A, E: std::error::Error + 'static>(
    of: &str,
    answer: Result<A, E>,
    no_answer: &mut Vec<String>,
) -> Option<A> {
    let no = |error: &E| {
        let causes: Vec<_> = foreign_text::causes(error).collect();
        no_answer.push(format!("{of}: {}", causes.join(": ")));
    };
    answer.inspect_err(no).ok()
}

fn lines(
    visitor: &Visitor,
    lags: &[(ProjectionName, Option<minwon::engine::Lag>)],
) -> Vec<LagLine> {
    let namespace = visitor.app.desk.namespace();
    let line = |(name, lag): &(ProjectionName, Option<_>)| {
        LagLine::new(namespace.clone(), name.clone(), lag.as_ref())
    };
    lags.iter().map(line).collect()
}

#[derive(Deserialize)]
pub(super) struct Models {
    /// With commas between them.
    #[serde(default)]
    models: String,
}

pub(super) async fn lag(
    Caller(visitor): Caller,
    Query(Models { models }): Query<Models>,
) -> Result<Json<Lags>, Failure> {
    let malformed = Failure::Malformed("malformed-filter");
    let names = models.split(',').filter(|name| !name.is_empty());
    let names: Result<Vec<ProjectionName>, _> = names.map(str::parse).collect();
    let Some(names) = names.ok().filter(|names| names.len() <= MODELS_MAX) else {
        return Err(malformed);
    };
    let lags = visitor.app.desk.lags(&names).await;
    let lags = lags.map_err(|error| Failure::Fault(error.into()))?;
    let read_models = lines(&visitor, &lags);
    Ok(Json(Lags { read_models }))
}

#[derive(Deserialize)]
pub(super) struct WithPayload {
    #[serde(default)]
    pub(super) payload: bool,
}

impl WithPayload {
    /// # Errors
    /// Where they may not read payloads.
    pub(super) fn of(&self, visitor: &Visitor) -> Result<Payload, Failure> {
        if self.payload {
            visitor.needs(Role::Read)?;
        }
        Ok(Payload::shown_if(self.payload))
    }
}

pub(super) async fn petition(
    Caller(visitor): Caller,
    Path(id): Path<String>,
    Query(with): Query<WithPayload>,
) -> Result<Json<PetitionShown>, Failure> {
    let desk = &visitor.app.desk;
    let id = PetitionId::new(id).map_err(|_| Failure::Missing("no-such-petition"))?;
    let payload = with.of(&visitor)?;
    let deed = Deed::LookedAtPetition {
        petition: id.clone(),
        payload: with.payload,
    };
    visitor.record(deed).await?;
    let (selection, part) = (Selection::Subject(id.clone()), ListPart::first(ROWS));
    let (events, known, letters) = tokio::join!(
        desk.log_of(&id),
        desk.petition(&id),
        desk.letters(&selection, &part),
    );
    let events = events?;
    let last = events.last().map(|event| event.position);
    let last = last.ok_or(Failure::Missing("no-such-petition"))?;
    let as_of_now = (desk.calendar(), desk.now());
    let (read, book) = (|event: &_| desk.read(event), &visitor.words.book);
    let mut shown = PetitionShown::of(id, &events, read, as_of_now, book, payload);
    shown.letters = letters?.value.letters;
    shown.read_model = Some(known_of(known.map(|known| known.as_of.position), last));
    Ok(Json(shown))
}

/// What the read model knows of a petition whose last event is at `last`.
fn known_of(as_of: Result<GlobalPosition, QueryError>, last: GlobalPosition) -> KnownOf {
    match as_of {
        Ok(as_of) => KnownOf::AsOf {
            as_of,
            is_up_to_date: as_of >= last,
        },
        Err(error) => {
            let causes: Vec<_> = foreign_text::causes(&error).collect();
            let no_answer = causes.join(": ");
            KnownOf::NoAnswer { no_answer }
        }
    }
}
