//! The laws that hold for every log.

use std::{sync::LazyLock, time::Duration};

use minwon_core::{
    Decider, IndexEntry, ListName, Projection, RecordedEvent, Stored, Timestamp, ViewKey,
};
use proptest::prelude::*;

use super::{
    Group, PetitionView, PetitionViews, Remaining, StopCause,
    tests::{filed_in, issued_in, petition},
};
use crate::{
    ApplicationEvent, ApplicationState, ApplicationStatus, Calendar, Category, Deadline,
    DeadlineKind, Firing, Issuance, IssuanceEvent, IssuanceId, IssuanceState, IssuanceStatus,
    Period, PeriodUnit, PetitionApplication, PetitionEvent,
    application::laws::histories as application_histories,
    application::{Application, Case},
    flow::Step,
    issuance::RetrieveSourceData,
    issuance::laws::histories as issuance_histories,
    statute::SuspensionGround,
};

const CATEGORY: Category = Category::Building;
/// Attempts to issue a document in one log.
const ATTEMPTS: usize = 3;

fn application_rules() -> &'static PetitionApplication {
    static DECIDER: LazyLock<PetitionApplication> =
        LazyLock::new(|| PetitionApplication::new(CATEGORY));
    &DECIDER
}

fn issuance_rules() -> &'static Issuance {
    static DECIDER: LazyLock<Issuance> = LazyLock::new(|| Issuance::new(CATEGORY));
    &DECIDER
}

/// An event, and of which attempt: 0 is the petition itself.
type Entry = (usize, PetitionEvent);

fn application_entries(events: Vec<ApplicationEvent>) -> Vec<Entry> {
    let entry = |event| (0, PetitionEvent::Application(event));
    events.into_iter().map(entry).collect()
}

fn issuance_entries(attempt: usize, events: Vec<IssuanceEvent>) -> Vec<Entry> {
    let entry = |event| (attempt, PetitionEvent::Issuance(event));
    events.into_iter().map(entry).collect()
}

/// A petition and attempts to issue documents for it, each in its own order.
fn streams() -> impl Strategy<Value = Vec<Vec<Entry>>> {
    let attempts = prop::collection::vec(issuance_histories(), ATTEMPTS);
    (application_histories(), attempts).prop_map(|(application, attempts)| {
        let attempts = (1..).zip(attempts);
        let issuances = attempts.map(|(attempt, events)| issuance_entries(attempt, events));
        std::iter::once(application_entries(application))
            .chain(issuances)
            .collect()
    })
}

/// Streams mixed into one log.
fn logs() -> impl Strategy<Value = Vec<Entry>> {
    let turns = prop::collection::vec(any::<prop::sample::Index>(), 60);
    (streams(), turns).prop_map(|(streams, turns)| {
        let mut streams: Vec<_> = streams.into_iter().map(Vec::into_iter).collect();
        let mut log = Vec::new();
        for turn in turns {
            let stream = turn.index(streams.len());
            log.extend(streams[stream].next());
        }
        log.extend(streams.into_iter().flatten());
        log
    })
}

/// Logs that nobody could have written: events of several lives in any order.
fn odd_logs() -> impl Strategy<Value = Vec<Entry>> {
    (logs(), logs())
        .prop_map(|(one, other)| [one, other].concat())
        .prop_shuffle()
}

fn recorded((attempt, event): &Entry) -> RecordedEvent {
    let at: Timestamp = "2026-03-09T12:00:00.5+09:00".parse().unwrap();
    match event {
        PetitionEvent::Application(event) => filed_in(CATEGORY, event, at),
        PetitionEvent::Issuance(event) => {
            issued_in(CATEGORY, u32::try_from(*attempt).unwrap(), event, at)
        }
    }
}

/// Calls `see` with the view after every event.
fn watch(
    log: &[Entry],
    mut see: impl FnMut(&Entry, Option<&PetitionView>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let views = PetitionViews::default();
    let mut view = None;
    for entry in log {
        views.apply(&mut view, &(CATEGORY, entry.1.clone()), &recorded(entry));
        see(entry, view.as_ref())?;
    }
    Ok(())
}

/// Where an attempt stands.
fn issuance_of(view: &PetitionView, attempt: u32) -> IssuanceState {
    let mut issuances = view.issuances.iter();
    let issuance = issuances.find(|issuance| issuance.attempt == attempt);
    issuance.map_or_else(IssuanceState::default, |issuance| issuance.state.clone())
}

fn fold(view: &mut Option<PetitionView>, entry: &Entry) {
    PetitionViews::default().apply(view, &(CATEGORY, entry.1.clone()), &recorded(entry));
}

/// Returns the view after these events, each folded so often.
fn view_of(log: &[Entry], times: usize) -> Option<PetitionView> {
    let mut view = None;
    for entry in log
        .iter()
        .flat_map(|entry| std::iter::repeat_n(entry, times))
    {
        fold(&mut view, entry);
    }
    view
}

fn pending(view: Option<&PetitionView>) -> Vec<Deadline> {
    view.map(PetitionView::pending).unwrap_or_default()
}

/// Returns the aggregates' answer to what a deadline fires at an instant; none where they refuse
/// it.
fn fired(view: &PetitionView, deadline: &Deadline, at: Timestamp) -> Option<Vec<Entry>> {
    match deadline.fire(CATEGORY, at) {
        Firing::Command(command) => {
            let application = application_rules();
            let events = application.decide(&view.application, &command).ok()?;
            Some(application_entries(events))
        }
        Firing::Step(Step::FetchSource {
            issuance, attempt, ..
        }) => {
            let place = usize::try_from(issuance.attempt()).unwrap();
            let retrieve = RetrieveSourceData {
                attempt,
                requested_at: at,
            };
            let state = issuance_of(view, issuance.attempt());
            let events = issuance_rules().decide(&state, &retrieve.into());
            Some(issuance_entries(place, events.ok()?))
        }
        Firing::Issuance(issuance, command) => {
            let place = usize::try_from(issuance.attempt()).unwrap();
            let state = issuance_of(view, issuance.attempt());
            let events = issuance_rules().decide(&state, &command);
            Some(issuance_entries(place, events.ok()?))
        }
        Firing::Step(step) => panic!("no deadline asks for {step:?}"),
    }
}

/// That a deadline does something at its time, nothing before, and nothing a second time.
fn check_deadline(deadline: &Deadline, view: &PetitionView) -> Result<(), TestCaseError> {
    let happened = fired(view, deadline, deadline.at).unwrap_or_default();
    prop_assert!(!happened.is_empty(), "{deadline:?} does nothing");
    if !matches!(deadline.kind, DeadlineKind::SourceRetry { .. }) {
        let before = deadline.at.saturating_sub(Duration::from_micros(1));
        prop_assert_eq!(fired(view, deadline, before), None);
    }
    let mut after = Some(view.clone());
    for entry in &happened {
        fold(&mut after, entry);
    }
    let is_same = |other: &Deadline| other.kind == deadline.kind;
    prop_assert!(!pending(after.as_ref()).iter().any(is_same));
    Ok(())
}

/// That no petition takes what no deadline fires.
fn check_none_is_forgotten(pending: &[Deadline], view: &PetitionView) -> Result<(), TestCaseError> {
    let dues = ["2026-03-17", "2026-03-20", "2026-03-10T12:00:00+09:00"];
    let all = dues
        .iter()
        .flat_map(|due| {
            let due = due.parse().unwrap();
            [
                Deadline::application_due(1, due),
                Deadline::supplement_due(1, due),
            ]
        })
        .chain((1..5).map(|number| Deadline::progress_notice(1, Timestamp::UNIX_EPOCH, number)));
    for deadline in all {
        let happened = fired(view, &deadline, Timestamp::MAX).unwrap_or_default();
        let is_pending = pending.iter().any(|other| match &deadline.kind {
            // The reminder does not say which request's due has passed.
            DeadlineKind::SupplementDue { .. } => {
                matches!(other.kind, DeadlineKind::SupplementDue { .. })
            }
            // Of those whose time has come the last is sent, whichever was asked for.
            DeadlineKind::ProgressNotice { number } => {
                matches!(other.kind, DeadlineKind::ProgressNotice { number: next } if next <= *number)
            }
            kind => other.kind == *kind,
        });
        prop_assert_eq!(!happened.is_empty(), is_pending, "{:?}", deadline);
    }
    for attempt in 1..=u32::try_from(ATTEMPTS).unwrap() {
        let issuance = IssuanceId::of_attempt(&petition(), attempt).unwrap();
        let state = issuance_of(view, attempt);
        let is_issued = state.status() == Some(IssuanceStatus::Issued);
        let can_expire = is_issued && state.document().is_some();
        let is_pending = pending.iter().any(|other| match &other.kind {
            DeadlineKind::VerificationEnd { issuance: other } => *other == issuance,
            _ => false,
        });
        prop_assert_eq!(can_expire, is_pending, "attempt {}: {:?}", attempt, state);
    }
    Ok(())
}

fn entries(view: &PetitionView) -> Vec<IndexEntry> {
    let mut entries = Vec::new();
    let key = ViewKey::new(petition().as_str()).unwrap();
    PetitionViews::default().index(&key, view, &mut entries);
    entries
}

fn read_back(view: &PetitionView) -> PetitionView {
    let json = serde_json::to_vec(&Stored(view)).unwrap();
    let Stored::<PetitionView>(read) = serde_json::from_slice(&json).unwrap();
    assert_eq!(serde_json::to_vec(&Stored(&read)).unwrap(), json);
    read
}

fn check_places(view: &PetitionView) -> Result<(), TestCaseError> {
    let entries = entries(view);
    let unique: std::collections::BTreeSet<_> = entries.iter().collect();
    prop_assert_eq!(unique.len(), entries.len());
    let count = |is: fn(&IndexEntry) -> bool| entries.iter().filter(|entry| is(entry)).count();
    let is_work = |entry: &IndexEntry| matches!(entry, IndexEntry::Listed { list, .. } if list.index.as_str() == "work");
    let is_open = view.status().is_some_and(|status| !status.is_end());
    prop_assert_eq!(count(is_work), usize::from(is_open));
    let of_day = |entry: &IndexEntry| matches!(entry, IndexEntry::Counted(cell) if cell.index.as_str() == "day");
    prop_assert_eq!(count(of_day), usize::from(view.filed().is_some()));
    check_dues(view, &entries)?;
    check_groups(view, &entries)
}

fn is_in(entries: &[IndexEntry], list: &ListName) -> bool {
    let is_there = |entry: &IndexEntry| matches!(entry, IndexEntry::Listed { list: other, .. } if other == list);
    entries.iter().any(is_there)
}

/// A time limit is listed as long as it runs.
fn check_dues(view: &PetitionView, entries: &[IndexEntry]) -> Result<(), TestCaseError> {
    let due = view.filed().and_then(Application::running_due);
    prop_assert_eq!(is_in(entries, &PetitionViews::running()), due.is_some());
    if let Some(due) = due {
        prop_assert!(is_in(entries, &PetitionViews::due_on(due.day())));
    }
    let is_awaited = view.status() == Some(ApplicationStatus::AwaitingSupplement);
    let awaiting = is_in(entries, &PetitionViews::awaiting_supplement());
    prop_assert_eq!(awaiting, is_awaited);
    Ok(())
}

/// An open petition is in the list of each of its groups, and counted beside it; one that has
/// ended is in none.
fn check_groups(view: &PetitionView, entries: &[IndexEntry]) -> Result<(), TestCaseError> {
    let mut counted = 0;
    for entry in entries {
        let IndexEntry::Counted(cell) = entry else {
            continue;
        };
        if cell.index.as_str() == "open" {
            counted += 1;
            let group = Group::of_member(cell.group.parse().unwrap(), &cell.member).unwrap();
            prop_assert!(is_in(entries, &PetitionViews::open(&group)));
        }
    }
    let open = view.filed().filter(|_| !view.application.has_ended());
    // Kind, agency and category, then department, then officer.
    let known = |filed: &Application| {
        3 + usize::from(filed.case.is_some()) + usize::from(filed.officer().is_some())
    };
    prop_assert_eq!(counted, open.map_or(0, known));
    Ok(())
}

/// Returns the case of a petition, as long as it is not over.
fn case_of(state: &ApplicationState) -> Option<&Case> {
    let open = state.filed().filter(|_| !state.has_ended());
    open?.case.as_ref()
}

/// The remaining time is what the statute counts: of a running clock now, of a stopped one as if it
/// ran on now. While a clock stands by days, nothing passes, but in an investigation that takes
/// longer than the law leaves uncounted.
fn check_remaining(view: &PetitionView, case: &Case, now: Timestamp) -> Result<(), TestCaseError> {
    let calendar = Calendar::published();
    let term = case.clock.term_at(now, calendar, &case.receipt).unwrap();
    let counted = term.remaining_at(now, calendar).unwrap();
    let is_counted = case.is_counted();
    match view.remaining(calendar, now).unwrap() {
        Some(Remaining::Running { left }) if is_counted => prop_assert_eq!(left, counted),
        Some(Remaining::Standing { left, stop }) if is_counted && now >= stop.since => {
            prop_assert_eq!(left, counted);
            let is_by_days = !matches!(
                stop.cause,
                StopCause::Suspension(SuspensionGround::Outage | SuspensionGround::Investigation)
            );
            if is_by_days && !is_by_calendar(view) && case.clock.stands_in_order() {
                let before = view.remaining(calendar, stop.since).unwrap();
                prop_assert_eq!(before, Some(Remaining::Standing { left, stop }));
            }
        }
        Some(Remaining::Overdue { .. }) => prop_assert!(case.due.is_overdue_at(now)),
        _ => {}
    }
    Ok(())
}

/// Whether its period, or an extension of that, runs by the calendar.
fn is_by_calendar(view: &PetitionView) -> bool {
    use PeriodUnit::{Months, Weeks, Years};
    let case = view.filed().unwrap().case.as_ref().unwrap();
    let extended = case.clock.extensions().iter();
    let extended = extended.map(|extension| extension.by);
    let mut periods = extended.chain([case.receipt.period]);
    periods.any(|period| {
        matches!(
            period,
            Period::Of {
                unit: Weeks | Months | Years,
                ..
            }
        )
    })
}

proptest! {
    #[test]
    fn what_is_left_is_what_the_statute_counts(
        log in logs(),
        minutes in 0..60 * 24 * 60_u64,
    ) {
        watch(&log, |_, view| {
            let Some(view) = view else { return Ok(()) };
            let Some(case) = case_of(&view.application) else {
                return Ok(());
            };
            let after = Duration::from_secs(minutes * 60);
            let now = case.receipt.received_at.saturating_add(after);
            check_remaining(view, case, now)
        })?;
    }

    #[test]
    fn every_event_that_was_decided_is_a_step(log in logs()) {
        let mut events = 0;
        watch(&log, |_, view| {
            events += 1;
            let timeline = &view.unwrap().timeline;
            let counted = timeline.steps().len() + usize::try_from(timeline.left_out()).unwrap();
            prop_assert_eq!(counted, events);
            Ok(())
        })?;
    }

    #[test]
    fn an_event_that_no_decision_could_have_written_changes_nothing(log in odd_logs()) {
        let mut before: Option<PetitionView> = None;
        watch(&log, |_, view| {
            let steps = |view: &PetitionView| {
                view.timeline.steps().len() + usize::try_from(view.timeline.left_out()).unwrap()
            };
            if before.as_ref().map(steps) == view.map(steps) {
                prop_assert_eq!(before.as_ref(), view);
            }
            before = view.cloned();
            Ok(())
        })?;
    }

    #[test]
    fn a_deadline_is_pending_if_and_only_if_it_would_do_something(log in logs()) {
        watch(&log, |_, view| {
            let Some(view) = view else { return Ok(()) };
            let pending = view.pending();
            prop_assert!(pending.is_sorted_by_key(|deadline| deadline.at));
            let keys: std::collections::BTreeSet<_> = pending.iter().map(Deadline::key).collect();
            prop_assert_eq!(keys.len(), pending.len());
            check_none_is_forgotten(&pending, view)?;
            for deadline in &pending {
                check_deadline(deadline, view)?;
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_event_folded_twice_moves_no_deadline(log in prop_oneof![logs(), odd_logs()]) {
        let (twice, once) = (view_of(&log, 2), view_of(&log, 1));
        prop_assert_eq!(pending(twice.as_ref()), pending(once.as_ref()));
    }

    #[test]
    fn deadlines_do_not_depend_on_how_streams_are_mixed(log in logs()) {
        let mut apart = log.clone();
        apart.sort_by_key(|(attempt, _)| *attempt);
        let (apart, mixed) = (view_of(&apart, 1), view_of(&log, 1));
        prop_assert_eq!(pending(apart.as_ref()), pending(mixed.as_ref()));
    }

    #[test]
    fn views_read_back_and_are_found(log in prop_oneof![logs(), odd_logs()]) {
        watch(&log, |_, view| match view {
            Some(view) => {
                prop_assert_eq!(&read_back(view), view);
                check_places(view)
            }
            None => Ok(()),
        })?;
    }
}
