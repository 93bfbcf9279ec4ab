//! The laws that hold for every term.

use std::time::Duration;

use minwon_core::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::{Due, PeriodUnit};

const MINUTE_MICROS: i64 = 60_000_000;

/// From 2020 until so early that a year and two extensions by a year are covered.
fn instants() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (
        at("2020-01-01T00:00:00+09:00"),
        at("2026-12-31T00:00:00+09:00"),
    );
    let micros = first.unix_micros()..last.unix_micros();
    let minutes = micros
        .clone()
        .prop_map(|micros| micros - micros.rem_euclid(MINUTE_MICROS));
    let hours = micros
        .clone()
        .prop_map(|micros| micros - micros.rem_euclid(60 * MINUTE_MICROS));
    prop_oneof![micros, minutes, hours]
        .prop_map(|micros| Timestamp::from_unix_micros(micros).unwrap())
}

fn dates() -> impl Strategy<Value = Date> {
    instants().prop_map(Date::in_seoul)
}

fn units() -> impl Strategy<Value = (PeriodUnit, u16)> {
    prop_oneof![
        Just((PeriodUnit::WorkingHours, 60)),
        Just((PeriodUnit::Days, 8)),
        Just((PeriodUnit::Days, 90)),
        Just((PeriodUnit::Weeks, 12)),
        Just((PeriodUnit::Months, 8)),
        Just((PeriodUnit::Years, 1)),
    ]
}

fn periods() -> impl Strategy<Value = Period> {
    let counted = units().prop_flat_map(|(unit, most)| {
        (1..=most).prop_map(move |count| Period::new(count, unit).unwrap())
    });
    prop_oneof![1 => Just(Period::Immediate), 9 => counted]
}

/// Days and outages that lie around the weeks after `received_at`.
fn exclusions_after(received_at: Timestamp) -> impl Strategy<Value = Exclusions> {
    let hour = 60 * MINUTE_MICROS;
    let days = prop::collection::vec((-5_i64..60, 0_i64..8), 0..4);
    let outages = prop::collection::vec((-100_i64..600, 0_i64..60), 0..4);
    (days, outages).prop_map(move |(days, outages)| {
        let received_on = Date::in_seoul(received_at).epoch_days();
        let day = |days| Date::from_epoch_days(received_on + days).unwrap();
        let instant =
            |hours| Timestamp::from_unix_micros(received_at.unix_micros() + hours * hour).unwrap();
        let all = days
            .into_iter()
            .fold(Exclusions::none(), |all, (first, more)| {
                all.with_days(day(first), day(first + more)).unwrap()
            });
        outages.into_iter().fold(all, |all, (from, more)| {
            all.with_outage(instant(from), instant(from + more))
                .unwrap()
        })
    })
}

fn terms() -> impl Strategy<Value = ProcessingTerm> {
    let received = (instants(), periods());
    let with_exclusions = received.prop_flat_map(|(received_at, period)| {
        let exclusions = prop_oneof![
            Just(Exclusions::none()).boxed(),
            exclusions_after(received_at).boxed()
        ];
        exclusions.prop_map(move |exclusions| {
            ProcessingTerm::new(received_at, period).excluding(exclusions)
        })
    });
    (with_exclusions, 0..=2).prop_map(|(mut term, extensions)| {
        for _ in 0..extensions {
            let period = term.period();
            term = term.with_extension(period).unwrap();
        }
        term
    })
}

fn due_of(term: &ProcessingTerm) -> Due {
    term.due(Calendar::published()).unwrap()
}

fn last_of(term: &ProcessingTerm) -> Timestamp {
    due_of(term).last_instant()
}

fn day_of(due: Due) -> Date {
    Date::in_seoul(due.last_instant())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_due_is_never_before_the_receipt(term in terms()) {
        prop_assert!(last_of(&term) > term.received_at());
    }

    #[test]
    fn a_due_is_never_on_a_day_that_is_not_worked_on_or_does_not_count(term in terms()) {
        let day = day_of(due_of(&term));
        prop_assert_eq!(Calendar::published().is_working_day(day), Ok(true));
        prop_assert!(!term.exclusions().covers(day));
    }

    #[test]
    fn a_longer_period_is_never_due_earlier(
        received_at in instants(),
        (unit, most) in units(),
        count in 1_u16..90,
        hours in 1_u16..8,
    ) {
        let count = count.min(most);
        let calendar = Calendar::published();
        let last = |count| {
            let term = ProcessingTerm::new(received_at, Period::new(count, unit).unwrap());
            term.due(calendar).unwrap().last_instant()
        };
        prop_assert!(last(count) <= last(count + 1));
        let short = ProcessingTerm::new(received_at, Period::new(hours, PeriodUnit::WorkingHours).unwrap());
        let day = ProcessingTerm::new(received_at, period("1 day"));
        prop_assert!(last_of(&short) <= last_of(&day));
    }

    #[test]
    fn whoever_receives_later_is_never_due_earlier(
        a in instants(),
        days in 0_u64..40,
        of in periods(),
    ) {
        let b = a.saturating_add(Duration::from_secs(days * 86_400 / 2));
        let (a, b) = (ProcessingTerm::new(a, of), ProcessingTerm::new(b, of));
        prop_assert!(last_of(&a) <= last_of(&b));
    }

    #[test]
    fn days_within_office_hours_keep_the_time(
        on in dates(),
        minutes in 1_i64..480,
        count in 1_u16..=5,
    ) {
        let calendar = Calendar::published();
        let on = calendar.working_day_from(on).unwrap();
        // 09:01 to 17:59 without 12:01 to 13:00, at whose ends hours are used up before lunch.
        let minutes = if minutes <= 180 { 540 + minutes } else { 600 + minutes };
        let midnight = on.start_in_seoul().unix_micros();
        let received_at = Timestamp::from_unix_micros(midnight + minutes * MINUTE_MICROS).unwrap();
        let term = ProcessingTerm::new(received_at, Period::new(count, PeriodUnit::Days).unwrap());
        let Due::At(due) = due_of(&term) else { panic!("an instant") };
        let time = |instant| Date::and_time_in_seoul(instant).1;
        prop_assert_eq!(time(due), time(received_at));
        let between = calendar.working_days_before(day_of(Due::At(due))).unwrap()
            - calendar.working_days_before(on).unwrap();
        prop_assert_eq!(between, i64::from(count));
    }

    #[test]
    fn another_holiday_never_makes_a_due_earlier(term in terms(), after in 0_u32..60) {
        let holiday = Date::in_seoul(term.received_at()).plus_days(after);
        let calendar = Calendar::published().with_holiday(holiday).unwrap();
        let due = term.due(&calendar).unwrap();
        prop_assert!(due.last_instant() >= last_of(&term));
        prop_assert!(day_of(due) != holiday);
    }

    #[test]
    fn excluding_more_never_makes_a_due_earlier(
        term in terms(),
        first in 0_u32..60,
        more in 0_u32..8,
        outage in 1_u64..100,
    ) {
        let first = Date::in_seoul(term.received_at()).plus_days(first);
        let more = term.exclusions().clone().with_days(first, first.plus_days(more)).unwrap();
        let longer = term.clone().excluding(more);
        prop_assert!(last_of(&longer) >= last_of(&term));
        let from = first.start_in_seoul();
        let until = from.saturating_add(Duration::from_secs(outage * 3600));
        let more = term.exclusions().clone().with_outage(from, until).unwrap();
        let longer = term.clone().excluding(more);
        prop_assert!(last_of(&longer) >= last_of(&term));
    }

    #[test]
    fn an_extension_makes_a_due_later(term in terms()) {
        let by = term.period();
        if let Ok(extended) = term.clone().with_extension(by) {
            prop_assert!(last_of(&extended) > last_of(&term));
        }
    }

    /// Look-ups and a walk from day to day come to the same.
    #[test]
    fn the_count_day_by_day_ends_on_the_due(term in terms()) {
        let days = term.days(Calendar::published()).unwrap();
        let last = days.last().unwrap();
        prop_assert_eq!(last.date, day_of(due_of(&term)));
        prop_assert!(matches!(last.counts, DayCounts::Day(_) | DayCounts::Time(_)));
        let time: Duration = days.iter().map(|day| match day.counts {
            DayCounts::Time(time) => time,
            _ => Duration::ZERO,
        }).sum();
        if let Due::At(_) = due_of(&term) {
            let left = term.remaining_at(term.received_at(), Calendar::published()).unwrap();
            prop_assert_eq!(left, time);
        }
    }

    #[test]
    fn a_count_after_a_day_ends_on_its_due(on in dates(), of in periods()) {
        let calendar = Calendar::published();
        match (supplement_due(on, of, calendar), days_after(on, of, calendar)) {
            (Ok(due), Ok(days)) => {
                prop_assert_eq!(day_of(due), days.last().unwrap().date);
                prop_assert!(day_of(due) > on);
                prop_assert_eq!(calendar.is_working_day(day_of(due)), Ok(true));
            }
            (due, days) => prop_assert_eq!(due.unwrap_err(), days.unwrap_err()),
        }
    }

    /// A microsecond before, a microsecond of the working time is left.
    #[test]
    fn hours_are_due_when_they_are_used_up(received_at in instants(), hours in 1_u16..100) {
        let calendar = Calendar::published();
        let term = ProcessingTerm::new(received_at, Period::new(hours, PeriodUnit::WorkingHours).unwrap());
        let due = last_of(&term);
        let used = calendar.working_time_between(received_at, due).unwrap();
        prop_assert_eq!(used, Duration::from_secs(u64::from(hours) * 3600));
        let micro = Duration::from_micros(1);
        let before = term.remaining_at(due.saturating_sub(micro), calendar);
        prop_assert_eq!(before, Ok(micro));
    }

    #[test]
    fn nothing_makes_the_count_panic(
        received_at in Timestamp::MIN.unix_micros()..=Timestamp::MAX.unix_micros(),
        days in (0_u32..3_700_000, 0_u32..3_700_000),
        now in Timestamp::MIN.unix_micros()..=Timestamp::MAX.unix_micros(),
        count in 1_u16..,
        (unit, _) in units(),
    ) {
        let calendar = Calendar::published();
        let instant = |micros| Timestamp::from_unix_micros(micros).unwrap();
        let zero = date("0000-01-01");
        let (first, last) = (zero.plus_days(days.0.min(days.1)), zero.plus_days(days.0.max(days.1)));
        let exclusions = Exclusions::none().with_days(first, last).unwrap();
        let (from, until) = (instant(received_at.min(now)), instant(received_at.max(now)));
        let exclusions = exclusions.with_outage(from, until).unwrap();
        let of = Period::new(count, unit).unwrap();
        let term = ProcessingTerm::new(instant(received_at), of).excluding(exclusions);
        let _ = (term.due(calendar), term.days(calendar), term.remaining_at(instant(now), calendar));
        let _ = (supplement_due(first, of, calendar), supplement_rerequest_due(last, of, calendar));
        let _ = (objection_due(last, calendar), receipt_due(instant(now), calendar));
        let _ = progress_notices_owed(instant(received_at), instant(now));
    }
}
