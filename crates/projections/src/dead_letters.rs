//! The dead letters of a namespace, as its queues have them.

mod error;
mod kept;
mod known;
mod operator;
mod window;
mod writing;

#[cfg(test)]
pub(crate) mod tests;

use std::{
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use minwon_core::{
    DeadLetterBook, DeadLetterEvent, EventCodec, EventStore, EventType, NamespaceName,
    RecordedEvent, SnapshotKey, SnapshotStore, StreamName, StreamVersion, Timer, dead_letter_codec,
    dead_letter_directory, dead_letter_queue, read_dead_letter,
};

#[cfg(feature = "fuzzing")]
pub(crate) use self::kept::kept_letters;
pub use self::{
    error::DeadLetterError,
    operator::{
        EventAt, Letter, LetterDetail, Operator, OperatorError, QueueEntry, REASON_BYTES_MAX,
        RetryOutcome, RetryPlan, RetryReport, RetryResult, Selection,
    },
};
use self::{
    kept::{KEEP_AFTER, Shelf},
    known::{Known, log_passed_over},
};
pub(crate) use self::{operator::in_log_order, window::Window, writing::Traces};
use crate::lock::lock;

/// The dead letters of a namespace: what is in memory, and how to write more. A clone shares them.
///
/// It holds in memory all that the queues held when they were last [read](Self::refresh);
/// everything written through any clone is in it as well.
pub struct DeadLetters<S, T> {
    inner: Arc<Inner<S, T>>,
}

struct Inner<S, T> {
    store: Arc<S>,
    timer: Arc<T>,
    namespace: NamespaceName,
    codec: EventCodec,
    /// Where what is open of a queue is kept from time to time.
    shelf: OnceLock<Shelf>,
    /// Locked for as long as it takes to look, never while a store is asked.
    known: Mutex<Known>,
    /// Whose turn it is to read or write the queues.
    turn: tokio::sync::Mutex<Reads>,
    /// How many times all queues were begun to be read.
    reads_begun: AtomicU64,
}

/// The times that all queues were read.
#[derive(Default)]
struct Reads {
    /// The number of the last one that succeeded, counted from 1.
    last_done: u64,
}

/// The right to read and to write the queues; what is known changes only by who has it.
type Turn<'a> = tokio::sync::MutexGuard<'a, Reads>;

/// Events of a queue that are read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1024).expect("not 0");

const ONE: NonZeroU32 = NonZeroU32::MIN;

impl<S, T> Clone for DeadLetters<S, T> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

impl<S, T> std::fmt::Debug for DeadLetters<S, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeadLetters")
            .field("namespace", &self.inner.namespace)
            .finish_non_exhaustive()
    }
}

impl<S, T> DeadLetters<S, T> {
    async fn turn(&self) -> Turn<'_> {
        self.inner.turn.lock().await
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.inner.known)
    }
}

impl<S: EventStore, T: Timer> DeadLetters<S, T> {
    /// The dead letters of `namespace`. Nothing is read before the first
    /// [`refresh`](Self::refresh).
    pub fn new(namespace: NamespaceName, store: S, timer: T) -> Self {
        Self::shared(namespace, Arc::new(store), Arc::new(timer))
    }

    pub(crate) fn shared(namespace: NamespaceName, store: Arc<S>, timer: Arc<T>) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                timer,
                namespace,
                codec: dead_letter_codec(),
                shelf: OnceLock::new(),
                known: Mutex::default(),
                turn: tokio::sync::Mutex::default(),
                reads_begun: AtomicU64::new(0),
            }),
        }
    }

    /// The same, keeping what is open of each queue in `snapshots` from time to time, best in the
    /// store of the events. Where `key` is one [of the team's](SnapshotKey::new), the first
    /// [`refresh`](Self::refresh) of a process then reads what is open and what came since; with that of
    /// [the process](SnapshotKey::of_process), all that ever was. To be called before anything is read.
    #[must_use]
    pub fn with_snapshots(self, snapshots: impl SnapshotStore + 'static, key: SnapshotKey) -> Self {
        self.keeping_after(KEEP_AFTER, snapshots, key)
    }

    fn keeping_after(
        self,
        keep_after: u64,
        snapshots: impl SnapshotStore + 'static,
        key: SnapshotKey,
    ) -> Self {
        let shelf = Shelf {
            snapshots: Box::new(snapshots),
            key,
            keep_after,
        };
        // Only the first is taken.
        let _ = self.inner.shelf.set(shelf);
        self
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &NamespaceName {
        &self.inner.namespace
    }

    /// Reads what has been written to the queues since they were read last. Costs one read of the
    /// directory and one of each queue; those who ask meanwhile wait, and share the next one.
    ///
    /// # Errors
    /// [`DeadLetterError`]; letters read before stay.
    pub async fn refresh(&self) -> Result<(), DeadLetterError> {
        let before = self.inner.reads_begun.load(Ordering::SeqCst);
        let mut turn = self.turn().await;
        if turn.last_done > before {
            // Somebody began after this was asked for, and is through.
            return Ok(());
        }
        let number = self.inner.reads_begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.read_directory(&turn).await?;
        let queues: Vec<_> = self.known().queues.keys().cloned().collect();
        for queue in queues {
            self.read_queue(&turn, &queue).await?;
        }
        turn.last_done = number;
        drop(turn);
        self.keep().await;
        Ok(())
    }

    /// Looks at what was read last. Nothing else can look meanwhile, and no event be handled.
    pub fn look<A>(&self, look: impl FnOnce(&DeadLetterBook) -> A) -> A {
        look(&self.known().book)
    }

    /// Returns how many keys wait for a newer program, those of each consumer counted; as far as
    /// was read.
    #[must_use]
    pub fn newer_keys(&self) -> usize {
        self.known().book.newer_keys()
    }

    /// Returns how many events among the dead letters are not dead letters, as far as they were
    /// read. They are passed over: find out who writes there.
    #[must_use]
    pub fn passed_over(&self) -> u64 {
        let known = self.known();
        let of_queues = known.queues.values().map(|queue| queue.passed_over);
        known.passed_over + of_queues.sum::<u64>()
    }

    /// Decodes an event of dead letters that was read from the log; none where it is no dead
    /// letter, though it stands among them. It is in memory from then on.
    ///
    /// # Errors
    /// [`DeadLetterError`] where a newer program wrote it, or those before it could not be read.
    pub async fn observe(
        &self,
        recorded: &RecordedEvent,
    ) -> Result<Option<DeadLetterEvent>, DeadLetterError> {
        let Some(event) = self.read(recorded)? else {
            return Ok(None);
        };
        let is_directory = recorded.stream == dead_letter_directory(&self.inner.namespace);
        let queue = event.event_type().into_owned();
        let is_seen = |last: Option<StreamVersion>| Some(recorded.version) <= last;
        let is_known = |known: &Known| match is_directory {
            true => is_seen(known.directory),
            false => known.queues.contains_key(&queue) && is_seen(known.last(&queue)),
        };
        if is_known(&self.known()) {
            return Ok(Some(event));
        }
        let turn = self.turn().await;
        if is_known(&self.known()) {
            return Ok(Some(event));
        }
        if is_directory {
            self.read_directory(&turn).await?;
            return Ok(Some(event));
        }
        let is_next = |known: &Known| {
            let is_begun = known.last(&queue).is_some();
            is_begun && StreamVersion::after(known.last(&queue)) == recorded.version
        };
        let is_noted = {
            let mut known = self.known();
            let is_next = is_next(&known);
            if is_next {
                known.note(&queue, recorded, Some(&event));
            }
            is_next
        };
        if !is_noted {
            self.read_queue(&turn, &queue).await?;
        }
        drop(turn);
        self.keep().await;
        Ok(Some(event))
    }

    /// Decodes an event of a queue or the directory; none where it is no dead letter, whoever wrote
    /// it. Such an event says nothing, and hides nothing of what stands beside it.
    fn read(&self, recorded: &RecordedEvent) -> Result<Option<DeadLetterEvent>, DeadLetterError> {
        match read_dead_letter(&self.inner.codec, recorded) {
            Ok(event) => Ok(Some(event)),
            Err(source) if source.is_newer() => Err(DeadLetterError::Unreadable {
                stream: recorded.stream.clone(),
                version: recorded.version,
                source,
            }),
            Err(_) => Ok(None),
        }
    }

    async fn read_directory(&self, _turn: &Turn<'_>) -> Result<(), DeadLetterError> {
        let stream = dead_letter_directory(&self.inner.namespace);
        loop {
            let last = self.known().directory;
            let page = self.page(&stream, StreamVersion::after(last)).await?;
            let mut known = self.known();
            for (recorded, event) in page.events {
                match event {
                    Some(DeadLetterEvent::QueueOpened(opened)) => {
                        known.queues.entry(opened.event_type).or_default();
                    }
                    Some(_) => {}
                    None => {
                        known.passed_over += 1;
                        log_passed_over(&recorded);
                    }
                }
                known.directory = Some(recorded.version);
            }
            if page.is_end? {
                return Ok(());
            }
        }
    }

    async fn read_queue(&self, turn: &Turn<'_>, queue: &EventType) -> Result<(), DeadLetterError> {
        let stream = dead_letter_queue(&self.inner.namespace, queue);
        if self.known().last(queue).is_none() {
            self.begin(turn, queue).await?;
        }
        loop {
            let from = StreamVersion::after(self.known().last(queue));
            let page = self.page(&stream, from).await?;
            let mut known = self.known();
            for (recorded, event) in &page.events {
                known.note(queue, recorded, event.as_ref());
            }
            if page.is_end? {
                return Ok(());
            }
        }
    }

    /// The events of one of the streams from `from` on, up to the first that cannot be read, and
    /// whether that is all.
    async fn page(
        &self,
        stream: &StreamName,
        from: StreamVersion,
    ) -> Result<Page, DeadLetterError> {
        let page = self.inner.store.read_stream(stream, from, PAGE_EVENTS);
        let page = page.await.map_err(DeadLetterError::Store)?;
        let mut events = Vec::with_capacity(page.events.len());
        for recorded in page.events {
            match self.read(&recorded) {
                Ok(event) => events.push((recorded, event)),
                Err(error) => {
                    let is_end = Err(error);
                    return Ok(Page { events, is_end });
                }
            }
        }
        let is_end = Ok(page.is_end);
        Ok(Page { events, is_end })
    }
}

/// Part of one of the streams.
struct Page {
    /// With what each of them says; none where it is no dead letter.
    events: Vec<(RecordedEvent, Option<DeadLetterEvent>)>,
    /// Whether nothing follows, or why the next event cannot be read.
    is_end: Result<bool, DeadLetterError>,
}
