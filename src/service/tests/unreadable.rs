//! Events that the store cannot read, in the midst of a service at work.

use std::time::Duration;

use minwon_core::{ActorId, FailureClass, FaultKind, TransactError};

use minwon_petitions::{ApplicationRejection, ApplicationStatus, ServiceType};
use minwon_projections::{Letter, RetryOutcome, Selection};

use super::{World, run, world::Service};
use crate::CommandError;

async fn letters(service: &Service) -> Vec<Letter> {
    let operator = service.dead_letters().operator(operator());
    operator.list(&Selection::All).await.unwrap()
}

fn operator() -> ActorId {
    ActorId::new("operator-1").unwrap()
}

/// Why a command was not carried out, which is no fault of the command.
fn broken(error: &CommandError<ApplicationRejection>) -> &TransactError<ApplicationRejection> {
    let source = match error {
        CommandError::Failed { source, .. } => std::error::Error::source(source),
        _ => None,
    };
    let source = source.and_then(|source| source.downcast_ref());
    source.unwrap_or_else(|| panic!("{error:?}"))
}

#[test]
fn an_unreadable_event_stops_its_petition_and_no_other() {
    for (stream, key) in [
        ("general_GeneralApplication-p-1", "p-1"),
        ("general_GeneralIssuance-p-1.1", "p-1"),
        ("general_GeneralApplication-junk", "junk"),
    ] {
        run(async {
            let world = World::new();
            let service = world.start();
            for petition in ["p-1", "p-2"] {
                let filed = world.file(&service, petition, ServiceType::DeadlineBound);
                filed.await.unwrap();
            }
            service.settled().await.unwrap();
            world.plant(stream, FaultKind::Foreign);
            world.approve(&service, "p-2").await;
            service.settled().await.unwrap();
            let status = world.application(&service, "p-2").await;
            assert_eq!(status, Some(ApplicationStatus::Completed));

            let found = letters(&service).await;
            assert_eq!(found.len(), 5, "a read model and four reactors");
            for letter in &found {
                assert_eq!(
                    (letter.key.as_str(), letter.failure.class),
                    (key, FailureClass::Damaged)
                );
            }
            let decided = world.application_command(&service, "p-1", "examine", super::progress());
            match decided.await.as_ref().map_err(broken) {
                Err(TransactError::Unreadable {
                    stream: of,
                    version,
                    ..
                }) => {
                    assert_eq!((of.as_str(), version.get()), (stream, 2));
                }
                decided => assert!(!stream.ends_with("Application-p-1"), "{decided:?}"),
            }
            // Nor does it stop the next process, or an operator.
            service.stop().await;
            let service = world.start();
            let operator = service.dead_letters().operator(operator());
            let minute = Duration::from_secs(60);
            let report = operator.retry(&Selection::All, minute).await.unwrap();
            let outcome = &report.results[0].outcome;
            assert!(
                matches!(outcome, RetryOutcome::FailedAgain { .. }),
                "{outcome:?}"
            );
            operator
                .skip(&letters(&service).await, "somebody's experiment")
                .await
                .unwrap();
            service.settled().await.unwrap();
            assert_eq!(letters(&service).await, []);
            let issued = world.issue_now(&service, "p-3").await;
            issued.unwrap();
            service.stop().await;
        });
    }
}

#[test]
fn what_a_newer_program_wrote_waits_and_asks_nothing_of_anybody() {
    run(async {
        let world = World::new();
        let service = world.start();
        for petition in ["p-1", "p-2"] {
            let filed = world.file(&service, petition, ServiceType::DeadlineBound);
            filed.await.unwrap();
        }
        service.settled().await.unwrap();
        world.write_newer("p-1").await;
        world.approve(&service, "p-2").await;
        service.settled().await.unwrap();
        let status = world.application(&service, "p-2").await;
        assert_eq!(status, Some(ApplicationStatus::Completed));
        assert_eq!(letters(&service).await, []);
        let operator = service.dead_letters().operator(operator());
        let waiting = operator.list(&Selection::Newer).await.unwrap();
        assert_eq!(waiting.len(), 5, "a read model and four reactors");
        let health = service.health();
        assert!(health.ready && health.newer_keys == 5, "{health}");
        let decided = world.application_command(&service, "p-1", "examine", super::progress());
        let decided = decided.await.unwrap_err();
        let TransactError::Unreadable { source, .. } = broken(&decided) else {
            panic!("{decided:?}")
        };
        assert!(source.is_newer(), "{source}");
        service.stop().await;
    });
}

/// Its bytes are sound, and it stands where it belongs to nobody.
#[test]
fn an_event_that_names_another_petition_stops_that_of_its_stream_alone() {
    run(async {
        let world = World::new();
        let service = world.start();
        for petition in ["p-1", "p-2"] {
            let filed = world.file(&service, petition, ServiceType::DeadlineBound);
            filed.await.unwrap();
        }
        service.settled().await.unwrap();
        world.write_stray("p-1", "p-2").await;
        world.approve(&service, "p-2").await;
        service.settled().await.unwrap();
        let status = world.application(&service, "p-2").await;
        assert_eq!(status, Some(ApplicationStatus::Completed));
        let found = letters(&service).await;
        assert_eq!(found.len(), 5, "a read model and four reactors");
        assert!(found.iter().all(|letter| letter.key == "p-1"), "{found:?}");
        assert!(service.health().ready, "{}", service.health());
        service.stop().await;
    });
}
