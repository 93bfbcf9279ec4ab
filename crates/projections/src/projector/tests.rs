//! Tests of the projector.

mod coarse;
mod damage;
mod faults;
mod following;
mod keys;
mod leases;
mod parts;
mod poison;
mod poison_seeds;
mod restored;
mod stopping;
mod twins;
mod upgrades;

use std::{num::NonZeroU32, time::Duration};

use minwon_adapters::SystemClock;
use minwon_core::{
    ConsumerName, GlobalPosition, MemberName, SliceCount,
    testing::{MemoryReadModels, SeededRng},
};

use super::*;
use crate::testing::{
    Flaky, Log, Numbers, Sums, catch_up, check, generation, namespace, projector, run, slice_of,
    within,
};

fn at_most(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// Bounds so tight that they are met.
fn random_options(rng: &mut SeededRng) -> ProjectorOptions {
    let mut up_to = |most| u32::try_from(rng.below(most)).unwrap();
    ProjectorOptions::default()
        .batch_events_max(at_most(1 + up_to(8)))
        .changed_views_max(at_most(1 + up_to(10)))
        .uncommitted_events_max(at_most(1 + up_to(20)))
        .cached_views_max(up_to(40))
}

/// Lets others go on, for a while.
async fn wait_a_while(rng: &mut SeededRng) {
    if rng.happens(300) {
        let wait = Duration::from_micros(rng.below(120_000));
        tokio::time::sleep(wait).await;
    }
    for _ in 0..rng.below(60) {
        tokio::task::yield_now().await;
    }
}
