//! Whatever is asked, the index answers what a scan of the log would.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use minwon_adapters::{SystemClock, redis::RedisOptions};
use minwon_core::{
    CausationId, Clock, CommandId, CorrelationId, EventFault, EventFilter, EventId,
    EventStore as _, EventType, ExpectedVersion, FaultKind, Generation, GenerationName,
    GlobalPosition, ListPlace, ModelName, NewEvent, ProjectionName, ReadModelAdmin, ReadModelStore,
    ServiceName, StoredView as _, Subject, Timestamp, TraceId, TraceParent,
    testing::{MemoryReadModels, MemoryStore, ProjectionFold, SeededRng, sample_event_of},
};
use minwon_test_servers::RedisServer;

use super::*;
use crate::{
    ListPart, ProjectorBuilder, ProjectorOptions, QueryError,
    dead_letters::tests::{NOTIFIER, added, event_ref, letters},
    testing::{Bent, Counting, Gate, Numbers, Sums, namespace, run},
    verify,
};

/// A clock that goes back now and then, by less than a minute.
#[derive(Debug, Clone, Default)]
struct Unsteady(Arc<AtomicI64>);

impl Clock for Unsteady {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

/// A log of anything, and the index of it beside another read model.
struct Office<R = MemoryReadModels> {
    store: MemoryStore,
    clock: Unsteady,
    read_models: R,
    reader: MessageReader<R, SystemClock>,
    rng: SeededRng,
    written: Vec<EventId>,
}

const SERVICES: [&str; 5] = [
    "portal",
    "petitions.general",
    "petitions.general.issuance",
    "petitions.gen",
    "unreadable",
];
const TYPES: [&str; 3] = ["Received", "Submitted", "Closed"];

fn stream(category: &str, id: &str) -> StreamName {
    format!("general_{category}-{id}").parse().unwrap()
}

fn request(number: u64) -> CorrelationId {
    CommandId::derive(&[5; 16], number.to_string()).into()
}

fn trace_of(number: u64) -> TraceId {
    TraceId::new(format!("{number:032x}")).unwrap()
}

impl Office {
    fn new(seed: u64) -> Self {
        Self::with(MemoryReadModels::new(), seed)
    }
}

impl Office {
    /// A log of one stream of a hundred events.
    async fn long() -> Self {
        let mut office = Self::new(0);
        let events: Vec<_> = (0..100).map(|_| office.event()).collect();
        let stream = stream("GeneralApplication", "p-0");
        let append = office
            .store
            .append(&stream, ExpectedVersion::NoStream, &events);
        append.await.unwrap();
        office
    }
}

impl<R: ReadModelStore + ReadModelAdmin + Clone + 'static> Office<R> {
    fn with(read_models: R, seed: u64) -> Self {
        let clock = Unsteady::default();
        Self {
            store: MemoryStore::with_clock(clock.clone()),
            reader: MessageReader::new(namespace(), read_models.clone(), SystemClock),
            clock,
            read_models,
            rng: SeededRng::new(seed),
            written: Vec::new(),
        }
    }

    fn one_of<'a>(&mut self, some: &[&'a str]) -> &'a str {
        some[self.rng.below(some.len() as u64) as usize]
    }

    fn event(&mut self) -> NewEvent {
        let command = CommandId::derive(&[4; 16], self.written.len().to_string());
        let mut event = sample_event_of(command, 0, "1");
        event.event_type = EventType::new(self.one_of(&TYPES)).unwrap();
        let number = self.rng.below(4);
        event.metadata.subject = Subject::new(format!("p-{number}")).unwrap();
        event.metadata.source = ServiceName::new(self.one_of(&SERVICES)).unwrap();
        if self.rng.happens(800) {
            event.metadata.correlation_id = request(self.rng.below(6));
        }
        event.metadata.causation_id = match self.rng.below(10) {
            0..6 if !self.written.is_empty() => {
                let at = self.rng.below(self.written.len() as u64);
                self.written[at as usize].into()
            }
            6 => CausationId::from_bytes(*event.metadata.correlation_id.as_bytes()),
            _ => command.into(),
        };
        event.metadata.traceparent = self.rng.happens(600).then(|| {
            let number = self.rng.below(5);
            TraceParent::new(format!("00-{number:032x}-00000000000000a1-01")).unwrap()
        });
        self.written.push(event.id());
        event
    }

    /// Writes something: an event or two, one that cannot be read, or an entry about a dead letter.
    async fn grow(&mut self) {
        let step = self.rng.below(60_000_000) as i64 - 10_000_000;
        self.clock
            .0
            .fetch_add(step.max(-9_000_000), Ordering::Relaxed);
        let category = self.one_of(&["GeneralApplication", "GeneralIssuance"]);
        // Most is written to one stream, which so is of several views.
        let id = self.one_of(&["p-0", "p-0", "p-0", "p-1", "p-2", "p-0~1", "p-0.1", "p-2.9"]);
        let stream = stream(category, id);
        match self.rng.below(20) {
            0 => drop(
                self.store
                    .plant(&stream, EventFault::new(FaultKind::Damaged, "it is bad")),
            ),
            1 => {
                let letters = letters(&self.store, &SystemClock);
                let letter = added(NOTIFIER, &event_ref("p-1", self.written.len() as u64));
                letters.record(vec![letter]).await.unwrap();
            }
            many => {
                let events: Vec<_> = (0..=many % 3).map(|_| self.event()).collect();
                let append = self.store.append(&stream, ExpectedVersion::Any, &events);
                append.await.unwrap();
            }
        }
    }

    fn projector(&self) -> ProjectorBuilder<MemoryStore, R, Numbers, SystemClock> {
        let (store, read_models) = (self.store.clone(), self.read_models.clone());
        ProjectorBuilder::new(namespace(), store, read_models, Numbers, SystemClock)
    }

    /// Folds the log up to its head, with the letters that are written meanwhile.
    async fn catch_up(&self) {
        loop {
            let head = self.store.head().await.unwrap();
            let options = ProjectorOptions::default();
            let options = options.batch_events_max(NonZeroU32::new(7).unwrap());
            let builder = self.projector().options(options);
            let builder = builder.project(Sums::new()).project(Messages::default());
            builder.catch_up().await.unwrap();
            if self.store.head().await.unwrap() == head {
                return;
            }
        }
    }

    async fn log(&self) -> Vec<Message> {
        self.events().await.iter().map(Message::of).collect()
    }

    /// All of the log, oldest first.
    async fn events(&self) -> Vec<RecordedEvent> {
        let all = EventFilter::namespace(namespace());
        let (mut messages, mut after) = (Vec::new(), GlobalPosition::START);
        loop {
            let page = self
                .store
                .read_all(after, &all, NonZeroU32::MAX)
                .await
                .unwrap();
            messages.extend(page.events);
            after = page.position;
            if page.is_end {
                return messages;
            }
        }
    }

    /// All that is meant, page by page.
    async fn listed(&self, filter: &MessageFilter, first: &ListPart) -> Vec<Message> {
        let (mut part, mut messages) = (first.clone(), Vec::new());
        loop {
            let page = self.reader.page(filter, &part).await.unwrap().value;
            messages.extend(page.messages);
            match page.next {
                // As it goes through a URL.
                Some(next) => part = first.clone().after(next.to_string().parse().unwrap()),
                None => return messages,
            }
        }
    }

    fn filter(&mut self, log: &[Message]) -> MessageFilter {
        let mut filter = MessageFilter::default();
        let some = &log[self.rng.below(log.len() as u64) as usize];
        let other = &log[self.rng.below(log.len() as u64) as usize];
        for said in 0..=self.rng.below(2) {
            filter = match self.rng.below(12) {
                0 if said == 0 => filter,
                0 | 1 => filter.trace(trace_of(self.rng.below(6))),
                2 => filter.correlation(some.correlation_id),
                3 => filter.caused_by(some.causation_id),
                4 => filter.subject(some.subject.clone()),
                5 => filter.types([some.event_type.clone(), other.event_type.clone()]),
                6 => {
                    let group = self.one_of(&["petitions", "petitions.general", "portal", "none"]);
                    filter.service(ServiceName::new(group).unwrap())
                }
                7 => filter.unreadable(),
                8 => filter.since(some.recorded_at),
                9 => filter.after(some.position),
                10 => filter.up_to(some.position),
                _ => filter.before(some.recorded_at),
            };
        }
        filter
    }

    /// Checks that the index is the fold of the log.
    async fn verify(&self) {
        let filter = EventFilter::namespace(namespace());
        let generation = GenerationName {
            model: ModelName {
                namespace: namespace(),
                projection: ProjectionName::new(Messages::<u64>::NAME).unwrap(),
            },
            generation: Generation::new(1),
        };
        let verified = verify(
            &self.store,
            &self.read_models,
            Numbers,
            Messages::default(),
            &filter,
            &generation,
            |_| {},
        );
        let verified = verified.await.unwrap();
        assert!(verified.is_sound(), "{verified:?}");
    }
}

fn some(limit: u32) -> ListPart {
    ListPart::first(NonZeroU32::new(limit).unwrap())
}

/// Writes a log of anything, and asks the index of it for anything. Returns how much was found.
async fn ask<R>(read_models: R, seed: u64) -> usize
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let (mut office, mut found) = (Office::with(read_models, seed), 0);
    // In two sittings, the second of which finds what the first one kept.
    for _ in 0..2 {
        for _ in 0..10 + office.rng.below(30) {
            office.grow().await;
        }
        office.catch_up().await;
    }
    let log = office.log().await;
    for _ in 0..20 {
        let filter = office.filter(&log);
        let mut expected: Vec<_> = log.iter().filter(|it| filter.means(it)).collect();
        let limit = [3, 7, 256][office.rng.below(3) as usize];
        let listed = office.listed(&filter, &some(limit)).await;
        assert!(
            listed.iter().eq(expected.iter().copied()),
            "seed {seed}: {filter:?}"
        );
        expected.reverse();
        let listed = office.listed(&filter, &some(limit).last_first()).await;
        assert!(
            listed.iter().eq(expected.iter().copied()),
            "seed {seed}: {filter:?}"
        );
        found += listed.len();
    }
    for message in log.iter().step_by(7) {
        let found = office.reader.at(message.position).await.unwrap().value;
        assert_eq!(found.as_ref(), Some(message), "seed {seed}");
    }
    let kinds = office.reader.kinds().await.unwrap().value;
    let types: BTreeSet<_> = log.iter().map(|it| it.event_type.clone()).collect();
    let services: BTreeSet<_> = log.iter().map(|it| it.source.clone()).collect();
    assert_eq!(
        (kinds.types, kinds.services),
        (types, services),
        "seed {seed}"
    );
    let flow = office.reader.flow().await.unwrap().value;
    let flow: BTreeMap<_, _> = flow
        .into_iter()
        .map(|edge| ((edge.cause, edge.effect, edge.service), edge.count))
        .collect();
    assert_eq!(flow, flow_of(&office.events().await), "seed {seed}");
    let is_event = |cause: &FlowCause| matches!(cause, FlowCause::Event(_));
    assert!(
        flow.keys().any(|(cause, ..)| is_event(cause)),
        "seed {seed}"
    );
    office.verify().await;
    found
}

/// The flow, by a scan: of each event what caused it, where that stands beside it.
fn flow_of(log: &[RecordedEvent]) -> BTreeMap<(FlowCause, MessageKind, ServiceName), u64> {
    let key = |event: &RecordedEvent| {
        key_of(group_of(event.stream.id()), event.version.get() / 16).into_owned()
    };
    let kind = |event: &RecordedEvent| MessageKind {
        category: event.stream.category().to_owned(),
        event_type: event.event_type.clone(),
    };
    let mut flow = BTreeMap::new();
    for event in log {
        let causation = event.metadata.causation_id();
        let mut beside = log.iter().filter(|other| key(other) == key(event));
        let cause = beside.find(|other| causation == CausationId::from(other.id()));
        let cause = match cause {
            Some(cause) => FlowCause::Event(kind(cause)),
            None if event.fault.is_none() && causation == event.metadata.command_id().into() => {
                FlowCause::Command
            }
            None => FlowCause::Elsewhere,
        };
        *flow
            .entry((cause, kind(event), Message::of(event).source))
            .or_default() += 1;
    }
    flow
}

#[test]
fn of_any_log_the_index_answers_what_a_scan_does() {
    run(async {
        let mut found = 0;
        for seed in 0..10 {
            found += ask(MemoryReadModels::new(), seed).await;
        }
        assert!(found > 1_000, "there was something to find: {found}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_so_out_of_redis() {
    let redis = RedisServer::start();
    let read_models = RedisOptions::default().connect(&redis.url()).await;
    assert!(ask(read_models.unwrap(), 11).await > 0);
}

#[test]
fn the_index_is_the_fold_of_the_log_and_holds_nothing_back() {
    run(async {
        let mut office = Office::new(3);
        for _ in 0..2 {
            for _ in 0..100 {
                office.grow().await;
            }
            office.catch_up().await;
        }
        office.verify().await;
        let held = office.reader.views().held_count().await.unwrap().value;
        assert_eq!(held, 0);
        let unreadable = MessageFilter::default().unreadable();
        assert!(!office.listed(&unreadable, &some(100)).await.is_empty());
    });
}

#[test]
fn what_a_rebuild_makes_answers_as_well() {
    run(async {
        let mut office = Office::new(5);
        for _ in 0..60 {
            office.grow().await;
        }
        office.catch_up().await;
        let all = MessageFilter::default();
        let before = office.listed(&all, &some(50)).await;
        let rebuild = office
            .projector()
            .rebuild(Messages::default())
            .await
            .unwrap();
        let rebuild = rebuild.caught_up(|_| {}).await.unwrap();
        let projector = rebuild.promote().await.map_err(|(_, error)| error).unwrap();
        projector.stop().await;
        assert_eq!(office.listed(&all, &some(50)).await, before);
        assert_eq!(before, office.log().await);
    });
}

/// A page that was empty would say that there is nothing.
#[test]
fn an_index_that_was_not_built_does_not_answer() {
    run(async {
        let office = Office::new(0);
        let error = office
            .reader
            .page(&MessageFilter::default(), &some(1))
            .await;
        assert!(
            matches!(error, Err(QueryError::Rebuilding { .. })),
            "{error:?}"
        );
    });
}

#[test]
fn a_page_is_bounded_whatever_is_asked_for() {
    run(async {
        let mut office = Office::new(1);
        for _ in 0..600 {
            office.grow().await;
        }
        office.catch_up().await;
        let all = MessageFilter::default();
        let page = office
            .reader
            .page(&all, &some(u32::MAX))
            .await
            .unwrap()
            .value;
        assert_eq!(page.messages.len(), MESSAGES_MAX.get() as usize);
        assert!(page.next.is_some());
    });
}

#[test]
fn a_cursor_that_is_none_is_refused_and_one_of_nowhere_is_harmless() {
    run(async {
        for bad in ["", "7", "@", "7@", "x@p-1", "-1@p-1", "7@a b"] {
            assert!(bad.parse::<ListPlace>().is_err(), "{bad:?}");
        }
        let mut office = Office::new(2);
        for _ in 0..30 {
            office.grow().await;
        }
        office.catch_up().await;
        let all = MessageFilter::default();
        for (place, is_behind) in [("0@zz", false), ("18446744073709551615@zz", true)] {
            let part = some(100).after(place.parse().unwrap());
            let page = office.reader.page(&all, &part).await.unwrap().value;
            assert_eq!(page.messages.is_empty(), is_behind, "{place}");
        }
    });
}

#[test]
fn what_a_request_came_to_is_shown_behind_its_cause() {
    let message = |number: u64, cause: u64| {
        let id = |number: u64| CommandId::derive(&[4; 16], number.to_string());
        let mut event = sample_event_of(id(number), 0, "1");
        event.metadata.causation_id = match cause {
            0 => id(number).into(),
            _ => id(cause).event_id(0).into(),
        };
        let recorded = minwon_core::testing::recorded_event(&stream("A", "1"), number, event);
        Message::of(&recorded)
    };
    let shown = |messages: &[Message]| -> Vec<_> {
        let tree = reader::in_order_of_causes(messages.to_vec()).into_iter();
        tree.map(|(message, above)| (message.version.get(), above))
            .collect()
    };
    let messages: Vec<_> = [(1, 0), (2, 1), (3, 0), (4, 1), (5, 2), (6, 9)]
        .map(|(number, cause)| message(number, cause))
        .into();
    let expected = [(1, 0), (2, 1), (5, 2), (4, 1), (3, 0), (6, 0)];
    assert_eq!(shown(&messages), expected);
    // Nobody is their own cause, nor that of what stands before them.
    let circle = [message(1, 2), message(2, 1), message(3, 3)];
    assert_eq!(shown(&circle), [(1, 0), (2, 1), (3, 0)]);
    let deep: Vec<_> = (1..2_000)
        .map(|number| message(number, number - 1))
        .collect();
    assert_eq!(shown(&deep).last(), Some(&(1_999, 1_998)));
}

#[test]
fn a_key_is_one_whatever_the_stream_is_called() {
    for id in ["1", "~", &"i".repeat(128), &"민".repeat(42)] {
        for number in [0, 1, u64::MAX / VIEW_EVENTS] {
            let key = key_of(id, number);
            assert!(ViewKey::check(&key).is_ok(), "{key}");
        }
    }
}

#[test]
fn attempts_stand_beside_what_they_are_for_and_numbers_without_end_do_not() {
    for (id, group) in [
        ("p-1", "p-1"),
        ("p-1.1", "p-1"),
        ("p-1.9", "p-1"),
        ("민.2", "민"),
        ("p.1.1", "p.1"),
        ("p-1.0", "p-1.0"),
        ("p-1.10", "p-1.10"),
        ("2026.123", "2026.123"),
        (".1", ".1"),
        ("1", "1"),
        ("", ""),
    ] {
        assert_eq!(group_of(id), group, "{id}");
    }
}

#[test]
fn the_stored_form_is_frozen() {
    let stream = stream("GeneralApplication", "p-1");
    let recorded = |number, command: CommandId| {
        let mut event = sample_event_of(command, 0, "1");
        event.metadata.correlation_id = request(1);
        event.metadata.traceparent = Some(
            format!("00-{:032x}-00000000000000a1-01", 7)
                .parse()
                .unwrap(),
        );
        minwon_core::testing::recorded_event(&stream, number, event)
    };
    let command = |number: u8| CommandId::from_bytes([number; 16]);
    let messages = Messages::<u64>::default();
    let fold = ProjectionFold::new(&messages, &Numbers)
        .on(&recorded(0, command(1)))
        .on(&recorded(1, command(2)));
    let mut json = Vec::new();
    let view = fold.view().unwrap();
    view.store(&mut serde_json::Serializer::new(&mut json))
        .unwrap();
    let form = String::from_utf8(json).unwrap();
    let expected = concat!(
        r#"[["0",0,"ConformanceChecked","3e05348b-350a-53b8-b17c-e3103cd6c4c2","#,
        r#""01010101-0101-0101-0101-010101010101","general_GeneralApplication-p-1",0,"#,
        r#""bbe8fc7a-31cd-5e5a-92cd-682a7dee7824","00000000000000000000000000000007","#,
        r#""2026-000123","conformance","c"],"#,
        r#"["1",1,"ConformanceChecked","7164b3ab-2ca6-5013-8721-a57b0dbd5a71","#,
        r#""02020202-0202-0202-0202-020202020202",null,null,null,null,null,null,null]]"#,
    );
    assert_eq!(form, expected);
    let places = fold.entries().into_iter().filter_map(|entry| match entry {
        IndexEntry::Listed { list, order } if order.get() == 1 => Some(list.partition),
        IndexEntry::Counted(cell) => Some(format!("{}: {}", cell.group, cell.member).into()),
        _ => None,
    });
    let expected = [
        "all",
        "cause/02020202-0202-0202-0202-020202020202",
        "request/bbe8fc7a-31cd-5e5a-92cd-682a7dee7824",
        "service/conformance",
        "subject/2026-000123",
        "trace/00000000000000000000000000000007",
        "type/ConformanceChecked",
        // Twice, which is 10 in binary digits.
        "edges: 1\tcommand\t\tGeneralApplication\tConformanceChecked\tconformance",
        "service: conformance",
        "type: ConformanceChecked",
    ];
    assert!(
        places.eq(expected.map(Box::<str>::from)),
        "{:#?}",
        fold.entries()
    );
    assert_eq!(key_of("p-1", 0), "p-1");
    assert_eq!(key_of("p-1", 2), "p-1~2");
    assert_eq!(key_of(&"i".repeat(101), 0), "~b513773233c8dbb6~0");
    let read = MessageView::restore(&mut serde_json::Deserializer::from_str(&form)).unwrap();
    assert_eq!(read, *view);
}

#[test]
fn counts_that_nobody_wrote_say_nothing() {
    let member = "3\tcommand\t\tApplication\tClosed\tportal";
    let read = |member: &str, views: u64| flow::read([(member.into(), views)]);
    assert_eq!(read(member, 2)[0].count, 16);
    assert_eq!(read(member, u64::MAX)[0].count, u64::MAX);
    for bad in [
        "",
        "command\t\tApplication\tClosed\tportal",
        "64\tcommand\t\tApplication\tClosed\tportal",
        "-1\tcommand\t\tApplication\tClosed\tportal",
        "3\tcommand\t\tApplication\tClosed\tportal\tand",
        "3\tApplication\t\tApplication\tClosed\tportal",
        "3\tcommand\t\tApplication\t\tportal",
    ] {
        assert_eq!(read(bad, 1), [], "{bad:?}");
    }
    assert_eq!(read(member, 0), []);
}

/// Else each view of a long stream would be begun by reading all that stands before it.
#[test]
fn a_long_stream_is_not_read_again_for_each_view_and_nothing_is_decoded() {
    run(async {
        let mut reads = Vec::new();
        for office in [Office::new(0), Office::long().await] {
            let (decoder, store) = (Counting::default(), Gate::before(&office.store, 100));
            let gate = Arc::new(store);
            let (log, read_models) = (Arc::clone(&gate), office.read_models.clone());
            let builder =
                ProjectorBuilder::new(namespace(), log, read_models, decoder.clone(), SystemClock);
            let builder = builder.project(Messages::default());
            builder.catch_up().await.unwrap();
            assert_eq!(decoder.times(), 0);
            let all = office.listed(&MessageFilter::default(), &some(256)).await;
            assert_eq!(all, office.log().await);
            reads.push(gate.hook().reads());
        }
        assert_eq!(reads[0], reads[1], "as many as for an empty log");
    });
}

/// As where the beginnings of streams were cut off.
#[test]
fn events_that_are_not_in_the_log_any_more_hide_no_others() {
    run(async {
        for lost in [1, 20, 33, 100] {
            let (office, lost) = (Office::long().await, GlobalPosition::new(lost));
            let store = Bent::having_lost(&office.store, lost);
            let read_models = office.read_models.clone();
            let builder =
                ProjectorBuilder::new(namespace(), store, read_models, Numbers, SystemClock);
            let builder = builder.project(Messages::default());
            builder.catch_up().await.unwrap();
            let all = office.listed(&MessageFilter::default(), &some(256)).await;
            let mut expected = office.log().await;
            expected.retain(|message| message.position != lost);
            assert_eq!(all, expected);
            let held = office.reader.views().held_count().await.unwrap().value;
            assert_eq!(held, 0);
        }
    });
}
