//! Each projection is a part of its own, and says how it is.

use minwon_core::{StoreErrorKind, Timer as _};

use super::*;
use crate::{
    DeadLetterError, ErrorClass, Health, TaskError,
    end::SessionEnd,
    testing::{Bent, BentStore, Fault, Faults, Fragile, FragileNumbers, VirtualClock},
};

fn health(projector: &Projector, now: Timestamp) -> Health {
    let status = projector.status();
    let parts = status
        .borrow()
        .models
        .iter()
        .map(ModelStatus::health)
        .collect();
    Health::of(parts, now, Duration::from_secs(60))
}

fn now() -> Timestamp {
    minwon_core::Clock::now(&SystemClock)
}

fn over<D: EventDecoder>(
    store: BentStore,
    read_models: &MemoryReadModels,
    decoder: D,
) -> ProjectorBuilder<BentStore, MemoryReadModels, D, VirtualClock> {
    let (models, clock) = (read_models.clone(), VirtualClock::new());
    ProjectorBuilder::new(namespace(), store, models, decoder, clock)
}

/// A read model that another version of the program fills is no concern of the others.
#[test]
fn one_projections_trouble_freezes_no_other() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        let both = |schema| {
            let builder = projector(&log, &read_models).project(Sums::named("more", schema));
            builder.project(Sums::new())
        };
        both(1).catch_up().await.unwrap();
        let running = both(2).start();
        let last = log.append("p-0");
        let mut status = running.status();
        let sums_are_there = |status: &ProjectorStatus| status.models[1].position >= Some(last);
        within(status.wait_for(sums_are_there)).await.unwrap();
        check(&log, &read_models, &generation(1)).await;
        // And nobody says that all is well.
        let stopped = running.reached(last).await.unwrap_err();
        assert_eq!(&*stopped.part, "projection more");
        assert!(stopped.why.contains("another fold"), "{stopped}");
        assert!(!running.status().borrow().is_ready());
        let health = health(&running, now());
        assert!(!health.ready && health.live, "{health}");
        assert!(health.parts[0].advice().is_some() && health.parts[1].advice().is_none());
        let reason = running.stop().await;
        assert!(matches!(reason, StopReason::OtherFold { .. }), "{reason}");
    });
}

#[test]
fn what_has_ended_by_itself_begins_again_once_somebody_has_mended_it_and_asks() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        let both = |schema| {
            let builder = projector(&log, &read_models).project(Sums::named("more", schema));
            builder.project(Sums::new())
        };
        both(1).catch_up().await.unwrap();
        let running = both(2).start();
        let mut status = running.status();
        let has_stopped = |status: &ProjectorStatus| status.models[0].state.has_stopped();
        within(status.wait_for(has_stopped)).await.unwrap();
        within(running.reached(log.head())).await.unwrap_err();

        let rebuild = projector(&log, &read_models).rebuild(Sums::named("more", 2));
        let rebuild = rebuild.await.unwrap().caught_up(|_| {}).await.unwrap();
        let Ok(built) = rebuild.promote().await else {
            panic!("nothing is in the way");
        };
        built.stop().await;
        running.start_again();
        within(status.wait_for(|status| !has_stopped(status)))
            .await
            .unwrap();
        let last = log.append("p-0");
        within(running.reached(last)).await.unwrap();
        assert!(health(&running, now()).ready);
        // Who waits for its end does not wait for somebody who has it begin again.
        assert!(matches!(running.stop().await, StopReason::Requested));
    });
}

#[test]
fn what_ended_by_a_defect_does_not_begin_again() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        let store = Bent::panicking(&log.store);
        let running = over(store, &read_models, Numbers)
            .project(Sums::new())
            .start();
        within(running.reached(log.head())).await.unwrap_err();
        running.start_again();
        let reason = within(running.stopped()).await;
        assert!(matches!(reason, StopReason::Task(_)), "{reason}");
    });
}

/// More races than a write of dead letters tries by itself.
#[test]
fn who_loses_many_races_for_a_queue_goes_on() {
    run(async {
        let (log, read_models) = (Log::of(&[2, 2]), MemoryReadModels::new());
        let faults = Faults::default();
        log.poison("p-0", Fault::Unreadable);
        log.append("p-1");
        let store = Bent::losing_races(&log.store, 50);
        let running = over(store, &read_models, FragileNumbers(faults.clone()))
            .project(Fragile::new(&faults))
            .start();
        let mut status = running.status();
        let shown = status.wait_for(|status| status.paused.is_some()).await;
        let why = shown.unwrap().paused.clone().unwrap();
        assert!(why.contains("too many at once"), "{why}");
        within(running.reached(log.head())).await.unwrap();
        let letters = log.events();
        let letters = letters
            .iter()
            .filter(|event| minwon_core::is_dead_letter(event));
        assert!(letters.count() > 1, "the letter is written at last");
        assert_eq!(
            running.status().borrow().models[0].state,
            PartState::Running
        );
    });
}

#[test]
fn a_panic_of_a_part_shows_at_once_and_a_stop_answers_it() {
    run(async {
        let (log, read_models) = (Log::of(&[3; 5]), MemoryReadModels::new());
        let store = Bent::panicking(&log.store);
        let running = over(store, &read_models, Numbers)
            .project(Sums::new())
            .start();
        let stopped = within(running.reached(log.head())).await.unwrap_err();
        assert!(stopped.why.contains("a feed of no use"), "{stopped}");
        let health = health(&running, now());
        assert!(!health.live && !health.ready, "{health}");
        let reason = running.stop().await;
        let StopReason::Task(TaskError::Panicked { said }) = reason else {
            panic!("{reason}");
        };
        assert_eq!(&*said, "a feed of no use, on purpose");
    });
}

#[test]
fn a_pause_that_lasts_shows_in_the_health() {
    run(async {
        let log = Log::of(&[3; 5]);
        let (read_models, clock) = (Flaky::sound(&log), VirtualClock::new());
        let (store, models) = (log.store.clone(), read_models.clone());
        let running = ProjectorBuilder::new(namespace(), store, models, Numbers, clock)
            .project(Sums::new())
            .start();
        running.reached(log.head()).await.unwrap();
        let now = || minwon_core::Clock::now(&clock);
        assert!(health(&running, now()).ready);
        read_models.go_away();
        let last = log.append("p-0");
        clock.sleep(Duration::from_secs(120)).await;
        let then = health(&running, now());
        assert!(!then.ready && then.live, "{then}");
        let PartState::Paused(paused) = &then.parts[0].state else {
            panic!("{then}");
        };
        assert_eq!(paused.class, ErrorClass::Passing);
        assert!(
            paused.next_try > paused.since && paused.tries > 10,
            "{paused:?}"
        );
        read_models.come_back();
        running.reached(last).await.unwrap();
        assert!(health(&running, now()).ready);
    });
}

/// A store that never answers, and so never says what is wrong.
#[test]
fn a_projection_that_hangs_over_a_commit_is_not_ready() {
    run(async {
        let log = Log::of(&[3; 5]);
        let clock = VirtualClock::new();
        let read_models = Flaky::sound(&log);
        let (store, models) = (log.store.clone(), read_models.clone());
        let running = ProjectorBuilder::new(namespace(), store, models, Numbers, clock)
            .project(Sums::new())
            .start();
        running.reached(log.head()).await.unwrap();
        let now = || minwon_core::Clock::now(&clock);
        assert!(health(&running, now()).ready);
        read_models.hang();
        log.append("p-0");
        clock.sleep(Duration::from_secs(30)).await;
        assert!(health(&running, now()).ready);
        clock.sleep(Duration::from_secs(60)).await;
        assert!(!health(&running, now()).ready);
    });
}

/// A store that answers nothing at all holds a stop up for a while, not endlessly.
#[test]
fn a_stop_does_not_wait_for_a_store_that_hangs() {
    run(async {
        let log = Log::of(&[3; 5]);
        let rates = crate::testing::Rates {
            slow: 1000,
            ..Default::default()
        };
        let read_models = Flaky::new(&log, 1, rates);
        let running = projector(&log, &read_models)
            .options(ProjectorOptions::default().stop_time_max(Duration::ZERO))
            .project(Sums::new())
            .start();
        tokio::task::yield_now().await;
        let before = tokio::time::Instant::now();
        let reason = running.stop().await;
        assert!(matches!(reason, StopReason::Requested), "{reason}");
        assert!(
            before.elapsed() < Duration::from_millis(5),
            "{:?}",
            before.elapsed()
        );
    });
}

/// Runtimes are dropped while a projector folds: tasks are cancelled, and nobody takes that for a
/// panic.
#[test]
fn a_runtime_that_ends_is_no_panic() {
    static MISTAKEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.to_string().contains("is not a panic") {
            MISTAKEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        before(panic);
    }));
    for end in 0..60_u64 {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_time()
            .build();
        let runtime = runtime.unwrap();
        let (log, read_models) = (Log::of(&[8; 200]), MemoryReadModels::new());
        let options = ProjectorOptions::default()
            .batch_events_max(at_most(8))
            .changed_views_max(at_most(4));
        let builder = projector(&log, &read_models).options(options);
        let running = runtime.block_on(async { builder.project(Sums::new()).start() });
        let mut status = running.status();
        let is_folding = |status: &ProjectorStatus| status.models[0].folded_events > end * 20;
        runtime.block_on(status.wait_for(is_folding)).unwrap();
        drop(runtime);
        let reason = futures_executor::block_on(running.stopped());
        let is_sound = matches!(reason, StopReason::Task(TaskError::Cancelled));
        assert!(is_sound, "{reason}");
    }
    assert_eq!(MISTAKEN.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[test]
fn the_table_decides_what_ends_a_projection() {
    let of = |kind| SessionEnd::from(minwon_core::StoreError::new(kind, "x"));
    let goes_on = |end| matches!(end, SessionEnd::Away(_));
    assert!(goes_on(of(StoreErrorKind::Unavailable)));
    assert!(goes_on(of(StoreErrorKind::NewerVersion)));
    assert!(!goes_on(of(StoreErrorKind::Corrupt)));
    let contended = DeadLetterError::Contended {
        stream: "general_DeadLetters-Opened.DLQ".parse().unwrap(),
    };
    assert!(goes_on(SessionEnd::from(contended)));
}
