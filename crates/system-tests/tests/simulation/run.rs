//! One seed, from the first petition to the last law.

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use minwon::testing::SeededRng;

use super::{check, misfortune, operator, people::Case, server::Server, world::World};

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// The outcome of a seed.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The events of the run, and how often each.
    pub(crate) happened: BTreeMap<&'static str, u64>,
    pub(crate) petitions: u64,
    pub(crate) events: u64,
    /// The laws that were broken.
    pub(crate) wrongs: Vec<String>,
}

/// Petitions of one seed.
const PETITIONS: u64 = 24;

/// The same, where a call takes a thousand times as long.
const PETITIONS_ON_SERVER: u64 = 6;

/// Runs a seed on one thread, in paused time, with its log in memory or on `server`; what does not
/// come within some years never would.
pub(crate) fn run(seed: u64, server: Option<Server>) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let years = DAY * 3_650;
    let simulated = async { tokio::time::timeout(years, simulate(seed, server)).await };
    runtime.block_on(simulated).unwrap_or_else(|_| Report {
        wrongs: vec!["it does not come to an end".into()],
        ..Report::default()
    })
}

async fn simulate(seed: u64, server: Option<Server>) -> Report {
    let world = World::new(seed, server);
    let mut rng = SeededRng::new(seed ^ 0xca5e);
    world.start();
    let within = [HOUR, DAY, DAY * 5][rng.below(3) as usize];
    let pause = [HOUR / 60, HOUR, HOUR * 12][rng.below(3) as usize];
    let petitions = match &world.server {
        None => PETITIONS,
        Some(_) => PETITIONS_ON_SERVER,
    };
    let cases = (0..petitions).map(|number| Case::new(&world, number, rng.fork()).live(within));
    let cases: Vec<_> = cases.collect();
    let storm = misfortune::reign(&world, rng.fork(), pause);
    tokio::select! {
        biased;
        _ = join_all(cases) => {}
        () = storm => unreachable!("misfortune has no end"),
    }
    calm(&world);
    settle(&world).await;
    // The register's last tries.
    tokio::time::sleep(DAY).await;
    settle(&world).await;
    let service = world.processes.borrow()[0].service.clone();
    let decisions = operator::fix(&world, &service, &mut rng).await;
    drop(service);
    // Long enough for every due, for three notices of progress, and for the days on which documents
    // can be verified.
    tokio::time::sleep(DAY * 96).await;
    settle(&world).await;
    world.stop(0).await;
    check::laws(&world, &decisions).await
}

/// The storm is over: one process, and nothing in its way.
fn calm(world: &World) {
    while !world.processes.borrow().is_empty() {
        world.kill(0);
    }
    world.fate.calm();
    world.store.heal();
    world.models.heal();
    if let Some(server) = &world.server {
        server.calm();
    }
    world.patience.set(world.patience.get().long());
    world.start();
}

async fn settle(world: &World) {
    let service = world.processes.borrow()[0].service.clone();
    match tokio::time::timeout(DAY * 30, service.settled()).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => world.wrong(format!("the service did not settle: {error}")),
        Err(_) => world.wrong("the service did not settle within 30 days"),
    }
}
