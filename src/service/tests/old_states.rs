//! Steps that are taken by what is in memory, while another process has gone on.

use std::time::Duration;

use minwon_core::{CommandExecutor as _, Reaction, ReactionKind, Reactor, Timer as _, reaction_id};
use minwon_petitions::{
    ApplicationStatus, Category, IssuanceId, IssuanceStatus, PetitionId, ServiceType,
    application::Withdraw,
    flow::{CompensationReactor, IssuanceReactor, Occasion, Step},
};

use super::{
    super::FilingError,
    world::{Service, World, run},
};

const PETITION: &str = "p-1";

fn petition() -> PetitionId {
    PETITION.parse().unwrap()
}

/// In another process the petitioner withdraws.
async fn withdraw_elsewhere(world: &World) {
    let withdraw = Withdraw {
        by: format!("applicant-{PETITION}").parse().unwrap(),
        reason: None,
    };
    let (citizen, portal) = ("citizen-1".parse().unwrap(), "portal".parse().unwrap());
    let citizen = world.namespace().as_actor(citizen, portal);
    let petition = citizen.petition(Category::General, petition());
    petition.give(withdraw).await.unwrap();
}

/// Takes a step as a reactor would, after the only event of this type.
async fn take(world: &World, service: &Service, reactor: &impl Reactor, event: &str, body: Step) {
    let cause = world.cause(event);
    let id = reaction_id(reactor.name(), ReactionKind::Handled, cause.event_id, 0);
    let step = Reaction { id, cause, body };
    service.office().execute(&step).await.unwrap();
}

/// The withdrawal was handled elsewhere, when there was no attempt yet, and then the receipt by somebody
/// who had not seen the withdrawal: what was opened is later in the log, and what follows looks again.
#[test]
fn an_attempt_that_was_opened_on_an_old_state_is_called_off_with_its_fee() {
    run(async {
        let world = World::new();
        world.mute_feeds();
        let (service, other) = (world.start(), world.start());
        let filed = world.file(&service, PETITION, ServiceType::InstantIssuance);
        filed.await.unwrap();
        withdraw_elsewhere(&world).await;
        let (category, petition) = (Category::General, petition());
        let call_off = Step::CallOffIssuance {
            category,
            petition: petition.clone(),
        };
        let open = Step::OpenIssuance {
            occasion: Occasion::Receipt,
            category,
            petition: petition.clone(),
        };
        let fetch = Step::FetchSource {
            category,
            issuance: IssuanceId::first(&petition),
            attempt: 1,
        };
        let compensation = CompensationReactor::default();
        let issuance = IssuanceReactor::default();
        let withdrawn = "GeneralApplicationWithdrawn";
        take(&world, &other, &compensation, withdrawn, call_off).await;
        let received = "GeneralApplicationReceived";
        take(&world, &service, &issuance, received, open).await;
        let paid = "GeneralIssuanceFeePaid";
        take(&world, &service, &issuance, paid, fetch).await;
        let status = world.issuance(&service, PETITION).await;
        assert_eq!(status, Some(IssuanceStatus::Cancelled));
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        assert_eq!(world.count("GeneralIssuanceSourceDataRequested"), 0);
    });
}

/// The register takes an hour, in which another process goes on with the petition.
#[test]
fn a_document_that_is_out_is_revoked_though_the_withdrawal_was_elsewhere() {
    run(async {
        let world = World::new();
        world.register.slow_down();
        let service = world.start();
        let withdrawal = async {
            world.clock.sleep(Duration::from_secs(60)).await;
            withdraw_elsewhere(&world).await;
        };
        let (answer, ()) = tokio::join!(world.issue_now(&service, PETITION), withdrawal);
        assert!(
            matches!(answer, Err(FilingError::Withdrawn { .. })),
            "{answer:?}"
        );
        service.settled().await.unwrap();
        let status = world.issuance(&service, PETITION).await;
        assert_eq!(status, Some(IssuanceStatus::Revoked));
        assert_eq!(world.count("GeneralIssuanceDocumentIssued"), 1);
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        let status = world.application(&service, PETITION).await;
        assert_eq!(status, Some(ApplicationStatus::Withdrawn));
        service.stop().await;
    });
}

#[test]
fn a_petition_that_was_completed_elsewhere_is_left_as_it_is() {
    run(async {
        let world = World::new();
        let service = world.start();
        world.issue_now(&service, PETITION).await.unwrap();
        service.settled().await.unwrap();
        let appends = world.appends();
        // Another process begins with the first event, and knows nothing of what was done.
        world.forget_checkpoints();
        let other = world.start();
        other.settled().await.unwrap();
        assert_eq!(world.appends(), appends);
        other.stop().await;
        service.stop().await;
    });
}

/// Where this process did all of it, the choreography reads of a petition its first event, for what the
/// policy is told; of one that is issued at once, nothing.
#[test]
fn the_choreography_reads_what_it_cannot_know() {
    run(async {
        let mut world = World::new();
        world.notifies = false;
        let service = world.start();
        for (number, expected) in [(1, None), (2, Some(1))] {
            let petition = format!("p-{number}");
            let filed = world.file(&service, &petition, ServiceType::DeadlineBound);
            filed.await.unwrap();
            service.settled().await.unwrap();
            let before = world.stream_reads();
            world.approve(&service, &petition).await;
            service.settled().await.unwrap();
            let status = world.application(&service, &petition).await;
            assert_eq!(status, Some(ApplicationStatus::Completed));
            let reads = world.stream_reads() - before - 1;
            assert!(expected.is_none_or(|most| reads == most), "{reads}");
        }
        let before = world.stream_reads();
        world.issue_now(&service, "p-3").await.unwrap();
        service.settled().await.unwrap();
        assert_eq!(world.stream_reads() - before, 0, "issued at once");
        service.stop().await;
    });
}
