//! Events that cannot be read or folded, as long as nobody fixes that.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use minwon_adapters::SystemClock;
use minwon_core::{
    EventDecoder, GlobalPosition, IndexEntry, Projection, ProjectionName, ReadModelAdmin,
    ReadModelStore, RecordedEvent, ViewKey, ViewSchema, testing::MemoryStore,
};

use super::{Log, NoNumber, Sum, Sums, issuance, namespace, numbered, stream};
use crate::ProjectorBuilder;

/// Whether what fails has been fixed. A clone is the same switch.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<AtomicBool>);

impl Faults {
    pub(crate) fn set_fixed(&self, is_fixed: bool) {
        self.0.store(is_fixed, Ordering::Relaxed);
    }

    pub(crate) fn are_fixed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The fault of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It cannot be read.
    Unreadable,
    /// To fold it panics, half way.
    Panics,
    /// Finding the places of the view panics from then on.
    Lost,
}

const PANICS: u64 = 1 << 32;
const LOST: u64 = 1 << 33;

/// Reads numbers, and `x17` as 17 where that is fixed.
pub(crate) struct FragileNumbers(pub(crate) Faults);

impl EventDecoder for FragileNumbers {
    type Event = u64;
    type Error = NoNumber;

    fn decode(&self, event: &RecordedEvent) -> Result<u64, NoNumber> {
        let text = std::str::from_utf8(&event.payload).map_err(|_| NoNumber)?;
        let text = match text.strip_prefix('x') {
            Some(rest) if self.0.are_fixed() => rest,
            _ => text,
        };
        text.parse().map_err(|_| NoNumber)
    }
}

/// `Sums`, which fall over some numbers.
pub(crate) struct Fragile {
    sums: Sums,
    faults: Faults,
}

impl Fragile {
    pub(crate) fn new(faults: &Faults) -> Self {
        Self::with_schema(faults, 1)
    }

    pub(crate) fn with_schema(faults: &Faults, schema: u64) -> Self {
        Self {
            sums: Sums::with_schema(schema),
            faults: faults.clone(),
        }
    }
}

impl Projection for Fragile {
    type Event = u64;
    type View = Sum;

    fn name(&self) -> &ProjectionName {
        self.sums.name()
    }

    fn schema(&self) -> ViewSchema {
        self.sums.schema()
    }

    fn apply(&self, view: &mut Option<Sum>, event: &u64, recorded: &RecordedEvent) {
        self.sums.apply(view, event, recorded);
        if event & PANICS > 0 && !self.faults.are_fixed() {
            // A half-done change must never be seen.
            view.get_or_insert_default().events += 1_000;
            panic!("event {} cannot be folded, on purpose", recorded.position);
        }
    }

    fn index(&self, key: &ViewKey, view: &Sum, entries: &mut Vec<IndexEntry>) {
        self.sums.index(key, view, entries);
        assert!(
            !view.is_lost || self.faults.are_fixed(),
            "{key} is lost on purpose"
        );
    }
}

/// Whether to fold a number makes the view one that cannot be found.
pub(crate) fn loses(number: u64) -> bool {
    number & LOST > 0
}

/// Returns the number in an event, and the fault of the event.
pub(crate) fn meant(event: &RecordedEvent) -> (u64, Option<Fault>) {
    let text = std::str::from_utf8(&event.payload).unwrap();
    if let Some(number) = text.strip_prefix('x') {
        return (number.parse().unwrap(), Some(Fault::Unreadable));
    }
    let number: u64 = text.parse().unwrap();
    let fault = match number {
        _ if number & PANICS > 0 => Some(Fault::Panics),
        _ if loses(number) => Some(Fault::Lost),
        _ => None,
    };
    (number, fault)
}

impl Log {
    /// The next event of a petition, with something wrong.
    pub(crate) fn poison(&self, petition: &str, fault: Fault) -> GlobalPosition {
        self.write_poison(stream(petition), petition, fault)
    }

    /// The next event of a petition's issuance, with something wrong.
    pub(crate) fn poison_issuance(&self, petition: &str, fault: Fault) -> GlobalPosition {
        self.write_poison(issuance(petition), petition, fault)
    }

    fn write_poison(
        &self,
        stream: minwon_core::StreamName,
        petition: &str,
        fault: Fault,
    ) -> GlobalPosition {
        let number = self.events().len() as u64;
        let number = match fault {
            Fault::Unreadable => number,
            Fault::Panics => number | PANICS,
            Fault::Lost => number | LOST,
        };
        let mut event = numbered(petition, number, number);
        if fault == Fault::Unreadable {
            event.payload = format!("x{number}").into();
        }
        self.write(stream, event)
    }
}

/// A projector of `log` whose decoder and fold are fragile; the projection is still to be added.
pub(crate) fn fragile<R>(
    log: &Log,
    read_models: &R,
    faults: &Faults,
) -> ProjectorBuilder<MemoryStore, R, FragileNumbers, SystemClock>
where
    R: ReadModelStore + ReadModelAdmin + Clone + 'static,
{
    let (store, read_models) = (log.store.clone(), read_models.clone());
    let decoder = FragileNumbers(faults.clone());
    ProjectorBuilder::new(namespace(), store, read_models, decoder, SystemClock)
}
