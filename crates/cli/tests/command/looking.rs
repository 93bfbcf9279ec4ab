//! What is only looked at: beside a service that runs, and without one.

use std::{io::BufRead as _, io::BufReader};

use minwon::{
    Namespace, ReadModels, ReadModelsUrl, Store, StoreUrl, SystemClock, engine::EventStore as _,
};
use minwon_test_servers::RedisServer;
use serde_json::{Value, json};

use crate::world::{Run, World, bare, file, rest};

/// The events that are printed one a line.
fn lines(run: &Run) -> Vec<Value> {
    let lines = run.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_of_a_store_is_well_once_all_is_folded_and_nothing_stuck() {
    let world = World::filed(&["p-1", "p-2"]).await;
    let status = world.json(0, "status");
    assert_eq!(status["well"], true);
    assert_eq!(
        status["namespaces"],
        json!([{ "namespace": "general", "letters": 0, "listens_at": null }])
    );
    let models = status["read_models"].as_array().unwrap();
    let names: Vec<_> = models.iter().map(|model| &model["read_model"]).collect();
    assert_eq!(names, ["petitions", "letters"]);
    assert!(
        models
            .iter()
            .all(|model| model["ready"] == true && model["events_behind"] == 0)
    );
    let run = world.run("status");
    assert_eq!((run.code, &*run.stderr), (0, ""), "{run:?}");
    assert!(run.stdout.contains("the last event is at position 4"));
    assert!(run.stdout.contains("READ MODEL"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_beside_a_service_names_its_socket_and_its_letters() {
    let world = World::new();
    let service = world.start();
    file(&service, "p-1").await;
    service.settled().await.unwrap();
    let status = world.json(1, "status");
    let namespace = &status["namespaces"][0];
    assert_eq!(namespace["letters"], 1, "{status}");
    assert_eq!(status["well"], false);
    let listens_at = namespace["listens_at"].as_str().unwrap();
    assert!(listens_at.ends_with("petitions.db.operator/general"));
    let lag = world.json(0, "lag");
    for model in lag["read_models"].as_array().unwrap() {
        assert_eq!(model["events_behind"], 0, "{lag}");
    }
    service.stop().await;
}

#[tokio::test]
async fn a_read_model_that_lags_or_was_never_built_is_wrong() {
    let world = World::filed(&["p-1"]).await;
    assert_eq!(world.run("lag --events-max 0 --wait-max 0").code, 0);
    let general = Namespace::new("general".parse().unwrap(), world.open(), SystemClock);
    let session = general.as_actor("citizen-2".parse().unwrap(), "portal".parse().unwrap());
    let petition = session.petition(minwon::petitions::Category::General, "p-1".parse().unwrap());
    let approve = minwon::petitions::application::RecordProgress {
        activity: "Documents checked".parse().unwrap(),
        officer: "officer-1".parse().unwrap(),
        department: None,
        noted_at: minwon::Clock::now(&SystemClock),
    };
    petition.give(approve).await.unwrap();
    drop((petition, session, general));
    assert_eq!(
        world.run("lag").code,
        0,
        "what it shows is old, and complete"
    );
    let lag = world.json(1, "lag --events-max 0");
    assert_eq!(lag["read_models"][0]["events_behind"], 1);
    let never = world.json(1, "lag --model departments");
    assert_eq!(never["read_models"][1]["built"], false, "{never}");
    let text = world.run("lag --model departments").stdout;
    assert!(text.contains("never built"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_petition_is_shown_with_its_events_and_what_it_is_stuck_at() {
    let world = World::new();
    let service = world.start();
    file(&service, "p-1").await;
    service.settled().await.unwrap();
    let shown = world.json(0, "show p-1");
    assert_eq!(shown["result"]["status"], "received");
    let events = shown["events"].as_array().unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["event_type"], "GeneralApplicationSubmitted");
    assert_eq!(events[0]["payload"], Value::Null);
    assert_eq!(shown["letters"][0]["consumer"], "notifications");
    assert_eq!(shown["read_model"]["is_up_to_date"], true, "{shown}");
    let payload = world.json(0, "show p-1 --payload");
    let payload = &payload["events"][0]["payload"];
    assert_eq!(payload["petition_type"], "permit", "{payload}");

    let korean = world.run("--lang ko show p-1").stdout;
    assert!(korean.contains("접수"), "{korean}");
    let english = world.run("show p-1").stdout;
    assert!(english.contains("Received"), "{english}");
    assert!(english.contains("is a dead letter of notifications"));
    let none = world.error(1, "show p-2");
    assert!(none.contains("no event of a petition p-2"), "{none}");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tail_begins_with_the_last_events_and_goes_on_with_those_that_come() {
    let world = World::new();
    world.mail.mend();
    let service = world.start();
    file(&service, "p-1").await;
    file(&service, "p-2").await;
    let mut child = world.start_command("--json tail -n 1 --count 3");
    // Once the old event was printed, whatever comes is new.
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    let first: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(first["position"], "4");
    assert_eq!(first["subject"], "p-2");
    child.stdout = Some(stdout.into_inner());
    file(&service, "p-3").await;
    let run = tokio::task::spawn_blocking(|| rest(child)).await.unwrap();
    let subjects: Vec<_> = lines(&run).iter().map(|it| it["subject"].clone()).collect();
    assert_eq!(subjects, ["p-3", "p-3"]);
    let run = world.run("--json tail --after 1 --count 2");
    let places: Vec<_> = lines(&run)
        .iter()
        .map(|it| it["position"].clone())
        .collect();
    assert_eq!(places, ["2", "3"]);
    service.stop().await;
}

#[tokio::test]
async fn events_are_found_by_subject_request_and_trace() {
    let world = World::filed(&["p-1", "p-2"]).await;
    let run = world.run("--json find --subject p-2");
    let found = lines(&run);
    assert_eq!((run.code, found.len()), (0, 2), "{run:?}");
    let correlation = found[0]["correlation_id"].as_str().unwrap();
    let run = world.run(&format!("--json find --correlation {correlation}"));
    assert_eq!(lines(&run), found);
    let run = world.run("find --subject p-2 --found-max 1");
    assert_eq!(run.stdout.lines().count(), 1);
    assert!(run.stderr.contains("--after 3"), "{run:?}");
    let error = world.error(1, "find --subject p-2 --until 2");
    assert!(error.contains("none of the 2 events"), "{error}");
    let trace = "0af7651916cd43dd8448eb211c80319c";
    assert!(
        world
            .error(1, &format!("find --trace {trace}"))
            .contains("none of the 4")
    );
    assert!(world.error(2, "find").contains("--trace"));
    assert!(world.error(2, "find --trace x").contains("32 lower-case"));
}

/// What was found by the index and by reading the log, without how.
fn found_both_ways(world: &World, find: &str) -> Vec<Value> {
    let found_by = |way: &str, find: &str| {
        let run = world.run(&format!("--json {find}"));
        assert_eq!(run.code, 0, "{run:?}");
        let mut found = lines(&run);
        for line in &mut found {
            assert_eq!(line["by"].take(), way, "{find}");
        }
        found
    };
    let found = found_by("index", find);
    assert_eq!(found_by("scan", &format!("{find} --scan")), found);
    found
}

#[tokio::test]
async fn events_are_found_by_the_index_where_there_is_one() {
    let world = World::indexed(&["p-1", "p-2"], None).await;
    let found = found_both_ways(&world, "find --subject p-2");
    assert_eq!(found.len(), 2);
    let correlation = found[0]["correlation_id"].as_str().unwrap();
    let find = format!("find --correlation {correlation}");
    assert_eq!(found_both_ways(&world, &find), found);
    let position = found[0]["position"].as_str().unwrap();
    let find = format!("find --subject p-2 --after {position}");
    assert_eq!(found_both_ways(&world, &find), found[1..]);
    let find = format!("find --subject p-2 --until {position}");
    assert_eq!(found_both_ways(&world, &find), found[..1]);
    let run = world.run("find --subject p-2 --found-max 1");
    assert_eq!(run.stdout.lines().count(), 1);
    assert!(
        run.stderr.contains(&format!("--after {position}")),
        "{run:?}"
    );
    let error = world.error(1, "find --subject p-3");
    assert!(error.contains("index of messages up to 4"), "{error}");

    // A service without an index goes on: what it writes is looked for behind that.
    let service = world.start();
    file(&service, "p-3").await;
    service.settled().await.unwrap();
    service.stop().await;
    let later = lines(&world.run("--json find --subject p-3"));
    assert!(!later.is_empty());
    assert!(later.iter().all(|line| line["by"] == "scan"), "{later:?}");
    assert_eq!(found_both_ways(&world, "find --subject p-2"), found);
    let error = world.error(1, "find --subject p-4");
    assert!(error.contains("nor of the"), "{error}");
}

#[tokio::test]
async fn the_index_is_compared_with_the_log_and_built_anew() {
    let world = World::indexed(&["p-1", "p-2"], None).await;
    let verified = world.json(0, "verify");
    let generations = verified["read_models"].as_array().unwrap().iter();
    let generations: Vec<_> = generations.map(|it| &it["generation"]).collect();
    assert_eq!(generations, ["general:petitions:g1", "general:messages:g1"]);
    world.json(0, "rebuild start --model messages --yes");
    let verified = world.json(0, "verify");
    assert_eq!(
        verified["read_models"][1]["generation"],
        "general:messages:g2"
    );
    assert_eq!(found_both_ways(&world, "find --subject p-2").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_in_redis_is_asked_there() {
    let redis = RedisServer::start();
    let url: ReadModelsUrl = redis.url().parse().unwrap();
    let read_models = ReadModels::open(&url).await.unwrap();
    let world = World::indexed(&["p-1", "p-2"], Some(read_models)).await;
    let by = |arguments: &str| {
        let found = lines(&world.run(&format!("--json {arguments} find --subject p-2")));
        assert_eq!(found.len(), 2);
        found[0]["by"].as_str().unwrap().to_owned()
    };
    assert_eq!(by(&format!("--redis {}", redis.url())), "index");
    assert_eq!(by(""), "scan");
}

#[tokio::test(flavor = "multi_thread")]
async fn read_models_in_redis_are_looked_at_there() {
    let redis = RedisServer::start();
    let world = World::new();
    let store = Store::open(&StoreUrl::Sqlite(world.store())).unwrap();
    let url: ReadModelsUrl = redis.url().parse().unwrap();
    let read_models = ReadModels::open(&url).await.unwrap();
    let namespace = Namespace::new("general".parse().unwrap(), store, SystemClock);
    let service = minwon::PetitionService::builder(namespace, read_models).start();
    file(&service, "p-1").await;
    service.settled().await.unwrap();
    let lag = world.json(0, &format!("--redis {} lag --events-max 0", redis.url()));
    assert_eq!(lag["read_models"][0]["ready"], true, "{lag}");
    let beside = world.json(1, "lag");
    assert_eq!(
        beside["read_models"][0]["built"], false,
        "the file has none"
    );
    let shown = world.json(0, &format!("--redis {} show p-1", redis.url()));
    assert_eq!(shown["read_model"]["is_up_to_date"], true);
    service.stop().await;
}

#[tokio::test]
async fn what_is_only_looked_at_is_left_as_it_was() {
    let world = World::filed(&["p-1"]).await;
    let head = world.open().head().await.unwrap();
    let bytes = std::fs::read(world.store()).unwrap();
    for look in [
        "status",
        "lag",
        "show p-1",
        "find --subject p-1",
        "tail --count 1",
    ] {
        assert_eq!(world.run(look).code, 0, "{look}");
    }
    assert_eq!(std::fs::read(world.store()).unwrap(), bytes);
    assert_eq!(world.open().head().await.unwrap(), head);
}

/// As `minwon tail | head` once `head` has seen enough.
#[tokio::test]
async fn a_command_whose_output_nobody_reads_ends_quietly() {
    let world = World::filed(&["p-1"]).await;
    for look in ["status", "find --subject p-1", "tail"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let store = format!("sqlite:{}", world.store().display());
        let mut command = bare();
        command.args(["--store", &store]).args(look.split(' '));
        let run = Run::of(&command.stdout(writer).output().unwrap());
        assert_eq!((run.code, &*run.stderr), (0, ""), "{look}");
    }
}
