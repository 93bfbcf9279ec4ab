//! What holds for every log.

use std::{sync::LazyLock, time::Duration};

use minwon_core::{Decider, IndexEntry, ListName, Projection, RecordedEvent, Timestamp, ViewKey};
use proptest::prelude::*;

use super::{
    ApplicationView, DeadlineView, DeadlineViews, Group, PetitionView, PetitionViews, Remaining,
    StopCause,
    tests::{filed_in, issued_in, petition},
};
use crate::{
    ApplicationEvent, ApplicationState, ApplicationStatus, Calendar, Category, Deadline,
    DeadlineKind, Firing, Issuance, IssuanceEvent, IssuanceId, IssuanceState, Period, PeriodUnit,
    PetitionApplication, PetitionEvent,
    application::laws::histories as application_histories,
    application::{Case, DueBasis},
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

/// What the aggregates themselves say.
struct States {
    application: ApplicationState,
    issuances: Vec<IssuanceState>,
}

impl States {
    fn initial() -> Self {
        Self {
            application: ApplicationState::None,
            issuances: vec![IssuanceState::None; ATTEMPTS],
        }
    }

    fn evolve(&mut self, (attempt, event): &Entry) {
        match event {
            PetitionEvent::Application(event) => {
                let application = application_rules();
                self.application = application.evolve(self.application.clone(), event);
            }
            PetitionEvent::Issuance(event) => {
                let state = &mut self.issuances[attempt - 1];
                *state = issuance_rules().evolve(state.clone(), event);
            }
        }
    }
}

fn fold_deadlines(view: &mut Option<DeadlineView>, entry: &Entry) {
    DeadlineViews::default().apply(view, &(CATEGORY, entry.1.clone()), &recorded(entry));
}

/// What waits for its time after these events, each folded so often.
fn deadlines_of(log: &[Entry], times: usize) -> Option<DeadlineView> {
    let mut view = None;
    for entry in log
        .iter()
        .flat_map(|entry| std::iter::repeat_n(entry, times))
    {
        fold_deadlines(&mut view, entry);
    }
    view
}

/// What the aggregates make of what a deadline fires at an instant; none where they refuse it.
fn fired(states: &States, deadline: &Deadline, at: Timestamp) -> Option<Vec<Entry>> {
    match deadline.fire(CATEGORY, at) {
        Firing::Command(command) => {
            let application = application_rules();
            let events = application.decide(&states.application, &command).ok()?;
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
            let events = issuance_rules().decide(&states.issuances[place - 1], &retrieve.into());
            Some(issuance_entries(place, events.ok()?))
        }
        Firing::Issuance(issuance, command) => {
            let place = usize::try_from(issuance.attempt()).unwrap();
            let events = issuance_rules().decide(&states.issuances[place - 1], &command);
            Some(issuance_entries(place, events.ok()?))
        }
        Firing::Step(step) => panic!("no deadline asks for {step:?}"),
    }
}

/// That a deadline does something at its time, nothing before, and nothing a second time.
fn check_deadline(
    deadline: &Deadline,
    states: &States,
    mut view: Option<DeadlineView>,
) -> Result<(), TestCaseError> {
    let happened = fired(states, deadline, deadline.at).unwrap_or_default();
    prop_assert!(!happened.is_empty(), "{deadline:?} does nothing");
    if !matches!(deadline.kind, DeadlineKind::SourceRetry { .. }) {
        let before = deadline.at.saturating_sub(Duration::from_micros(1));
        prop_assert_eq!(fired(states, deadline, before), None);
    }
    for entry in &happened {
        fold_deadlines(&mut view, entry);
    }
    let is_same = |other: &Deadline| other.kind == deadline.kind;
    prop_assert!(!view.is_some_and(|view| view.pending().iter().any(is_same)));
    Ok(())
}

/// That no petition takes what no deadline fires.
fn check_none_is_forgotten(pending: &[Deadline], states: &States) -> Result<(), TestCaseError> {
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
        let happened = fired(states, &deadline, Timestamp::MAX).unwrap_or_default();
        let is_pending = pending.iter().any(|other| match &deadline.kind {
            // What it is about does not say which request's due has passed.
            DeadlineKind::SupplementDue { .. } => {
                matches!(other.kind, DeadlineKind::SupplementDue { .. })
            }
            kind => other.kind == *kind,
        });
        prop_assert_eq!(!happened.is_empty(), is_pending, "{:?}", deadline);
    }
    for (attempt, state) in (1..).zip(&states.issuances) {
        let issuance = IssuanceId::of_attempt(&petition(), attempt).unwrap();
        let can_expire =
            matches!(state, IssuanceState::Issued { .. }) && state.document().is_some();
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
    let json = serde_json::to_vec(view).unwrap();
    let read: PetitionView = serde_json::from_slice(&json).unwrap();
    assert_eq!(serde_json::to_vec(&read).unwrap(), json);
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
    prop_assert_eq!(count(of_day), usize::from(view.application.is_some()));
    check_dues(view, &entries)?;
    check_groups(view, &entries)
}

fn is_in(entries: &[IndexEntry], list: &ListName) -> bool {
    let is_there = |entry: &IndexEntry| matches!(entry, IndexEntry::Listed { list: other, .. } if other == list);
    entries.iter().any(is_there)
}

/// What runs out is listed as long as it does.
fn check_dues(view: &PetitionView, entries: &[IndexEntry]) -> Result<(), TestCaseError> {
    let application = view.application.as_ref();
    let due = application.and_then(ApplicationView::running_due);
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
    let open = view.application.as_ref();
    let open = open.filter(|filed| !filed.status.is_end());
    // Kind, agency and category, then department, then officer.
    let known = |filed: &ApplicationView| {
        3 + usize::from(filed.receipt.is_some()) + usize::from(filed.officer.is_some())
    };
    prop_assert_eq!(counted, open.map_or(0, known));
    Ok(())
}

/// What the aggregate keeps of a received petition, as long as it is not over.
fn case_of(state: &ApplicationState) -> Option<&Case> {
    match state {
        ApplicationState::Received(case)
        | ApplicationState::InReview(case)
        | ApplicationState::AwaitingSupplement { case, .. }
        | ApplicationState::Suspended { case, .. }
        | ApplicationState::Approved { case, .. }
        | ApplicationState::Rejected { case, .. }
        | ApplicationState::UnderObjection { case, .. } => Some(case),
        _ => None,
    }
}

/// The view tells of a case what the aggregate knows.
fn check_case(view: &PetitionView, case: &Case) -> Result<(), TestCaseError> {
    let filed = view.application.as_ref().unwrap();
    let receipt = filed.receipt.as_ref().unwrap();
    prop_assert_eq!(receipt.due, case.due);
    prop_assert_eq!(receipt.clock(), &case.clock);
    prop_assert_eq!(&receipt.department, &case.department);
    prop_assert_eq!(&filed.agency, &case.filing.agency);
    prop_assert_eq!(&filed.officer, &case.officer);
    prop_assert_eq!(filed.notices, case.notices);
    prop_assert_eq!(filed.missed_at.is_some(), case.missed == Some(case.due));
    Ok(())
}

/// What is left is what the statute counts: of a running clock now, of a stopped one as if it ran
/// on now. While a clock stands by days, nothing passes, but in an investigation that takes longer
/// than the law leaves uncounted.
fn check_remaining(view: &PetitionView, case: &Case, now: Timestamp) -> Result<(), TestCaseError> {
    let calendar = Calendar::published();
    let term = case.clock.term_at(now, calendar, &case.receipt).unwrap();
    let counted = term.remaining_at(now, calendar).unwrap();
    let is_counted = case.receipt.basis == DueBasis::Statute;
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
    let filed = view.application.as_ref().unwrap();
    let extended = filed.extensions.iter().map(|extension| extension.by);
    let mut periods = extended.chain(filed.receipt.iter().map(|receipt| receipt.period));
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
    fn a_view_stands_where_the_aggregates_stand(log in logs()) {
        let mut states = States::initial();
        watch(&log, |entry, view| {
            states.evolve(entry);
            let status = view.and_then(PetitionView::status);
            prop_assert_eq!(status, states.application.status());
            let documents = view.map_or(&[][..], |view| &view.documents);
            for (attempt, state) in (1..).zip(&states.issuances) {
                let document = documents.iter().find(|document| document.attempt == attempt);
                prop_assert_eq!(document.map(|document| document.status), state.status());
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_view_tells_what_the_aggregate_keeps(log in prop_oneof![logs(), odd_logs()]) {
        let mut states = States::initial();
        watch(&log, |entry, view| {
            states.evolve(entry);
            match case_of(&states.application) {
                Some(case) => check_case(view.unwrap(), case),
                None => Ok(()),
            }
        })?;
    }

    #[test]
    fn what_is_left_is_what_the_statute_counts(
        log in logs(),
        minutes in 0..60 * 24 * 60_u64,
    ) {
        let mut states = States::initial();
        watch(&log, |entry, view| {
            states.evolve(entry);
            let Some(case) = case_of(&states.application) else {
                return Ok(());
            };
            let after = Duration::from_secs(minutes * 60);
            let now = case.receipt.received_at.saturating_add(after);
            check_remaining(view.unwrap(), case, now)
        })?;
    }

    #[test]
    fn every_event_that_was_decided_is_a_step(log in logs()) {
        let mut events = 0;
        watch(&log, |_, view| {
            events += 1;
            let timeline = &view.unwrap().timeline;
            let told = timeline.steps().len() + usize::try_from(timeline.left_out()).unwrap();
            prop_assert_eq!(told, events);
            Ok(())
        })?;
    }

    #[test]
    fn the_petition_stands_where_it_stands_in_odd_logs_too(log in odd_logs()) {
        let mut states = States::initial();
        watch(&log, |entry, view| {
            states.evolve(entry);
            prop_assert_eq!(view.and_then(PetitionView::status), states.application.status());
            Ok(())
        })?;
    }

    #[test]
    fn a_deadline_is_pending_if_and_only_if_it_would_do_something(log in logs()) {
        let (mut states, mut view) = (States::initial(), None);
        for entry in &log {
            states.evolve(entry);
            fold_deadlines(&mut view, entry);
            let pending = view.as_ref().map(DeadlineView::pending).unwrap_or_default();
            prop_assert!(pending.is_sorted_by_key(|deadline| deadline.at));
            let keys: std::collections::BTreeSet<_> = pending.iter().map(Deadline::key).collect();
            prop_assert_eq!(keys.len(), pending.len());
            check_none_is_forgotten(&pending, &states)?;
            for deadline in &pending {
                check_deadline(deadline, &states, view.clone())?;
            }
        }
    }

    #[test]
    fn an_event_folded_twice_moves_no_deadline(log in prop_oneof![logs(), odd_logs()]) {
        prop_assert_eq!(deadlines_of(&log, 2), deadlines_of(&log, 1));
    }

    #[test]
    fn deadlines_do_not_depend_on_how_streams_are_mixed(log in logs()) {
        let mut apart = log.clone();
        apart.sort_by_key(|(attempt, _)| *attempt);
        let pending = |log: &[Entry]| deadlines_of(log, 1).map(|view| view.pending());
        prop_assert_eq!(pending(&apart), pending(&log));
    }

    #[test]
    fn views_of_deadlines_read_back(log in prop_oneof![logs(), odd_logs()]) {
        let mut view = None;
        for entry in &log {
            fold_deadlines(&mut view, entry);
            let json = serde_json::to_vec(&view).unwrap();
            let read: Option<DeadlineView> = serde_json::from_slice(&json).unwrap();
            prop_assert_eq!(&read, &view);
        }
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
