//! Many writers under random faults: the log holds what was acknowledged, each event once.

use std::collections::HashSet;

use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{
    AppendError, EventStore, ExpectedVersion, StreamName, StreamVersion, testing::SeededRng,
};
use minwon_kurrentdb_stand_in::{AppendFault, FaultPlan, Positions, ReadFault, StandIn};

use crate::scene::{events, ids_in_log, impatient, new_ids, open, patient, read_log, stream};

const WRITERS: u64 = 8;
const ROUNDS: u64 = 25;

/// Appends to a stream of its own and to one shared with all; what was acknowledged, and what is
/// unknown for good.
async fn write(store: KurrentStore, seed: u64, writer: u64) -> Answers {
    let mut rng = SeededRng::new(seed * 100 + writer);
    let mut answers = Answers::default();
    let mut own = None;
    for round in 0..ROUNDS {
        let count = 1 + rng.below(3) as u32;
        let new = events(format!("{writer}/{round}"), count);
        let is_shared = rng.below(3) == 0;
        let (target, expected) = if is_shared {
            (stream("shared"), ExpectedVersion::Any)
        } else {
            (stream(writer), ExpectedVersion::of(own))
        };
        match append(&store, &target, expected, &new, &mut answers).await {
            Some(version) if !is_shared => own = Some(version),
            Some(_) => {}
            None => return answers,
        }
    }
    answers
}

#[derive(Default)]
struct Answers {
    acknowledged: Vec<(StreamName, Vec<[u8; 16]>)>,
    unknown: Vec<(StreamName, Vec<[u8; 16]>)>,
    refused: Vec<(StreamName, Vec<[u8; 16]>)>,
}

/// Repeats the append, as callers do, until it is known; `None` where that takes too long.
async fn append(
    store: &KurrentStore,
    target: &StreamName,
    expected: ExpectedVersion,
    new: &[minwon_core::NewEvent],
    answers: &mut Answers,
) -> Option<StreamVersion> {
    let entry = (target.clone(), new_ids(new));
    let mut may_be_there = false;
    for _ in 0..20 {
        match store.append(target, expected, new).await {
            Ok(appended) => {
                answers.acknowledged.push(entry);
                return Some(appended.version);
            }
            Err(AppendError::OutcomeUnknown { .. }) => may_be_there = true,
            Err(AppendError::Store { .. }) => {}
            // Nobody else writes to a writer's own stream, and any version admits all.
            Err(error) => panic!("{error:?}"),
        }
    }
    if may_be_there {
        answers.unknown.push(entry);
    } else {
        answers.refused.push(entry);
    }
    None
}

fn plan(seed: u64) -> FaultPlan {
    FaultPlan::new(seed)
        .per_mille(40, AppendFault::AbortAfterCommit)
        .per_mille(40, AppendFault::AbortBeforeCommit)
        .per_mille(30, AppendFault::CutAfterCommit)
        .per_mille(30, AppendFault::CutBeforeCommit)
        .per_mille(20, AppendFault::DeadlineAfterCommit)
        .per_mille(10, AppendFault::HangAfterCommit)
        .per_mille(10, AppendFault::HangBeforeCommit)
        .per_mille(20, AppendFault::MissingOutcome)
        .per_mille(30, AppendFault::Unavailable)
        .per_mille(20, AppendFault::NotLeader)
        .per_mille(20, ReadFault::Unavailable)
        .per_mille(20, ReadFault::CutAfter(1))
        .per_mille(20, ReadFault::EndAfter(1))
        .per_mille(10, ReadFault::HangAfter(1))
        .per_mille(10, ReadFault::WrongIds)
}

async fn storm(seed: u64) {
    let builder = StandIn::builder().seed(seed).positions(Positions::Gaps);
    let stand_in = builder.start().await.unwrap();
    stand_in.misbehave_by(plan(seed));
    // Two processes.
    let stores = [(); 2].map(|()| open(&stand_in.url(), impatient()));
    let writers = (0..WRITERS).map(|writer| {
        let store = stores[usize::try_from(writer % 2).unwrap()].clone();
        tokio::spawn(write(store, seed, writer))
    });
    let answers = futures_util::future::join_all(writers).await;
    stand_in.behave();
    stand_in.release();
    let occurred: u64 = stand_in.occurred_by_fault().values().sum();
    assert!(occurred > 20, "seed {seed}: only {occurred} faults");
    let mut acknowledged = 0;
    for answers in answers {
        let answers = answers.unwrap();
        for (stream, ids) in &answers.acknowledged {
            assert_eq!(
                times(&stand_in, stream, ids),
                1,
                "seed {seed}: acknowledged"
            );
            acknowledged += ids.len();
        }
        for (stream, ids) in answers.unknown.iter() {
            assert!(times(&stand_in, stream, ids) <= 1, "seed {seed}: unknown");
        }
        for (stream, ids) in &answers.refused {
            assert_eq!(times(&stand_in, stream, ids), 0, "seed {seed}: refused");
        }
    }
    let log = read_log(&open(&stand_in.url(), patient())).await.unwrap();
    let distinct: HashSet<_> = log.iter().map(|event| event.id()).collect();
    assert_eq!(
        distinct.len(),
        log.len(),
        "seed {seed}: an event is there twice"
    );
    assert!(log.len() >= acknowledged, "seed {seed}");
}

/// How often these events stand in the stream, whole and in a row.
fn times(stand_in: &StandIn, stream: &StreamName, ids: &[[u8; 16]]) -> usize {
    let there = ids_in_log(stand_in, stream);
    let whole = there
        .windows(ids.len())
        .filter(|window| *window == ids)
        .count();
    let parts = there.iter().filter(|id| ids.contains(id)).count();
    assert_eq!(parts, whole * ids.len(), "a part of an append is there");
    whole
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_in_a_storm() {
    for seed in 0..3 {
        storm(seed).await;
    }
}
