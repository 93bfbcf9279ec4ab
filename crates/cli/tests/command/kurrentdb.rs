//! A store with many writers: events in KurrentDB, as a stand-in answers for it.

use minwon::{Namespace, PetitionService, ReadModels, Store, SystemClock};
use minwon_kurrentdb_stand_in::StandIn;
use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::world::{Mail, Run, bare, file};

/// Runs the command. The stand-in goes on answering on the other threads.
async fn run(arguments: String) -> Run {
    let run = spawn_blocking(move || {
        let output = bare().args(arguments.split_whitespace()).output();
        Run::of(&output.unwrap())
    });
    run.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_looked_at_and_decided_in() {
    let server = StandIn::builder().start().await.unwrap();
    let url = server.url();
    let store = Store::open(&url.parse().unwrap()).unwrap();
    let read_models = ReadModels::beside(&store);
    let namespace = Namespace::new("general".parse().unwrap(), store, SystemClock);
    let service = PetitionService::builder(namespace, read_models)
        .notifying(std::sync::Arc::<Mail>::default())
        .start();
    file(&service, "p-1").await;
    file(&service, "p-2").await;
    service.settled().await.unwrap();

    let status = run(format!("--store {url} status")).await;
    assert_eq!(status.code, 1, "{status:?}");
    assert!(status.stdout.contains("read models were not looked at"));
    let lag = run(format!("--store {url} lag")).await;
    assert_eq!(lag.code, 2);
    assert!(lag.stderr.contains("--redis"), "{lag:?}");
    let found = run(format!("--store {url} --json find --subject p-2")).await;
    assert_eq!(
        found.stdout.lines().count(),
        3,
        "two, and a letter: {found:?}"
    );
    let last = run(format!("--store {url} tail -n 3")).await;
    assert!(last.stderr.contains("--after"), "{last:?}");
    let line = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let mut second = line(found.stdout.lines().nth(1).unwrap());
    assert_eq!(
        second.as_object_mut().unwrap().remove("by").unwrap(),
        "scan"
    );
    let line = line(found.stdout.lines().next().unwrap());
    let place = line["position"].as_str().unwrap();
    let next = run(format!(
        "--store {url} --json tail --after {place} --count 1"
    ))
    .await;
    let next: Value = serde_json::from_str(next.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(next, second);

    let listed = run(format!("--store {url} --json letters list")).await;
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let place = listed["letters"][0]["event"]["position"].as_str().unwrap();
    let skip = format!("skip --consumer notifications --event {place} --reason x --by kim --yes");
    let skipped = run(format!("--store {url} letters {skip}")).await;
    assert_eq!(skipped.code, 0, "{skipped:?}");
    let shown = run(format!("--store {url} show p-1")).await;
    assert!(!shown.stdout.contains("Stuck"), "{shown:?}");
    service.stop().await;
}

#[tokio::test]
async fn a_password_is_printed_nowhere() {
    for store in [
        "kurentdb://user:s3cret@127.0.0.1:1",
        "kurrentdb://user:s3cret@127.0.0.1:1?tls=perhaps",
        "kurrentdb://user:s3cret@127.0.0.1:1?tsl=false",
    ] {
        let arguments = [
            format!("--store {store} letters list"),
            format!("--store sqlite:none.db --redis {store} lag"),
        ];
        for arguments in arguments {
            let run = run(arguments).await;
            assert!(run.code >= 2, "{run:?}");
            assert!(!format!("{run:?}").contains("s3cret"), "{run:?}");
        }
    }
}
