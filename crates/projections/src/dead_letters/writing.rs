//! Writing to the queues.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use minwon_core::{
    APPEND_EVENTS_MAX, ActorId, AppendError, Appended, CausationId, CommandId, ConsumerName,
    CorrelationId, DeadLetterBook, DeadLetterEvent, DecoderFingerprint, EventId, EventMetadata,
    EventStore, EventType, ExpectedVersion, GlobalPosition, NewEvent, QueueOpened, RecordedEvent,
    ServiceName, Stage, StoredEvent, StreamName, StreamVersion, Subject, Timer, Timestamp,
    TraceParent, dead_letter_directory, dead_letter_queue,
    metrics::{self, LETTERS},
};

use super::{DeadLetterError, DeadLetters, Turn, known::Last};

/// The scope of the ids of all events of dead letters. Part of the stored format.
const SCOPE: &[u8; 16] = b"minwon.letters/1";

/// How often an append is tried again after somebody else wrote first, or without an answer.
const TRIES_MAX: u32 = 10;

/// First pause after an append without an answer; it doubles.
const PAUSE: Duration = Duration::from_millis(1);

/// The traces of events, for the letters that speak of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traces(HashMap<EventId, TraceParent>);

impl Traces {
    pub(crate) fn of(event: &RecordedEvent) -> Self {
        let mut traces = Self::default();
        traces.note(event);
        traces
    }

    pub(crate) fn note(&mut self, event: &RecordedEvent) {
        self.0
            .extend(event.traceparent().map(|trace| (event.id(), trace)));
    }

    pub(crate) fn append(&mut self, others: Self) {
        self.0.extend(others.0);
    }
}

impl<S: EventStore, T: Timer> DeadLetters<S, T> {
    /// Writes down what happened to events, and returns when that is durable. A fact that already
    /// holds is not written again, so a repeat changes nothing; of several about one event of one
    /// consumer, the first counts.
    ///
    /// A dropped future may have written any part of it.
    ///
    /// # Errors
    /// [`DeadLetterError`]; part of it may have been written.
    pub async fn record(&self, events: Vec<DeadLetterEvent>) -> Result<(), DeadLetterError> {
        self.record_in(events, &Traces::default()).await
    }

    /// As [`record`](Self::record), each letter in the trace of its event.
    pub(crate) async fn record_in(
        &self,
        events: Vec<DeadLetterEvent>,
        traces: &Traces,
    ) -> Result<(), DeadLetterError> {
        self.write(events, traces, |_, _| true).await?;
        Ok(())
    }

    /// Asks for another try of what another decoder could not read, of keys of `consumer`.
    pub(crate) async fn ask_after_upgrade(
        &self,
        consumer: &ConsumerName,
        decoder: Option<DecoderFingerprint>,
        is_ours: impl Fn(&str) -> bool,
    ) -> Result<(), DeadLetterError> {
        let requests = self.look(|book| {
            let letters = book.of(consumer)?;
            Some(letters.requests_after_upgrade(consumer, decoder, is_ours))
        });
        match requests {
            Some(requests) if !requests.is_empty() => self.record(requests).await,
            _ => Ok(()),
        }
    }

    /// Writes what is news and what `admits` takes, and returns what it wrote. `admits` is asked
    /// with what the queue says at the very place where the event would stand.
    pub(super) async fn write(
        &self,
        events: Vec<DeadLetterEvent>,
        traces: &Traces,
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
        let turn = self.turn().await;
        let mut written = Vec::new();
        for (queue, events) in queues {
            let mut rest = &events[..];
            let mut at_once = APPEND_EVENTS_MAX;
            while !rest.is_empty() {
                let (part, behind) = rest.split_at(rest.len().min(at_once));
                match self.write_to(&turn, &queue, part, traces, &admits).await {
                    Ok(news) => {
                        self.count(&news);
                        written.extend(news);
                        rest = behind;
                    }
                    // The store bounds an append by its bytes as well; nothing was written.
                    Err(DeadLetterError::Append(error))
                        if matches!(*error, AppendError::AppendTooLarge { .. })
                            && part.len() > 1 =>
                    {
                        at_once = part.len() / 2;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        drop(turn);
        self.keep().await;
        Ok(written)
    }

    fn count(&self, news: &[DeadLetterEvent]) {
        for event in news {
            if let DeadLetterEvent::Added(added) = event {
                let labels = [
                    ("namespace", self.namespace().as_str()),
                    ("consumer", added.consumer.as_str()),
                    ("cause", added.failure.class.as_str()),
                ];
                metrics::count(&LETTERS, &labels, 1);
            }
        }
    }

    /// Enters a queue in the directory, if it is not there yet.
    async fn open_queue(&self, turn: &Turn<'_>, queue: &EventType) -> Result<(), DeadLetterError> {
        let stream = dead_letter_directory(&self.inner.namespace);
        let mut tries = 0;
        loop {
            let last = {
                let known = self.known();
                if known.queues.contains_key(queue) {
                    return Ok(());
                }
                known.directory
            };
            let opened = DeadLetterEvent::from(QueueOpened {
                event_type: queue.clone(),
            });
            let now = self.inner.timer.now();
            let opened = [self.new_event(&opened, last, now)];
            match self.append(&stream, last, &opened).await? {
                Some(appended) => {
                    let mut known = self.known();
                    known.directory = Some(appended.version);
                    known.queues.entry(queue.clone()).or_default();
                }
                None => {
                    tries += 1;
                    self.give_way(&stream, tries).await?;
                    self.read_directory(turn).await?;
                }
            }
        }
    }

    async fn write_to(
        &self,
        turn: &Turn<'_>,
        queue: &EventType,
        events: &[DeadLetterEvent],
        traces: &Traces,
        admits: impl Fn(&DeadLetterBook, &DeadLetterEvent) -> bool + Send,
    ) -> Result<Vec<DeadLetterEvent>, DeadLetterError> {
        self.open_queue(turn, queue).await?;
        let stream = dead_letter_queue(&self.inner.namespace, queue);
        let (mut tries, mut is_read) = (0, false);
        // An event that is given up is never news again, also where that was forgotten.
        let mut remembered = None;
        loop {
            if let Some(forgotten) = self.forgotten(queue, events) {
                let window = remembered.get_or_insert_with(|| self.window_here());
                window.reach_back_in(turn, forgotten).await?;
            }
            let (news, last) = self.news(queue, events, &admits);
            if news.len() < events.len() && !is_read {
                // The append shows whether news is still news. Facts that seem to hold already are
                // not written, so only the queue can show that others did not change that.
                self.read_queue(turn, queue).await?;
                is_read = true;
                continue;
            }
            if news.is_empty() {
                return Ok(news);
            }
            let now = self.inner.timer.now();
            let new_event = |event| {
                let mut new = self.new_event(event, last, now);
                let of = event.event().and_then(|of| traces.0.get(&of.id));
                new.metadata.traceparent = of.cloned();
                new
            };
            let new_events: Vec<_> = news.iter().map(new_event).collect();
            if let Some(appended) = self.append(&stream, last, &new_events).await? {
                self.has_written(turn, queue, &news, &new_events, appended)
                    .await?;
                return Ok(news);
            }
            tries += 1;
            self.give_way(&stream, tries).await?;
            self.read_queue(turn, queue).await?;
            is_read = true;
        }
    }

    /// Returns the place behind which decisions about some of these events may have been forgotten.
    /// Events that are held back are not given up.
    fn forgotten(&self, queue: &EventType, events: &[DeadLetterEvent]) -> Option<GlobalPosition> {
        let known = self.known();
        let since = known.given_up_since(queue);
        let mut forgotten = None;
        for event in events {
            let Some(((consumer, key), of)) = event.consumer_and_key().zip(event.event()) else {
                continue;
            };
            let letters = known.book.of(consumer);
            let is_held = letters.is_some_and(|letters| letters.is_held(key, of));
            if !is_held && of.position < since {
                forgotten = forgotten.min(Some(of.position)).or(Some(of.position));
            }
        }
        forgotten
    }

    /// Notes what was written.
    async fn has_written(
        &self,
        turn: &Turn<'_>,
        queue: &EventType,
        news: &[DeadLetterEvent],
        written: &[NewEvent],
        appended: Appended,
    ) -> Result<(), DeadLetterError> {
        // It matters where exactly a decision stands, and of several events only the last one's
        // place is answered.
        if news.len() > 1 && news.iter().any(|event| event.by().is_some()) {
            return self.read_queue(turn, queue).await;
        }
        let Some(last) = written.last() else {
            return Ok(());
        };
        let mut known = self.known();
        for event in news {
            known.apply(event, last.metadata.occurred_at, appended.position);
        }
        let last = Last {
            version: appended.version,
            id: last.metadata.event_id,
            position: appended.position,
        };
        known.has_read(queue, last);
        Ok(())
    }

    /// Returns which of some events are news, and behind what they would stand in their queue.
    fn news(
        &self,
        queue: &EventType,
        events: &[DeadLetterEvent],
        admits: impl Fn(&DeadLetterBook, &DeadLetterEvent) -> bool,
    ) -> (Vec<DeadLetterEvent>, Option<StreamVersion>) {
        let known = self.known();
        let is_news =
            |event: &&DeadLetterEvent| known.book.is_news(event) && admits(&known.book, event);
        let news = events.iter().filter(is_news).cloned().collect();
        (news, known.last(queue))
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
        let subject = match event.event() {
            Some(event) => event.subject.clone(),
            // The directory is of no subject.
            None => Subject::new("none").expect("a word"),
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
            None => ActorId::stored(consumer).expect("names of consumers and actors have one rule"),
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
                subject,
                stage: Stage::new(shape.stage).expect("the table holds names"),
                source: ServiceName::new("minwon").expect("a word"),
                actor,
                traceparent: None,
                fingerprint: None,
            },
            payload: json.into(),
        }
    }
}
