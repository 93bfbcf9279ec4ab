//! Tests of the reader.

mod answers;
mod backwards;
mod lists;
mod waits;

use minwon_adapters::SystemClock;
use minwon_core::{
    GlobalPosition, Phase,
    testing::{MemoryReadModels, SeededRng},
};

use super::*;
use crate::testing::{
    Flaky, LAST, Log, PARITY, Rates, STEPS, Sums, by_hand, catch_up, generation, key, namespace,
    projector, run, slice_of,
};

/// A reader of the sums.
fn reader<R, T>(read_models: &R, timer: T) -> ModelReader<Sums, R, T>
where
    R: ReadModelStore + ReadModelAdmin + Clone,
    T: Timer,
{
    ModelReader::new(namespace(), Sums::new(), read_models.clone(), timer)
}

fn lookup(value: &str) -> Lookup {
    Lookup {
        index: LAST,
        value: value.into(),
    }
}

/// A log that ends in an event that cannot be read: what is folded of it never becomes complete.
fn endless(lengths: &[u64]) -> Log {
    let log = Log::of(lengths);
    log.append_newer_letter();
    log
}

fn list_of(partition: &str) -> ListName {
    ListName {
        index: STEPS,
        partition: partition.into(),
    }
}

fn is_rebuilding<A>(answer: &Result<A, QueryError>) -> bool {
    matches!(answer, Err(QueryError::Rebuilding { .. }))
}

/// Whether every question is answered by "rebuilding".
async fn all_rebuilding<R>(read_models: &R) -> bool
where
    R: ReadModelStore + ReadModelAdmin + Clone,
{
    let reader = reader(read_models, SystemClock);
    let (list, first) = (list_of("even"), ListPart::first(NonZeroU32::MIN));
    [
        is_rebuilding(&reader.get(&key("p-0")).await),
        is_rebuilding(&reader.get(&key("nobody")).await),
        is_rebuilding(&reader.find(&lookup("nothing")).await),
        is_rebuilding(&reader.list(&list, &first).await),
        is_rebuilding(&reader.counts(PARITY, "all").await),
    ]
    .iter()
    .all(|is| *is)
}
