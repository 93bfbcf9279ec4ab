//! The laws of dues in every history: the properties of a term, through all that moves one.

use minwon_core::Decider;
use proptest::{prelude::*, sample::select};

use super::{apply, case_of, histories, live};
use crate::{
    Calendar, Date, Due, Period, PeriodUnit, PetitionKind, ServiceType,
    application::{
        ApplicationCommand as Command, ApplicationEvent as Event, DueBasis, ExtendPeriod,
        ExtendPeriodAgain, RequestSupplement, Resume, Supplement, Suspend, due_of,
        tests::{
            application, extend_period, extend_period_again, read, receive, request_supplement,
            resume, submit, supplement, suspend,
        },
    },
    statute::SuspensionGround,
};

/// Petitions whose time is moved, step by step in the course of weeks; what is not allowed then is
/// left out.
fn moving() -> impl Strategy<Value = Vec<Event>> {
    let grounds = select(SuspensionGround::ALL);
    let steps = prop::collection::vec((0..6_u8, 0..4_u32, grounds), 1..12);
    steps.prop_map(|steps| {
        let kind = PetitionKind::Grievance;
        let opened: [Command; 2] = [
            submit(ServiceType::DeadlineBound, kind).into(),
            receive(kind).into(),
        ];
        let mut day: Date = read("2026-03-09");
        let later = steps.into_iter().map(|(step, days, ground)| {
            day = day.plus_days(days);
            step_on(day, step, ground)
        });
        live(&opened.into_iter().chain(later).collect::<Vec<_>>()).1
    })
}

/// Something that moves a due, in the afternoon of a day.
fn step_on(day: Date, step: u8, ground: SuspensionGround) -> Command {
    let at = read(&format!("{day}T15:00:00+09:00"));
    match step {
        0 => Suspend {
            ground,
            suspended_at: at,
            ..suspend()
        }
        .into(),
        1 => Resume {
            resumed_at: at,
            ..resume()
        }
        .into(),
        2 => RequestSupplement {
            due: Due::On(day.plus_days(5)),
            requested_at: at,
            ..request_supplement()
        }
        .into(),
        3 => Supplement {
            supplemented_at: at,
            ..supplement()
        }
        .into(),
        4 => ExtendPeriod {
            extended_at: at,
            ..extend_period()
        }
        .into(),
        _ => ExtendPeriodAgain {
            extended_at: at,
            ..extend_period_again()
        }
        .into(),
    }
}

fn petitions() -> impl Strategy<Value = Vec<Event>> {
    prop_oneof![histories(), moving()]
}

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
    fn nothing_that_moves_a_due_makes_it_earlier(history in petitions()) {
        let mut state = application().initial();
        for event in history {
            let before = case_of(&state).map(|case| case.due);
            state = apply(state, std::slice::from_ref(&event));
            // A receipt by another agency begins another period.
            let is_receipt = matches!(event, Event::Received(_));
            let after = case_of(&state).filter(|_| !is_receipt).map(|case| case.due);
            if let (Some(moved), Some(before)) = (after, before) {
                prop_assert!(moved.last_instant() >= before.last_instant(), "{event:?}");
            }
        }
    }

    #[test]
    fn a_counted_due_is_after_the_receipt_and_on_a_working_day(history in petitions()) {
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
    fn whoever_has_a_longer_period_is_never_due_earlier(history in petitions(), days in 6_u16..40) {
        let due = |days| due_of(&received_for(&history, days), Calendar::published()).unwrap();
        let last = |due: Option<Due>| due.map(Due::last_instant);
        prop_assert!(last(due(days)) <= last(due(days + 1)));
    }

    /// Without the stops the same petition is due no later.
    #[test]
    fn time_that_is_not_counted_never_makes_a_due_earlier(history in petitions()) {
        prop_assume!(history.iter().any(is_counted));
        let running: Vec<_> = history.iter().filter(|event| !is_stop(event)).cloned().collect();
        let due = |history: &[Event]| {
            due_of(history, Calendar::published()).unwrap().map(Due::last_instant)
        };
        prop_assert!(due(&running) <= due(&history));
    }

    #[test]
    fn another_holiday_never_makes_a_due_earlier(history in petitions(), after in 0_u32..60) {
        let holiday = "2026-03-09".parse::<Date>().unwrap().plus_days(after);
        let later = Calendar::published().with_holiday(holiday).unwrap();
        let due = |calendar| due_of(&history, calendar).unwrap().map(Due::last_instant);
        prop_assert!(due(Calendar::published()) <= due(&later));
    }
}
