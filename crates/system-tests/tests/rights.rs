//! A service whose user of KurrentDB may not do what it needs, or whose streams somebody deleted: everybody
//! who waits or looks is told.

// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

use minwon::{
    Clock, CommandId, Health, Namespace, PetitionService, ReadModels, Store, SystemClock,
    foreign_text,
    petitions::{Category, Channel, PetitionKind, ServiceType, application::Submit},
    service::FilingError,
};
use minwon_kurrentdb_stand_in::{ServiceRight, StandIn};
use tokio::time::{Duration, sleep};

const GENERAL: Category = Category::new("General");

async fn stand_in(rights: &[ServiceRight]) -> StandIn {
    let builder = StandIn::builder().user("minwon", "secret", []);
    let stand_in = builder.start().await.unwrap();
    stand_in.grant("minwon", rights);
    stand_in
}

fn namespace(stand_in: &StandIn, login: &str) -> Namespace {
    let url = stand_in.url_as(login).parse().unwrap();
    let store = Store::open(&url).unwrap();
    Namespace::new("general".parse().unwrap(), store, SystemClock)
}

fn service(namespace: Namespace) -> PetitionService {
    let read_models = ReadModels::beside(namespace.store());
    PetitionService::builder(namespace, read_models).start()
}

async fn file(service: &PetitionService) -> Result<(), FilingError> {
    let submit = Submit {
        category: GENERAL,
        service: ServiceType::Unlinked,
        kind: PetitionKind::Statutory,
        channel: Channel::Counter,
        petition_type: "building-use-certificate".parse().unwrap(),
        applicant: "applicant-42".parse().unwrap(),
        agency: "agency-3020000".parse().unwrap(),
        submitted_at: SystemClock.now(),
        attachments: Vec::new(),
    };
    let applicant = service.as_actor("applicant-42".parse().unwrap(), "portal".parse().unwrap());
    let petition = applicant.petition(GENERAL, "2026-1".parse().unwrap());
    petition
        .file(CommandId::random(), submit, None)
        .await
        .map(drop)
}

/// The health of a service, as soon as it says this.
async fn until(service: &PetitionService, said: &str) -> Health {
    loop {
        let health = service.health();
        if format!("{health:?}").contains(said) {
            return health;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_that_is_missing_is_told_by_the_health_of_the_service() {
    for (right, named) in [
        (ServiceRight::ReadAll, "($r) on $all"),
        (ServiceRight::WriteMetadata, "($mw) on minwon-"),
        (ServiceRight::Delete, "($d) on minwon-"),
    ] {
        let stand_in = stand_in(&right.others()).await;
        let service = service(namespace(&stand_in, "minwon:secret"));
        let health = until(&service, named).await;
        let part = |part: &&minwon::engine::PartHealth| part.part.contains("rights");
        let part = health.parts.iter().find(part).unwrap();
        assert!(part.state.why_paused().is_some(), "{part:?}");
        service.stop().await;
    }
    let stand_in = stand_in(&ServiceRight::ALL).await;
    let service = service(namespace(&stand_in, "minwon:secret"));
    file(&service).await.unwrap();
    service.settled().await.unwrap();
    assert!(!format!("{:?}", service.health()).contains("rights"));
    service.stop().await;
}

/// The lists that operators copy.
#[tokio::test(flavor = "multi_thread")]
async fn the_lists_in_the_documentation_are_enough() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/kurrentdb.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, part) = page.split_once("## Users and rights").unwrap();
    let (part, _) = part.split_once("\n## ").unwrap();
    let lists = part.split("```json\n").skip(1);
    let lists: Vec<_> = lists
        .map(|rest| rest.split("```").next().unwrap())
        .collect();
    let [of_all, by_default] = lists[..] else {
        panic!("two lists, not {lists:?}")
    };
    let stand_in = stand_in(&[]).await;
    stand_in.set_metadata("$all", of_all.to_owned());
    stand_in.write("$settings", "update-default-acl", by_default.to_owned(), "");
    let service = service(namespace(&stand_in, "minwon:secret"));
    file(&service).await.unwrap();
    service.settled().await.unwrap();
    service.stop().await;
    assert_eq!(stand_in.refusals(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_files_where_nothing_may_be_written_is_not_told_to_file_again() {
    let stand_in = stand_in(&ServiceRight::Write.others()).await;
    let service = service(namespace(&stand_in, "minwon:secret"));
    let error = file(&service).await.unwrap_err();
    assert!(matches!(error, FilingError::Misconfigured(_)), "{error:?}");
    let told: Vec<_> = foreign_text::causes(&error).collect();
    let told = told.join(": ");
    assert!(told.contains("lacks the right"), "{told}");
    assert!(
        !told.contains("file it again") && !told.contains("away for now"),
        "{told}"
    );
    service.stop().await;
}

/// What an operator has to mend is told to whoever files, by the service that knows the petition and by
/// one that does not.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_files_over_a_stream_that_was_deleted_is_not_told_to_file_again() {
    let stand_in = stand_in(&ServiceRight::ALL).await;
    let one = service(namespace(&stand_in, "minwon:secret"));
    file(&one).await.unwrap();
    one.settled().await.unwrap();
    let stream = "general_GeneralApplication-2026-1";
    stand_in.delete(stream);
    let before = stand_in.stream(stream).len();
    let another = service(namespace(&stand_in, "minwon:secret"));
    for service in [&one, &another] {
        let error = file(service).await.unwrap_err();
        assert!(matches!(error, FilingError::Stuck(_)), "{error:?}");
        let told: Vec<_> = foreign_text::causes(&error).collect();
        let told = told.join(": ");
        for said in [
            "changes nothing until",
            stream,
            "was deleted",
            "find out who",
        ] {
            assert!(told.contains(said), "{said}: {told}");
        }
        for said in ["file it again", "try again", "away for now"] {
            assert!(!told.contains(said), "{said}: {told}");
        }
    }
    assert_eq!(stand_in.stream(stream).len(), before);
    one.stop().await;
    another.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_projector_that_catches_up_ends_where_the_user_is_unknown_or_may_not_read() {
    let stand_in = stand_in(&ServiceRight::ReadAll.others()).await;
    for login in ["minwon:wrong", "nobody:secret", "minwon:secret"] {
        let namespace = namespace(&stand_in, login);
        let read_models = ReadModels::beside(namespace.store());
        let error = namespace.projector(read_models).catch_up().await;
        let error = format!("{:?}", error.unwrap_err());
        assert!(error.contains("Misconfigured"), "{login}: {error}");
    }
}
