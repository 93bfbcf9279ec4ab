//! The stored forms of names and events, and of views with the states that they are, frozen in files.
//!
//! A golden file is never changed: logs hold its form for good. `MINWON_BLESS=1` writes files that
//! do not exist yet, and no others.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "golden/hostile.rs"]
mod hostile;
#[path = "golden/samples.rs"]
mod samples;
#[path = "golden/views.rs"]
mod views;

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use minwon_core::{Aggregate, Decider, EVENT_BYTES_MAX, EventShape, SchemaVersion, StoredEvent};
use minwon_petitions::{Category, Issuance, PetitionApplication, event_types};

fn folder(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "golden", name]
        .iter()
        .collect()
}

/// Compares `text` with a golden file; a missing file is written if that is asked for.
fn check(folder_name: &str, file: &str, text: &str, advice: &str) {
    let path = folder(folder_name).join(file);
    if path.exists() {
        let golden = fs::read_to_string(&path).unwrap();
        assert_eq!(text, golden, "{} differs: {advice}", path.display());
        return;
    }
    assert!(
        env::var_os("MINWON_BLESS").is_some(),
        "{} is missing; if the form is new, run with MINWON_BLESS=1 and commit the file",
        path.display()
    );
    fs::write(&path, text).unwrap();
}

/// A stored event as a file: its JSON and a line feed.
fn file_of<A: Aggregate>(aggregate: &A, label: &str, event: &A::Event) -> (String, String) {
    let stored = aggregate.codec().encode(event).unwrap();
    let file = format!(
        "{}.v{}.{label}.json",
        stored.shape.name, stored.shape.version
    );
    (file, String::from_utf8(stored.json).unwrap() + "\n")
}

fn check_samples<A: Aggregate>(aggregate: &A, samples: &[(&str, A::Event)])
where
    A::Event: std::fmt::Debug + PartialEq,
{
    let mut sampled = BTreeSet::new();
    for (label, event) in samples {
        let (file, text) = file_of(aggregate, label, event);
        check(
            "events",
            &file,
            &text,
            "a stored shape changed. Give the event a new schema version in src/catalogue.rs, add \
             an upcaster from the old version there, and keep this file",
        );
        let stored = aggregate.codec().encode(event).unwrap();
        let name = stored.event_type.as_str();
        let read: A::Event = aggregate
            .codec()
            .decode(name, stored.shape.version, text.as_bytes())
            .unwrap();
        assert_eq!(read, *event, "{file}");
        sampled.insert(stored.shape.name);
    }
    for shape in A::Event::shapes() {
        assert!(sampled.contains(shape.name), "no sample of {}", shape.name);
    }
}

#[test]
fn an_applications_events_are_frozen() {
    for category in Category::BUILT_IN {
        let application = PetitionApplication::new(*category);
        check_samples(&application, &samples::application_events());
    }
}

#[test]
fn an_issuances_events_are_frozen() {
    for category in Category::BUILT_IN {
        check_samples(&Issuance::new(*category), &samples::issuance_events());
    }
}

/// Also forms that are no longer written: that is what upcasters are for.
#[test]
fn every_form_ever_written_can_be_read() {
    let application = PetitionApplication::new(Category::Car);
    let issuance = Issuance::new(Category::Car);
    for entry in fs::read_dir(folder("events")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        let mut parts = file.split('.');
        let name = format!("Car{}", parts.next().unwrap());
        let version = parts
            .next()
            .unwrap()
            .trim_start_matches('v')
            .parse()
            .unwrap();
        let (version, json) = (SchemaVersion::new(version), fs::read(&path).unwrap());
        let read = if file.starts_with("Application") {
            application
                .codec()
                .decode(&name, version, &json)
                .map(|_: <PetitionApplication as Decider>::Event| ())
        } else {
            issuance
                .codec()
                .decode(&name, version, &json)
                .map(|_: <Issuance as Decider>::Event| ())
        };
        read.unwrap_or_else(|error| panic!("{file}: {error}; add an upcaster in src/catalogue.rs"));
    }
}

/// Name, version and stage of everything that an aggregate stores.
fn names_of<A: Aggregate>(aggregate: &A) -> Vec<String> {
    let line = |shape: &EventShape| {
        let name = aggregate.codec().event_type(*shape);
        format!("{name} {} {}\n", shape.version, shape.stage)
    };
    A::Event::shapes().iter().map(line).collect()
}

fn names_of_category(category: Category) -> Vec<String> {
    let applications = names_of(&PetitionApplication::new(category));
    [applications, names_of(&Issuance::new(category))].concat()
}

/// Whether the golden file lists this category. One that came later has the names of all others,
/// behind a prefix that src/category.rs freezes, so that adding one is a change there alone.
fn is_listed(category: Category) -> bool {
    let golden = fs::read_to_string(folder("event_types.txt")).unwrap();
    let first = format!("{category}Application");
    golden.lines().any(|line| line.starts_with(&first))
}

#[test]
fn a_category_that_is_not_listed_has_the_names_of_the_others() {
    let unprefixed = |category: Category| -> Vec<String> {
        let names = names_of_category(category).into_iter();
        names
            .map(|name| name.strip_prefix(category.prefix()).unwrap().to_owned())
            .collect()
    };
    let first = Category::BUILT_IN[0];
    assert!(is_listed(first));
    for category in Category::BUILT_IN.iter().filter(|it| !is_listed(**it)) {
        assert_eq!(unprefixed(*category), unprefixed(first), "{category}");
    }
}

#[test]
fn event_names_are_frozen() {
    let listed = Category::BUILT_IN
        .iter()
        .copied()
        .filter(|it| is_listed(*it));
    let names: Vec<_> = listed.flat_map(names_of_category).collect();
    let unique: BTreeSet<_> = names.iter().collect();
    assert_eq!(unique.len(), names.len(), "two events share a name");
    check(
        "",
        "event_types.txt",
        &names.concat(),
        "stored names, versions and stages never change. For a new event or version add its line \
         by hand; for a renamed event restore the old name, or add an upcaster that renames it",
    );
}

#[test]
fn the_catalogue_is_whole() {
    let listed: Vec<_> = event_types(Category::BUILT_IN.iter().copied())
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    let without_stage = |line: &str| line.trim_end().rsplit_once(' ').unwrap().0.to_owned();
    let all = Category::BUILT_IN
        .iter()
        .copied()
        .flat_map(names_of_category);
    let all: Vec<_> = all.map(|line| without_stage(&line)).collect();
    assert_eq!(listed, all);
    let golden = fs::read_to_string(folder("event_types.txt")).unwrap();
    let frozen: Vec<_> = golden.lines().map(without_stage).collect();
    let frozen_listed = listed.into_iter().filter(|line| frozen.contains(line));
    assert_eq!(frozen_listed.collect::<Vec<_>>(), frozen);
}

#[test]
fn the_largest_events_fit_into_the_log() {
    let application = PetitionApplication::new(Category::Building);
    for event in samples::largest_application_events() {
        let bytes = application.codec().encode(&event).unwrap().json.len();
        assert!(
            bytes <= EVENT_BYTES_MAX,
            "{bytes} bytes: {:?}",
            event.shape()
        );
    }
}
