//! What is kept of an event.

use minwon_core::{
    CausationId, CorrelationId, EventId, EventType, FaultKind, GlobalPosition, RecordedEvent,
    ServiceName, StoredView, StreamName, StreamVersion, Subject, Timestamp, TraceId,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer, de::Error as _, ser::SerializeSeq as _,
};

/// What the index knows of an event: where it stands, and what it is found by. Its payload, and who gave the
/// command, are in the log alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// Its place in the whole log.
    pub position: GlobalPosition,
    /// The stream it belongs to.
    pub stream: StreamName,
    /// Its place in that stream.
    pub version: StreamVersion,
    /// Its stored name.
    pub event_type: EventType,
    /// When the store took it.
    pub recorded_at: Timestamp,
    /// Its identity.
    pub id: EventId,
    /// The command or event that caused it; the command that it answers, where nobody said.
    pub causation_id: CausationId,
    /// Ties together all events of one request.
    pub correlation_id: CorrelationId,
    /// The trace that it was written in, if it was in one.
    pub trace: Option<TraceId>,
    /// Its subject.
    pub subject: Subject,
    /// The service that wrote it.
    pub source: ServiceName,
    /// Why the store could not read it, where it could not. Then nothing but its place is to be trusted.
    #[serde(serialize_with = "fault_word")]
    pub fault: Option<FaultKind>,
    /// Whether nothing but its own command caused it.
    #[serde(skip)]
    pub(super) is_by_command: bool,
}

impl Message {
    pub(super) fn of(event: &RecordedEvent) -> Self {
        let metadata = &event.metadata;
        let source = ServiceName::stored(metadata.source());
        Self {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            event_type: event.event_type.clone(),
            recorded_at: event.recorded_at,
            id: event.id(),
            causation_id: metadata.causation_id(),
            correlation_id: metadata.correlation_id(),
            trace: event.traceparent().as_ref().map(TraceId::from),
            subject: event.subject(),
            source: source.unwrap_or_else(|_| ServiceName::new("unreadable").expect("a word")),
            fault: event.fault.as_ref().map(|fault| fault.kind),
            is_by_command: event.fault.is_none()
                && metadata.causation_id() == metadata.command_id().into(),
        }
    }

    /// The cause by which it is found; none where that is the request itself, by which it is found anyway.
    pub(super) fn cause(&self) -> Option<CausationId> {
        let is_other = self.causation_id.as_bytes() != self.correlation_id.as_bytes();
        is_other.then_some(self.causation_id)
    }
}

/// Some messages of one stream, or of a few that belong together, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageView {
    messages: Vec<Message>,
}

impl MessageView {
    /// The messages.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn add(&mut self, message: Message) {
        self.messages.push(message);
    }
}

/// A message as it is kept: what is as in the one before is left out. Part of the stored format.
#[derive(Serialize, Deserialize)]
struct Kept(
    GlobalPosition,
    u64,
    EventType,
    EventId,
    CausationId,
    Option<StreamName>,
    Option<i64>,
    Option<CorrelationId>,
    /// Empty where there is none.
    Option<String>,
    Option<Subject>,
    Option<ServiceName>,
    /// Its fault; where there is none, empty, or [`BY_COMMAND`].
    Option<String>,
);

/// In place of a fault, where nothing but its own command caused it.
const BY_COMMAND: &str = "c";

impl Kept {
    fn new(message: &Message, before: Option<&Message>) -> Self {
        fn unless_as_before<T: PartialEq>(
            message: &Message,
            before: Option<&Message>,
            field: impl Fn(&Message) -> T,
        ) -> Option<T> {
            let is_as_before = before.is_some_and(|before| field(before) == field(message));
            (!is_as_before).then(|| field(message))
        }
        let trace = |it: &Message| it.trace.as_ref().map(ToString::to_string);
        let fault = |it: &Message| match it.is_by_command {
            true => BY_COMMAND.to_owned(),
            false => it.fault.map_or("", word_of).to_owned(),
        };
        Self(
            message.position,
            message.version.get(),
            message.event_type.clone(),
            message.id,
            message.causation_id,
            unless_as_before(message, before, |it| it.stream.clone()),
            unless_as_before(message, before, |it| it.recorded_at.unix_micros()),
            unless_as_before(message, before, |it| it.correlation_id),
            unless_as_before(message, before, |it| trace(it).unwrap_or_default()),
            unless_as_before(message, before, |it| it.subject.clone()),
            unless_as_before(message, before, |it| it.source.clone()),
            unless_as_before(message, before, fault),
        )
    }

    /// None where it leaves out what nothing before it says.
    fn read(self, before: Option<&Message>) -> Option<Message> {
        let trace = match self.8 {
            Some(trace) if trace.is_empty() => None,
            Some(trace) => Some(TraceId::new(trace).ok()?),
            None => before?.trace.clone(),
        };
        let (fault, is_by_command) = match self.11.as_deref() {
            Some("") => (None, false),
            Some(BY_COMMAND) => (None, true),
            Some(word) => (Some(kind_of(word)), false),
            None => before.map(|before| (before.fault, before.is_by_command))?,
        };
        let recorded_at = match self.6 {
            Some(micros) => Timestamp::from_unix_micros(micros).ok()?,
            None => before?.recorded_at,
        };
        Some(Message {
            position: self.0,
            version: StreamVersion::new(self.1),
            event_type: self.2,
            id: self.3,
            causation_id: self.4,
            stream: self.5.or_else(|| Some(before?.stream.clone()))?,
            recorded_at,
            correlation_id: self.7.or_else(|| Some(before?.correlation_id))?,
            trace,
            subject: self.9.or_else(|| Some(before?.subject.clone()))?,
            source: self.10.or_else(|| Some(before?.source.clone()))?,
            fault,
            is_by_command,
        })
    }
}

impl StoredView for MessageView {
    fn store<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut kept = to.serialize_seq(Some(self.messages.len()))?;
        let mut before = None;
        for message in &self.messages {
            kept.serialize_element(&Kept::new(message, before))?;
            before = Some(message);
        }
        kept.end()
    }

    fn restore<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut messages = Vec::<Message>::new();
        for kept in Vec::<Kept>::deserialize(from)? {
            let message = kept.read(messages.last());
            messages.push(message.ok_or_else(|| D::Error::custom("a message is not whole"))?);
        }
        Ok(Self { messages })
    }
}

/// The word for a kind of fault. Part of the stored format.
const fn word_of(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::Foreign => "foreign",
        FaultKind::Malformed => "malformed",
        FaultKind::Newer => "newer",
        _ => "damaged",
    }
}

fn kind_of(word: &str) -> FaultKind {
    match word {
        "foreign" => FaultKind::Foreign,
        "malformed" => FaultKind::Malformed,
        "newer" => FaultKind::Newer,
        _ => FaultKind::Damaged,
    }
}

#[allow(clippy::ref_option, reason = "serde gives a reference")]
fn fault_word<S: Serializer>(fault: &Option<FaultKind>, to: S) -> Result<S::Ok, S::Error> {
    fault.map(word_of).serialize(to)
}
