use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use minwon_core::{
    AppendError, Appended, CategoryName, CommandId, ExpectedVersion, LogPage, NamespaceName,
    NewEvent, StreamName, StreamPage, StreamVersion,
    testing::{Hook, Hooked, MemoryStore, conformance, sample_event_of},
};

use super::*;

/// Counts what is read through feeds.
#[derive(Debug, Default)]
struct FeedCounts {
    feeds: AtomicUsize,
    events: AtomicUsize,
}

type Counting = Hooked<MemoryStore, FeedCounts>;

fn counting() -> Counting {
    Hooked::new(MemoryStore::new(), FeedCounts::default())
}

impl<S: EventStore> Hook<S> for FeedCounts {
    type Memory = ();

    fn feed(
        &self,
        store: &S,
        after: GlobalPosition,
        filter: EventFilter,
        most: NonZeroU32,
    ) -> S::Feed {
        self.feeds.fetch_add(1, Ordering::Relaxed);
        store.feed(after, filter, most)
    }

    async fn next<F: Feed>(
        &self,
        feed: &mut F,
        _: GlobalPosition,
        (): &mut (),
    ) -> Result<FeedBatch, StoreError> {
        let batch = feed.next().await?;
        self.events.fetch_add(batch.events.len(), Ordering::Relaxed);
        Ok(batch)
    }
}

/// A store all of whose feeds share one.
struct Sharing {
    store: MemoryStore,
    feed: SharedFeed<MemoryStore>,
    /// Others who follow the same log.
    _others: Vec<Follower<MemoryStore>>,
}

impl EventStore for Sharing {
    type Feed = Follower<MemoryStore>;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        self.store.append(stream, expected, events).await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        self.store.read_stream(stream, from, events_max).await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        self.store.read_all(after, filter, events_max).await
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.store.head().await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        self.store.last_up_to(until, filter).await
    }

    fn feed(&self, after: GlobalPosition, filter: EventFilter, most: NonZeroU32) -> Self::Feed {
        self.feed.follow(after, filter, most)
    }
}

const MOST: NonZeroU32 = NonZeroU32::new(100).unwrap();

#[tokio::test]
async fn who_follows_a_shared_feed_sees_what_a_feed_of_their_own_would_bring() {
    let open = async || {
        let store = MemoryStore::new();
        let feed = SharedFeed::new(store.clone(), EventFilter::all());
        let mut others = Vec::new();
        for _ in 0..2 {
            let mut other = feed.follow(GlobalPosition::START, EventFilter::all(), MOST);
            other.next().await.unwrap();
            others.push(other);
        }
        Sharing {
            store,
            feed,
            _others: others,
        }
    };
    conformance::event_store(open).await.assert_all_hold();
}

fn namespace() -> NamespaceName {
    NamespaceName::new("general").unwrap()
}

fn category(name: &str) -> EventFilter {
    EventFilter::categories(namespace(), [CategoryName::new(name).unwrap()])
}

async fn append(store: &Counting, category: &str, count: u32) {
    let stream = format!("general_{category}-1").parse().unwrap();
    let head = store.head().await.unwrap();
    let command = CommandId::derive(&[7; 16], format!("{category} {head}"));
    let events: Vec<_> = (0..count)
        .map(|index| sample_event_of(command, index, "{}".to_owned()))
        .collect();
    let any = ExpectedVersion::Any;
    store.append(&stream, any, &events).await.unwrap();
}

/// Takes all that is there without waiting; how many events that were.
fn take(follower: &mut Follower<Counting>) -> usize {
    let mut events = 0;
    // As many polls as it takes: tokio would have a task take turns.
    while let Some(batch) = tokio::task::unconstrained(follower.next()).now_or_never() {
        events += batch.unwrap().events.len();
    }
    events
}

#[tokio::test]
async fn the_log_is_read_once_for_all_who_have_caught_up() {
    let store = counting();
    append(&store, "Car", 10).await;
    let feed = SharedFeed::new(store.clone(), EventFilter::namespace(namespace()));
    let filters = [category("Car"), category("Cab"), category("Car")];
    let mut followers: Vec<_> = filters
        .map(|filter| feed.follow(GlobalPosition::START, filter, MOST))
        .into();
    let history: Vec<_> = followers.iter_mut().map(take).collect();
    assert_eq!(history, [10, 0, 10]);
    assert_eq!(
        store.hook().feeds.load(Ordering::Relaxed),
        4,
        "three alone, one for all"
    );
    store.hook().events.store(0, Ordering::Relaxed);
    for _ in 0..20 {
        append(&store, "Car", 30).await;
        append(&store, "Cab", 7).await;
        let news: Vec<_> = followers.iter_mut().map(take).collect();
        assert_eq!(news, [30, 7, 30]);
    }
    assert_eq!(store.hook().events.load(Ordering::Relaxed), 20 * 37);
    assert_eq!(store.hook().feeds.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn who_is_slow_keeps_nobody_waiting_and_misses_nothing() {
    let store = counting();
    let feed = SharedFeed::new(store.clone(), EventFilter::namespace(namespace()));
    let mut quick = feed.follow(GlobalPosition::START, category("Car"), MOST);
    let mut slow = feed.follow(GlobalPosition::START, category("Car"), MOST);
    assert_eq!((take(&mut quick), take(&mut slow)), (0, 0));
    // More than is kept.
    let rounds = KEPT_EVENTS_MAX as u32 / 100 + 20;
    for _ in 0..rounds {
        append(&store, "Car", 100).await;
        assert_eq!(take(&mut quick), 100);
    }
    assert_eq!(take(&mut slow), rounds as usize * 100);
    let feeds = store.hook().feeds.load(Ordering::Relaxed);
    append(&store, "Car", 3).await;
    assert_eq!((take(&mut quick), take(&mut slow)), (3, 3));
    assert_eq!(
        store.hook().feeds.load(Ordering::Relaxed),
        feeds,
        "it has joined again"
    );
}

#[tokio::test]
async fn when_the_one_who_reads_goes_away_another_reads_on() {
    let store = counting();
    let feed = SharedFeed::new(store.clone(), EventFilter::namespace(namespace()));
    let mut first = feed.follow(GlobalPosition::START, category("Car"), MOST);
    let mut second = feed.follow(GlobalPosition::START, category("Car"), MOST);
    assert_eq!((take(&mut first), take(&mut second)), (0, 0));
    let mut reading = Box::pin(first.next());
    assert!((&mut reading).now_or_never().is_none());
    let mut waiting = Box::pin(second.next());
    assert!((&mut waiting).now_or_never().is_none());
    drop(reading);
    append(&store, "Car", 5).await;
    assert_eq!(waiting.await.unwrap().events.len(), 5);
    assert_eq!(take(&mut first), 5);
}

#[tokio::test]
async fn who_follows_more_than_is_shared_reads_alone() {
    let store = counting();
    let feed = SharedFeed::new(store.clone(), category("Car"));
    let mut all = feed.follow(GlobalPosition::START, EventFilter::all(), MOST);
    assert_eq!(take(&mut all), 0);
    append(&store, "Cab", 4).await;
    assert_eq!(take(&mut all), 4);
    assert_eq!(store.hook().feeds.load(Ordering::Relaxed), 1);
}
