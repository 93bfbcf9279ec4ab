//! The log of a world: in this process, or behind a real client that lives in real time.

use std::{num::NonZeroU32, sync::mpsc as std_mpsc};

use minwon::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
    EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent, Snapshot,
    SnapshotStore, StateSchema, Store, StoreError, StoreFeed, StreamName, StreamPage,
    StreamVersion,
};
use tokio::sync::mpsc;

use super::server::Server;

/// The store that all processes of a world share.
#[derive(Clone)]
pub(crate) struct Log {
    store: Store,
    /// Where its calls are carried out, if not here.
    server: Option<Server>,
}

/// A feed of it.
pub(crate) enum LogFeed {
    Here(StoreFeed),
    Elsewhere(FarFeed),
}

/// The world's time stands still while this lives: paused time only jumps while no blocking call
/// is under way.
#[derive(Clone)]
struct Stillness(#[expect(dead_code, reason = "dropping it ends the call")] std_mpsc::Sender<()>);

impl Stillness {
    fn begin() -> Self {
        let (end, ended) = std_mpsc::channel();
        // Nothing is sent: it ends with the sender.
        drop(tokio::task::spawn_blocking(move || ended.recv().is_ok()));
        Self(end)
    }
}

impl Log {
    pub(crate) fn here(store: Store) -> Self {
        Self {
            store,
            server: None,
        }
    }

    /// A store whose calls take real time on the runtime of `server`, and none of the world's.
    pub(crate) fn elsewhere(server: Server) -> Self {
        Self {
            store: server.store().clone(),
            server: Some(server),
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
        let Some(server) = &self.server else {
            return call.await;
        };
        // Until the answer is here, not only until it is given.
        let still = Stillness::begin();
        let until_ended = still.clone();
        let called = server.runtime().spawn(async move {
            let _still = until_ended;
            call.await
        });
        called.await.expect("the store does not panic")
    }
}

/// A feed whose waiting is done elsewhere.
pub(crate) struct FarFeed {
    asking: mpsc::UnboundedSender<()>,
    answers: mpsc::UnboundedReceiver<Result<FeedBatch, StoreError>>,
    has_asked: bool,
    position: GlobalPosition,
    filter: EventFilter,
    server: Server,
}

impl FarFeed {
    fn new(server: &Server, after: GlobalPosition, filter: EventFilter, most: NonZeroU32) -> Self {
        let (asking, mut asked) = mpsc::unbounded_channel();
        let (answering, answers) = mpsc::unbounded_channel();
        let (store, wanted) = (server.store().clone(), filter.clone());
        server.runtime().spawn(async move {
            let mut feed = store.feed(after, wanted, most);
            while let Some(()) = asked.recv().await {
                let answer = tokio::select! {
                    answer = feed.next() => answer,
                    () = answering.closed() => return,
                };
                if answering.send(answer).is_err() {
                    return;
                }
            }
        });
        Self {
            asking,
            answers,
            has_asked: false,
            position: after,
            filter,
            server: server.clone(),
        }
    }

    /// What the server's log holds and this feed has not brought yet, arrives in no time of the
    /// world's, however long it takes: whoever wrote it, and whether or not it was acknowledged.
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        if !self.has_asked {
            self.has_asked = true;
            self.asking.send(()).expect("the feed is there");
        }
        let mut changes = self.server.changes();
        let answer = loop {
            changes.mark_unchanged();
            let is_behind = self.server.has_news(self.position, &self.filter);
            let _still = is_behind.then(Stillness::begin);
            tokio::select! {
                answer = self.answers.recv() => break answer,
                Ok(()) = changes.changed() => {}
            }
        };
        self.has_asked = false;
        let answer = answer.expect("the feed is there");
        if let Ok(batch) = &answer {
            self.position = batch.position;
        }
        answer
    }
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
        match &self.server {
            None => LogFeed::Here(self.store.feed(after, filter, most)),
            Some(server) => LogFeed::Elsewhere(FarFeed::new(server, after, filter, most)),
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
