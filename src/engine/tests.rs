//! Lamps, an aggregate that nothing here knows: what the engine does for any.

use std::{
    convert::Infallible,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use super::*;
use crate::{Namespace, ReadModels, Store};

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum LampEvent {
    Lit {},
    Broken {},
}

impl PlainEvent for LampEvent {}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
enum LampCommand {
    Light,
    Break,
}

struct Lamps;

impl Decider for Lamps {
    type Command = LampCommand;
    type Event = LampEvent;
    type State = Option<LampEvent>;
    type Rejection = Infallible;

    fn initial(&self) -> Option<LampEvent> {
        None
    }

    fn decide(&self, lamp: &Option<LampEvent>, command: &LampCommand) -> Decision<Self> {
        let event = match command {
            LampCommand::Light => LampEvent::Lit {},
            LampCommand::Break => LampEvent::Broken {},
        };
        Ok(Some(event)
            .filter(|_| *lamp != Some(event))
            .into_iter()
            .collect())
    }

    fn evolve(&self, _: Option<LampEvent>, event: &LampEvent) -> Option<LampEvent> {
        Some(*event)
    }
}

const ALL: IndexName = IndexName::new("lamps");

fn views() -> StateViews<Lamps, LampEvent> {
    StateViews::new("lamps", Lamps, |_, entries| {
        entries.push(IndexEntry::listed(ALL, "all", Order::new(0)));
    })
    .unwrap()
}

/// Breaks each lamp that is lit.
fn breaking() -> ReactorFn<LampEvent, LampCommand> {
    ReactorFn::new("breaking", |event, _, commands| {
        if *event == (LampEvent::Lit {}) {
            commands.push(LampCommand::Break);
        }
    })
    .unwrap()
}

type OfLamps = Aggregates<Named<Lamps>, Store>;

/// Breaks all lamps but the bad one, as long as that is so.
struct Breaker {
    lamps: OfLamps,
    is_bad: Arc<AtomicBool>,
}

impl CommandExecutor<LampCommand> for Breaker {
    async fn execute(&self, reaction: &Reaction<LampCommand>) -> Result<(), ExecuteError> {
        if reaction.cause.subject.as_str() == "bad" && self.is_bad.load(Ordering::Relaxed) {
            return Err(ExecuteError::Failed("it is too hot to touch".into()));
        }
        self.lamps.execute(reaction).await
    }
}

fn house() -> (OfLamps, ReadModels) {
    let store = Store::open(&crate::StoreUrl::Memory).unwrap();
    let read_models = ReadModels::beside(&store);
    let house = Namespace::new("house".parse().unwrap(), store, SystemClock);
    (
        house.aggregates(Named::new("Lamp", Lamps).unwrap()),
        read_models,
    )
}

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

async fn light(lamps: &OfLamps, ids: &[&str]) {
    let somebody = lamps.as_actor("kim".parse().unwrap(), "test".parse().unwrap());
    let somebody = somebody.traced(TRACE.parse().unwrap());
    for id in ids {
        somebody
            .give(&id.parse().unwrap(), LampCommand::Light)
            .await
            .unwrap();
    }
}

async fn state(lamps: &OfLamps, id: &str) -> Option<LampEvent> {
    lamps.state(&id.parse().unwrap()).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_letter_holds_back_its_own_subject_until_it_is_retried() {
    let (lamps, read_models) = house();
    let is_bad = Arc::new(AtomicBool::new(true));
    let breaker = Breaker {
        lamps: lamps.clone(),
        is_bad: Arc::clone(&is_bad),
    };
    let engine = lamps
        .engine(read_models)
        .project(views())
        .react(breaking(), breaker)
        .start();
    light(&lamps, &["bad", "good"]).await;
    engine.settled().await.unwrap();
    assert_eq!(state(&lamps, "good").await, Some(LampEvent::Broken {}));
    assert_eq!(state(&lamps, "bad").await, Some(LampEvent::Lit {}));

    let bad: Subject = "bad".parse().unwrap();
    let letters = engine.letters().of_subject(&bad).await.unwrap().value;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].consumer.as_str(), "breaking");
    assert!(engine.health().live);

    is_bad.store(false, Ordering::Relaxed);
    let operator = engine.dead_letters().operator("lee".parse().unwrap());
    let wait = std::time::Duration::from_secs(60);
    operator
        .retry(&Selection::Subject(bad.clone()), wait)
        .await
        .unwrap();
    engine.settled().await.unwrap();
    assert_eq!(state(&lamps, "bad").await, Some(LampEvent::Broken {}));
    let letters = engine.letters().of_subject(&bad).await.unwrap().value;
    assert!(letters.is_empty(), "{letters:?}");
    let ended = engine.stop().await;
    assert_eq!(ended.parts.len(), 3, "two projections and a reactor");
}

#[tokio::test(start_paused = true)]
async fn a_read_model_of_any_aggregate_is_rebuilt_and_compared_with_the_log() {
    let (lamps, read_models) = house();
    let engine = lamps.engine(read_models.clone()).project(views());
    let engine = engine.react(breaking(), lamps.clone()).start();
    let shown = engine.ask(views());
    light(&lamps, &["a", "b", "c"]).await;
    engine.settled().await.unwrap();
    let all = shown
        .list(&ALL.list("all"), &ListPart::default())
        .await
        .unwrap();
    let all: Vec<_> = all
        .value
        .views
        .iter()
        .map(|(key, view)| (key.as_str(), *view))
        .collect();
    assert_eq!(all, ["a", "b", "c"].map(|id| (id, LampEvent::Broken {})));

    let rebuild = lamps
        .projector(read_models.clone())
        .rebuild(views())
        .await
        .unwrap();
    let rebuild = rebuild.caught_up(|_| {}).await.unwrap();
    let generation = rebuild.generation().clone();
    let (store, decoder, events) = (&engine.store, lamps.decoder(), lamps.events());
    let compared = verify(
        store,
        &read_models,
        decoder,
        views(),
        &events,
        &generation,
        |_| {},
    );
    let compared = compared.await.unwrap();
    assert!(compared.is_sound(), "{compared:?}");
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_an_event_leads_to_names_it_as_its_cause() {
    let (lamps, read_models) = house();
    let engine = lamps.engine(read_models);
    let engine = engine.react(breaking(), lamps.clone()).start();
    light(&lamps, &["a"]).await;
    engine.settled().await.unwrap();
    let stream = lamps.stream(&"a".parse().unwrap());
    let page = engine
        .store
        .read_stream(&stream, StreamVersion::FIRST, NonZeroU32::MAX)
        .await
        .unwrap();
    let [lit, broken] = &page.events[..] else {
        panic!("{:?}", page.events);
    };
    assert_eq!(broken.metadata.causation_id(), CausationId::from(lit.id()));
    assert_eq!(
        broken.metadata.correlation_id(),
        lit.metadata.correlation_id()
    );
    assert_eq!(broken.metadata.traceparent(), Some(TRACE));
    assert_eq!(broken.metadata.source(), "engine.house.reactor");
    engine.stop().await;
}

/// Breaks each lamp that is lit, since the time of all lamps has come.
struct Wear(OfLamps);

impl Agenda for Wear {
    type Views = StateViews<Lamps, LampEvent>;
    type Due = &'static str;

    fn list(&self) -> ListName {
        ALL.list("all")
    }

    fn pending(&self, lamp: &LampEvent) -> Vec<(Timestamp, &'static str)> {
        let is_lit = *lamp == LampEvent::Lit {};
        let due = is_lit.then_some((Timestamp::UNIX_EPOCH, "wear"));
        due.into_iter().collect()
    }

    fn id(&self, subject: &Subject, due: &&'static str) -> CommandId {
        CommandId::derive(b"the wear of lamp", format!("{subject}/{due}"))
    }

    async fn give(
        &self,
        id: CommandId,
        lamp: &Subject,
        _: &&'static str,
        _: Timestamp,
    ) -> Result<Given, ExecuteError> {
        self.0.give_due(id, lamp, LampCommand::Break).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_falls_due_is_given_once_by_any_number_of_keepers() {
    let (lamps, read_models) = house();
    let mut engine = lamps.engine(read_models).project(views());
    for _ in 0..2 {
        engine = engine.keep(Wear(lamps.clone()), views(), KeeperOptions::default());
    }
    let engine = engine.start();
    light(&lamps, &["a"]).await;
    while state(&lamps, "a").await != Some(LampEvent::Broken {}) {
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
    }
    engine.settled().await.unwrap();
    let stream = lamps.stream(&"a".parse().unwrap());
    let events = engine
        .store
        .read_stream(&stream, StreamVersion::FIRST, NonZeroU32::MAX);
    let events = events.await.unwrap().events;
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].metadata.traceparent(), Some(TRACE));
    assert_eq!(events[1].metadata.source(), "engine.house.keeper");
    assert!(engine.health().live);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_message_is_found_by_its_trace_with_what_it_caused_and_opened() {
    let (lamps, read_models) = house();
    let engine = lamps.engine(read_models).index_messages();
    let engine = engine.react(breaking(), lamps.clone()).start();
    light(&lamps, &["a", "b"]).await;
    engine.settled().await.unwrap();
    let messages = engine.messages().unwrap();
    let trace = TraceId::from(&TRACE.parse::<TraceParent>().unwrap());
    let filter = MessageFilter::default().trace(trace);
    let page = messages.page(&filter, &ListPart::default()).await.unwrap();
    let types = page.value.messages.iter().map(|it| it.event_type.as_str());
    let mut types: Vec<_> = types.collect();
    types.sort_unstable();
    assert_eq!(types, ["LampBroken", "LampBroken", "LampLit", "LampLit"]);

    let lit = &page.value.messages[0];
    let tree = messages.tree(lit.correlation_id).await.unwrap().value;
    let shown = tree.messages.iter();
    let shown: Vec<_> = shown
        .map(|(it, above)| (it.event_type.as_str(), *above))
        .collect();
    assert_eq!(shown, [("LampLit", 0), ("LampBroken", 1)]);
    let (broken, _) = &tree.messages[1];
    let caused = MessageFilter::default().caused_by(lit.id);
    let caused = messages.page(&caused, &ListPart::default()).await.unwrap();
    assert_eq!(caused.value.messages, std::slice::from_ref(broken));

    let opened = engine
        .recorded(&broken.stream, broken.version)
        .await
        .unwrap();
    assert_eq!(opened.unwrap().id(), broken.id);
    let none = engine
        .recorded(&broken.stream, broken.version.next())
        .await
        .unwrap();
    assert_eq!(none, None);
    let elsewhere = "other_Lamp-a".parse().unwrap();
    let none = engine
        .recorded(&elsewhere, StreamVersion::FIRST)
        .await
        .unwrap();
    assert_eq!(none, None);
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn messages_are_not_indexed_unless_asked_for() {
    let (lamps, read_models) = house();
    let engine = lamps.engine(read_models).start();
    assert!(engine.messages().is_none());
    engine.stop().await;
}

/// Another member takes the whole share at once, though the leases would hold for an hour.
async fn check_that_leases_are_given_back(read_models: ReadModels) {
    let (lamps, _) = house();
    let start = |member: &str| {
        let leases = read_models.leases().unwrap();
        let hour = std::time::Duration::from_secs(3_600);
        let member = Membership::new(leases, member.parse().unwrap(), hour);
        let engine = lamps.engine(read_models.clone()).project(views());
        let engine = engine.react(breaking(), lamps.clone()).share_as(member);
        engine.start()
    };
    let one = start("one");
    light(&lamps, &["a", "b"]).await;
    one.settled().await.unwrap();
    one.stop().await;
    let two = start("two");
    light(&lamps, &["c"]).await;
    two.settled().await.unwrap();
    for model in &two.projector().status().borrow().models {
        assert_eq!(model.slices.len(), 16, "{}", model.part());
    }
    let reactor = two.reactors()[0].status().borrow().slices.len();
    assert_eq!(reactor, usize::from(breaking().slices().get()));
    two.stop().await;
}

#[tokio::test]
async fn leases_in_memory_are_given_back() {
    let (_, read_models) = house();
    check_that_leases_are_given_back(read_models).await;
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn leases_in_redis_are_given_back() {
    let redis = minwon_test_servers::RedisServer::start();
    let url = redis.url().parse().unwrap();
    check_that_leases_are_given_back(ReadModels::open(&url).await.unwrap()).await;
}
