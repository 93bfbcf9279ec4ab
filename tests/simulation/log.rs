//! The log of a world: in this process, or behind a real client that lives in real time.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, mpsc as std_mpsc},
};

use minwon::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
    EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent, Snapshot,
    SnapshotStore, StateSchema, Store, StoreError, StoreFeed, StreamName, StreamPage,
    StreamVersion,
};
use tokio::{runtime::Handle, sync::mpsc};

/// The store that all processes of a world share.
#[derive(Clone)]
pub(crate) struct Log {
    store: Store,
    /// Where its calls are carried out, if not here.
    elsewhere: Option<Handle>,
    /// The newest position that was acknowledged, with a stream of each category.
    newest: Arc<Mutex<Vec<(StreamName, GlobalPosition)>>>,
}

/// A feed of it.
pub(crate) enum LogFeed {
    Here(StoreFeed),
    Elsewhere(FarFeed),
}

/// The world's time stands still while this lives: paused time only jumps while no blocking call
/// is under way.
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
            elsewhere: None,
            newest: Arc::default(),
        }
    }

    /// A store whose calls take real time on that runtime, and none of the world's.
    pub(crate) fn elsewhere(store: Store, runtime: Handle) -> Self {
        Self {
            elsewhere: Some(runtime),
            ..Self::here(store)
        }
    }

    /// Carries out `call` where the store is. Dropping the future leaves the call to itself, as
    /// calls over a network are.
    async fn call<A, F>(&self, call: impl FnOnce(Store) -> F) -> A
    where
        A: Send + 'static,
        F: Future<Output = A> + Send + 'static,
    {
        let call = call(self.store.clone());
        let Some(runtime) = &self.elsewhere else {
            return call.await;
        };
        let _still = Stillness::begin();
        runtime.spawn(call).await.expect("the store does not panic")
    }

    fn note(&self, stream: &StreamName, position: GlobalPosition) {
        let mut newest = self.newest.lock().expect("no code panics under this lock");
        let category =
            |name: &StreamName| (name.namespace().to_owned(), name.category().to_owned());
        match newest
            .iter_mut()
            .find(|(one, _)| category(one) == category(stream))
        {
            Some((_, at)) => *at = position.max(*at),
            None => newest.push((stream.clone(), position)),
        }
    }
}

/// A feed whose waiting is done elsewhere.
pub(crate) struct FarFeed {
    asking: mpsc::UnboundedSender<()>,
    answers: mpsc::UnboundedReceiver<Result<FeedBatch, StoreError>>,
    has_asked: bool,
    position: GlobalPosition,
    filter: EventFilter,
    newest: Arc<Mutex<Vec<(StreamName, GlobalPosition)>>>,
}

impl FarFeed {
    fn new(
        log: &Log,
        runtime: &Handle,
        after: GlobalPosition,
        filter: EventFilter,
        most: NonZeroU32,
    ) -> Self {
        let (asking, mut asked) = mpsc::unbounded_channel();
        let (answering, answers) = mpsc::unbounded_channel();
        let (store, newest) = (log.store.clone(), Arc::clone(&log.newest));
        let wanted = filter.clone();
        runtime.spawn(async move {
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
            newest,
        }
    }

    /// Whether something that was acknowledged has not arrived yet: it comes in no time.
    fn is_behind(&self) -> bool {
        let newest = self.newest.lock().expect("no code panics under this lock");
        newest
            .iter()
            .any(|(stream, at)| *at > self.position && self.filter.admits(stream))
    }

    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let _still = self.is_behind().then(Stillness::begin);
        if !self.has_asked {
            self.has_asked = true;
            self.asking.send(()).expect("the feed is there");
        }
        let answer = self.answers.recv().await.expect("the feed is there");
        self.has_asked = false;
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
        let appended = self
            .call(async move |store: Store| store.append(&to, expected, &events).await)
            .await?;
        self.note(stream, appended.position);
        Ok(appended)
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

    fn feed(&self, after: GlobalPosition, filter: EventFilter, most: NonZeroU32) -> LogFeed {
        match &self.elsewhere {
            None => LogFeed::Here(self.store.feed(after, filter, most)),
            Some(runtime) => LogFeed::Elsewhere(FarFeed::new(self, runtime, after, filter, most)),
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
