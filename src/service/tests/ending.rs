//! A service that is asked to end, in paused time.

use std::{future::poll_fn, num::NonZeroUsize, pin::pin, task::Poll};

use minwon_core::{CommandId, Timestamp};
use minwon_petitions::VerificationNumber;
use minwon_projections::QueryError;
use tokio::time::Instant;

use super::{super::VerificationError, *};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// Begins a future, which comes to no end yet.
async fn begin<F: Future<Output: std::fmt::Debug>>(mut it: std::pin::Pin<&mut F>) {
    let is_over = poll_fn(|context| Poll::Ready(it.as_mut().poll(context).is_ready())).await;
    assert!(!is_over);
}

#[test]
fn what_is_under_way_comes_to_its_end_and_nothing_new_is_taken() {
    run(async {
        let mut world = World::new();
        world.limits = world.limits.stop_time_max(2 * HOUR);
        world.register.slow_down();
        let service = world.start();
        let mut call = pin!(world.issue_now(&service, "p-1"));
        begin(call.as_mut()).await;
        let mut stop = pin!(service.stop());
        begin(stop.as_mut()).await;
        let (written, now) = (world.written(), Clock::now(&world.clock));
        let health = service.health();
        assert!(!health.ready && health.live, "{health}");
        assert_eq!(health.ending_since, Some(now));
        assert!(health.to_string().contains("ending since"), "{health}");

        let filed = world.file(&service, "p-2", ServiceType::DeadlineBound);
        assert!(matches!(filed.await, Err(FilingError::Ending)));
        let issued = world.issue_now(&service, "p-2").await;
        assert!(matches!(issued, Err(FilingError::Ending)), "{issued:?}");
        let given = world.application_command(&service, "p-1", "examine", progress());
        assert!(matches!(given.await, Err(CommandError::Ending)));
        let entered = EnterResultManually {
            officer: ActorId::new("officer-1").unwrap(),
            result: "sent by post".parse().unwrap(),
            document: None,
        };
        let given = world.issuance_command(&service, "p-1", "enter", entered);
        assert!(matches!(given.await, Err(CommandError::Ending)));
        let number = VerificationNumber::from_random(0x1234_5678_9abc_def0);
        let asker = service.as_actor("bank-1".parse().unwrap(), "bank".parse().unwrap());
        let verified = asker.verify_document(CommandId::random(), number, "kim".parse().unwrap());
        let verified = verified.await;
        assert!(
            matches!(verified, Err(VerificationError::Ending)),
            "{verified:?}"
        );
        assert_eq!(world.written(), written);

        let (issued, report) = tokio::join!(call, stop);
        assert!(matches!(issued, Ok(InstantAnswer::Issued(_))), "{issued:?}");
        assert_eq!(report.calls_dropped, 0);
        let status = world.application(&service, "p-1").await;
        assert_eq!(status, Some(ApplicationStatus::Completed));
        let health = service.health();
        assert!(!health.ready && health.live, "{health}");
    });
}

#[test]
fn what_waits_for_its_turn_is_refused() {
    run(async {
        let mut world = World::new();
        world.limits = world
            .limits
            .calls_max(NonZeroUsize::MIN)
            .stop_time_max(2 * HOUR);
        world.register.slow_down();
        let service = world.start();
        let mut first = pin!(world.issue_now(&service, "p-1"));
        begin(first.as_mut()).await;
        let mut second = pin!(world.issue_now(&service, "p-2"));
        begin(second.as_mut()).await;
        let mut stop = pin!(service.stop());
        begin(stop.as_mut()).await;
        let second = second.await;
        assert!(matches!(second, Err(FilingError::Ending)), "{second:?}");
        let (first, report) = tokio::join!(first, stop);
        assert!(matches!(first, Ok(InstantAnswer::Issued(_))), "{first:?}");
        assert_eq!(report.calls_dropped, 0);
        assert_eq!(world.register.asked().len(), 1);
    });
}

/// The caller learns that it may have been carried out, and the next process does what is left.
#[test]
fn what_takes_longer_than_its_time_is_dropped() {
    run(async {
        let world = World::new();
        world.register.slow_down();
        let service = world.start();
        let mut call = pin!(world.issue_now(&service, "p-1"));
        begin(call.as_mut()).await;
        let asked = Instant::now();
        let (dropped, report) = tokio::join!(
            async { (call.await, asked.elapsed().as_secs()) },
            service.stop()
        );
        let (Err(FilingError::Failed(error)), 20) = dropped else {
            panic!("{dropped:?}")
        };
        let why = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(why, "the service ended before the call did");
        assert_eq!(report.calls_dropped, 1);
        assert_eq!(report, service.stop().await, "it is the same stop");

        world.register.speed_up();
        let service = world.start();
        let again = world.issue_now(&service, "p-1").await;
        assert!(matches!(again, Ok(InstantAnswer::Issued(_))), "{again:?}");
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralIssuanceDocumentIssued"), 1);
        service.stop().await;
    });
}

/// A command's caller is told under which id to give it again.
#[test]
fn a_command_that_is_dropped_may_have_been_carried_out() {
    run(async {
        let mut world = World::new();
        world.limits = world.limits.stop_time_max(Duration::ZERO);
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        world.hold_appends();
        let mut call = pin!(world.application_command(&service, "p-1", "examine", progress()));
        begin(call.as_mut()).await;
        let (call, report) = tokio::join!(call, service.stop());
        assert!(matches!(call, Err(CommandError::Failed { .. })), "{call:?}");
        assert_eq!(report.calls_dropped, 1);
    });
}

#[test]
fn a_stop_that_is_taken_up_again_does_not_begin_anew() {
    run(async {
        let world = World::new();
        world.register.slow_down();
        let service = world.start();
        let mut call = pin!(world.issue_now(&service, "p-1"));
        begin(call.as_mut()).await;
        let asked = Instant::now();
        let given_up = tokio::time::timeout(15 * SECOND, service.stop()).await;
        assert!(given_up.is_err());
        let filed = world.file(&service, "p-2", ServiceType::DeadlineBound);
        assert!(matches!(filed.await, Err(FilingError::Ending)));
        let (elapsed, report) = tokio::join!(
            async { call.await.map_err(|_| asked.elapsed().as_secs()) },
            service.stop()
        );
        assert_eq!(elapsed.unwrap_err(), 20, "since the first was asked for");
        assert_eq!(report.calls_dropped, 1);
    });
}

/// Questions are answered to the end, and who waits for an answer is not left behind.
#[test]
fn nobody_waits_for_what_an_ended_service_does_not_show() {
    run(async {
        let world = World::new();
        let service = world.start();
        let receipt = world.file(&service, "p-1", ServiceType::DeadlineBound);
        let receipt = receipt.await.unwrap();
        service.settled().await.unwrap();
        let now: Timestamp = "2026-03-09T09:00:00+09:00".parse().unwrap();
        let citizen = World::filing("p-1", ServiceType::DeadlineBound, now).citizen(&service);
        let later = "general@999999".parse().unwrap();
        let asked = Instant::now();
        let mut waits = pin!(citizen.result(Some(&later), HOUR));
        begin(waits.as_mut()).await;
        let (answer, _) = tokio::join!(waits, service.stop());
        assert!(
            matches!(answer, Err(QueryError::NotYet { .. })),
            "{answer:?}"
        );
        let after = citizen.result(Some(&later), HOUR).await;
        assert!(matches!(after, Err(QueryError::NotYet { .. })), "{after:?}");
        assert!(asked.elapsed() < HOUR, "{:?}", asked.elapsed());
        let result = citizen.result(Some(&receipt.token), HOUR).await.unwrap();
        assert!(result.value.is_some());
    });
}

#[test]
fn a_service_has_started_once_its_read_models_can_be_asked() {
    run(async {
        let world = World::new();
        let service = world.start();
        let health = service.health();
        assert!(!health.started && !health.ready && health.live, "{health}");
        assert!(
            health
                .to_string()
                .starts_with("not ready, live, not started")
        );
        service.settled().await.unwrap();
        let health = service.health();
        assert!(health.started && health.ready && health.live, "{health}");
        service.stop().await;
        let health = service.health();
        assert!(health.started && !health.ready && health.live, "{health}");
    });
}
