//! The example `dead_letters` as its users meet it.
//!
//! `cargo test` builds it first. `cargo test --test dead_letters` alone does not, so then
//! `cargo build --example dead_letters` comes before it.
#![cfg(all(feature = "memory", feature = "sqlite"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[allow(dead_code, reason = "this example needs no Redis")]
mod programs;

use std::{
    num::NonZeroU32,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use minwon::{
    ActorId, Clock, CommandId, CorrelationId, Namespace, NamespaceName, Notification, Notifier,
    NotifyError, PetitionId, PetitionService, ReadModels, ServiceName, Store, StoreUrl,
    SystemClock, Timestamp,
    engine::{
        Added, ConsumerName, DeadLetters, EventFilter, EventMetadata, EventRef, EventStore,
        EventType, ExpectedVersion, Failure, FailureClass, GlobalPosition, NewEvent, SchemaVersion,
        Stage, StreamName,
    },
    petitions::{
        Category, Channel, PetitionKind, ServiceType,
        application::{ReceiptDue, Receive, Submit},
    },
};
use serde_json::{Value, json};

fn namespace() -> NamespaceName {
    NamespaceName::new("general").unwrap()
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// The submission of a petition.
fn filed(petition: &str) -> NewEvent {
    let id = CommandId::derive(&[9; 16], petition);
    NewEvent {
        event_type: EventType::new("GeneralApplicationSubmitted").unwrap(),
        schema_version: SchemaVersion::new(1),
        metadata: EventMetadata {
            event_id: id.event_id(0),
            command_id: id,
            correlation_id: CorrelationId::from(id),
            causation_id: id.into(),
            occurred_at: Timestamp::UNIX_EPOCH,
            subject: PetitionId::new(petition).unwrap(),
            stage: Stage::new("receipt").unwrap(),
            source: ServiceName::new("test").unwrap(),
            actor: ActorId::new("applicant-42").unwrap(),
            traceparent: Some(TRACE.parse().unwrap()),
            fingerprint: None,
        },
        payload: br#"{"what":"certificate"}"#.as_slice().into(),
    }
}

/// A store file in which the notifier failed at three petitions.
async fn write(path: &Path) {
    let petitions = ["p-1", "p-2", "p-3"];
    write_events(path, &petitions.map(filed)).await;
}

/// A store file in which the notifier failed at these events.
async fn write_events(path: &Path, events: &[NewEvent]) {
    let url = StoreUrl::Sqlite(path.to_owned());
    let store = Store::open(&url).unwrap();
    for event in events {
        let petition = event.metadata.subject.as_str();
        let name = format!("general_GeneralApplication-{petition}");
        let stream: StreamName = name.parse().unwrap();
        let event = [event.clone()];
        let append = store.append(&stream, ExpectedVersion::NoStream, &event);
        append.await.unwrap();
    }
    let all = EventFilter::all();
    let page = store.read_all(GlobalPosition::START, &all, NonZeroU32::MAX);
    let events = page.await.unwrap().events;
    let added = |event: EventRef| Added {
        consumer: ConsumerName::new("notifier").unwrap(),
        key: event.subject.to_string(),
        failure: Failure::of_text(FailureClass::Handler, "port 2525 is shut"),
        event,
        attempts: 4,
    };
    let letters = events.iter().map(EventRef::from).map(added);
    let letters = letters.map(Into::into).collect();
    let dead_letters = DeadLetters::new(namespace(), store, SystemClock);
    dead_letters.record(letters).await.unwrap();
}

/// The output of a run over the store.
fn json(path: &Path, arguments: &str) -> Value {
    let store = format!("--store sqlite:{} {arguments}", path.display());
    programs::json("dead_letters", &store)
}

/// The error of a run that does not succeed.
fn refused(path: &Path, arguments: &str) -> String {
    let arguments = format!("--store sqlite:{} {arguments}", path.display());
    let output = programs::run("dead_letters", &arguments);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn an_operator_finds_and_gives_up_a_letter_in_a_store_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("petitions.db");
    write(&path).await;

    let listed = json(&path, "list");
    let letters = listed["letters"].as_array().unwrap();
    let keys: Vec<_> = letters.iter().map(|letter| &letter["key"]).collect();
    assert_eq!(keys, ["p-1", "p-2", "p-3"]);
    let of_one = json(&path, "list --petition p-2");
    assert_eq!(of_one["letters"].as_array().unwrap().len(), 1);
    let groups = json(&path, "groups");
    assert_eq!(groups["groups"][0]["letters"], 3);
    assert_eq!(groups["groups"][0]["cause"], "port # is shut");

    let id = letters[1]["event"]["id"].as_str().unwrap();
    let exactly = format!("--consumer notifier --event {id}");
    let shown = json(&path, &format!("show {exactly}"));
    assert_eq!(shown["payload"], json!({ "what": "certificate" }));
    assert_eq!(shown["traceparent"], TRACE);
    assert_eq!(shown["history"][0]["what"], "added");

    let skip = format!("--by kim skip {exactly} --reason by-post");
    let skipped = json(&path, &skip);
    assert_eq!(skipped["decided"], "skipped");
    let again = refused(&path, &skip);
    assert!(again.contains("is no dead letter of notifier"), "{again}");
    assert_eq!(json(&path, "list")["letters"].as_array().unwrap().len(), 2);
    let decisions = json(&path, "decisions");
    let decision = &decisions["decisions"][0];
    assert_eq!(decision["by"], "kim");
    assert_eq!(decision["why"], "by-post");

    let place = letters[2]["event"]["position"].as_str().unwrap();
    let made_up = format!("compensate --consumer notifier --event {place} --reason refunded");
    assert_eq!(json(&path, &made_up)["decided"], "compensated");
}

/// A payload, an old id: whoever wrote it has no say about the operator's terminal.
#[tokio::test]
async fn nothing_that_is_stored_steers_the_terminal() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("petitions.db");
    let hostile = NewEvent {
        payload: "\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\r\nmine".into(),
        ..filed("p-\u{202e}\u{200b}4")
    };
    write_events(&path, &[hostile]).await;
    let letter = json(&path, "list")["letters"][0].clone();
    assert_eq!(
        letter["key"], "p-\u{202e}\u{200b}4",
        "a program reads it as it is"
    );
    let place = letter["event"]["position"].as_str().unwrap();
    let show = format!("show --consumer notifier --event {place}");
    for task in ["list", "groups", &show, "retry --dry-run"] {
        for form in ["", "--json"] {
            let arguments = format!("{form} --store sqlite:{} {task}", path.display());
            let output = programs::run("dead_letters", &arguments);
            let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
            let steers = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}".contains(c);
            assert!(!text.contains(steers), "{task} {form}: {text:?}");
        }
    }
}

#[tokio::test]
async fn a_retry_without_a_consumer_stops_at_the_probe() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("petitions.db");
    write(&path).await;
    let plan = json(&path, "retry --dry-run");
    let portions = plan["portions"].as_array().unwrap().iter();
    let sizes: Vec<_> = portions.map(|it| it.as_array().unwrap().len()).collect();
    assert_eq!(sizes, [1, 2]);
    let store = format!("--json --store sqlite:{}", path.display());
    let output = programs::run("dead_letters", &format!("{store} retry --time-out 0"));
    assert!(!output.status.success(), "nobody has tried anything");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("no answer in time. What was asked for stands"),
        "{text}"
    );
    assert!(text.contains("`list` marks it as asked for"), "{text}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["results"][0]["outcome"], "no-answer");
    assert_eq!(report["not_requested"].as_array().unwrap().len(), 2);
    assert_eq!(report["complete"], false);
    assert_eq!(json(&path, "list")["letters"][0]["retry_requested"], true);
}

#[tokio::test]
async fn a_store_without_a_command_shows_its_own_letters_and_no_demo() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("petitions.db");
    write(&path).await;
    let groups = json(&path, "");
    assert_eq!(groups["groups"][0]["letters"], 3);
    assert_eq!(groups["groups"][0]["cause"], "port # is shut");
    let text = refused(&path, "demo");
    assert!(text.contains("leave --store out"), "{text}");
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_reported_with_those_that_do() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("petitions.db");
    write(&path).await;
    for task in ["", "list", "groups", "retry", "decisions"] {
        let text = refused(&path, &format!("--namespace genral {task}"));
        assert!(text.contains("the store has no namespace genral"), "{text}");
        assert!(text.contains("one of: general"), "{text}");
    }
}

/// As `dead_letters | head` once `head` has seen enough.
#[test]
fn an_example_whose_output_nobody_reads_ends_quietly() {
    for (name, arguments) in [
        ("dead_letters", ""),
        ("dead_letters", "--json"),
        (
            "due_date",
            "--received 2026-03-09T10:00:00+09:00 --period 7_days",
        ),
        ("portal", "--petitions 1"),
        ("rebuild_read_model", "--petitions 1"),
        ("result_query", ""),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let arguments = arguments.split_whitespace().map(|it| it.replace('_', " "));
        let mut command = std::process::Command::new(programs::program(name));
        let output = command.args(arguments).stdout(writer).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr, "", "{name}");
        assert!(output.status.success(), "{name}");
    }
}

/// Mail that is refused until somebody mends it.
#[derive(Default)]
struct Mail(AtomicBool);

impl Notifier for Mail {
    async fn notify(&self, _: &Notification) -> Result<(), NotifyError> {
        match self.0.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err(NotifyError::Refused("535 the password has expired".into())),
        }
    }
}

type Service = PetitionService<Store, ReadModels, SystemClock>;

/// A service on the store file, whose mail goes nowhere.
fn start(path: &Path, mail: &Arc<Mail>, listens: bool) -> Service {
    let store = Store::open(&StoreUrl::Sqlite(path.to_owned())).unwrap();
    let read_models = ReadModels::beside(&store);
    let namespace = Namespace::new(namespace(), store, SystemClock);
    let mail = Arc::clone(mail);
    let service = PetitionService::builder(namespace, read_models).notifying(mail);
    if listens {
        service.start()
    } else {
        service
            .engine(|engine| engine.without_operator_socket())
            .start()
    }
}

async fn file(service: &Service, petition: &str) {
    let now = SystemClock.now();
    let submit = Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "permit".parse().unwrap(),
        applicant: "applicant-1".parse().unwrap(),
        agency: "Jongno District Office".parse().unwrap(),
        submitted_at: now,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("R-{petition}").parse().unwrap(),
        kind: PetitionKind::Statutory,
        period: "7 days".parse().unwrap(),
        due: ReceiptDue::ByStatute,
        department: "Civil Affairs".parse().unwrap(),
        received_at: now,
    };
    let citizen = service.as_actor("citizen-1".parse().unwrap(), "portal".parse().unwrap());
    let id = CommandId::derive(&[5; 16], petition);
    let petition = citizen.petition(Category::General, petition.parse().unwrap());
    petition.file(id, submit, Some(&receive)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_decides_while_the_service_runs() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("petitions.db");
    let mail = Arc::new(Mail::default());
    let service = start(&path, &mail, true);
    for petition in ["p-1", "p-2", "p-3"] {
        file(&service, petition).await;
    }
    service.settled().await.unwrap();
    let work = path.clone();
    let decided = tokio::task::spawn_blocking(move || {
        let path = work;
        let letters = json(&path, "list");
        let letters = letters["letters"].as_array().unwrap();
        assert_eq!(letters.len(), 3);
        let place = letters[0]["event"]["position"].as_str().unwrap();
        let exactly = format!("--consumer notifications --event {place}");
        let skipped = json(&path, &format!("--by kim skip {exactly} --reason by-post"));
        assert_eq!(skipped["decided"], "skipped");
        let text = refused(&path, &format!("--by lee skip {exactly} --reason by-phone"));
        assert!(text.contains("kim decided so (by-post)"), "{text}");
        mail.0.store(true, Ordering::Relaxed);
        let retried = json(&path, "--by kim retry");
        assert_eq!(retried["complete"], true, "{retried}");
        assert_eq!(retried["results"].as_array().unwrap().len(), 2);
        json(&path, "decisions")
    });
    let decisions = decided.await.unwrap();
    let decisions = decisions["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 3);
    assert!(decisions.iter().all(|decision| decision["by"] == "kim"));
    let petition = PetitionId::new("p-1").unwrap();
    assert_eq!(service.track(&petition).await.unwrap().stuck, []);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_learns_what_to_do_where_the_service_does_not_listen() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("petitions.db");
    let service = start(&path, &Arc::default(), false);
    file(&service, "p-1").await;
    service.settled().await.unwrap();
    assert_eq!(service.operator_socket(), None);
    let text = tokio::task::spawn_blocking(move || refused(&path, "retry"));
    let text = text.await.unwrap();
    assert!(text.contains("start it with an operator socket"), "{text}");
    assert!(text.contains("caused by"), "{text}");
    service.stop().await;
}

#[test]
fn the_demo_walks_through() {
    let output = programs::run("dead_letters", "");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}");
    for part in [
        "password",
        "CAUSE",
        "behind",
        "released",
        "failed again",
        "skipped",
        "sent by post",
        "No letters.",
    ] {
        assert!(stdout.contains(part), "{part}: {stdout}");
    }
    // Four letters for one cause; asked for four times, given up once.
    let groups = stdout.split("(groups)").nth(1).unwrap();
    let group = groups.lines().nth(3).unwrap();
    assert!(group.trim_start().starts_with("4 "), "{stdout}");
    let decisions = stdout.split("(decisions)").nth(1).unwrap();
    assert_eq!(decisions.matches("retry-requested").count(), 4, "{stdout}");
    let left = programs::json("dead_letters", "demo");
    assert_eq!(left["letters"], json!([]));
}

#[test]
fn a_missing_store_is_reported_and_not_created() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("typing-error.db");
    let decide = "skip --consumer notifier --event 1 --reason none";
    for arguments in ["list", "retry", decide] {
        let text = refused(&path, arguments);
        assert!(
            text.contains("typing-error.db could not be opened"),
            "{text}"
        );
        assert!(text.contains("caused by"), "{text}");
    }
    assert!(!path.exists());
    let output = programs::run("dead_letters", "list");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--store sqlite:PATH"), "{text}");
}

#[test]
fn a_selection_that_means_nothing_is_refused() {
    let path = Path::new("unused.db");
    let text = refused(path, "list --event neither");
    assert!(text.contains("neither a place in the log"), "{text}");
    let text = refused(path, "list --cause shut");
    assert!(text.contains("--event-type"), "{text}");
}
