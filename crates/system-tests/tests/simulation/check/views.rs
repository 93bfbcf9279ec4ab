//! The read models are the fold of the log.

use minwon::{
    Namespace,
    engine::{
        EventFilter, EventStore, GenerationName, GlobalPosition, Projection, ReadModelAdmin,
        RecordedEvent, verify,
    },
    petitions::{Category, EventReader, PetitionEvent, PetitionViews},
};

use super::{super::world::World, Ended};

pub(super) async fn check(ended: &Ended<'_>) {
    check_one(ended, PetitionViews::default()).await;
}

async fn check_one<P>(ended: &Ended<'_>, projection: P)
where
    P: Projection<Event = (Category, PetitionEvent)>,
{
    let world = ended.world;
    let (store, models) = (world.store.inner(), &world.models);
    let name = projection.name().clone();
    let what = name.to_string();
    let model = minwon::engine::ModelName {
        namespace: World::namespace_name(),
        projection: name,
    };
    let catalogue = models
        .load_catalogue(&model)
        .await
        .expect("no faults are left");
    let Some(catalogue) = catalogue else {
        return ended.wrong(&what, "there is no such read model");
    };
    let generation = GenerationName {
        model,
        generation: catalogue.active,
    };
    let namespace = Namespace::new(World::namespace_name(), store.clone(), world.clock);
    let filter = namespace.petition_events();
    let reader = EventReader::default();
    let verified = verify(
        store,
        models,
        reader,
        projection,
        &filter,
        &generation,
        |_| {},
    )
    .await;
    match verified {
        Ok(verification) if verification.is_sound() => {
            let head = match &world.server {
                None => store.head().await.expect("it is in memory"),
                // Over what is not for them, slices move in real time, and not now.
                Some(_) => last_of(&ended.log, &filter),
            };
            for slice in verification.slices.iter().filter(|it| it.position < head) {
                let (slice, at) = (slice.slice, slice.position);
                ended.wrong(
                    &what,
                    format!("slice {slice:?} ends at {at}, and the log at {head}"),
                );
            }
        }
        Ok(verification) => {
            let differences = verification.slices.iter().flat_map(|it| &it.differences);
            for difference in differences.take(3) {
                ended.wrong(&what, format!("{difference:?}"));
            }
        }
        Err(error) => ended.wrong(&what, format!("{error}")),
    }
}

fn last_of(log: &[RecordedEvent], filter: &EventFilter) -> GlobalPosition {
    let admitted = log.iter().rfind(|event| filter.admits(&event.stream));
    admitted.map_or(GlobalPosition::START, |event| event.position)
}
