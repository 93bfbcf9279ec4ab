//! The log of a world: in this process, or behind the adapter of a server, which lives in real time.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, Weak, mpsc as std_mpsc},
};

use minwon::{
    Store, StoreError, StoreFeed,
    engine::{
        AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
        EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent, Snapshot,
        SnapshotStore, StateSchema, StreamName, StreamPage, StreamVersion,
    },
};
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use super::server::Server;

/// The store that all processes of a world share.
#[derive(Clone)]
pub(crate) struct Log {
    store: Store,
    /// Where its calls are carried out, if not here.
    far: Option<Far>,
}

/// A server in real time, and the feeds of it that the world waits for.
#[derive(Clone)]
struct Far {
    server: Server,
    feeds: Arc<Mutex<Vec<Weak<Mutex<Asked>>>>>,
}

/// A feed of it.
pub(crate) enum LogFeed {
    Here(StoreFeed),
    Elsewhere(FarFeed),
}

/// The world's time stands still while this lives: paused time only jumps while no blocking call
/// is under way.
///
/// It is held by what goes on elsewhere, and never by a future of the world: one that nobody polls
/// for a while, because whoever polls it sleeps, would hold up the time that wakes it.
struct Stillness(#[expect(dead_code, reason = "dropping it ends the call")] std_mpsc::Sender<()>);

impl Stillness {
    fn begin(world: &Handle) -> Self {
        let (end, ended) = std_mpsc::channel();
        // Nothing is sent: it ends with the sender.
        drop(world.spawn_blocking(move || ended.recv().is_ok()));
        Self(end)
    }
}

impl Far {
    /// Events in the server's log that a feed that was asked has not brought yet arrive in no time
    /// of the world's, however long it takes: whoever wrote it, acknowledged or not.
    fn wait_for_feeds(&self) {
        let mut feeds = lock(&self.feeds);
        feeds.retain(|feed| match feed.upgrade() {
            Some(asked) => {
                lock(&asked).wait_if_behind(&self.server);
                true
            }
            None => false,
        });
    }
}

impl Log {
    pub(crate) fn here(store: Store) -> Self {
        Self { store, far: None }
    }

    /// A store whose calls take real time on the runtime of `server`, and none of the world's.
    pub(crate) fn elsewhere(server: Server) -> Self {
        Self {
            store: server.store().clone(),
            far: Some(Far {
                server,
                feeds: Arc::default(),
            }),
        }
    }

    /// Carries out `call` where the store is. Dropping the future leaves the call to itself, as
    /// calls over a network are; the world's time stands still until it has ended all the same.
    async fn call<A, F>(&self, call: impl FnOnce(Store) -> F) -> A
    where
        A: Send + 'static,
        F: Future<Output = A> + Send + 'static,
    {
        let call = call(self.store.clone());
        let Some(far) = self.far.clone() else {
            return call.await;
        };
        let still = Stillness::begin(&Handle::current());
        let (answering, answered) = oneshot::channel();
        far.server.runtime().clone().spawn(async move {
            let answer = call.await;
            far.wait_for_feeds();
            // Whoever is gone needs none. The others are awake before the time goes on.
            let _ = answering.send(answer);
            drop(still);
        });
        answered.await.expect("the store does not panic")
    }
}

/// A feed whose waiting is done elsewhere.
pub(crate) struct FarFeed {
    asking: mpsc::UnboundedSender<()>,
    answers: mpsc::UnboundedReceiver<Result<FeedBatch, StoreError>>,
    asked: Arc<Mutex<Asked>>,
    far: Far,
}

/// The request to a feed.
struct Asked {
    world: Handle,
    /// Everything up to here was brought.
    position: GlobalPosition,
    filter: EventFilter,
    /// Whether the answer is not here yet.
    is_waited_for: bool,
    /// Whether the answer was taken.
    is_taken: bool,
    still: Option<Stillness>,
}

impl Asked {
    fn wait_if_behind(&mut self, server: &Server) {
        if self.is_waited_for
            && self.still.is_none()
            && server.has_news(self.position, &self.filter)
        {
            self.still = Some(Stillness::begin(&self.world));
        }
    }

    /// The answer is here.
    fn end(&mut self, position: Option<GlobalPosition>) -> Option<Stillness> {
        self.position = position.unwrap_or(self.position);
        self.is_waited_for = false;
        self.still.take()
    }
}

impl FarFeed {
    fn new(far: &Far, after: GlobalPosition, filter: EventFilter, most: NonZeroU32) -> Self {
        let (asking, mut questions) = mpsc::unbounded_channel();
        let (answering, answers) = mpsc::unbounded_channel::<Result<FeedBatch, StoreError>>();
        let asked = Arc::new(Mutex::new(Asked {
            world: Handle::current(),
            position: after,
            filter: filter.clone(),
            is_waited_for: false,
            is_taken: true,
            still: None,
        }));
        lock(&far.feeds).push(Arc::downgrade(&asked));
        let (store, elsewhere, notified) = (
            far.server.store().clone(),
            far.clone(),
            Arc::downgrade(&asked),
        );
        far.server.runtime().spawn(async move {
            let mut feed = store.feed(after, filter, most);
            let mut changes = elsewhere.server.changes();
            while let Some(()) = questions.recv().await {
                let answer = loop {
                    tokio::select! {
                        answer = feed.next() => break answer,
                        // Also what is written after its call was given up.
                        Ok(()) = changes.changed() => elsewhere.wait_for_feeds(),
                        () = answering.closed() => return,
                    }
                };
                let position = answer.as_ref().ok().map(|batch| batch.position);
                let asked = notified.upgrade();
                let still = asked.and_then(|asked| lock(&asked).end(position));
                // The world is awake before the time goes on.
                if answering.send(answer).is_err() {
                    return;
                }
                drop(still);
            }
        });
        Self {
            asking,
            answers,
            asked,
            far: far.clone(),
        }
    }

    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        {
            let mut asked = lock(&self.asked);
            if asked.is_taken {
                (asked.is_taken, asked.is_waited_for) = (false, true);
                asked.wait_if_behind(&self.far.server);
                self.asking.send(()).expect("the feed is there");
            }
        }
        let answer = self.answers.recv().await.expect("the feed is there");
        lock(&self.asked).is_taken = true;
        answer
    }
}

fn lock<A>(mutex: &Mutex<A>) -> MutexGuard<'_, A> {
    mutex.lock().expect("no code panics under this lock")
}

impl Feed for LogFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        match self {
            Self::Here(feed) => feed.next().await,
            Self::Elsewhere(feed) => feed.next().await,
        }
    }
}

impl EventStore for Log {
    type Feed = LogFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let (to, events) = (stream.clone(), events.to_vec());
        self.call(async move |store: Store| store.append(&to, expected, &events).await)
            .await
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let stream = stream.clone();
        self.call(async move |store: Store| store.read_stream(&stream, from, events_max).await)
            .await
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        let filter = filter.clone();
        self.call(async move |store: Store| store.read_all(after, &filter, events_max).await)
            .await
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        self.call(async |store: Store| store.head().await).await
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        let filter = filter.clone();
        self.call(async move |store: Store| store.last_up_to(until, &filter).await)
            .await
    }

    fn feed(&self, after: GlobalPosition, filter: EventFilter, most: NonZeroU32) -> LogFeed {
        match &self.far {
            None => LogFeed::Here(self.store.feed(after, filter, most)),
            Some(far) => LogFeed::Elsewhere(FarFeed::new(far, after, filter, most)),
        }
    }
}

impl SnapshotStore for Log {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let stream = stream.clone();
        self.call(async move |store: Store| store.load_snapshot(&stream, schema).await)
            .await
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let snapshot = snapshot.clone();
        self.call(async move |store: Store| store.save_snapshot(&snapshot).await)
            .await
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        let stream = stream.clone();
        self.call(async move |store: Store| store.delete_snapshots(&stream).await)
            .await
    }
}

impl CheckpointStore for Log {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        let name = name.clone();
        self.call(async move |store: Store| store.load_checkpoint(&name).await)
            .await
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let name = name.clone();
        let saving =
            async move |store: Store| store.save_checkpoint(&name, expected, position).await;
        self.call(saving).await
    }
}
