//! The embedded store of this project.

use std::{num::NonZeroU32, path::Path};

use minwon_adapters::sqlite::SqliteStore;
use minwon_benches::office::Failure;
use minwon_core::{
    ActorId, EventFilter, EventMetadata, EventStore, EventType, ExpectedVersion, Feed,
    GlobalPosition, NewEvent, SchemaVersion, ServiceName, Stage, StreamName, StreamVersion,
    Subject, Timestamp,
};
use tokio::runtime::Runtime;

use super::{
    Contender,
    work::{Append, Fact, Lane, Sum},
};

const PAGE: NonZeroU32 = NonZeroU32::new(2_000).expect("not 0");

pub(crate) struct Ours {
    store: SqliteStore,
    runtime: Runtime,
}

impl Contender for Ours {
    const NAME: &'static str = "minwon";

    fn open(dir: &Path) -> Result<Self, Failure> {
        Ok(Self {
            store: SqliteStore::open(dir.join("log.db"))?,
            runtime: Runtime::new()?,
        })
    }

    fn append(&self, lanes: Vec<Lane>) -> Result<(), Failure> {
        self.each(lanes, |store: SqliteStore, lane: Lane| async move {
            for append in lane {
                carry_out(&store, &stream(&append), append).await?;
            }
            Ok(Sum::default())
        })
        .map(drop)
    }

    fn command(&self, lanes: Vec<Lane>) -> Result<Sum, Failure> {
        self.each(lanes, |store: SqliteStore, lane: Lane| async move {
            let mut sum = Sum::default();
            for append in lane {
                let stream = stream(&append);
                let first = StreamVersion::FIRST;
                let page = store.read_stream(&stream, first, PAGE).await?;
                for event in &page.events {
                    sum.add(&event.payload)?;
                }
                carry_out(&store, &stream, append).await?;
            }
            Ok(sum)
        })
    }

    fn read(&self) -> Result<Sum, Failure> {
        let mut feed = self
            .store
            .feed(GlobalPosition::START, EventFilter::all(), PAGE);
        self.runtime.block_on(async {
            let mut sum = Sum::default();
            loop {
                let batch = feed.next().await?;
                for event in &batch.events {
                    sum.add(&event.payload)?;
                }
                if batch.caught_up {
                    return Ok(sum);
                }
            }
        })
    }

    fn close(self) {
        self.store.close();
    }
}

impl Ours {
    /// Runs `work` for all lanes at once.
    fn each<F>(&self, lanes: Vec<Lane>, work: fn(SqliteStore, Lane) -> F) -> Result<Sum, Failure>
    where
        F: Future<Output = Result<Sum, Failure>> + Send + 'static,
    {
        let spawn = |lane| self.runtime.spawn(work(self.store.clone(), lane));
        let tasks: Vec<_> = lanes.into_iter().map(spawn).collect();
        self.runtime.block_on(async {
            let mut sum = Sum::default();
            for task in tasks {
                sum = sum.plus(task.await??);
            }
            Ok(sum)
        })
    }
}

fn stream(append: &Append) -> StreamName {
    let name = format!("general_Application-2026-{:08}", append.petition);
    name.parse().expect("a name")
}

async fn carry_out(
    store: &SqliteStore,
    stream: &StreamName,
    append: Append,
) -> Result<(), Failure> {
    let last = append.version.checked_sub(1).map(u64::from);
    let event_type = EventType::new("ProgressRecorded").expect("a word");
    let first = append.facts[0].command;
    let metadata = EventMetadata {
        event_id: first.event_id(0),
        command_id: first,
        correlation_id: first.into(),
        causation_id: first.into(),
        occurred_at: Timestamp::from_unix_micros(1_773_018_000_000_000).expect("a time"),
        subject: Subject::new(format!("2026-{:08}", append.petition)).expect("an id"),
        stage: Stage::new("review").expect("a word"),
        source: ServiceName::new("bench").expect("a name"),
        actor: ActorId::new("officer-0017").expect("a name"),
        traceparent: None,
        fingerprint: None,
    };
    let event = |(index, fact): (u32, Fact)| NewEvent {
        event_type: event_type.clone(),
        schema_version: SchemaVersion::FIRST,
        metadata: EventMetadata {
            event_id: fact.command.event_id(index),
            command_id: fact.command,
            correlation_id: fact.command.into(),
            causation_id: fact.command.into(),
            ..metadata.clone()
        },
        payload: fact.payload.into(),
    };
    let events: Vec<_> = (0..).zip(append.facts).map(event).collect();
    let expected = ExpectedVersion::of(last.map(StreamVersion::new));
    store.append(stream, expected, &events).await?;
    Ok(())
}
