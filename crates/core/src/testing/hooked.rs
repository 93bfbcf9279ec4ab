//! One store whose calls go through a hook: to count them, delay them, fail them or bend them.

mod call;

use std::{future::Future, num::NonZeroU32, sync::Arc, time::Duration};

pub use self::call::{Call, CallError};
use crate::{
    AppendError, Appended, Catalogue, CatalogueError, CheckpointError, CheckpointName,
    CheckpointStore, CommitError, Counts, EventFilter, EventStore, ExpectedVersion, Feed,
    FeedBatch, GenerationName, GlobalPosition, IndexName, Lease, ListPage, ListQuery, Loaded,
    LogPage, MemberName, ModelName, NamespaceName, NewEvent, ReadModelAdmin, ReadModelStore,
    ScanCursor, ScanPage, SliceCheckpoint, SliceCount, SliceLeases, SliceName, SliceWrites,
    Snapshot, SnapshotStore, StateSchema, StoreError, StreamName, StreamPage, StreamVersion,
    Wanted,
};

/// A store whose calls go through a [`Hook`]. It is a store of whatever `S` is a store of; a clone
/// shares the hook.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use minwon_core::{EventStore, testing::{Call, CallError, Hook, Hooked, MemoryStore}};
///
/// #[derive(Default)]
/// struct CountsAppends(AtomicU64);
///
/// impl<S> Hook<S> for CountsAppends {
///     type Memory = ();
///
///     async fn around<T: Send, E: CallError>(
///         &self,
///         call: Call<'_>,
///         run: impl Future<Output = Result<T, E>> + Send,
///     ) -> Result<T, E> {
///         if let Call::Append { .. } = call {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///         run.await
///     }
/// }
///
/// let store = Hooked::new(MemoryStore::new(), CountsAppends::default());
/// # futures_executor::block_on(store.head()).unwrap();
/// assert_eq!(store.hook().0.load(Ordering::Relaxed), 0);
/// ```
#[derive(Debug)]
pub struct Hooked<S, H> {
    store: S,
    hook: Arc<H>,
}

impl<S, H> Hooked<S, H> {
    /// `store`, with `hook` around each of its calls.
    pub fn new(store: S, hook: H) -> Self {
        let hook = Arc::new(hook);
        Self { store, hook }
    }

    /// The store without the hook, to see what it holds.
    #[must_use]
    pub const fn inner(&self) -> &S {
        &self.store
    }

    /// The hook, to see what it has noted or to change what it does.
    #[must_use]
    pub fn hook(&self) -> &H {
        &self.hook
    }
}

impl<S: Clone, H> Clone for Hooked<S, H> {
    fn clone(&self) -> Self {
        let hook = Arc::clone(&self.hook);
        Self {
            store: self.store.clone(),
            hook,
        }
    }
}

/// The code around the calls of a [`Hooked`] store.
///
/// [`around`](Self::around) sees every call that can wait. Each of the other methods stands for the
/// port's method of that name, for hooks that change what is asked or answered: it takes the store as
/// well, and unless it is overridden it makes the call, through `around`. Calls are boxed, so that the futures of hooks around hooks stay small.
pub trait Hook<S>: Send + Sync {
    /// The state that is kept for each feed; `()` where there is none.
    type Memory: Default + Send;

    /// Carries out `call` by awaiting `run`, or does not; the answer is the caller's.
    fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> impl Future<Output = Result<T, E>> + Send {
        let _ = call;
        run
    }

    /// [`EventStore::append`].
    fn append(
        &self,
        store: &S,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send
    where
        S: EventStore,
    {
        async move {
            let call = Call::Append { stream, events };
            let run = Box::pin(store.append(stream, expected, events));
            self.around(call, run).await
        }
    }

    /// [`EventStore::read_stream`].
    fn read_stream(
        &self,
        store: &S,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> impl Future<Output = Result<StreamPage, StoreError>> + Send
    where
        S: EventStore,
    {
        let call = Call::ReadStream {
            stream,
            from,
            events_max,
        };
        self.around(call, Box::pin(store.read_stream(stream, from, events_max)))
    }

    /// [`EventStore::read_all`].
    fn read_all(
        &self,
        store: &S,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> impl Future<Output = Result<LogPage, StoreError>> + Send
    where
        S: EventStore,
    {
        let run = Box::pin(store.read_all(after, filter, events_max));
        self.around(Call::ReadAll, run)
    }

    /// [`EventStore::head`].
    fn head(&self, store: &S) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send
    where
        S: EventStore,
    {
        self.around(Call::Head, Box::pin(store.head()))
    }

    /// [`EventStore::last_up_to`].
    fn last_up_to(
        &self,
        store: &S,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send
    where
        S: EventStore,
    {
        self.around(Call::LastUpTo, Box::pin(store.last_up_to(until, filter)))
    }

    /// [`EventStore::feed`].
    fn feed(
        &self,
        store: &S,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> S::Feed
    where
        S: EventStore,
    {
        store.feed(after, filter, batch_events_max)
    }

    /// [`Feed::next`] of a feed that has come to `at`.
    fn next<F: Feed>(
        &self,
        feed: &mut F,
        at: GlobalPosition,
        memory: &mut Self::Memory,
    ) -> impl Future<Output = Result<FeedBatch, StoreError>> + Send {
        let _ = (at, memory);
        self.around(Call::Next, Box::pin(feed.next()))
    }

    /// [`CheckpointStore::load_checkpoint`].
    fn load_checkpoint(
        &self,
        store: &S,
        name: &CheckpointName,
    ) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send
    where
        S: CheckpointStore,
    {
        self.around(Call::LoadCheckpoint, Box::pin(store.load_checkpoint(name)))
    }

    /// [`CheckpointStore::save_checkpoint`].
    fn save_checkpoint(
        &self,
        store: &S,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send
    where
        S: CheckpointStore,
    {
        let run = Box::pin(store.save_checkpoint(name, expected, position));
        self.around(Call::SaveCheckpoint { name }, run)
    }

    /// [`ReadModelStore::commit`].
    fn commit(
        &self,
        store: &S,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> impl Future<Output = Result<(), CommitError>> + Send
    where
        S: ReadModelStore,
    {
        let run = Box::pin(store.commit(slice, expected, next, writes));
        self.around(Call::Commit { slice }, run)
    }
}

/// The feed of a [`Hooked`] store.
#[derive(Debug)]
pub struct HookedFeed<S: EventStore, H: Hook<S>> {
    feed: S::Feed,
    hook: Arc<H>,
    at: GlobalPosition,
    memory: H::Memory,
}

impl<S: EventStore, H: Hook<S>> Feed for HookedFeed<S, H> {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        let batch = self.hook.next(&mut self.feed, self.at, &mut self.memory);
        let batch = batch.await?;
        self.at = batch.position;
        Ok(batch)
    }
}

impl<S: EventStore, H: Hook<S>> EventStore for Hooked<S, H> {
    type Feed = HookedFeed<S, H>;

    fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> impl Future<Output = Result<Appended, AppendError>> + Send {
        self.hook.append(&self.store, stream, expected, events)
    }

    fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> impl Future<Output = Result<StreamPage, StoreError>> + Send {
        self.hook.read_stream(&self.store, stream, from, events_max)
    }

    fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> impl Future<Output = Result<LogPage, StoreError>> + Send {
        self.hook.read_all(&self.store, after, filter, events_max)
    }

    fn head(&self) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send {
        self.hook.head(&self.store)
    }

    fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send {
        self.hook.last_up_to(&self.store, until, filter)
    }

    fn try_rights(
        &self,
        namespace: &NamespaceName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        self.store.try_rights(namespace)
    }

    fn positions_per_event(&self) -> u64 {
        self.store.positions_per_event()
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> Self::Feed {
        HookedFeed {
            feed: self.hook.feed(&self.store, after, filter, batch_events_max),
            hook: Arc::clone(&self.hook),
            at: after,
            memory: H::Memory::default(),
        }
    }
}

impl<S: SnapshotStore, H: Hook<S>> SnapshotStore for Hooked<S, H> {
    fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + Send {
        let run = Box::pin(self.store.load_snapshot(stream, schema));
        self.hook.around(Call::LoadSnapshot, run)
    }

    fn save_snapshot(
        &self,
        snapshot: &Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let run = Box::pin(self.store.save_snapshot(snapshot));
        self.hook.around(Call::SaveSnapshot, run)
    }

    fn delete_snapshots(
        &self,
        stream: &StreamName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let run = Box::pin(self.store.delete_snapshots(stream));
        self.hook.around(Call::DeleteSnapshots, run)
    }
}

impl<S: CheckpointStore, H: Hook<S>> CheckpointStore for Hooked<S, H> {
    fn load_checkpoint(
        &self,
        name: &CheckpointName,
    ) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send {
        self.hook.load_checkpoint(&self.store, name)
    }

    fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send {
        self.hook
            .save_checkpoint(&self.store, name, expected, position)
    }
}

impl<S: ReadModelStore, H: Hook<S>> ReadModelStore for Hooked<S, H> {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        let run = Box::pin(self.store.load(slice, wanted));
        self.hook.around(Call::Load { slice, wanted }, run).await
    }

    fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> impl Future<Output = Result<(), CommitError>> + Send {
        self.hook.commit(&self.store, slice, expected, next, writes)
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        let run = Box::pin(self.store.list(slice, query));
        self.hook.around(Call::List { slice, query }, run).await
    }

    fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> impl Future<Output = Result<Counts, StoreError>> + Send {
        let run = Box::pin(self.store.counts(slice, index, group));
        self.hook.around(Call::Counts { slice }, run)
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        self.store.changes(namespace)
    }
}

impl<S: ReadModelAdmin, H: Hook<S>> ReadModelAdmin for Hooked<S, H> {
    fn load_catalogue(
        &self,
        model: &ModelName,
    ) -> impl Future<Output = Result<Option<Catalogue>, StoreError>> + Send {
        let run = Box::pin(self.store.load_catalogue(model));
        self.hook.around(Call::LoadCatalogue, run)
    }

    fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> impl Future<Output = Result<(), CatalogueError>> + Send {
        let run = Box::pin(self.store.save_catalogue(model, expected, next));
        self.hook.around(Call::SaveCatalogue { model }, run)
    }

    fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> impl Future<Output = Result<ScanPage, StoreError>> + Send {
        let run = Box::pin(self.store.scan(generation, cursor));
        self.hook.around(Call::Scan, run)
    }

    fn remove(
        &self,
        generation: &GenerationName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let run = Box::pin(self.store.remove(generation));
        self.hook.around(Call::Remove, run)
    }

    fn sweep(
        &self,
        generation: &GenerationName,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        let run = Box::pin(self.store.sweep(generation));
        self.hook.around(Call::Sweep, run)
    }
}

impl<S: SliceLeases, H: Hook<S>> SliceLeases for Hooked<S, H> {
    fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> impl Future<Output = Result<Vec<Lease>, StoreError>> + Send {
        let run = Box::pin(
            self.store
                .heartbeat(generation, slices, member, time_to_live),
        );
        self.hook.around(Call::Heartbeat, run)
    }

    fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        let run = Box::pin(self.store.leave(generation, member));
        self.hook.around(Call::Leave, run)
    }
}
