//! Dead letters: looked at, and decided about, alone and beside the service that has the store.

use std::{num::NonZeroU32, path::Path, sync::Arc};

use minwon::{
    ActorId, CommandId, CorrelationId, Namespace, NamespaceName, PetitionId, PetitionService,
    ReadModels, ServiceName, Store, StoreUrl, SystemClock, Timestamp,
    engine::{
        Added, ConsumerName, DeadLetters, EventFilter, EventMetadata, EventRef, EventStore,
        EventType, ExpectedVersion, Failure, FailureClass, GlobalPosition, NewEvent, SchemaVersion,
        Stage, StreamName,
    },
};
use serde_json::{Value, json};

use crate::world::{Mail, World, bare, file};

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
async fn written() -> World {
    let world = World::new();
    write_events(&world.store(), &["p-1", "p-2", "p-3"].map(filed)).await;
    world
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

#[tokio::test]
async fn an_operator_finds_and_gives_up_a_letter_in_a_store_file() {
    let world = written().await;
    let listed = world.json(0, "letters list");
    let letters = listed["letters"].as_array().unwrap();
    let keys: Vec<_> = letters.iter().map(|letter| &letter["key"]).collect();
    assert_eq!(keys, ["p-1", "p-2", "p-3"]);
    let of_one = world.json(0, "letters list --petition p-2");
    assert_eq!(of_one["letters"].as_array().unwrap().len(), 1);
    for task in ["letters", "letters groups"] {
        let groups = world.json(0, task);
        assert_eq!(groups["groups"][0]["letters"], 3);
        assert_eq!(groups["groups"][0]["cause"], "port # is shut");
    }
    assert_eq!(world.json(1, "status")["namespaces"][0]["letters"], 3);

    let id = letters[1]["event"]["id"].as_str().unwrap();
    let exactly = format!("--consumer notifier --event {id}");
    let shown = world.json(0, &format!("letters show {exactly}"));
    assert_eq!(shown["payload"], json!({ "what": "certificate" }));
    assert_eq!(shown["traceparent"], TRACE);
    assert_eq!(shown["history"][0]["what"], "added");
    let traced = world.run(&format!("find --trace {TRACE}"));
    assert_eq!(traced.stdout.lines().count(), 3, "{traced:?}");

    let skip = format!("letters skip {exactly} --by kim --reason by-post");
    let skipped = world.json(0, &format!("{skip} --yes"));
    assert_eq!(skipped["decided"], "skipped");
    let again = world.error(1, &format!("{skip} --yes"));
    assert!(again.contains("is no dead letter of notifier"), "{again}");
    let left = world.json(0, "letters list");
    assert_eq!(left["letters"].as_array().unwrap().len(), 2);
    let decisions = world.json(0, "letters decisions");
    let decision = &decisions["decisions"][0];
    assert_eq!(decision["by"], "kim");
    assert_eq!(decision["why"], "by-post");

    let place = letters[2]["event"]["position"].as_str().unwrap();
    let made_up = format!("--consumer notifier --event {place} --by kim --reason refunded --yes");
    let made_up = world.json(0, &format!("letters compensate {made_up}"));
    assert_eq!(made_up["decided"], "compensated");
}

/// Nobody sits at the terminal of a script: it says that it means it, and who it is.
#[tokio::test]
async fn a_decision_needs_a_name_a_reason_and_a_yes() {
    let world = written().await;
    let exactly = "--consumer notifier --event 1";
    for (decision, missing) in [
        (format!("skip {exactly} --reason x --yes"), "--by"),
        (format!("skip {exactly} --by kim --yes"), "--reason"),
        (format!("skip {exactly} --by kim --reason x"), "--yes"),
        (format!("compensate {exactly} --by kim --reason x"), "--yes"),
        ("retry --by kim".to_owned(), "--yes"),
        ("retry --yes".to_owned(), "--by"),
    ] {
        let error = world.error(2, &format!("letters {decision}"));
        assert!(error.contains(missing), "{decision}: {error}");
    }
    let preview = world.error(2, &format!("letters skip {exactly} --by kim --reason x"));
    assert!(preview.contains("port 2525 is shut"), "{preview}");
    let shown = world.json(0, &format!("letters skip {exactly} --reason x --dry-run"));
    assert_eq!(shown["letter"]["key"], "p-1");
    let left = world.json(0, "letters list");
    assert_eq!(left["letters"].as_array().unwrap().len(), 3);
    assert_eq!(world.json(0, "letters decisions")["decisions"], json!([]));
}

/// A payload, an old id: whoever wrote it has no say about the operator's terminal.
#[tokio::test]
async fn nothing_that_is_stored_steers_the_terminal() {
    let world = World::new();
    let hostile = NewEvent {
        payload: "\u{1b}[2J\u{9b}31m\u{202e}\u{200b}\r\nmine".into(),
        ..filed("p-\u{202e}\u{200b}4")
    };
    write_events(&world.store(), &[hostile]).await;
    let letter = world.json(0, "letters list")["letters"][0].clone();
    assert_eq!(
        letter["key"], "p-\u{202e}\u{200b}4",
        "a program reads it as it is"
    );
    let place = letter["event"]["position"].as_str().unwrap();
    let exactly = format!("--consumer notifier --event {place}");
    for task in [
        "letters list",
        "letters groups",
        &format!("letters show {exactly}"),
        &format!("letters skip {exactly} --by kim --reason x"),
        "letters retry --dry-run",
        "tail --count 1 --payload",
    ] {
        for form in ["", "--json"] {
            let run = world.run(&format!("{form} {task}"));
            let text = run.stdout + &run.stderr;
            let steers = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}".contains(c);
            assert!(!text.contains(steers), "{task} {form}: {text:?}");
            assert!(text.len() > 40, "{task} {form}: {text:?}");
        }
    }
}

#[tokio::test]
async fn a_retry_without_a_consumer_stops_at_the_probe() {
    let world = written().await;
    let plan = world.json(0, "letters retry --dry-run");
    let portions = plan["portions"].as_array().unwrap().iter();
    let sizes: Vec<_> = portions.map(|it| it.as_array().unwrap().len()).collect();
    assert_eq!(sizes, [1, 2]);
    let run = world.run("--json letters retry --time-out 0 --by kim --yes");
    assert_eq!(run.code, 1, "nobody has tried anything");
    let text = run.stderr;
    assert!(
        text.contains("no answer in time. What was asked for stands"),
        "{text}"
    );
    assert!(text.contains("`list` marks it as asked for"), "{text}");
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["results"][0]["outcome"], "no-answer");
    assert_eq!(report["not_requested"].as_array().unwrap().len(), 2);
    assert_eq!(report["complete"], false);
    let listed = world.json(0, "letters list");
    assert_eq!(listed["letters"][0]["retry_requested"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_decides_while_the_service_runs() {
    let world = World::new();
    let service = world.start();
    for petition in ["p-1", "p-2", "p-3"] {
        file(&service, petition).await;
    }
    service.settled().await.unwrap();
    let letters = world.json(0, "letters list");
    let letters = letters["letters"].as_array().unwrap();
    assert_eq!(letters.len(), 3);
    let place = letters[0]["event"]["position"].as_str().unwrap();
    let skip = format!("letters skip --consumer notifications --event {place} --yes");
    for repeated in [false, true] {
        let skipped = world.json(0, &format!("{skip} --by kim --reason by-post"));
        assert_eq!(skipped["decided"], "skipped");
        assert_eq!(skipped["repeated"], repeated);
    }
    let text = world.error(3, &format!("{skip} --by lee --reason by-phone"));
    assert!(text.contains("kim decided so (by-post)"), "{text}");
    world.mail.mend();
    let retried = world.json(0, "letters retry --by kim --yes");
    assert_eq!(retried["complete"], true, "{retried}");
    assert_eq!(retried["results"].as_array().unwrap().len(), 2);
    let decisions = world.json(0, "letters decisions");
    let decisions = decisions["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 3);
    assert!(decisions.iter().all(|decision| decision["by"] == "kim"));
    let petition = PetitionId::new("p-1").unwrap();
    assert_eq!(service.track(&petition).await.unwrap().stuck, []);
    service.settled().await.unwrap();
    let lag = world.json(0, "lag --events-max 0");
    assert_eq!(lag["read_models"][1]["read_model"], "letters");
    let nothing = world.json(0, "letters retry --by kim");
    assert_eq!(nothing["complete"], true, "nobody has to be asked");
    service.stop().await;
    assert_eq!(world.json(0, "status")["well"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_learns_what_to_do_where_the_service_does_not_listen() {
    let world = World::new();
    let store = world.open();
    let read_models = ReadModels::beside(&store);
    let namespace = Namespace::new(namespace(), store, SystemClock);
    let service = PetitionService::builder(namespace, read_models)
        .notifying(Arc::<Mail>::default())
        .engine(|engine| engine.without_operator_socket())
        .start();
    file(&service, "p-1").await;
    service.settled().await.unwrap();
    assert_eq!(service.operator_socket(), None);
    let text = world.error(3, "letters retry --by kim --yes");
    assert!(text.contains("start it with an operator socket"), "{text}");
    assert!(text.contains("caused by"), "{text}");
    service.stop().await;
}

#[tokio::test]
async fn a_decision_about_a_store_that_is_missing_creates_none() {
    let world = World::new();
    let skip = "letters skip --consumer notifier --event 1 --reason none --by kim --yes";
    for arguments in ["letters list", "letters retry --by kim --yes", skip] {
        let text = world.error(3, arguments);
        assert!(text.contains("petitions.db could not be opened"), "{text}");
        assert!(text.contains("caused by"), "{text}");
    }
    assert!(!world.store().exists());
    let output = bare().args(["letters", "list"]).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("--store sqlite:PATH"), "{text}");
}

#[tokio::test]
async fn a_selection_that_means_nothing_is_refused() {
    let world = written().await;
    let text = world.error(2, "letters list --event neither");
    assert!(text.contains("neither a place in the log"), "{text}");
    let text = world.error(2, "letters list --cause shut");
    assert!(text.contains("--event-type"), "{text}");
    let text = world.error(2, "letters list --consumer notifier --event-type Some");
    assert!(text.contains("--cause"), "{text}");
}
