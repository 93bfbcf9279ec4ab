//! Each layer by itself, and their order.

use std::error::Error;

use minwon_adapters::agency::{BreakerState, GuardError};
use minwon_core::Timestamp;
use minwon_petitions::AgencyError;

use crate::support::{
    Agency, Request, ask, away, clock, guard, guard_error, nonzero, refused, secs, tries,
};

#[test]
fn an_answer_comes_through() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).build().unwrap();
    assert_eq!(ask(&guard, &agency, Ok("entry")).unwrap(), "entry");
    assert_eq!((clock.sleepers(), guard.state().in_flight), (0, 0));
    assert_eq!(guard.state().counts.answered, 1);
}

#[test]
fn a_failing_agency_is_asked_again_after_growing_pauses() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).retries(tries(3)).build().unwrap();
    let (mut request, _) = Request::begin(&guard);
    for pause_max in [1, 2] {
        agency.answer(0, away());
        assert!(request.poll().is_none());
        let asked = agency.asked();
        clock.advance(secs(pause_max) / 2 - secs(1) / 1000);
        assert!(request.poll().is_none());
        assert_eq!(agency.asked(), asked, "the pause is at least half of it");
        clock.advance(secs(pause_max) / 2 + secs(1) / 1000);
        assert!(request.poll().is_none());
        assert_eq!(agency.asked(), asked + 1);
    }
    agency.answer(0, Ok("entry"));
    assert_eq!(request.poll().unwrap().unwrap(), "entry");
    let counts = guard.state().counts;
    assert_eq!((counts.failed, counts.retries, counts.answered), (2, 2, 1));
}

#[test]
fn tries_are_bounded_and_the_last_failure_is_returned() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).retries(tries(2)).build().unwrap();
    let (mut request, _) = Request::begin(&guard);
    agency.answer(0, away());
    assert!(request.poll().is_none());
    clock.advance(secs(1));
    assert!(request.poll().is_none());
    agency.answer(0, away());
    let error = guard_error(request.poll().unwrap());
    assert_eq!(error.to_string(), "the agency kept failing (tries: 2)");
    assert_eq!(error.source().unwrap().to_string(), "away");
}

#[test]
fn a_refusal_is_an_answer() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).retries(tries(3)).build().unwrap();
    for _ in 0..10 {
        let answer = ask(&guard, &agency, refused());
        assert!(matches!(answer, Err(AgencyError::Refused(_))));
    }
    assert_eq!(agency.asked(), 10, "none was asked again");
    assert_eq!(guard.state().breaker, BreakerState::Closed);
    assert_eq!(guard.state().counts.refused, 10);
}

#[test]
fn an_agency_that_hangs_is_left_after_the_timeout() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).build().unwrap();
    let (mut request, _) = Request::begin(&guard);
    clock.advance(secs(5) - secs(1) / 1000);
    assert!(request.poll().is_none());
    clock.advance(secs(1) / 1000);
    match guard_error(request.poll().unwrap()) {
        GuardError::GaveUp { tries: 1, last } => {
            let last = last.downcast::<GuardError>().unwrap();
            assert!(matches!(*last, GuardError::TimedOut { timeout } if timeout == secs(5)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(agency.in_flight(), 0, "the question was dropped");
}

#[test]
fn an_open_breaker_answers_without_asking() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).build().unwrap();
    for _ in 0..3 {
        ask(&guard, &agency, away()).unwrap_err();
    }
    let until = Timestamp::UNIX_EPOCH.saturating_add(secs(30));
    assert_eq!(guard.state().breaker, BreakerState::Open { until });
    clock.advance(secs(29));
    let error = guard_error(ask(&guard, &agency, Ok("entry")));
    assert!(matches!(error, GuardError::Open { until: reported } if reported == until));
    assert_eq!(agency.asked(), 3);
    let counts = guard.state().counts;
    assert_eq!((counts.opened, counts.turned_away_by_breaker), (1, 1));
}

#[test]
fn after_the_wait_one_probe_decides() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).build().unwrap();
    for _ in 0..3 {
        ask(&guard, &agency, away()).unwrap_err();
    }
    clock.advance(secs(30));
    let (mut probe, _) = Request::begin(&guard);
    assert_eq!(guard.state().breaker, BreakerState::HalfOpen);
    let (_, other) = Request::begin(&guard);
    assert!(matches!(guard_error(other.unwrap()), GuardError::Probing));
    agency.answer(0, Ok("entry"));
    probe.poll().unwrap().unwrap();
    assert_eq!(guard.state().breaker, BreakerState::Closed);
    assert_eq!(agency.asked(), 4);
}

#[test]
fn nobody_waits_in_the_queue_only_to_be_turned_away() {
    let (agency, clock) = (Agency::default(), clock());
    let builder = guard(&agency, &clock).timeout(secs(60));
    let builder = builder.breaker_opens_at(nonzero(1), nonzero(1));
    let guard = builder.build().unwrap();
    let (_slow, _) = Request::begin(&guard);
    let (mut failing, _) = Request::begin(&guard);
    agency.answer(1, away());
    failing.poll().unwrap().unwrap_err();
    clock.advance(secs(30));
    let (_probe, _) = Request::begin(&guard);
    assert_eq!(guard.state().in_flight, 2, "no place is left");
    let (_, other) = Request::begin(&guard);
    assert!(matches!(guard_error(other.unwrap()), GuardError::Probing));
}

#[test]
fn a_dropped_probe_is_made_by_the_next() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).build().unwrap();
    for _ in 0..3 {
        ask(&guard, &agency, away()).unwrap_err();
    }
    clock.advance(secs(30));
    drop(Request::begin(&guard));
    assert_eq!(guard.state().in_flight, 0);
    assert_eq!(ask(&guard, &agency, Ok("entry")).unwrap(), "entry");
    assert_eq!(guard.state().breaker, BreakerState::Closed);
}

#[test]
fn an_open_breaker_ends_the_retries_of_all() {
    let (agency, clock) = (Agency::default(), clock());
    let builder = guard(&agency, &clock).retries(tries(10));
    let guard = builder.build().unwrap();
    let (mut one, _) = Request::begin(&guard);
    agency.answer(0, away());
    assert!(one.poll().is_none(), "it pauses");
    let (mut two, _) = Request::begin(&guard);
    agency.answer(0, away());
    assert!(two.poll().is_none(), "it pauses too");
    let (mut three, _) = Request::begin(&guard);
    assert_eq!(guard.state().waiting, 1, "two that pause hold their places");
    clock.advance(secs(1));
    assert!(one.poll().is_none());
    agency.answer(0, away());
    let error = guard_error(one.poll().unwrap());
    assert!(matches!(error, GuardError::GaveUp { tries: 2, .. }));
    let error = guard_error(two.poll().unwrap());
    assert!(matches!(error, GuardError::GaveUp { tries: 1, .. }));
    let error = guard_error(three.poll().unwrap());
    assert!(matches!(error, GuardError::Open { .. }));
    assert_eq!((agency.asked(), guard.state().in_flight), (3, 0));
}

#[test]
fn beyond_the_queue_requests_are_turned_away_at_once() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).build().unwrap();
    let [(mut first, _), _second, (mut queued, early)] = [(); 3].map(|()| Request::begin(&guard));
    assert!(early.is_none());
    let state = guard.state();
    assert_eq!((state.in_flight, state.waiting, agency.asked()), (2, 1, 2));
    let (_, turned_away) = Request::begin(&guard);
    let error = guard_error(turned_away.unwrap());
    assert!(matches!(
        error,
        GuardError::Busy {
            in_flight_max: 2,
            waiting_max: 1
        }
    ));
    agency.answer(0, Ok("entry"));
    first.poll().unwrap().unwrap();
    assert!(queued.poll().is_none());
    let state = guard.state();
    assert_eq!((state.in_flight, state.waiting, agency.asked()), (2, 0, 3));
    assert_eq!(state.counts.turned_away_by_bulkhead, 1);
}

#[test]
fn waiting_for_a_place_has_an_end() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).timeout(secs(60)).build().unwrap();
    let [_first, _second, (mut queued, _)] = [(); 3].map(|()| Request::begin(&guard));
    clock.advance(secs(10));
    let error = guard_error(queued.poll().unwrap());
    assert!(matches!(error, GuardError::WaitedTooLong { .. }));
    assert_eq!((guard.state().waiting, agency.asked()), (0, 2));
}

#[test]
fn a_dropped_request_gives_back_its_place_and_its_turn() {
    let (agency, clock) = (Agency::default(), clock());
    let guard = guard(&agency, &clock).build().unwrap();
    let [(first, _), _second, (queued, _)] = [(); 3].map(|()| Request::begin(&guard));
    drop(queued);
    assert_eq!(guard.state().waiting, 0);
    drop(first);
    assert_eq!(guard.state().in_flight, 1);
    let (_third, early) = Request::begin(&guard);
    assert!(early.is_none());
    assert_eq!((agency.asked(), guard.state().in_flight), (3, 2));
}

#[test]
fn what_is_out_of_bounds_is_named() {
    let (agency, clock) = (Agency::default(), clock());
    let sane = || guard(&agency, &clock);
    for (builder, option) in [
        (sane().timeout(secs(0)), "timeout"),
        (sane().breaker_wait(secs(3601)), "breaker_wait"),
        (sane().waiting_max(100_001, secs(1)), "waiting_max"),
        (sane().waiting_max(1, secs(0)), "the longest wait"),
        (
            sane().breaker_opens_at(nonzero(65), nonzero(65)),
            "the breaker's tries",
        ),
        (
            sane().breaker_opens_at(nonzero(4), nonzero(3)),
            "the breaker's failures",
        ),
        (sane().retries(tries(21)), "tries_max"),
    ] {
        assert_eq!(builder.build().unwrap_err().option, option);
    }
}

#[cfg(feature = "metrics")]
#[test]
fn its_calls_are_counted_under_its_name_and_its_state_is_reported() {
    use minwon_core::{
        metrics::{AGENCY_BREAKER, AGENCY_CALLS, AGENCY_DURATION, AGENCY_IN_FLIGHT_MAX, RETRIES},
        testing::KeptMetrics,
    };
    let kept = KeptMetrics::default();
    kept.during(|| {
        let (agency, clock) = (Agency::default(), clock());
        let guard = guard(&agency, &clock).name("register").retries(tries(2));
        let guard = guard.build().unwrap();
        ask(&guard, &agency, Ok("entry")).unwrap();
        assert!(ask(&guard, &agency, refused()).is_err());
        let (mut request, _) = Request::begin(&guard);
        agency.answer(0, away());
        assert!(request.poll().is_none());
        clock.advance(secs(1));
        assert!(request.poll().is_none());
        clock.advance(secs(5));
        assert!(request.poll().unwrap().is_err(), "too late");
        let (mut request, _) = Request::begin(&guard);
        agency.answer(1, away());
        assert!(request.poll().is_some(), "the third failure in a row");
        guard.report_metrics();
        assert!(Request::begin(&guard).1.is_some(), "turned away");
    });
    let calls = kept.values(&AGENCY_CALLS).into_iter();
    let calls: Vec<_> = calls.map(|(labels, n)| (labels[1].clone(), n)).collect();
    let expected = [
        ("answered", 1.0),
        ("breaker_open", 1.0),
        ("failed", 2.0),
        ("refused", 1.0),
        ("timed_out", 1.0),
    ];
    assert_eq!(calls, expected.map(|(outcome, n)| (outcome.to_owned(), n)));
    assert_eq!(
        kept.values(&AGENCY_DURATION).len(),
        4,
        "of those that were asked"
    );
    assert_eq!(
        kept.value(&RETRIES, &["", "agency", "register", "failed"]),
        Some(1.0)
    );
    let is = |state| kept.value(&AGENCY_BREAKER, &["register", state]);
    assert_eq!(
        ["closed", "open", "half_open"].map(is),
        [Some(0.0), Some(1.0), Some(0.0)]
    );
    assert_eq!(kept.value(&AGENCY_IN_FLIGHT_MAX, &["register"]), Some(2.0));
}
