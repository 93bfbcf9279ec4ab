//! Several projections, projectors and namespaces beside each other.

use minwon_core::{EventStore as _, ExpectedVersion, IndexEntry, ProjectionName, ViewKey};

use super::*;
use crate::testing::{Counting, numbered};

/// Two projectors on the same slices, without leases, on threads of their own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_are_safe() {
    let log = Log::of(&[3, 3, 3]);
    let read_models = MemoryReadModels::new();
    let twin = || projector(&log, &read_models).project(Sums::new()).start();
    let (one, two) = (twin(), twin());
    for _ in 3..60 {
        for petition in ["p-0", "p-1", "p-2"] {
            log.append(petition);
        }
        tokio::task::yield_now().await;
    }
    one.reached(log.head()).await.unwrap();
    two.reached(log.head()).await.unwrap();
    one.stop().await;
    two.stop().await;
    check(&log, &read_models, &generation(1)).await;
}

/// Another view of the same events: how many there are.
struct Lengths(ProjectionName);

impl Lengths {
    fn new() -> Self {
        Self(ProjectionName::new("lengths").unwrap())
    }
}

impl Projection for Lengths {
    type Event = u64;
    type View = u64;

    fn name(&self) -> &ProjectionName {
        &self.0
    }

    fn schema(&self) -> minwon_core::ViewSchema {
        minwon_core::ViewSchema::new(1)
    }

    fn key<'e>(&self, event: &'e minwon_core::RecordedEvent) -> Option<&'e str> {
        Some(event.metadata.subject()).filter(|key| *key != "p-1")
    }

    fn apply(&self, view: &mut Option<u64>, _: &u64, _: &minwon_core::RecordedEvent) {
        *view = Some(view.unwrap_or(0) + 1);
    }

    fn index(&self, _: &ViewKey, _: &u64, _: &mut Vec<IndexEntry>) {}
}

#[test]
fn of_two_projections_each_decodes_what_it_wants_once() {
    run(async {
        let (log, read_models) = (Log::of(&[8, 4, 3]), MemoryReadModels::new());
        let decoder = Counting::default();
        let (store, models) = (log.store.clone(), read_models.clone());
        let builder =
            ProjectorBuilder::new(namespace(), store, models, decoder.clone(), SystemClock);
        let builder = builder.project(Sums::new()).project(Lengths::new());
        let running = builder.start();
        running.reached(log.head()).await.unwrap();
        // The other one wants no event of p-1.
        assert_eq!(decoder.times(), 15 + 11);
        running.reached(log.append("p-0")).await.unwrap();
        assert_eq!(decoder.times(), 16 + 12);
        running.stop().await;
        check(&log, &read_models, &generation(1)).await;
        let lengths =
            crate::ModelReader::new(namespace(), Lengths::new(), read_models, SystemClock);
        for (petition, events) in [("p-0", Some(9)), ("p-1", None), ("p-2", Some(3))] {
            let key = ViewKey::new(petition).unwrap();
            assert_eq!(lengths.get(&key).await.unwrap().value, events, "{petition}");
        }
    });
}

#[test]
fn what_nobody_wants_is_not_decoded() {
    run(async {
        let (log, read_models) = (Log::of(&[8, 4, 3]), MemoryReadModels::new());
        let decoder = Counting::default();
        let store = log.store.clone();
        let builder = ProjectorBuilder::new(
            namespace(),
            store,
            read_models,
            decoder.clone(),
            SystemClock,
        );
        builder.project(Lengths::new()).catch_up().await.unwrap();
        assert_eq!(decoder.times(), 11);
    });
}

/// A projection that comes later does not send the one that is there back to the beginning.
#[test]
fn a_projection_that_joins_is_folded_from_the_beginning_alone() {
    run(async {
        let (log, read_models) = (Log::of(&[8, 4, 3]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let builder = projector(&log, &read_models);
        let builder = builder.project(Sums::new()).project(Lengths::new());
        let status = builder.catch_up().await.unwrap();
        let folded: Vec<_> = status.models.iter().map(|m| m.folded_events).collect();
        assert_eq!(folded, [0, 11]);
        check(&log, &read_models, &generation(1)).await;
    });
}

/// Events that the other slices have folded already are read again, and neither decoded nor folded.
#[test]
fn only_a_lost_slice_is_decoded_again() {
    run(async {
        let (log, read_models) = (Log::of(&[5; 40]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let lost = slice_of(&generation(1), "p-0");
        read_models.wipe(&lost);
        let is_lost = |petition: &u32| slice_of(&generation(1), &format!("p-{petition}")) == lost;
        let events = 5 * (0..40).filter(is_lost).count() as u64;
        let (decoder, store) = (Counting::default(), log.store.clone());
        let models = read_models.clone();
        let builder =
            ProjectorBuilder::new(namespace(), store, models, decoder.clone(), SystemClock);
        let status = builder.project(Sums::new()).catch_up().await.unwrap();
        assert_eq!(decoder.times(), events);
        assert_eq!(status.models[0].folded_events, events);
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn namespaces_are_apart() {
    run(async {
        let (log, read_models) = (Log::of(&[2, 2]), MemoryReadModels::new());
        let car = NamespaceName::new("car").unwrap();
        let builder = || {
            let (store, models) = (log.store.clone(), read_models.clone());
            ProjectorBuilder::new(car.clone(), store, models, Numbers, SystemClock)
        };
        let general = projector(&log, &read_models).project(Sums::new()).start();
        let cars = builder().project(Sums::new()).start();
        // The same petition number, of another office.
        let stream = "car_CarApplication-p-0".parse().unwrap();
        let event = [numbered("p-0", 0, 70)];
        let none = ExpectedVersion::NoStream;
        let appended = log.store.append(&stream, none, &event).await.unwrap();
        general.reached(appended.position).await.unwrap();
        cars.reached(appended.position).await.unwrap();
        for (namespace, sums) in [(namespace(), [2, 2]), (car.clone(), [1, 0])] {
            let models = read_models.clone();
            let reader = crate::ModelReader::new(namespace, Sums::new(), models, SystemClock);
            for (petition, events) in ["p-0", "p-1"].iter().zip(sums) {
                let found = reader.get(&ViewKey::new(petition).unwrap()).await.unwrap();
                assert_eq!(found.value.map_or(0, |sum| sum.events), events);
            }
        }
    });
}
