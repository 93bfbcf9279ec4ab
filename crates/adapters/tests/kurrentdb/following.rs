//! Feeds of a server that behaves: the stand-in always, and a real one where there is one.

use std::num::NonZeroU32;

use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{
    EventFilter, EventStore,
    ExpectedVersion::{self, Any},
    Feed, GlobalPosition, NamespaceName, StreamName,
};
use minwon_kurrentdb_stand_in::StandIn;

use crate::scene::{events, open, patient, real_server, run};

/// A store on some server, and names of its own.
struct Place {
    url: String,
    store: KurrentStore,
    namespace: NamespaceName,
    begin: GlobalPosition,
}

impl Place {
    async fn at(url: &str) -> Self {
        let store = open(url, patient());
        Self {
            url: url.into(),
            begin: store.head().await.unwrap(),
            store,
            namespace: run(),
        }
    }

    fn stream(&self, id: &str) -> StreamName {
        format!("{}_Case-{id}", self.namespace).parse().unwrap()
    }

    fn feed(&self, after: GlobalPosition, batch_events_max: u32) -> impl Feed + use<> {
        let filter = EventFilter::namespace(self.namespace.clone());
        let batch_events_max = NonZeroU32::new(batch_events_max).unwrap();
        self.store.feed(after, filter, batch_events_max)
    }

    /// Appends `count` events in parts, and answers their ids.
    async fn append(&self, id: &str, count: u32) -> Vec<[u8; 16]> {
        let new = events(format!("{}/{id}", self.namespace), count);
        for part in new.chunks(100) {
            let stream = self.stream(id);
            self.store.append(&stream, Any, part).await.unwrap();
        }
        crate::scene::new_ids(&new)
    }
}

/// Takes batches until `count` events have come.
async fn take(feed: &mut impl Feed, count: usize) -> (Vec<[u8; 16]>, GlobalPosition) {
    let (mut ids, mut position) = (Vec::new(), GlobalPosition::START);
    while ids.len() < count {
        let batch = feed.next().await.unwrap();
        assert!(batch.position >= position, "a position never goes back");
        position = batch.position;
        ids.extend(batch.events.iter().map(|event| *event.id().as_bytes()));
    }
    (ids, position)
}

/// A test of each kind of server.
macro_rules! on_servers {
    ($($rule:ident, $real:ident;)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $rule() {
            let stand_in = StandIn::start().await.unwrap();
            rules::$rule(Place::at(&stand_in.url()).await).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn $real() {
            if let Some(url) = real_server(&stringify!($rule).replace('_', " ")) {
                rules::$rule(Place::at(&url).await).await;
            }
        }
    )+};
}

on_servers! {
    feeds_that_come_and_go_bring_everything_once, feeds_that_come_and_go_on_a_real_server;
    a_consumer_that_stops_holds_nobody_up, a_consumer_that_stops_on_a_real_server;
    a_position_moves_over_what_others_write, a_position_that_moves_on_a_real_server;
    a_long_history_comes_whole_and_then_what_is_new, a_long_history_on_a_real_server;
    writers_in_many_stores_are_followed, writers_in_many_stores_on_a_real_server;
}

mod rules {
    use super::*;

    pub(super) async fn feeds_that_come_and_go_bring_everything_once(place: Place) {
        let (mut wanted, mut came, mut after) = (Vec::new(), Vec::new(), place.begin);
        for round in 0..30 {
            wanted.extend(place.append(&format!("{round}"), 3).await);
            // Each third feed is dropped before it has brought anything.
            let mut feed = place.feed(after, 2);
            if round % 3 > 0 {
                let (ids, position) = take(&mut feed, wanted.len() - came.len()).await;
                came.extend(ids);
                after = position;
            }
        }
        let (rest, _) = take(&mut place.feed(after, 2), wanted.len() - came.len()).await;
        came.extend(rest);
        assert_eq!(came, wanted);
    }

    pub(super) async fn a_consumer_that_stops_holds_nobody_up(place: Place) {
        let mut stopped = place.feed(place.begin, 10);
        let mut wanted = place.append("first", 500).await;
        let (mut came, _) = take(&mut stopped, 1).await;
        let mut busy = place.feed(place.begin, 10);
        let (first, _) = take(&mut busy, 500).await;
        assert_eq!(first, wanted);
        for round in 0..20 {
            let new = place.append(&format!("then-{round}"), 100).await;
            let (ids, _) = take(&mut busy, 100).await;
            assert_eq!(ids, new);
            wanted.extend(new);
        }
        let (rest, _) = take(&mut stopped, wanted.len() - came.len()).await;
        came.extend(rest);
        assert_eq!(came, wanted);
    }

    pub(super) async fn a_position_moves_over_what_others_write(place: Place) {
        let others = Place {
            url: place.url.clone(),
            store: place.store.clone(),
            namespace: run(),
            begin: place.begin,
        };
        let mut feed = place.feed(place.begin, 10);
        let mut position = place.begin;
        for round in 0..3 {
            others.append(&format!("{round}"), 5).await;
            let head = place.store.head().await.unwrap();
            while position < head {
                let batch = feed.next().await.unwrap();
                assert!(batch.events.is_empty());
                position = batch.position;
            }
        }
        let ours = place.append("ours", 2).await;
        assert_eq!(take(&mut feed, 2).await.0, ours);
    }

    pub(super) async fn a_long_history_comes_whole_and_then_what_is_new(place: Place) {
        let mut wanted = place.append("history", 3000).await;
        let mut feed = place.feed(place.begin, 500);
        let (mut came, _) = take(&mut feed, 3000).await;
        for round in 0..50 {
            let new = place.append(&format!("new-{round}"), 1).await;
            came.extend(take(&mut feed, 1).await.0);
            wanted.extend(new);
        }
        assert_eq!(came, wanted);
    }

    /// Each store has a connection of its own, as processes have.
    pub(super) async fn writers_in_many_stores_are_followed(place: Place) {
        const WRITERS: usize = 6;
        const APPENDS: usize = 40;
        let stores = (0..WRITERS).map(|_| open(&place.url, patient()));
        let writers = stores.enumerate().map(|(writer, store)| {
            let stream = place.stream(&format!("{writer}"));
            let label = format!("{}/{writer}", place.namespace);
            tokio::spawn(async move {
                let mut expected = ExpectedVersion::NoStream;
                for n in 0..APPENDS {
                    let new = events(format!("{label}/{n}"), 2);
                    let appended = store.append(&stream, expected, &new).await.unwrap();
                    expected = ExpectedVersion::Exactly(appended.version);
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let mut feed = place.feed(place.begin, 7);
        let (mut count, mut position) = (0, place.begin);
        let mut versions = std::collections::HashMap::<_, u64>::new();
        while count < WRITERS * APPENDS * 2 {
            for event in feed.next().await.unwrap().events {
                assert!(event.position > position, "in order, and once");
                position = event.position;
                let next = versions.entry(event.stream).or_default();
                assert_eq!(event.version.get(), *next);
                *next += 1;
                count += 1;
            }
        }
        for writer in writers {
            writer.await.unwrap();
        }
    }
}
