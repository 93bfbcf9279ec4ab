//! The health of a service's parts, and that none waits endlessly.

use minwon_projections::{ErrorClass, PartState};

use super::*;

#[test]
fn a_service_that_works_is_ready_and_names_its_parts() {
    run(async {
        let world = World::new();
        let service = world.start();
        world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        let health = service.health();
        assert!(health.ready && health.live, "{health}");
        let parts: Vec<_> = health.parts.iter().map(|part| &*part.part).collect();
        let mut expected = vec!["projection petitions", "projection letters"];
        expected.extend(["reactor issuance", "reactor completion"]);
        expected.extend(["reactor compensation", "reactor notifications"]);
        expected.push("the keeper of deadlines");
        assert_eq!(parts, expected);
        let ended = service.stop().await;
        assert_eq!(ended.parts.len(), expected.len());
        for part in ended.parts {
            assert!(
                part.state.has_stopped() && !part.state.has_failed(),
                "{part}"
            );
        }
    });
}

/// One projection with a defect freezes no other, and nobody says that all is well.
#[test]
fn a_frozen_view_freezes_no_other_and_is_reported() {
    run(async {
        let mut world = World::new();
        world.breaks_letters = true;
        let service = world.start();
        let receipt = world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        let petition = PetitionId::new("p-1").unwrap();
        // In paused time, ten seconds are enough for everybody.
        world.clock.sleep(Duration::from_secs(10)).await;
        let shown = service.results().petition(&petition).await.unwrap();
        assert!(shown.value.is_some(), "it was just filed: {receipt:?}");
        let health = service.health();
        assert!(!health.ready && !health.live, "{health}");
        assert!(!service.status().projector.is_ready());
        let mut parts = health.parts.iter();
        let letters = parts.find(|part| &*part.part == "projection letters");
        let PartState::Stopped(ended) = &letters.unwrap().state else {
            panic!("{health}");
        };
        assert_eq!(ended.class, Some(ErrorClass::Bug));
        assert!(ended.why.contains("a key of no use"), "{}", ended.why);
        let error = service.settled().await.unwrap_err().to_string();
        let named = "projection letters has stopped: ";
        assert!(
            error.starts_with(named) && error.contains("a key of no use"),
            "{error}"
        );
        // The end of a part that had a defect is reported, and nothing panics.
        let ended = service.stop().await;
        let failed = ended.parts.iter().filter(|part| part.state.has_failed());
        assert_eq!(failed.count(), 1);
    });
}

/// Whoever asks it has one of a few places: it must not hold them endlessly.
#[test]
fn a_register_that_hangs_counts_as_one_that_does_not_answer() {
    run(async {
        let mut world = World::new();
        world.source_time_max = Duration::from_secs(25);
        // A day passes, and every look is work.
        world.look_wait = Duration::from_secs(60);
        world.register.slow_down();
        let service = world.start();
        let before = tokio::time::Instant::now();
        let answer = world.issue_now(&service, "p-1").await.unwrap();
        let InstantAnswer::Following { reason, .. } = answer else {
            panic!("{answer:?}");
        };
        assert!(reason.contains("does not answer for now"), "{reason}");
        assert!(before.elapsed() < Duration::from_secs(30));
        // Reactors ask again and again, as with any register that is away, then give up.
        world.clock.sleep(Duration::from_secs(86_400)).await;
        service.settled().await.unwrap();
        assert_eq!(world.count("GeneralIssuanceFeeRefunded"), 1);
        service.stop().await;
    });
}

#[test]
fn a_stop_does_not_wait_for_a_register_that_hangs() {
    run(async {
        let world = World::new();
        world.register.slow_down();
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        world.approve(&service, "p-1").await;
        world.clock.sleep(Duration::from_secs(5)).await;
        let before = tokio::time::Instant::now();
        service.stop().await;
        assert!(
            before.elapsed() < Duration::from_secs(60),
            "{:?}",
            before.elapsed()
        );
    });
}

/// Its effect is there, and the read model does not show it: nothing is tried every second without
/// end, and it is reported.
#[test]
fn what_stays_due_though_it_was_done_is_given_ever_more_rarely() {
    run(async {
        let day = Duration::from_secs(86_400);
        let mut world = World::new();
        world.look_wait = Duration::from_secs(3_600);
        let service = world.start();
        world
            .file(&service, "p-1", ServiceType::DeadlineBound)
            .await
            .unwrap();
        service.settled().await.unwrap();
        assert_eq!(service.status().keeper.without_effect, 0);
        service.stop().await;
        world.mute_feeds();
        world.clock.sleep(60 * day).await;
        world.look_wait = Duration::from_secs(60);
        let service = world.start();
        world.clock.sleep(day).await;
        assert!(service.status().keeper.without_effect > 0);
        let before = world.reads();
        world.clock.sleep(day).await;
        let reads = world.reads() - before;
        assert!((1..500).contains(&reads), "{reads} in a day of 1,440 looks");
        service.stop().await;
    });
}

#[test]
fn what_others_write_in_the_namespace_is_passed_over_and_told() {
    run(async {
        let world = World::new();
        for foreign in ["general_Other-1", "general_Unknown-1"] {
            world.write_foreign(foreign).await;
        }
        let service = world.start();
        world.issue_now(&service, "p-1").await.unwrap();
        service.settled().await.unwrap();
        let health = service.health();
        assert!(health.ready && health.live, "{health}");
        assert_eq!(health.passed_over.events, 2);
        let told = "2 events in no category that is followed, the last one in general_Unknown-1";
        assert!(health.to_string().contains(told), "{health}");
        service.stop().await;
    });
}
