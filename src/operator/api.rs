//! What an operator is shown, whichever way it is got: the answers of the API of `minwon-console`, and what the
//! command `minwon` prints. All of it is JSON, and fields are only added.

use std::sync::Arc;

use minwon_core::{
    ActorId, CausationId, CommandId, ConsumerName, CorrelationId, EventId, EventRef, EventType,
    GenerationName, GlobalPosition, LetterGroup, NamespaceName, Projection as _, ProjectionName,
    RecordedEvent, SchemaVersion, SliceCount, StreamName, StreamVersion, Timestamp, ViewSchema,
    foreign_text, in_seoul,
};
use minwon_language::Phrasebook;
use minwon_petitions::{
    Calendar, Category, PetitionEvent, PetitionId, PetitionResult, PetitionView, PetitionViews,
    ReadError,
};
use minwon_projections::{
    BuildState, Difference, DifferenceKind, GenerationLook, GenerationRole, Item, Lag, Letter,
    LetterDetail, ModelLook, QueueEntry, RebuildPlan, Verification, VerificationLook, VerifyState,
    Work,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{LetterLine, RetriedTo};

/// The header that says which version of the API an answer is of.
pub const VERSION_HEADER: &str = "minwon-api";

/// The header that says of which namespace an answer is.
pub const NAMESPACE_HEADER: &str = "minwon-namespace";

/// The version of the API that this program speaks.
pub const VERSION: u32 = 1;

/// Whether an event is shown with its payload, which is about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// It is.
    Shown,
    /// It is not.
    LeftOut,
}

impl Payload {
    /// Shown, if it is asked for.
    #[must_use]
    pub const fn shown_if(is_shown: bool) -> Self {
        if is_shown { Self::Shown } else { Self::LeftOut }
    }
}

/// An event of the log: its place, who wrote it and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventLine {
    /// Its place in the log.
    pub position: GlobalPosition,
    /// Its stream.
    pub stream: StreamName,
    /// Its place there.
    pub version: StreamVersion,
    /// The rest, or why it cannot be read.
    #[serde(flatten)]
    pub says: EventSays,
    /// How it was found, where it was looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<FoundBy>,
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EventSays {
    /// The store cannot read it: nothing but its place is to be trusted, and nothing else is shown.
    Nothing {
        /// Why.
        unreadable: String,
    },
    /// It can be read.
    This(Box<EventFacts>),
}

/// What is known of an event that can be read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are those of an event and its metadata")]
pub struct EventFacts {
    pub event_type: EventType,
    pub schema_version: SchemaVersion,
    #[serde(serialize_with = "in_seoul::instant")]
    pub recorded_at: Timestamp,
    #[serde(serialize_with = "in_seoul::instant")]
    pub occurred_at: Timestamp,
    pub event_id: EventId,
    pub command_id: CommandId,
    pub correlation_id: CorrelationId,
    pub causation_id: CausationId,
    pub subject: String,
    pub stage: String,
    pub source: String,
    pub actor: String,
    pub traceparent: Option<String>,
    /// As JSON, or as a text where it is none; none where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
}

/// How an event was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FoundBy {
    /// By the index of messages.
    Index,
    /// By reading the log.
    Scan,
}

impl EventLine {
    /// The line of an event.
    #[must_use]
    pub fn of(event: &RecordedEvent, payload: Payload) -> Self {
        let metadata = &event.metadata;
        let says = match &event.fault {
            Some(fault) => EventSays::Nothing {
                unreadable: fault.to_string(),
            },
            None => EventSays::This(Box::new(EventFacts {
                event_type: event.event_type.clone(),
                schema_version: event.schema_version,
                recorded_at: event.recorded_at,
                occurred_at: metadata.occurred_at(),
                event_id: metadata.event_id(),
                command_id: metadata.command_id(),
                correlation_id: metadata.correlation_id(),
                causation_id: metadata.causation_id(),
                subject: metadata.subject().to_owned(),
                stage: metadata.stage().to_owned(),
                source: metadata.source().to_owned(),
                actor: metadata.actor().to_owned(),
                traceparent: metadata.traceparent().map(str::to_owned),
                payload: (payload == Payload::Shown).then(|| json_or_text(&event.payload)),
            })),
        };
        Self {
            position: event.position,
            stream: event.stream.clone(),
            version: event.version,
            says,
            by: None,
        }
    }

    /// The same, and how it was found.
    #[must_use]
    pub const fn found_by(mut self, by: FoundBy) -> Self {
        self.by = Some(by);
        self
    }
}

/// A payload that cannot be read as JSON may be the very reason why somebody looks at it.
fn json_or_text(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|_| String::from_utf8_lossy(bytes).into())
}

/// A stretch of the log, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogPart {
    /// The events that were meant.
    pub events: Vec<EventLine>,
    /// Up to here all was looked at: go on after it.
    pub position: GlobalPosition,
    /// Whether the log had no further event.
    pub is_end: bool,
    /// How many events were looked at.
    pub looked_at: u64,
    /// Events that could not be read, so that nobody knows whether they were meant.
    pub unreadable: u64,
}

/// What the index of messages knows, in the order of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessagePart {
    /// The events.
    pub events: Vec<EventLine>,
    /// Where the next part begins; none at the end.
    pub next: Option<String>,
    /// Up to here the index knows the log.
    pub known: GlobalPosition,
    /// Events that could not be read, so that nobody knows whether they were meant; only the first part counts
    /// them.
    pub unreadable: u64,
    /// Whether there are more of these.
    pub more_unreadable: bool,
    /// Events that the index has and the log has not, each as a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub astray: Vec<String>,
}

/// A read model, and how far behind the log it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LagLine {
    /// Of which namespace.
    pub namespace: NamespaceName,
    /// Which.
    pub read_model: ProjectionName,
    /// Whether it was ever built.
    pub built: bool,
    /// How far behind; none where it was never built.
    #[serde(flatten)]
    pub lag: Option<LagFigures>,
}

/// How far behind the log a read model is: [`Lag`], as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are those of `Lag`")]
pub struct LagFigures {
    pub ready: bool,
    pub events_behind: u64,
    pub is_more: bool,
    pub waiting_ms: u64,
    pub position: GlobalPosition,
    pub head: GlobalPosition,
    #[serde(serialize_with = "in_seoul::instant")]
    pub measured_at: Timestamp,
}

impl LagLine {
    /// The line of a read model.
    #[must_use]
    pub fn new(namespace: NamespaceName, read_model: ProjectionName, lag: Option<&Lag>) -> Self {
        let lag = lag.map(|lag| LagFigures {
            ready: lag.is_ready,
            events_behind: lag.events,
            is_more: lag.is_more,
            waiting_ms: u64::try_from(lag.waiting.as_millis()).unwrap_or(u64::MAX),
            position: lag.position,
            head: lag.head,
            measured_at: lag.measured_at,
        });
        Self {
            namespace,
            read_model,
            built: lag.is_some(),
            lag,
        }
    }

    /// Returns whether it can be asked.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.lag.as_ref().is_some_and(|lag| lag.ready)
    }
}

/// How far read models are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lags {
    /// Each.
    pub read_models: Vec<LagLine>,
}

/// The whole at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The URL of the store; none where a service answers, which does not tell it.
    pub store: Option<String>,
    /// The end of the log; none where it gave no answer.
    pub head: Option<GlobalPosition>,
    /// When the last event was recorded; none of an empty log, and of a server.
    #[serde(serialize_with = "in_seoul::option")]
    pub last_at: Option<Timestamp>,
    /// Each namespace.
    pub namespaces: Vec<NamespaceLine>,
    /// The read models; none where nobody said where they are.
    pub read_models: Option<Vec<LagLine>>,
    /// Whether all is well.
    pub well: bool,
    /// The health of the service that answers, as `docs/schema/answers.json` has it; none where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Value>,
    /// What gave no answer, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub no_answer: Vec<String>,
}

/// A namespace at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamespaceLine {
    /// Which.
    pub namespace: NamespaceName,
    /// How many dead letters it has; none where that gave no answer.
    pub letters: Option<u64>,
    /// Where its service listens for operators on the machine of its store file, if it does.
    pub listens_at: Option<std::path::PathBuf>,
}

/// All that is known about a petition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PetitionShown {
    /// Which.
    pub petition: PetitionId,
    /// What its petitioner is told, as `docs/schema/answers.json` has it; none where nothing is known but its
    /// documents.
    pub result: Option<Value>,
    /// The same in words, line by line.
    pub told: Vec<String>,
    /// Its events and those of its documents.
    pub events: Vec<EventLine>,
    /// The first event that the program cannot read; what comes after it is not in the result.
    pub unread: Option<Unread>,
    /// Where it is stuck.
    pub letters: Vec<Letter>,
    /// What the read model says of it; none where nobody said where that is.
    pub read_model: Option<KnownOf>,
}

/// An event that a program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Where it stands.
    pub position: GlobalPosition,
    /// Why.
    pub why: String,
}

/// Whether those who ask the read model about a petition are told what the log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum KnownOf {
    /// They are told this.
    AsOf {
        /// As of this position.
        as_of: GlobalPosition,
        /// Whether all events of the petition are in it.
        is_up_to_date: bool,
    },
    /// They are told nothing.
    NoAnswer {
        /// Why.
        no_answer: String,
    },
}

impl PetitionShown {
    /// A petition as its events say, without letters and what the read model says of it. What its petitioner is
    /// told is as of `now`.
    #[must_use]
    pub fn of(
        petition: PetitionId,
        events: &[RecordedEvent],
        read: impl Fn(&RecordedEvent) -> Result<(Category, PetitionEvent), ReadError>,
        (calendar, now): (&Calendar, Timestamp),
        book: &Phrasebook,
        payload: Payload,
    ) -> Self {
        let (view, unread) = fold(events, read);
        let result = view.and_then(|view| view.result(calendar, now));
        let lines = result.iter().flat_map(PetitionResult::lines);
        Self {
            petition,
            told: lines.map(|line| book.message(&line)).collect(),
            result: result
                .map(|it| serde_json::to_value(it).expect("it has no other keys than texts")),
            events: events
                .iter()
                .map(|event| EventLine::of(event, payload))
                .collect(),
            unread,
            letters: Vec::new(),
            read_model: None,
        }
    }
}

/// The view of a petition as its events come to, up to the first that cannot be read.
fn fold(
    events: &[RecordedEvent],
    read: impl Fn(&RecordedEvent) -> Result<(Category, PetitionEvent), ReadError>,
) -> (Option<PetitionView>, Option<Unread>) {
    let (views, mut view) = (PetitionViews::default(), None);
    for recorded in events {
        let read = match &recorded.fault {
            Some(fault) => Err(fault.to_string()),
            None => read(recorded).map_err(|error| {
                let causes: Vec<_> = foreign_text::causes(&error).collect();
                causes.join(": ")
            }),
        };
        match read {
            Ok(event) => views.apply(&mut view, &event, recorded),
            Err(why) => {
                let position = recorded.position;
                return (view, Some(Unread { position, why }));
            }
        }
    }
    (view, None)
}

/// Letters by consumer, event type and cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Groups {
    /// Each with how many they are.
    pub groups: Vec<GroupLine>,
}

/// How many letters have one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupLine {
    /// Whose, of which type, and why.
    #[serde(flatten)]
    pub group: LetterGroup,
    /// How many.
    pub letters: u64,
}

impl FromIterator<(LetterGroup, u64)> for Groups {
    fn from_iter<I: IntoIterator<Item = (LetterGroup, u64)>>(groups: I) -> Self {
        let line = |(group, letters)| GroupLine { group, letters };
        let groups = groups.into_iter().map(line).collect();
        Self { groups }
    }
}

/// Letters, in the order of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letters {
    /// Each.
    pub letters: Vec<Letter>,
    /// Where the next part begins; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A letter with all there is to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LetterShown {
    /// The letter.
    pub letter: Letter,
    /// The payload of its event, as JSON, or as a text where it is none; none for whoever may not read payloads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<Value>,
    /// What was written about it, oldest first.
    pub history: Vec<EntryLine>,
    /// Where in a trace its event was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

impl LetterShown {
    /// A letter, with the payload of its event or without.
    #[must_use]
    pub fn of(detail: &LetterDetail, payload: Payload) -> Self {
        let event = &detail.event;
        Self {
            letter: detail.letter.clone(),
            payload: (payload == Payload::Shown).then(|| json_or_text(&event.payload)),
            history: detail.history.iter().map(Into::into).collect(),
            traceparent: event.metadata.traceparent().map(str::to_owned),
        }
    }
}

/// Something that stands in a queue of dead letters: [`QueueEntry`], as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "they are those of `QueueEntry`")]
pub struct EntryLine {
    pub position: GlobalPosition,
    #[serde(serialize_with = "in_seoul::instant")]
    pub at: Timestamp,
    pub by: ActorId,
    pub what: String,
    pub consumer: Option<ConsumerName>,
    pub key: Option<String>,
    pub event: Option<EventRef>,
    pub why: Option<String>,
}

impl From<&QueueEntry> for EntryLine {
    fn from(entry: &QueueEntry) -> Self {
        let (consumer, key) = entry.event.consumer_and_key().unzip();
        Self {
            position: entry.position,
            at: entry.at,
            by: entry.by.clone(),
            what: entry.what().to_owned(),
            consumer: consumer.cloned(),
            key: key.map(str::to_owned),
            event: entry.event.event().cloned(),
            why: entry.why().map(str::to_owned),
        }
    }
}

/// What was decided about letters.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decisions {
    /// Each, in the order of the log.
    pub decisions: Vec<EntryLine>,
    /// How many later ones are not in this answer.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
const fn is_none(count: &usize) -> bool {
    *count == 0
}

/// What would be done, before it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// The letters, in the portions in which they would be tried, as far as they are shown.
    pub portions: Vec<Vec<Letter>>,
    /// How many more letters are meant.
    #[serde(default, skip_serializing_if = "is_none")]
    pub left: usize,
    /// How many letters are meant in all: whoever asks for it says it again, so that it is done to no more.
    pub count: usize,
    /// When the last of them became one, in microseconds since 1970: whoever asks for it says it again.
    pub until: i64,
    /// Whether somebody else has to approve of it.
    pub needs_approval: bool,
    /// How long it can be taken back before it begins. Unit: seconds.
    pub grace_seconds: u64,
}

/// Something that was asked for, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskShown {
    /// Its number, as long as the process lives that was asked.
    pub ask: u64,
    /// `retry`, `skip` or `compensate`.
    pub act: String,
    /// Of which letters, in words.
    pub of: String,
    /// How many letters.
    pub count: usize,
    /// Who asked.
    pub by: ActorId,
    /// When.
    #[serde(serialize_with = "in_seoul::instant")]
    pub at: Timestamp,
    /// Why; empty where nobody said.
    pub reason: String,
    /// How far it is.
    pub state: AskStep,
    /// Whether it waits for somebody else to approve of it, and not only for the time to go by in which it can
    /// be taken back.
    pub needs_approval: bool,
    /// How many of the letters are gone.
    pub gone: usize,
    /// How many failed again.
    pub failed: usize,
    /// What the last failure said.
    pub error: Option<String>,
    /// Who turned it down or took it back.
    pub turned_down_by: Option<ActorId>,
}

/// How far something is that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AskStep {
    /// It has not begun.
    Waits,
    /// It is being done.
    Runs,
    /// All of it was done.
    Done,
    /// Somebody stopped it.
    Stopped,
    /// One failed, and nothing more was tried.
    Failed,
    /// Somebody turned it down or took it back.
    TurnedDown,
    /// A step that only a newer service knows.
    #[serde(other)]
    Other,
}

impl AskShown {
    /// Returns whether nothing more will be done.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        !matches!(self.state, AskStep::Waits | AskStep::Runs)
    }
}

/// All that was asked for since the service was started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskList {
    /// The newest first.
    pub asks: Vec<AskShown>,
}

/// The letters of something that was asked for, in its order, and what became of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskLetters {
    /// Each.
    pub letters: Vec<AskLetter>,
    /// How many come before the next part; none at the end.
    pub next: Option<usize>,
}

/// A letter that something was asked to be done about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskLetter {
    /// As it was when it was asked for.
    pub letter: LetterLine,
    /// What became of it; none where nothing was done yet.
    pub outcome: Option<RetriedTo>,
}

/// The read models that a service keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadModelList {
    /// Each.
    pub read_models: Vec<ReadModelShown>,
}

/// A read model that a service keeps, and what is done about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadModelShown {
    /// Its whole name.
    pub read_model: String,
    /// In which namespace.
    pub namespace: NamespaceName,
    /// Its name there.
    pub projection: ProjectionName,
    /// Its generations, in order of their numbers.
    pub generations: Vec<GenerationShown>,
    /// The last verification in this process.
    pub verification: Option<VerificationShown>,
}

/// A generation of a read model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerationShown {
    /// Its number.
    pub generation: u32,
    /// The fold that fills it.
    pub schema: ViewSchema,
    /// Over how many slices it is spread.
    pub slices: SliceCount,
    /// What it is for.
    pub role: Role,
    /// Everything up to here is in all of its slices.
    pub position: GlobalPosition,
    /// Whether all slices can be asked.
    pub is_complete: bool,
    /// How many keys it holds back.
    pub held_keys: u64,
    /// Whether the service keeps it by itself.
    pub is_kept: bool,
    /// How far the service is with building it, where somebody asked for that.
    pub build: Option<WorkShown>,
}

/// What a generation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// It answers.
    #[serde(rename = "answers")]
    Answers,
    /// It can be gone back to.
    #[serde(rename = "answered before")]
    AnsweredBefore,
    /// It is newer than the one that answers, and never was the one.
    #[serde(rename = "next")]
    Next,
    /// None of these, or something that only a newer service knows.
    #[serde(rename = "-", other)]
    Other,
}

/// How far something is that reads the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkShown {
    /// How it is with it.
    pub step: WorkStep,
    /// What is in its way, or why it ended.
    pub why: Option<String>,
    /// Events folded since it began.
    pub folded_events: u64,
    /// How far it is.
    pub position: GlobalPosition,
    /// Where the last event stood when it began; none before that is known.
    pub target: Option<GlobalPosition>,
    /// On the average since it began; none before there is any.
    pub events_per_second: Option<f64>,
    /// How long it takes yet, if it goes on as it has; none where that cannot be said. Unit: seconds.
    pub seconds_left: Option<f64>,
}

/// How it is with something that takes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkStep {
    /// It goes on.
    Runs,
    /// Something is in its way; it goes on by itself.
    Waits,
    /// All that was in the log when it began is done.
    Done,
    /// Somebody stopped it.
    Stopped,
    /// It ended by itself.
    Failed,
    /// A step that only a newer service knows.
    #[serde(other)]
    Other,
}

/// A verification of a generation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VerificationShown {
    /// Of which generation, by its whole name.
    pub generation: String,
    /// How far it is.
    pub work: WorkShown,
    /// What it came to; none before its end.
    pub found: Option<FoundShown>,
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundShown {
    /// How many documents, lookups, places in lists and counts the log comes to.
    pub items: u64,
    /// How many are other than the log says.
    pub different: u64,
    /// What the log comes to, as a number: that of two generations with one content is the same.
    pub digest: String,
    /// The first of those that are different.
    pub differences: Vec<DifferenceShown>,
}

/// Something that is other than the log says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceShown {
    /// What, by its key: no view is shown.
    pub what: String,
    /// How.
    pub how: String,
}

/// What building a read model anew would come to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanShown {
    /// The number that the new generation would have.
    pub generation: u32,
    /// How many events there are to fold.
    pub events: u64,
    /// Whether they were counted; otherwise they are about so many.
    pub is_counted: bool,
    /// About how long it takes; none where that is not known yet. Unit: seconds.
    pub seconds: Option<f64>,
}

impl ReadModelShown {
    /// What is shown of it at `now`.
    #[must_use]
    pub fn of(look: &ModelLook, now: Timestamp) -> Self {
        let generation = |it: &GenerationLook| GenerationShown {
            generation: it.generation.get(),
            schema: it.schema,
            slices: it.slices,
            role: match it.role {
                GenerationRole::Answers => Role::Answers,
                GenerationRole::AnsweredBefore => Role::AnsweredBefore,
                GenerationRole::Next => Role::Next,
                _ => Role::Other,
            },
            position: it.position,
            is_complete: it.is_complete,
            held_keys: it.held_keys,
            is_kept: it.is_kept,
            build: it.build.as_ref().map(|(work, state)| {
                let (step, why) = match state {
                    BuildState::Running if work.done.is_some() => (WorkStep::Done, None),
                    BuildState::Running => (WorkStep::Runs, None),
                    BuildState::Waits { why } => (WorkStep::Waits, Some(why)),
                    BuildState::Failed { why } => (WorkStep::Failed, Some(why)),
                    _ => (WorkStep::Stopped, None),
                };
                WorkShown::of(work, step, why, now)
            }),
        };
        let verification = |it: &VerificationLook| {
            let (step, why) = match &it.state {
                VerifyState::Running => (WorkStep::Runs, None),
                VerifyState::Done(_) => (WorkStep::Done, None),
                VerifyState::Failed { why } => (WorkStep::Failed, Some(why)),
                _ => (WorkStep::Stopped, None),
            };
            let (model, generation) = (look.model.clone(), it.generation);
            VerificationShown {
                generation: GenerationName { model, generation }.to_string(),
                work: WorkShown::of(&it.work, step, why, now),
                found: match &it.state {
                    VerifyState::Done(found) => Some(found.into()),
                    _ => None,
                },
            }
        };
        Self {
            read_model: look.model.to_string(),
            namespace: look.model.namespace.clone(),
            projection: look.model.projection.clone(),
            generations: look.generations.iter().map(generation).collect(),
            verification: look.verification.as_ref().map(verification),
        }
    }

    /// The generation with this role, the newest of them.
    #[must_use]
    pub fn with_role(&self, role: Role) -> Option<&GenerationShown> {
        self.generations.iter().rfind(|it| it.role == role)
    }
}

impl WorkShown {
    fn of(work: &Work, step: WorkStep, why: Option<&Arc<str>>, now: Timestamp) -> Self {
        Self {
            step,
            why: why.map(ToString::to_string),
            folded_events: work.folded_events,
            position: work.position,
            target: work.target,
            events_per_second: work.events_per_second(now),
            seconds_left: work.time_left(now).map(|it| it.as_secs_f64()),
        }
    }

    /// Returns whether it does not go on by itself.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        !matches!(self.step, WorkStep::Runs | WorkStep::Waits)
    }
}

impl From<&RebuildPlan> for PlanShown {
    fn from(plan: &RebuildPlan) -> Self {
        Self {
            generation: plan.generation.get(),
            events: plan.events,
            is_counted: plan.is_counted,
            seconds: plan.time.map(|time| time.as_secs_f64()),
        }
    }
}

impl From<&Verification> for FoundShown {
    fn from(found: &Verification) -> Self {
        let slices = found.slices.iter();
        let differences = slices.clone().flat_map(|slice| &slice.differences);
        Self {
            items: slices.clone().map(|slice| slice.items).sum(),
            different: slices.map(|slice| slice.different).sum(),
            digest: format!("{:016x}", found.digest()),
            differences: differences.map(DifferenceShown::from).collect(),
        }
    }
}

impl From<&Difference> for DifferenceShown {
    fn from(difference: &Difference) -> Self {
        let what = match &difference.item {
            Item::Document { key } => format!("the document of {key}"),
            Item::Lookup { index, value, key } => format!("{index} {value:?} that leads to {key}"),
            Item::Listed {
                index,
                partition,
                place,
            } => format!("the place {place} in list {partition:?} of {index}"),
            Item::Count {
                index,
                group,
                member,
            } => format!("the count of {member:?} in {group:?} of {index}"),
            _ => "something that this program does not know".to_owned(),
        };
        let how = match difference.kind {
            DifferenceKind::Missing => "is missing",
            DifferenceKind::Unexpected => "should not be there",
            DifferenceKind::Different => "is not what the log says",
        };
        Self {
            what,
            how: how.to_owned(),
        }
    }
}

/// Why something was not answered: RFC 9457.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Which sort of reason: `urn:minwon:problem:` and a word that stays.
    #[serde(rename = "type")]
    pub kind: String,
    /// The reason in words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// The causes of a failure, the nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

/// What the kinds of [`Problem`] begin with.
pub const PROBLEM: &str = "urn:minwon:problem:";
