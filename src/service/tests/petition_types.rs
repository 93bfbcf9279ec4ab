//! A service that offers what a catalogue says.

use minwon_core::{ActorId, Timestamp};
use minwon_petitions::{
    ApplicationStatus, Category, Channel, IssuanceStatus, PetitionKind, PetitionTypeRejection,
    ServiceType,
    application::{Receive, Submit},
};

use super::{
    super::{FilingError, InstantAnswer},
    world::{Filing, Service, World, run},
};

const CATALOGUE: &str = r#"
[[petition_type]]
name = "register"
category = "General"
kind = "statutory"
service = "instant-issuance"
period = "immediate"
document = "resident register"
copies = 2
fees = { online = 150, kiosk = 200 }

[[petition_type]]
name = "permit"
category = "General"
kind = "statutory"
service = "deadline-bound"
period = "7 days"
document = "certificate"
fees = { online = 700 }

[[petition_type]]
name = "complaint"
category = "General"
kind = "grievance"
service = "deadline-bound"
period = "7 days"
"#;

fn morning() -> Timestamp {
    "2026-03-09T09:00:00+09:00".parse().unwrap()
}

/// A filing of the only online type of a service, and its receipt.
fn filed(petition_type: &str) -> (Filing, Receive) {
    filed_as("p-1", petition_type)
}

fn filed_as(petition: &str, petition_type: &str) -> (Filing, Receive) {
    let (service, period) = match petition_type {
        "register" => (ServiceType::InstantIssuance, "immediate"),
        _ => (ServiceType::DeadlineBound, "7 days"),
    };
    let kind = match petition_type {
        "complaint" => PetitionKind::Grievance,
        _ => PetitionKind::Statutory,
    };
    let mut filing = World::filing(petition, service, morning());
    filing.submit.petition_type = petition_type.parse().unwrap();
    filing.submit.kind = kind;
    let receive = Receive {
        period: period.parse().unwrap(),
        kind,
        ..World::receive(petition, morning())
    };
    (filing, receive)
}

fn offering(catalogue: &str) -> World {
    let mut world = World::new();
    world.offer(catalogue);
    world
}

#[test]
fn document_copies_and_fee_are_those_of_the_catalogue() {
    run(async {
        let world = offering(CATALOGUE);
        let service = world.start();
        let (filing, receive) = filed("register");
        let answer = filing.issue_now(&service, &receive).await.unwrap();
        assert!(matches!(answer, InstantAnswer::Issued(_)), "{answer:?}");
        let requested = world.payload("GeneralIssuanceRequested");
        for part in [
            r#""document_type":"resident register""#,
            r#""copies":2"#,
            r#""fee":150"#,
        ] {
            assert!(requested.contains(part), "{requested}");
        }
        let paid = world.payload("GeneralIssuanceFeePaid");
        assert!(paid.contains("150"), "{paid}");
        service.stop().await;
    });
}

/// With the policy of the documentation of [`CataloguePolicy`](super::super::CataloguePolicy),
/// which says of every fee that it was paid.
#[test]
fn a_free_document_is_issued_without_a_payment_and_without_a_letter() {
    run(async {
        let free = CATALOGUE.replace("online = 150", "online = 0");
        let world = offering(&free.replace("online = 700", "online = 0"));
        let service = world.start();
        let (filing, receive) = filed("permit");
        filing.file(&service, Some(&receive)).await.unwrap();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        let letters = service.dead_letters();
        letters.refresh().await.unwrap();
        assert_eq!(letters.look(|book| book.letters().count()), 0);
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Issued)
        );
        assert_eq!(world.count("GeneralIssuanceFeePaid"), 0);
        let waived = world.payload("GeneralIssuanceFeeWaived");
        assert!(waived.contains("Free of charge"), "{waived}");

        let (filing, receive) = filed_as("p-2", "register");
        let answer = filing.issue_now(&service, &receive).await.unwrap();
        assert!(matches!(answer, InstantAnswer::Issued(_)), "{answer:?}");
        assert_eq!(world.count("GeneralIssuanceFeePaid"), 0);
        service.stop().await;
    });
}

#[test]
fn what_leads_to_no_document_ends_without_one() {
    run(async {
        let world = offering(CATALOGUE);
        let service = world.start();
        let (filing, receive) = filed("complaint");
        filing.file(&service, Some(&receive)).await.unwrap();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        assert_eq!(world.issuance(&service, "p-1").await, None);
        service.stop().await;
    });
}

async fn check_refused(service: &Service, world: &World, change: impl Fn(&mut Submit)) {
    let (mut filing, receive) = filed("register");
    change(&mut filing.submit);
    let refusals = [
        filing.file(service, None).await.err(),
        filing.file(service, Some(&receive)).await.err(),
        filing.issue_now(service, &receive).await.err(),
    ];
    for refusal in refusals {
        assert!(
            matches!(refusal, Some(FilingError::NotOffered(_))),
            "{refusal:?}"
        );
    }
    assert_eq!(world.appends(), 0);
}

#[test]
fn what_is_not_offered_is_refused_before_anything_is_written() {
    run(async {
        let world = offering(CATALOGUE);
        let service = world.start();
        check_refused(&service, &world, |submit| {
            submit.petition_type = "licence".parse().unwrap();
        })
        .await;
        check_refused(&service, &world, |submit| submit.category = Category::Car).await;
        check_refused(&service, &world, |submit| {
            submit.kind = PetitionKind::Grievance;
        })
        .await;
        check_refused(&service, &world, |submit| {
            submit.service = ServiceType::DeadlineBound;
        })
        .await;
        check_refused(&service, &world, |submit| submit.channel = Channel::Counter).await;
        service.stop().await;
    });
}

#[test]
fn it_is_received_with_the_published_period() {
    run(async {
        let world = offering(CATALOGUE);
        let service = world.start();
        let (filing, receive) = filed("permit");
        let longer = Receive {
            period: "8 days".parse().unwrap(),
            ..receive.clone()
        };
        let refused = filing.file(&service, Some(&longer)).await;
        assert!(
            matches!(
                refused,
                Err(FilingError::NotOffered(
                    PetitionTypeRejection::OtherPeriod { .. }
                ))
            ),
            "{refused:?}"
        );
        assert_eq!(world.appends(), 0);
        assert!(filing.file(&service, Some(&receive)).await.is_ok());
        service.stop().await;
    });
}

#[test]
fn what_was_filed_stays_filed_when_the_catalogue_changes() {
    run(async {
        let mut world = offering(CATALOGUE);
        let service = world.start();
        let (filing, receive) = filed("permit");
        filing.file(&service, Some(&receive)).await.unwrap();
        service.stop().await;

        world.offer(&CATALOGUE.replace("\"permit\"", "\"licence\""));
        let service = world.start();
        let again = filing.file(&service, Some(&receive)).await.unwrap();
        assert!(again.repeated);
        service.stop().await;
    });
}

/// It must not end without its document, as if none followed from it.
#[test]
fn a_type_that_is_gone_waits_for_somebody_to_see_to_it() {
    run(async {
        let mut world = offering(CATALOGUE);
        let service = world.start();
        let (filing, receive) = filed("permit");
        filing.file(&service, Some(&receive)).await.unwrap();
        service.stop().await;

        world.offer(&CATALOGUE.replace("\"permit\"", "\"licence\""));
        let service = world.start();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        let status = world.application(&service, "p-1").await;
        assert_eq!(status, Some(ApplicationStatus::Approved));
        service.dead_letters().refresh().await.unwrap();
        let letters = service.dead_letters();
        assert_eq!(letters.look(|book| book.letters().count()), 1);
        service.stop().await;

        world.offer(CATALOGUE);
        let service = world.start();
        let operator = ActorId::new("operator-1").unwrap();
        let operator = service.dead_letters().operator(operator);
        let all = minwon_projections::Selection::All;
        let report = operator.retry(&all, std::time::Duration::from_secs(60));
        assert!(report.await.unwrap().is_complete());
        service.settled().await.unwrap();
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Issued)
        );
        service.stop().await;
    });
}
