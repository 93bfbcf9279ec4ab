//! What holds for every history.

use minwon_core::Decider;
use proptest::{prelude::*, sample::select};

use super::{
    ApplicationCommand as Command, ApplicationState as State, ApplicationStatus as Status, Approve,
    Complete, IssueReminder, MarkDeadlineMissed, NotifyProgress, Receive, Reject, ReminderSubject,
    RequestSupplement, Submit, Supplement, Withdraw,
    tests::{
        application, approve, complete, read, receive, record_progress, reject, request_supplement,
        submit, supplement, withdraw,
    },
};
use crate::{Category, Channel, PetitionKind, ServiceType, catalogue::ApplicationEvent as Event};

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
    (kinds(), select(vec!["2026-1", "2026-2"])).prop_map(|(kind, number)| {
        Receive {
            receipt_number: read(number),
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

/// What time brings about: a few instants, before and after what they are about.
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

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![1 => submissions(), 1 => receipts(), 4 => review(), 4 => deadlines(), 4 => endings()]
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

/// What happens when the commands are given one after the other, and what was rejected ignored.
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

fn has_ended(state: &State) -> bool {
    matches!(state.status(), Some(Status::Completed | Status::Withdrawn))
}

/// Done again, it is recorded again: that it was only sent again is told by its id, not here.
fn is_progress(command: &Command) -> bool {
    matches!(command, Command::RecordProgress(_))
}

proptest! {
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
        if has_ended(&state) {
            for command in more {
                prop_assert_eq!(application().decide(&state, &command).unwrap_or_default(), []);
            }
        }
    }

    #[test]
    fn no_due_is_missed_twice_and_no_notice_left_out(commands in lives()) {
        let (_, events) = live(&commands);
        let notices: Vec<_> = events.iter().filter_map(|event| match event {
            Event::ProgressNotified(notice) => Some(notice.number),
            _ => None,
        }).collect();
        prop_assert!(notices.iter().copied().eq(1..=u32::try_from(notices.len()).unwrap()));
        let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        prop_assert!(count(|e| matches!(e, Event::DeadlineMissed(_))) <= 1);
        let requests = count(|e| matches!(e, Event::SupplementRequested(_)));
        prop_assert!(count(|e| matches!(e, Event::ReminderIssued(_))) <= requests);
    }

    #[test]
    fn no_petition_is_both_granted_and_refused(commands in lives()) {
        let (_, events) = live(&commands);
        let count = |is: fn(&Event) -> bool| events.iter().filter(|event| is(event)).count();
        let decisions = count(|e| matches!(e, Event::Approved(_) | Event::Rejected(_)));
        prop_assert!(decisions <= 1);
        prop_assert!(count(|e| matches!(e, Event::Completed(_) | Event::Withdrawn(_))) <= 1);
    }

    #[test]
    fn events_of_another_life_are_taken_and_revive_nothing(one in lives(), other in lives()) {
        let (state, _) = live(&one);
        let (_, foreign) = live(&other);
        let after = apply(state.clone(), &foreign);
        if has_ended(&state) {
            prop_assert_eq!(after, state);
        }
    }

    #[test]
    fn a_status_alone_tells_the_next_one(one in histories(), other in histories()) {
        let mut state = application().initial();
        for event in one {
            for foreign in &other {
                let told = Status::after(state.status(), foreign);
                let after = apply(state.clone(), std::slice::from_ref(foreign));
                prop_assert_eq!(told, after.status());
            }
            state = apply(state, &[event]);
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
