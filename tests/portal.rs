//! The example `portal` as its users meet it: a program with arguments, output and a store.
//!
//! `cargo test` builds it first. `cargo test --test portal` alone does not, so then
//! `cargo build --example portal` comes before it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use minwon::{
    Aggregate, Decider, EventFilter, Generation, GenerationName, GlobalPosition, Namespace,
    NamespaceName, ReadModelAdmin, ReadModels, RecordedEvent, Store, StreamName, SystemClock,
    Timestamp,
    adapters::sqlite::SqliteStore,
    petitions::{
        ApplicationState, Category, EventReader, PetitionApplication, PetitionViews, ServiceType,
        event_types,
    },
    projections::fold_log,
};
use serde_json::Value;
use tempfile::TempDir;

/// Beside this test in the target directory: `deps/portal-…` and `examples/portal`.
fn program() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let name = format!("portal{}", std::env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(name);
    assert!(
        program.is_file(),
        "{program:?} is missing: cargo build --example portal"
    );
    program
}

fn run(arguments: &str, data: Option<&Path>) -> Output {
    let mut command = Command::new(program());
    command.args(arguments.split_whitespace());
    if let Some(data) = data {
        command.arg("--data").arg(data);
    }
    command.output().unwrap()
}

/// What a run says in its last line.
fn figures(arguments: &str, data: Option<&Path>) -> Value {
    let output = run(&format!("--json {arguments}"), data);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stderr, "", "a progress bar belongs on a terminal");
    let stdout = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(stdout.lines().last().unwrap()).unwrap()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn sum(counts: &Value) -> u64 {
    counts.as_object().unwrap().values().map(count).sum()
}

/// Everything in the store that a run left in `data`.
fn log(data: &Path) -> Vec<RecordedEvent> {
    let store = SqliteStore::open_read_only(data.join("petitions.db")).unwrap();
    let mut events = Vec::new();
    let keep = |event: &RecordedEvent| {
        events.push(event.clone());
        Ok::<_, Infallible>(())
    };
    let reading = fold_log(&store, GlobalPosition::START, EventFilter::all(), keep);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(reading)
        .unwrap();
    events
}

/// The events whose type ends so, of all categories.
fn of_type<'a>(log: &'a [RecordedEvent], name: &str) -> Vec<&'a RecordedEvent> {
    log.iter()
        .filter(|event| event.event_type.as_str().ends_with(name))
        .collect()
}

fn field(event: &RecordedEvent, name: &str) -> String {
    let payload: Value = serde_json::from_slice(&event.payload).unwrap();
    payload[name].as_str().unwrap().to_owned()
}

/// The figures agree with each other and with the store.
fn check_figures(figures: &Value, log: &[RecordedEvent]) {
    let petitions = count(&figures["petitions"]);
    let by_service = figures["by_service"].as_object().unwrap();
    assert_eq!(petitions, sum(&figures["by_status"]));
    assert_eq!(petitions, by_service.values().map(sum).sum::<u64>());
    for (status, petitions) in figures["by_status"].as_object().unwrap() {
        let of_services = by_service.values().filter_map(|counts| counts.get(status));
        assert_eq!(
            count(petitions),
            of_services.map(count).sum::<u64>(),
            "{status}"
        );
    }
    let check_count = |figure: &str, name| {
        let events = of_type(log, name).len() as u64;
        assert_eq!(count(&figures[figure]), events, "{figure}");
    };
    check_count("petitions", "ApplicationSubmitted");
    check_count("events", "");
    check_count("issued", "IssuanceDocumentIssued");
    check_count("revoked", "IssuanceDocumentRevoked");
    check_count("entered_by_hand", "IssuanceResultEnteredManually");
}

#[test]
fn the_figures_are_those_of_the_store() {
    let data = TempDir::new().unwrap();
    let figures = figures("--petitions 300", Some(data.path()));
    let log = log(data.path());
    assert_eq!(count(&figures["petitions"]), 300);
    assert_eq!(count(&figures["filed"]), 300);
    assert_eq!(figures["appended"], figures["events"]);
    check_figures(&figures, &log);

    // The figures come from the read models, and this from the log.
    assert_eq!(figures["by_service"], by_service(&log));
    assert_eq!(figures["as_of"], figures["events"]);
}

fn stored(data: &Path) -> SqliteStore {
    SqliteStore::open_read_only(data.join("petitions.db")).unwrap()
}

fn generation(namespace: &Namespace<Store>) -> GenerationName {
    GenerationName {
        model: namespace.model(),
        generation: Generation::FIRST,
    }
}

fn general(store: SqliteStore) -> Namespace<Store> {
    let name = NamespaceName::new("general").unwrap();
    Namespace::new(name, Store::Sqlite(store), SystemClock)
}

/// Folds the log again and compares it with all that the read models hold.
async fn check_sound(data: &Path, read_models: &ReadModels, petitions: u64) {
    let namespace = general(stored(data));
    let (reader, views) = (EventReader::default(), PetitionViews::default());
    let (filter, generation) = (namespace.petition_events(), generation(&namespace));
    let verified = minwon::projections::verify(
        namespace.store(),
        read_models,
        &reader,
        &views,
        &filter,
        &generation,
        |_| {},
    );
    let verified = verified.await.unwrap();
    assert!(verified.is_sound(), "{verified:?}");
    // A petition is a document, a place in its applicant's list, and a lookup once received.
    let items: u64 = verified.slices.iter().map(|slice| slice.items).sum();
    assert!(
        items > petitions * 2,
        "{items} items of {petitions} petitions"
    );
}

#[tokio::test]
async fn the_read_models_are_what_the_log_comes_to() {
    let data = TempDir::new().unwrap();
    figures("--petitions 200", Some(data.path()));
    figures("--petitions 100 --seed 2", Some(data.path()));
    let read_models = ReadModels::Sqlite(stored(data.path()));
    check_sound(data.path(), &read_models, 300).await;
}

#[tokio::test]
async fn read_models_that_are_gone_come_back() {
    let data = TempDir::new().unwrap();
    let first = figures("--petitions 120", Some(data.path()));
    let store = SqliteStore::open(data.path().join("petitions.db")).unwrap();
    let namespace = general(store.clone());
    store.remove(&generation(&namespace)).await.unwrap();
    drop((store, namespace));
    let second = figures("--petitions 0", Some(data.path()));
    for figure in ["petitions", "events", "by_service", "issued", "as_of"] {
        assert_eq!(first[figure], second[figure], "{figure}");
    }
    let read_models = ReadModels::Sqlite(stored(data.path()));
    check_sound(data.path(), &read_models, 120).await;
}

/// Whether the portal has Redis depends on how it was built.
#[test]
fn a_missing_redis_is_told_of() {
    let reason = if cfg!(feature = "redis") {
        "redis://127.0.0.1:1 could not be opened"
    } else {
        "--features redis"
    };
    let output = run("--petitions 1 --redis redis://127.0.0.1:1", None);
    check_fails(&output, &[reason, "caused by"]);
    let output = run("--petitions 1 --redis localhost", None);
    check_fails(&output, &["redis://HOST:PORT"]);
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn a_redis_comes_to_the_same() {
    let redis = minwon_test_servers::RedisServer::start();
    let arguments = format!("--petitions 150 --seed 7 --redis {}", redis.url());
    assert_eq!(
        repeatable(&arguments),
        repeatable("--petitions 150 --seed 7")
    );
    // Over what another log left there, in a directory that stays.
    let data = TempDir::new().unwrap();
    let arguments = format!("--petitions 80 --redis {}", redis.url());
    let figures = figures(&arguments, Some(data.path()));
    assert_eq!(count(&figures["petitions"]), 80);
    assert_eq!(figures["as_of"], figures["events"]);
    let url: minwon::ReadModelsUrl = redis.url().parse().unwrap();
    let read_models = ReadModels::open(&url).await.unwrap();
    check_sound(data.path(), &read_models, 80).await;
}

/// Petitions by service and status as the library's own state machine has it.
fn by_service(log: &[RecordedEvent]) -> Value {
    let mut services: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
    for category in Category::ALL {
        let application = PetitionApplication::new(*category);
        let mut states: BTreeMap<&StreamName, ApplicationState> = BTreeMap::new();
        let own = application.category().as_str();
        for event in log.iter().filter(|e| e.stream.category() == own) {
            let (name, version) = (event.event_type.as_str(), event.schema_version);
            let decoded = application.codec().decode(name, version, &event.payload);
            let state = states
                .remove(&event.stream)
                .unwrap_or(application.initial());
            let state = application.evolve(state, &decoded.unwrap());
            states.insert(&event.stream, state);
        }
        for submitted in of_type(log, &format!("{category}ApplicationSubmitted")) {
            let status = states[&submitted.stream].status().unwrap();
            let statuses = services.entry(field(submitted, "service")).or_default();
            *statuses.entry(status.as_str()).or_default() += 1;
        }
    }
    serde_json::to_value(services).unwrap()
}

/// `GeneralApplicationSubmitted` without `General`.
fn unprefixed(event_type: &str) -> String {
    let strip = |category: &Category| event_type.strip_prefix(category.prefix());
    Category::ALL.iter().find_map(strip).unwrap().to_owned()
}

/// What time and a register's silence bring about: the portal's day has neither keeper nor agency.
const NOT_IN_A_DAY: [&str; 5] = [
    "ApplicationDeadlineMissed",
    "ApplicationProgressNotified",
    "ApplicationReminderIssued",
    "IssuanceSourceDataFailed",
    "IssuanceSourceDataRequested",
];

#[test]
fn everything_everyday_occurs() {
    let data = TempDir::new().unwrap();
    let figures = figures("--petitions 600", Some(data.path()));
    for service in ServiceType::ALL {
        let counts = &figures["by_service"][service.as_str()];
        assert!(sum(counts) > 0, "{service}");
    }
    let log = log(data.path());
    let streams: BTreeSet<_> = log.iter().map(|event| event.stream.category()).collect();
    for category in Category::ALL {
        for aggregate in ["Application", "Issuance"] {
            assert!(streams.contains(format!("{category}{aggregate}").as_str()));
        }
    }
    let seen: BTreeSet<_> = log
        .iter()
        .map(|event| unprefixed(event.event_type.as_str()))
        .collect();
    let known: BTreeSet<_> = event_types()
        .iter()
        .map(|(event_type, _)| unprefixed(event_type.as_str()))
        .collect();
    let missing: BTreeSet<_> = known.difference(&seen).map(String::as_str).collect();
    assert_eq!(missing, NOT_IN_A_DAY.into());
    assert!(seen.is_subset(&known));
    // A real day leaves open work.
    for open in ["submitted", "in-review", "awaiting-supplement", "approved"] {
        assert!(count(&figures["by_status"][open]) > 0, "{open}");
    }
}

#[test]
fn no_document_is_issued_twice() {
    let data = TempDir::new().unwrap();
    figures("--petitions 300", Some(data.path()));
    let log = log(data.path());
    let issued = of_type(&log, "IssuanceDocumentIssued");
    let petitions: BTreeSet<_> = issued.iter().map(|e| e.metadata.petition_id()).collect();
    assert_eq!(petitions.len(), issued.len());
    let numbers = issued.iter().map(|e| field(e, "verification_number"));
    assert_eq!(numbers.collect::<BTreeSet<_>>().len(), issued.len());
}

#[test]
fn after_a_failure_comes_a_refund_and_the_next_attempt() {
    let data = TempDir::new().unwrap();
    figures("--petitions 300", Some(data.path()));
    let log = log(data.path());
    let payments = |name| -> BTreeMap<_, _> {
        let events = of_type(&log, name).into_iter();
        events
            .map(|event| (event.stream.to_string(), field(event, "payment")))
            .collect()
    };
    let (paid, refunded) = (payments("IssuanceFeePaid"), payments("IssuanceFeeRefunded"));
    assert!(!refunded.is_empty());
    for (stream, payment) in refunded {
        assert_eq!(paid[&stream], payment);
    }
    let issued = of_type(&log, "IssuanceDocumentIssued");
    assert!(issued.iter().any(|event| event.stream.id().ends_with(".2")));
}

#[test]
fn every_petition_tells_its_story_in_order() {
    let data = TempDir::new().unwrap();
    figures("--petitions 200", Some(data.path()));
    let log = log(data.path());
    let at = |time| -> Timestamp { format!("2026-11-23T{time}+09:00").parse().unwrap() };
    let office_hours = at("09:00:00")..at("18:00:00");
    let mut last_of: HashMap<&str, &RecordedEvent> = HashMap::new();
    for event in &log {
        let now = &event.metadata;
        assert!(office_hours.contains(&now.occurred_at()), "{event:?}");
        let Some(last) = last_of.insert(now.petition_id(), event) else {
            assert!(unprefixed(event.event_type.as_str()) == "ApplicationSubmitted");
            assert_eq!(now.causation_id(), now.command_id().into());
            continue;
        };
        let before = &last.metadata;
        assert!(before.occurred_at() <= now.occurred_at(), "{event:?}");
        assert_eq!(before.correlation_id(), now.correlation_id());
        if before.command_id() == now.command_id() {
            assert_eq!(before.causation_id(), now.causation_id());
        } else {
            assert_eq!(now.causation_id(), last.id().into());
        }
    }
    let correlations = last_of
        .values()
        .map(|event| event.metadata.correlation_id());
    assert_eq!(correlations.collect::<BTreeSet<_>>().len(), 200);
}

/// The figures that do not depend on the machine.
fn repeatable(arguments: &str) -> Value {
    let mut figures = figures(arguments, None);
    for name in ["seconds", "events_per_second", "read_models_behind_seconds"] {
        let figure = figures.as_object_mut().unwrap().remove(name);
        assert!(figure.unwrap().is_f64(), "{name}");
    }
    figures
}

#[test]
fn the_seed_decides_and_the_number_in_flight_does_not() {
    let first = repeatable("--petitions 150 --seed 7");
    assert_eq!(first, repeatable("--petitions 150 --seed 7"));
    assert_eq!(first, repeatable("--petitions 150 --seed 7 --in-flight 1"));
    assert_ne!(first, repeatable("--petitions 150 --seed 8"));
}

#[test]
fn a_further_run_adds_to_the_store() {
    let data = TempDir::new().unwrap();
    let first = figures("--petitions 60", Some(data.path()));
    let second = figures("--petitions 40 --seed 2", Some(data.path()));
    let log = log(data.path());
    check_figures(&second, &log);
    assert_eq!(count(&second["petitions"]), 100);
    assert_eq!(count(&second["filed"]), 40);
    let events = count(&first["events"]) + count(&second["appended"]);
    assert_eq!(count(&second["events"]), events);
    let ids: BTreeSet<_> = log
        .iter()
        .map(|event| event.metadata.petition_id())
        .collect();
    assert_eq!(ids.len(), 100);
}

#[test]
fn no_petition_and_one_petition_make_a_day() {
    let none = figures("--petitions 0", None);
    assert_eq!((count(&none["petitions"]), count(&none["events"])), (0, 0));
    assert_eq!(sum(&none["by_status"]), 0);
    let data = TempDir::new().unwrap();
    let one = figures("--petitions 1", Some(data.path()));
    assert_eq!(count(&one["petitions"]), 1);
    check_figures(&one, &log(data.path()));
}

#[test]
fn a_person_sees_a_table_with_totals() {
    let stdout = String::from_utf8(run("--petitions 200", None).stdout).unwrap();
    let lines: Vec<_> = stdout.lines().collect();
    let is_head = |line: &&str| line.starts_with("service ");
    let head = lines.iter().position(is_head).unwrap();
    let table = &lines[head..head + 5];
    let is_aligned = |line: &&str| line.len() == table[0].len();
    assert!(table.iter().all(is_aligned), "{stdout}");
    let mut names = table[0].split_whitespace();
    let petitions = names.position(|name| name == "petitions").unwrap();
    assert_eq!(table[4].split_whitespace().nth(petitions), Some("200"));
}

#[test]
fn a_person_sees_the_timeline_of_an_eventful_petition() {
    // With the last two, the first petition that was supplemented ends without a document.
    for seed in [1, 7, 8] {
        let output = run(&format!("--petitions 300 --seed {seed}"), None);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let timeline = stdout.split("\nPetition ").nth(1).unwrap();
        for event in ["Submitted", "Supplemented", "DocumentIssued", "Completed"] {
            assert!(timeline.contains(event), "{timeline}");
        }
        let events: Vec<_> = timeline.lines().skip(1).collect();
        let is_in_seoul = |line: &&str| line.contains(" +09:00 ");
        assert!(events.iter().all(is_in_seoul), "{timeline}");
        let time = |line: &&str| line.split(" +09:00 ").next().map(str::to_owned);
        assert!(events.is_sorted_by_key(time), "{timeline}");
    }
}

fn check_fails(output: &Output, reasons: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for reason in reasons {
        assert!(stderr.contains(reason), "{reason:?} is not in: {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_store_that_somebody_else_writes_to_is_left_alone() {
    let data = TempDir::new().unwrap();
    let other = SqliteStore::open(data.path().join("petitions.db")).unwrap();
    let output = run("--petitions 1", Some(data.path()));
    let us = format!("process {}", std::process::id());
    let reasons = ["petitions.db", "caused by", &us, "stop the other writer"];
    check_fails(&output, &reasons);
    drop(other);
    assert_eq!(log(data.path()).len(), 0);
}

#[test]
fn what_cannot_be_done_is_said_clearly() {
    check_fails(&run("--petitions many", None), &["--petitions", "many"]);
    check_fails(&run("--in-flight 0", None), &["--in-flight", "1..="]);
    check_fails(&run("--petition 1", None), &["--petition"]);
    let data = TempDir::new().unwrap();
    let file = data.path().join("petitions.db");
    std::fs::write(&file, "a text of mine, and no database").unwrap();
    check_fails(&run("", Some(data.path())), &["petitions.db", "caused by"]);
    check_fails(&run("", Some(&file)), &["directory", "caused by"]);
}
