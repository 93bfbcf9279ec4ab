//! Keys that many streams write under, as those of a department.

use minwon_core::{
    DeadLetterEvent, EventRef, IndexEntry, Projection, ProjectionName, ReadModelStore as _,
    RecordedEvent, SliceWrites, StoredEvent as _, ViewKey, ViewSchema, Wanted,
};

use super::{
    poison::{ask_again, consumer, letters_of, quietly, skip, written},
    *,
};
use crate::{
    document_json,
    testing::{
        Fault, Faults, Fragile, FragileNumbers, Sum, by_hand, fragile, key, meant, numbered, stream,
    },
    verify,
};

/// All petitions of a department, and there is one.
const KEY: &str = "audit";

/// The sums of a department.
struct Coarse(Fragile);

impl Projection for Coarse {
    type Event = u64;
    type View = Sum;

    fn name(&self) -> &ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> ViewSchema {
        self.0.schema()
    }

    fn key<'e>(&self, _: &'e RecordedEvent) -> Option<&'e str> {
        Some(KEY)
    }

    fn key_of_stream<'s>(&self, _: &'s minwon_core::StreamName) -> Option<&'s str> {
        Some(KEY)
    }

    fn apply(&self, view: &mut Option<Sum>, event: &u64, recorded: &RecordedEvent) {
        self.0.apply(view, event, recorded);
    }

    fn index(&self, key: &ViewKey, view: &Sum, entries: &mut Vec<IndexEntry>) {
        self.0.index(key, view, entries);
    }
}

/// A log in which so many petitions have an event each.
fn log_of(petitions: usize) -> Log {
    let log = Log::new();
    for number in 0..petitions {
        let petition = format!("p-{number}");
        let event = numbered(&petition, 0, number as u64 * 7);
        log.write_first(stream(&petition), event);
    }
    log
}

async fn fold(log: &Log, read_models: &MemoryReadModels, faults: &Faults) {
    loop {
        let head = log.head();
        let options = ProjectorOptions::default().batch_events_max(at_most(100));
        let builder = fragile(log, read_models, faults).options(options);
        let builder = builder.project(Coarse(Fragile::new(faults)));
        builder.catch_up().await.unwrap();
        if log.head() == head {
            return;
        }
    }
}

async fn document(read_models: &MemoryReadModels) -> serde_json::Value {
    let name = slice_of(&generation(1), KEY);
    let keys = [key(KEY)];
    let wanted = Wanted {
        documents: &keys,
        ..Wanted::default()
    };
    let loaded = read_models.load(&name, &wanted).await.unwrap();
    let json = document_json(&keys[0], loaded.documents[0].as_ref().unwrap());
    serde_json::from_str(&json.unwrap()).unwrap()
}

async fn sound(log: &Log, read_models: &MemoryReadModels, faults: &Faults) {
    let (projection, decoder) = (Coarse(Fragile::new(faults)), FragileNumbers(faults.clone()));
    let (filter, name) = (EventFilter::namespace(namespace()), generation(1));
    let found = verify(
        &log.store,
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

/// The sum of all events but some.
fn sum_without(log: &Log, left_out: &[GlobalPosition]) -> serde_json::Value {
    let mut sum = Sum::default();
    for event in log.events() {
        if !minwon_core::is_dead_letter(&event) && !left_out.contains(&event.position) {
            sum.add(meant(&event).0);
        }
    }
    serde_json::to_value(sum).unwrap()
}

/// The document is written with each event: its length is the work.
#[test]
fn a_document_does_not_grow_with_the_streams_of_its_key() {
    run(async {
        let mut lengths = Vec::new();
        for petitions in [100, 3_000] {
            let (log, read_models) = (log_of(petitions), MemoryReadModels::new());
            let faults = Faults::default();
            fold(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let document = document(&read_models).await;
            assert_eq!(document["view"], sum_without(&log, &[]));
            lengths.push(document.to_string().len());
        }
        let digits = 8;
        assert!(lengths[1] <= lengths[0] + digits, "{lengths:?}");
    });
}

/// Neither does what is kept of events that wait.
#[test]
fn a_document_does_not_grow_with_the_streams_that_wait() {
    quietly(async {
        let mut lengths = Vec::new();
        for petitions in [100, 1_000] {
            let (log, read_models) = (Log::new(), MemoryReadModels::new());
            let faults = Faults::default();
            log.poison("bad", Fault::Unreadable);
            for number in 0..petitions {
                log.append(&format!("p-{number}"));
            }
            fold(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let document = document(&read_models).await;
            assert_eq!(document["held"]["parked"], petitions);
            lengths.push(document.to_string().len());
        }
        assert!(lengths[1] <= lengths[0] + 8, "{lengths:?}");
    });
}

/// Returns how often dead letters have an event of this name.
fn times(log: &Log, name: &str) -> usize {
    let written = written(log);
    let of = |letter: &&DeadLetterEvent| letter.shape().name == name;
    written.iter().filter(of).count()
}

/// The event that holds the key back.
async fn letter(log: &Log) -> EventRef {
    let letters = letters_of(log);
    letters.refresh().await.unwrap();

    letters.look(|book| {
        let letters = book.of(&consumer()).unwrap();
        letters.held(KEY).next().unwrap().event.clone()
    })
}

#[test]
fn a_key_of_many_streams_waits_and_goes_on_as_any_other() {
    for fault in [Fault::Unreadable, Fault::Panics, Fault::Lost] {
        quietly(async {
            let (log, read_models) = (log_of(150), MemoryReadModels::new());
            let faults = Faults::default();
            fold(&log, &read_models, &faults).await;
            let bad = log.poison("p-3", fault);
            for number in 100..200 {
                log.append(&format!("p-{number}"));
            }
            fold(&log, &read_models, &faults).await;
            sound(&log, &read_models, &faults).await;
            let found = document(&read_models).await;
            assert_eq!(found["held"]["parked"], 100, "{fault:?}");
            assert_eq!(found["view"]["events"], 150);
            assert_eq!(times(&log, "Added"), 1);
            assert_eq!(times(&log, "Parked"), 100);
            let letters = letters_of(&log);
            if fault == Fault::Panics {
                skip(&letters, KEY, letter(&log).await).await;
                fold(&log, &read_models, &faults).await;
                sound(&log, &read_models, &faults).await;
                let found = document(&read_models).await;
                assert_eq!(found["view"], sum_without(&log, &[bad]));
            } else {
                faults.set_fixed(true);
                ask_again(&letters, KEY, letter(&log).await).await;
                fold(&log, &read_models, &faults).await;
                let found = document(&read_models).await;
                assert_eq!(found["view"], sum_without(&log, &[]));
            }
            assert_eq!(document(&read_models).await.get("held"), None);
            assert_eq!(times(&log, "Parked"), 100, "nothing is written twice");
        });
    }
}

/// Its letters are written when it begins to answer, from what waits in the log.
#[test]
fn what_waits_in_a_key_of_many_streams_is_found_when_a_generation_is_promoted() {
    quietly(async {
        let (log, read_models) = (log_of(50), MemoryReadModels::new());
        let faults = Faults::default();
        log.poison("p-3", Fault::Unreadable);
        for number in 0..60 {
            log.append(&format!("p-{number}"));
        }
        faults.set_fixed(true);
        fold(&log, &read_models, &faults).await;
        assert_eq!(written(&log).len(), 0);
        faults.set_fixed(false);
        let second = || Coarse(Fragile::with_schema(&faults, 2));
        let builder = fragile(&log, &read_models, &faults);
        let rebuild = builder.rebuild(second()).await.unwrap();
        let rebuild = rebuild.caught_up(|_| {}).await.unwrap();
        let Ok(running) = rebuild.promote_despite_held().await else {
            panic!("it is complete");
        };
        running.stop().await;
        assert_eq!(written(&log).len(), 0);
        let builder = fragile(&log, &read_models, &faults).project(second());
        builder.catch_up().await.unwrap();
        assert_eq!((times(&log, "Added"), times(&log, "Parked")), (1, 60));
        let builder = fragile(&log, &read_models, &faults).project(second());
        builder.catch_up().await.unwrap();
        assert_eq!(times(&log, "Parked"), 60, "nothing is written twice");
    });
}

/// A document of an earlier build lists them all. It is read, and shrinks with the next event.
#[test]
fn a_document_that_lists_many_streams_is_still_read() {
    run(async {
        let (log, read_models) = (log_of(200), MemoryReadModels::new());
        let faults = Faults::default();
        fold(&log, &read_models, &faults).await;
        let view = document(&read_models).await["view"].clone();
        let streams: Vec<_> = log
            .events()
            .iter()
            .map(|event| (event.stream.to_string(), event.version.get()))
            .collect();
        let streams = serde_json::to_string(&streams).unwrap();
        let old = format!(r#"{{"streams":{streams},"view":{view}}}"#);
        let length = old.len();
        let writes = SliceWrites {
            documents: vec![(key(KEY), Some(old.into()))],
            ..SliceWrites::default()
        };
        by_hand(&read_models, KEY, writes).await;
        sound(&log, &read_models, &faults).await;
        log.append("p-7");
        log.append("p-700");
        fold(&log, &read_models, &faults).await;
        let found = document(&read_models).await;
        assert_eq!(found["view"], sum_without(&log, &[]));
        assert!(found.to_string().len() < length / 10);
        sound(&log, &read_models, &faults).await;
    });
}
