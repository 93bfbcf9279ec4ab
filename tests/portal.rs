//! The example `portal` as its users meet it: a program with arguments, output and a store.
//!
//! `cargo test` builds it first. `cargo test --test portal` alone does not, so then
//! `cargo build --example portal` comes before it.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    convert::Infallible,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use minwon::{
    ActorId, Namespace, NamespaceName, ReadModels, Store, SystemClock, Timestamp,
    adapters::sqlite::SqliteStore,
    engine::{
        Aggregate, CausationId, DeadLetters, Decider, EventFilter, EventType, Generation,
        GenerationName, GlobalPosition, Letter, ReadModelAdmin, RecordedEvent, Selection,
        StreamName, fold_log, is_dead_letter,
    },
    petitions::{
        ApplicationState, Category, EventReader, PetitionApplication, PetitionCatalogue,
        PetitionViews, ServiceType,
    },
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

/// The figures in the last line of a run.
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

/// The namespaces, each with a store of its own.
fn namespaces() -> impl Iterator<Item = String> {
    let categories = Category::BUILT_IN.iter();
    categories.map(|category| category.prefix().to_lowercase())
}

/// Everything in the stores that a run left in `data`, namespace by namespace.
fn log(data: &Path) -> Vec<RecordedEvent> {
    namespaces().flat_map(|name| log_of(data, &name)).collect()
}

fn log_of(data: &Path, name: &str) -> Vec<RecordedEvent> {
    let (store, mut events) = (stored(data, name), Vec::new());
    let keep = |event: &RecordedEvent| {
        assert_eq!(event.stream.namespace(), name);
        events.push(event.clone());
        Ok::<_, Infallible>(())
    };
    let reading = fold_log(&store, GlobalPosition::START, EventFilter::all(), keep);
    wait(reading).unwrap();
    events
}

fn wait<A>(future: impl Future<Output = A>) -> A {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// The open dead letters.
fn letters(data: &Path) -> Vec<Letter> {
    let letters = namespaces().flat_map(|name| {
        let (store, name) = (stored(data, &name), NamespaceName::new(&name).unwrap());
        let letters = DeadLetters::new(name, store, SystemClock);
        let operator = letters.operator(ActorId::new("test").unwrap());
        wait(operator.list(&Selection::All)).unwrap()
    });
    letters.collect()
}

/// The events of petitions and documents, without those of dead letters.
fn of_petitions(log: &[RecordedEvent]) -> impl Iterator<Item = &RecordedEvent> {
    log.iter().filter(|event| !is_dead_letter(event))
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

/// A day large enough for everything to occur.
struct Everyday {
    figures: Value,
    log: Vec<RecordedEvent>,
    letters: Vec<Letter>,
}

/// Played once for all tests that only look at it.
fn everyday() -> &'static Everyday {
    static DAY: OnceLock<Everyday> = OnceLock::new();
    DAY.get_or_init(|| {
        let data = TempDir::new().unwrap();
        Everyday {
            figures: figures("--petitions 600", Some(data.path())),
            log: log(data.path()),
            letters: letters(data.path()),
        }
    })
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
    // Every petition has ended or waits lawfully for somebody.
    let ended = ["completed", "withdrawn"].map(|end| &figures["by_status"][end]);
    let ended: u64 = ended.into_iter().filter_map(Value::as_u64).sum();
    let waiting = ["officer", "petitioner", "agency"].map(|who| count(&figures["waiting"][who]));
    assert_eq!(petitions, ended + waiting.iter().sum::<u64>());
    assert_eq!(figures["waiting"]["operator"], figures["dead_letters"]);
    check_work(figures, petitions - ended);
}

/// The open work, by department, kind and officer.
fn check_work(figures: &Value, open: u64) {
    let work = &figures["work"];
    assert_eq!(count(&work["open"]), open);
    let awaiting = figures["by_status"].get("awaiting-supplement");
    assert_eq!(
        count(&work["awaiting_supplement"]),
        awaiting.map_or(0, count)
    );
    let of = |by: &str, number: &str| -> u64 {
        let groups = work[by].as_object().unwrap().values();
        groups.map(|group| count(&group[number])).sum()
    };
    for number in ["open", "due_today", "overdue"] {
        // Everything is of some kind and some department; an officer has what was assigned.
        assert_eq!(of("by_kind", number), count(&work[number]), "{number}");
        assert_eq!(
            of("by_department", number),
            count(&work[number]),
            "{number}"
        );
        assert!(of("by_officer", number) <= count(&work[number]), "{number}");
    }
    // What is dealt with at once is due on the day, and the offices close after every such due.
    assert!(work["overdue"].as_u64() <= work["due_today"].as_u64());
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

fn stored(data: &Path, name: &str) -> SqliteStore {
    SqliteStore::open_read_only(data.join(format!("{name}.db"))).unwrap()
}

fn generation(namespace: &Namespace<Store>) -> GenerationName {
    GenerationName {
        model: namespace.model(),
        generation: Generation::FIRST,
    }
}

fn namespace(name: &str, store: SqliteStore) -> Namespace<Store> {
    let name = NamespaceName::new(name).unwrap();
    Namespace::new(name, Store::Sqlite(store), SystemClock)
}

/// Folds the logs again and compares them with all that the read models hold: those beside the
/// events, or others.
async fn check_sound(data: &Path, read_models: Option<&ReadModels>, petitions: u64) {
    let mut items = 0;
    for name in namespaces() {
        let namespace = namespace(&name, stored(data, &name));
        let beside = ReadModels::Sqlite(stored(data, &name));
        let (reader, views) = (EventReader::default(), PetitionViews::default());
        let (filter, generation) = (namespace.petition_events(), generation(&namespace));
        let verified = minwon::engine::verify(
            namespace.store(),
            read_models.unwrap_or(&beside),
            reader,
            views,
            &filter,
            &generation,
            |_| {},
        );
        let verified = verified.await.unwrap();
        assert!(verified.is_sound(), "{verified:?}");
        items += verified.slices.iter().map(|slice| slice.items).sum::<u64>();
    }
    // A petition is a document, a place in its applicant's list, and a lookup once received;
    // while it is open it has more.
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
    check_sound(data.path(), None, 300).await;
}

#[tokio::test]
async fn read_models_that_are_gone_come_back() {
    let data = TempDir::new().unwrap();
    let first = figures("--petitions 120", Some(data.path()));
    let store = SqliteStore::open(data.path().join("general.db")).unwrap();
    let namespace = namespace("general", store.clone());
    store.remove(&generation(&namespace)).await.unwrap();
    drop((store, namespace));
    let second = figures("--petitions 0", Some(data.path()));
    for figure in ["petitions", "by_service", "issued", "revoked"] {
        assert_eq!(first[figure], second[figure], "{figure}");
    }
    check_sound(data.path(), None, 120).await;
}

/// Whether the portal has Redis depends on how it was built.
#[test]
fn a_missing_redis_is_reported() {
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
    check_sound(data.path(), Some(&read_models), 80).await;
}

/// Petitions by service and status as the library's own state machine has it.
fn by_service(log: &[RecordedEvent]) -> Value {
    let mut services: BTreeMap<String, BTreeMap<&str, u64>> = BTreeMap::new();
    for category in Category::BUILT_IN {
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
    Category::BUILT_IN
        .iter()
        .find_map(strip)
        .unwrap()
        .to_owned()
}

/// The event types of a day in this portal. Other events come after days and weeks, or are no part of
/// what it plays.
const IN_A_DAY: &[&str] = &[
    "ApplicationSubmitted",
    "ApplicationReceived",
    "ApplicationProgressRecorded",
    "ApplicationSupplementRequested",
    "ApplicationSupplemented",
    "ApplicationDeadlineMissed",
    "ApplicationApproved",
    "ApplicationRejected",
    "ApplicationWithdrawn",
    "ApplicationCompleted",
    "ApplicationResultNotified",
    "ApplicationAssigned",
    "IssuanceRequested",
    "IssuanceIdentityVerified",
    "IssuanceFeePaid",
    "IssuanceFeeWaived",
    "IssuanceFeeRefunded",
    "IssuanceSourceDataRequested",
    "IssuanceSourceDataFailed",
    "IssuanceDocumentIssued",
    "IssuanceResultEnteredManually",
    "IssuanceCancelled",
    "IssuanceFailed",
    "IssuanceDocumentRevoked",
];

#[test]
fn everything_everyday_occurs() {
    let Everyday { figures, log, .. } = everyday();
    for service in ServiceType::ALL {
        let counts = &figures["by_service"][service.as_str()];
        assert!(sum(counts) > 0, "{service}");
    }
    let streams: BTreeSet<_> = log.iter().map(|event| event.stream.category()).collect();
    let offered = PetitionCatalogue::published().entries();
    for category in offered.iter().map(|entry| entry.category) {
        for aggregate in ["Application", "Issuance"] {
            assert!(streams.contains(format!("{category}{aggregate}").as_str()));
        }
    }
    let seen: BTreeSet<_> = of_petitions(log)
        .map(|event| unprefixed(event.event_type.as_str()))
        .collect();
    let seen: BTreeSet<_> = seen.iter().map(String::as_str).collect();
    assert_eq!(seen, IN_A_DAY.iter().copied().collect());
    // A real day leaves open work.
    for open in ["received", "in-review", "awaiting-supplement", "approved"] {
        assert!(count(&figures["by_status"][open]) > 0, "{open}");
    }
    let work = &figures["work"];
    for number in ["open", "due_today", "overdue", "awaiting_supplement"] {
        assert!(count(&work[number]) > 0, "{number}");
    }
    assert!(work["by_officer"].as_object().unwrap().len() > 20, "{work}");
    for who in ["officer", "petitioner", "agency", "operator"] {
        assert!(count(&figures["waiting"][who]) > 0, "{who}");
    }
}

#[test]
fn documents_are_issued_while_citizens_wait() {
    let figures = &everyday().figures;
    assert!(count(&figures["instant_calls"]) > 50);
    let [p50, p99] = ["instant_p50_ms", "instant_p99_ms"].map(|it| figures[it].as_f64().unwrap());
    assert!(0.0 < p50 && p50 <= p99);
}

#[test]
fn an_operator_fixes_most_and_skips_one() {
    let Everyday {
        figures,
        log,
        letters,
    } = everyday();
    let [open, fixed, skipped] = ["dead_letters", "dead_letters_fixed", "dead_letters_skipped"]
        .map(|it| count(&figures[it]));
    assert_eq!(skipped, 1);
    assert!(open > 0 && fixed > open, "{figures}");
    assert_eq!(letters.len() as u64, open);
    let added = of_type(log, "DeadLetterAdded").len() as u64;
    assert_eq!(added, open + fixed + skipped);
    let skipped = of_type(log, "DeadLetterSkipped");
    assert_eq!(skipped.len(), 1);
    assert_eq!(field(skipped[0], "reason"), "sent by post");
    assert_eq!(skipped[0].metadata.actor(), "operator-1");
    // What was fixed went on: an approved petition with a document to come has come to its end.
    for approved in of_type(log, "CarApplicationApproved") {
        let own = |name| {
            let events = of_type(log, name);
            let petition = approved.metadata.subject();
            events.iter().any(|e| e.metadata.subject() == petition)
        };
        assert!(own("CarIssuanceRequested") || own("CarApplicationCompleted"));
    }
}

#[test]
fn petitioners_are_notified_of_all_that_concerns_them_but_what_is_held_back() {
    let Everyday {
        figures,
        log,
        letters,
    } = everyday();
    let is_notified = |event_type: &EventType| {
        let without_notice = [
            "ApplicationSubmitted",
            "ApplicationAssigned",
            "ApplicationProgressRecorded",
            "ApplicationSupplemented",
            "ApplicationDeadlineMissed",
            // It says that the petitioner was notified.
            "ApplicationResultNotified",
            "IssuanceRequested",
            "IssuanceIdentityVerified",
            "IssuanceFeePaid",
            "IssuanceFeeWaived",
            "IssuanceSourceDataRequested",
            "IssuanceSourceDataFailed",
        ];
        !without_notice.contains(&&*unprefixed(event_type.as_str()))
    };
    let to_notify = of_petitions(log).filter(|event| is_notified(&event.event_type));
    let held = letters
        .iter()
        .flat_map(|letter| [&letter.event].into_iter().chain(&letter.parked));
    let held = held.filter(|event| is_notified(&event.event_type)).count();
    let skipped = of_type(log, "DeadLetterSkipped").len();
    let notified = to_notify.count() - held - skipped;
    assert_eq!(count(&figures["notified"]), notified as u64);
}

#[test]
fn what_is_issued_and_what_is_entered_by_hand_is_completed() {
    let log = &everyday().log;
    let petitions = |names: [&str; 2]| -> BTreeSet<_> {
        let events = names.map(|name| of_type(log, name)).concat();
        events.iter().map(|e| e.metadata.subject()).collect()
    };
    let results = petitions(["IssuanceDocumentIssued", "IssuanceResultEnteredManually"]);
    let ended = petitions(["ApplicationCompleted", "ApplicationWithdrawn"]);
    assert!(!results.is_empty());
    assert!(
        results.is_subset(&ended),
        "{:?}",
        results.difference(&ended)
    );
}

#[test]
fn no_document_is_issued_twice() {
    let log = &everyday().log;
    let issued = of_type(log, "IssuanceDocumentIssued");
    let petitions: BTreeSet<_> = issued.iter().map(|e| e.metadata.subject()).collect();
    assert_eq!(petitions.len(), issued.len());
    let numbers = issued.iter().map(|e| field(e, "verification_number"));
    assert_eq!(numbers.collect::<BTreeSet<_>>().len(), issued.len());
}

#[test]
fn after_a_failure_comes_a_refund_and_the_next_attempt() {
    let log = &everyday().log;
    let payments = |name| -> BTreeMap<_, _> {
        let events = of_type(log, name).into_iter();
        events
            .map(|event| (event.stream.to_string(), field(event, "payment")))
            .collect()
    };
    let (paid, refunded) = (payments("IssuanceFeePaid"), payments("IssuanceFeeRefunded"));
    assert!(!refunded.is_empty());
    for (stream, payment) in refunded {
        assert_eq!(paid[&stream], payment);
    }
    let issued = of_type(log, "IssuanceDocumentIssued");
    assert!(issued.iter().any(|event| event.stream.id().ends_with(".2")));
}

#[test]
fn the_events_of_every_petition_are_in_order() {
    let log = &everyday().log;
    let at = |time| -> Timestamp { format!("2026-11-23T{time}+09:00").parse().unwrap() };
    // Services finish after the offices have closed.
    let office_hours = at("09:00:00")..at("18:10:00");
    let mut stories: HashMap<&str, Vec<&RecordedEvent>> = HashMap::new();
    for event in of_petitions(log) {
        let occurred_at = event.metadata.occurred_at();
        assert!(office_hours.contains(&occurred_at), "{event:?}");
        let story = stories.entry(event.metadata.subject()).or_default();
        story.push(event);
    }
    for story in stories.values() {
        let first = &story[0].metadata;
        assert_eq!(
            unprefixed(story[0].event_type.as_str()),
            "ApplicationSubmitted"
        );
        assert_eq!(first.causation_id(), first.command_id().into());
        let happened: HashMap<CausationId, Timestamp> = story
            .iter()
            .map(|event| (event.id().into(), event.metadata.occurred_at()))
            .collect();
        let is_failure = |event: &&RecordedEvent| {
            event
                .event_type
                .as_str()
                .ends_with("IssuanceSourceDataFailed")
        };
        let was_asked_again = story.iter().any(is_failure);
        for event in story {
            let now = &event.metadata;
            // What services do has an event for its cause; people begin anew, and so does time,
            // which has registers asked again.
            let is_begun = now.causation_id() == now.command_id().into() || was_asked_again;
            // Services work side by side: only what follows from another is later than it.
            match happened.get(&now.causation_id()) {
                Some(&cause) => assert!(cause <= now.occurred_at(), "{event:?}"),
                None => assert!(is_begun, "{event:?}"),
            }
            let is_same = first.correlation_id() == now.correlation_id();
            assert!(
                is_same || was_asked_again || now.actor() == "deadlines",
                "{event:?}"
            );
        }
    }
    assert_eq!(stories.len(), 600);
}

/// The figures that do not depend on the machine.
fn repeatable(arguments: &str) -> Value {
    let mut figures = figures(arguments, None);
    for name in [
        "seconds",
        "events_per_second",
        "read_models_behind_seconds",
        "instant_p50_ms",
        "instant_p99_ms",
    ] {
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
    let ids = of_petitions(&log).map(|event| event.metadata.subject());
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 100);
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

/// A catalogue of one's own, in a file.
fn catalogue(data: &TempDir, text: &str) -> String {
    let file = data.path().join("catalogue.toml");
    std::fs::write(&file, text).unwrap();
    format!("--catalogue {}", file.display())
}

const TAX_CERTIFICATE: &str = r#"
[[petition_type]]
name = "certificate of tax payment"
category = "General"
kind = "statutory"
service = "instant-issuance"
period = "immediate"
document = "local tax certificate"
copies = 3
fees = { online = 0, counter = 801 }
"#;

/// The requests for a document of this type.
fn requested<'l>(log: &'l [RecordedEvent], document_type: &str) -> Vec<&'l RecordedEvent> {
    let mut requested = of_type(log, "IssuanceRequested");
    requested.retain(|event| field(event, "document_type") == document_type);
    requested
}

#[test]
fn a_petition_type_more_is_data_alone() {
    let published = PetitionCatalogue::published_text();
    let data = TempDir::new().unwrap();
    let file = catalogue(&data, &format!("{published}{TAX_CERTIFICATE}"));
    figures(&format!("--petitions 200 {file}"), Some(data.path()));
    let log = log(data.path());
    let filed: BTreeSet<_> = of_type(&log, "ApplicationSubmitted")
        .into_iter()
        .filter(|event| field(event, "petition_type") == "certificate of tax payment")
        .map(|event| event.metadata.subject())
        .collect();
    let requested = requested(&log, "local tax certificate");
    assert!(filed.len() > 10 && requested.len() > 10, "{}", filed.len());
    let mut fees = BTreeSet::new();
    for event in &requested {
        assert!(filed.contains(event.metadata.subject()));
        let payload: Value = serde_json::from_slice(&event.payload).unwrap();
        fees.insert(count(&payload["fee"]));
        // A slip of the officer's asks for ten times as many.
        assert!([3, 30].contains(&count(&payload["copies"])));
    }
    assert_eq!(fees, [0, 801].into());
    let issued = of_type(&log, "GeneralIssuanceDocumentIssued");
    let issued: BTreeSet<_> = issued.iter().map(|it| it.metadata.subject()).collect();
    assert!(filed.intersection(&issued).count() > 10);
}

#[test]
fn a_catalogue_may_be_a_small_one() {
    let data = TempDir::new().unwrap();
    let file = catalogue(&data, TAX_CERTIFICATE);
    let figures = figures(&format!("--petitions 30 {file}"), Some(data.path()));
    let log = log(data.path());
    check_figures(&figures, &log);
    let filed = of_type(&log, "GeneralApplicationSubmitted");
    assert_eq!(filed.len(), 30);
    for event in filed {
        assert_eq!(field(event, "petition_type"), "certificate of tax payment");
    }
}

#[test]
fn what_is_wrong_with_a_catalogue_is_reported_before_anything_is_opened() {
    let data = TempDir::new().unwrap();
    let wrong = TAX_CERTIFICATE
        .replace("801", "-801")
        .replace("General", "Boat");
    let file = catalogue(&data, &wrong);
    let output = run(&format!("--petitions 1 {file}"), Some(data.path()));
    let reasons = [
        "catalogue.toml is no petition catalogue",
        "2 problems",
        "line 4, column 12, \"certificate of tax payment\", field `category`",
        "line 10, column 32, \"certificate of tax payment\", field `fees.counter`",
    ];
    check_fails(&output, &reasons);
    assert!(!data.path().join("general.db").exists());
    let output = run("--catalogue no-such-file.toml", None);
    check_fails(&output, &["no-such-file.toml", "caused by"]);
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
fn a_person_sees_what_is_left_to_do_and_what_stops_the_clock() {
    let stdout = String::from_utf8(run("--petitions 300", None).stdout).unwrap();
    let work = stdout.split("open work").nth(1).unwrap();
    let heads: Vec<_> = work.lines().next().unwrap().split("  ").collect();
    let heads: Vec<_> = heads.iter().map(|head| head.trim()).collect();
    assert!(
        heads.ends_with(&["open", "due today", "overdue"]),
        "{heads:?}"
    );
    for row in [
        "Building Division, Jongno District Office",
        "statutory",
        "officer-",
    ] {
        assert!(work.contains(row), "{work}");
    }
    for part in [
        "due today",
        "overdue",
        "\"clock\": \"standing\"",
        "\"cause\": \"supplement\"",
    ] {
        assert!(stdout.contains(part), "{part:?} is not in: {stdout}");
    }
    assert!(stdout.contains("-***-***-"), "{stdout}");
    let digits = |word: &str| word.split('-').filter(|part| part.len() == 4).count();
    let in_clear = stdout.split_whitespace().find(|word| {
        let is_number = word.chars().all(|c| c.is_ascii_digit() || c == '-');
        is_number && digits(word) == 4
    });
    assert_eq!(in_clear, None, "a number by which anybody can verify");
}

#[test]
fn a_person_sees_the_timeline_of_an_eventful_petition() {
    // With the last two, the first petition that was supplemented ends without a document.
    for seed in [1, 7, 8] {
        let output = run(&format!("--petitions 300 --seed {seed}"), None);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let timeline = stdout.split("\nPetition ").nth(1).unwrap();
        for event in ["submitted", "supplemented", "document-issued", "completed"] {
            assert!(timeline.contains(event), "{timeline}");
        }
        let events: Vec<_> = timeline.lines().skip(1).collect();
        let is_in_seoul = |line: &&str| line.contains("+09:00 ");
        assert!(events.iter().all(is_in_seoul), "{timeline}");
        let time = |line: &&str| line.split("+09:00 ").next().map(str::to_owned);
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
    let other = SqliteStore::open(data.path().join("general.db")).unwrap();
    let output = run("--petitions 1", Some(data.path()));
    let us = format!("process {}", std::process::id());
    let reasons = ["general.db", "caused by", &us, "stop the other writer"];
    check_fails(&output, &reasons);
    drop(other);
    assert_eq!(log_of(data.path(), "general").len(), 0);
}

#[test]
fn what_cannot_be_done_is_said_clearly() {
    check_fails(&run("--petitions many", None), &["--petitions", "many"]);
    check_fails(&run("--in-flight 0", None), &["--in-flight", "1..="]);
    check_fails(&run("--petition 1", None), &["--petition"]);
    let data = TempDir::new().unwrap();
    let file = data.path().join("general.db");
    std::fs::write(&file, "a text of mine, and no database").unwrap();
    check_fails(&run("", Some(data.path())), &["general.db", "caused by"]);
    check_fails(&run("", Some(&file)), &["directory", "caused by"]);
}
