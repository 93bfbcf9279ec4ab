//! Who looks after dead letters once the storm is over.

use std::{collections::BTreeSet, time::Duration};

use minwon::{
    ActorId,
    engine::{
        EventId, EventStore, FailureClass, GlobalPosition, Letter, Operator, RetryOutcome,
        Selection,
    },
    testing::SeededRng,
};

use super::store::Store;
use super::world::{PausedClock, Service, World};

const WAIT_MAX: Duration = Duration::from_secs(3_600);

/// The decision of an operator.
#[derive(Debug)]
pub(crate) struct Decisions {
    pub(crate) skipped: BTreeSet<EventId>,
    /// By petition.
    pub(crate) compensated: BTreeSet<String>,
    /// How long the log was when what was broken was fixed.
    pub(crate) fixed_at: GlobalPosition,
}

/// Fixes all that can be fixed.
pub(crate) async fn fix(world: &World, service: &Service, rng: &mut SeededRng) -> Decisions {
    let by = ActorId::new("operator-1").expect("a word");
    let operator = service.dead_letters().operator(by);
    retry_too_early(world, &operator).await;
    let fixed_at = service.namespace().store().head().await;
    let fixed_at = fixed_at.expect("all is calm");
    world.fate.fix();
    let decisions = decide(world, &operator, rng, fixed_at).await;
    // Behind a letter that is gone the next one of its petition may come up.
    for _ in 0..200 {
        let letters = list(world, &operator).await;
        if letters.is_empty() {
            return decisions;
        }
        let report = operator.retry(&Selection::All, WAIT_MAX).await;
        match report {
            Ok(report) => {
                let is_stuck = |outcome: &RetryOutcome| !outcome.is_gone();
                let stuck = report.results.iter().find(|it| is_stuck(&it.outcome));
                if let Some(stuck) = stuck {
                    world.wrong(format!("a retry after the mending failed: {stuck:?}"));
                    return decisions;
                }
                world
                    .fate
                    .note_times("letters retried", report.results.len() as u64);
            }
            Err(error) => world.wrong(format!("a retry failed: {error}")),
        }
        if let Err(error) = service.settled().await {
            world.wrong(format!("the service did not settle: {error}"));
        }
    }
    world.wrong("letters came up without end");
    decisions
}

async fn list(world: &World, operator: &Operator<Store, PausedClock>) -> Vec<Letter> {
    match operator.list(&Selection::All).await {
        Ok(letters) => letters,
        Err(error) => {
            world.wrong(format!("the letters cannot be listed: {error}"));
            Vec::new()
        }
    }
}

/// Before the mending a retry is in vain.
async fn retry_too_early(world: &World, operator: &Operator<Store, PausedClock>) {
    let letters = list(world, operator).await;
    if letters.is_empty() {
        return;
    }
    match operator.retry(&Selection::All, WAIT_MAX).await {
        Ok(report) => {
            world.fate.note("retries that came too early");
            for result in &report.results {
                let (letter, outcome) = (&result.letter, &result.outcome);
                // What has moved on needs no mending, and what stands first in its stream is
                // read as it is.
                let may_be_read = letter.event.version == minwon::engine::StreamVersion::FIRST
                    || letter.failure.class == FailureClass::Handler;
                if *outcome == RetryOutcome::NoAnswer || (outcome.is_gone() && !may_be_read) {
                    world.wrong(format!("a retry before the mending: {result:?}"));
                }
            }
        }
        Err(error) => world.wrong(format!("a retry failed: {error}")),
    }
}

/// Skips some notices, and makes up for some issuances.
async fn decide(
    world: &World,
    operator: &Operator<Store, PausedClock>,
    rng: &mut SeededRng,
    fixed_at: GlobalPosition,
) -> Decisions {
    let mut decisions = Decisions {
        skipped: BTreeSet::new(),
        compensated: BTreeSet::new(),
        fixed_at,
    };
    for letter in list(world, operator).await {
        match letter.consumer.as_str() {
            "notifications" if rng.happens(300) => {
                let letters = std::slice::from_ref(&letter);
                if let Err(error) = operator.skip(letters, "said by telephone").await {
                    world.wrong(format!("a letter cannot be skipped: {error}"));
                }
                world.fate.note("letters skipped");
                decisions.skipped.insert(letter.event.id);
            }
            "issuance" if rng.happens(300) => {
                let given_up = operator
                    .compensate(&letter, "the agency does it by hand")
                    .await;
                if let Err(error) = given_up {
                    world.wrong(format!("a letter cannot be compensated: {error}"));
                }
                world.fate.note("letters compensated");
                decisions.compensated.insert(letter.key.clone());
            }
            _ => {}
        }
    }
    decisions
}
