//! The dead letters of a namespace, as its queues have them.

mod error;
mod operator;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashSet},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use minwon_core::{
    APPEND_EVENTS_MAX, ActorId, AppendError, Appended, CausationId, CommandId, ConsumerName,
    CorrelationId, DeadLetterBook, DeadLetterEvent, EventCodec, EventId, EventMetadata, EventStore,
    EventType, ExpectedVersion, GlobalPosition, NamespaceName, NewEvent, PetitionId, QueueOpened,
    RecordedEvent, ServiceName, Stage, StoredEvent, StreamName, StreamVersion, Timer, Timestamp,
    dead_letter_codec, dead_letter_directory, dead_letter_queue, read_dead_letter,
};
use tokio::sync::{Mutex, MutexGuard};

pub use self::{
    error::DeadLetterError,
    operator::{
        EventAt, Letter, LetterDetail, Operator, OperatorError, QueueEntry, REASON_BYTES_MAX,
        RetryOutcome, RetryPlan, RetryReport, RetryResult, Selection,
    },
};

/// The dead letters of a namespace: what is in memory, and how to write more. A clone shares them.
///
/// What is in memory is what the queues held when they were last [read](Self::refresh); everything
/// written through any clone is in it as well.
pub struct DeadLetters<S, T> {
    inner: Arc<Inner<S, T>>,
}

struct Inner<S, T> {
    store: Arc<S>,
    timer: Arc<T>,
    namespace: NamespaceName,
    codec: EventCodec,
    known: Mutex<Known>,
}

/// How far the queues have been read, and what they say up to there.
#[derive(Default)]
struct Known {
    book: DeadLetterBook,
    /// The last event read of the directory.
    directory: Option<StreamVersion>,
    /// The last event read of each queue there is.
    queues: BTreeMap<EventType, Option<StreamVersion>>,
    /// All events that were given up, and where in the log that is said.
    given_up: BTreeMap<ConsumerName, Vec<GivenUp>>,
}

/// An event that somebody gave up.
#[derive(Debug, Clone)]
pub(crate) struct GivenUp {
    /// The key it is of.
    pub(crate) key: Box<str>,
    pub(crate) event: EventId,
    /// Where in the log the decision stands.
    pub(crate) decided_at: GlobalPosition,
}

impl Known {
    fn apply(&mut self, event: &DeadLetterEvent, at: Timestamp, position: GlobalPosition) {
        self.book.apply(event, at);
        let (DeadLetterEvent::Skipped(_) | DeadLetterEvent::Compensated(_)) = event else {
            return;
        };
        let about = event.consumer_and_key().zip(event.event());
        let ((consumer, key), of) = about.expect("a decision is of an event");
        let given_up = GivenUp {
            key: key.into(),
            event: of.id,
            decided_at: position,
        };
        let all = self.given_up.entry(consumer.clone()).or_default();
        all.push(given_up);
    }
}

/// What the ids of all events of dead letters are derived in. Part of the stored format.
const SCOPE: &[u8; 16] = b"minwon.letters/1";

/// Events of a queue that are read at a time.
const PAGE_EVENTS: NonZeroU32 = NonZeroU32::new(1024).expect("not 0");

/// How often an append is tried again after somebody else wrote first, or without an answer.
const TRIES_MAX: u32 = 10;

/// First pause after an append without an answer; it doubles.
const PAUSE: Duration = Duration::from_millis(1);

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

impl<S, T> DeadLetters<S, T>
where
    S: EventStore,
    T: Timer,
{
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
                known: Mutex::default(),
            }),
        }
    }

    /// The namespace.
    #[must_use]
    pub fn namespace(&self) -> &NamespaceName {
        &self.inner.namespace
    }

    /// Reads what has been written to the queues since they were read last. Costs one read of the
    /// directory and one of each queue.
    ///
    /// # Errors
    /// [`DeadLetterError`]; what was read before stays.
    pub async fn refresh(&self) -> Result<(), DeadLetterError> {
        let mut known = self.lock().await;
        self.read_directory(&mut known).await?;
        let queues: Vec<_> = known.queues.keys().cloned().collect();
        for queue in queues {
            self.read_queue(&mut known, &queue).await?;
        }
        Ok(())
    }

    /// Looks at what was read last.
    pub async fn look<A>(&self, look: impl FnOnce(&DeadLetterBook) -> A) -> A {
        look(&self.lock().await.book)
    }

    /// What `consumer` gave up, as far as it was read.
    pub(crate) async fn given_up(&self, consumer: &ConsumerName) -> Vec<GivenUp> {
        let known = self.lock().await;
        known.given_up.get(consumer).cloned().unwrap_or_default()
    }

    /// Writes down what happened to events, and answers when that is durable. What is true already
    /// is not written again, so a repeat changes nothing; of several that speak of one event of one
    /// consumer, the first counts.
    ///
    /// A dropped future may have written any part of it.
    ///
    /// # Errors
    /// [`DeadLetterError`]; part of it may have been written.
    pub async fn record(&self, events: Vec<DeadLetterEvent>) -> Result<(), DeadLetterError> {
        self.write(events, |_, _| true).await?;
        Ok(())
    }

    /// Writes what is news and what `admits` takes, and answers what it wrote. `admits` is asked
    /// with what the queue says at the very place where the event would stand.
    async fn write(
        &self,
        events: Vec<DeadLetterEvent>,
        admits: impl Fn(&DeadLetterBook, &DeadLetterEvent) -> bool + Send + Sync,
    ) -> Result<Vec<DeadLetterEvent>, DeadLetterError> {
        let mut queues = BTreeMap::<EventType, Vec<DeadLetterEvent>>::new();
        let mut mentioned = HashSet::new();
        for event in events {
            let consumer = event
                .consumer_and_key()
                .map(|(consumer, _)| consumer.clone());
            if !mentioned.insert((consumer, event.event().map(|event| event.id))) {
                continue;
            }
            let queue = event.event_type().into_owned();
            queues.entry(queue).or_default().push(event);
        }
        let mut known = self.lock().await;
        let mut written = Vec::new();
        for (queue, events) in queues {
            for events in events.chunks(APPEND_EVENTS_MAX) {
                let news = self.write_to(&mut known, &queue, events, &admits).await?;
                written.extend(news);
            }
        }
        Ok(written)
    }

    /// What an event of dead letters that was read from the log says. It is in memory from then on.
    ///
    /// # Errors
    /// [`DeadLetterError`] where it cannot be read, or those before it could not.
    pub async fn observe(
        &self,
        recorded: &RecordedEvent,
    ) -> Result<DeadLetterEvent, DeadLetterError> {
        let event = self.read(recorded)?;
        let mut known = self.lock().await;
        if recorded.stream == dead_letter_directory(&self.inner.namespace) {
            self.read_directory(&mut known).await?;
            return Ok(event);
        }
        let queue = event.event_type().into_owned();
        let last = known.queues.get(&queue).copied();
        match last {
            Some(last) if Some(recorded.version) <= last => {}
            Some(last) if recorded.version == StreamVersion::after(last) => {
                known.apply(&event, recorded.metadata.occurred_at(), recorded.position);
                known.queues.insert(queue, Some(recorded.version));
            }
            _ => self.read_queue(&mut known, &queue).await?,
        }
        Ok(event)
    }

    async fn lock(&self) -> MutexGuard<'_, Known> {
        self.inner.known.lock().await
    }

    fn read(&self, recorded: &RecordedEvent) -> Result<DeadLetterEvent, DeadLetterError> {
        read_dead_letter(&self.inner.codec, recorded).map_err(|source| {
            DeadLetterError::Unreadable {
                stream: recorded.stream.clone(),
                version: recorded.version,
                source,
            }
        })
    }

    async fn read_directory(&self, known: &mut Known) -> Result<(), DeadLetterError> {
        let stream = dead_letter_directory(&self.inner.namespace);
        loop {
            let from = StreamVersion::after(known.directory);
            let page = self.inner.store.read_stream(&stream, from, PAGE_EVENTS);
            let page = page.await.map_err(DeadLetterError::Store)?;
            for recorded in &page.events {
                if let DeadLetterEvent::QueueOpened(opened) = self.read(recorded)? {
                    known.queues.entry(opened.event_type).or_default();
                }
                known.directory = Some(recorded.version);
            }
            if page.is_end {
                return Ok(());
            }
        }
    }

    async fn read_queue(
        &self,
        known: &mut Known,
        queue: &EventType,
    ) -> Result<(), DeadLetterError> {
        let stream = dead_letter_queue(&self.inner.namespace, queue);
        loop {
            let last = known.queues.get(queue).copied().flatten();
            let from = StreamVersion::after(last);
            let page = self.inner.store.read_stream(&stream, from, PAGE_EVENTS);
            let page = page.await.map_err(DeadLetterError::Store)?;
            for recorded in &page.events {
                let event = self.read(recorded)?;
                known.apply(&event, recorded.metadata.occurred_at(), recorded.position);
                known.queues.insert(queue.clone(), Some(recorded.version));
            }
            if page.is_end {
                return Ok(());
            }
        }
    }

    /// Enters a queue in the directory, if it is not there yet.
    async fn open_queue(
        &self,
        known: &mut Known,
        queue: &EventType,
    ) -> Result<(), DeadLetterError> {
        let stream = dead_letter_directory(&self.inner.namespace);
        let mut tries = 0;
        while !known.queues.contains_key(queue) {
            let opened = DeadLetterEvent::from(QueueOpened {
                event_type: queue.clone(),
            });
            let now = self.inner.timer.now();
            let opened = [self.new_event(&opened, known.directory, now)];
            match self.append(&stream, known.directory, &opened).await? {
                Some(appended) => {
                    known.directory = Some(appended.version);
                    known.queues.insert(queue.clone(), None);
                }
                None => {
                    tries += 1;
                    self.give_way(&stream, tries).await?;
                    self.read_directory(known).await?;
                }
            }
        }
        Ok(())
    }

    async fn write_to(
        &self,
        known: &mut Known,
        queue: &EventType,
        events: &[DeadLetterEvent],
        admits: impl Fn(&DeadLetterBook, &DeadLetterEvent) -> bool + Send,
    ) -> Result<Vec<DeadLetterEvent>, DeadLetterError> {
        self.open_queue(known, queue).await?;
        let stream = dead_letter_queue(&self.inner.namespace, queue);
        let (mut tries, mut is_read) = (0, false);
        loop {
            let is_news =
                |event: &&DeadLetterEvent| known.book.is_news(event) && admits(&known.book, event);
            let news: Vec<_> = events.iter().filter(is_news).cloned().collect();
            if news.len() < events.len() && !is_read {
                // The append shows whether news is news. What seems to be none is left out
                // unwritten, so only the queue can show that others did not change that.
                self.read_queue(known, queue).await?;
                is_read = true;
                continue;
            }
            if news.is_empty() {
                return Ok(news);
            }
            let now = self.inner.timer.now();
            let last = known.queues.get(queue).copied().flatten();
            let new_events: Vec<_> = news.iter().map(|e| self.new_event(e, last, now)).collect();
            if let Some(appended) = self.append(&stream, last, &new_events).await? {
                for event in &news {
                    known.apply(event, now, appended.position);
                }
                known.queues.insert(queue.clone(), Some(appended.version));
                return Ok(news);
            }
            tries += 1;
            self.give_way(&stream, tries).await?;
            self.read_queue(known, queue).await?;
            is_read = true;
        }
    }

    /// Appends behind `last`; none where somebody else did before. Repeated as it is while the
    /// outcome is unknown.
    async fn append(
        &self,
        stream: &StreamName,
        last: Option<StreamVersion>,
        events: &[NewEvent],
    ) -> Result<Option<Appended>, DeadLetterError> {
        let mut tries = 0;
        loop {
            let expected = ExpectedVersion::of(last);
            match self.inner.store.append(stream, expected, events).await {
                Ok(appended) => return Ok(Some(appended)),
                Err(AppendError::Conflict { .. }) => return Ok(None),
                Err(AppendError::OutcomeUnknown { .. }) if tries < TRIES_MAX => {
                    tries += 1;
                    self.pause(tries).await;
                }
                Err(
                    AppendError::OutcomeUnknown { source, .. } | AppendError::Store { source, .. },
                ) => return Err(DeadLetterError::Store(source)),
                Err(source) => return Err(DeadLetterError::Append(Box::new(source))),
            }
        }
    }

    async fn give_way(&self, stream: &StreamName, tries: u32) -> Result<(), DeadLetterError> {
        if tries > TRIES_MAX {
            return Err(DeadLetterError::Contended {
                stream: stream.clone(),
            });
        }
        self.pause(tries).await;
        Ok(())
    }

    async fn pause(&self, tries: u32) {
        if tries > 1 {
            let doubled = 2_u32.saturating_pow(tries.saturating_sub(2));
            self.inner.timer.sleep(PAUSE.saturating_mul(doubled)).await;
        }
    }

    /// The event as it is appended behind `last`.
    fn new_event(
        &self,
        event: &DeadLetterEvent,
        last: Option<StreamVersion>,
        now: Timestamp,
    ) -> NewEvent {
        let shape = event.shape();
        let petition = match event.event() {
            Some(event) => event.petition.clone(),
            // The directory is of no petition.
            None => PetitionId::new("none").expect("a word"),
        };
        let consumer = event.consumer_and_key().map(|(consumer, _)| consumer);
        let consumer = consumer.map_or("directory", |consumer| consumer.as_str());
        let json = event.to_json().expect("texts and numbers can be written");
        // What, when and behind what: others who write at the same instant say something else, or
        // the very same.
        let after = last.map_or_else(|| "none".to_owned(), |last| last.to_string());
        let mut name = format!("{}/{after}/{}/", shape.name, now.unix_micros()).into_bytes();
        name.extend_from_slice(&json);
        let id = CommandId::derive(SCOPE, name);
        let (correlation_id, causation_id) = match event.event() {
            Some(event) => (CorrelationId::from(id), CausationId::from(event.id)),
            None => (id.into(), id.into()),
        };
        let actor = match event.by() {
            Some(by) => by.clone(),
            None => ActorId::new(consumer).expect("names of consumers and actors have one rule"),
        };
        NewEvent {
            event_type: self.inner.codec.event_type(shape),
            schema_version: shape.version,
            metadata: EventMetadata {
                event_id: id.event_id(0),
                command_id: id,
                correlation_id,
                causation_id,
                occurred_at: now,
                petition_id: petition,
                stage: Stage::new(shape.stage).expect("the table holds names"),
                source: ServiceName::new("minwon").expect("a word"),
                actor,
                traceparent: None,
            },
            payload: json.into(),
        }
    }
}
