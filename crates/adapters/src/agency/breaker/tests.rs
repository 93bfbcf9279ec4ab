use super::*;
use proptest::{collection::vec, prelude::*};

const WAIT: Duration = Duration::from_secs(30);

fn breaker(failures: u32, of_last: u32) -> Breaker {
    Breaker::new(Rule {
        failures,
        of_last,
        wait: WAIT,
    })
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::UNIX_EPOCH.saturating_add(Duration::from_secs(seconds))
}

fn open_at(breaker: &mut Breaker, now: Timestamp) {
    for _ in 1..breaker.rule.failures {
        let pass = breaker.admit(now).unwrap();
        assert_eq!(breaker.settle(&pass, true, now), Change::None);
    }
    let pass = breaker.admit(now).unwrap();
    let until = now.saturating_add(WAIT);
    let opened = Change::Opened { until };
    assert_eq!(breaker.settle(&pass, true, now), opened);
}

#[test]
fn it_opens_and_tries_one_after_the_wait() {
    let mut breaker = breaker(3, 3);
    open_at(&mut breaker, at(0));
    let open = BreakerState::Open { until: at(30) };
    assert_eq!(breaker.state(), open);
    assert_eq!(breaker.admit(at(29)).unwrap_err(), open);
    let probe = breaker.admit(at(30)).unwrap();
    assert_eq!(breaker.admit(at(30)).unwrap_err(), BreakerState::HalfOpen);
    assert_eq!(breaker.admit(at(999)).unwrap_err(), BreakerState::HalfOpen);
    assert_eq!(breaker.settle(&probe, false, at(31)), Change::Closed);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn a_probe_that_fails_opens_it_again() {
    let mut breaker = breaker(1, 1);
    open_at(&mut breaker, at(0));
    let probe = breaker.admit(at(30)).unwrap();
    let change = breaker.settle(&probe, true, at(40));
    assert_eq!(change, Change::Opened { until: at(70) });
    assert!(breaker.admit(at(69)).is_err());
}

#[test]
fn after_it_closes_old_failures_are_forgotten() {
    let mut breaker = breaker(2, 10);
    open_at(&mut breaker, at(0));
    let probe = breaker.admit(at(30)).unwrap();
    breaker.settle(&probe, false, at(30));
    let pass = breaker.admit(at(31)).unwrap();
    assert_eq!(breaker.settle(&pass, true, at(31)), Change::None);
}

#[test]
fn a_probe_given_back_goes_to_the_next() {
    let mut breaker = breaker(1, 1);
    open_at(&mut breaker, at(0));
    let dropped = breaker.admit(at(30)).unwrap();
    breaker.give_back(&dropped);
    let probe = breaker.admit(at(30)).unwrap();
    breaker.give_back(&dropped); // it is nobody's any more
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert_eq!(breaker.settle(&probe, false, at(30)), Change::Closed);
}

#[test]
fn what_began_before_it_turned_counts_no_more() {
    let mut breaker = breaker(1, 1);
    let [slow, slower] = [(); 2].map(|()| breaker.admit(at(0)).unwrap());
    open_at(&mut breaker, at(0));
    assert_eq!(breaker.settle(&slow, false, at(30)), Change::None);
    let probe = breaker.admit(at(30)).unwrap();
    assert_eq!(breaker.settle(&slower, true, at(30)), Change::None);
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    assert_eq!(breaker.settle(&probe, false, at(30)), Change::Closed);
}

#[test]
fn a_clock_put_back_does_not_keep_it_open() {
    let mut breaker = breaker(1, 1);
    open_at(&mut breaker, at(100_000));
    assert!(breaker.admit(at(100_000)).is_err());
    assert!(breaker.admit(at(50_000)).is_ok());
}

proptest! {
    /// Against the plainest form of the rule: a list of outcomes.
    #[test]
    fn it_opens_just_when_so_many_of_the_last_failed(
        of_last in 1_u32..=64,
        share in 0.0_f64..1.0,
        outcomes in vec(any::<bool>(), 0..300),
    ) {
        let failures = 1 + (f64::from(of_last - 1) * share) as u32;
        let mut breaker = breaker(failures, of_last);
        let mut past = Vec::new();
        for is_failure in outcomes {
            let pass = breaker.admit(at(0)).unwrap();
            past.push(is_failure);
            let failed = past.iter().rev().take(of_last as usize).filter(|&&failed| failed).count();
            let opened = breaker.settle(&pass, is_failure, at(0)) != Change::None;
            prop_assert_eq!(opened, failed >= failures as usize);
            if opened {
                break;
            }
        }
    }

    /// In any order of tries, outcomes, drops and time there is at most one probe, nobody is let
    /// through before the wait is over, and nobody waits longer than that.
    #[test]
    fn one_probe_at_a_time_and_none_too_early(steps in vec((0_u8..5, any::<usize>()), 0..200)) {
        let mut breaker = breaker(2, 3);
        let (mut now, mut opened_at) = (0, None);
        let mut passes: Vec<(Pass, bool)> = Vec::new();
        for (step, which) in steps {
            let place = which.checked_rem(passes.len());
            match (step, place) {
                (0, _) => now += which as u64 % 20,
                (1 | 2, _) => {
                    let is_probe = breaker.state() != BreakerState::Closed;
                    let has_probe = breaker.state() == BreakerState::HalfOpen;
                    let is_early = opened_at.is_some_and(|then| now < then + WAIT.as_secs());
                    match breaker.admit(at(now)) {
                        Ok(pass) => {
                            prop_assert!(!is_early && !has_probe);
                            passes.push((pass, is_probe));
                        }
                        Err(_) => prop_assert!(is_early || has_probe),
                    }
                }
                (_, None) => {}
                (3, Some(place)) => breaker.give_back(&passes.swap_remove(place).0),
                (_, Some(place)) => {
                    let (pass, _) = passes.swap_remove(place);
                    match breaker.settle(&pass, which % 3 != 0, at(now)) {
                        Change::Opened { .. } => opened_at = Some(now),
                        Change::Closed => opened_at = None,
                        Change::None => {}
                    }
                }
            }
            let probes = passes.iter().filter(|(pass, is_probe)| *is_probe && pass.round == breaker.round);
            prop_assert_eq!(probes.count(), usize::from(breaker.state() == BreakerState::HalfOpen));
        }
    }
}
