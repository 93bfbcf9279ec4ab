//! The read model says what the book says, which says what the queues hold.

use std::{collections::BTreeSet, num::NonZeroU32, time::Duration};

use minwon_adapters::SystemClock;
use minwon_core::{
    Compensated, DeadLetterBook, EventRef, EventType, Failure, FailureClass, ReactionKind, Skipped,
    Subject, Timestamp,
    testing::{ManualClock, MemoryReadModels, MemoryStore, SeededRng},
};

use super::*;
use crate::{
    EventAt, ListPart, Selection,
    dead_letters::tests::{
        AGENCY, NOTIFIER, added, consumer, event_ref, letters, of_type, operator, parked, released,
        retry_failed, retry_requested,
    },
    testing::{Log, Numbers, Sums, namespace, projector, run},
    verify,
};

type Reader = LetterReader<MemoryReadModels, SystemClock>;

/// Something that happens to one of some events: of four petitions, two types and two consumers.
fn step(rng: &mut SeededRng) -> DeadLetterEvent {
    let number = rng.below(16);
    let event = event_ref(&format!("p-{}", number % 4), number);
    let event = of_type(&event, ["Received", "Submitted"][(number / 4) as usize % 2]);
    let of = [NOTIFIER, AGENCY][rng.below(2) as usize];
    let text =
        ["550 no such mailbox", "404 no such page", "port 17 is shut"][rng.below(3) as usize];
    let step = match rng.below(10) {
        0 => newer(of, &event),
        1..=3 => added(of, &event),
        4..=5 => parked(of, &event),
        6 => retry_requested(of, &event),
        7 => saying(rng, retry_failed(of, &event, text)),
        8 => saying(rng, released(of, &event)),
        _ => given_up(of, &event, rng.happens(500)),
    };
    // Of the last petition everything is held under the key of an office, with others.
    if number % 4 == 3 {
        under("office", step)
    } else {
        step
    }
}

/// The step as it was done, or with parts not said.
fn saying(rng: &mut SeededRng, mut step: DeadLetterEvent) -> DeadLetterEvent {
    let kinds = [
        None,
        Some(ReactionKind::Handled),
        Some(ReactionKind::Compensated),
    ];
    let said = kinds[rng.below(3) as usize];
    match &mut step {
        DeadLetterEvent::RetryFailed(it) => it.kind = said,
        DeadLetterEvent::Released(it) => it.kind = said,
        _ => unreachable!("only these say it"),
    }
    step
}

fn newer(of: &str, event: &EventRef) -> DeadLetterEvent {
    let mut step = added(of, event);
    if let DeadLetterEvent::Added(it) = &mut step {
        it.failure = Failure::of_text(FailureClass::Newer, "version 3 is not known");
    }
    step
}

fn given_up(of: &str, event: &EventRef, is_made_up_for: bool) -> DeadLetterEvent {
    let (consumer, event) = (consumer(of), event.clone());
    let (key, by) = (event.subject.to_string(), operator());
    let reason = "sent by post".to_owned();
    if is_made_up_for {
        let it = Compensated {
            consumer,
            key,
            event,
            by,
            reason,
        };
        return it.into();
    }
    Skipped {
        consumer,
        key,
        event,
        by,
        reason,
    }
    .into()
}

fn under(other: &str, mut step: DeadLetterEvent) -> DeadLetterEvent {
    let key = match &mut step {
        DeadLetterEvent::Added(it) => &mut it.key,
        DeadLetterEvent::Parked(it) => &mut it.key,
        DeadLetterEvent::RetryRequested(it) => &mut it.key,
        DeadLetterEvent::RetryFailed(it) => &mut it.key,
        DeadLetterEvent::Released(it) => &mut it.key,
        DeadLetterEvent::Skipped(it) => &mut it.key,
        DeadLetterEvent::Compensated(it) => &mut it.key,
        DeadLetterEvent::QueueOpened(_) => unreachable!("it has no key"),
    };
    other.clone_into(key);
    step
}

/// Views by petition, folded without a projector.
fn folded<'s>(steps: impl IntoIterator<Item = &'s (DeadLetterEvent, Timestamp)>) -> Vec<Letter> {
    let mut views = std::collections::BTreeMap::<Subject, LetterView>::new();
    for (step, at) in steps {
        let petition = step.event().unwrap().subject.clone();
        views.entry(petition).or_default().apply(step, *at);
    }
    let mut letters: Vec<_> = views.values().flat_map(LetterView::letters).collect();
    crate::dead_letters::in_log_order(&mut letters);
    letters
}

#[test]
fn any_story_comes_to_the_letters_of_the_book() {
    let mut letters_seen = 0;
    for seed in 0..400 {
        let mut rng = SeededRng::new(seed);
        let (mut book, mut steps) = (DeadLetterBook::default(), Vec::new());
        for second in 0..rng.below(60) {
            let at = Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(second));
            let step = step(&mut rng);
            book.apply(&step, at);
            steps.push((step, at));
            let mut expected = Selection::All.of(&book);
            for letter in &mut expected {
                // Those of others are not listed.
                letter
                    .parked
                    .retain(|event| event.subject == letter.event.subject);
            }
            letters_seen += expected.len();
            assert_eq!(folded(&steps), expected, "seed {seed}: {steps:?}");
        }
    }
    assert!(letters_seen > 10_000, "there was something to compare");
}

/// A log with letters, and a read model of them beside another.
struct Office {
    log: Log,
    read_models: MemoryReadModels,
    reader: Reader,
}

impl Office {
    fn new() -> Self {
        let read_models = MemoryReadModels::new();
        Self {
            // The entries about an event stand behind it, wherever that is.
            log: Log::of(&[6, 6, 6]),
            reader: LetterReader::new(namespace(), read_models.clone(), SystemClock),
            read_models,
        }
    }

    async fn record(&self, steps: impl IntoIterator<Item = DeadLetterEvent>) {
        let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
        let letters = letters(&self.log.store, &clock);
        for step in steps {
            letters.record(vec![step]).await.unwrap();
        }
    }

    async fn catch_up(&self) {
        let builder = projector(&self.log, &self.read_models);
        let builder = builder.project(Sums::new()).project(LetterViews::default());
        builder.catch_up().await.unwrap();
    }

    async fn book(&self) -> DeadLetterBook {
        let letters = letters::<MemoryStore, _>(&self.log.store, &SystemClock);
        letters.refresh().await.unwrap();
        letters.look(Clone::clone)
    }

    /// All of a selection, page by page.
    async fn listed(&self, selection: &Selection, limit: u32) -> Vec<Letter> {
        let first = ListPart::first(NonZeroU32::new(limit).unwrap());
        let (mut part, mut letters) = (first.clone(), Vec::new());
        loop {
            let page = self.reader.list(selection, &part).await.unwrap().value;
            letters.extend(page.letters);
            match page.next {
                Some(next) => part = first.clone().after(next),
                None => break,
            }
        }
        crate::dead_letters::in_log_order(&mut letters);
        letters
    }
}

fn selections(book: &DeadLetterBook) -> Vec<Selection> {
    let mut all = vec![
        Selection::All,
        Selection::Newer,
        Selection::Consumer(consumer(NOTIFIER)),
        Selection::EventType(EventType::new("Received").unwrap()),
        Selection::EventType(EventType::new("Other").unwrap()),
        Selection::Key("p-1".into()),
        Selection::Key("office".into()),
    ];
    all.extend(book.groups().into_keys().map(Selection::Group));
    for (of, _, held) in book.letters() {
        let event = EventAt::Id(held.event.id);
        let consumer = Some(of.clone());
        all.push(Selection::Event { consumer, event });
        let event = EventAt::Position(held.event.position);
        all.push(Selection::Event {
            consumer: None,
            event,
        });
    }
    all
}

#[test]
fn every_question_is_answered_as_the_book_answers_it() {
    run(async {
        for seed in 0..12 {
            let (office, mut rng) = (Office::new(), SeededRng::new(seed));
            let steps: Vec<_> = (0..40).map(|_| step(&mut rng)).collect();
            office.record(steps).await;
            // In two sittings, the second of which finds what the first one kept.
            office.catch_up().await;
            office.record((0..20).map(|_| step(&mut rng))).await;
            office.catch_up().await;
            let book = office.book().await;
            let ids = |letters: &[Letter]| -> BTreeSet<_> {
                let of = |letter: &Letter| {
                    let (consumer, id) = (letter.consumer.clone(), letter.event.id);
                    (consumer, id, letter.attempts, letter.failure.error.clone())
                };
                letters.iter().map(of).collect()
            };
            for selection in selections(&book) {
                let expected = selection.of(&book);
                for limit in [1, 2, 100] {
                    let listed = office.listed(&selection, limit).await;
                    assert_eq!(ids(&listed), ids(&expected), "seed {seed}: {selection:?}");
                    assert_eq!(listed.len(), expected.len());
                }
            }
            for number in 0..4 {
                let petition = Subject::new(format!("p-{number}")).unwrap();
                let found = office.reader.of_subject(&petition).await.unwrap().value;
                let expected = Selection::Subject(petition).of(&book);
                // Behind a letter of its office a petition may wait, and so do others.
                let is_known =
                    |letter: &&Letter| ids(&found).is_superset(&ids(std::slice::from_ref(letter)));
                assert!(
                    expected.iter().all(|letter| is_known(&letter)),
                    "seed {seed}"
                );
            }
            let groups = office.reader.groups().await.unwrap().value;
            assert_eq!(groups, book.groups(), "seed {seed}");
        }
    });
}

#[test]
fn the_read_model_is_what_the_log_says() {
    run(async {
        let (office, mut rng) = (Office::new(), SeededRng::new(7));
        office.record((0..60).map(|_| step(&mut rng))).await;
        office.catch_up().await;
        let (log, read_models) = (&office.log.store, &office.read_models);
        let views = LetterViews::<u64>::default();
        let filter = minwon_core::EventFilter::namespace(namespace());
        let generation = minwon_core::GenerationName {
            model: minwon_core::ModelName {
                namespace: namespace(),
                projection: views.name().clone(),
            },
            generation: minwon_core::Generation::new(1),
        };
        let verified = verify(
            log,
            read_models,
            Numbers,
            views,
            &filter,
            &generation,
            |_| {},
        );
        let verified = verified.await.unwrap();
        assert!(verified.is_sound(), "{verified:?}");
    });
}

/// Who waits behind the letter of another is stuck there, under a key that is no petition.
#[test]
fn a_petition_is_stuck_behind_the_letter_of_another() {
    run(async {
        let office = Office::new();
        let (first, second) = (event_ref("p-0", 0), event_ref("p-1", 1));
        let steps = [
            under("office", added(NOTIFIER, &first)),
            under("office", parked(NOTIFIER, &second)),
        ];
        office.record(steps).await;
        office.catch_up().await;
        let petition = Subject::new("p-1").unwrap();
        let stuck = office.reader.of_subject(&petition).await.unwrap().value;
        assert_eq!(stuck.len(), 1);
        assert_eq!(stuck[0].event, first);
    });
}

#[test]
fn the_stored_form_is_frozen() {
    let event = event_ref("p-0", 0);
    let mut view = LetterView::default();
    view.apply(&added(NOTIFIER, &event), Timestamp::UNIX_EPOCH);
    view.apply(&parked(AGENCY, &event), Timestamp::UNIX_EPOCH);
    let other = event_ref("p-0", 1);
    view.apply(&given_up(AGENCY, &other, true), Timestamp::UNIX_EPOCH);
    let json = |event: &EventRef| serde_json::to_string(event).unwrap();
    let expected = format!(
        r#"{{"events":[{{"consumer":"notifier","key":"p-0","event":{0},"since":"1970-01-01T00:00:00Z","fate":{{"letter":{{"failure":{{"class":"handler","error":"port 17 is shut","group":"port # is shut"}},"attempts":4}}}}}},{{"consumer":"agency","key":"p-0","event":{0},"since":"1970-01-01T00:00:00Z","fate":"parked"}},{{"consumer":"agency","key":"p-0","event":{1},"since":"1970-01-01T00:00:00Z","fate":{{"given-up":{{"by":"operator-1","reason":"sent by post","owed":true}}}}}}]}}"#,
        json(&event),
        json(&other),
    );
    assert_eq!(serde_json::to_string(&view).unwrap(), expected);
    assert_eq!(serde_json::from_str::<LetterView>(&expected).unwrap(), view);
    let group = LetterGroup {
        consumer: consumer(NOTIFIER),
        event_type: EventType::new("Received").unwrap(),
        cause: "550 \"gone\"".into(),
    };
    assert_eq!(
        member(&group, 2),
        r#"["notifier","Received","550 \"gone\"",2]"#
    );
    assert_eq!(group_of(&member(&group, 2)), Some(group.clone()));
    assert_eq!(
        list_of_group(&group),
        format!("cause/{}", member(&group, 0))
    );
}
