//! Misfortunes of the office as a whole.

use std::time::Duration;

use minwon::engine::{Generation, GenerationName, ModelName, Projection};
use minwon::{engine::SliceCount, petitions::PetitionViews, testing::SeededRng};

use super::{
    outside::{NOTIFIER, REGISTER},
    store::{READ_MODELS, STORE},
    world::World,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// One misfortune after the other, without end.
pub(crate) async fn reign(world: &World, mut rng: SeededRng, pause: Duration) {
    loop {
        world.wait(&mut rng, pause).await;
        match rng.below(20) {
            0..=7 => death_in_a_call(world, &mut rng).await,
            8..=9 => death(world, &mut rng).await,
            10 => stop(world, &mut rng).await,
            11..=12 => twin(world),
            13..=17 => outage(world, &mut rng).await,
            18 => flush(world),
            _ => jump(world, &mut rng).await,
        }
    }
}

fn any(world: &World, rng: &mut SeededRng) -> usize {
    rng.below(world.processes.borrow().len() as u64) as usize
}

/// Where the last process has died, another is started after a while.
async fn resurrect(world: &World, rng: &mut SeededRng) {
    if world.processes.borrow().is_empty() {
        let down = [Duration::ZERO, MINUTE, HOUR * 8][rng.below(3) as usize];
        world.wait(rng, down).await;
        world.start();
    }
}

/// A process dies in the middle of one of its next calls.
async fn death_in_a_call(world: &World, rng: &mut SeededRng) {
    let at = any(world, rng);
    let life = world.processes.borrow()[at].life.clone();
    life.ends_after(rng.below(120) as u32);
    // It may have nothing to do for long.
    let _ = tokio::time::timeout(HOUR * 6, life.ended()).await;
    world.kill(at);
    resurrect(world, rng).await;
}

async fn death(world: &World, rng: &mut SeededRng) {
    for _ in 0..rng.below(200) {
        tokio::task::yield_now().await;
    }
    let at = any(world, rng);
    world.fate.note("deaths at any moment");
    world.kill(at);
    resurrect(world, rng).await;
}

async fn stop(world: &World, rng: &mut SeededRng) {
    world.fate.note("stops in good order");
    let at = any(world, rng);
    world.stop(at).await;
    resurrect(world, rng).await;
}

/// Two services at once, until one of them dies.
fn twin(world: &World) {
    if world.processes.borrow().len() == 1 {
        world.fate.note("twins");
        world.start();
    }
}

async fn outage(world: &World, rng: &mut SeededRng) {
    let who = [STORE, READ_MODELS, REGISTER, REGISTER, NOTIFIER][rng.below(5) as usize];
    world.fate.go_away(who);
    let longest = [MINUTE, HOUR][rng.below(2) as usize];
    world.wait(rng, longest).await;
    world.fate.come_back(who);
}

/// All read models are lost.
fn flush(world: &World) {
    world.fate.note("flushes");
    for model in models() {
        for generation in 1..=2 {
            let generation = GenerationName {
                model: model.clone(),
                generation: Generation::new(generation),
            };
            for slice in SliceCount::DEFAULT.slices() {
                world.model.wipe(&generation.slice(slice));
            }
        }
    }
}

/// The clock jumps; all that waits wakes at once.
async fn jump(world: &World, rng: &mut SeededRng) {
    world.fate.note("jumps of the clock");
    let hours = 1 + rng.below(60) as u32;
    tokio::time::advance(HOUR * hours).await;
}

/// The read models of a service.
pub(crate) fn models() -> [ModelName; 1] {
    [ModelName {
        namespace: World::namespace_name(),
        projection: PetitionViews::default().name().clone(),
    }]
}
