//! Keys that are not those of streams, and keys that no view can have.

use std::collections::BTreeMap;

use minwon_core::{
    EventRef, FailureClass, HeldState, IndexEntry, Projection, ProjectionName, RecordedEvent,
    ViewKey, ViewSchema, is_dead_letter,
};

use super::{
    poison::{consumer, letters_of, quietly, skip},
    *,
};
use crate::{
    ModelReader,
    testing::{Sum, key, meant},
    verify,
};

/// Sums by the last digit of what an event says: each stream is of several keys. An event with 9
/// does not matter, and one with 0 has a key that no view can have.
#[derive(Clone)]
struct Digits(Sums);

impl Projection for Digits {
    type Event = u64;
    type View = Sum;

    fn name(&self) -> &ProjectionName {
        self.0.name()
    }

    fn schema(&self) -> ViewSchema {
        self.0.schema()
    }

    fn key<'e>(&self, event: &'e RecordedEvent) -> Option<&'e str> {
        let text = std::str::from_utf8(&event.payload).ok()?;
        match text.split_at_checked(text.len().checked_sub(1)?)?.1 {
            "9" => None,
            "0" => Some(""),
            digit => Some(digit),
        }
    }

    fn apply(&self, view: &mut Option<Sum>, event: &u64, recorded: &RecordedEvent) {
        self.0.apply(view, event, recorded);
    }

    fn index(&self, key: &ViewKey, view: &Sum, entries: &mut Vec<IndexEntry>) {
        self.0.index(key, view, entries);
    }
}

fn digits() -> Digits {
    Digits(Sums::new())
}

/// Folds up to the head, with the dead letters written meanwhile.
async fn settle(log: &Log, read_models: &MemoryReadModels, batch: u32) {
    loop {
        let head = log.head();
        let options = ProjectorOptions::default().batch_events_max(at_most(batch));
        let builder = projector(log, read_models).options(options);
        builder.project(digits()).catch_up().await.unwrap();
        if log.head() == head {
            return;
        }
    }
}

/// Every digit has the sum of its events; what is kept is what `verify` comes to.
async fn check_digits(log: &Log, read_models: &MemoryReadModels) {
    let mut sums = BTreeMap::<String, Sum>::new();
    for event in log.events().iter().filter(|event| !is_dead_letter(event)) {
        let number = meant(event).0;
        sums.entry((number % 10).to_string())
            .or_default()
            .add(number);
    }
    let reader = ModelReader::new(namespace(), digits(), read_models.clone(), SystemClock);
    for (digit, sum) in &sums {
        let found = reader.get(&key(digit)).await.unwrap().value;
        let expected = !matches!(digit.as_str(), "0" | "9");
        assert_eq!(found.as_ref(), Some(sum).filter(|_| expected), "{digit}");
    }
    let (filter, name) = (EventFilter::namespace(namespace()), generation(1));
    let (store, projection) = (&log.store, digits());
    let found = verify(
        store,
        read_models,
        Numbers,
        projection,
        &filter,
        &name,
        |_| {},
    );
    let found = found.await.unwrap();
    assert!(found.is_sound(), "{found:#?}");
}

/// The letters that hold keys back, by key.
async fn open(log: &Log) -> BTreeMap<String, (EventRef, FailureClass)> {
    let letters = letters_of(log);
    letters.refresh().await.unwrap();
    letters.look(|book| {
        let letters = book.letters().filter_map(|(of, key, held)| {
            assert_eq!(*of, consumer());
            match &held.state {
                HeldState::Letter { failure, .. } => {
                    Some((key.to_owned(), (held.event.clone(), failure.class)))
                }
                HeldState::Parked => None,
            }
        });
        letters.collect()
    })
}

#[test]
fn a_stream_may_be_of_several_keys_and_a_key_that_cannot_be_is_a_letter() {
    for batch in [1, 3, 4096] {
        quietly(async {
            let (log, read_models) = (Log::of(&[23, 9, 3, 12]), MemoryReadModels::new());
            settle(&log, &read_models, batch).await;
            check_digits(&log, &read_models).await;
            let found = open(&log).await;
            let keys: Vec<_> = found.keys().map(String::as_str).collect();
            assert_eq!(keys, ["p-0", "p-1", "p-3"], "under the key of the stream");
            for (event, class) in found.values() {
                assert_eq!(*class, FailureClass::Handler);
                assert!(event.subject.as_str().starts_with("p-"));
            }
            // Later events flow, and the letter is decided as any other.
            for _ in 0..20 {
                log.append("p-1");
            }
            let letters = letters_of(&log);
            skip(&letters, "p-1", found["p-1"].0.clone()).await;
            settle(&log, &read_models, batch).await;
            check_digits(&log, &read_models).await;
            let next = &open(&log).await["p-1"].0;
            assert!(
                next.position > found["p-1"].0.position,
                "the next of its kind"
            );
        });
    }
}
