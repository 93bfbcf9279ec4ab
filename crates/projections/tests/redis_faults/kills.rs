//! A projector that is killed at any moment, again and again.

use std::env;

use minwon_adapters::sqlite::SqliteStore;
use minwon_core::testing::SeededRng;
use minwon_petitions::PetitionViews;
use minwon_projections::VerifyError;
use minwon_test_servers::RedisServer;

use crate::{child::Child, support::*};

fn env_number(name: &str, default: u64) -> u64 {
    env::var(name)
        .ok()
        .map_or(default, |text| text.parse().expect(name))
}

/// After every kill the view is where its slices say it is, and at the end it is whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_lose_nothing_and_count_nothing_twice() {
    let _room = room(1).await;
    let kills = env_number("MINWON_PROJECTOR_KILLS", 50);
    let seed = env_number("MINWON_PROJECTOR_SEED", 1);
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("petitions.db");
    let mut office = Office::new(SqliteStore::open(&path).unwrap(), seed);
    let (mut rng, mut folded, mut looks) = (SeededRng::new(seed), 0, 0);
    for kill in 0..kills {
        office.work(40).await;
        let child = Child::start(&path, &server.url(), None);
        let lines_max = rng.below(14);
        child
            .until(|report| report.lines > lines_max || report.folded_events >= 40)
            .await;
        office.work(rng.below(10) as usize).await;
        folded += child.report().folded_events;
        drop(child);
        if kill % 5 == 0 {
            let views = PetitionViews::default();
            match verified(&office.store, &read_models, &views, &generation(1)).await {
                Ok(verification) => assert_no_difference(&verification),
                // It was killed before it had begun anything.
                Err(VerifyError::NoGeneration { .. }) => continue,
                Err(error) => panic!("{error:?}"),
            }
            looks += 1;
        }
    }
    println!("{kills} kills, {looks} looks, {folded} events folded, seed {seed}");
    assert!(
        looks * 10 >= kills && folded > kills,
        "hardly anything was killed at work"
    );
    let child = Child::start(&path, &server.url(), None);
    let head = office.work(1).await;
    child.arrive(head).await;
    assert_sound(&office.store, &read_models).await;
    drop(child);
    office.store.close();
}
