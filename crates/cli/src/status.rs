//! The whole at a glance.

use std::path::PathBuf;

use minwon::{
    ActorId, NamespaceName, Store, SystemClock, Timestamp,
    engine::{DeadLetters, EventFilter, EventStore as _, GlobalPosition},
};
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Found},
    lag::{self, ModelLag},
    output::Out,
    place::Place,
    table::Table,
};

/// What is known of a store.
struct Status {
    store: String,
    head: GlobalPosition,
    /// When the last event was recorded; none of an empty log, and of a server.
    last_at: Option<Timestamp>,
    namespaces: Vec<NamespaceStatus>,
    /// None where nobody said where the read models are.
    read_models: Option<Vec<ModelLag>>,
}

struct NamespaceStatus {
    name: NamespaceName,
    letters: u64,
    /// Where its service listens for operators.
    listens_at: Option<PathBuf>,
}

pub(crate) async fn run(place: &Place, out: Out) -> Result<Found, Failure> {
    let status = Status::of(place).await?;
    out.print(|| status.json(), || status.text())?;
    Ok(Found::well_if(status.is_well()))
}

impl Status {
    async fn of(place: &Place) -> Result<Self, Failure> {
        let head = place.store.head().await?;
        let mut namespaces = Vec::new();
        let mut lags = place.read_models.as_ref().map(|_| Vec::new());
        for name in place.namespaces().await? {
            if let (Some(read_models), Some(lags)) = (&place.read_models, &mut lags) {
                lags.extend(lag::measure(place, read_models, &name, &[]).await?);
            }
            let letters = DeadLetters::new(name.clone(), place.store.clone(), SystemClock);
            let groups = letters.operator(ActorId::new("status")?).groups().await?;
            namespaces.push(NamespaceStatus {
                letters: groups.values().sum(),
                listens_at: socket(&place.store, &name),
                name,
            });
        }
        Ok(Self {
            store: place.url.to_string(),
            head,
            last_at: last_at(&place.store, head).await?,
            namespaces,
            read_models: lags,
        })
    }

    fn is_well(&self) -> bool {
        let mut lags = self.read_models.iter().flatten();
        lags.all(ModelLag::is_ready) && self.namespaces.iter().all(|it| it.letters == 0)
    }

    fn json(&self) -> Value {
        let namespace = |it: &NamespaceStatus| json!({ "namespace": it.name, "letters": it.letters, "listens_at": it.listens_at });
        let namespaces: Vec<_> = self.namespaces.iter().map(namespace).collect();
        let lags = self.read_models.as_ref();
        let lags = lags.map(|lags| lags.iter().map(ModelLag::json).collect::<Vec<_>>());
        json!({
            "store": self.store,
            "head": self.head,
            "last_at": self.last_at.map(Timestamp::in_seoul),
            "namespaces": namespaces,
            "read_models": lags,
            "well": self.is_well(),
        })
    }

    fn text(&self) -> String {
        let last_at = self.last_at.map(|at| format!(", of {}", at.in_seoul()));
        let (store, head) = (&self.store, self.head);
        let last_at = last_at.unwrap_or_default();
        let mut text = format!("{store}: the last event is at position {head}{last_at}.\n\n");
        let mut table = Table::new(["NAMESPACE", "LETTERS", "LISTENS FOR OPERATORS AT"]);
        for it in &self.namespaces {
            let at = it.listens_at.as_ref();
            let at = at.map_or_else(|| "-".to_owned(), |at| at.display().to_string());
            table.row([it.name.to_string(), it.letters.to_string(), at]);
        }
        text += &table.or("There is no namespace.");
        text.push('\n');
        match &self.read_models {
            Some(lags) => text += &lag::table(lags),
            None => {
                text += "The read models were not looked at; write --redis redis://HOST:PORT.";
            }
        }
        text
    }
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
