use futures_executor::block_on;
use minwon_core::{
    ExpectedVersion, StreamVersion,
    testing::{ManualClock, MemoryReadModels},
};

use super::*;
use crate::testing::{
    Flaky, Log, Sums, catch_up, model, namespace, numbered, projector, run, stream,
};

async fn measure(
    log: &Log,
    read_models: &(impl ReadModelStore + ReadModelAdmin),
    clock: &ManualClock,
) -> Lag {
    let filter = EventFilter::namespace(namespace());
    let model = model();
    let lag = measure_lag(&log.store, read_models, &model, &filter, clock);
    lag.await.unwrap()
}

#[test]
fn a_read_model_without_a_projector_was_never_built() {
    let (log, read_models) = (Log::of(&[2]), MemoryReadModels::new());
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let filter = EventFilter::all();
    let model = model();
    let lag = measure_lag(&log.store, &read_models, &model, &filter, &clock);
    assert!(matches!(block_on(lag), Err(LagError::NeverBuilt { .. })));
}

#[test]
fn what_waits_is_counted_and_timed_until_it_is_folded_in() {
    run(async {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let (log, read_models) = (Log::with_clock(clock.clone()), MemoryReadModels::new());
        log.append("p-0");
        let minute = Duration::from_secs(60);
        clock.advance(minute);
        catch_up(&log, &read_models).await;
        let lag = measure(&log, &read_models, &clock).await;
        assert_eq!((lag.events, lag.waiting), (0, Duration::ZERO));
        assert!(lag.is_ready && !lag.is_more);
        assert_eq!((lag.position, lag.head), (log.head(), log.head()));
        assert_eq!(lag.measured_at, clock.now());
        let before = log.head();
        for _ in 0..3 {
            log.append("p-1");
            clock.advance(minute);
        }
        let lag = measure(&log, &read_models, &clock).await;
        assert_eq!((lag.events, lag.waiting), (3, 3 * minute));
        assert!(lag.is_ready, "what it shows is old, and complete");
        assert_eq!((lag.position, lag.head), (before, log.head()));
        catch_up(&log, &read_models).await;
        assert_eq!(measure(&log, &read_models, &clock).await.events, 0);
    });
}

#[test]
fn what_others_write_is_no_lag() {
    run(async {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let (log, read_models) = (Log::with_clock(clock.clone()), MemoryReadModels::new());
        log.append("p-0");
        catch_up(&log, &read_models).await;
        let elsewhere = "car_CarApplication-p-0".parse().unwrap();
        log.write(elsewhere, numbered("p-0", 0, 9));
        clock.advance(Duration::from_secs(1));
        let lag = measure(&log, &read_models, &clock).await;
        assert_eq!((lag.events, lag.waiting), (0, Duration::ZERO));
        assert!(lag.position < lag.head);
    });
}

#[test]
fn a_dead_projector_and_a_lost_slice_show() {
    run(async {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let log = Log::with_clock(clock.clone());
        let read_models = Flaky::sound(&log);
        let running = projector(&log, &read_models).project(Sums::new()).start();
        running.reached(log.append("p-0")).await.unwrap();
        drop(running);
        let died_at = log.head();
        for number in 1..=5 {
            log.append("p-0");
            clock.advance(Duration::from_secs(1));
            let lag = measure(&log, &read_models, &clock).await;
            assert_eq!((lag.events, lag.position), (number, died_at));
            assert_eq!(lag.waiting, Duration::from_secs(number));
        }
        read_models
            .model
            .wipe(&crate::testing::generation(1).slice(minwon_core::Slice::new(3)));
        let lag = measure(&log, &read_models, &clock).await;
        assert_eq!((lag.events, lag.position), (6, GlobalPosition::START));
        assert!(!lag.is_ready);
    });
}

/// Pages of the model's log hold 64 events at most, so a count ends within a page.
#[test]
fn counting_ends_at_the_limit_and_says_whether_there_is_more() {
    for (events, counted, is_more) in [
        (9_999, 9_999, false),
        (10_000, 10_000, false),
        (10_001, 10_000, true),
        (10_048, 10_000, true),
        (10_100, 10_000, true),
    ] {
        let (log, read_models) = (Log::new(), MemoryReadModels::new());
        run(catch_up(&log, &read_models));
        let all: Vec<_> = (0..events).map(|n| numbered("p-0", n, 1)).collect();
        let mut last: Option<StreamVersion> = None;
        for some in all.chunks(4096) {
            let stream = stream("p-0");
            let append = log.store.append(&stream, ExpectedVersion::of(last), some);
            last = Some(block_on(append).unwrap().version);
        }
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let lag = block_on(measure(&log, &read_models, &clock));
        assert_eq!((lag.events, lag.is_more), (counted, is_more), "{events}");
    }
}

/// What lies before one place is not read again for the next, and at the head nothing is read.
#[test]
fn each_place_is_behind_by_what_lies_beyond_it() {
    let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
    let log = Log::with_clock(clock.clone());
    let minute = Duration::from_secs(60);
    let mut at = Vec::new();
    for _ in 0..5 {
        clock.advance(minute);
        at.push((log.append("p-0"), clock.now()));
    }
    let filter = EventFilter::namespace(namespace());
    let behind = |places: &[GlobalPosition]| {
        let places = places.iter().copied().collect();
        block_on(measure_behind(&log.store, &filter, &places)).unwrap()
    };
    let (head, measured) = behind(&[at[4].0, at[2].0, GlobalPosition::START, at[1].0]);
    assert_eq!(head, at[4].0);
    let measured: Vec<_> = measured.values().map(|it| (it.events, it.oldest)).collect();
    let beyond = |place: usize| (5 - place as u64, at.get(place).map(|(_, then)| *then));
    assert_eq!(measured, [0, 2, 3, 5].map(beyond));
    assert_eq!(behind(&[]).1.len(), 0);
}

#[test]
fn many_events_are_counted_up_to_a_limit_for_all_places_together() {
    let log = Log::of(&[5_000, 7_000]);
    let filter = EventFilter::namespace(namespace());
    let places = [
        GlobalPosition::START,
        GlobalPosition::new(100),
        GlobalPosition::new(11_000),
    ];
    let places = places.into_iter().collect();
    let (_, behind) = block_on(measure_behind(&log.store, &filter, &places)).unwrap();
    let events: Vec<_> = behind.values().map(|it| it.events).collect();
    assert_eq!(events, [COUNTED_MAX, COUNTED_MAX, 1_000]);
    assert!(behind.values().all(|it| it.oldest.is_some()));
}

/// Others write to the same log.
#[test]
fn what_the_filter_leaves_out_is_nothing_to_be_behind_with() {
    let log = Log::of(&[3]);
    let filter = EventFilter::namespace("others".parse().unwrap());
    let places = [GlobalPosition::START].into_iter().collect();
    let (_, behind) = block_on(measure_behind(&log.store, &filter, &places)).unwrap();
    let none = Behind {
        events: 0,
        oldest: None,
    };
    assert_eq!(behind[&GlobalPosition::START], none);
}
