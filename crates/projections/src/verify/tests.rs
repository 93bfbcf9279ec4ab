use minwon_core::{
    Lookup, SliceCount, SliceWrites, StoredItem,
    testing::{MemoryReadModels, SeededRng},
};

use super::*;
use crate::{
    ProjectorOptions,
    testing::{
        Flaky, LAST, Log, Numbers, PARITY, Rates, STEPS, Sums, by_hand, catch_up, expected,
        generation, held, key, namespace, numbered, parity, projector, run, stream,
    },
};
use minwon_core::{ListChange, ListName, ListPlace, Order};

async fn verify_it(
    log: &Log,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    schema: u64,
    number: u32,
) -> Result<Verification, VerifyError> {
    let (decoder, projection) = (Numbers, Sums::with_schema(schema));
    let filter = EventFilter::namespace(namespace());
    let generation = generation(number);
    let mut before = GlobalPosition::START;
    let watch = |progress: VerifyProgress| {
        assert!(progress.position <= progress.target);
        assert!(progress.position >= before || progress.target > before);
        before = progress.position;
    };
    verify(
        &log.store,
        read_models,
        decoder,
        projection,
        &filter,
        &generation,
        watch,
    )
    .await
}

fn index(name: minwon_core::IndexName) -> Box<str> {
    name.as_str().into()
}

#[test]
fn what_is_sound_is_called_sound() {
    for seed in 0..20 {
        run(async {
            let mut rng = SeededRng::new(seed);
            let (log, read_models) = (Log::new(), MemoryReadModels::new());
            let events = rng.below(100);
            log.grow_by(events, &mut rng, 25);
            catch_up(&log, &read_models).await;
            // Part of the log is not folded in yet, which is no difference.
            log.grow_by(10, &mut rng, 25);
            let found = verify_it(&log, &read_models, 1, 1).await.unwrap();
            assert!(found.is_sound(), "{found:#?}");
            assert_eq!(found.slices.len(), 16);
            for report in &found.slices {
                assert_eq!((report.expected, report.different), (report.found, 0));
                let expected = expected(&log.events(), report.position, report.slice);
                assert_eq!(report.items, expected.len() as u64);
            }
        });
    }
}

/// Documents that an earlier build kept, in JSON: they are the same read model, and a projector goes on from
/// them without beginning anew.
#[test]
fn a_generation_of_an_earlier_build_is_sound_and_carried_on() {
    run(async {
        let (log, read_models) = (Log::of(&[4; 20]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let own = verify_it(&log, &read_models, 1, 1).await.unwrap();
        for items in held(&read_models, &generation(1)).await.into_values() {
            for item in items {
                let StoredItem::Document { key, document } = item else {
                    continue;
                };
                assert_eq!(document[0], b'{');
                let writes = SliceWrites {
                    documents: vec![(key.clone(), Some(document))],
                    ..SliceWrites::default()
                };
                by_hand(&read_models, key.as_str(), writes).await;
            }
        }
        let found = verify_it(&log, &read_models, 1, 1).await.unwrap();
        assert!(found.is_sound(), "{found:#?}");
        assert_eq!(found.digest(), own.digest());
        for petition in ["p-3", "p-7", "p-new"] {
            log.append(petition);
        }
        let status = catch_up(&log, &read_models).await;
        assert_eq!(status.restarts, 0);
        let (mut earlier, mut renewed) = (0, 0);
        for slice in SliceCount::DEFAULT.slices() {
            let keys: Vec<_> = (0..20).map(|number| key(&format!("p-{number}"))).collect();
            let wanted = minwon_core::Wanted {
                documents: &keys,
                ..Default::default()
            };
            let loaded = read_models.load(&generation(1).slice(slice), &wanted).await;
            for document in loaded.unwrap().documents.into_iter().flatten() {
                match document[0] {
                    b'{' => earlier += 1,
                    _ => renewed += 1,
                }
            }
        }
        assert_eq!((earlier, renewed), (18, 2));
        let found = verify_it(&log, &read_models, 1, 1).await.unwrap();
        assert!(found.is_sound(), "{found:#?}");
        crate::testing::check(&log, &read_models, &generation(1)).await;
    });
}

/// Where the petition stands in a list.
fn place_of(log: &Log, petition: &str) -> (ListName, ListPlace) {
    let slice = SliceCount::DEFAULT.slice_of(petition);
    let items = expected(&log.events(), log.head(), slice);
    let place = items.into_iter().find_map(|item| match item {
        StoredItem::Listed {
            partition, place, ..
        } if place.key.as_str() == petition => {
            let index = STEPS;
            Some((ListName { index, partition }, place))
        }
        _ => None,
    });
    place.expect("it is listed")
}

/// A change by hand is found, and nothing else.
async fn finds(change: impl FnOnce(&Log) -> (SliceWrites, Item, DifferenceKind)) {
    let (log, read_models) = (Log::of(&[4; 20]), MemoryReadModels::new());
    catch_up(&log, &read_models).await;
    let sound = verify_it(&log, &read_models, 1, 1).await.unwrap();
    let (writes, item, kind) = change(&log);
    by_hand(&read_models, "p-3", writes).await;
    let found = verify_it(&log, &read_models, 1, 1).await.unwrap();
    assert!(!found.is_sound());
    assert_ne!(found.digest(), sound.digest());
    let damaged = SliceCount::DEFAULT.slice_of("p-3");
    for report in &found.slices {
        let is_damaged = report.slice == damaged;
        assert_eq!(report.different, u64::from(is_damaged));
        assert_eq!(report.expected != report.found, is_damaged);
        let difference = is_damaged.then(|| Difference {
            item: item.clone(),
            kind,
        });
        assert_eq!(report.differences, Vec::from_iter(difference));
    }
}

#[test]
fn documents_that_differ_are_named() {
    let cases = [
        ("p-3", None, DifferenceKind::Missing),
        ("p-3", Some("{}"), DifferenceKind::Different),
        ("nobody", Some("{}"), DifferenceKind::Unexpected),
    ];
    for (petition, json, kind) in cases {
        let key = key(petition);
        run(finds(|_| {
            let documents = vec![(key.clone(), json.map(Into::into))];
            let writes = SliceWrites {
                documents,
                ..SliceWrites::default()
            };
            (writes, Item::Document { key }, kind)
        }));
    }
}

#[test]
fn lookups_that_differ_are_named() {
    for (is_own, to, change, kind) in [
        (true, "p-3", ListChange::Leave, DifferenceKind::Missing),
        (true, "p-4", ListChange::Take, DifferenceKind::Unexpected),
        (false, "p-3", ListChange::Take, DifferenceKind::Unexpected),
    ] {
        run(finds(|log| {
            let slice = SliceCount::DEFAULT.slice_of("p-3");
            let own = |item| match item {
                StoredItem::Lookup { value, key, .. } if key.as_str() == "p-3" => Some(value),
                _ => None,
            };
            let items = expected(&log.events(), log.head(), slice);
            let own = items.into_iter().find_map(own).unwrap();
            let value: Box<str> = if is_own { own } else { "nothing".into() };
            let lookup = Lookup {
                index: LAST,
                value: value.clone(),
            };
            let writes = SliceWrites {
                lookups: vec![(lookup, key(to), change)],
                ..SliceWrites::default()
            };
            let index = index(LAST);
            let key = key(to);
            (writes, Item::Lookup { index, value, key }, kind)
        }));
    }
}

#[test]
fn places_that_differ_are_named() {
    for (change, kind) in [
        (ListChange::Leave, DifferenceKind::Missing),
        (ListChange::Take, DifferenceKind::Unexpected),
    ] {
        run(finds(|log| {
            let (list, mut place) = place_of(log, "p-3");
            if change == ListChange::Take {
                place.order = Order::new(99);
            }
            let item = Item::Listed {
                index: index(STEPS),
                partition: list.partition.clone(),
                place: place.clone(),
            };
            let writes = SliceWrites {
                lists: vec![(list, place, change)],
                ..SliceWrites::default()
            };
            (writes, item, kind)
        }));
    }
}

#[test]
fn counts_that_differ_are_named() {
    for (is_own, count, kind) in [
        (true, 0, DifferenceKind::Missing),
        (true, 77, DifferenceKind::Different),
        (false, 1, DifferenceKind::Unexpected),
    ] {
        run(finds(|log| {
            let (list, _) = place_of(log, "p-3");
            let member = if is_own { &*list.partition } else { "neither" };
            let item = Item::Count {
                index: index(PARITY),
                group: "all".into(),
                member: member.into(),
            };
            let writes = SliceWrites {
                counts: vec![(parity(member), count)],
                ..SliceWrites::default()
            };
            (writes, item, kind)
        }));
    }
}

#[test]
fn an_index_that_no_view_has_is_unexpected() {
    run(finds(|_| {
        let name = minwon_core::IndexName::new("other");
        let lookup = Lookup {
            index: name,
            value: "x".into(),
        };
        let writes = SliceWrites {
            lookups: vec![(lookup, key("p-3"), ListChange::Take)],
            ..SliceWrites::default()
        };
        let item = Item::Lookup {
            index: index(name),
            value: "x".into(),
            key: key("p-3"),
        };
        (writes, item, DifferenceKind::Unexpected)
    }));
}

/// From the first event on, while projector and log go on.
#[test]
fn a_live_read_model_gives_no_false_alarm() {
    let rates = Rates {
        slow: 700,
        ..Rates::default()
    };
    for seed in 0..60 {
        run(async {
            let mut rng = SeededRng::new(seed);
            let log = Log::new();
            let read_models = Flaky::new(&log, seed, rates);
            let running = projector(&log, &read_models).project(Sums::new()).start();
            running.reached(log.append("p-0")).await.unwrap();
            let growing = async {
                for _ in 0..60 {
                    log.grow(&mut rng, 12);
                    let wait = std::time::Duration::from_millis(rng.below(20));
                    tokio::time::sleep(wait).await;
                }
            };
            let verifying = async {
                for _ in 0..6 {
                    let found = verify_it(&log, &read_models, 1, 1).await.unwrap();
                    assert!(found.is_sound(), "{found:#?}");
                }
            };
            tokio::join!(growing, verifying);
        });
    }
}

#[test]
fn the_same_read_model_has_the_same_digest_however_it_was_folded() {
    run(async {
        let log = Log::of(&[8, 1, 3, 20, 5, 0, 7]);
        let (one, two) = (MemoryReadModels::new(), MemoryReadModels::new());
        catch_up(&log, &one).await;
        let options = ProjectorOptions::default().batch_events_max(std::num::NonZeroU32::MIN);
        let builder = projector(&log, &two).options(options).project(Sums::new());
        builder.catch_up().await.unwrap();
        let digest = verify_it(&log, &one, 1, 1).await.unwrap().digest();
        assert_eq!(verify_it(&log, &two, 1, 1).await.unwrap().digest(), digest);
        log.append("p-1");
        catch_up(&log, &two).await;
        assert_ne!(verify_it(&log, &two, 1, 1).await.unwrap().digest(), digest);
    });
}

#[test]
fn only_this_programs_fold_can_be_verified() {
    run(async {
        let (log, read_models) = (Log::of(&[3]), MemoryReadModels::new());
        for (schema, number) in [(1, 1), (2, 1), (1, 2)] {
            if number == 1 && schema == 2 {
                catch_up(&log, &read_models).await;
            }
            let refused = verify_it(&log, &read_models, schema, number).await;
            assert!(matches!(refused, Err(VerifyError::NoGeneration { .. })));
        }
    });
}

/// It would have been held back there.
#[test]
fn a_view_of_an_event_that_cannot_be_read_differs() {
    run(async {
        let (log, read_models) = (Log::of(&[3]), MemoryReadModels::new());
        let mut event = numbered("p-0", 3, 0);
        event.payload = "no number".into();
        log.write(stream("p-0"), event);
        // Another program could read it.
        log.append("p-0");
        let good = log.restored(3);
        good.append("p-0");
        good.append("p-0");
        catch_up(&good, &read_models).await;
        let found = verify_it(&log, &read_models, 1, 1).await.unwrap();
        let differences: Vec<_> = found.slices.iter().flat_map(|s| &s.differences).collect();
        let kind = |item: Item| {
            let mut found = differences.iter().filter(|one| one.item == item);
            found.next().map(|one| one.kind)
        };
        let document = Item::Document { key: key("p-0") };
        assert_eq!(kind(document), Some(DifferenceKind::Different));
        let held = Item::Count {
            index: "held".into(),
            group: "all".into(),
            member: "all".into(),
        };
        assert_eq!(kind(held), Some(DifferenceKind::Missing));
    });
}

/// A read model that is ahead of a restored log is not sound.
#[test]
fn what_a_restored_log_lost_is_unexpected() {
    run(async {
        let (log, read_models) = (Log::of(&[1, 1, 1]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let found = verify_it(&log.restored(2), &read_models, 1, 1)
            .await
            .unwrap();
        let differences = found.slices.iter().flat_map(|slice| &slice.differences);
        let mut documents = differences.filter(|one| matches!(one.item, Item::Document { .. }));
        let difference = documents.next().unwrap();
        assert_eq!(difference.item, Item::Document { key: key("p-2") });
        assert_eq!(difference.kind, DifferenceKind::Unexpected);
        assert!(documents.next().is_none());
    });
}
