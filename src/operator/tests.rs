//! The socket as operators, and others, meet it.

mod places;
mod repeats;
mod wire;

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use minwon_adapters::SystemClock;
use minwon_core::{
    ActorId, Added, CommandId, ConsumerName, CorrelationId, DeadLetterEvent, EventFilter,
    EventMetadata, EventRef, EventStore, EventType, ExpectedVersion, Failure, FailureClass,
    GlobalPosition, NewEvent, RetryFailed, SchemaVersion, ServiceName, Stage, StreamName,
    Timestamp,
};
use minwon_petitions::PetitionId;
use minwon_projections::{DeadLetters, EventAt, QueueEntry, Selection};
use tempfile::TempDir;

use super::*;
use crate::{Store, StoreUrl};

/// A store in memory with three letters of the notifier, whose socket is in a directory of its own.
struct World {
    directory: TempDir,
    letters: DeadLetters<Store, SystemClock>,
    events: Vec<EventRef>,
}

fn consumer() -> ConsumerName {
    ConsumerName::new("notifier").unwrap()
}

fn filed(petition: &str) -> NewEvent {
    let id = CommandId::derive(&[9; 16], petition);
    NewEvent {
        event_type: EventType::new("GeneralApplicationSubmitted").unwrap(),
        schema_version: SchemaVersion::new(1),
        metadata: EventMetadata {
            event_id: id.event_id(0),
            command_id: id,
            correlation_id: CorrelationId::from(id),
            causation_id: id.into(),
            occurred_at: Timestamp::UNIX_EPOCH,
            subject: PetitionId::new(petition).unwrap(),
            stage: Stage::new("receipt").unwrap(),
            source: ServiceName::new("test").unwrap(),
            actor: ActorId::new("applicant-42").unwrap(),
            traceparent: None,
            fingerprint: None,
        },
        payload: br#"{"what":"certificate"}"#.as_slice().into(),
    }
}

impl World {
    async fn new() -> Self {
        let store = Store::open(&StoreUrl::Memory).unwrap();
        for petition in ["p-1", "p-2", "p-3"] {
            let stream = format!("general_GeneralApplication-{petition}");
            let stream: StreamName = stream.parse().unwrap();
            let events = [filed(petition)];
            let append = store.append(&stream, ExpectedVersion::NoStream, &events);
            append.await.unwrap();
        }
        let all = EventFilter::all();
        let page = store.read_all(GlobalPosition::START, &all, std::num::NonZeroU32::MAX);
        let page = page.await.unwrap();
        let events: Vec<_> = page.events.iter().map(EventRef::from).collect();
        let namespace = NamespaceName::new("general").unwrap();
        let letters = DeadLetters::new(namespace, store, SystemClock);
        let directory = tempfile::tempdir().unwrap();
        let world = Self {
            directory,
            letters,
            events,
        };
        let added = world.events.iter().map(|event| Added {
            consumer: consumer(),
            key: event.subject.to_string(),
            failure: refusal(),
            event: event.clone(),
            attempts: 4,
        });
        let added = added.map(Into::into).collect();
        world.letters.record(added).await.unwrap();
        world
    }

    fn socket(&self) -> PathBuf {
        socket_beside(
            &self.directory.path().join("a.db"),
            self.letters.namespace(),
        )
    }

    /// A desk that remembers nothing, as after a start.
    fn listen(&self) -> Listener {
        listen(&self.socket(), OperatorDesk::new(self.letters.clone())).unwrap()
    }

    fn connect(&self) -> OperatorClient {
        OperatorClient::connect(&self.socket()).unwrap()
    }

    /// Asks on a connection of its own, off the runtime's thread.
    async fn ask(&self, request: Request) -> Result<Answer, OperatorClientError> {
        let socket = self.socket();
        let asking = move || OperatorClient::connect(&socket)?.ask(&request);
        tokio::task::spawn_blocking(asking).await.unwrap()
    }

    fn one(&self, number: usize) -> OneLetter {
        OneLetter {
            consumer: consumer(),
            event: EventAt::Id(self.events[number].id),
        }
    }

    /// The consumer tries what it was asked for, and fails.
    async fn fail_again(&self, number: usize) {
        let event = self.events[number].clone();
        let failed = RetryFailed {
            consumer: consumer(),
            key: event.subject.to_string(),
            failure: refusal(),
            event,
            attempts: 5,
            kind: None,
        };
        self.letters.record(vec![failed.into()]).await.unwrap();
    }

    async fn decisions(&self) -> Vec<QueueEntry> {
        let operator = self.letters.operator(ActorId::new("test").unwrap());
        operator.decisions(Timestamp::UNIX_EPOCH).await.unwrap()
    }
}

fn refusal() -> Failure {
    Failure::of_text(FailureClass::Handler, "550 no such mailbox")
}

fn request(name: &str, by: &str, asked: Asked) -> Request {
    Request {
        version: REQUEST_VERSION,
        id: CommandId::derive(&[3; 16], name),
        namespace: NamespaceName::new("general").unwrap(),
        by: ActorId::new(by).unwrap(),
        asked,
    }
}

fn skip(letter: OneLetter) -> Asked {
    let reason = "sent by post".to_owned();
    Asked::Skip { letter, reason }
}

fn retry_all() -> Asked {
    Asked::Retry {
        letters: Selection::All,
        wait_seconds: 0,
    }
}

/// A request that changes nothing.
fn retry_none() -> Asked {
    Asked::Retry {
        letters: Selection::Key("none".into()),
        wait_seconds: 0,
    }
}

fn kind(refused: Result<Answer, OperatorClientError>) -> RefusalKind {
    match refused {
        Err(OperatorClientError::Refused { refusal }) => refusal.kind,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_operator_decides_while_the_service_has_the_store() {
    let world = World::new().await;
    let _listener = world.listen();
    let skipped = world
        .ask(request("skip", "kim", skip(world.one(0))))
        .await
        .unwrap();
    let Answer::Decided(decided) = &skipped else {
        panic!("{skipped:?}");
    };
    assert_eq!(
        (&decided.event, decided.repeated),
        (&world.events[0], false)
    );
    let compensate = Asked::Compensate {
        letter: world.one(1),
        reason: "refunded".into(),
    };
    world
        .ask(request("compensate", "lee", compensate))
        .await
        .unwrap();
    let retried = world
        .ask(request("retry", "kim", retry_all()))
        .await
        .unwrap();
    let Answer::Retried(retried) = &retried else {
        panic!("{retried:?}");
    };
    assert_eq!(retried.results[0].outcome, RetriedTo::NoAnswer);
    assert!(!retried.is_complete());

    let decisions = world.decisions().await;
    let found: Vec<_> = decisions
        .iter()
        .map(|it| (it.by.as_str(), &it.event))
        .collect();
    assert!(
        matches!(
            found[..],
            [
                ("kim", DeadLetterEvent::Skipped(skipped)),
                ("lee", DeadLetterEvent::Compensated(_)),
                ("kim", DeadLetterEvent::RetryRequested(_)),
            ] if skipped.reason == "sent by post"
        ),
        "{found:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_decided_is_refused_with_what_to_do() {
    let world = World::new().await;
    let _listener = world.listen();
    let nobody = OneLetter {
        consumer: ConsumerName::new("nobody").unwrap(),
        ..world.one(0)
    };
    let refused = world.ask(request("nobody", "kim", skip(nobody))).await;
    let text = refused.as_ref().unwrap_err().to_string();
    assert!(text.contains("list the letters again"), "{text}");
    assert_eq!(kind(refused), RefusalKind::NotALetter);
    let letter = world.one(0);
    let reason = " ".to_owned();
    let no_reason = request("reason", "kim", Asked::Skip { letter, reason });
    assert_eq!(kind(world.ask(no_reason).await), RefusalKind::BadReason);
    let elsewhere = Request {
        namespace: NamespaceName::new("car").unwrap(),
        ..request("elsewhere", "kim", retry_none())
    };
    assert_eq!(
        kind(world.ask(elsewhere).await),
        RefusalKind::OtherNamespace
    );
    assert_eq!(world.decisions().await.len(), 0);
}

#[tokio::test]
async fn one_operator_too_many_is_asked_to_come_back() {
    let world = World::new().await;
    let _listener = world.listen();
    let mut inside: Vec<_> = (0..CONNECTIONS_MAX).map(|_| world.connect()).collect();
    // Each has been let in once it was answered.
    let answers = tokio::task::spawn_blocking(move || {
        let ask = |client: &mut OperatorClient| client.ask(&request("in", "kim", retry_none()));
        let answers: Vec<_> = inside.iter_mut().map(ask).collect();
        (answers, inside)
    });
    let (answers, inside) = answers.await.unwrap();
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let one_more = request("one more", "kim", retry_none());
    assert_eq!(kind(world.ask(one_more.clone()).await), RefusalKind::Busy);
    drop(inside);
    // The places are free once the service has seen that the others are gone.
    loop {
        match world.ask(one_more.clone()).await {
            Ok(_) => break,
            busy => assert_eq!(kind(busy), RefusalKind::Busy),
        }
    }
}

#[tokio::test]
async fn whoever_waits_when_the_service_stops_is_asked_to_try_again() {
    let world = World::new().await;
    let listener = world.listen();
    let waits = Asked::Retry {
        letters: Selection::All,
        wait_seconds: 600,
    };
    let waiting = world.ask(request("waits", "kim", waits));
    let stop = async {
        while world.decisions().await.is_empty() {
            tokio::task::yield_now().await;
        }
        drop(listener);
    };
    let (refused, ()) = futures_util::future::join(waiting, stop).await;
    assert_eq!(kind(refused), RefusalKind::Stopping);
    assert!(!world.socket().exists());
    let away = world.ask(request("away", "kim", retry_none())).await;
    assert!(
        matches!(away, Err(OperatorClientError::NobodyListens { .. })),
        "{away:?}"
    );
    assert_eq!(
        world.decisions().await.len(),
        1,
        "what was asked for stands"
    );
}
