//! Documents that somebody holds: whether they are genuine, and until when.

use std::time::Duration;

use minwon_core::{Clock, CommandId, ServiceName, Timer};
use minwon_petitions::{
    Date, DocumentVerdict, IssuanceStatus, VerificationNumber,
    issuance::{FeeConsequence, MakeReadyForPickup, Revoke},
};

use super::world::{Service, World, run};
use crate::{
    DocumentResult,
    service::{InstantAnswer, VerificationError},
};

const DAY: Duration = Duration::from_secs(86_400);
const VERIFIED: &str = "GeneralIssuanceDocumentVerified";

/// A world in which months pass, and every look is work.
fn patient_world() -> World {
    let mut world = World::new();
    world.look_wait = Duration::from_secs(6 * 3_600);
    world
}

async fn issue(world: &World, service: &Service) -> VerificationNumber {
    let answer = world.issue_now(service, "p-1").await.unwrap();
    let InstantAnswer::Issued(issued) = answer else {
        panic!("{answer:?}")
    };
    service.settled().await.unwrap();
    issued.document.verification_number
}

/// An employer asks, with the key that stands on the document.
async fn ask(service: &Service, id: &str, number: VerificationNumber, key: &str) -> DocumentResult {
    let (employer, source) = (
        "employer-1".parse().unwrap(),
        "verification".parse().unwrap(),
    );
    let employer = service.as_actor(employer, source);
    let id = CommandId::derive(&[9; 16], id);
    let answer = employer.verify_document(id, number, key.parse().unwrap());
    answer.await.unwrap()
}

/// The key that stands on the document.
const KEY: &str = "applicant-p-1";
const WRONG_KEY: &str = "applicant-p-2";

#[test]
fn the_answer_that_a_document_is_genuine_is_on_record() {
    run(async {
        let world = World::new();
        let service = world.start();
        let number = issue(&world, &service).await;
        for _ in 0..2 {
            let answer = ask(&service, "one", number, KEY).await;
            assert_eq!(answer.verdict, DocumentVerdict::Genuine);
            assert_eq!(answer.issued.unwrap().masked_number, number.masked());
            assert_eq!(world.count(VERIFIED), 1, "asked twice with one id");
        }
        service.stop().await;
    });
}

#[test]
fn a_wrong_key_is_answered_as_a_wrong_number() {
    run(async {
        let world = World::new();
        let service = world.start();
        let number = issue(&world, &service).await;
        let never = VerificationNumber::from_random(1);
        for (id, number, key) in [("key", number, WRONG_KEY), ("number", never, KEY)] {
            let answer = ask(&service, id, number, key).await;
            assert_eq!(answer, DocumentResult::unknown());
        }
        assert_eq!(world.count(VERIFIED), 0);
        service.stop().await;
    });
}

#[test]
fn on_day_ninety_one_the_keeper_notes_that_the_verification_is_over() {
    run(async {
        let world = patient_world();
        let service = world.start();
        let number = issue(&world, &service).await;
        world.clock.sleep(DAY * 90).await;
        let answer = ask(&service, "day 90", number, KEY).await;
        assert_eq!(answer.verdict, DocumentVerdict::Genuine);
        let status = world.issuance(&service, "p-1").await;
        assert_eq!(status, Some(IssuanceStatus::Issued));

        world.clock.sleep(DAY).await;
        service.settled().await.unwrap();
        let status = world.issuance(&service, "p-1").await;
        assert_eq!(status, Some(IssuanceStatus::Expired));
        assert_eq!(world.count("GeneralIssuanceVerificationExpired"), 1);
        let answer = ask(&service, "day 91", number, KEY).await;
        assert_eq!(answer.verdict, DocumentVerdict::Expired);
        // An ended document does not reveal to somebody without its key that it existed.
        let answer = ask(&service, "wrong key", number, WRONG_KEY).await;
        assert_eq!(answer, DocumentResult::unknown());
        service.stop().await;
    });
}

#[test]
fn a_document_that_waits_at_the_agency_is_genuine_and_one_taken_back_is_not() {
    run(async {
        let world = World::new();
        let service = world.start();
        let number = issue(&world, &service).await;
        let ready = MakeReadyForPickup {
            place: "Jongno District Office".parse().unwrap(),
            expected_on: "2026-03-17".parse().unwrap(),
            ready_at: world.clock.now(),
        };
        let given = world.issuance_command(&service, "p-1", "ready", ready);
        given.await.unwrap();
        service.settled().await.unwrap();
        let answer = ask(&service, "one", number, KEY).await;
        assert_eq!(answer.verdict, DocumentVerdict::Genuine);

        let revoke = Revoke {
            authority: "Jongno District Office".parse().unwrap(),
            reason: "The register was wrong".parse().unwrap(),
            fee: FeeConsequence::Kept,
        };
        let given = world.issuance_command(&service, "p-1", "revoke", revoke);
        given.await.unwrap();
        // The issuance itself says so, whether or not the read model shows it yet.
        let answer = ask(&service, "two", number, KEY).await;
        assert_eq!(answer.verdict, DocumentVerdict::Revoked);
        assert_eq!(world.count(VERIFIED), 0);
        service.stop().await;
    });
}

/// As with a backup that was restored: the logs are the same, and so are all places in them.
#[test]
fn documents_of_two_logs_alike_have_numbers_of_their_own() {
    run(async {
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let world = World::new();
            let service = world.start();
            numbers.push(issue(&world, &service).await);
            service.stop().await;
        }
        assert_ne!(numbers[0], numbers[1]);
    });
}

#[test]
fn whoever_tries_numbers_learns_when_to_come_back() {
    run(async {
        let world = World::new();
        let service = world.start();
        let number = issue(&world, &service).await;
        let now = world.clock.now();
        let session = |asker: &str| {
            service.as_actor(
                asker.parse().unwrap(),
                ServiceName::new("front-desk").unwrap(),
            )
        };
        let asked = async |asker: &str| {
            let key = KEY.parse().unwrap();
            let id = CommandId::random();
            session(asker).verify_document(id, number, key).await
        };
        for _ in 0..30 {
            asked("guesser").await.unwrap();
        }
        let refused = asked("guesser").await.unwrap_err();
        let until = now.saturating_add(Duration::from_secs(2));
        assert!(
            matches!(refused, VerificationError::TooOften { until: at } if at == until),
            "{refused:?}"
        );
        // So it is for the question that is not put on record, and for nobody else.
        let (guesser, on) = ("guesser".parse().unwrap(), "2026-03-09".parse().unwrap());
        let refused = service.results().document(&guesser, &number, on).await;
        assert!(matches!(refused, Err(VerificationError::TooOften { .. })));
        asked("employer").await.unwrap();
        world.clock.sleep(Duration::from_secs(2)).await;
        asked("guesser").await.unwrap();
        service.stop().await;
    });
}

/// A read model of which the log knows nothing, as one that somebody wrote.
#[test]
fn a_document_that_only_the_read_model_knows_does_not_exist() {
    run(async {
        let world = World::new();
        let service = world.start();
        let number = issue(&world, &service).await;
        let (asker, today) = ("employer-1".parse().unwrap(), world.clock.now());
        let today = Date::in_seoul(today);
        let known = service.results().document(&asker, &number, today).await;
        let known = known.unwrap().value;
        assert_eq!(known.verdict, DocumentVerdict::Genuine);
        service.stop().await;

        let elsewhere = World::new();
        let namespace = elsewhere.namespace();
        let results = namespace.results(world.read_models.clone());
        let answer = results.document(&asker, &number, today).await.unwrap();
        assert_eq!(answer.value, DocumentResult::unknown());
    });
}
