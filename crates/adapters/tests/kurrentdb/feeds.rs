//! Feeds: each way in which a subscription ends or goes silent, and what the consumer sees of it.

use std::{num::NonZeroU32, time::Duration};

use minwon_adapters::kurrentdb::{KurrentFeed, KurrentOptions, KurrentStore};
use minwon_core::{
    EventFilter, EventStore, ExpectedVersion::Any, Feed, FeedBatch, GlobalPosition, NamespaceName,
    StoreErrorKind,
};
use minwon_kurrentdb_stand_in::{
    Call, Code, FaultPlan, HandshakeFault, Positions, ReadFault, ServerVersion, StandIn,
    SubscribeFault,
};

use crate::scene::{PAGE, WAIT_MAX, events, impatient, open, patient, read_log, scene, stream};

const START: GlobalPosition = GlobalPosition::START;

/// Soon notices that nothing comes.
fn watchful() -> KurrentOptions {
    patient().quiet_timeout(Duration::from_millis(50))
}

/// A feed, and what it has brought.
struct Followed {
    feed: KurrentFeed,
    position: GlobalPosition,
    ids: Vec<[u8; 16]>,
    caught_up: bool,
}

impl Followed {
    fn start(store: &KurrentStore, batch_events_max: u32) -> Self {
        let batch_events_max = NonZeroU32::new(batch_events_max).unwrap();
        Self {
            feed: store.feed(START, EventFilter::all(), batch_events_max),
            position: START,
            ids: Vec::new(),
            caught_up: false,
        }
    }

    async fn next(&mut self) -> FeedBatch {
        let batch = self.feed.next().await.unwrap();
        for event in &batch.events {
            assert!(event.position > self.position, "in order, and once");
            self.position = event.position;
            self.ids.push(*event.id().as_bytes());
        }
        assert!(
            batch.position >= self.position,
            "a position never goes back"
        );
        self.position = batch.position;
        self.caught_up = batch.caught_up;
        batch
    }

    async fn until(&mut self, count: usize) {
        while self.ids.len() < count {
            self.next().await;
        }
    }
}

/// The ids of our events in the stand-in's log.
fn ids_of_ours(stand_in: &StandIn) -> Vec<[u8; 16]> {
    let log = stand_in.log();
    let ours = log
        .iter()
        .filter(|record| record.stream.starts_with("general_"));
    ours.map(|record| record.id.into_bytes()).collect()
}

async fn append(store: &KurrentStore, name: &str, count: u32) {
    let events = events(name, count);
    store.append(&stream(name), Any, &events).await.unwrap();
}

/// A feed that meets `fault` in the history, and another one that meets it live, both bring
/// everything once.
async fn survives(fault: SubscribeFault) {
    // Silence is only waited for where it is what happens: a subscription that is given up because
    // the machine is slow takes the fault with it.
    let quiet = match fault {
        SubscribeFault::SilentAfter(_) | SubscribeFault::Hang => Duration::from_millis(300),
        _ => WAIT_MAX,
    };
    let (stand_in, store) = scene(patient().quiet_timeout(quiet)).await;
    append(&store, "history", 10).await;
    stand_in.misbehave(fault);
    let mut followed = Followed::start(&store, 3);
    followed.until(10).await;
    append(&store, "live", 10).await;
    followed.until(20).await;
    stand_in.until_occurred(fault, 1).await;
    append(&store, "afterwards", 10).await;
    followed.until(30).await;
    while !followed.caught_up {
        followed.next().await;
    }
    assert_eq!(followed.ids, ids_of_ours(&stand_in), "{fault:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_goes_on_where_a_subscription_failed() {
    for events in [0, 1, 5, 15] {
        survives(SubscribeFault::FailAfter(events, Code::Unavailable)).await;
        survives(SubscribeFault::FailAfter(events, Code::Aborted)).await;
        survives(SubscribeFault::CutAfter(events)).await;
    }
}

/// The client itself would go round in circles for ever, and take a thread of the runtime along.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_feed_goes_on_where_a_subscription_ended_well() {
    for events in [0, 1, 5, 15] {
        survives(SubscribeFault::EndAfter(events)).await;
        survives(SubscribeFault::MissingContentAfter(events)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_goes_on_where_a_subscription_fell_silent() {
    for events in [0, 1, 5, 15] {
        survives(SubscribeFault::SilentAfter(events)).await;
    }
    survives(SubscribeFault::Hang).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_goes_on_after_a_refusal() {
    survives(SubscribeFault::Unavailable).await;
    survives(SubscribeFault::NoLeader).await;
    survives(SubscribeFault::NotLeader).await;
}

/// The client panics on ids that are none.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_survives_the_clients_panics() {
    survives(SubscribeFault::WrongIds).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_again_is_dropped() {
    let (stand_in, store) = scene(patient()).await;
    let mut followed = Followed::start(&store, 3);
    for round in 1..=10 {
        append(&store, &format!("round {round}").replace(' ', "-"), 10).await;
        followed.until(10 * round).await;
        stand_in.misbehave(SubscribeFault::Repeat(15));
        stand_in.cut_connections();
        stand_in
            .until_occurred(SubscribeFault::Repeat(15), round as u64)
            .await;
    }
    append(&store, "last", 1).await;
    followed.until(101).await;
    assert_eq!(followed.ids, ids_of_ours(&stand_in));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_outlives_restarts() {
    let (stand_in, store) = scene(watchful()).await;
    let mut followed = Followed::start(&store, 4);
    for round in 1..=5 {
        append(&store, &format!("round-{round}"), 10).await;
        followed.until(10 * round - 5).await;
        stand_in.restart().await.unwrap();
        followed.until(10 * round).await;
    }
    assert_eq!(followed.ids, ids_of_ours(&stand_in));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_begins_before_its_server() {
    let stand_in = StandIn::builder().down().start().await.unwrap();
    let store = open(&stand_in.url(), watchful());
    let mut followed = Followed::start(&store, 4);
    stand_in.misbehave(HandshakeFault::Unavailable);
    stand_in.start_all().unwrap();
    append(&store, "first", 5).await;
    followed.until(5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_follows_the_leader() {
    let builder = StandIn::builder().nodes(3);
    let stand_in = builder.start().await.unwrap();
    let store = open(&stand_in.url(), watchful());
    let mut followed = Followed::start(&store, 4);
    for (round, leader) in (1..).zip([1, 2, 0, 2]) {
        append(&store, &format!("round-{round}"), 10).await;
        followed.until(10 * round - 5).await;
        stand_in.move_leader(leader);
        followed.until(10 * round).await;
    }
    // A node that is gone does not refuse: it does not answer.
    stand_in.stop_node(2).await;
    stand_in.move_leader(0);
    append(&store, "last", 1).await;
    followed.until(41).await;
    assert_eq!(followed.ids, ids_of_ours(&stand_in));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_reported_in_time_and_the_feed_goes_on() {
    let (stand_in, store) = scene(impatient()).await;
    append(&store, "before", 5).await;
    let mut followed = Followed::start(&store, 100);
    followed.until(5).await;
    stand_in.stop_all().await;
    let mut next = async || loop {
        match followed.feed.next().await {
            Ok(batch) => assert!(batch.events.is_empty()),
            Err(error) => break error,
        }
    };
    for _ in 0..2 {
        assert_eq!(next().await.kind(), StoreErrorKind::Unavailable);
    }
    stand_in.start_all().unwrap();
    append(&open(&stand_in.url(), patient()), "after", 5).await;
    while followed.ids.len() < 10 {
        if let Ok(batch) = followed.feed.next().await {
            let ids = batch.events.iter().map(|event| *event.id().as_bytes());
            followed.ids.extend(ids);
        }
    }
    assert_eq!(followed.ids, ids_of_ours(&stand_in));
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_event_in_our_stream_is_marked_and_stops_no_feed() {
    let (stand_in, store) = scene(patient()).await;
    append(&store, "ours", 5).await;
    stand_in.write(stream("ours").as_str(), "Foreign", "{}", "{}");
    append(&store, "behind", 5).await;
    let mut followed = Followed::start(&store, 100);
    followed.until(11).await;
    let log = read_log(&store).await.unwrap();
    let marked: Vec<_> = log.iter().filter(|event| event.fault.is_some()).collect();
    let [marked] = marked[..] else {
        panic!("{marked:?}")
    };
    assert_eq!(followed.ids[5], *marked.id().as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_of_another_log_is_an_error() {
    for version in [ServerVersion::new(23, 10, 0), ServerVersion::new(26, 1, 0)] {
        let builder = StandIn::builder().version(version);
        let stand_in = builder.start().await.unwrap();
        let store = open(&stand_in.url(), patient());
        append(&store, "ours", 5).await;
        let end = store.head().await.unwrap();
        let nowhere = GlobalPosition::new(end.commit() - 1);
        let mut feed = store.feed(nowhere, EventFilter::all(), PAGE);
        for _ in 0..2 {
            let error = feed.next().await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
            assert!(error.to_string().contains("restore"), "{error}");
        }
    }
}

/// While the filter leaves everything out, the position moves nevertheless.
#[tokio::test(flavor = "multi_thread")]
async fn the_position_moves_over_what_a_quiet_feed_leaves_out() {
    for version in [ServerVersion::new(23, 10, 0), ServerVersion::new(25, 0, 1)] {
        let builder = StandIn::builder().version(version);
        let stand_in = builder.start().await.unwrap();
        let store = open(&stand_in.url(), watchful());
        let elsewhere = EventFilter::namespace(NamespaceName::new("car").unwrap());
        let mut feed = store.feed(START, elsewhere, PAGE);
        for round in 0..3 {
            append(&store, &format!("round-{round}"), 3).await;
            let head = store.head().await.unwrap();
            let mut position = START;
            while position < head {
                let batch = feed.next().await.unwrap();
                assert!(batch.events.is_empty());
                position = batch.position;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_consumer_holds_the_server_back() {
    let (stand_in, store) = scene(patient()).await;
    const EVENTS: u32 = 4000;
    for part in 0..EVENTS / 500 {
        append_large(&store, part).await;
    }
    // Some feeds that nobody reads from.
    let mut slow: Vec<_> = (0..4).map(|_| Followed::start(&store, 10)).collect();
    for followed in &mut slow {
        followed.next().await;
    }
    // Others are not held up, neither calls nor a feed that is read from.
    let mut fast = Followed::start(&store, 1000);
    fast.until(EVENTS as usize).await;
    append(&store, "meanwhile", 1).await;
    fast.until(EVENTS as usize + 1).await;
    // What the slow ones took: what the windows of four connections and four batches hold.
    let sent = stand_in.events_sent() - u64::from(EVENTS) - 1;
    assert!(
        sent < u64::from(EVENTS) * 4 / 2,
        "{sent} events for feeds that nobody reads"
    );
    for mut followed in slow {
        followed.until(EVENTS as usize + 1).await;
        assert_eq!(followed.ids, ids_of_ours(&stand_in));
    }
}

/// 500 events of two kilobytes.
async fn append_large(store: &KurrentStore, part: u32) {
    let mut events = events(format_args!("large-{part}"), 500);
    for event in &mut events {
        event.payload = format!("\"{}\"", "x".repeat(1500)).into();
    }
    let stream = stream(format_args!("large-{part}"));
    store.append(&stream, Any, &events).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_feed_ends_its_subscription() {
    let (stand_in, store) = scene(patient()).await;
    append(&store, "ours", 5).await;
    for _ in 0..20 {
        let mut followed = Followed::start(&store, 10);
        followed.until(5).await;
        assert!(stand_in.subscriptions() >= 1);
        drop(followed);
        while stand_in.subscriptions() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

/// Everything at once: many writers, many feeds, and a server that does whatever servers do.
async fn storm(seed: u64, positions: Positions) {
    let builder = StandIn::builder().seed(seed).positions(positions);
    let stand_in = builder.start().await.unwrap();
    let store = open(&stand_in.url(), watchful());
    let faults = [
        SubscribeFault::Unavailable,
        SubscribeFault::NoLeader,
        SubscribeFault::FailAfter(seed % 7, Code::Aborted),
        SubscribeFault::FailAfter(3, Code::Cancelled),
        SubscribeFault::CutAfter(seed % 11),
        SubscribeFault::EndAfter(seed % 5),
        SubscribeFault::EndAfter(20),
        SubscribeFault::SilentAfter(seed % 13),
        SubscribeFault::MissingContentAfter(seed % 3),
        SubscribeFault::Repeat(seed % 17),
        SubscribeFault::Hang,
    ];
    let plan = faults
        .into_iter()
        .fold(FaultPlan::new(seed), |plan, fault| {
            plan.per_mille(60, fault)
        });
    let plan = plan
        .per_mille(20, ReadFault::Unavailable)
        .per_mille(20, ReadFault::CutAfter(0));
    stand_in.misbehave_by(plan);
    let feeds: Vec<_> = [1, 2, 7, 100]
        .into_iter()
        .map(|batch| Followed::start(&store, batch))
        .map(|mut followed| {
            tokio::spawn(async move {
                followed.until(200).await;
                followed.ids
            })
        })
        .collect();
    let writer = open(&stand_in.url(), patient());
    for round in 0..40 {
        append(&writer, &format!("round-{round}"), 5).await;
        if round % 10 == 0 {
            stand_in.cut_connections();
        }
    }
    let wanted = ids_of_ours(&stand_in);
    for feed in feeds {
        assert_eq!(feed.await.unwrap(), wanted, "seed {seed}");
    }
    assert!(stand_in.occurred_by_fault().len() > 2, "seed {seed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_comes_once_and_in_order_through_any_storm() {
    for seed in 0..6 {
        let positions = [Positions::Offsets, Positions::Gaps, Positions::Transactions];
        storm(seed, positions[seed as usize % 3]).await;
    }
}

/// A server takes a hundred calls on one connection; what comes on top waits until one has ended, which
/// subscriptions do not.
#[tokio::test(flavor = "multi_thread")]
async fn more_feeds_than_a_connection_carries_hold_up_nobody() {
    let (stand_in, store) = scene(patient()).await;
    let mut feeds: Vec<_> = (0..150).map(|_| Followed::start(&store, 10)).collect();
    stand_in.until_subscriptions(feeds.len()).await;
    append(&store, "new", 3).await;
    for feed in &mut feeds {
        feed.until(3).await;
    }
    assert_eq!(stand_in.calls(Call::Subscribe), 150, "once each");
    // What nobody uses any more is closed when another is needed.
    feeds.clear();
    stand_in.until_subscriptions(0).await;
    feeds.extend((0..51).map(|_| Followed::start(&store, 10)));
    stand_in.until_subscriptions(51).await;
    stand_in.until_connections(2).await;
}
