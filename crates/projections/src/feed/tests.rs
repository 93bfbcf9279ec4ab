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

fn read(store: &Counting) -> (usize, usize) {
    let counts = store.hook();
    let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    (of(&counts.feeds), of(&counts.events))
}

fn followed() -> EventFilter {
    category("Car").and_category(CategoryName::new("Cab").unwrap())
}

fn start(feed: &SharedFeed<Counting>, filter: EventFilter) -> Follower<Counting> {
    feed.follow(GlobalPosition::START, filter, MOST)
}

#[tokio::test]
async fn the_log_is_read_once_for_all_from_the_first_moment_on() {
    let store = counting();
    append(&store, "Car", 10).await;
    let feed = SharedFeed::new(store.clone(), followed());
    let filters = [category("Car"), category("Cab"), category("Car")];
    let mut followers = filters.map(|filter| start(&feed, filter));
    let history = followers.each_mut().map(take);
    assert_eq!(history, [10, 0, 10]);
    for _ in 0..20 {
        append(&store, "Car", 30).await;
        append(&store, "Cab", 7).await;
        assert_eq!(followers.each_mut().map(take), [30, 7, 30]);
    }
    assert_eq!(read(&store), (1, 10 + 20 * 37));
}

#[tokio::test]
async fn readings_that_have_caught_up_become_one() {
    let store = counting();
    append(&store, "Car", 900).await;
    let head = store.head().await.unwrap();
    let feed = SharedFeed::new(store.clone(), followed());
    let mut first = feed.follow(head, category("Car"), MOST);
    assert_eq!(take(&mut first), 0);
    // They begin elsewhere, and one ahead of the others.
    let mut others = [GlobalPosition::START, GlobalPosition::new(200)]
        .map(|after| feed.follow(after, category("Car"), MOST));
    assert_eq!(others.each_mut().map(take), [900, 700]);
    assert_eq!(read(&store), (3, 900 + 700));
    append(&store, "Car", 5).await;
    let [start, ahead] = others.each_mut();
    assert_eq!([&mut first, start, ahead].map(take), [5, 5, 5]);
    assert_eq!(read(&store), (3, 900 + 700 + 5));
}

#[tokio::test]
async fn who_begins_ahead_does_not_wait_for_a_reading_of_history() {
    let store = counting();
    append(&store, "Car", 1000).await;
    append(&store, "Car", 1000).await;
    let feed = SharedFeed::new(store.clone(), followed());
    let mut behind = start(&feed, category("Car"));
    assert_eq!(behind.next().await.unwrap().events.len(), 100);
    let mut ahead = feed.follow(GlobalPosition::new(1990), category("Car"), MOST);
    assert_eq!(take(&mut ahead), 10);
    let (_, events) = read(&store);
    assert!(events < 1000, "{events}");
    // And who comes to a place that was read already reads nothing.
    let mut beside = feed.follow(GlobalPosition::new(300), category("Car"), MOST);
    let batch = beside.next().await.unwrap();
    assert_eq!(batch.events[0].position, GlobalPosition::new(301));
    assert_eq!(read(&store), (2, events));
    assert_eq!((take(&mut behind), take(&mut beside)), (1900, 1600));
}

#[tokio::test]
async fn the_beginning_is_kept_for_who_comes_a_moment_later_and_no_more_for_one_alone() {
    let store = counting();
    let feed = SharedFeed::new(store.clone(), followed());
    let most = NonZeroU32::new(1000).unwrap();
    let mut alone = feed.follow(GlobalPosition::START, category("Car"), most);
    let kept = |follower: &Follower<Counting>| match &follower.way {
        Way::Together(reading, _) => reading.kept().events,
        Way::Alone(_) => panic!("it follows what is shared"),
    };
    append(&store, "Car", 300).await;
    assert_eq!((take(&mut alone), kept(&alone)), (300, 300));
    assert_eq!(take(&mut start(&feed, category("Car"))), 300);
    assert_eq!(read(&store), (1, 300));
    for _ in 0..=KEPT_EVENTS_MAX / 1000 {
        append(&store, "Car", 1000).await;
        assert_eq!(take(&mut alone), 1000);
    }
    assert_eq!(kept(&alone), 0);
    let head = store.head().await.unwrap();
    let mut other = feed.follow(head, category("Car"), most);
    assert_eq!(take(&mut other), 0);
    append(&store, "Car", 10).await;
    assert_eq!((take(&mut alone), kept(&alone)), (10, 10));
    assert_eq!(take(&mut other), 10);
}

#[tokio::test]
async fn what_is_in_no_category_is_passed_over_and_counted_once() {
    let store = counting();
    append(&store, "Car", 1).await;
    append(&store, "Unknown", 2).await;
    append(&store, "Cab", 1).await;
    let feed = SharedFeed::new(store.clone(), followed());
    let seen = feed.passed_over();
    let passed_over = || seen.borrow().clone();
    assert_eq!(passed_over(), PassedOver::default());
    let mut followers = [followed(), category("Car")].map(|filter| start(&feed, filter));
    assert_eq!(followers.each_mut().map(take), [2, 1]);
    assert_eq!(passed_over().events, 2);
    assert_eq!(passed_over().last.unwrap().as_str(), "general_Unknown-1");
    append(&store, "Other", 3).await;
    assert_eq!(followers.each_mut().map(take), [0, 0]);
    // A reading of history meets them again.
    assert_eq!(take(&mut start(&feed, followed())), 2);
    assert_eq!(passed_over().events, 5);
    let others = "other_Car-1".parse().unwrap();
    let event = sample_event_of(CommandId::derive(&[7; 16], "other"), 0, "{}".to_owned());
    let any = ExpectedVersion::Any;
    store.append(&others, any, &[event]).await.unwrap();
    assert_eq!(followers.each_mut().map(take), [0, 0]);
    assert_eq!(passed_over().events, 5, "of another namespace");
}

#[tokio::test]
async fn who_is_slow_keeps_nobody_waiting_and_misses_nothing() {
    let store = counting();
    let feed = SharedFeed::new(store.clone(), followed());
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
    let (feeds, _) = read(&store);
    append(&store, "Car", 3).await;
    assert_eq!((take(&mut quick), take(&mut slow)), (3, 3));
    assert_eq!(read(&store).0, feeds, "it has joined again");
}

#[tokio::test]
async fn when_the_one_who_reads_goes_away_another_reads_on() {
    let store = counting();
    let feed = SharedFeed::new(store.clone(), followed());
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
    assert_eq!(read(&store).0, 1);
}
