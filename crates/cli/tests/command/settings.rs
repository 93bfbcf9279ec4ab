//! Options, environment and file, and what is said of mistakes in them.

use std::fs;

use crate::world::{Run, World, bare};

#[tokio::test]
async fn an_option_counts_before_the_environment_and_that_before_the_file() {
    let world = World::filed(&["p-1"]).await;
    let (store, file) = (world.store(), world.path("minwon.toml"));
    let store = format!("sqlite:{}", store.display());
    let away = format!("sqlite:{}", world.path("away.db").display());
    let run = |option: Option<&str>, variable: Option<&str>, text: &str| {
        fs::write(&file, text).unwrap();
        let mut command = bare();
        command.env("MINWON_CONFIG", &file).arg("status");
        option.map(|store| command.args(["--store", store]));
        variable.map(|store| command.env("MINWON_STORE", store));
        Run::of(&command.output().unwrap()).code
    };
    let of = |store: &str| format!("store = {store:?}\n");
    assert_eq!(run(None, None, &of(&store)), 0);
    assert_eq!(run(None, Some(&away), &of(&store)), 3);
    assert_eq!(run(Some(&store), Some(&away), &of(&away)), 0);
    assert_eq!(run(None, Some(""), &of(&store)), 0, "it says nothing");
    assert_eq!(run(None, None, ""), 2, "no store is named");
}

#[test]
fn a_mistake_in_the_file_is_reported_without_what_may_be_secret() {
    let world = World::new();
    let file = world.path("minwon.toml");
    let error = |text: &str| {
        fs::write(&file, text).unwrap();
        let mut command = bare();
        let command = command.arg("status").arg("--config").arg(&file);
        let run = Run::of(&command.output().unwrap());
        assert_eq!(run.code, 2, "{run:?}");
        assert!(!run.stderr.contains("s3cret"), "{run:?}");
        run.stderr
    };
    let broken = error("lang = \"en\"\nstore = \"kurrentdb://portal:s3cret@node\n");
    assert!(broken.contains("minwon.toml, line 2:"), "{broken}");
    let unknown = error("stor = \"kurrentdb://portal:s3cret@node\"\n");
    assert!(unknown.contains("unknown field `stor`"), "{unknown}");
    let language = error("lang = \"fr\"\n");
    assert!(language.contains("write `ko` or `en`"), "{language}");
    let url = error("store = \"kurentdb://portal:s3cret@node\"\n");
    assert!(url.contains("kurrentdb://HOST:PORT"), "{url}");
    fs::remove_file(&file).unwrap();
    let mut command = bare();
    let command = command.arg("status").arg("--config").arg(&file);
    let run = Run::of(&command.output().unwrap());
    assert!(run.stderr.contains("is not there"), "{run:?}");
    assert_eq!(run.code, 2);
}

#[tokio::test]
async fn a_store_that_is_missing_is_reported_and_not_created() {
    let world = World::new();
    for look in ["status", "lag", "show p-1", "tail", "find --subject p-1"] {
        let error = world.error(3, look);
        assert!(
            error.contains("petitions.db could not be opened"),
            "{error}"
        );
        assert!(error.contains("caused by"), "{error}");
    }
    assert!(!world.store().exists());
}

#[tokio::test]
async fn a_namespace_that_does_not_exist_is_reported_with_those_that_do() {
    let world = World::filed(&["p-1"]).await;
    for look in ["status", "lag", "show p-1", "tail", "find --subject p-1"] {
        let error = world.error(2, &format!("--namespace genral {look}"));
        assert!(
            error.contains("the store has no namespace genral"),
            "{error}"
        );
        assert!(error.contains("one of: general"), "{error}");
    }
}
