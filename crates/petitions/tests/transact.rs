//! Petitions on a store: a command that is sent again takes effect once, and a petition that was
//! taken on paper keeps both of its times.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{fmt::Debug, str::FromStr};

use futures_executor::block_on;
use minwon_core::{
    Command, CommandContext, CommandHandler, CommandId, EventStore, NamespaceName, Outcome,
    RecordedEvent, StreamName, StreamVersion, Timestamp, TransactError,
    testing::{ManualClock, MemoryStore},
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicationCommand, ApplicationEvent, ApplicationRejection, ApplicationStatus, Category,
    Channel, PetitionApplication, PetitionKind, ServiceType,
    application::{
        Assign, Modify, Outage, ReceiptDue, Receive, RegisterBackdated, Submit, TransferToAgency,
    },
};

type Handler = CommandHandler<MemoryStore, PetitionApplication, ManualClock>;
type Answer = Result<Outcome<ApplicationEvent>, TransactError<ApplicationRejection>>;

const RECORDED_AT: &str = "2026-03-10T09:00:00+09:00";
const ON_PAPER_AT: &str = "2026-03-09T10:00:00+09:00";

fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn petition() -> PetitionId {
    PetitionId::new("2026-000123").unwrap()
}

fn application() -> PetitionApplication {
    PetitionApplication::new(Category::Car)
}

fn stream() -> StreamName {
    application().stream(&NamespaceName::new("car").unwrap(), &petition())
}

fn store() -> MemoryStore {
    MemoryStore::with_clock(ManualClock::new(read(RECORDED_AT)))
}

fn handler(store: &MemoryStore) -> Handler {
    let clock = ManualClock::auto_advancing(Timestamp::UNIX_EPOCH);
    CommandHandler::new(store.clone(), application(), clock)
}

/// A command whose label is its identity.
fn command(label: &str, body: impl Into<ApplicationCommand>) -> Command<ApplicationCommand> {
    let context = CommandContext::new(
        petition(),
        read("officer-1"),
        read("counter"),
        read(ON_PAPER_AT),
    );
    Command::new(CommandId::derive(&[7; 16], label), context, body)
}

fn give(handler: &Handler, command: &Command<ApplicationCommand>) -> Answer {
    block_on(handler.transact(&stream(), command))
}

fn recorded(store: &MemoryStore) -> Vec<RecordedEvent> {
    let events_max = 100.try_into().unwrap();
    let page = block_on(store.read_stream(&stream(), StreamVersion::FIRST, events_max));
    page.unwrap().events
}

fn submit() -> Submit {
    Submit {
        category: Category::Car,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Counter,
        petition_type: read("Transfer of a vehicle"),
        applicant: read("applicant-1"),
        agency: read("Seoul"),
        submitted_at: read("2026-03-09T09:30:00+09:00"),
        attachments: Vec::new(),
    }
}

fn receive(number: &str) -> Receive {
    Receive {
        receipt_number: read(number),
        kind: PetitionKind::Statutory,
        period: read("7 days"),
        due: ReceiptDue::ByStatute,
        department: read("Vehicles"),
        received_at: read(ON_PAPER_AT),
    }
}

fn register() -> RegisterBackdated {
    RegisterBackdated {
        submit: submit(),
        receive: receive("2026-000123"),
        outage: Outage {
            began_at: read("2026-03-09T08:00:00+09:00"),
            ended_at: read("2026-03-09T18:00:00+09:00"),
        },
        registered_at: read(RECORDED_AT),
    }
}

fn assign() -> Assign {
    Assign {
        officer: read("officer-1"),
        by: read("head-1"),
        assigned_at: read("2026-03-10T10:00:00+09:00"),
    }
}

fn modify() -> Modify {
    Modify {
        by: read("applicant-1"),
        changes: read("Two owners instead of one"),
        attachments: Vec::new(),
        modified_at: read("2026-03-10T11:00:00+09:00"),
    }
}

#[test]
fn a_command_that_is_sent_again_takes_effect_once() {
    let store = store();
    let (first, other) = (handler(&store), handler(&store));
    let sent = [
        command("register", register()),
        command("assign", assign()),
        command("modify", modify()),
    ];
    let answers: Vec<_> = sent.iter().map(|it| give(&first, it).unwrap()).collect();
    let written = recorded(&store);
    assert_eq!(written.len(), 4);
    // By a handler that has the state in memory, and by one that has not.
    for handler in [&first, &other] {
        for (sent, answer) in sent.iter().zip(&answers) {
            let again = give(handler, sent).unwrap();
            assert!(again.repeated);
            assert_eq!(again.events, answer.events);
        }
    }
    assert_eq!(recorded(&store), written);
}

#[test]
fn what_came_between_does_not_turn_a_repeat_into_a_rejection() {
    // The petition moved on to where it would not take the command any more.
    let store = store();
    let handler = handler(&store);
    let transfer = TransferToAgency {
        agency: read("Incheon"),
        reason: read("The vehicle is registered there"),
        by: read("officer-1"),
        transferred_at: read(ON_PAPER_AT),
    };
    let transfer = command("transfer", transfer);
    let later = [
        command("receive there", receive("IC-1")),
        command("assign there", assign()),
    ];
    give(&handler, &command("submit", submit())).unwrap();
    give(&handler, &transfer).unwrap();
    for command in &later {
        give(&handler, command).unwrap();
    }
    assert!(give(&handler, &transfer).unwrap().repeated);
    assert_eq!(recorded(&store).len(), 4);
}

#[test]
fn a_stale_writer_learns_what_holds_now() {
    let store = store();
    let (clerk, late) = (handler(&store), handler(&store));
    give(&clerk, &command("register", register())).unwrap();
    // Both have seen the receipt; one assigns, the other would assign to somebody else.
    give(&late, &command("modify", modify())).unwrap();
    give(&clerk, &command("assign", assign())).unwrap();
    let to_other = Assign {
        officer: read("officer-9"),
        ..assign()
    };
    let rejected = give(&late, &command("assign to another", to_other)).unwrap_err();
    let TransactError::Rejected { rejection, .. } = rejected else {
        panic!("{rejected:?}");
    };
    let officer = read("officer-1");
    assert_eq!(rejection, ApplicationRejection::AlreadyAssigned { officer });
}

#[test]
fn what_was_on_paper_is_recorded_in_one_append_with_both_times() {
    // D6-2.
    let store = store();
    let handler = handler(&store);
    let answer = give(&handler, &command("register", register())).unwrap();
    let written = recorded(&store);
    let names: Vec<_> = written.iter().map(|it| it.event_type.as_str()).collect();
    assert_eq!(names, ["CarApplicationSubmitted", "CarApplicationReceived"]);
    assert_eq!(answer.version, Some(written[1].version));
    for event in &written {
        assert_eq!(event.metadata.occurred_at(), read(ON_PAPER_AT));
        assert_eq!(event.recorded_at, read(RECORDED_AT));
    }
    let (state, _) = block_on(handler.state(&stream())).unwrap();
    assert_eq!(state.status(), Some(ApplicationStatus::Received));
}
