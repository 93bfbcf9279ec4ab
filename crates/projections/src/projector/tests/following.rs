//! Following the log, without any trouble.

use minwon_core::{Clock, testing::ManualClock};

use super::*;
use crate::testing::{Bent, VirtualClock};

#[test]
fn catching_up_comes_to_the_fold_of_the_log() {
    run(async {
        let log = Log::of(&[8, 1, 3, 20, 5, 0, 7]);
        log.issue("p-1");
        log.issue("p-3");
        log.append("p-3");
        let read_models = MemoryReadModels::new();
        let status = catch_up(&log, &read_models).await;
        assert!(status.is_ready());
        assert_eq!(status.position(), Some(log.head()));
        assert_eq!(status.models[0].folded_events, 47);
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn an_empty_log_is_ready_too() {
    run(async {
        let (log, read_models) = (Log::new(), MemoryReadModels::new());
        catch_up(&log, &read_models).await;
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn what_comes_later_is_followed_and_a_restart_goes_on() {
    run(async {
        let (log, read_models) = (Log::of(&[2, 2]), MemoryReadModels::new());
        let running = projector(&log, &read_models).project(Sums::new()).start();
        for _ in 2..10 {
            let position = log.append("p-0");
            running.reached(position).await.unwrap();
        }
        assert!(matches!(running.stop().await, StopReason::Requested));
        check(&log, &read_models, &generation(1)).await;
        log.append("p-9");
        let status = catch_up(&log, &read_models).await;
        assert_eq!(status.models[0].folded_events, 1, "only the news is folded");
        assert_eq!(status.restarts, 0);
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn tight_bounds_change_nothing() {
    run(async {
        let log = Log::of(&[8, 1, 3, 20, 5, 11, 7, 2, 2, 2, 2, 9]);
        let defaults = ProjectorOptions::default;
        for options in [
            defaults().batch_events_max(at_most(1)),
            defaults().changed_views_max(at_most(1)),
            defaults().uncommitted_events_max(at_most(1)),
            defaults().cached_views_max(0),
            defaults()
                .cached_views_max(0)
                .batch_events_max(at_most(3))
                .changed_views_max(at_most(2)),
        ] {
            let read_models = MemoryReadModels::new();
            let builder = projector(&log, &read_models).options(options);
            builder.project(Sums::new()).catch_up().await.unwrap();
            check(&log, &read_models, &generation(1)).await;
        }
    });
}

#[test]
fn random_logs_and_bounds_come_to_the_fold_of_the_log() {
    for seed in 0..60 {
        run(async {
            let mut rng = SeededRng::new(seed);
            let (log, petitions) = (Log::new(), 1 + rng.below(20));
            let read_models = Flaky::sound(&log);
            let events = rng.below(60);
            log.grow_by(events, &mut rng, petitions);
            let builder = projector(&log, &read_models).options(random_options(&mut rng));
            let running = builder.project(Sums::new()).start();
            for _ in 0..rng.below(60) {
                log.grow(&mut rng, petitions);
                wait_a_while(&mut rng).await;
            }
            running.reached(log.head()).await.unwrap();
            assert!(matches!(running.stop().await, StopReason::Requested));
            read_models.assert_was_always_sound();
            check(&log, &read_models, &generation(1)).await;
        });
    }
}

/// Petitions that never rest must not keep the slices of the others back.
#[test]
fn slices_without_news_move_on_though_others_have_news_all_the_time() {
    run(async {
        let (log, read_models) = (Log::of(&[1; 30]), MemoryReadModels::new());
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        let waited_for = log.head();
        let quiet = Duration::from_millis(10);
        for _ in 0..20 {
            log.append("p-0");
            tokio::time::sleep(quiet).await;
        }
        let reached = running.status().borrow().position().unwrap();
        assert!(reached > waited_for, "{reached} after 200 ms");
    });
}

/// A log that grows as fast as it is read never says that it has been read to its end.
#[test]
fn slices_become_ready_though_the_feed_never_catches_up() {
    run(async {
        let log = Log::of(&[3; 10]);
        let (store, read_models) = (Bent::never_caught_up(&log.store), MemoryReadModels::new());
        let builder = ProjectorBuilder::new(
            namespace(),
            store,
            read_models.clone(),
            Numbers,
            SystemClock,
        );
        builder.project(Sums::new()).catch_up().await.unwrap();
        check(&log, &read_models, &generation(1)).await;
    });
}

/// Bounds by number are never met here, and the feed never says that it has caught up.
#[test]
fn what_is_folded_is_committed_in_time() {
    run(async {
        let log = Log::of(&[3; 10]);
        let (store, read_models) = (Bent::never_caught_up(&log.store), MemoryReadModels::new());
        let clock = VirtualClock::new();
        let builder = ProjectorBuilder::new(namespace(), store, read_models, Numbers, clock);
        let time = Duration::from_secs(7);
        let options = ProjectorOptions::default().uncommitted_time_max(time);
        let running = builder.options(options).project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        let start = tokio::time::Instant::now();
        running.reached(log.append("p-0")).await.unwrap();
        let took = start.elapsed();
        assert!((time..2 * time).contains(&took), "{took:?}");
    });
}

/// The events of a petition that come while a commit has to wait cost one write.
#[test]
fn commits_can_be_made_to_wait() {
    run(async {
        let (log, read_models) = (Log::of(&[1]), MemoryReadModels::new());
        let minute = Duration::from_secs(60);
        let options = ProjectorOptions::default().commits_wait(minute);
        let builder = projector(&log, &read_models).options(options);
        let running = builder.project(Sums::new()).start();
        running.reached(log.head()).await.unwrap();
        let start = tokio::time::Instant::now();
        let first = log.append("p-0");
        let last = log.append("p-0");
        running.reached(first).await.unwrap();
        assert!(start.elapsed() >= minute, "{:?}", start.elapsed());
        running.reached(last).await.unwrap();
        assert!(start.elapsed() < 2 * minute, "one commit is for both");
    });
}

/// Names of streams are texts like any other; JSON writes some of them in another way.
#[test]
fn a_stream_may_have_any_name() {
    run(async {
        let (log, read_models) = (Log::new(), MemoryReadModels::new());
        for petition in [r#"p-"1""#, r"p-\1", "p-민원"] {
            log.append(petition);
        }
        catch_up(&log, &read_models).await;
        for petition in [r#"p-"1""#, r"p-\1", "p-민원"] {
            log.append(petition);
        }
        let status = catch_up(&log, &read_models).await;
        assert_eq!(status.restarts, 0);
        check(&log, &read_models, &generation(1)).await;
    });
}

#[test]
fn a_restart_still_shows_when_the_last_event_was_recorded() {
    run(async {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let (log, read_models) = (Log::with_clock(clock.clone()), MemoryReadModels::new());
        log.append("p-0");
        clock.advance(Duration::from_secs(60));
        log.append("p-1");
        for _ in 0..2 {
            let status = catch_up(&log, &read_models).await;
            assert_eq!(status.models[0].recorded_at, Clock::now(&clock));
        }
    });
}

#[test]
fn views_stay_in_memory_as_far_as_there_is_room() {
    for (room, loaded) in [(1_000, 0), (0, 5)] {
        run(async {
            let log = Log::of(&[1; 4]);
            let read_models = Flaky::sound(&log);
            let options = ProjectorOptions::default().cached_views_max(room);
            let builder = projector(&log, &read_models).options(options);
            let running = builder.project(Sums::new()).start();
            running.reached(log.head()).await.unwrap();
            for _ in 0..5 {
                running.reached(log.append("p-1")).await.unwrap();
            }
            assert_eq!(read_models.happened("documents loaded"), loaded);
        });
    }
}
