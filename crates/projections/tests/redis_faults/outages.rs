//! A server that is away for a while, and comes back with all, less, or nothing of what it held;
//! or has no room.

use std::fs::{self, File};

use minwon_adapters::{SystemClock, memory::MemoryStore};
use minwon_core::testing::SeededRng;
use minwon_test_servers::{AppendOnly, RedisServer};

use crate::support::*;

/// Kills the server again and again, cuts off up to `lost_bytes_max` of its file each time, and
/// starts it over what is left.
async fn outages(append_only: AppendOnly, lost_bytes_max: u64, seed: u64) {
    let _room = room(1).await;
    let mut server = RedisServer::builder().append_only(append_only).start();
    let dir = server.cli(&["CONFIG", "GET", "dir"]);
    let dir = dir.lines().last().unwrap().to_owned();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), seed);
    office.work(1_200).await;
    let projector = projector(&office.store, &read_models).start();
    let mut rng = SeededRng::new(seed);
    for round in 0..5 {
        if round < 3 {
            let enough = further(&projector, rng.below(200));
            office.work(200).await;
            enough.await;
        } else {
            let head = office.work(1).await;
            arrive(&projector, head).await;
        }
        office.work(5 + rng.below(5) as usize).await;
        server.kill();
        office.work(1).await;
        let paused = until(&projector, |status| status.paused.is_some()).await;
        assert!(!paused.paused.unwrap().is_empty());
        office.work(20).await;
        let lost_bytes = rng.below(lost_bytes_max + 1);
        cut_off(&dir, lost_bytes);
        server.restart();
        if lost_bytes > 0 {
            write_anew(&server);
        }
        until(&projector, |status| status.paused.is_none()).await;
    }
    let head = office.work(1).await;
    arrive(&projector, head).await;
    assert_sound(&office.store, &read_models).await;
    assert!(restarts(&projector) > 0);
}

/// Loses the end of the append-only file, as a machine without power does.
fn cut_off(dir: &str, bytes: u64) {
    let Ok(files) = fs::read_dir(format!("{dir}/appendonlydir")) else {
        return;
    };
    for path in files.map(|file| file.unwrap().path()) {
        if path.to_string_lossy().ends_with(".incr.aof") {
            // At most all that was written since the file was begun.
            let file = File::options().write(true).open(path).unwrap();
            let length = file.metadata().unwrap().len();
            file.set_len(length.saturating_sub(bytes)).unwrap();
        }
    }
}

/// Redis leaves a transaction that was cut in two in its file, and completes it with the next one
/// when it starts again (fixed in Valkey by its pull request 4342). A file written anew has none.
fn write_anew(server: &RedisServer) {
    let _ = server.cli(&["BGREWRITEAOF"]);
    for field in ["aof_rewrite_scheduled:0", "aof_rewrite_in_progress:0"] {
        server.wait_for(&["INFO", "persistence"], field);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_with_an_append_only_file() {
    outages(AppendOnly::EverySecond, 0, 21).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_and_the_last_second_lost() {
    outages(AppendOnly::EverySecond, 100_000, 22).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_without_persistence() {
    outages(AppendOnly::Off, 0, 23).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_memory() {
    let _room = room(1).await;
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let mut office = Office::new(MemoryStore::with_clock(SystemClock), 24);
    office.work(1_200).await;
    let projector = projector(&office.store, &read_models).start();
    let mut rng = SeededRng::new(24);
    for _ in 0..3 {
        let enough = further(&projector, 30 + rng.below(100));
        office.work(130).await;
        enough.await;
        assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "100kb"]), "OK");
        office.work(3).await;
        until(&projector, |status| status.paused.is_some()).await;
        office.work(20).await;
        assert_eq!(server.cli(&["CONFIG", "SET", "maxmemory", "0"]), "OK");
        until(&projector, |status| status.paused.is_none()).await;
    }
    let head = office.work(1).await;
    arrive(&projector, head).await;
    assert_sound(&office.store, &read_models).await;
}
