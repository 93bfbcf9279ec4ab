//! Petitions of eight events, as they go through an office.

use std::time::Duration;

use minwon_core::{
    ActorId, Aggregate, Command, CommandContext, CommandId, Decider, EventMetadata, NamespaceName,
    NewEvent, PetitionId, ServiceName, Stage, StreamName, Timestamp,
};
use minwon_petitions::{
    ApplicationCommand, ApplicationEvent, Category, Channel, Due, Period, PeriodUnit,
    PetitionApplication, PetitionKind, ServiceType,
    application::{
        Complete, ProgressRecorded, Receive, RecordProgress, RequestSupplement, Submit, Supplement,
    },
};

/// Events of one petition.
pub const EVENTS: usize = 8;

/// The decider of all benchmarks.
#[must_use]
pub fn application() -> PetitionApplication {
    PetitionApplication::new(Category::General)
}

/// The namespace of all benchmarks.
#[must_use]
pub fn namespace() -> NamespaceName {
    NamespaceName::new("general").expect("a word")
}

/// The id of the petition with this number.
#[must_use]
pub fn petition(number: u64) -> PetitionId {
    PetitionId::new(format!("2026-{number:08}")).expect("a name")
}

/// The stream of the petition with this number.
#[must_use]
pub fn stream(number: u64) -> StreamName {
    application().stream(&namespace(), &petition(number))
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
    let bodies: [ApplicationCommand; EVENTS] = [
        submit(number).into(),
        receive(number).into(),
        progress(number, 2).into(),
        request_supplement(number).into(),
        supplement(number).into(),
        progress(number, 5).into(),
        progress(number, 6).into(),
        complete().into(),
    ];
    (0..)
        .zip(bodies)
        .map(|(step, body)| command(number, step, body))
        .collect()
}

/// All eight events of the petition with this number, in order.
#[must_use]
pub fn events(number: u64) -> Vec<NewEvent> {
    let application = application();
    let mut state = application.initial();
    let mut events = Vec::with_capacity(EVENTS);
    for (step, command) in (0..).zip(commands(number)) {
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
            petition_id: petition(number),
            stage: Stage::new(encoded.shape.stage).expect("a name"),
            source: ServiceName::new("bench").expect("a name"),
            actor: ActorId::new("officer-0017").expect("a name"),
            traceparent: None,
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
    RecordProgress {
        activity: format!("T{:02} check of documents and register", step % 27)
            .parse()
            .expect("text"),
        officer: ActorId::new(format!("officer-{:04}", number % 500)).expect("a name"),
        department: Some("civil petitions division 2".parse().expect("text")),
        noted_at: at(number, step),
    }
}

fn at(number: u64, step: u64) -> Timestamp {
    let start: Timestamp = "2026-03-09T09:00:00+09:00".parse().expect("an instant");
    start.saturating_add(Duration::from_secs(number % 32_400 + step * 3_600))
}

fn submit(number: u64) -> Submit {
    Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Other,
        channel: Channel::Online,
        petition_type: "certificate of facts about the use of a building"
            .parse()
            .expect("text"),
        applicant: format!("applicant-{:07}", number % 1_000_000)
            .parse()
            .expect("an id"),
        agency: "agency-3020000".parse().expect("text"),
        submitted_at: at(number, 0),
        attachments: Vec::new(),
    }
}

fn receive(number: u64) -> Receive {
    Receive {
        receipt_number: format!("2026-{number:08}").parse().expect("a number"),
        kind: PetitionKind::Other,
        period: Period::new(7, PeriodUnit::Days).expect("a period"),
        due: Due::At(at(number, 1).saturating_add(Duration::from_secs(7 * 86_400))),
        department: "civil petitions division 2".parse().expect("text"),
        calendar_version: "kr-2026.1".parse().expect("text"),
        received_at: at(number, 1),
    }
}

fn request_supplement(number: u64) -> RequestSupplement {
    RequestSupplement {
        items: vec!["floor plan signed by the architect".parse().expect("text")],
        due: Due::At(at(number, 100)),
        officer: ActorId::new("officer-0017").expect("a name"),
        requested_at: at(number, 3),
    }
}

fn supplement(number: u64) -> Supplement {
    Supplement {
        by: format!("applicant-{:07}", number % 1_000_000)
            .parse()
            .expect("an id"),
        supplemented_at: at(number, 4),
        attachments: Vec::new(),
        note: Some(
            "the plan is attached to the paper form"
                .parse()
                .expect("text"),
        ),
    }
}

fn complete() -> Complete {
    Complete {
        officer: ActorId::new("officer-0017").expect("a name"),
        answer: Some("the building is used as registered".parse().expect("text")),
        attachments: Vec::new(),
    }
}
