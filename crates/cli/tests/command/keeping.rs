//! Whether a log is what was written, copies of it, and read models that are compared with it.

use std::fs;

use minwon::{adapters::sqlite::SqliteStore, engine::EventStore as _};
use serde_json::Value;

use crate::world::{Run, World, bare, file};

#[tokio::test]
async fn a_log_is_signed_and_checked_against_that() {
    let world = World::filed(&["p-1"]).await;
    let (secret, note) = (world.path("office.key"), world.path("log.note"));
    let new_key = format!(
        "digest new-key office.example --secret {}",
        secret.display()
    );
    let public = world.run(&new_key).stdout;
    let refused = world.error(3, &new_key);
    assert!(
        refused.contains("could not be made"),
        "a key is never overwritten: {refused}"
    );
    let sign = format!("digest sign --secret {}", secret.display());
    let signed = world.run(&sign);
    assert!(
        signed.stdout.starts_with("minwon log digest\n2\n"),
        "{signed:?}"
    );
    fs::write(&note, &signed.stdout).unwrap();
    let against = format!("--against {}", note.display());
    let store = format!("sqlite:{}", world.store().display());
    let check = || {
        let mut command = bare();
        command.args(["--store", &store, "check", "--signed-by", public.trim()]);
        let command = command.args(against.split(' '));
        Run::of(&command.output().unwrap())
    };
    let sound = check();
    assert_eq!(sound.code, 0);
    assert!(sound.stdout.contains("that it fits: 1."), "{sound:?}");
    assert!(
        world
            .error(2, &format!("check {against}"))
            .contains("--signed-by")
    );

    fs::write(&note, signed.stdout.replacen("\n2\n", "\n7\n", 1)).unwrap();
    let forged = check();
    assert_eq!(forged.code, 3, "it says nothing of the log");
    assert!(
        forged
            .stderr
            .contains("the signature of office.example does not fit"),
        "{forged:?}"
    );
}

/// Changes what an event says, as a person with a shell can.
fn forge(world: &World) {
    let mut bytes = fs::read(world.store()).unwrap();
    let at = bytes
        .windows(11)
        .position(|it| it == b"applicant-1")
        .unwrap();
    bytes[at..at + 11].copy_from_slice(b"applicant-9");
    fs::write(world.store(), bytes).unwrap();
}

#[tokio::test]
async fn a_log_that_was_altered_is_wrong_and_no_digest_is_made_of_it() {
    let world = World::filed(&["p-1"]).await;
    assert_eq!(world.json(0, "check")["sound"], true);
    let secret = world.path("office.key");
    let made = format!(
        "digest new-key office.example --secret {}",
        secret.display()
    );
    assert_eq!(world.run(&made).code, 0);
    forge(&world);
    let checked = world.json(1, "check");
    assert_eq!(checked["sound"], false, "{checked}");
    let run = world.run("check");
    assert!(run.stdout.contains("The log is not sound"), "{run:?}");
    let run = world.run(&format!("digest sign --secret {}", secret.display()));
    assert_eq!(run.code, 1);
    assert!(!run.stdout.contains("minwon log digest"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_the_service_is_restored_where_nothing_is() {
    let world = World::new();
    world.mail.mend();
    let service = world.start();
    file(&service, "p-1").await;
    let backup = world.path("backup.db");
    let made = world.json(0, &format!("backup {}", backup.display()));
    assert_eq!(made["sound"], true);
    assert_eq!(made["position"], "2");
    // SQLite's readers leave one beside a copy; all of the copy is in its own file.
    let beside = fs::metadata(world.path("backup.db-wal"));
    assert!(beside.is_err() || beside.unwrap().len() == 0);
    let again = world.error(3, &format!("backup {}", backup.display()));
    assert!(again.contains("is not overwritten"), "{again}");
    file(&service, "p-2").await;
    let restore = |target: &str| {
        let mut command = bare();
        let store = format!("sqlite:{}", world.path(target).display());
        command.args(["--json", "--store", &store, "restore"]);
        Run::of(&command.arg(&backup).output().unwrap())
    };
    let taken = restore("petitions.db");
    assert_eq!(taken.code, 3);
    assert!(taken.stderr.contains("nothing is overwritten"), "{taken:?}");
    fs::write(world.path("new.db-wal"), "another's").unwrap();
    let left = restore("new.db");
    assert!(left.stderr.contains("new.db-wal is there"), "{left:?}");
    assert_eq!(left.code, 3);
    assert!(!world.path("new.db").exists());

    let restored = restore("restored.db");
    assert_eq!(restored.code, 0, "{restored:?}");
    assert!(
        restored.stdout.contains("\"position\":\"2\""),
        "{restored:?}"
    );
    let store = SqliteStore::open(world.path("restored.db")).unwrap();
    assert_eq!(store.head().await.unwrap().commit(), 2);
    service.stop().await;
}

#[tokio::test]
async fn a_backup_that_is_damaged_is_not_restored() {
    let world = World::filed(&["p-1"]).await;
    forge(&world);
    let target = world.path("restored.db");
    let mut command = bare();
    command.arg("--store");
    command.arg(format!("sqlite:{}", target.display()));
    let command = command.arg("restore").arg(world.store());
    let run = Run::of(&command.output().unwrap());
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("is not sound"), "{run:?}");
    assert!(run.stderr.contains("nothing was restored"), "{run:?}");
    assert!(!target.exists());
}

/// Loses the view of a petition behind the store's back.
fn lose_view(world: &World) {
    let file = rusqlite::Connection::open(world.store()).unwrap();
    let lost = file.execute("DELETE FROM read_documents WHERE key = 'p-1'", []);
    assert!(lost.unwrap() > 0);
    file.close().unwrap();
}

#[tokio::test]
async fn a_read_model_is_compared_with_the_log() {
    let world = World::filed(&["p-1", "p-2"]).await;
    let sound = world.json(0, "verify");
    let model = &sound["read_models"][0];
    assert_eq!(model["different"], 0, "{sound}");
    assert!(model["items"].as_u64().unwrap() >= 2, "{sound}");
    let text = world.run("verify").stdout;
    assert!(text.contains("general:petitions:g1"), "{text}");

    lose_view(&world);
    let wrong = world.json(1, "verify");
    let model = &wrong["read_models"][0];
    assert_eq!(model["different"], 1, "{wrong}");
    assert_eq!(model["differences"][0]["what"], "the document of p-1");
    let text = world.run("verify").stdout;
    assert!(text.contains("the document of p-1 is missing"), "{text}");

    let elsewhere = SqliteStore::open(world.path("views.db")).unwrap();
    elsewhere.close();
    let views = format!("--redis sqlite:{}", world.path("views.db").display());
    let never = world.json(1, &format!("{views} verify"));
    assert_eq!(never["read_models"][0]["built"], false);
}

fn roles(list: &Value) -> Vec<(u64, &str)> {
    let generations = list["generations"].as_array().unwrap().iter();
    let role = |it: &'_ Value| it["generation"].as_u64().unwrap();
    generations
        .map(|it| (role(it), it["role"].as_str().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_model_is_built_anew_and_its_service_goes_on_with_that() {
    let world = World::filed(&["p-1", "p-2"]).await;
    assert_eq!(roles(&world.json(0, "rebuild")), [(1, "answers")]);
    lose_view(&world);
    assert_eq!(world.run("verify").code, 1);
    assert!(world.error(2, "rebuild start").contains("--yes"));
    let built = world.json(0, "rebuild start --yes");
    assert_eq!(roles(&built), [(1, "answered before"), (2, "answers")]);
    assert_eq!(world.json(0, "verify")["read_models"][0]["different"], 0);

    let service = world.start();
    file(&service, "p-3").await;
    service.settled().await.unwrap();
    assert_eq!(world.run("lag --events-max 0").code, 0);
    let generation = world.json(0, "verify")["read_models"][0]["generation"].clone();
    assert_eq!(generation, "general:petitions:g2");
    let busy = world.error(3, "rebuild start --yes");
    assert!(busy.contains("a service has"), "{busy}");
    assert!(busy.contains("stop it first"), "{busy}");
    service.stop().await;
    drop(service);

    let back = world.json(0, "rebuild roll-back --yes");
    assert_eq!(roles(&back), [(1, "answers"), (2, "answered before")]);
    let answering = world.error(3, "rebuild retire 1 --yes");
    assert!(
        answering.contains("promote another one first"),
        "{answering}"
    );
    let left = world.json(0, "rebuild retire 2 --yes");
    assert_eq!(roles(&left), [(1, "answers")]);
    let none = world.error(3, "rebuild roll-back --yes");
    assert!(none.contains("no generation to go back to"), "{none}");
    let own = world.error(2, "rebuild start --model departments --yes");
    assert!(own.contains("only `petitions`"), "{own}");
}
