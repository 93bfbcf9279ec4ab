//! Whether the read model of petitions, and the index of messages where there is one, are the fold of the log.

use minwon::{
    NamespaceName,
    engine::{
        Catalogue, Difference, DifferenceKind, GenerationName, Item, Messages, ModelName,
        Projection, ReadModelAdmin as _, Verification, verify,
    },
    petitions::{Category, PetitionEvent, PetitionViews},
};
use serde_json::{Value, json};

use crate::{
    failure::{Failure, Found},
    output::Out,
    place::Place,
    progress::Progress,
    table::Table,
};

pub(crate) async fn run(place: &Place, out: Out) -> Result<Found, Failure> {
    let mut all = Vec::new();
    for name in place.namespaces().await? {
        let petitions = verify_one(place, &name, PetitionViews::default()).await?;
        all.push((name.clone(), petitions));
        let messages = verify_one(place, &name, Messages::default()).await?;
        all.extend(messages.map(|verified| (name, Some(verified))));
    }
    let is_sound = |it: &Option<Verification>| it.as_ref().is_some_and(Verification::is_sound);
    let found = Found::well_if(all.iter().all(|(_, verified)| is_sound(verified)));
    let json = || json!({ "read_models": all.iter().map(as_json).collect::<Vec<_>>() });
    out.print(json, || table(&all))?;
    Ok(found)
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

fn as_json((name, verified): &(NamespaceName, Option<Verification>)) -> Value {
    let Some(verified) = verified else {
        return json!({ "namespace": name, "built": false });
    };
    let slices = verified.slices.iter();
    let differences = slices.clone().flat_map(|slice| &slice.differences);
    json!({
        "namespace": name,
        "built": true,
        "generation": verified.generation.to_string(),
        "items": slices.clone().map(|slice| slice.items).sum::<u64>(),
        "different": slices.map(|slice| slice.different).sum::<u64>(),
        "digest": format!("{:016x}", verified.digest()),
        "differences": differences.map(|it| json!({ "what": item(it), "how": how(it) })).collect::<Vec<_>>(),
    })
}

fn table(all: &[(NamespaceName, Option<Verification>)]) -> String {
    let mut table = Table::new(["NAMESPACE", "READ MODEL", "ITEMS", "DIFFERENT"]);
    let mut named = String::new();
    for (name, verified) in all {
        let Some(verified) = verified else {
            let model = "petitions, never built".to_owned();
            table.row([name.to_string(), model]);
            continue;
        };
        let slices = verified.slices.iter();
        let items: u64 = slices.clone().map(|slice| slice.items).sum();
        let different: u64 = slices.clone().map(|slice| slice.different).sum();
        let generation = verified.generation.to_string();
        table.row([
            name.to_string(),
            generation,
            items.to_string(),
            different.to_string(),
        ]);
        for it in slices.flat_map(|slice| &slice.differences) {
            named += &format!("  {name}: {} {}\n", item(it), how(it));
        }
    }
    let table = table.or("There is no namespace.");
    if named.is_empty() {
        return table;
    }
    format!("{table}\n{named}")
}

fn item(difference: &Difference) -> String {
    match &difference.item {
        Item::Document { key } => format!("the document of {key}"),
        Item::Lookup { index, value, key } => format!("{index} {value:?} that leads to {key}"),
        Item::Listed {
            index,
            partition,
            place,
        } => format!("the place {place} in list {partition:?} of {index}"),
        Item::Count {
            index,
            group,
            member,
        } => format!("the count of {member:?} in {group:?} of {index}"),
        _ => "something that this program does not know".to_owned(),
    }
}

const fn how(difference: &Difference) -> &'static str {
    match difference.kind {
        DifferenceKind::Missing => "is missing",
        DifferenceKind::Unexpected => "should not be there",
        DifferenceKind::Different => "is not what the log says",
    }
}
