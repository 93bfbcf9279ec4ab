//! How a projector ends, and what it reports meanwhile.

use minwon_core::Timer;

use super::*;
use crate::testing::{Bent, Rates, VirtualClock};

#[test]
fn a_projector_of_another_fold_touches_nothing() {
    run(async {
        let (log, read_models) = (Log::of(&[2, 1]), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        let builder = projector(&log, &read_models).project(Sums::with_schema(2));
        let reason = builder.catch_up().await.unwrap_err();
        assert!(matches!(reason, StopReason::OtherFold { .. }), "{reason}");
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn a_clean_stop_leaves_everything_committed() {
    for seed in 0..30 {
        run(async {
            let mut rng = SeededRng::new(seed);
            let log = Log::new();
            log.grow_by(40, &mut rng, 15);
            let read_models = MemoryReadModels::new();
            // Nothing is committed by itself before it is stopped.
            let options = ProjectorOptions::default().batch_events_max(at_most(3));
            let builder = projector(&log, &read_models).options(options);
            let running = builder.project(Sums::new()).start();
            let mut status = running.status();
            let mut folded = 0;
            for _ in 0..rng.below(40) {
                tokio::task::yield_now().await;
                folded = status.borrow_and_update().models[0].folded_events;
            }
            let reason = running.stop().await;
            assert!(matches!(reason, StopReason::Requested), "{reason}");
            assert!(status.borrow().models[0].folded_events >= folded);
            let again = catch_up(&log, &read_models).await;
            let so_far = status.borrow().models[0].folded_events;
            assert_eq!(so_far + again.models[0].folded_events, 40, "each once");
            check(&log, &read_models, &generation(1)).await;
        });
    }
}

/// The longest that stopping took, whatever the store does.
#[test]
fn a_stop_while_the_store_is_away_ends_soon() {
    for yields in 0..60 {
        run(async {
            let log = Log::of(&[3; 5]);
            let read_models = Flaky::sound(&log);
            let options = ProjectorOptions::default()
                .batch_events_max(at_most(2))
                .pauses(Duration::from_secs(60), Duration::from_secs(600));
            let builder = projector(&log, &read_models).options(options);
            let running = builder.project(Sums::new()).start();
            for _ in 0..yields {
                tokio::task::yield_now().await;
            }
            read_models.go_away();
            log.append("p-0");
            for _ in 0..yields {
                tokio::task::yield_now().await;
            }
            let clock = VirtualClock::new();
            let reason = running.stop().await;
            assert!(matches!(reason, StopReason::Requested), "{reason}");
            let took = minwon_core::Clock::now(&clock);
            assert!(took < Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(1)));
            read_models.come_back();
            catch_up(&log, &read_models).await;
            check(&log, &read_models, &generation(1)).await;
        });
    }
}

#[test]
fn a_pause_is_shown_while_the_store_is_away_and_over_afterwards() {
    run(async {
        let log = Log::of(&[3; 5]);
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        let mut status = running.status();
        running.reached(log.head()).await.unwrap();
        assert_eq!(status.borrow().paused, None);
        read_models.go_away();
        let last = log.append("p-0");
        let shown = status.wait_for(|status| status.paused.is_some()).await;
        let why = shown.unwrap().paused.clone().unwrap();
        assert!(why.contains("away"), "{why}");
        VirtualClock::new().sleep(Duration::from_secs(60)).await;
        assert!(status.borrow().paused.is_some());
        read_models.come_back();
        running.reached(last).await.unwrap();
        assert_eq!(status.borrow().paused, None);
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn a_store_that_is_away_from_the_start_is_waited_for() {
    run(async {
        let log = Log::of(&[3; 5]);
        let read_models = Flaky::sound(&log);
        read_models.go_away();
        let running = projector(&log, &read_models).project(Sums::new()).start();
        let mut status = running.status();
        status
            .wait_for(|status| status.restarts >= 5)
            .await
            .unwrap();
        assert!(status.borrow().paused.is_some());
        assert_eq!(status.borrow().position(), None);
        read_models.come_back();
        running.reached(log.head()).await.unwrap();
        assert_eq!(status.borrow().paused, None);
    });
}

#[test]
fn restarts_are_counted() {
    run(async {
        let log = Log::of(&[3; 5]);
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        assert_eq!(running.status().borrow().restarts, 0);
        for lost in 1..4 {
            read_models.model.wipe(&slice_of(&generation(1), "p-0"));
            running.reached(log.append("p-0")).await.unwrap();
            assert_eq!(running.status().borrow().restarts, lost);
        }
    });
}

/// An aborted projector leaves no task behind that goes on committing.
#[test]
fn an_aborted_projector_is_gone() {
    run(async {
        let log = Log::of(&[3; 5]);
        let rates = Rates {
            slow: 500,
            ..Rates::default()
        };
        let read_models = Flaky::new(&log, 1, rates);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        let status = running.status();
        drop(running);
        let clock = VirtualClock::new();
        clock.sleep(Duration::from_secs(1)).await;
        assert!(status.has_changed().is_err(), "every task has ended");
        let commits = read_models.happened("commits");
        log.append("p-0");
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(read_models.happened("commits"), commits);
    });
}

/// Also where a commit was being repeated.
#[test]
fn an_aborted_projector_does_not_wait_for_a_store_that_is_away() {
    run(async {
        let log = Log::of(&[3; 5]);
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        read_models.go_away();
        log.append("p-0");
        let mut status = running.status();
        let is_paused = |status: &ProjectorStatus| status.paused.is_some();
        status.wait_for(is_paused).await.unwrap();
        assert_eq!(status.borrow().restarts, 0, "it is the commit that waits");
        drop(running);
        let clock = VirtualClock::new();
        clock.sleep(Duration::from_secs(60)).await;
        assert!(status.has_changed().is_err(), "every task has ended");
        let commits = read_models.happened("commits");
        read_models.come_back();
        clock.sleep(Duration::from_secs(60)).await;
        assert_eq!(read_models.happened("commits"), commits);
    });
}

#[test]
fn whoever_waits_for_a_projector_that_stops_gets_an_error() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        // The next event never comes, so the one behind it shows that it was passed over.
        let store = Bent::leaving_out(&log.store, GlobalPosition::new(16));
        let (read_models, clock) = (read_models.clone(), SystemClock);
        let builder = ProjectorBuilder::new(namespace(), store, read_models, Numbers, clock);
        let running = builder.project(Sums::new()).start();
        let far = GlobalPosition::new(1_000);
        running.reached(log.head()).await.unwrap();
        log.append("p-0");
        log.append("p-0");
        let stopped = running.reached(far).await.unwrap_err();
        assert!(
            stopped
                .to_string()
                .starts_with("projection sums has stopped: "),
            "{stopped}"
        );
        assert!(running.status().borrow().models[0].state.has_failed());
        let reason = running.stopped().await;
        assert!(matches!(reason, StopReason::PassedOver { .. }), "{reason}");
    });
}
