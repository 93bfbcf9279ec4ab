//! A category of petitions more is data: a file of petition types names it, and the namespace that takes
//! its petitions is given what the file says.
#![cfg(feature = "memory")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

use minwon::{
    Clock, CommandId, Namespace, PetitionService, ReadModels, Store, SystemClock,
    petitions::{
        ApplicationStatus, Category, Channel, PetitionCatalogue, PetitionKind, ServiceType,
        application::{Submit, Withdraw},
    },
    service::{CataloguePolicy, NoRegister, OfficeSettings},
};

const FILE: &str = r#"
categories = ["Passport"]

[[petition_type]]
name = "passport"
category = "Passport"
kind = "statutory"
service = "unlinked"
period = "8 days"
document = "passport"
fees = { counter = 53000 }
"#;

fn namespace() -> Namespace {
    let store = Store::open(&"memory:".parse().unwrap()).unwrap();
    Namespace::new("general".parse().unwrap(), store, SystemClock)
}

fn submit(category: Category) -> Submit {
    Submit {
        category,
        service: ServiceType::Unlinked,
        kind: PetitionKind::Statutory,
        channel: Channel::Counter,
        petition_type: "passport".parse().unwrap(),
        applicant: "applicant-42".parse().unwrap(),
        agency: "agency-3020000".parse().unwrap(),
        submitted_at: SystemClock.now(),
        attachments: Vec::new(),
    }
}

#[tokio::test]
async fn a_category_that_a_file_names_is_filed_followed_and_answered() {
    let catalogue = PetitionCatalogue::parse(FILE).unwrap();
    let passport: Category = "Passport".parse().unwrap();
    let namespace = namespace().with_categories(catalogue.categories());
    let read_models = ReadModels::beside(namespace.store());
    let policy = CataloguePolicy::new(catalogue, |_, _| unreachable!("no fee is taken"));
    let service = PetitionService::builder(namespace, read_models)
        .issuing(OfficeSettings::default(), policy, NoRegister)
        .start();
    let applicant = service.as_actor("applicant-42".parse().unwrap(), "portal".parse().unwrap());
    let petition = applicant.petition(passport, "2026-1".parse().unwrap());
    petition
        .file(CommandId::random(), submit(passport), None)
        .await
        .unwrap();
    let by = "applicant-42".parse().unwrap();
    petition.give(Withdraw { by, reason: None }).await.unwrap();
    service.settled().await.unwrap();
    let shown = service.results().petition(petition.id()).await.unwrap();
    let shown = shown.value.unwrap();
    let status = Some(ApplicationStatus::Withdrawn);
    assert_eq!((shown.category, shown.status()), (passport, status));
    service.stop().await;
}

#[tokio::test]
async fn a_category_that_the_namespace_was_not_given_is_refused() {
    let passport = Category::new("Passport");
    let namespace = namespace();
    let applicant = namespace.as_actor("applicant-42".parse().unwrap(), "portal".parse().unwrap());
    let petition = applicant.petition(passport, "2026-1".parse().unwrap());
    assert!(petition.give(submit(passport)).await.is_err());
    let stream = namespace.application_stream(passport, petition.id());
    assert_eq!(stream.as_str(), "general_PassportApplication-2026-1");
}
