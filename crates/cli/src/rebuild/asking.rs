//! The generations of a read model of a service that runs, over the API of its console: it builds beside what
//! answers, and goes over by itself.

use std::time::Duration;

use minwon::{
    engine::ProjectionName,
    operator::api::{GenerationShown, PlanShown, ReadModelShown, Role, WorkShown, WorkStep},
};
use serde_json::json;

use super::{Rebuilding, Task, table};
use crate::{
    failure::{Failure, Found, Usage},
    output::Out,
    progress::Progress,
    service::{Client, Fields, encoded},
};

/// How long it is waited until it is asked again how far something is.
pub(crate) const LOOK_WAIT: Duration = Duration::from_millis(500);

pub(crate) async fn ask(client: &Client, rebuild: &Rebuilding, out: Out) -> Result<Found, Failure> {
    let reason = rebuild.reason.as_deref().unwrap_or_default();
    let task = rebuild.task.as_ref().unwrap_or(&Task::List);
    let needs_reason = matches!(task, Task::RollBack | Task::Start { despite_held: true });
    if needs_reason && reason.trim().is_empty() {
        return Err(Usage::new("this stands on record with why: write --reason").into());
    }
    let model = look(client, &rebuild.model).await?;
    let none = |what: &str| format!("{} has no generation {what}", model.read_model);
    let model = match task {
        Task::List => model,
        Task::Start { despite_held } => {
            start(client, rebuild, model, *despite_held, reason).await?
        }
        Task::Stop => {
            let next = model.with_role(Role::Next);
            let next = next.ok_or_else(|| none("that is being built"))?;
            tend(client, &model, "stop-build", next, reason).await?
        }
        Task::RollBack => {
            let before = model.with_role(Role::AnsweredBefore);
            let before = before.ok_or_else(|| none("that answered before"))?;
            rebuild.confirm(&format!(
                "Have {} of {} answer again?",
                before.generation, model.read_model
            ))?;
            tend(client, &model, "roll-back", before, reason).await?
        }
        Task::Retire { generation } => {
            let mut generations = model.generations.iter();
            let it = generations.find(|it| it.generation == *generation);
            let it = it.ok_or_else(|| none("with this number"))?;
            rebuild.confirm(&format!(
                "Remove {generation} of {} with all that it holds?",
                model.read_model
            ))?;
            tend(client, &model, "retire", it, reason).await?
        }
    };
    let generations = model.generations.iter();
    let row = |it: &GenerationShown| (it.generation, it.schema, it.slices, it.role);
    out.print(
        || json!(model),
        || table(&model.read_model, generations.map(row)),
    )?;
    Ok(Found::well_if(!model.generations.is_empty()))
}

/// Builds the next generation, or goes on with the one that was begun, and has it answer.
async fn start(
    client: &Client,
    rebuild: &Rebuilding,
    model: ReadModelShown,
    despite_held: bool,
    reason: &str,
) -> Result<ReadModelShown, Failure> {
    let name = model.read_model.clone();
    let answering = model.with_role(Role::Answers);
    let answering = answering
        .ok_or_else(|| format!("{name} was never built; its service does that by itself"))?;
    let is_on = |it: &GenerationShown| {
        let build = it.build.as_ref();
        build.is_some_and(|it| !it.is_over() || it.step == WorkStep::Done)
    };
    let mut now = match model.with_role(Role::Next) {
        Some(next) if is_on(next) => model,
        Some(next) => {
            let number = next.generation;
            rebuild.confirm(&format!(
                "Go on with generation {number} of {name}, and have that answer?"
            ))?;
            tend(client, &model, "resume", next, reason).await?
        }
        None => {
            let plan = format!("/read-models/{}/plan", encoded(model.projection.as_str()));
            let plan: PlanShown = client.get(&plan, &Fields::new()).await?;
            let events = plan.events;
            let about = if plan.is_counted { "" } else { "about " };
            let time = plan
                .seconds
                .map_or_else(String::new, |it| format!(", in about {it:.0} s"));
            rebuild.confirm(&format!(
                "Fold {about}{events} events into {name} anew{time}, and have that answer?"
            ))?;
            tend(client, &model, "rebuild", answering, reason).await?
        }
    };
    let progress = Progress::new();
    let built = loop {
        let next = now.with_role(Role::Next).cloned();
        let next =
            next.ok_or("the generation that was built is gone; look again with `minwon rebuild`")?;
        let work = next.build.as_ref();
        let work =
            work.ok_or("the service was started anew meanwhile; the same command goes on")?;
        match work.step {
            WorkStep::Done => break next,
            _ if work.is_over() => {
                let (number, why) = (
                    next.generation,
                    work.why.as_deref().unwrap_or("somebody stopped it"),
                );
                return Err(format!(
                    "generation {number} is not built to its end: {why}; the one before still answers, the same \
                     command goes on, and `minwon rebuild retire {number}` removes it"
                )
                .into());
            }
            _ => tell(&progress, "built", work),
        }
        tokio::time::sleep(LOOK_WAIT).await;
        now = look(client, &rebuild.model).await?;
    };
    let act = if despite_held {
        "promote-despite-held"
    } else {
        "promote"
    };
    tend(client, &now, act, &built, reason).await
}

/// How a read model is.
pub(crate) async fn look(
    client: &Client,
    model: &ProjectionName,
) -> Result<ReadModelShown, Failure> {
    let to = format!("/read-models/{}", encoded(model.as_str()));
    client.get(&to, &Fields::new()).await
}

/// Has something done about a generation, unless another answers than was seen.
pub(crate) async fn tend(
    client: &Client,
    seen: &ReadModelShown,
    act: &str,
    generation: &GenerationShown,
    reason: &str,
) -> Result<ReadModelShown, Failure> {
    let answering = seen.with_role(Role::Answers).map(|it| it.generation);
    let body = json!({
        "act": act,
        "model": seen.projection,
        "generation": generation.generation,
        "answering": answering.unwrap_or_default(),
        "reason": reason,
    });
    client.post("/read-models", &body).await
}

/// Tells how far it is.
pub(crate) fn tell(progress: &Progress, what: &str, work: &WorkShown) {
    let (events, position) = (work.folded_events, work.position);
    let target = work
        .target
        .map_or_else(String::new, |it| format!(" of {it}"));
    let left = work
        .seconds_left
        .map_or_else(String::new, |it| format!(", about {it:.0} s left"));
    let why = work
        .why
        .as_deref()
        .map_or_else(String::new, |why| format!("; it waits: {why}"));
    progress.show(format_args!(
        "{what} {events} events, up to {position}{target}{left}{why}"
    ));
}
