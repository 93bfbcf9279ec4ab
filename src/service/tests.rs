//! The flows, end to end in memory and in paused time: what each kind of petition comes to, and
//! what becomes of it when something is in the way.

mod ending;
mod foreign_words;
mod health;
mod idle;
#[cfg(feature = "metrics")]
mod metrics;
mod neighbours;
mod notices;
mod old_states;
mod petition_types;
mod repeats;
mod traces;
mod unreadable;
mod verification;
mod world;

use std::time::Duration;

use minwon_core::{ActorId, Clock, Timer};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicationCommand, ApplicationStatus, Category, IssuanceRejection, IssuanceStatus,
    ServiceType,
    application::{
        Approve, Complete, DueDocument, FileObjection, NotifyResult, Receive, RecordProgress,
        Reject, TransferToAgency, UpholdObjection, Withdraw,
    },
    issuance::EnterResultManually,
};

use self::world::{World, run};
use super::{FilingError, Holds, InstantAnswer};
use crate::CommandError;
use minwon_projections::PartState;

#[test]
fn an_instant_document_is_issued_while_the_caller_waits() {
    run(async {
        let world = World::new();
        let service = world.start();
        let answer = world.issue_now(&service, "p-1").await.unwrap();
        let InstantAnswer::Issued(issued) = answer else {
            panic!("{answer:?}")
        };
        let status = world.application(&service, "p-1").await;
        assert_eq!(status, Some(ApplicationStatus::Completed));
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Issued)
        );
        let appends = world.appends();
        assert_eq!(appends, 3, "petition, document, end");

        let again = world.issue_now(&service, "p-1").await.unwrap();
        let InstantAnswer::Issued(again) = again else {
            panic!("{again:?}")
        };
        assert_eq!(again.document, issued.document);
        service.settled().await.unwrap();
        assert_eq!(world.appends(), appends, "the choreography adds nothing");
        assert_eq!(
            world.notified("p-1"),
            ["received", "document-issued", "approved", "completed"]
        );
        service.stop().await;
    });
}

#[test]
fn a_deadline_bound_petition_is_carried_from_approval_to_its_end() {
    run(async {
        let world = World::new();
        let service = world.start();
        let receipt = world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        assert!(receipt.receipt_number.is_some());
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Received)
        );
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Issued)
        );
        service.stop().await;
    });
}

#[test]
fn an_unlinked_result_may_come_late_and_twice() {
    run(async {
        let mut world = World::new();
        // Weeks pass, and every look is work.
        world.look_wait = Duration::from_secs(3_600);
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::Unlinked)
            .await
            .unwrap();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Authorized)
        );
        // Weeks after its due.
        world.clock.sleep(Duration::from_secs(40 * 86_400)).await;
        let enter = |result: &str| EnterResultManually {
            officer: ActorId::new("officer-1").unwrap(),
            result: result.parse().unwrap(),
            document: None,
        };
        world
            .issuance_command(&service, "p-1", "first", enter("sent by post"))
            .await
            .unwrap();
        world
            .issuance_command(&service, "p-1", "second", enter("sent by post"))
            .await
            .unwrap();
        let other = world
            .issuance_command(&service, "p-1", "third", enter("handed over"))
            .await;
        assert!(
            matches!(
                other,
                Err(CommandError::Rejected(
                    IssuanceRejection::AlreadyIssued { .. }
                ))
            ),
            "{other:?}"
        );
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        assert_eq!(world.count("GeneralApplicationDeadlineMissed"), 1);
        assert_eq!(world.count("GeneralApplicationProgressNotified"), 1);
        service.stop().await;
    });
}

#[test]
fn a_register_that_never_answers_ends_in_a_refund() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        world.approve(&service, "p-1").await;
        // Five tries take 1 + 2 + 4 + 8 minutes.
        world.clock.sleep(Duration::from_secs(3_600)).await;
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralIssuanceSourceDataRequested"), 5);
        assert_eq!(world.count("GeneralIssuanceSourceDataFailed"), 5);
        assert_eq!(world.count("GeneralIssuanceFailed"), 1);
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Approved)
        );
        assert!(world.notified("p-1").contains(&"issuance-failed"));
        service.stop().await;
    });
}

#[test]
fn a_register_that_comes_back_is_asked_again_and_answers() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        let answer = world.issue_now(&service, "p-1").await.unwrap();
        assert!(
            matches!(answer, InstantAnswer::Following { .. }),
            "{answer:?}"
        );
        service.settled().await.unwrap();
        world.register.come_back();
        // Killed and started again: what is due is known from the log.
        drop(service);
        let service = world.start();
        world.clock.sleep(Duration::from_secs(120)).await;
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        assert_eq!(world.count("GeneralIssuanceDocumentIssued"), 1);
        service.stop().await;
    });
}

#[test]
fn a_process_that_dies_while_the_register_is_asked_again_leaves_the_question_to_the_next() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        let _ = world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        // The second try is written down, and nothing after it.
        world.die_after(1);
        world.clock.sleep(Duration::from_secs(120)).await;
        assert_eq!(world.count("GeneralIssuanceSourceDataRequested"), 2);
        assert_eq!(world.count("GeneralIssuanceSourceDataFailed"), 1);
        drop(service);
        world.live();
        world.register.come_back();
        let service = world.start();
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        service.stop().await;
    });
}

#[test]
fn a_withdrawal_while_the_register_is_asked_leaves_no_fee_behind() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        // Received, authorised, asked; the answer is not written down any more.
        world.die_after(3);
        let _ = world.issue_now(&service, "p-1").await.unwrap();
        world.clock.sleep(Duration::from_secs(1)).await;
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Generating)
        );
        drop(service);
        world.live();
        let service = world.start();
        let withdraw = Withdraw {
            by: "applicant-p-1".parse().unwrap(),
            reason: None,
        };
        world
            .application_command(&service, "p-1", "withdraw", withdraw)
            .await
            .unwrap();
        service.settled().await.unwrap();
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Failed)
        );
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        service.stop().await;
    });
}

#[test]
fn a_document_for_what_was_refused_meanwhile_is_taken_back() {
    run(async {
        let world = World::new();
        let service = world.start();
        // Received, and the document issued; nobody lives to complete the petition.
        world.die_after(2);
        let _ = world.issue_now(&service, "p-1").await;
        drop(service);
        world.live();
        let service = world.start();
        let give = async |name, command: ApplicationCommand| {
            let given = world.application_command(&service, "p-1", name, command);
            given.await.unwrap();
        };
        give("examine", progress().into()).await;
        give("reject", refusal().into()).await;
        give("notify-result", notice().into()).await;
        give("complete", end().into()).await;
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralIssuanceDocumentIssued"), 1);
        assert_eq!(world.count("GeneralIssuanceDocumentRevoked"), 1);
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        service.stop().await;
    });
}

#[test]
fn a_withdrawal_while_the_document_is_made_wins_and_takes_it_back() {
    run(async {
        let world = World::new();
        world.register.slow_down();
        let service = world.start();
        let withdraw = async {
            world.clock.sleep(Duration::from_secs(60)).await;
            let withdraw = Withdraw {
                by: "applicant-p-1".parse().unwrap(),
                reason: None,
            };
            let given = world.application_command(&service, "p-1", "withdraw", withdraw);
            given.await.unwrap();
            // Nothing is there yet that could be called off.
            world.clock.sleep(Duration::from_secs(60)).await;
            assert_eq!(world.issuance(&service, "p-1").await, None);
        };
        let (answer, ()) = tokio::join!(world.issue_now(&service, "p-1"), withdraw);
        assert!(
            matches!(answer, Err(FilingError::Withdrawn { .. })),
            "{answer:?}"
        );
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralIssuanceDocumentIssued"), 1);
        assert_eq!(world.count("GeneralIssuanceDocumentRevoked"), 1);
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        service.stop().await;
    });
}

#[test]
fn a_refusal_while_the_register_is_waited_for_gives_the_fee_back() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        let _ = world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        let give = async |name, command: ApplicationCommand| {
            let given = world.application_command(&service, "p-1", name, command);
            given.await.unwrap();
        };
        give("examine", progress().into()).await;
        give("reject", refusal().into()).await;
        give("notify-result", notice().into()).await;
        give("complete", end().into()).await;
        service.settled().await.unwrap();
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Cancelled)
        );
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        service.stop().await;
    });
}

/// A35: the refusal falls, and the document is issued by a further attempt.
#[test]
fn what_was_refused_and_is_granted_after_an_objection_gets_its_document_by_a_further_attempt() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        let _ = world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        let give = async |name, command: ApplicationCommand| {
            let given = world.application_command(&service, "p-1", name, command);
            given.await.unwrap();
        };
        give("examine", progress().into()).await;
        give("reject", refusal().into()).await;
        give("notify-result", notice().into()).await;
        service.settled().await.unwrap();
        give("object", objection().into()).await;
        give("uphold", uphold().into()).await;
        service.settled().await.unwrap();
        assert_eq!(
            world.attempts(&service, "p-1").await,
            [IssuanceStatus::Cancelled]
        );
        world.register.come_back();
        give("approve", approval().into()).await;
        service.settled().await.unwrap();
        assert_eq!(
            world.attempts(&service, "p-1").await,
            [IssuanceStatus::Cancelled, IssuanceStatus::Issued]
        );
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        assert_eq!(world.count("GeneralIssuanceFeePaid"), 2);
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        // Whoever calls again is given the document that stands.
        let again = world.issue_now(&service, "p-1").await.unwrap();
        let InstantAnswer::Issued(again) = again else {
            panic!("{again:?}")
        };
        assert_eq!(again.issuance.attempt(), 2);
        service.stop().await;
    });
}

/// Each grant opens one attempt: a failure alone opens no further one, however often its event
/// comes.
#[test]
fn an_attempt_that_came_to_nothing_is_not_opened_anew_by_the_step_that_opened_it() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        world.approve(&service, "p-1").await;
        world.clock.sleep(Duration::from_secs(3_600)).await;
        service.settled().await.unwrap();
        assert_eq!(
            world.attempts(&service, "p-1").await,
            [IssuanceStatus::Failed]
        );
        service.stop().await;
        // The reactors' progress is lost, so that every step is given again.
        world.forget_checkpoints();
        let service = world.start();
        service.settled().await.unwrap();
        world.clock.sleep(Duration::from_secs(3_600)).await;
        assert_eq!(
            world.attempts(&service, "p-1").await,
            [IssuanceStatus::Failed]
        );
        assert_eq!(world.count("GeneralIssuanceFeePaid"), 1);
        service.stop().await;
    });
}

/// Notices are counted from each receipt, and one of a later receipt is no repeat of the first.
#[test]
fn after_a_transfer_the_petitioner_is_notified_of_the_progress_as_before() {
    run(async {
        const DAY: Duration = Duration::from_secs(86_400);
        let mut world = World::new();
        world.look_wait = Duration::from_secs(3_600);
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        world.clock.sleep(31 * DAY).await;
        service.settled().await.unwrap();
        let notices = || world.count("GeneralApplicationProgressNotified");
        assert_eq!(notices(), 1);
        let transfer = TransferToAgency {
            agency: "Seoul City".parse().unwrap(),
            reason: "It issues the licence".parse().unwrap(),
            by: ActorId::new("officer-1").unwrap(),
            transferred_at: world.clock.now(),
        };
        let moved = world.application_command(&service, "p-1", "transfer", transfer);
        moved.await.unwrap();
        let receive = Receive {
            receipt_number: "R-2".parse().unwrap(),
            ..World::receive("p-1", world.clock.now())
        };
        let received = world.application_command(&service, "p-1", "receive again", receive);
        received.await.unwrap();
        world.clock.sleep(62 * DAY).await;
        service.settled().await.unwrap();
        assert_eq!(notices(), 3);
        assert_eq!(world.count("GeneralApplicationDeadlineMissed"), 2);
        service.stop().await;
    });
}

#[test]
fn after_a_standstill_a_petitioner_is_notified_of_the_last_period_alone() {
    run(async {
        let mut world = World::new();
        world.look_wait = Duration::from_secs(3_600);
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        service.stop().await;
        // Six periods of 30 days, and then a day in which the keeper looks again and again.
        world.clock.sleep(Duration::from_secs(200 * 86_400)).await;
        let service = world.start();
        world.clock.sleep(Duration::from_secs(86_400)).await;
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralApplicationProgressNotified"), 1);
        let notified = world.notified("p-1");
        assert_eq!(
            notified.iter().filter(|kind| **kind == "progress").count(),
            1
        );
        service.stop().await;
    });
}

/// Also where checkpoints are in the log: none of them moves the next.
#[test]
fn a_service_that_has_nothing_to_do_writes_nothing() {
    run(async {
        let mut world = World::new();
        world.look_wait = Duration::from_secs(3_600);
        world.log_checkpoints();
        let service = world.start();
        world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        world.clock.sleep(Duration::from_secs(60)).await;
        let written = world.log_length();
        for hours in [0, 1, 12] {
            let wait = Duration::from_secs(15 + hours * 3_600);
            world.clock.sleep(wait).await;
            assert_eq!(world.log_length(), written);
        }
        service.stop().await;
    });
}

fn objection() -> FileObjection {
    FileObjection {
        by: "applicant-p-1".parse().unwrap(),
        grounds: "The lease was renewed".parse().unwrap(),
        attachments: Vec::new(),
        filed_at: "2026-03-09T09:00:00+09:00".parse().unwrap(),
    }
}

fn uphold() -> UpholdObjection {
    UpholdObjection {
        officer: ActorId::new("officer-1").unwrap(),
        reasons: vec!["The lease was renewed".parse().unwrap()],
        upheld_at: "2026-03-09T09:00:00+09:00".parse().unwrap(),
    }
}

fn refusal() -> Reject {
    Reject {
        officer: ActorId::new("officer-1").unwrap(),
        reasons: vec!["The lease has ended".parse().unwrap()],
        remedies: vec!["Object within 60 days".parse().unwrap()],
    }
}

fn notice() -> NotifyResult {
    NotifyResult {
        document: DueDocument::NotDue,
        officer: ActorId::new("officer-1").unwrap(),
        notified_at: "2026-03-09T09:00:00+09:00".parse().unwrap(),
    }
}

/// When the time to object is over.
fn end() -> Complete {
    Complete {
        officer: ActorId::new("officer-1").unwrap(),
        answer: None,
        attachments: Vec::new(),
        document: DueDocument::NotDue,
        completed_at: "2026-07-01T09:00:00+09:00".parse().unwrap(),
    }
}

#[test]
fn a_caller_that_dies_half_way_leaves_nothing_half_done() {
    run(async {
        let world = World::new();
        for appends in 0..3 {
            let petition = format!("p-{appends}");
            // As if the process died after so many appends of the call.
            world.die_after(appends);
            let service = world.start();
            let _ = world.issue_now(&service, &petition).await;
            drop(service);
            world.live();
            let service = world.start();
            let answer = world.issue_now(&service, &petition).await.unwrap();
            assert!(matches!(answer, InstantAnswer::Issued(_)), "{answer:?}");
            service.settled().await.unwrap();
            assert_eq!(
                world.application(&service, &petition).await,
                Some(ApplicationStatus::Completed)
            );
            service.stop().await;
        }
        assert_eq!(world.count("GeneralIssuanceDocumentIssued"), 3);
    });
}

#[test]
fn a_withdrawal_before_the_document_wins_and_gets_the_fee_back() {
    run(async {
        let world = World::new();
        world.register.go_away();
        let service = world.start();
        let _ = world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        let withdraw = Withdraw {
            by: "applicant-p-1".parse().unwrap(),
            reason: None,
        };
        world
            .application_command(&service, "p-1", "withdraw", withdraw)
            .await
            .unwrap();
        service.settled().await.unwrap();
        assert_eq!(
            world.issuance(&service, "p-1").await,
            Some(IssuanceStatus::Cancelled)
        );
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        world.register.come_back();
        world.clock.sleep(Duration::from_secs(3_600)).await;
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralIssuanceDocumentIssued"), 0);
        let again = world.issue_now(&service, "p-1").await;
        assert!(matches!(again, Err(FilingError::NotIssued(_))), "{again:?}");
        service.stop().await;
    });
}

#[test]
fn what_nobody_can_handle_is_put_aside_and_mended() {
    run(async {
        let world = World::new();
        world.break_policy(true);
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        service.settled().await.unwrap();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        let letters = service.dead_letters();
        letters.refresh().await.unwrap();
        let count = letters.look(|book| book.letters().count());
        assert_eq!(count, 1);
        let groups = service.letters().groups().await.unwrap().value;
        assert_eq!(groups, letters.look(minwon_core::DeadLetterBook::groups));
        let petition = PetitionId::new("p-1").unwrap();
        let tracking = service.track(&petition).await.unwrap().to_string();
        assert!(
            tracking.starts_with("approved; stuck at step 4 (decision) since "),
            "{tracking}"
        );
        assert!(
            tracking.ends_with("issuance could not handle GeneralApplicationApproved"),
            "{tracking}"
        );
        world.break_policy(false);
        let operator = letters.operator(ActorId::new("operator-1").unwrap());
        let report = operator
            .retry(&minwon_projections::Selection::All, Duration::from_secs(60))
            .await
            .unwrap();
        assert!(report.is_complete(), "{report:?}");
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        let tracking = service.track(&petition).await.unwrap();
        assert_eq!(tracking.to_string(), "completed");
        service.stop().await;
    });
}

/// Another version of the views of letters is built while the one before answers.
#[test]
fn letters_are_shown_while_another_version_of_them_is_built() {
    run(async {
        let mut world = World::new();
        world.break_policy(true);
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        service.settled().await.unwrap();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        let letters = service.letters().groups().await.unwrap().value;
        assert_eq!(letters.len(), 1);
        service.stop().await;
        world.has_next_letters = true;
        let service = world.start();
        let asked = async || {
            let found = service.letters().groups().await.unwrap().value;
            assert_eq!(found, letters);
            let status = service.status().projector;
            let mut models = status.models.iter();
            let model = models.find(|it| it.is_asked && it.model.projection.as_str() == "letters");
            model.map(|model| model.schema.get())
        };
        asked().await;
        world.clock.sleep(Duration::from_secs(6 * 3600)).await;
        assert_eq!(asked().await, Some(u64::MAX), "it is promoted");
        service.stop().await;
    });
}

#[test]
fn a_petition_whose_mail_fails_is_not_stuck() {
    run(async {
        let world = World::new();
        world.refuse_notices();
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        world.approve(&service, "p-1").await;
        service.settled().await.unwrap();
        assert_eq!(
            world.application(&service, "p-1").await,
            Some(ApplicationStatus::Completed)
        );
        let petition = PetitionId::new("p-1").unwrap();
        let tracking = service.track(&petition).await.unwrap();
        assert!(!tracking.is_stuck());
        let holds: Vec<_> = tracking.stuck.iter().map(|stuck| stuck.holds).collect();
        assert_eq!(holds, [Holds::Notice]);
        let text = tracking.to_string();
        assert!(
            text.starts_with("completed; a notice about step 2 (receipt) has not been delivered"),
            "{text}"
        );
        assert!(text.ends_with("the petition itself goes on"), "{text}");
        assert!(!text.contains("stuck"), "{text}");
        service.stop().await;
    });
}

#[test]
fn a_grievance_that_is_upheld_needs_no_document() {
    run(async {
        let world = World::new();
        world.order_nothing();
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
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

fn progress() -> RecordProgress {
    RecordProgress {
        activity: "Documents checked".parse().unwrap(),
        officer: ActorId::new("officer-1").unwrap(),
        department: None,
        noted_at: "2026-03-10T09:00:00+09:00".parse().unwrap(),
    }
}

fn approval() -> Approve {
    Approve {
        officer: ActorId::new("officer-1").unwrap(),
        conditions: Vec::new(),
    }
}

#[test]
fn a_service_stops_for_all_who_hold_it_and_once() {
    run(async {
        let world = World::new();
        let service = world.start();
        let (held, filed) = (service.clone(), ServiceType::DeadlineBound);
        world.file(&held, "p-1", filed).await.unwrap();
        let (first, second) = tokio::join!(service.stop(), held.stop());
        assert_eq!(first, second);
        assert_eq!(
            first.parts.len(),
            7,
            "two read models, four reactors, the keeper"
        );
        for part in first.parts.iter().chain(&held.stop().await.parts) {
            let PartState::Stopped(ended) = &part.state else {
                panic!("{part:?}")
            };
            assert_eq!(ended.class, None, "{part:?}");
        }
        // The namespace takes commands, and nothing follows from them until it is started again.
        let officer = world.namespace().as_actor(
            ActorId::new("officer-1").unwrap(),
            "back-office".parse().unwrap(),
        );
        let petition = officer.petition(Category::General, "p-1".parse().unwrap());
        petition.give(progress()).await.unwrap();
        petition.give(approval()).await.unwrap();
        world.clock.sleep(Duration::from_secs(3_600)).await;
        let approved = world.application(&held, "p-1").await;
        assert_eq!(approved, Some(ApplicationStatus::Approved));
        let service = world.start();
        service.settled().await.unwrap();
        let completed = world.application(&service, "p-1").await;
        assert_eq!(completed, Some(ApplicationStatus::Completed));
        service.stop().await;
    });
}
