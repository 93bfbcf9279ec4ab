//! Repeats are answered from what is recorded, and an id belongs to one command.

use std::error::Error as _;

use minwon_core::{CommandId, CommandIdError, Timestamp};
use minwon_petitions::{ServiceType, application::Receive};

use super::world::{World, run};
use crate::{
    CommandError,
    service::{FilingError, InstantAnswer},
};

fn now() -> Timestamp {
    "2026-03-09T09:00:00+09:00".parse().unwrap()
}

fn receive(number: &str) -> Receive {
    Receive {
        receipt_number: number.parse().unwrap(),
        ..World::receive("p-1", now())
    }
}

#[test]
fn a_filing_that_is_repeated_is_answered_with_the_number_on_record() {
    run(async {
        let world = World::new();
        let service = world.start();
        let filing = World::filing("p-1", ServiceType::DeadlineBound, now());
        let first = filing.file(&service, Some(&receive("R-1"))).await.unwrap();
        let number = Some("R-1".parse().unwrap());
        assert_eq!((&first.receipt_number, first.repeated), (&number, false));
        for again in [Some(receive("R-2")), None] {
            let again = filing.file(&service, again.as_ref()).await.unwrap();
            assert_eq!(
                (again.receipt_number, again.repeated),
                (number.clone(), true)
            );
        }
        service.stop().await;
    });
}

/// One that was only submitted is received by the next call, under the number of that.
#[test]
fn a_filing_that_is_received_later_has_the_number_of_then() {
    run(async {
        let world = World::new();
        let service = world.start();
        let filing = World::filing("p-1", ServiceType::DeadlineBound, now());
        let filed = filing.file(&service, None).await.unwrap();
        assert_eq!(filed.receipt_number, None);
        let received = filing.file(&service, Some(&receive("R-2"))).await.unwrap();
        let number = Some("R-2".parse().unwrap());
        assert_eq!(
            (&received.receipt_number, received.repeated),
            (&number, false)
        );
        let again = filing.file(&service, Some(&receive("R-3"))).await.unwrap();
        assert_eq!((&again.receipt_number, again.repeated), (&number, true));
        service.stop().await;
    });
}

#[test]
fn an_instant_issuance_that_is_repeated_is_answered_with_the_number_on_record() {
    run(async {
        let world = World::new();
        let service = world.start();
        let filing = World::filing("p-1", ServiceType::InstantIssuance, now());
        for number in ["R-1", "R-2"] {
            let answer = filing.issue_now(&service, &receive(number)).await.unwrap();
            let InstantAnswer::Issued(issued) = answer else {
                panic!("{answer:?}")
            };
            assert_eq!(issued.receipt.receipt_number, Some("R-1".parse().unwrap()));
        }
        service.stop().await;
    });
}

#[test]
fn an_id_that_is_used_for_another_command_is_refused_with_what_it_stands_for() {
    run(async {
        let world = World::new();
        let service = world.start();
        let filed = world.file(&service, "p-1", ServiceType::DeadlineBound);
        filed.await.unwrap();
        world.approve(&service, "p-1").await;
        let rejected = world.application_command(&service, "p-1", "approve", super::refusal());
        let refused = rejected.await.unwrap_err();
        assert!(matches!(refused, CommandError::Id(_)), "{refused:?}");
        let source = refused.source().unwrap().to_string();
        assert!(source.contains("GeneralApplicationApproved"), "{source}");
        let again = world.application_command(&service, "p-1", "approve", super::approval());
        assert!(again.await.unwrap().repeated);
        service.stop().await;
    });
}

#[test]
fn an_id_that_another_petitioner_filed_under_is_refused() {
    run(async {
        let world = World::new();
        let service = world.start();
        let mut filing = World::filing("p-1", ServiceType::DeadlineBound, now());
        filing.file(&service, None).await.unwrap();
        // A sender that tries again may write a later time.
        filing.submit.submitted_at = now().saturating_add(std::time::Duration::from_secs(1));
        assert!(filing.file(&service, None).await.unwrap().repeated);
        filing.submit.applicant = "somebody-else".parse().unwrap();
        let refused = filing.file(&service, None).await.unwrap_err();
        assert!(matches!(refused, FilingError::Id(_)), "{refused:?}");
        service.stop().await;
    });
}

#[test]
fn the_nil_id_is_refused_at_every_door() {
    run(async {
        let world = World::new();
        let service = world.start();
        let nil = CommandId::from_bytes([0; 16]);
        let filing = World::filing("p-1", ServiceType::DeadlineBound, now());
        let citizen = filing.citizen(&service);
        let filed = citizen.file(nil, filing.submit.clone(), None).await;
        let is_nil = |error: &CommandIdError| matches!(error, CommandIdError::Nil { .. });
        assert!(matches!(filed, Err(FilingError::Id(error)) if is_nil(&error)));
        let given = citizen.give_as(nil, filing.submit.clone()).await;
        assert!(matches!(given, Err(CommandError::Id(error)) if is_nil(&error)));
        assert_eq!(world.appends(), 0);
        service.stop().await;
    });
}
