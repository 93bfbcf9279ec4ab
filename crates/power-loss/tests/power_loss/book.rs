//! The requests to the store and its answers, which its files are compared with.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use minwon_core::{
    AppendError, Appended, CommandId, EventStore, ExpectedVersion, GlobalPosition, NewEvent,
    RecordedEvent, StoreErrorKind, StreamName, StreamVersion,
    testing::{SeededRng, sample_event_of},
};

use minwon_adapters::sqlite::SqliteStore;

/// The known outcome of an append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was acknowledged, or seen after a start. It ends at this position for ever.
    Recorded(GlobalPosition),
    /// Nobody knows.
    Unknown,
    /// It was refused, or not there after a start. It never appears by itself.
    Absent,
}

#[derive(Debug, Clone)]
pub(crate) struct Append {
    pub(crate) command: CommandId,
    pub(crate) stream: StreamName,
    pub(crate) first: u64,
    pub(crate) events: Vec<NewEvent>,
    pub(crate) fate: Fate,
}

impl Append {
    fn expected(&self) -> ExpectedVersion {
        ExpectedVersion::of(self.first.checked_sub(1).map(StreamVersion::new))
    }

    /// Asks for it until it is clear what became of it, a few times.
    pub(crate) async fn ask(mut self, store: &SqliteStore) -> Result<Self, String> {
        for _ in 0..3 {
            let answer = store
                .append(&self.stream, self.expected(), &self.events)
                .await;
            match answer {
                Ok(Appended {
                    version, position, ..
                }) => {
                    let last = self.first + self.events.len() as u64 - 1;
                    if version.get() != last {
                        return Err(format!("{self:?} ends at version {version}"));
                    }
                    self.fate = Fate::Recorded(position);
                    return Ok(self);
                }
                Err(AppendError::OutcomeUnknown { source, .. }) => {
                    not_corrupt(source.kind())?;
                    self.fate = Fate::Unknown;
                }
                // What may have been recorded by an earlier try may be there nevertheless.
                Err(AppendError::Store { source, .. }) => {
                    not_corrupt(source.kind())?;
                    if self.fate == Fate::Absent {
                        return Ok(self);
                    }
                }
                Err(error) => return Err(format!("{self:?} is answered by {error:?}")),
            }
        }
        Ok(self)
    }
}

/// Where there is power, and where it is gone, nothing in the file is damaged.
pub(crate) fn not_corrupt(kind: StoreErrorKind) -> Result<(), String> {
    match kind {
        StoreErrorKind::Corrupt => Err("the store says that it is damaged".into()),
        _ => Ok(()),
    }
}

/// All appends of a world.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) appends: HashMap<CommandId, Append>,
    /// How many events each stream has, where that is known.
    streams: BTreeMap<StreamName, u64>,
    /// Those of which it is not.
    unclear: BTreeSet<StreamName>,
    commands: u64,
    seed: u64,
}

/// The outcome in the file of appends whose answer was lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Cleared {
    pub(crate) there: u64,
    pub(crate) absent: u64,
}

impl Book {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// An append to the stream of this number, where it is known how long that is.
    pub(crate) fn next_append(&mut self, stream: u64, rng: &mut SeededRng) -> Option<Append> {
        let stream: StreamName = format!("general_Power-{stream}").parse().unwrap();
        let first = *self.streams.entry(stream.clone()).or_default();
        if self.unclear.contains(&stream) {
            return None;
        }
        self.commands += 1;
        let command = CommandId::derive(&[7; 16], format!("{}/{}", self.seed, self.commands));
        // Mostly a few small ones; now and then so many that a transaction does not fit in the cache.
        let (count, bytes) = match rng.below(300) {
            0 => (150, 30_000),
            1..10 => (20 + rng.below(60), 1500),
            10..40 => (1, 20_000),
            _ => (1 + rng.below(4), 300),
        };
        let payload = |index| {
            let filler = "x".repeat(rng.below(bytes) as usize);
            format!("\"{}/{index}/{filler}\"", self.commands)
        };
        let payloads: Vec<_> = (0..count).map(payload).collect();
        let events = (0..).zip(payloads);
        let events = events.map(|(index, payload)| sample_event_of(command, index, payload));
        Some(Append {
            command,
            stream,
            first,
            events: events.collect(),
            fate: Fate::Absent,
        })
    }

    pub(crate) fn note(&mut self, append: Append) {
        match append.fate {
            Fate::Recorded(_) => {
                let length = append.first + append.events.len() as u64;
                self.streams.insert(append.stream.clone(), length);
            }
            Fate::Unknown => {
                self.unclear.insert(append.stream.clone());
            }
            Fate::Absent => {}
        }
        self.appends.insert(append.command, append);
    }

    /// An append of which nobody knew, and that turned out not to be there: its caller asks again.
    pub(crate) fn to_repeat(&self) -> Option<Append> {
        let fits = |append: &&Append| {
            append.fate == Fate::Absent && self.streams.get(&append.stream) == Some(&append.first)
        };
        // By name, as a map has no order of its own.
        self.appends
            .values()
            .filter(fits)
            .min_by_key(|append| append.command.to_string())
            .cloned()
    }

    /// Holds the log against what was asked and answered; what was unknown is known from here on.
    pub(crate) fn compare(&mut self, log: &[RecordedEvent]) -> Result<Cleared, String> {
        let mut cleared = Cleared::default();
        let mut by_command = HashMap::<_, Vec<&RecordedEvent>>::new();
        for (position, event) in (1..).zip(log) {
            if event.position != GlobalPosition::new(position) {
                return Err(format!("{} stands at {position}", event.position));
            }
            by_command
                .entry(event.metadata.command_id())
                .or_default()
                .push(event);
        }
        if let Some(command) = by_command
            .keys()
            .find(|command| !self.appends.contains_key(command))
        {
            return Err(format!("nobody asked for {command}"));
        }
        self.streams.clear();
        self.unclear.clear();
        for append in self.appends.values_mut() {
            let there = by_command.get(&append.command);
            let position = there.map(|there| whole(append, there)).transpose()?;
            match (append.fate, position) {
                (Fate::Recorded(answered), Some(found)) if answered == found => {}
                (Fate::Unknown, Some(_)) => cleared.there += 1,
                (Fate::Unknown, None) => cleared.absent += 1,
                (Fate::Absent, None) => {}
                (fate, found) => {
                    let (command, count) = (append.command, append.events.len());
                    return Err(format!(
                        "append {command} of {count} events was {fate:?}, and is found at {found:?}"
                    ));
                }
            }
            append.fate = position.map_or(Fate::Absent, Fate::Recorded);
            if position.is_some() {
                let length = self.streams.entry(append.stream.clone()).or_default();
                *length = (*length).max(append.first + append.events.len() as u64);
            }
        }
        Ok(cleared)
    }
}

/// Checks that an append is there whole, its events as they were given and side by side. Returns where it
/// ends.
fn whole(append: &Append, there: &[&RecordedEvent]) -> Result<GlobalPosition, String> {
    let is_whole = there.len() == append.events.len();
    let first = there[0].position.commit();
    let fits = |(index, (event, meant)): (u64, (&&RecordedEvent, &NewEvent))| {
        event.fault.is_none()
            && event.stream == append.stream
            && event.version.get() == append.first + index
            && event.position.commit() == first + index
            && event.id() == meant.metadata.event_id
            && event.payload == meant.payload
    };
    if !is_whole || !(0..).zip(there.iter().zip(&append.events)).all(fits) {
        let count = append.events.len();
        return Err(format!(
            "of append {} of {count} events there is {there:?}",
            append.command
        ));
    }
    Ok(there[there.len() - 1].position)
}
