//! A server that loses everything at a blow, or forgets its scripts, or cuts connections.

use std::time::Duration;

use minwon_adapters::{SystemClock, memory::MemoryStore};
use minwon_core::{Token, testing::SeededRng};
use minwon_petitions::PetitionViews;
use minwon_test_servers::RedisServer;

use crate::support::*;

/// With few views in memory a load shows the loss, with all of them only a commit can.
const CACHED_VIEWS: [u32; 2] = [32, 100_000];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushed_while_catching_up() {
    let _room = room(1).await;
    for cached_views in CACHED_VIEWS {
        catch_up_and_flush(cached_views).await;
    }
}

async fn catch_up_and_flush(cached_views: u32) {
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 1);
    office.work(2_000).await;
    let builder = builder(&office.store, &read_models);
    let builder = builder.options(hasty().cached_views_max(cached_views));
    let projector = builder.project(PetitionViews::default()).start();
    let mut rng = SeededRng::new(11);
    for _ in 0..8 {
        further(&projector, 40 + rng.below(300)).await;
        let before = restarts(&projector);
        assert_eq!(server.cli(&["FLUSHALL"]), "OK");
        noticed(&projector, before).await;
    }
    let head = office.work(1).await;
    arrive(&projector, head).await;
    assert_sound(&office.store, &read_models).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushed_while_following() {
    let _room = room(1).await;
    for cached_views in CACHED_VIEWS {
        follow_and_flush(cached_views).await;
    }
}

async fn follow_and_flush(cached_views: u32) {
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 2);
    let head = office.work(300).await;
    let builder = builder(&office.store, &read_models);
    let builder = builder.options(hasty().cached_views_max(cached_views));
    let projector = builder.project(PetitionViews::default()).start();
    arrive(&projector, head).await;
    let mut rng = SeededRng::new(12);
    for _ in 0..8 {
        for _ in 0..rng.below(12) {
            let head = office.work(1 + rng.below(4) as usize).await;
            if rng.happens(500) {
                arrive(&projector, head).await;
            }
        }
        let before = restarts(&projector);
        assert_eq!(server.cli(&["FLUSHALL"]), "OK");
        let head = office.work(1).await;
        noticed(&projector, before).await;
        if rng.happens(500) {
            arrive(&projector, head).await;
            assert_sound(&office.store, &read_models).await;
        }
    }
    let head = office.work(1).await;
    arrive(&projector, head).await;
    assert_sound(&office.store, &read_models).await;
}

/// Nobody writes, so no commit is refused: the projector has to look by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flushed_while_nothing_happens() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 4);
    let head = office.work(300).await;
    let builder = builder(&office.store, &read_models);
    let builder = builder.options(hasty().look_wait(Duration::from_millis(20)));
    let projector = builder.project(PetitionViews::default()).start();
    arrive(&projector, head).await;
    let (reader, namespace) = (reader(&read_models), namespace());
    let token = Token {
        namespace,
        position: head,
    };
    for lost in [
        &["FLUSHALL"][..],
        &["DEL", "minwon:3:{general:petitions}:catalogue"],
    ] {
        let before = restarts(&projector);
        assert!(["OK", "1"].contains(&&*server.cli(lost)));
        noticed(&projector, before).await;
        within(reader.wait_for(&token, WAIT_MAX)).await.unwrap();
        assert_sound(&office.store, &read_models).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_forgotten_and_connections_cut() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 3);
    office.work(1_500).await;
    let projector = projector(&office.store, &read_models).start();
    let (mut rng, mut cut) = (SeededRng::new(13), 0);
    let server = &server;
    let trouble = |forget| {
        if forget {
            assert_eq!(server.cli(&["SCRIPT", "FLUSH"]), "OK");
            return 0;
        }
        let killed = server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
        killed.parse::<u64>().unwrap()
    };
    for _ in 0..10 {
        let enough = further(&projector, rng.below(100));
        office.work(100).await;
        enough.await;
        cut += trouble(rng.happens(400));
    }
    for _ in 0..20 {
        let head = office.work(1 + rng.below(6) as usize).await;
        if rng.happens(300) {
            arrive(&projector, head).await;
        }
        cut += trouble(rng.happens(400));
    }
    assert!(cut >= 10, "only {cut} connections were cut");
    let head = office.work(1).await;
    arrive(&projector, head).await;
    let status = projector.status().borrow().clone();
    assert_eq!(status.paused, None);
    assert_sound(&office.store, &read_models).await;
}
