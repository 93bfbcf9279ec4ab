//! What holds of the dues of every history: the properties of a term, through all that moves one.

use proptest::prelude::*;

use super::{apply, case_of, histories};
use crate::{
    Calendar, Date, Due, Period, PeriodUnit,
    application::{due_of, event::DueBasis, moved_due, tests::application},
    catalogue::ApplicationEvent as Event,
};
use minwon_core::Decider;

/// The same history of a petition that was received for another period.
fn received_for(history: &[Event], days: u16) -> Vec<Event> {
    let period = Period::new(days, PeriodUnit::Days).unwrap();
    let with_period = |event: &Event| match event.clone() {
        Event::Received(mut receipt) if receipt.basis == DueBasis::Statute => {
            receipt.period = period;
            Event::Received(receipt)
        }
        event => event,
    };
    history.iter().map(with_period).collect()
}

fn is_counted(event: &Event) -> bool {
    matches!(event, Event::Received(receipt) if receipt.basis == DueBasis::Statute)
}

fn is_stop(event: &Event) -> bool {
    matches!(
        event,
        Event::SupplementRequested(_)
            | Event::Supplemented(_)
            | Event::ClockSuspended(_)
            | Event::ClockResumed(_)
    )
}

proptest! {
    /// Neither a supplement (D24), nor a clock that stood (D20), an extension (D21), or an
    /// objection that was upheld (A35).
    #[test]
    fn nothing_that_moves_a_due_makes_it_earlier(history in histories()) {
        let mut state = application().initial();
        for event in history {
            let before = case_of(&state).map(|case| case.due);
            state = apply(state, std::slice::from_ref(&event));
            if let (Some(moved), Some(before)) = (moved_due(&event), before) {
                prop_assert!(moved.due.last_instant() >= before.last_instant(), "{event:?}");
            }
        }
    }

    #[test]
    fn a_counted_due_is_after_the_receipt_and_on_a_working_day(history in histories()) {
        let mut state = application().initial();
        for event in history {
            state = apply(state, std::slice::from_ref(&event));
            if let Some(case) = case_of(&state).filter(|case| case.is_counted()) {
                prop_assert!(case.due.last_instant() > case.receipt.received_at);
                let day = Date::in_seoul(case.due.last_instant());
                prop_assert_eq!(Calendar::published().is_working_day(day), Ok(true));
            }
        }
    }

    #[test]
    fn whoever_has_a_longer_period_is_never_due_earlier(history in histories(), days in 6_u16..40) {
        let due = |days| due_of(&received_for(&history, days), Calendar::published()).unwrap();
        let last = |due: Option<Due>| due.map(Due::last_instant);
        prop_assert!(last(due(days)) <= last(due(days + 1)));
    }

    /// Without the stops the same petition is due no later.
    #[test]
    fn time_that_is_not_counted_never_makes_a_due_earlier(history in histories()) {
        prop_assume!(history.iter().any(is_counted));
        let running: Vec<_> = history.iter().filter(|event| !is_stop(event)).cloned().collect();
        let due = |history: &[Event]| {
            due_of(history, Calendar::published()).unwrap().map(Due::last_instant)
        };
        prop_assert!(due(&running) <= due(&history));
    }

    #[test]
    fn another_holiday_never_makes_a_due_earlier(history in histories(), after in 0_u32..60) {
        let holiday = "2026-03-09".parse::<Date>().unwrap().plus_days(after);
        let later = Calendar::published().with_holiday(holiday).unwrap();
        let due = |calendar| due_of(&history, calendar).unwrap().map(Due::last_instant);
        prop_assert!(due(Calendar::published()) <= due(&later));
    }
}
