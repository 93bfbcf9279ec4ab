//! A log in which many petitions are open at a time, so that a petition's events lie far apart.

use std::{collections::HashSet, path::Path};

use minwon::Store;
use minwon_core::{EventStore, ExpectedVersion, NewEvent, StreamName, StreamVersion};

use crate::{office::Failure, place::Log, workload};

/// Appends that are waited for together.
const WINDOW_MAX: usize = 1000;

/// A petition on its way: what is left of it, next event last.
struct Open {
    stream: StreamName,
    left: Vec<NewEvent>,
    next: u64,
}

/// Chooses whose turn it is; the same seed chooses the same.
struct Chance(u64);

impl Chance {
    /// SplitMix64, and the high half of the product with `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        ((u128::from(z) * bound as u128) >> 64) as usize
    }
}

/// Opens a log of so many events in the file at `path`, or [builds](build) it.
///
/// # Errors
/// The error of the store.
pub async fn open_or_build(
    path: &Path,
    events: u64,
    in_flight: usize,
    watch: impl FnMut(u64),
) -> Result<Log, Failure> {
    let log = Log::in_file(path)?;
    // A log that was left half built is begun anew.
    match log.store.head().await?.commit() {
        head if head == events => return Ok(log),
        0 => {}
        _ => {
            if let Store::Sqlite(store) = &log.store {
                store.close();
            }
            drop(log);
            for suffix in ["", "-wal", "-shm"] {
                let mut file = path.as_os_str().to_owned();
                file.push(suffix);
                match std::fs::remove_file(&file) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(error.into());
                    }
                    _ => {}
                }
            }
            return Box::pin(open_or_build(path, events, in_flight, watch)).await;
        }
    }
    build(&log, events, in_flight, watch).await?;
    Ok(log)
}

/// Builds a log of so many events: at any time `in_flight` petitions are open, and each next event
/// belongs to a random one of them. `watch` sees how many events there are.
///
/// # Errors
/// The error of the store.
pub async fn build(
    log: &Log,
    events: u64,
    in_flight: usize,
    mut watch: impl FnMut(u64),
) -> Result<(), Failure> {
    let begin = |number| begin(log, number);
    let petitions = events.div_ceil(workload::EVENTS as u64);
    let mut numbers = 0..petitions;
    let mut open: Vec<Open> = numbers.by_ref().take(in_flight).map(begin).collect();
    let (mut chance, mut appended) = (Chance(1), 0);
    while appended < events && !open.is_empty() {
        // Appends of one window are of different petitions, so their order does not matter.
        let (mut window, mut streams) = (Vec::new(), HashSet::new());
        while window.len() < WINDOW_MAX && appended + (window.len() as u64) < events {
            if open.is_empty() {
                break;
            }
            let at = chance.below(open.len());
            if !streams.insert(open[at].stream.clone()) {
                break;
            }
            window.push(open[at].advance());
            if open[at].left.is_empty() {
                match numbers.next() {
                    Some(number) => open[at] = begin(number),
                    None => drop(open.swap_remove(at)),
                }
            }
        }
        let appends = window.iter().map(|(stream, expected, event)| {
            log.store
                .append(stream, *expected, std::slice::from_ref(event))
        });
        futures_util::future::try_join_all(appends).await?;
        appended += window.len() as u64;
        watch(appended);
    }
    Ok(())
}

fn begin(log: &Log, number: u64) -> Open {
    let mut left = workload::events_saying(number, &workload::LONG);
    left.reverse();
    Open {
        stream: log.stream(number),
        left,
        next: 0,
    }
}

impl Open {
    fn advance(&mut self) -> (StreamName, ExpectedVersion, NewEvent) {
        let event = self
            .left
            .pop()
            .expect("a petition without events is not open");
        let last = self.next.checked_sub(1).map(StreamVersion::new);
        self.next += 1;
        (self.stream.clone(), ExpectedVersion::of(last), event)
    }
}
