//! Whether the read model of petitions, and the index of messages where there is one, are the fold of the log.

use minwon::{
    NamespaceName,
    engine::{
        Catalogue, GenerationName, Messages, ModelName, Projection, ReadModelAdmin as _,
        Verification, verify,
    },
    operator::api::{FoundShown, ReadModelList, Role},
    petitions::{Category, PetitionEvent, PetitionViews},
};
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Found},
    output::Out,
    place::Place,
    progress::Progress,
    rebuild::{LOOK_WAIT, look, tell, tend},
    service::{Client, Fields},
    table::Table,
};

pub(crate) async fn run(place: &Place, out: Out) -> Result<Found, Failure> {
    let mut all = Vec::new();
    for name in place.namespaces().await? {
        let petitions = verify_one(place, &name, PetitionViews::default()).await?;
        all.push((name.clone(), petitions.as_ref().map(line)));
        let messages = verify_one(place, &name, Messages::default()).await?;
        all.extend(messages.map(|verified| (name, Some(line(&verified)))));
    }
    report(&all, out)
}

/// Folds the log of a namespace again and compares; none where the read model was never built.
async fn verify_one<P>(
    place: &Place,
    name: &NamespaceName,
    projection: P,
) -> Result<Option<Verification>, Failure>
where
    P: Projection<Event = (Category, PetitionEvent)>,
{
    let (namespace, read_models) = (place.of(name.clone()), place.read_models()?);
    let model = ModelName {
        namespace: name.clone(),
        projection: projection.name().clone(),
    };
    let catalogue = read_models.load_catalogue(&model).await?;
    let Some(info) = catalogue.as_ref().and_then(Catalogue::active_info) else {
        return Ok(None);
    };
    let generation = GenerationName {
        generation: info.generation,
        model,
    };
    let (events, progress) = (namespace.petition_events(), Progress::new());
    let verified = verify(
        &place.store,
        read_models,
        namespace.reader(),
        projection,
        &events,
        &generation,
        |it| {
            let (position, target) = (it.position, it.target);
            progress.show(format_args!("{name}: folded up to {position} of {target}"));
        },
    );
    Ok(Some(verified.await?))
}

fn line(verified: &Verification) -> (String, FoundShown) {
    (verified.generation.to_string(), verified.into())
}

/// Has a service compare the read models that it keeps with its log, one after the other.
pub(crate) async fn ask(client: &Client, out: Out) -> Result<Found, Failure> {
    let list: ReadModelList = client.get("/read-models", &Fields::new()).await?;
    let (mut all, progress) = (Vec::new(), Progress::new());
    for model in list.read_models {
        let Some(answering) = model.with_role(Role::Answers) else {
            all.push((model.namespace, None));
            continue;
        };
        let mut now = tend(client, &model, "verify", answering, "").await?;
        let (name, verified) = loop {
            let it = now
                .verification
                .ok_or("the service forgot what it verified")?;
            if it.work.is_over() {
                let found = it.found.ok_or_else(|| {
                    let why = it.work.why.as_deref().unwrap_or("somebody stopped it");
                    format!("{} was not verified: {why}", it.generation)
                });
                break (it.generation, found?);
            }
            tell(&progress, "verified", &it.work);
            tokio::time::sleep(LOOK_WAIT).await;
            now = look(client, &model.projection).await?;
        };
        all.push((model.namespace, Some((name, verified))));
    }
    report(&all, out)
}

type Verified = (NamespaceName, Option<(String, FoundShown)>);

fn report(all: &[Verified], out: Out) -> Result<Found, Failure> {
    let is_sound = |(_, it): &Verified| it.as_ref().is_some_and(|(_, it)| it.different == 0);
    let json = || json!({ "read_models": all.iter().map(as_json).collect::<Vec<_>>() });
    out.print(json, || table(all))?;
    Ok(Found::well_if(all.iter().all(is_sound)))
}

fn as_json((name, verified): &Verified) -> Value {
    let Some((generation, found)) = verified else {
        return json!({ "namespace": name, "built": false });
    };
    json!({
        "namespace": name,
        "built": true,
        "generation": generation,
        "items": found.items,
        "different": found.different,
        "digest": found.digest,
        "differences": found.differences,
    })
}

fn table(all: &[Verified]) -> String {
    let mut table = Table::new(["NAMESPACE", "READ MODEL", "ITEMS", "DIFFERENT"]);
    let mut named = String::new();
    for (name, verified) in all {
        let Some((generation, found)) = verified else {
            let model = "petitions, never built".to_owned();
            table.row([name.to_string(), model]);
            continue;
        };
        table.row([
            name.to_string(),
            generation.clone(),
            found.items.to_string(),
            found.different.to_string(),
        ]);
        for it in &found.differences {
            named += &format!("  {name}: {} {}\n", it.what, it.how);
        }
    }
    let table = table.or("There is no namespace.");
    if named.is_empty() {
        return table;
    }
    format!("{table}\n{named}")
}
