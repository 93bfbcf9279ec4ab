//! Petitions of eight events, as they go through an office.

use std::time::Duration;

use minwon_core::{
    ActorId, Aggregate, Command, CommandContext, CommandId, Decider, EventMetadata, NamespaceName,
    NewEvent, ServiceName, Stage, StreamName, Timestamp,
};
use minwon_petitions::PetitionId;
use minwon_petitions::{
    ApplicationCommand, ApplicationEvent, Category, Channel, Due, Period, PeriodUnit,
    PetitionApplication, PetitionKind, ServiceType,
    application::{
        Complete, DueDocument, LackSeen, ProgressRecorded, ReceiptDue, Receive, RecordProgress,
        RequestSupplement, Submit, Supplement,
    },
};

/// Events of one petition.
pub const EVENTS: usize = 8;

/// The texts of a petition, which decide how large its events are.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    petition_type: &'static str,
    department: &'static str,
    check: &'static str,
    missing: &'static str,
    note: &'static str,
    answer: &'static str,
}

/// Payloads of about 150 bytes.
pub const SHORT: Texts = Texts {
    petition_type: "certificate of facts about the use of a building",
    department: "civil petitions division 2",
    check: "check of documents and register",
    missing: "floor plan signed by the architect",
    note: "the plan is attached to the paper form",
    answer: "the building is used as registered",
};

/// Payloads of about 235 bytes; with metadata an event has about 350.
pub const LONG: Texts = Texts {
    petition_type: "certificate of facts about the use of a building, with its floor area, \
                    its permitted use and the changes of both since it was registered",
    department: "civil petitions division 2, bureau of urban planning and housing",
    check: "check of documents and register: floor area, ownership and permitted use agree",
    missing: "floor plan signed by the architect, and the consent of all owners of the building \
              to the change of its permitted use",
    note: "the plan is attached to the paper form; the consent of the owners was handed in at \
           the civil petitions office on the same day",
    answer: "the building is used as registered; its floor area and its permitted use agree with \
             the register, and no change has been recorded since",
};

/// The decider of all benchmarks.
#[must_use]
pub fn application() -> PetitionApplication {
    PetitionApplication::new(Category::General)
}

/// The id of the petition with this number.
#[must_use]
pub fn petition(number: u64) -> PetitionId {
    PetitionId::new(format!("2026-{number:08}")).expect("a name")
}

/// The stream of the petition with this number.
#[must_use]
pub fn stream(namespace: &NamespaceName, number: u64) -> StreamName {
    application().stream(namespace, &petition(number))
}

/// The `step`-th command for the petition with this number.
#[must_use]
pub fn command(number: u64, step: u64, body: ApplicationCommand) -> Command<ApplicationCommand> {
    let context = CommandContext::new(
        petition(number),
        ActorId::new("officer-0017").expect("a name"),
        ServiceName::new("bench").expect("a name"),
        at(number, step),
    );
    Command::new(
        CommandId::derive(&[1; 16], format!("{number}/{step}")),
        context,
        body,
    )
}

/// All eight commands of the petition with this number, in order.
#[must_use]
pub fn commands(number: u64) -> Vec<Command<ApplicationCommand>> {
    commands_saying(number, &SHORT)
}

fn commands_saying(number: u64, texts: &Texts) -> Vec<Command<ApplicationCommand>> {
    let bodies: [ApplicationCommand; EVENTS] = [
        submit(number, texts).into(),
        receive(number, texts).into(),
        progress_saying(number, 2, texts).into(),
        request_supplement(number, texts).into(),
        supplement(number, texts).into(),
        progress_saying(number, 5, texts).into(),
        progress_saying(number, 6, texts).into(),
        complete(number, texts).into(),
    ];
    (0..)
        .zip(bodies)
        .map(|(step, body)| command(number, step, body))
        .collect()
}

/// All eight events of the petition with this number, in order.
#[must_use]
pub fn events(number: u64) -> Vec<NewEvent> {
    events_saying(number, &SHORT)
}

/// As [`events`], with these texts.
#[must_use]
pub fn events_saying(number: u64, texts: &Texts) -> Vec<NewEvent> {
    let application = application();
    let mut state = application.initial();
    let mut events = Vec::with_capacity(EVENTS);
    for (step, command) in (0..).zip(commands_saying(number, texts)) {
        let decided = application
            .decide(&state, &command.body)
            .expect("an everyday petition");
        for event in decided {
            events.push(new_event(&application, number, step, &event));
            state = application.evolve(state, &event);
        }
    }
    assert_eq!(events.len(), EVENTS);
    events
}

/// One event for the petition with this number; its id depends on `step`.
#[must_use]
pub fn new_event(
    application: &PetitionApplication,
    number: u64,
    step: u64,
    event: &ApplicationEvent,
) -> NewEvent {
    let encoded = application.codec().encode(event).expect("plain JSON");
    let command_id = CommandId::derive(&[1; 16], format!("{number}/{step}"));
    NewEvent {
        event_type: encoded.event_type,
        schema_version: encoded.shape.version,
        metadata: EventMetadata {
            event_id: command_id.event_id(0),
            command_id,
            correlation_id: command_id.into(),
            causation_id: command_id.into(),
            occurred_at: at(number, step),
            subject: petition(number),
            stage: Stage::new(encoded.shape.stage).expect("a name"),
            source: ServiceName::new("bench").expect("a name"),
            actor: ActorId::new("officer-0017").expect("a name"),
            traceparent: None,
            fingerprint: None,
        },
        payload: encoded.json.into(),
    }
}

/// The event of [`progress`].
#[must_use]
pub fn progress_event(number: u64, step: u64) -> NewEvent {
    let RecordProgress {
        activity,
        officer,
        department,
        noted_at,
    } = progress(number, step);
    let event = ProgressRecorded {
        activity,
        officer,
        department,
        noted_at,
    };
    new_event(&application(), number, step, &event.into())
}

/// A step of work on the petition with this number.
#[must_use]
pub fn progress(number: u64, step: u64) -> RecordProgress {
    progress_saying(number, step, &SHORT)
}

fn progress_saying(number: u64, step: u64, texts: &Texts) -> RecordProgress {
    RecordProgress {
        activity: format!("T{:02} {}", step % 27, texts.check)
            .parse()
            .expect("text"),
        officer: ActorId::new(format!("officer-{:04}", number % 500)).expect("a name"),
        department: Some(texts.department.parse().expect("text")),
        noted_at: at(number, step),
    }
}

fn at(number: u64, step: u64) -> Timestamp {
    let start: Timestamp = "2026-03-09T09:00:00+09:00".parse().expect("an instant");
    start.saturating_add(Duration::from_secs(number % 32_400 + step * 3_600))
}

fn submit(number: u64, texts: &Texts) -> Submit {
    Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Other,
        channel: Channel::Online,
        petition_type: texts.petition_type.parse().expect("text"),
        applicant: format!("applicant-{:07}", number % 1_000_000)
            .parse()
            .expect("an id"),
        agency: "agency-3020000".parse().expect("text"),
        submitted_at: at(number, 0),
        attachments: Vec::new(),
    }
}

fn receive(number: u64, texts: &Texts) -> Receive {
    Receive {
        receipt_number: format!("2026-{number:08}").parse().expect("a number"),
        kind: PetitionKind::Other,
        period: Period::new(7, PeriodUnit::Days).expect("a period"),
        due: ReceiptDue::Imported {
            due: Due::At(at(number, 1).saturating_add(Duration::from_secs(7 * 86_400))),
            calendar_version: "kr-2026.1".parse().expect("text"),
        },
        department: texts.department.parse().expect("text"),
        received_at: at(number, 1),
    }
}

fn request_supplement(number: u64, texts: &Texts) -> RequestSupplement {
    RequestSupplement {
        items: vec![texts.missing.parse().expect("text")],
        due: Due::At(at(number, 100)),
        officer: ActorId::new("officer-0017").expect("a name"),
        requested_at: at(number, 3),
        lack: LackSeen::Later,
    }
}

fn supplement(number: u64, texts: &Texts) -> Supplement {
    Supplement {
        by: format!("applicant-{:07}", number % 1_000_000)
            .parse()
            .expect("an id"),
        supplemented_at: at(number, 4),
        attachments: Vec::new(),
        note: Some(texts.note.parse().expect("text")),
    }
}

fn complete(number: u64, texts: &Texts) -> Complete {
    Complete {
        officer: ActorId::new("officer-0017").expect("a name"),
        answer: Some(texts.answer.parse().expect("text")),
        attachments: Vec::new(),
        document: DueDocument::NotDue,
        completed_at: at(number, 5),
    }
}
