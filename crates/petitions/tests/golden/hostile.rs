//! Views that somebody else has written over: each is refused when it is restored, or answers every
//! question without a panic.

use std::fs;

use minwon_core::{
    Decider, NamespaceName, Projection, RecordedEvent, Stored, Timestamp, ViewKey,
    testing::SeededRng,
};
use minwon_petitions::{
    Calendar, Category, Date, EventReader, Firing, Issuance, IssuanceId, PetitionApplication,
    PetitionId, PetitionView, PetitionViews,
};
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{samples, views::recorded};

/// Every golden view.
fn golden_views() -> Vec<Value> {
    let files = fs::read_dir(super::folder("views")).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let views = texts.flat_map(|text| {
        let lines = text.lines().filter(|line| line.starts_with('{'));
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect::<Vec<Value>>()
    });
    views.collect()
}

/// Every event that a golden view was folded from, and its places in the log.
fn golden_events() -> Vec<RecordedEvent> {
    let namespace = NamespaceName::new("car").unwrap();
    let petition = PetitionId::new("2026-000123").unwrap();
    let application = PetitionApplication::new(Category::Car);
    let stream = application.stream(&namespace, &petition);
    let of_application = samples::application_histories().into_iter();
    let mut events: Vec<_> = of_application
        .flat_map(|(_, history)| history)
        .map(|event| recorded(&application, &stream, &event))
        .collect();
    let issuance = Issuance::new(Category::Car);
    let first = IssuanceId::first(&petition);
    let stream = issuance.stream(&namespace, &first).unwrap();
    let of_issuance = samples::issuance_histories().into_iter();
    let documents = of_issuance.flat_map(|(_, history)| history);
    events.extend(documents.map(|event| recorded(&issuance, &stream, &event)));
    events
}

/// The paths to a value and to all that is in it.
fn paths(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                paths(field, &format!("{here}/{name}"), found);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                paths(item, &format!("{here}/{number}"), found);
            }
        }
        _ => {}
    }
}

fn one_of<'v, V>(of: &'v [V], rng: &mut SeededRng) -> &'v V {
    &of[usize::try_from(rng.below(of.len() as u64)).unwrap()]
}

/// Any place in a value.
fn somewhere(value: &Value, rng: &mut SeededRng) -> String {
    let mut found = Vec::new();
    paths(value, "", &mut found);
    one_of(&found, rng).clone()
}

/// Whether one may stand where the other does, by its looks.
fn is_like(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => one.len() == other.len(),
        _ => std::mem::discriminant(one) == std::mem::discriminant(other),
    }
}

fn number_near(before: &Value, rng: &mut SeededRng) -> Value {
    const DAY: i64 = 86_400_000_000;
    let near = before.as_i64().unwrap_or(0);
    let numbers = [
        0,
        1,
        -1,
        i64::from(u32::MAX),
        i64::MAX,
        i64::MIN,
        near.saturating_add(1),
        near.saturating_sub(1),
        near.saturating_add(DAY),
        near.saturating_sub(DAY),
        near.saturating_sub(365 * DAY),
        // The first and the last instant that there is.
        Timestamp::MIN.unix_micros(),
        Timestamp::MAX.unix_micros(),
    ];
    (*one_of(&numbers, rng)).into()
}

/// Changes one place of a view: to a value near it, to one from another view, to nothing.
fn spoil(view: &mut Value, others: &[Value], rng: &mut SeededRng) {
    let path = somewhere(view, rng);
    let place = view.pointer_mut(&path).unwrap();
    *place = match (rng.below(8), &*place) {
        (0, _) => Value::Null,
        (1, _) => Value::Array(vec![place.clone(), place.clone()]),
        (2, Value::Array(items)) => Value::Array(items.iter().rev().cloned().collect()),
        (2, Value::Object(fields)) => {
            let kept = fields.iter().skip(1);
            Value::Object(
                kept.map(|(name, value)| (name.clone(), value.clone()))
                    .collect::<Map<_, _>>(),
            )
        }
        (3 | 4, Value::Number(_)) => number_near(place, rng),
        // What looks like it is the likeliest to be taken.
        (_, before) => {
            let other = one_of(others, rng);
            let mut found = (0..32).map(|_| other.pointer(&somewhere(other, rng)).unwrap());
            let found = found.find(|found| is_like(found, before) && *found != before);
            found.cloned().unwrap_or_else(|| "2020-01-01".into())
        }
    };
}

/// Asks a view everything that there is to ask; what it says does not matter.
fn ask(view: &PetitionView, events: &[RecordedEvent]) {
    let projection = PetitionViews::default();
    let key = ViewKey::new("2026-000123").unwrap();
    let calendar = Calendar::published();
    let application = PetitionApplication::new(Category::Car);
    let mut entries = Vec::new();
    projection.index(&key, view, &mut entries);
    let _ = (view.officer_tasks(), view.last_step(), view.status());
    for document in view.documents() {
        let _ = document.masked_number();
        if let Some(proof) = document.proof {
            let _ = view.verify(proof.number, proof.verifiable_until);
        }
    }
    for now in [
        Timestamp::MIN,
        Timestamp::UNIX_EPOCH,
        "2026-03-20T10:00:00+09:00".parse().unwrap(),
        Timestamp::MAX,
    ] {
        let _ = view.remaining(calendar, now);
        let _ = serde_json::to_string(&view.result(calendar, now)).unwrap();
        let _ = Date::in_seoul(now);
        for deadline in view.pending() {
            if let Firing::Command(command) = deadline.fire(view.category, now) {
                let _ = application.decide(&view.application, &command);
            }
        }
    }
    let _ = serde_json::to_string(&Stored(view)).unwrap();
    let reader = EventReader::default();
    for event in events {
        let read = reader.read(event).unwrap();
        let mut folded = Some(view.clone());
        projection.apply(&mut folded, &read, event);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_spoiled_view_is_refused_or_answers(seed: u64) {
        use std::sync::LazyLock;
        static VIEWS: LazyLock<Vec<Value>> = LazyLock::new(golden_views);
        static EVENTS: LazyLock<Vec<RecordedEvent>> = LazyLock::new(golden_events);
        let mut rng = SeededRng::new(seed);
        let mut view = one_of(&VIEWS, &mut rng).clone();
        for _ in 0..=rng.below(3) {
            spoil(&mut view, &VIEWS, &mut rng);
        }
        let mut text = view.to_string().into_bytes();
        if rng.below(4) == 0 {
            let place = usize::try_from(rng.below(text.len() as u64)).unwrap();
            text[place] = text[place].wrapping_add(1);
        }
        if let Ok(Stored::<PetitionView>(view)) = serde_json::from_slice(&text) {
            ask(&view, &EVENTS);
        }
    }
}

/// The view after the clock was stopped, resumed and stopped again.
fn suspended() -> Value {
    let stopped = |view: &Value| view.pointer("/filed/case/clock/not_counted/0").is_some();
    golden_views().into_iter().find(stopped).unwrap()
}

fn is_refused(view: &Value) -> bool {
    serde_json::from_value::<Stored<PetitionView>>(view.clone()).is_err()
}

#[test]
fn a_clock_that_stood_backwards_is_found_when_its_view_is_read() {
    let mut view = suspended();
    assert!(!is_refused(&view));
    let part = view
        .pointer_mut("/filed/case/clock/not_counted/0/days/last")
        .unwrap();
    *part = "2020-01-01".into();
    assert!(is_refused(&view), "{view}");
}

#[test]
fn attempts_out_of_order_are_found_when_their_view_is_read() {
    let documents = |view: &Value| view.pointer("/issuances/0").is_some();
    let mut view = golden_views().into_iter().find(documents).unwrap();
    assert!(!is_refused(&view));
    let issuances = view
        .pointer_mut("/issuances")
        .unwrap()
        .as_array_mut()
        .unwrap();
    issuances.push(issuances[0].clone());
    assert!(is_refused(&view), "the same attempt twice");
    *view.pointer_mut("/issuances/0/n").unwrap() = 0.into();
    assert!(is_refused(&view), "an attempt before the first");
}

#[test]
fn a_timeline_that_is_too_long_is_found_when_its_view_is_read() {
    let mut view = golden_views().remove(0);
    let steps = view.pointer_mut("/log").unwrap().as_array_mut().unwrap();
    while steps.len() <= 1 + 2 * 65 {
        steps.extend(["progress".into(), 1.into()]);
    }
    assert!(is_refused(&view));
}
