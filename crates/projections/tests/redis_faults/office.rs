//! An office at work: many petitions are open at a time, so a petition's events lie far apart.

use std::{collections::HashSet, time::Duration};

use minwon_core::{
    ActorId, Aggregate, CommandId, Decider, EventMetadata, EventStore, ExpectedVersion,
    GlobalPosition, NamespaceName, NewEvent, ServiceName, Stage, StreamName, StreamVersion,
    Subject, Timestamp, ViewKey, testing::SeededRng,
};
use minwon_petitions::{
    ApplicationCommand, ApplicationEvent, Category, Channel, Due, Period, PeriodUnit,
    PetitionApplication, PetitionKind, ServiceType,
    application::{
        Complete, DueDocument, LackSeen, ReceiptDue, Receive, RecordProgress, RequestSupplement,
        Submit, Supplement,
    },
};

/// Petitions that are open at a time.
const OPEN: usize = 40;

/// Appends that are waited for together.
const WINDOW: usize = 20;

/// A petition on its way: what is left of it, next event last.
#[derive(Clone)]
struct Petition {
    stream: StreamName,
    left: Vec<NewEvent>,
    next: u64,
}

/// Appends to a log: each next event is of a random one of the open petitions. The same petition
/// always has the same eight events, whatever their order among the others.
#[derive(Clone)]
pub(crate) struct Office<S> {
    pub(crate) store: S,
    rng: SeededRng,
    open: Vec<Petition>,
    begun: u64,
}

impl<S: EventStore> Office<S> {
    pub(crate) fn new(store: S, seed: u64) -> Self {
        let mut office = Self {
            store,
            rng: SeededRng::new(seed),
            open: Vec::new(),
            begun: 0,
        };
        while office.open.len() < OPEN {
            let petition = office.begin();
            office.open.push(petition);
        }
        office
    }

    /// The same petitions as they stand, in another log and by another chance.
    pub(crate) fn elsewhere<T: EventStore>(&self, store: T, seed: u64) -> Office<T> {
        Office {
            store,
            rng: SeededRng::new(seed),
            open: self.open.clone(),
            begun: self.begun,
        }
    }

    /// Forgets under which ids it has sent what is still to come.
    pub(crate) fn forget_ids(&mut self) {
        for event in self.open.iter_mut().flat_map(|open| &mut open.left) {
            let old = event.metadata.command_id;
            let new = CommandId::derive(&[2; 16], old.to_string());
            event.metadata.command_id = new;
            event.metadata.event_id = new.event_id(0);
        }
    }

    fn begin(&mut self) -> Petition {
        let number = self.begun;
        self.begun += 1;
        let mut left = events(number);
        left.reverse();
        Petition {
            stream: application().stream(&namespace(), &petition(number)),
            left,
            next: 0,
        }
    }

    /// Appends so many events; answers the position of the last of them.
    pub(crate) async fn work(&mut self, events: usize) -> GlobalPosition {
        let mut left = events;
        while left > 0 {
            // Appends of one window are of different petitions, so their order does not matter.
            let (mut window, mut streams) = (Vec::new(), HashSet::new());
            while window.len() < left.min(WINDOW) {
                let at = self.rng.below(OPEN as u64) as usize;
                if !streams.insert(self.open[at].stream.clone()) {
                    break;
                }
                window.push(self.open[at].advance());
                if self.open[at].left.is_empty() {
                    self.open[at] = self.begin();
                }
            }
            left -= window.len();
            let appends = window.iter().map(|(stream, expected, event)| {
                self.store
                    .append(stream, *expected, std::slice::from_ref(event))
            });
            futures_util::future::try_join_all(appends).await.unwrap();
        }
        self.store.head().await.unwrap()
    }

    /// Appends the next event of the petition with this number, which has to be open.
    pub(crate) async fn work_on(&mut self, number: u64) -> GlobalPosition {
        let stream = application().stream(&namespace(), &petition(number));
        let open = self.open.iter().position(|open| open.stream == stream);
        let at = open.expect("the petition is open");
        let (stream, expected, event) = self.open[at].advance();
        if self.open[at].left.is_empty() {
            self.open[at] = self.begin();
        }
        let appended = self.store.append(&stream, expected, &[event]).await;
        appended.unwrap().position
    }

    /// Numbers of petitions that are open and have at least two events.
    pub(crate) fn under_way(&self) -> Vec<u64> {
        let open = self.open.iter().filter(|open| open.next >= 2);
        open.map(|open| open.stream.id()["2026-".len()..].parse().unwrap())
            .collect()
    }

    /// The key of a random petition.
    pub(crate) fn any_key(&mut self) -> ViewKey {
        key(self.rng.below(self.begun))
    }
}

impl Petition {
    fn advance(&mut self) -> (StreamName, ExpectedVersion, NewEvent) {
        let event = self
            .left
            .pop()
            .expect("a petition without events is not open");
        let last = self.next.checked_sub(1).map(StreamVersion::new);
        self.next += 1;
        (self.stream.clone(), ExpectedVersion::of(last), event)
    }
}

pub(crate) fn namespace() -> NamespaceName {
    NamespaceName::new("general").unwrap()
}

pub(crate) fn key(number: u64) -> ViewKey {
    ViewKey::new(petition(number).as_str()).unwrap()
}

fn application() -> PetitionApplication {
    PetitionApplication::new(Category::General)
}

fn petition(number: u64) -> Subject {
    Subject::new(format!("2026-{number:08}")).unwrap()
}

fn officer() -> ActorId {
    ActorId::new("officer-0017").unwrap()
}

/// All eight events of the petition with this number, in order.
fn events(number: u64) -> Vec<NewEvent> {
    let application = application();
    let mut state = application.initial();
    let mut events = Vec::new();
    for (step, command) in (0..).zip(commands(number)) {
        for event in application.decide(&state, &command).unwrap() {
            events.push(new_event(&application, number, step, &event));
            state = application.evolve(state, &event);
        }
    }
    assert_eq!(events.len(), 8);
    events
}

fn new_event(
    application: &PetitionApplication,
    number: u64,
    step: u64,
    event: &ApplicationEvent,
) -> NewEvent {
    let encoded = application.codec().encode(event).unwrap();
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
            stage: Stage::new(encoded.shape.stage).unwrap(),
            source: ServiceName::new("office").unwrap(),
            actor: officer(),
            traceparent: None,
            fingerprint: None,
        },
        payload: encoded.json.into(),
    }
}

fn at(number: u64, step: u64) -> Timestamp {
    let start: Timestamp = "2026-03-09T09:00:00+09:00".parse().unwrap();
    start.saturating_add(Duration::from_secs(number * 60 + step * 3_600))
}

/// A few applicants, so that their lists grow.
fn applicant(number: u64) -> minwon_petitions::ApplicantId {
    format!("applicant-{}", number % 20).parse().unwrap()
}

fn commands(number: u64) -> [ApplicationCommand; 8] {
    let progress = |step| RecordProgress {
        activity: format!("T{step:02} check of documents").parse().unwrap(),
        officer: officer(),
        department: None,
        noted_at: at(number, step),
    };
    let submit = Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Other,
        channel: Channel::Online,
        petition_type: "certificate of facts".parse().unwrap(),
        applicant: applicant(number),
        agency: "agency-3020000".parse().unwrap(),
        submitted_at: at(number, 0),
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("2026-{number:08}").parse().unwrap(),
        kind: PetitionKind::Other,
        period: Period::new(7, PeriodUnit::Days).unwrap(),
        due: ReceiptDue::Imported {
            due: Due::At(at(number, 100)),
            calendar_version: "kr-2026.1".parse().unwrap(),
        },
        department: "division 2".parse().unwrap(),
        received_at: at(number, 1),
    };
    let request = RequestSupplement {
        items: vec!["floor plan".parse().unwrap()],
        due: Due::At(at(number, 90)),
        officer: officer(),
        requested_at: at(number, 3),
        lack: LackSeen::Later,
    };
    let supplement = Supplement {
        by: applicant(number).as_str().parse().unwrap(),
        supplemented_at: at(number, 4),
        attachments: Vec::new(),
        note: None,
    };
    let complete = Complete {
        officer: officer(),
        answer: Some("as registered".parse().unwrap()),
        attachments: Vec::new(),
        document: DueDocument::NotDue,
        completed_at: at(number, 6),
    };
    [
        submit.into(),
        receive.into(),
        progress(2).into(),
        request.into(),
        supplement.into(),
        progress(5).into(),
        progress(6).into(),
        complete.into(),
    ]
}
