//! The parts that the tests of this crate share: a small projection, events for it, and stores that
//! fail.

use minwon_adapters::SystemClock;
use minwon_core::{
    CommandId, CountCell, EventDecoder, Generation, GenerationName, GlobalPosition, IndexEntry,
    IndexName, ModelName, NamespaceName, NewEvent, Order, Projection, ProjectionName,
    ReadModelAdmin, ReadModelStore, RecordedEvent, SliceCount, SliceName, StreamName,
    StreamVersion, Subject, Timestamp, ViewKey, ViewSchema,
    testing::{MemoryStore, sample_event_of},
};
use serde::{Deserialize, Serialize};

use crate::{ProjectorBuilder, ProjectorStatus};

mod clock;
mod flaky;
mod fold;
mod fragile;
mod log;
mod stores;
mod upgrading;

pub(crate) use self::{
    clock::{VirtualClock, run, within},
    flaky::{Flaky, Rates},
    fold::{by_hand, check, check_slice, expected, held},
    fragile::{Fault, Faults, Fragile, FragileNumbers, fragile, meant},
    log::Log,
    stores::{Bent, BentStore, Counting, Gate},
    upgrading::{Versioned, newer},
};

pub(crate) const STEPS: IndexName = IndexName::new("steps");
pub(crate) const LAST: IndexName = IndexName::new("last");
pub(crate) const PARITY: IndexName = IndexName::new("parity");

/// Reads an event as the number in its payload.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers;

#[derive(Debug, thiserror::Error)]
#[error("no number")]
pub(crate) struct NoNumber;

impl EventDecoder for Numbers {
    type Event = u64;
    type Error = NoNumber;
    fn decode(&self, event: &RecordedEvent) -> Result<u64, NoNumber> {
        let text = std::str::from_utf8(&event.payload).map_err(|_| NoNumber)?;
        text.parse().map_err(|_| NoNumber)
    }
}

/// How many events a petition has, and a sum that depends on their order: folding one twice, or
/// not at all, shows.
#[derive(Debug, Clone)]
pub(crate) struct Sums {
    name: ProjectionName,
    schema: ViewSchema,
}

impl Sums {
    pub(crate) fn new() -> Self {
        Self::with_schema(1)
    }

    pub(crate) fn with_schema(schema: u64) -> Self {
        Self::named("sums", schema)
    }

    pub(crate) fn named(name: &str, schema: u64) -> Self {
        Self {
            name: ProjectionName::new(name).unwrap(),
            schema: ViewSchema::new(schema),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    pub(crate) events: u64,
    pub(crate) sum: u64,
    /// Whether its places cannot be found; see `Fragile`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_lost: bool,
}

impl Sum {
    pub(crate) fn add(&mut self, number: u64) {
        self.events += 1;
        self.sum = self.sum.wrapping_mul(31).wrapping_add(number) % 1_000_003;
        self.is_lost |= fragile::loses(number);
    }
}

impl Projection for Sums {
    type Event = u64;
    type View = Sum;

    fn name(&self) -> &ProjectionName {
        &self.name
    }

    fn schema(&self) -> ViewSchema {
        self.schema
    }

    fn apply(&self, view: &mut Option<Sum>, event: &u64, _: &RecordedEvent) {
        view.get_or_insert_default().add(*event);
    }

    fn index(&self, key: &ViewKey, view: &Sum, entries: &mut Vec<IndexEntry>) {
        let parity = if view.sum.is_multiple_of(2) {
            "even"
        } else {
            "odd"
        };
        entries.push(IndexEntry::listed(STEPS, parity, Order::new(view.events)));
        entries.push(IndexEntry::lookup(LAST, format!("{key}/{}", view.sum)));
        entries.push(IndexEntry::counted(PARITY, "all", parity));
    }
}

pub(crate) fn parity(member: &str) -> CountCell {
    CountCell {
        index: PARITY,
        group: "all".into(),
        member: member.into(),
    }
}

pub(crate) fn namespace() -> NamespaceName {
    NamespaceName::new("general").unwrap()
}

pub(crate) fn model() -> ModelName {
    ModelName {
        namespace: namespace(),
        projection: ProjectionName::new("sums").unwrap(),
    }
}

/// A generation of the sums of petitions.
pub(crate) fn generation(number: u32) -> GenerationName {
    GenerationName {
        model: model(),
        generation: Generation::new(number),
    }
}

pub(crate) fn key(petition: &str) -> ViewKey {
    ViewKey::new(petition).unwrap()
}

/// A projector of `log` that keeps its sums in `read_models`.
pub(crate) fn projector<R>(
    log: &Log,
    read_models: &R,
) -> ProjectorBuilder<MemoryStore, R, Numbers, SystemClock>
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let (store, read_models) = (log.store.clone(), read_models.clone());
    ProjectorBuilder::new(namespace(), store, read_models, Numbers, SystemClock)
}

/// Folds the log up to its head.
pub(crate) async fn catch_up<R>(log: &Log, read_models: &R) -> ProjectorStatus
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let builder = projector(log, read_models).project(Sums::new());
    builder.catch_up().await.unwrap()
}

/// The slice of a petition in a generation.
pub(crate) fn slice_of(generation: &GenerationName, petition: &str) -> SliceName {
    generation.slice(SliceCount::DEFAULT.slice_of(petition))
}

pub(crate) fn stream(petition: &str) -> StreamName {
    format!("general_GeneralApplication-{petition}")
        .parse()
        .unwrap()
}

/// The other stream of a petition.
pub(crate) fn issuance(petition: &str) -> StreamName {
    format!("general_GeneralIssuance-{petition}")
        .parse()
        .unwrap()
}

/// The event of `petition` with this version, saying `number`.
pub(crate) fn numbered(petition: &str, version: u64, number: u64) -> NewEvent {
    let command = CommandId::derive(&[3; 16], format!("{petition}/{version}/{number}"));
    let mut event = sample_event_of(command, 0, number.to_string());
    event.metadata.subject = Subject::new(petition).unwrap();
    event
}

pub(crate) fn recorded(petition: &str, version: u64, position: u64) -> RecordedEvent {
    let event = numbered(petition, version, position);
    RecordedEvent {
        position: GlobalPosition::new(position),
        stream: stream(petition),
        version: StreamVersion::new(version),
        event_type: event.event_type,
        schema_version: event.schema_version,
        recorded_at: Timestamp::UNIX_EPOCH,
        metadata: (&event.metadata).into(),
        payload: event.payload,
        fault: None,
    }
}
