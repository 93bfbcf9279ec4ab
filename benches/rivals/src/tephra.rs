//! tephra, an append-only log with an index beside it: <https://crates.io/crates/tephra>.
//!
//! A petition is a tag. An append fails where an event with that tag has come behind the last one that
//! the caller knows, which is what an expected version is here. It keeps no metadata.

use std::{collections::HashMap, path::Path, thread};

use minwon_benches::office::Failure;
use tephra::{
    AppendCondition, Event, EventType, Position, Query, QueryItem, SegmentConfig, SegmentSet, Tag,
    Tags, WriteCoordinator, WriteHandle, WriterConfig,
};

use super::{
    Contender,
    work::{Append, Lane, Sum},
};

/// As its own documentation has it. Unit: bytes.
const SEGMENT: usize = 256 * 1024 * 1024;

pub(crate) struct Tephra {
    coordinator: WriteCoordinator,
    handle: WriteHandle,
}

impl Contender for Tephra {
    const NAME: &'static str = "tephra";

    fn open(dir: &Path) -> Result<Self, Failure> {
        let set = SegmentSet::open(dir, SegmentConfig::new(SEGMENT))?;
        let (coordinator, handle) = WriteCoordinator::start(set, WriterConfig::default())?;
        Ok(Self {
            coordinator,
            handle,
        })
    }

    fn append(&self, lanes: Vec<Lane>) -> Result<(), Failure> {
        self.each(lanes, |handle, lane| {
            let mut last = HashMap::new();
            for append in lane {
                let last = last.entry(append.petition).or_insert(Position::ZERO);
                *last = carry_out(handle, &append, *last)?;
            }
            Ok(Sum::default())
        })
        .map(drop)
    }

    fn command(&self, lanes: Vec<Lane>) -> Result<Sum, Failure> {
        self.each(lanes, |handle, lane| {
            let mut sum = Sum::default();
            for append in lane {
                let mut last = Position::ZERO;
                let mut events = handle.read(&of_petition(&append)?, Position::ZERO, None);
                while let Some(event) = events.next() {
                    let event = event?;
                    sum.add(event.event.data())?;
                    last = event.position;
                }
                carry_out(handle, &append, last)?;
            }
            Ok(sum)
        })
    }

    fn read(&self) -> Result<Sum, Failure> {
        let mut sum = Sum::default();
        let mut events = self.handle.read(&Query::all(), Position::ZERO, None);
        while let Some(event) = events.next() {
            sum.add(event?.event.data())?;
        }
        Ok(sum)
    }

    fn close(self) {
        self.coordinator.shutdown();
    }
}

impl Tephra {
    /// Runs `work` for all lanes at once.
    fn each(
        &self,
        lanes: Vec<Lane>,
        work: fn(&WriteHandle, Lane) -> Result<Sum, Failure>,
    ) -> Result<Sum, Failure> {
        thread::scope(|scope| {
            let spawn = |lane| scope.spawn(move || work(&self.handle, lane));
            let threads: Vec<_> = lanes.into_iter().map(spawn).collect();
            let mut sum = Sum::default();
            for thread in threads {
                sum = sum.plus(thread.join().expect("it does not panic")?);
            }
            Ok(sum)
        })
    }
}

fn tags(append: &Append) -> Result<Tags, Failure> {
    let name = format!("general_Application-2026-{:08}", append.petition);
    Ok(Tags::new([Tag::new(name)?])?)
}

fn of_petition(append: &Append) -> Result<Query, Failure> {
    Ok(Query::item(QueryItem::with_tags(tags(append)?)))
}

/// Returns the position of the last event.
fn carry_out(handle: &WriteHandle, append: &Append, last: Position) -> Result<Position, Failure> {
    let (event_type, tags) = (EventType::new("ProgressRecorded")?, tags(append)?);
    let event = |fact: &super::work::Fact| Event::new(&event_type, &tags, &fact.payload);
    let events = append.facts.iter().map(event).collect::<Result<_, _>>()?;
    let condition = AppendCondition::new(of_petition(append)?).after(last);
    Ok(handle.append(events, Some(condition))?.last)
}
