//! Events that cannot be handled: their key waits, all others go on.

use std::collections::{BTreeMap, BTreeSet};

use minwon_core::{
    ActorId, DeadLetterEvent, EventId, EventRef, EventStore as _, FailureClass, HeldState,
    RecordedEvent, RetryRequested, Skipped, StoredEvent as _, StoredItem, dead_letter_codec,
    is_dead_letter, read_dead_letter, testing::MemoryStore,
};

use super::*;
use crate::{
    ListPart, ModelReader, RebuildError,
    document::Document,
    promote,
    testing::{Fault, Faults, Fragile, FragileNumbers, Sum, fragile, held, key, meant},
    verify,
};

pub(super) type Letters = DeadLetters<MemoryStore, SystemClock>;

const FAULTS: [Fault; 3] = [Fault::Unreadable, Fault::Panics, Fault::Lost];

pub(super) fn letters_of(log: &Log) -> Letters {
    DeadLetters::new(namespace(), log.store.clone(), SystemClock)
}

pub(super) fn consumer() -> ConsumerName {
    ConsumerName::new("sums").unwrap()
}

fn somebody() -> ActorId {
    ActorId::new("clerk-7").unwrap()
}

/// Panics are part of these tests: they need not be printed.
pub(super) fn quietly<A>(test: impl Future<Output = A>) -> A {
    static QUIET: std::sync::Once = std::sync::Once::new();
    QUIET.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let said = payload.downcast_ref::<&str>().copied();
            let said = said.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            let said = said.unwrap_or_default();
            if !said.contains("cannot be folded") && !said.contains("is lost") {
                loud(info);
            }
        }));
    });
    run(test)
}

pub(super) async fn skip(letters: &Letters, key: &str, event: EventRef) {
    let skipped = Skipped {
        consumer: consumer(),
        key: key.into(),
        event,
        by: somebody(),
        reason: "it was sent twice".into(),
    };
    letters.refresh().await.unwrap();
    letters.record(vec![skipped.into()]).await.unwrap();
}

pub(super) async fn ask_again(letters: &Letters, key: &str, event: EventRef) {
    let requested = RetryRequested {
        consumer: consumer(),
        key: key.into(),
        event,
        by: somebody(),
    };
    letters.refresh().await.unwrap();
    letters.record(vec![requested.into()]).await.unwrap();
}

/// Returns the dead letters in the log.
pub(super) fn written(log: &Log) -> Vec<DeadLetterEvent> {
    let codec = dead_letter_codec();
    let events = log.events().into_iter().filter(is_dead_letter);
    events
        .filter_map(|event| read_dead_letter(&codec, &event).ok())
        .collect()
}

/// Returns how often each kind of dead-letter event is in the log.
fn times_written(log: &Log) -> BTreeMap<&'static str, usize> {
    let mut times = BTreeMap::new();
    for event in written(log) {
        *times.entry(event.shape().name).or_default() += 1;
    }
    times
}

/// The documents of a generation.
async fn documents(
    read_models: &impl ReadModelAdmin,
    number: u32,
) -> BTreeMap<String, Document<Sum>> {
    let items = held(read_models, &generation(number)).await;
    let mut documents = BTreeMap::new();
    for item in items.into_values().flatten() {
        if let StoredItem::Document { key, document } = item {
            let document = Document::read(&key, &document).unwrap();
            documents.insert(key.to_string(), document);
        }
    }
    documents
}

/// Whether all failures of an event count, or only those that the store knows of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Nothing was ever fixed: the first event that fails and was not given up holds its key.
    Strict,
    /// A held event must be poisoned; one that could not be folded before may have been since.
    Lenient,
}

/// Everything that has to hold of a generation at the head of the log, and of the letters.
pub(super) async fn check_poisoned(
    log: &Log,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    faults: &Faults,
    (number, schema): (u32, u64),
    strictness: Strictness,
) {
    let mut streams = BTreeMap::<String, Vec<RecordedEvent>>::new();
    for event in log.events() {
        if !is_dead_letter(&event) {
            let petition = event.metadata.subject().to_owned();
            streams.entry(petition).or_default().push(event);
        }
    }
    let letters = letters_of(log);
    letters.refresh().await.unwrap();
    let _known = letters.window(GlobalPosition::START).await.unwrap();
    let given_up = |event: &RecordedEvent| {
        let of = consumer();
        let id: EventId = event.id();
        letters.look(move |book| book.of(&of).is_some_and(|letters| letters.is_given_up(id)))
    };
    let mut documents = documents(read_models, number).await;
    for (petition, events) in &streams {
        let document = documents.remove(petition).unwrap_or_default();
        let held = document.held.as_deref();
        let (mut view, mut waits) = (Sum::default(), None);
        let mut expected = BTreeSet::new();
        for event in events {
            let is_given_up = given_up(event);
            let (number, fault) = meant(event);
            if let Some(waiting) = &mut waits {
                if !is_given_up {
                    expected.insert(event.position);
                }
                *waiting += 1;
            } else if is_given_up {
            } else if match strictness {
                Strictness::Strict => fault.is_some(),
                Strictness::Lenient => held.is_some_and(|held| held.event.id == event.id()),
            } {
                let held = held.unwrap_or_else(|| panic!("{petition} is not held at {event:?}"));
                assert_eq!(held.event, EventRef::from(event), "{petition}");
                assert!(fault.is_some());
                expected.insert(event.position);
                waits = Some(0);
            } else {
                view.add(number);
            }
        }
        assert_eq!(held.map(|held| held.parked), waits, "{petition}");
        let view = (view.events > 0).then_some(view);
        assert_eq!(document.view, view, "{petition} {held:?}");
        let found = letters.look(|book| {
            let of = book.of(&consumer());
            let held = of.into_iter().flat_map(|letters| letters.held(petition));
            let held = held.map(|held| (held.event.position, held.is_letter()));
            held.collect::<BTreeMap<_, _>>()
        });
        let places: BTreeSet<_> = found.keys().copied().collect();
        assert_eq!(places, expected, "{petition}: letters and what is held");
        if let Some(held) = held {
            assert!(found[&held.event.position], "{petition} has no letter");
        }
    }
    assert!(documents.values().all(|document| !document.has_seen()));
    // Where it was fixed once, what was folded then cannot be compared while it is broken.
    let faults = match strictness {
        Strictness::Strict => faults.clone(),
        Strictness::Lenient => {
            let fixed = Faults::default();
            fixed.set_fixed(true);
            fixed
        }
    };
    let projection = Fragile::with_schema(&faults, schema);
    let decoder = FragileNumbers(faults);
    let (filter, name) = (EventFilter::namespace(namespace()), generation(number));
    let store = &log.store;
    let found = verify(
        store,
        read_models,
        decoder,
        projection,
        &filter,
        &name,
        |_| {},
    );
    let found = found.await.unwrap();
    assert!(found.is_sound(), "{found:#?}");
}

/// Folds up to the head, with the dead letters written meanwhile.
pub(super) async fn settle<R>(log: &Log, read_models: &R, faults: &Faults)
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    loop {
        let head = log.head();
        let builder = fragile(log, read_models, faults).project(Fragile::new(faults));
        builder.catch_up().await.unwrap();
        if log.head() == head {
            return;
        }
    }
}

type Reader = ModelReader<Fragile, MemoryReadModels, SystemClock>;

fn reader(read_models: &MemoryReadModels, faults: &Faults) -> Reader {
    let projection = Fragile::new(faults);
    ModelReader::new(namespace(), projection, read_models.clone(), SystemClock)
}

async fn sound(log: &Log, read_models: &MemoryReadModels, faults: &Faults) {
    let strict = Strictness::Strict;
    check_poisoned(log, read_models, faults, (1, 1), strict).await;
}

#[test]
fn a_key_waits_at_what_it_cannot_handle_and_all_others_go_on() {
    for (fault, batch) in FAULTS.iter().flat_map(|f| [1, 2, 4096].map(|b| (*f, b))) {
        quietly(async {
            let (log, read_models) = (Log::of(&[2, 3, 1]), MemoryReadModels::new());
            let faults = Faults::default();
            let bad = log.poison("p-0", fault);
            for petition in ["p-1", "p-0", "p-2", "p-0"] {
                log.append(petition);
            }
            let options = ProjectorOptions::default().batch_events_max(at_most(batch));
            let builder = fragile(&log, &read_models, &faults).options(options);
            let running = builder.project(Fragile::new(&faults)).start();
            running.reached(log.head()).await.unwrap();
            running.stop().await;
            settle(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let reader = reader(&read_models, &faults);
            let sum = reader.get(&key("p-0")).await.unwrap().value;
            assert_eq!(sum.map(|sum| sum.events), Some(2));
            assert_eq!(
                reader.get(&key("p-1")).await.unwrap().value.unwrap().events,
                4
            );
            let held = reader.held(&key("p-0")).await.unwrap().value.unwrap();
            assert_eq!((held.event.position, held.parked), (bad, 2));
            let (class, attempts) = match fault {
                Fault::Unreadable => (FailureClass::Undecodable, 1),
                Fault::Panics => (FailureClass::Handler, 4),
                Fault::Lost => (FailureClass::Handler, 3),
            };
            assert_eq!((held.failure.class, held.attempts), (class, attempts));
            assert_eq!(reader.held(&key("p-1")).await.unwrap().value, None);
            let times = times_written(&log);
            assert_eq!(times["Added"], 1);
            assert_eq!(times["Parked"], 2);
        });
    }
}

#[test]
fn a_key_that_fails_at_its_first_event_is_listed_though_it_has_no_view() {
    for fault in FAULTS {
        quietly(async {
            let (log, read_models) = (Log::of(&[0, 1]), MemoryReadModels::new());
            let faults = Faults::default();
            log.poison("p-0", fault);
            log.issue("p-0");
            log.append("p-0");
            log.poison_issuance("p-3", fault);
            settle(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let reader = reader(&read_models, &faults);
            assert_eq!(reader.get(&key("p-0")).await.unwrap().value, None);
            assert_eq!(reader.held_count().await.unwrap().value, 2);
            let first = reader
                .held_keys(&ListPart::first(at_most(1)))
                .await
                .unwrap();
            let first = first.value;
            assert_eq!(first.views[0].0, key("p-0"));
            assert_eq!(first.views[0].1.parked, 2);
            let rest = ListPart::first(at_most(9)).after(first.next.unwrap());
            let rest = reader.held_keys(&rest).await.unwrap().value;
            assert_eq!(rest.views.len(), 1);
            assert_eq!(rest.views[0].0, key("p-3"));
        });
    }
}

/// The event that holds a key back, as its letter has it.
pub(super) async fn first_letter(log: &Log, petition: &str) -> EventRef {
    let letters = letters_of(log);
    letters.refresh().await.unwrap();

    letters.look(|book| {
        let letters = book.of(&consumer()).unwrap();
        letters.held(petition).next().unwrap().event.clone()
    })
}

#[test]
fn a_key_goes_on_without_what_was_skipped_up_to_the_next_that_fails() {
    for (one, other) in FAULTS.iter().flat_map(|f| FAULTS.map(|g| (*f, g))) {
        quietly(async {
            let (log, read_models) = (Log::of(&[1, 1]), MemoryReadModels::new());
            let faults = Faults::default();
            log.poison("p-0", one);
            log.issue("p-0");
            let second = log.poison_issuance("p-0", other);
            log.append("p-0");
            settle(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let letters = letters_of(&log);
            skip(&letters, "p-0", first_letter(&log, "p-0").await).await;
            log.append("p-0");
            settle(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let event = first_letter(&log, "p-0").await;
            assert_eq!(event.position, second);
            skip(&letters, "p-0", event).await;
            settle(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let reader = reader(&read_models, &faults);
            assert_eq!(
                reader.get(&key("p-0")).await.unwrap().value.unwrap().events,
                4
            );
            assert_eq!(reader.held_count().await.unwrap().value, 0);
            // From the beginning, with all decisions known, it comes to the same.
            for slice in SliceCount::DEFAULT.slices() {
                read_models.wipe(&generation(1).slice(slice));
            }
            let before = written(&log).len();
            let options = ProjectorOptions::default()
                .batch_events_max(at_most(1))
                .changed_views_max(at_most(1));
            let builder = fragile(&log, &read_models, &faults).options(options);
            let builder = builder.project(Fragile::new(&faults));
            builder.catch_up().await.unwrap();
            sound(&log, &read_models, &faults).await;
            assert_eq!(written(&log).len(), before, "nothing is written twice");
        });
    }
}

#[test]
fn what_is_fixed_is_tried_again_when_somebody_asks() {
    for fault in FAULTS {
        quietly(async {
            let (log, read_models) = (Log::of(&[2, 1]), MemoryReadModels::new());
            let faults = Faults::default();
            log.poison("p-0", fault);
            log.append("p-0");
            settle(&log, &read_models, &faults).await;
            let letters = letters_of(&log);
            let event = first_letter(&log, "p-0").await;
            ask_again(&letters, "p-0", event.clone()).await;
            settle(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            assert_eq!(times_written(&log)["RetryFailed"], 1);
            let reader = reader(&read_models, &faults);
            let held = reader.held(&key("p-0")).await.unwrap().value.unwrap();
            letters.refresh().await.unwrap();
            let tried = letters.look(|book| match book.letters().next().unwrap().2.state {
                HeldState::Letter {
                    attempts,
                    retry_requested,
                    ..
                } => (attempts, retry_requested),
                HeldState::Parked => panic!("it is a letter"),
            });
            assert_eq!(tried, (held.attempts, false));
            faults.set_fixed(true);
            settle(&log, &read_models, &faults).await;
            assert_eq!(reader.held_count().await.unwrap().value, 1, "nobody asked");
            ask_again(&letters, "p-0", event).await;
            settle(&log, &read_models, &faults).await;
            let lenient = Strictness::Lenient;
            check_poisoned(&log, &read_models, &faults, (1, 1), lenient).await;
            assert_eq!(
                reader.get(&key("p-0")).await.unwrap().value.unwrap().events,
                4
            );
            assert_eq!(reader.held_count().await.unwrap().value, 0);
            assert_eq!(times_written(&log)["Released"], 2);
        });
    }
}

#[test]
fn read_models_that_are_lost_while_a_key_waits_are_folded_again() {
    quietly(async {
        let log = Log::of(&[2, 1, 2]);
        let (faults, read_models) = (
            Faults::default(),
            Flaky::unwatched(&log, 0, Default::default()),
        );
        log.poison("p-0", Fault::Panics);
        log.append("p-0");
        log.poison("p-2", Fault::Unreadable);
        settle(&log, &read_models, &faults).await;
        let before = written(&log).len();
        read_models.flush(&[generation(1)]);
        settle(&log, &read_models, &faults).await;
        let strict = Strictness::Strict;
        check_poisoned(&log, &read_models, &faults, (1, 1), strict).await;
        assert_eq!(written(&log).len(), before, "nothing is written twice");
        // With what failed fixed meanwhile, nothing is held any more.
        faults.set_fixed(true);
        read_models.flush(&[generation(1)]);
        settle(&log, &read_models, &faults).await;
        let lenient = Strictness::Lenient;
        check_poisoned(&log, &read_models, &faults, (1, 1), lenient).await;
        assert_eq!(times_written(&log)["Released"], 3);
    });
}

#[test]
fn a_generation_that_holds_more_is_promoted_only_by_name() {
    quietly(async {
        let (log, read_models) = (Log::of(&[2, 1, 2]), MemoryReadModels::new());
        let (fixed, broken) = (Faults::default(), Faults::default());
        fixed.set_fixed(true);
        log.poison("p-0", Fault::Panics);
        log.append("p-0");
        settle(&log, &read_models, &fixed).await;
        let rebuild = fragile(&log, &read_models, &broken);
        let rebuild = rebuild
            .rebuild(Fragile::with_schema(&broken, 2))
            .await
            .unwrap();
        let rebuild = rebuild.caught_up(|_| ()).await.unwrap();
        assert!(written(&log).is_empty(), "a rebuild writes nothing");
        let (rebuild, error) = rebuild.promote().await.unwrap_err();
        let RebuildError::MoreHeld {
            held_answering,
            held_building,
            ..
        } = error
        else {
            panic!("{error}");
        };
        assert_eq!((held_answering, held_building), (0, 1));
        let refused = promote(&read_models, &generation(2)).await;
        assert!(matches!(refused, Err(RebuildError::MoreHeld { .. })));
        let running = rebuild.promote_despite_held().await.unwrap();
        // It answers now, so its contents are reported without any event.
        tokio::time::sleep(Duration::from_secs(10)).await;
        running.reached(log.head()).await.unwrap();
        let strict = Strictness::Strict;
        check_poisoned(&log, &read_models, &broken, (2, 2), strict).await;
        let times = times_written(&log);
        assert_eq!((times["Added"], times["Parked"]), (1, 1));
        // One that holds less is welcome, and its letters go.
        let better = fragile(&log, &read_models, &fixed);
        let better = better
            .rebuild(Fragile::with_schema(&fixed, 3))
            .await
            .unwrap();
        let better = better.caught_up(|_| ()).await.unwrap();
        running.stop().await;
        let running = better.promote().await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        running.reached(log.head()).await.unwrap();
        let lenient = Strictness::Lenient;
        check_poisoned(&log, &read_models, &fixed, (3, 3), lenient).await;
        assert_eq!(times_written(&log)["Released"], 2);
    });
}

#[test]
fn a_rebuild_honours_what_was_skipped() {
    quietly(async {
        let (log, read_models) = (Log::of(&[2, 1, 2]), MemoryReadModels::new());
        let faults = Faults::default();
        log.poison("p-0", Fault::Panics);
        log.append("p-0");
        settle(&log, &read_models, &faults).await;
        // Also where the new fold could handle it.
        skip(&letters_of(&log), "p-0", first_letter(&log, "p-0").await).await;
        settle(&log, &read_models, &faults).await;
        let before = written(&log).len();
        for (number, is_fixed) in [(2, false), (3, true)] {
            faults.set_fixed(is_fixed);
            let schema = u64::from(number);
            let rebuild = fragile(&log, &read_models, &faults);
            let rebuild = rebuild.rebuild(Fragile::with_schema(&faults, schema));
            let rebuild = rebuild.await.unwrap().caught_up(|_| ()).await.unwrap();
            assert_eq!(written(&log).len(), before, "a rebuild writes nothing");
            rebuild.promote().await.unwrap().stop().await;
            let strict = Strictness::Strict;
            check_poisoned(&log, &read_models, &faults, (number, schema), strict).await;
        }
    });
}

#[test]
fn twins_write_each_letter_once() {
    for seed in 0..40 {
        quietly(async {
            let (log, read_models) = (Log::of(&[2, 1, 2]), MemoryReadModels::new());
            let (faults, mut rng) = (Faults::default(), SeededRng::new(seed));
            let mut twin = || {
                let builder = fragile(&log, &read_models, &faults);
                let builder = builder.options(random_options(&mut rng));
                builder.project(Fragile::new(&faults)).start()
            };
            let twins = [twin(), twin()];
            for fault in FAULTS {
                log.poison("p-0", fault);
                log.append("p-1");
                log.poison("p-2", fault);
                wait_a_while(&mut rng).await;
            }
            for twin in twins {
                twin.reached(log.head()).await.unwrap();
                twin.stop().await;
            }
            settle(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let times = times_written(&log);
            assert_eq!((times["Added"], times["Parked"]), (2, 4), "seed {seed}");
            assert_eq!(times.get("Released"), None);
        });
    }
}

/// Letters of others, and of other namespaces, mean nothing here.
#[test]
fn letters_of_other_consumers_are_left_alone() {
    quietly(async {
        let (log, read_models) = (Log::of(&[2, 1]), MemoryReadModels::new());
        let faults = Faults::default();
        let letters = letters_of(&log);
        let first = log.events().remove(0);
        let skipped = Skipped {
            consumer: ConsumerName::new("other").unwrap(),
            key: "p-0".into(),
            event: EventRef::from(&first),
            by: somebody(),
            reason: "not ours".into(),
        };
        letters.record(vec![skipped.into()]).await.unwrap();
        settle(&log, &read_models, &faults).await;
        sound(&log, &read_models, &faults).await;
        let reader = reader(&read_models, &faults);
        assert_eq!(
            reader.get(&key("p-0")).await.unwrap().value.unwrap().events,
            2
        );
        // The same for us takes it out again.
        skip(&letters, "p-0", EventRef::from(&first)).await;
        settle(&log, &read_models, &faults).await;
        sound(&log, &read_models, &faults).await;
        assert_eq!(
            reader.get(&key("p-0")).await.unwrap().value.unwrap().events,
            1
        );
        assert!(log.store.head().await.unwrap() > first.position);
    });
}
