//! The limits hold in any order of requests, answers, drops and time.

use minwon_adapters::agency::BreakerState;
use minwon_core::Clock;
use proptest::{collection::vec, prelude::*};

use crate::support::{Agency, Request, ask, away, clock, guard, refused, secs, tries};

#[derive(Debug, Clone)]
enum Step {
    Begin,
    Answer(usize, u8),
    Drop(usize),
    Advance(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Begin),
        4 => (any::<usize>(), 0_u8..6).prop_map(|(which, how)| Step::Answer(which, how)),
        1 => any::<usize>().prop_map(Step::Drop),
        2 => (0_u64..20).prop_map(Step::Advance),
    ]
}

proptest! {
    #[test]
    fn the_limits_hold(steps in vec(step(), 0..120)) {
        let (agency, clock) = (Agency::default(), clock());
        let guard = guard(&agency, &clock).retries(tries(3)).build().unwrap();
        let mut requests = Vec::new();
        for step in steps {
            let (before, asked) = (guard.state(), agency.asked());
            match step {
                Step::Begin => {
                    let (request, early) = Request::begin(&guard);
                    if early.is_none() {
                        requests.push(request);
                    }
                }
                Step::Answer(which, 0) => agency.answer(which, Ok("entry")),
                Step::Answer(which, 1) => agency.answer(which, refused()),
                Step::Answer(which, _) => agency.answer(which, away()),
                Step::Drop(which) => {
                    if let Some(place) = which.checked_rem(requests.len()) {
                        requests.swap_remove(place);
                    }
                }
                Step::Advance(seconds) => clock.advance(secs(seconds)),
            }
            requests.retain_mut(|request| request.poll().is_none());

            let after = guard.state();
            prop_assert!(agency.in_flight() <= after.in_flight && after.in_flight <= 2);
            prop_assert!(after.waiting <= 1);
            prop_assert!(after.in_flight + after.waiting <= requests.len());
            let is_left_alone = match after.breaker {
                BreakerState::Open { until } => clock.now() < until,
                _ => after.breaker == BreakerState::HalfOpen,
            };
            if before.breaker == after.breaker && is_left_alone {
                prop_assert_eq!(agency.asked(), asked, "{:?} let somebody through", after.breaker);
            }
        }
        drop(requests);
        let end = guard.state();
        prop_assert_eq!((end.in_flight, end.waiting, agency.in_flight(), clock.sleepers()), (0, 0, 0, 0));
        clock.advance(secs(30));
        prop_assert_eq!(ask(&guard, &agency, Ok("entry")).unwrap(), "entry");
    }
}
