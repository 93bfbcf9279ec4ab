//! The whole at a glance.

use std::path::PathBuf;

use minwon::{
    ActorId, NamespaceName, Store, SystemClock, Timestamp,
    engine::{DeadLetters, EventFilter, EventStore as _, GlobalPosition},
    operator::api::{LagLine, NamespaceLine, Status},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Found},
    lag,
    output::Out,
    place::Place,
    table::Table,
};

pub(crate) async fn run(place: &Place, out: Out) -> Result<Found, Failure> {
    let store = place.url.to_string();
    show(&store, &of(place, &store).await?, out)
}

/// Shows what a store or a service says.
pub(crate) fn show(of: &str, status: &Status, out: Out) -> Result<Found, Failure> {
    out.print(|| json!(status), || text(of, status))?;
    Ok(Found::well_if(status.well))
}

async fn of(place: &Place, store: &str) -> Result<Status, Failure> {
    let head = place.store.head().await?;
    let mut namespaces = Vec::new();
    let mut lags = place.read_models.as_ref().map(|_| Vec::new());
    for name in place.namespaces().await? {
        if let (Some(read_models), Some(lags)) = (&place.read_models, &mut lags) {
            lags.extend(lag::measure(place, read_models, &name, &[]).await?);
        }
        let letters = DeadLetters::new(name.clone(), place.store.clone(), SystemClock);
        let groups = letters.operator(ActorId::new("status")?).groups().await?;
        namespaces.push(NamespaceLine {
            letters: Some(groups.values().sum()),
            listens_at: socket(&place.store, &name),
            namespace: name,
        });
    }
    let mut models = lags.iter().flatten();
    let well = models.all(LagLine::is_ready) && namespaces.iter().all(|it| it.letters == Some(0));
    Ok(Status {
        store: Some(store.to_owned()),
        head: Some(head),
        last_at: last_at(&place.store, head).await?,
        namespaces,
        read_models: lags,
        well,
        health: None,
        no_answer: Vec::new(),
    })
}

fn text(of: &str, status: &Status) -> String {
    let last_at = status.last_at.map(|at| format!(", of {}", at.in_seoul()));
    let last_at = last_at.unwrap_or_default();
    let mut text = match status.head {
        Some(head) => format!("{of}: the last event is at position {head}{last_at}.\n\n"),
        None => format!("{of}: the log gives no answer.\n\n"),
    };
    for trouble in &status.no_answer {
        text += &format!("No answer from {trouble}\n");
    }
    text += &status.health.as_ref().map_or_else(String::new, health);
    let mut table = Table::new(["NAMESPACE", "LETTERS", "LISTENS FOR OPERATORS AT"]);
    for it in &status.namespaces {
        let letters = it
            .letters
            .map_or_else(|| "?".to_owned(), |letters| letters.to_string());
        let at = it.listens_at.as_ref();
        let at = at.map_or_else(|| "-".to_owned(), |at| at.display().to_string());
        table.row([it.namespace.to_string(), letters, at]);
    }
    text += &table.or("There is no namespace.");
    text.push('\n');
    match &status.read_models {
        Some(lags) => text += &lag::table(lags),
        None if status.health.is_some() => {}
        None => text += "The read models were not looked at; write --redis redis://HOST:PORT.",
    }
    text
}

/// How a service says that it is, as far as people want to know.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ServiceHealth {
    live: bool,
    ready: bool,
    parts: Vec<Part>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    part: String,
    state: String,
    why: String,
}

fn health(health: &Value) -> String {
    let health = ServiceHealth::deserialize(health).unwrap_or_default();
    let mut text = match (health.live, health.ready) {
        (false, _) => "The service is broken and has to be started again.\n",
        (true, false) => "The service does not do all of its work.\n",
        (true, true) => "The service does all of its work.\n",
    }
    .to_owned();
    for part in health.parts.iter().filter(|part| part.state != "running") {
        text += &format!("  {} has {}: {}\n", part.part, part.state, part.why);
    }
    text.push('\n');
    text
}

/// When the event at the end of a file was recorded.
async fn last_at(store: &Store, head: GlobalPosition) -> Result<Option<Timestamp>, Failure> {
    let (Store::Sqlite(_), Some(before)) = (store, head.commit().checked_sub(1)) else {
        return Ok(None);
    };
    let (all, one) = (EventFilter::all(), std::num::NonZeroU32::MIN);
    let page = store.read_all(GlobalPosition::new(before), &all, one).await;
    Ok(page?.events.first().map(|event| event.recorded_at))
}

/// Where the service of a namespace listens, if one does.
#[cfg(unix)]
fn socket(store: &Store, namespace: &NamespaceName) -> Option<PathBuf> {
    use minwon::operator::{OperatorClient, socket_beside};
    let Store::Sqlite(file) = store else {
        return None;
    };
    let socket = socket_beside(file.path(), namespace);
    OperatorClient::connect(&socket).is_ok().then_some(socket)
}

#[cfg(not(unix))]
fn socket(_: &Store, _: &NamespaceName) -> Option<PathBuf> {
    None
}
