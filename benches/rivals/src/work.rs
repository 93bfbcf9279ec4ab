//! What each store is given.

use std::sync::atomic::{AtomicU32, Ordering};

use minwon_core::CommandId;
use serde::{Deserialize, Serialize};

/// Unit: bytes.
const PAYLOAD: usize = 185;
/// Events of one petition.
const EVENTS: u32 = 8;
/// Petitions at work in each lane: each gets its next event in turn.
const OPEN: u32 = 125;

/// The payload of every event.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Noted {
    pub(crate) activity: String,
    pub(crate) officer: String,
    pub(crate) department: String,
    pub(crate) noted_at: i64,
}

/// An event before any store has made it its own.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) command: CommandId,
    pub(crate) payload: Vec<u8>,
}

/// Events that one petition gets at once.
#[derive(Debug, Clone)]
pub(crate) struct Append {
    pub(crate) petition: u32,
    /// Events that the petition has before.
    pub(crate) version: u32,
    pub(crate) facts: Vec<Fact>,
}

/// Appends that one caller makes one after the other.
pub(crate) type Lane = Vec<Append>;

/// Appends of several callers.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) lanes: Vec<Lane>,
    /// Things of which the rate counts: events, or commands.
    pub(crate) events: usize,
}

/// What was read, added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    events: u64,
    noted: i64,
}

impl Sum {
    /// Adds an event.
    pub(crate) fn add(&mut self, payload: &[u8]) -> Result<(), serde_json::Error> {
        let noted: Noted = std::hint::black_box(serde_json::from_slice(payload)?);
        self.events += 1;
        self.noted = self.noted.wrapping_add(noted.noted_at);
        Ok(())
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            noted: self.noted.wrapping_add(other.noted),
        }
    }

    /// Where nothing is read.
    pub(crate) fn of(work: &Work) -> Self {
        Self {
            events: work.events as u64,
            noted: 0,
        }
    }
}

impl Work {
    /// The rows about appends.
    pub(crate) fn appends() -> [(&'static str, Self); 3] {
        let lanes = |count| (0..count).map(|_| lane(&fresh(OPEN), 0, EVENTS)).collect();
        let batch = |petition| append(petition, 0, 100);
        let batches = vec![fresh(300).into_iter().map(batch).collect()];
        [
            ("append, 1 writer", Self::of(lanes(1))),
            ("append, 32 writers", Self::of(lanes(32))),
            ("batches of 100", Self::of(batches)),
        ]
    }

    /// The rows about commands, each with what has to be there before.
    pub(crate) fn commands() -> [(&'static str, Self, Self); 2] {
        [
            ("command, cold", 1, 50),
            ("command, 32 at a time, cold", 32, 25),
        ]
        .map(|(row, lanes, open)| {
            let petitions: Vec<_> = (0..lanes).map(|_| fresh(open)).collect();
            let lanes = |from, to| {
                let lanes = petitions.iter().map(|of_lane| lane(of_lane, from, to));
                Self::of(lanes.collect())
            };
            (row, lanes(0, 2), lanes(2, 22))
        })
    }

    /// So many events of petitions of which a thousand are open at a time.
    pub(crate) fn filling(events: u32) -> Self {
        let rounds = events / EVENTS / 1_000;
        let of_lane = |_| {
            let round = |_| lane(&fresh(1_000 / 100), 0, EVENTS);
            (0..rounds).flat_map(round).collect()
        };
        let work = Self::of((0..100).map(of_lane).collect());
        assert_eq!(work.events, events as usize, "give a multiple of 8000");
        work
    }

    fn of(lanes: Vec<Lane>) -> Self {
        let events = lanes
            .iter()
            .flatten()
            .map(|append| append.facts.len())
            .sum();
        Self { lanes, events }
    }
}

/// Petitions that have no event yet.
fn fresh(count: u32) -> Vec<u32> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = NEXT.fetch_add(count, Ordering::Relaxed);
    (first..first + count).collect()
}

/// Single events for each of these petitions in turn, from this version on and up to that.
fn lane(petitions: &[u32], from: u32, to: u32) -> Lane {
    let step = |version| {
        petitions
            .iter()
            .map(move |petition| append(*petition, version, 1))
    };
    (from..to).flat_map(step).collect()
}

fn append(petition: u32, version: u32, events: u32) -> Append {
    Append {
        petition,
        version,
        facts: (version..version + events)
            .map(|step| fact(petition, step))
            .collect(),
    }
}

fn fact(petition: u32, step: u32) -> Fact {
    let mut noted = Noted {
        activity: format!("T{step:02} check of documents and register: "),
        officer: format!("officer-{:04}", petition % 500),
        department: "civil petitions division 2".into(),
        noted_at: 1_773_018_000_000_000 + i64::from(petition) * 60_000_000 + i64::from(step),
    };
    let written = |noted: &Noted| serde_json::to_vec(noted).expect("plain JSON");
    let short = PAYLOAD - written(&noted).len();
    noted
        .activity
        .extend("floor area, ownership ".chars().cycle().take(short));
    Fact {
        command: CommandId::derive(&[1; 16], format!("{petition}/{step}")),
        payload: written(&noted),
    }
}
