//! Two projectors of the same slices.

use minwon_adapters::{SystemClock, memory::MemoryStore, sqlite::SqliteStore};
use minwon_core::{MemberName, testing::SeededRng};
use minwon_petitions::PetitionViews;
use minwon_projections::Membership;
use minwon_test_servers::RedisServer;

use crate::{
    child::{Child, TIME_TO_LIVE},
    support::*,
};

/// A projector sleeps for longer than its lease, with commits under way, and goes on as if
/// nothing had been; meanwhile another one has taken its slices over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sleeper_wakes_after_its_lease() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("petitions.db");
    let mut office = Office::new(SqliteStore::open(&path).unwrap(), 41);
    let mut rng = SeededRng::new(41);
    for round in 0..3 {
        let mut head = office.work(600).await;
        let sleeper = Child::start(&path, &server.url(), Some(&format!("sleeper-{round}")));
        let goal = 30 + rng.below(200);
        let mut asleep = sleeper.falls_asleep(goal).await;
        // It had come to the end before the signal came to it.
        while asleep.position >= head.commit() {
            head = office.work(600).await;
            sleeper.signal("CONT");
            asleep = sleeper.falls_asleep(asleep.folded_events + goal).await;
        }
        let read_models = connect(&server.url()).await;
        let name = MemberName::new(format!("waker-{round}")).unwrap();
        let other = builder(&office.store, &read_models).share_as(Membership::new(
            read_models.clone(),
            name,
            TIME_TO_LIVE,
        ));
        let other = other.project(PetitionViews::default()).start();
        until(&other, |status| status.models[0].slices.len() == 16).await;
        let head = office.work(100).await;
        arrive(&other, head).await;
        assert_sound(&office.store, &read_models).await;
        sleeper.signal("CONT");
        // It finds out that its slices are elsewhere, and shares with the other.
        sleeper
            .until(|report| report.restarts > asleep.restarts && report.slices == 8)
            .await;
        until(&other, |status| status.models[0].slices.len() == 8).await;
        let head = office.work(60).await;
        arrive(&other, head).await;
        sleeper.arrive(head).await;
        assert_sound(&office.store, &read_models).await;
        other.stop().await;
    }
    office.store.close();
}

/// Nothing keeps them apart but what the commits compare.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_without_leases_race() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 42);
    office.work(600).await;
    let read_models = [connect(&server.url()).await, connect(&server.url()).await];
    let twins = read_models
        .each_ref()
        .map(|each| projector(&office.store, each).start());
    let mut rng = SeededRng::new(42);
    let mut head = office.work(1).await;
    for twin in &twins {
        arrive(twin, head).await;
    }
    let meet = async {
        let mut rounds = 0;
        let refused = || twins.iter().map(restarts).sum::<u64>();
        while rounds < 60 || refused() == 0 {
            rounds += 1;
            head = office.work(1 + rng.below(5) as usize).await;
            if rng.happens(200) {
                arrive(&twins[rng.below(2) as usize], head).await;
            }
        }
    };
    within(meet).await;
    for twin in &twins {
        arrive(twin, head).await;
    }
    assert_sound(&office.store, &read_models[0]).await;
}
