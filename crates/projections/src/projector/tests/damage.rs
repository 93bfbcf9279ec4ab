//! Changes behind the projector's back, and logs that are not what they should be.

use minwon_core::{
    ActorId, FailureClass, HeldState, ReadModelStore as _, RetryRequested, SliceWrites, Wanted,
};

use super::*;
use crate::testing::{Bent, BentStore, by_hand, key, parity, stream};

async fn incarnation(read_models: &MemoryReadModels, petition: &str) -> Incarnation {
    let name = slice_of(&generation(1), petition);
    let loaded = read_models.load(&name, &Wanted::default()).await.unwrap();
    loaded.checkpoint.unwrap().incarnation
}

fn document(petition: &str, json: Option<&'static str>) -> SliceWrites {
    SliceWrites {
        documents: vec![(key(petition), json.map(Into::into))],
        ..SliceWrites::default()
    }
}

/// The next event of the petition finds the damage, and only that slice starts again.
async fn heals(writes: SliceWrites) {
    let (log, read_models) = (Log::of(&[4; 20]), MemoryReadModels::new());
    catch_up(&log, &read_models).await;
    by_hand(&read_models, "p-3", writes).await;
    let slices = [0, 1, 2, 3].map(|number| format!("p-{number}"));
    let mut before = Vec::new();
    for petition in &slices {
        before.push(incarnation(&read_models, petition).await);
    }
    log.append("p-3");
    let status = catch_up(&log, &read_models).await;
    assert_eq!(status.restarts, 1);
    check(&log, &read_models, &generation(1)).await;
    for (petition, before) in slices.iter().zip(before) {
        let is_anew = incarnation(&read_models, petition).await != before;
        let is_damaged =
            SliceCount::DEFAULT.slice_of(petition) == SliceCount::DEFAULT.slice_of("p-3");
        assert_eq!(is_anew, is_damaged, "{petition}");
    }
}

#[test]
fn a_lost_document_is_noticed_with_the_next_event() {
    run(heals(document("p-3", None)));
}

#[test]
fn a_document_of_another_time_is_noticed_with_the_next_event() {
    let stale = r#"{"streams":[["general_GeneralApplication-p-3",1]],"view":null}"#;
    run(heals(document("p-3", Some(stale))));
    let ahead = r#"{"streams":[["general_GeneralApplication-p-3",9]],"view":null}"#;
    run(heals(document("p-3", Some(ahead))));
}

#[test]
fn a_document_that_is_none_is_noticed_with_the_next_event() {
    run(heals(document("p-3", Some("half a docu"))));
}

#[test]
fn a_lost_count_is_noticed_when_a_view_leaves_it() {
    run(async {
        let (log, read_models) = (Log::of(&[4; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let writes = SliceWrites {
            counts: vec![(parity("even"), 0), (parity("odd"), 0)],
            ..SliceWrites::default()
        };
        by_hand(&read_models, "p-3", writes).await;
        let before = incarnation(&read_models, "p-3").await;
        // Sooner or later its sum is no longer even, or no longer odd.
        for _ in 0..4 {
            log.append("p-3");
        }
        let one = ProjectorOptions::default().batch_events_max(at_most(1));
        let builder = projector(&log, &read_models)
            .options(one)
            .project(Sums::new());
        builder.catch_up().await.unwrap();
        assert_ne!(incarnation(&read_models, "p-3").await, before);
        check(&log, &read_models, &generation(1)).await;
    });
}

/// A running projector's memory is the truth, and is written over the change.
#[test]
fn a_document_changed_by_hand_does_not_survive_a_running_projector() {
    run(async {
        let (log, read_models) = (Log::of(&[4; 20]), MemoryReadModels::new());
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        by_hand(&read_models, "p-3", document("p-3", None)).await;
        running.reached(log.append("p-3")).await.unwrap();
        running.stop().await;
        check(&log, &read_models, &generation(1)).await;
    });
}

fn with_store(
    store: BentStore,
    read_models: &MemoryReadModels,
) -> ProjectorBuilder<BentStore, MemoryReadModels, Numbers, SystemClock> {
    ProjectorBuilder::new(
        namespace(),
        store,
        read_models.clone(),
        Numbers,
        SystemClock,
    )
}

/// Also where the slice was committed between that event and the one that shows it.
#[test]
fn an_event_that_was_passed_over_stops_the_projector_and_is_named() {
    for bound in [4096, 1] {
        run(async {
            let (log, read_models) = (Log::of(&[5; 40]), MemoryReadModels::new());
            // The third event of p-1: every round of the log has one of each of forty petitions,
            // and some share its slice.
            let store = Bent::leaving_out(&log.store, GlobalPosition::new(82));
            let options = ProjectorOptions::default()
                .batch_events_max(at_most(bound))
                .changed_views_max(at_most(bound));
            let builder = with_store(store, &read_models).options(options);
            let reason = builder.project(Sums::new()).catch_up().await.unwrap_err();
            let StopReason::PassedOver {
                stream: of,
                expected,
                found,
                position,
            } = reason
            else {
                panic!("{reason}");
            };
            assert_eq!(of, stream("p-1"));
            assert_eq!((expected.get(), found.get()), (2, 3));
            assert_eq!(position, GlobalPosition::new(122));
        });
    }
}

/// Documents lead the projector to believe in damage first; then it is the reading after all.
#[test]
fn an_event_passed_over_that_looks_like_damage_is_reported_after_one_attempt() {
    run(async {
        let (log, read_models) = (Log::of(&[5; 6]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        by_hand(&read_models, "p-1", document("p-1", None)).await;
        log.append("p-1");
        let store = Bent::leaving_out(&log.store, GlobalPosition::new(14));
        let builder = with_store(store, &read_models).project(Sums::new());
        let reason = builder.catch_up().await.unwrap_err();
        assert!(matches!(reason, StopReason::PassedOver { .. }), "{reason}");
    });
}

/// Events that were taken out of a store, in the middle of a stream and at its beginning: that key
/// is held back, once, and all others go on; whoever tries again goes on without what is missing.
#[test]
fn a_hole_in_a_stream_holds_its_key_back_and_no_other() {
    for (lost, expected, found, bound) in [(82, 2, 3, 4096), (82, 2, 3, 1), (2, 0, 1, 4096)] {
        run(async {
            let (log, read_models) = (Log::of(&[5; 40]), MemoryReadModels::new());
            let store = Bent::having_lost(&log.store, GlobalPosition::new(lost));
            let letters = DeadLetters::new(namespace(), store.clone(), SystemClock);
            let catch_up = async || {
                let options = ProjectorOptions::default()
                    .batch_events_max(at_most(bound))
                    .changed_views_max(at_most(bound));
                let builder = with_store(store.clone(), &read_models).options(options);
                let builder = builder.dead_letters(letters.clone()).project(Sums::new());
                builder.catch_up().await.unwrap();
                letters.refresh().await.unwrap();
                letters.look(|book| {
                    let all = book.letters();
                    all.map(|(_, key, held)| (key.to_owned(), held.clone()))
                        .collect::<Vec<_>>()
                })
            };
            let held = catch_up().await;
            assert_eq!(catch_up().await, held, "once");
            let [(of, letter)] = &held[..] else {
                panic!("{held:?}")
            };
            let HeldState::Letter { failure, .. } = &letter.state else {
                panic!("{letter:?}")
            };
            let said = format!(
                "general_GeneralApplication-p-1 has no event from version {expected} up to {found}"
            );
            assert_eq!(failure.class, FailureClass::Damaged);
            assert!(failure.error.starts_with(&said), "{}", failure.error);
            assert_eq!((of.as_str(), letter.event.version.get()), ("p-1", found));
            assert_eq!(
                sum(&read_models, "p-0").await.map(|sum| sum.events),
                Some(5)
            );
            let requested = RetryRequested {
                consumer: ConsumerName::new("sums").unwrap(),
                key: of.clone(),
                event: letter.event.clone(),
                by: ActorId::new("officer-1").unwrap(),
            };
            letters.record(vec![requested.into()]).await.unwrap();
            assert_eq!(catch_up().await, []);
            assert_eq!(
                sum(&read_models, "p-1").await.map(|sum| sum.events),
                Some(4)
            );
        });
    }
}

async fn sum(read_models: &MemoryReadModels, petition: &str) -> Option<crate::testing::Sum> {
    let model = generation(1).model;
    let reader = crate::ModelReader::new(
        model.namespace,
        Sums::new(),
        read_models.clone(),
        SystemClock,
    );
    reader.get(&key(petition)).await.unwrap().value
}

#[test]
fn a_feed_that_brings_events_again_counts_nothing_twice() {
    for events in [1, 3, 7, 4096] {
        run(async {
            let log = Log::of(&[8, 1, 3, 20, 5, 0, 7]);
            let read_models = MemoryReadModels::new();
            let options = ProjectorOptions::default().batch_events_max(at_most(events));
            let store = Bent::redelivering(&log.store);
            let builder = with_store(store, &read_models).options(options);
            let running = builder.project(Sums::new()).start();
            running.reached(log.head()).await.unwrap();
            running.reached(log.append("p-1")).await.unwrap();
            running.stop().await;
            check(&log, &read_models, &generation(1)).await;
        });
    }
}

/// Anything may stand in place of a checkpoint: that slice starts again, and no other.
#[test]
fn a_slice_whose_checkpoint_is_none_begins_anew() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 40]), MemoryReadModels::new());
        let catch_up = async || {
            let builder = projector(&log, &read_models).project(Sums::new());
            builder.catch_up().await.unwrap();
        };
        catch_up().await;
        let lives = async || {
            let mut lives = Vec::new();
            for slice in SliceCount::DEFAULT.slices() {
                let name = generation(1).slice(slice);
                let loaded = read_models.load(&name, &Wanted::default()).await.unwrap();
                lives.push((name, loaded.checkpoint.map(|at| at.incarnation)));
            }
            lives
        };
        let before = lives().await;
        let damaged = slice_of(&generation(1), "p-7");
        read_models.damage(&damaged);
        catch_up().await;
        check(&log, &read_models, &generation(1)).await;
        for ((name, before), (_, after)) in before.into_iter().zip(lives().await) {
            assert_eq!(before != after, name == damaged, "{name}");
        }
    });
}
