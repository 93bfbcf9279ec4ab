//! Notices to petitioners: what they carry, whom they name, and in which words.

use std::time::Duration;

use minwon_core::{ActorId, Clock, Timer};
use minwon_language::{Language, Phrasebook};
use minwon_petitions::{
    ApplicationCommand, NoticeField, NoticeKind, NoticeValue, Notification, PetitionId,
    ServiceType,
    application::{Assign, LackSeen, RequestSupplement, TransferToAgency},
};

use super::world::{Service, World, run};

const DAY: Duration = Duration::from_secs(86_400);

fn officer() -> ActorId {
    ActorId::new("officer-7").unwrap()
}

async fn give(
    world: &World,
    service: &Service,
    name: &str,
    command: impl Into<ApplicationCommand>,
) {
    let given = world.application_command(service, "p-1", name, command);
    given.await.unwrap();
}

/// Asks for what is missing, as an officer in charge.
async fn request_supplement(world: &World, service: &Service) {
    let assign = Assign {
        officer: officer(),
        by: ActorId::new("head-1").unwrap(),
        assigned_at: world.clock.now(),
    };
    give(world, service, "assign", assign).await;
    let request = RequestSupplement {
        items: vec!["매매계약서".parse().unwrap(), "보험증서".parse().unwrap()],
        due: "2026-03-20".parse().unwrap(),
        officer: officer(),
        requested_at: world.clock.now(),
        lack: LackSeen::OnReceipt,
    };
    give(world, service, "request a supplement", request).await;
}

fn the(sent: &[Notification], kind: NoticeKind) -> Notification {
    let found = sent.iter().find(|notification| notification.kind == kind);
    found.unwrap_or_else(|| panic!("no {kind}")).clone()
}

#[test]
fn a_notice_carries_its_fields_and_the_contact_and_is_korean() {
    run(async {
        let world = World::new();
        world.directory.set_telephone("02-2148-0000");
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        request_supplement(&world, &service).await;
        service.settled().await.unwrap();
        let requested = the(&world.sent("p-1"), NoticeKind::SupplementRequested);
        let fields = serde_json::to_value(&requested.fields).unwrap();
        assert_eq!(
            fields,
            serde_json::json!({
                "items": ["매매계약서", "보험증서"],
                "supplement_due": "2026-03-20",
                "petition_type": "register",
                "agency": "Jongno District Office",
                "receipt_number": "R-p-1",
                "due": "2026-03-17",
            })
        );
        assert_eq!(
            requested.text,
            "신청하신 민원에 보완이 필요합니다. 아래 사항을 보완기한까지 보완하여 주시기 바랍니다.\n\
             - 민원명: register\n\
             - 접수번호: R-p-1\n\
             - 보완할 사항: 1) 매매계약서 2) 보험증서\n\
             - 보완기한: 2026년 3월 20일\n\
             - 근거: 민원처리법 제22조제1항\n\
             - 담당 기관: Jongno District Office\n\
             - 담당 부서: counter\n\
             - 전화: 02-2148-0000"
        );
        // The one who was in charge, and nobody before there was one.
        let asked = world.directory.asked();
        assert!(asked.contains(&Some(officer())), "{asked:?}");
        assert!(asked.contains(&None), "{asked:?}");
        service.stop().await;
    });
}

#[test]
fn a_notice_of_progress_says_when_the_petition_is_expected_to_be_completed() {
    run(async {
        let mut world = World::new();
        world.look_wait = Duration::from_secs(3_600);
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        world.clock.sleep(32 * DAY).await;
        service.settled().await.unwrap();
        let progress = the(&world.sent("p-1"), NoticeKind::Progress);
        let due = progress.fields.get(NoticeField::Due);
        assert_eq!(due, Some(&NoticeValue::Due("2026-03-17".parse().unwrap())));
        for line in [
            "- 기준일: 2026년 4월 9일",
            "- 처리완료 예정일: 2026년 3월 17일",
        ] {
            assert!(
                progress.text.lines().any(|it| it == line),
                "{}",
                progress.text
            );
        }
        service.stop().await;
    });
}

#[test]
fn while_nobody_says_whom_to_ask_notices_wait_and_none_is_lost() {
    run(async {
        let world = World::new();
        world.directory.set_telephone("02-2148-0000");
        world.directory.go_away(true);
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        request_supplement(&world, &service).await;
        world.clock.sleep(DAY / 2).await;
        assert_eq!(world.notified("p-1"), [""; 0]);
        let id = PetitionId::new("p-1").unwrap();
        let letters = service.track(&id).await.unwrap();
        assert!(letters.stuck.is_empty(), "{letters:?}");

        world.directory.go_away(false);
        world.clock.sleep(DAY / 2).await;
        service.settled().await.unwrap();
        assert_eq!(world.notified("p-1"), ["received", "supplement-requested"]);
        let sent = world.sent("p-1");
        assert!(
            sent.iter()
                .all(|notification| notification.contact.is_some())
        );
        service.stop().await;
    });
}

/// The number and the due of then, though both have changed since.
#[test]
fn a_notice_that_is_sent_again_says_the_same_under_the_same_key() {
    run(async {
        let world = World::new();
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        request_supplement(&world, &service).await;
        let transfer = TransferToAgency {
            agency: "Seoul City".parse().unwrap(),
            reason: "It issues the licence".parse().unwrap(),
            by: officer(),
            transferred_at: world.clock.now(),
        };
        let supplemented = minwon_petitions::application::Supplement {
            by: "applicant-p-1".parse().unwrap(),
            supplemented_at: world.clock.now(),
            attachments: Vec::new(),
            note: None,
        };
        give(&world, &service, "supplement", supplemented).await;
        give(&world, &service, "transfer", transfer).await;
        let receive = minwon_petitions::application::Receive {
            receipt_number: "R-2".parse().unwrap(),
            ..World::receive("p-1", world.clock.now())
        };
        give(&world, &service, "receive again", receive).await;
        service.settled().await.unwrap();
        let kinds = [
            "received",
            "supplement-requested",
            "transferred",
            "received",
        ];
        assert_eq!(world.notified("p-1"), kinds);
        let first = world.sent("p-1");
        service.stop().await;

        world.forget_checkpoints();
        let service = world.start();
        service.settled().await.unwrap();
        assert_eq!(world.sent("p-1"), first);
        assert_eq!(world.repeated(), first);
        let numbers = first
            .iter()
            .map(|it| it.fields.get(NoticeField::ReceiptNumber));
        let text = |number: &str| NoticeValue::Text(number.to_owned());
        let (old, new) = (text("R-p-1"), text("R-2"));
        let wanted = [Some(&old), Some(&old), Some(&old), Some(&new)];
        assert_eq!(numbers.collect::<Vec<_>>(), wanted);
        service.stop().await;
    });
}

#[test]
fn an_office_chooses_the_language_and_the_words() {
    run(async {
        let mut world = World::new();
        let own = "notice-received = Received under { $receipt_number }, due { $due }.";
        let english = Phrasebook::of(Language::English).with_texts(own).unwrap();
        world.phrasebook = english;
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        service.settled().await.unwrap();
        assert_eq!(
            world.notice_texts(),
            ["Received under R-p-1, due 17 March 2026."]
        );
        service.stop().await;
    });
}
