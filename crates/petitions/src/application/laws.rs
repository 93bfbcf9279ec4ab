//! The laws that hold for every history.

mod dues;
mod handling;
mod transitions;

use std::collections::HashSet;

use minwon_core::Decider;
use proptest::{prelude::*, sample::select};

use super::{
    ApplicationCommand as Command, ApplicationEvent as Event, ApplicationState as State, Approve,
    Case, Complete, DueBasis, ExtendPeriod, ExtendPeriodAgain, IssueReminder, MarkDeadlineMissed,
    NotifyProgress, ReceiptDue, Receive, Reject, ReminderSubject, RequestSupplement, Resume,
    Submit, Supplement, Suspend, Withdraw, due_of,
    tests::{
        application, approve, complete, deem_withdrawn, dismiss_objection,
        extend_objection_decision, extend_period, extend_period_again, extend_supplement_period,
        file_objection, mark_undeliverable, notify_result, read, recalculate, receive,
        record_progress, reject, request_again, request_supplement, resume, return_documents,
        submit, supplement, suspend, uphold_objection, withdraw,
    },
};
use crate::{
    AsValue as _, CLOCK_TOLERANCE, Calendar, Category, Channel, Due, PetitionKind, ServiceType,
    message::tests::check_is_told, statute::SuspensionGround,
};

fn kinds() -> impl Strategy<Value = PetitionKind> {
    select(PetitionKind::ALL)
}

fn petitioners() -> impl Strategy<Value = crate::ApplicantId> {
    prop_oneof![4 => Just("applicant-1"), 1 => Just("applicant-2")].prop_map(read)
}

fn submissions() -> impl Strategy<Value = Command> {
    let channels = select(vec!["online", "telephone", "oral", "Desk"]);
    let categories = prop_oneof![9 => Just(Category::Car), 1 => Just(Category::General)];
    (select(ServiceType::ALL), kinds(), channels, categories).prop_map(
        |(service, kind, channel, category)| {
            let channel: Channel = read(channel);
            Submit {
                category,
                channel,
                ..submit(service, kind)
            }
            .into()
        },
    )
}

fn receipts() -> impl Strategy<Value = Command> {
    let imported = ReceiptDue::Imported {
        due: read("2026-03-18"),
        calendar_version: read("imported"),
    };
    let dues = prop_oneof![5 => Just(ReceiptDue::ByStatute), 1 => Just(imported)];
    let periods = select(vec!["immediate", "8 hours", "7 days", "2 weeks", "1 month"]);
    let numbers = select(vec!["2026-1", "2026-2"]);
    // Before and after a transfer to another agency.
    let instants = select(vec![
        "2026-03-09T10:00:00+09:00",
        "2026-03-09T16:00:00+09:00",
    ]);
    let parts = (kinds(), numbers, dues, periods, instants);
    parts.prop_map(|(kind, number, due, period, received_at)| {
        Receive {
            receipt_number: read(number),
            due,
            period: read(period),
            received_at: read(received_at),
            ..receive(kind)
        }
        .into()
    })
}

fn review() -> impl Strategy<Value = Command> {
    let dues = select(vec![
        "2026-03-20",
        "2026-03-10",
        "2026-03-10T12:00:00+09:00",
    ]);
    prop_oneof![
        select(vec!["Examine", "Inspect"]).prop_map(|activity| record_progress(activity).into()),
        (dues, 0..3_usize).prop_map(|(due, items)| {
            let items = vec![read("Contract"); items];
            RequestSupplement {
                due: read(due),
                items,
                ..request_supplement()
            }
            .into()
        }),
        petitioners().prop_map(|by| Supplement { by, ..supplement() }.into()),
    ]
}

/// The events that time brings about: a few instants, before and after what they are about.
fn deadlines() -> impl Strategy<Value = Command> {
    let instants = || {
        select(vec![
            "2026-03-12T00:00:00+09:00",
            "2026-03-21T00:00:00+09:00",
            "2026-04-09T00:00:00+09:00",
            "2026-07-01T00:00:00+09:00",
        ])
        .prop_map(read)
    };
    let dues = select(vec!["2026-03-17", "2026-03-18"]);
    prop_oneof![
        (dues, instants()).prop_map(|(due, noted_at)| {
            let due = read(due);
            MarkDeadlineMissed { due, noted_at }.into()
        }),
        (0..4_u32, instants()).prop_map(|(number, notified_at)| {
            NotifyProgress {
                number,
                notified_at,
            }
            .into()
        }),
        (select(ReminderSubject::ALL), instants()).prop_map(|(about, issued_at)| IssueReminder {
            about,
            issued_at
        }
        .into()),
    ]
}

fn endings() -> impl Strategy<Value = Command> {
    let officers = || select(vec!["officer-1", "officer-2"]);
    prop_oneof![
        officers().prop_map(|officer| Approve {
            officer: read(officer),
            ..approve()
        }
        .into()),
        (officers(), 0..2_usize).prop_map(|(officer, remedies)| {
            let remedies = vec![read("Objection"); remedies];
            Reject {
                officer: read(officer),
                remedies,
                ..reject()
            }
            .into()
        }),
        petitioners().prop_map(|by| Withdraw { by, ..withdraw() }.into()),
        officers().prop_map(|officer| Complete {
            officer: read(officer),
            ..complete()
        }
        .into()),
    ]
}

/// The petitioner's time to supply what is missing.
fn waiting() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(extend_supplement_period().into()),
        Just(request_again().into()),
        (0..4_u32).prop_map(|attempt| mark_undeliverable(attempt).into()),
        Just(return_documents().into()),
        Just(deem_withdrawn().into()),
    ]
}

/// The agency's time.
fn clock() -> impl Strategy<Value = Command> {
    let ends = select(vec![
        "2026-03-11T09:30:00+09:00",
        "2026-03-11T15:00:00+09:00",
        "2026-03-16T12:00:00+09:00",
    ]);
    let lengths = || select(vec!["2 hours", "1 day", "3 days", "1 week", "2 months"]);
    prop_oneof![
        select(SuspensionGround::ALL).prop_map(|ground| Suspend {
            ground,
            ..suspend()
        }
        .into()),
        ends.prop_map(|at| {
            let resumed_at = read(at);
            Resume {
                resumed_at,
                ..resume()
            }
            .into()
        }),
        lengths().prop_map(|by| ExtendPeriod {
            by: read(by),
            ..extend_period()
        }
        .into()),
        lengths().prop_map(|by| {
            let by = read(by);
            ExtendPeriodAgain {
                by,
                ..extend_period_again()
            }
            .into()
        }),
        Just(recalculate().into()),
    ]
}

fn objections() -> impl Strategy<Value = Command> {
    prop_oneof![
        Just(notify_result().into()),
        Just(file_objection().into()),
        Just(extend_objection_decision().into()),
        Just(uphold_objection().into()),
        Just(dismiss_objection().into()),
    ]
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => submissions(),
        1 => receipts(),
        4 => review(),
        4 => deadlines(),
        4 => endings(),
        1 => handling::backdated(),
        5 => handling::handling(),
        1 => handling::transfers(),
        1 => handling::closings(),
        3 => waiting(),
        4 => clock(),
        4 => objections(),
    ]
}

/// Commands of which the first two open a petition, so that most of the rest meets one.
fn lives() -> impl Strategy<Value = Vec<Command>> {
    let rest = prop::collection::vec(commands(), 0..20);
    (submissions(), receipts(), rest)
        .prop_map(|(first, second, rest)| [vec![first, second], rest].concat())
}

fn apply(state: State, events: &[Event]) -> State {
    let application = application();
    events
        .iter()
        .fold(state, |state, event| application.evolve(state, event))
}

/// Returns the state and the events when the commands are given one after the other, and rejected
/// ones are ignored.
fn live(commands: &[Command]) -> (State, Vec<Event>) {
    let application = application();
    let mut state = application.initial();
    let mut happened = Vec::new();
    for command in commands {
        let events = application.decide(&state, command).unwrap_or_default();
        state = apply(state, &events);
        happened.extend(events);
    }
    (state, happened)
}

/// The events of whole lives, for the laws of read models.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Event>> {
    lives().prop_map(|commands| live(&commands).1)
}

/// Returns the case of a petition, as long as it is not over.
fn case_of(state: &State) -> Option<&Case> {
    let open = state.filed().filter(|_| !state.has_ended());
    open?.case.as_ref()
}

/// Done again, it is recorded again: only its id shows that it was sent again.
fn is_progress(command: &Command) -> bool {
    matches!(command, Command::RecordProgress(_))
}

fn count_of(events: &[Event], is: impl Fn(&Event) -> bool) -> usize {
    events.iter().filter(|event| is(event)).count()
}

proptest! {
    #[test]
    fn what_a_life_is_refused_has_a_text(commands in lives()) {
        let (decider, mut state) = (application(), application().initial());
        for command in &commands {
            match decider.decide(&state, command) {
                Ok(events) => state = apply(state, &events),
                Err(rejection) => check_is_told(&rejection.as_value()),
            }
        }
    }

    #[test]
    fn a_repeated_command_has_no_second_effect(commands in lives()) {
        let application = application();
        let mut state = application.initial();
        for command in &commands {
            if let Ok(events) = application.decide(&state, command) {
                state = apply(state, &events);
                let again = application.decide(&state, command).unwrap_or_default();
                if !is_progress(command) {
                    prop_assert_eq!(again, []);
                }
            }
        }
    }

    #[test]
    fn every_event_but_a_note_changes_the_state(commands in lives()) {
        let mut state = application().initial();
        for event in live(&commands).1 {
            let is_note = matches!(event, Event::ProgressRecorded(_));
            let after = apply(state.clone(), &[event]);
            prop_assert!(is_note || after != state);
            state = after;
        }
    }

    #[test]
    fn an_ended_petition_has_no_further_event(commands in lives(), more in prop::collection::vec(commands(), 1..20)) {
        let (state, _) = live(&commands);
        if state.has_ended() {
            for command in more {
                prop_assert_eq!(application().decide(&state, &command).unwrap_or_default(), []);
            }
        }
    }

    #[test]
    fn no_due_is_missed_and_no_notice_sent_twice(commands in lives()) {
        let (_, events) = live(&commands);
        // The competent agency counts again from its own receipt on.
        let receipt = events.iter().rposition(|event| matches!(event, Event::Received(_)));
        let events = &events[receipt.unwrap_or_default()..];
        let notices: Vec<_> = events.iter().filter_map(|event| match event {
            Event::ProgressNotified(notice) => Some(notice.number),
            _ => None,
        }).collect();
        prop_assert!(notices.first() != Some(&0) && notices.is_sorted_by(|one, next| one < next));
        let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        let missed: Vec<_> = events.iter().filter_map(|event| match event {
            Event::DeadlineMissed(missed) => Some(missed.due),
            _ => None,
        }).collect();
        prop_assert!(missed.iter().collect::<HashSet<_>>().len() == missed.len());
        let requests = count(|e| {
            matches!(e, Event::SupplementRequested(_) | Event::SupplementRerequested(_))
        });
        let reminders = |about| count_of(events, |event| {
            matches!(event, Event::ReminderIssued(reminder) if reminder.about == about)
        });
        prop_assert!(reminders(ReminderSubject::SupplementOverdue) <= requests);
        let dues = 1 + count(|e| matches!(
            e,
            Event::Supplemented(_)
                | Event::ClockResumed(_)
                | Event::PeriodExtended(_)
                | Event::PeriodExtendedAgain(_)
                | Event::DeadlineRecalculated(_)
                | Event::ObjectionUpheld(_)
        ));
        prop_assert!(reminders(ReminderSubject::PetitionOverdue) <= dues);
    }

    #[test]
    fn no_event_comes_before_the_receipt(commands in lives()) {
        let mut receipt = None;
        for event in live(&commands).1 {
            match (&event, event.step().1) {
                (Event::Received(received), _) if received.basis == DueBasis::Statute => {
                    receipt = Some(received.received_at);
                }
                (Event::Received(_) | Event::TransferredToAgency(_), _) => receipt = None,
                // They change what was filed.
                (Event::Modified(_) | Event::ClericalErrorCorrected(_), _) => {}
                (_, Some(at)) => prop_assert!(Some(at.saturating_add(CLOCK_TOLERANCE)) >= receipt),
                (_, None) => {}
            }
        }
    }

    #[test]
    fn no_petition_is_both_granted_and_refused(commands in lives()) {
        let (_, events) = live(&commands);
        let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        let decisions = count(|e| matches!(e, Event::Approved(_) | Event::Rejected(_)));
        let upheld = count(|e| matches!(e, Event::ObjectionUpheld(_)));
        prop_assert!(decisions <= 1 + upheld);
        let ends = count(|e| matches!(
            e,
            Event::Completed(_)
                | Event::Withdrawn(_)
                | Event::DeemedWithdrawn(_)
                | Event::Returned(_)
                | Event::ObjectionDismissed(_)
                | Event::MergedInto(_)
                | Event::ClosedAsRepeated(_)
                | Event::ClosedAsExempt(_)
                | Event::ClosedUncollected(_)
        ));
        prop_assert!(ends <= 1);
    }

    #[test]
    fn events_of_another_life_are_taken_and_revive_nothing(one in lives(), other in lives()) {
        let (state, _) = live(&one);
        let (_, foreign) = live(&other);
        let after = apply(state.clone(), &foreign);
        if state.has_ended() {
            prop_assert_eq!(after, state);
        }
    }

    /// Whoever shows or counts petitions asks whether an event mattered, and compares nothing.
    #[test]
    fn an_event_that_does_not_matter_changes_nothing(one in histories(), other in histories()) {
        let mut state = application().initial();
        for event in one {
            for foreign in &other {
                let mut after = state.clone();
                let has_mattered = foreign.happening().apply(&mut after);
                prop_assert!(has_mattered || after == state);
            }
            prop_assert!(event.happening().apply(&mut state), "{event:?}");
        }
    }

    /// The due is a pure function of what happened and of the calendar.
    #[test]
    fn the_events_counted_again_give_the_due_that_the_state_holds(commands in lives()) {
        let mut state = application().initial();
        let mut history = Vec::new();
        for event in live(&commands).1 {
            state = apply(state, std::slice::from_ref(&event));
            history.push(event);
            if let Some(case) = case_of(&state) {
                prop_assert_eq!(due_of(&history, Calendar::published()), Ok(Some(case.due)));
            }
        }
    }

    /// Once it is recalculated, the due is what the new calendar makes of all that happened.
    #[test]
    fn a_recalculated_due_is_that_of_the_new_calendar(commands in lives()) {
        let (state, history) = live(&commands);
        let later = Calendar::published().with_holiday(read("2026-03-13")).unwrap();
        let under_later = application().with_calendar(later.clone());
        let before = case_of(&state).map(|case| case.due);
        if let Ok(events) = under_later.decide(&state, &recalculate().into()) {
            let after = apply(state, &events);
            let due = case_of(&after).map(|case| case.due);
            prop_assert_eq!(due_of(&history, &later), Ok(due));
            let instant = |due: Option<Due>| due.map(Due::last_instant);
            prop_assert!(instant(due) >= instant(before));
        }
    }

    #[test]
    fn a_kept_state_reads_back(commands in lives()) {
        let (state, _) = live(&commands);
        let json = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<State>(&json).unwrap(), state);
    }

    #[test]
    fn events_read_back(commands in lives()) {
        use minwon_core::Aggregate;
        let application = application();
        for event in live(&commands).1 {
            let stored = application.codec().encode(&event).unwrap();
            let read: Event = application.codec()
                .decode(stored.event_type.as_str(), stored.shape.version, &stored.json)
                .unwrap();
            prop_assert_eq!(read, event);
        }
    }
}
