use super::*;

#[cfg(all(feature = "memory", feature = "sqlite"))]
#[tokio::test]
async fn the_file_of_the_events_is_shared_and_another_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let url = |name: &str| ReadModelsUrl::Sqlite(path(name));
    let store = Store::open(&crate::StoreUrl::Sqlite(path("petitions.db"))).unwrap();
    let opened_anew = ReadModels::open(&url("petitions.db")).await;
    assert!(opened_anew.is_err(), "one file has one writer");
    let open = async |url: &ReadModelsUrl| ReadModels::open_beside(url, &store).await.unwrap();
    let file = |read_models: &ReadModels| match read_models {
        ReadModels::Sqlite(store) => store.path().file_name().unwrap().to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(file(&open(&url("petitions.db")).await), "petitions.db");
    assert_eq!(file(&open(&url("./petitions.db")).await), "petitions.db");
    assert_eq!(file(&open(&url("views.db")).await), "views.db");
    let memory = open(&ReadModelsUrl::Memory).await;
    assert!(matches!(memory, ReadModels::Memory(_)));
    assert_eq!(file(&ReadModels::beside(&store)), "petitions.db");
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_store_that_cannot_be_opened_says_which_and_why() {
    use std::error::Error;
    let url: ReadModelsUrl = "sqlite:/no/such/place/views.db".parse().unwrap();
    let error = ReadModels::open(&url).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("sqlite:/no/such/place/views.db"), "{text}");
    assert!(error.source().is_some());
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn a_redis_that_cannot_be_reached_is_named_without_its_password() {
    use std::error::Error;
    // Nobody listens on port 1.
    let url: ReadModelsUrl = "redis://:secret@127.0.0.1:1".parse().unwrap();
    let error = ReadModels::open(&url).await.unwrap_err();
    let mut texts = format!("{error} {error:?}");
    let mut cause = error.source();
    assert!(cause.is_some());
    while let Some(error) = cause {
        texts += &error.to_string();
        cause = error.source();
    }
    assert!(texts.contains("redis://***@127.0.0.1:1"), "{texts}");
    assert!(!texts.contains("secret"), "{texts}");
}

#[cfg(not(feature = "redis"))]
#[tokio::test]
async fn a_backend_that_was_not_built_names_its_feature() {
    let url: ReadModelsUrl = "redis://localhost".parse().unwrap();
    let error = ReadModels::open(&url).await.unwrap_err().to_string();
    assert!(error.contains("feature \"redis\""), "{error}");
}

#[cfg(feature = "memory")]
#[tokio::test]
async fn only_what_several_processes_can_write_has_leases() {
    let memory = ReadModels::open(&ReadModelsUrl::Memory).await.unwrap();
    let leases = memory.leases().unwrap();
    let generation = GenerationName {
        model: ModelName {
            namespace: "general".parse().unwrap(),
            projection: "petitions".parse().unwrap(),
        },
        generation: minwon_core::Generation::FIRST,
    };
    let (slices, second) = (SliceCount::DEFAULT, Duration::from_secs(1));
    let member = MemberName::new("one").unwrap();
    let leased = leases.heartbeat(&generation, slices, &member, second).await;
    assert_eq!(leased.unwrap().len(), 16);
    leases.leave(&generation, &member).await.unwrap();
    #[cfg(feature = "sqlite")]
    {
        let dir = tempfile::tempdir().unwrap();
        let url = ReadModelsUrl::Sqlite(dir.path().join("views.db"));
        assert!(ReadModels::open(&url).await.unwrap().leases().is_none());
    }
}
