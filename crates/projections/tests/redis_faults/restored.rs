//! The event store is restored from a backup: the read side has seen what no log holds any more.

use std::path::Path;

use minwon_adapters::{redis::RedisReadModels, sqlite::SqliteStore};
use minwon_core::{
    EventStore as _, ExpectedVersion, GlobalPosition, StreamName, testing::sample_event,
};
use minwon_test_servers::RedisServer;

use crate::support::*;

/// An office whose log goes on beyond the backup of it, and the read model of all of it.
struct Restored {
    server: RedisServer,
    dir: tempfile::TempDir,
    read_models: RedisReadModels,
    /// The office as it was when the backup was taken.
    then: Office<SqliteStore>,
}

/// Projects `before` events, takes a backup, projects `after` events more.
async fn beyond_the_backup(seed: u64, before: usize, after: usize) -> Restored {
    beyond_a_backup(seed, before, async |office| office.work(after).await).await
}

/// As [`beyond_the_backup`], with whatever happens after the backup.
async fn beyond_a_backup(
    seed: u64,
    before: usize,
    go_on: impl AsyncFnOnce(&mut Office<SqliteStore>) -> GlobalPosition,
) -> Restored {
    let server = RedisServer::start();
    let read_models = connect(&server.url()).await;
    let dir = tempfile::tempdir().unwrap();
    let mut office = Office::new(SqliteStore::open(dir.path().join("log.db")).unwrap(), seed);
    let projector = projector(&office.store, &read_models).start();
    let head = office.work(before).await;
    arrive(&projector, head).await;
    office
        .store
        .backup(dir.path().join("backup.db"), |_| {})
        .await
        .unwrap();
    let then = office.clone();
    let head = go_on(&mut office).await;
    arrive(&projector, head).await;
    assert_sound(&office.store, &read_models).await;
    projector.stop().await;
    office.store.close();
    Restored {
        server,
        dir,
        read_models,
        then,
    }
}

impl Restored {
    fn restore(&self, seed: u64) -> Office<SqliteStore> {
        let backup: &Path = &self.dir.path().join("backup.db");
        self.then
            .elsewhere(SqliteStore::open(backup).unwrap(), seed)
    }

    /// The projector is started over the restored log, and follows it.
    async fn project(&self, office: &mut Office<SqliteStore>) {
        let head = office.store.head().await.unwrap();
        let reader = reader(&self.read_models);
        let projector = projector(&office.store, &self.read_models).start();
        arrive(&projector, head).await;
        assert_sound(&office.store, &self.read_models).await;
        let head = office.work(40).await;
        arrive(&projector, head).await;
        assert_sound(&office.store, &self.read_models).await;
        let key = office.any_key();
        assert!(ask(&office.store, &reader, &key).await.is_some());
        projector.stop().await;
        office.store.close();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_is_shorter() {
    let _room = room(1).await;
    let restored = beyond_the_backup(81, 500, 200).await;
    let mut office = restored.restore(82);
    restored.project(&mut office).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_has_grown_otherwise() {
    let _room = room(1).await;
    for after in [1, 60, 300] {
        let restored = beyond_the_backup(83, 300, 60).await;
        let mut office = restored.restore(84);
        office.forget_ids();
        office.work(after).await;
        restored.project(&mut office).await;
    }
}

/// Clients send again what they have not forgotten: the same events, in another order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_has_the_same_events_in_another_order() {
    let _room = room(1).await;
    for after in [60, 200, 300] {
        let restored = beyond_the_backup(85, 300, 60).await;
        let mut office = restored.restore(86);
        office.work(after).await;
        restored.project(&mut office).await;
    }
}

/// The projector went on over what others wrote, and only that is lost: the last event of its own
/// is still there, but its place behind that is not what it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_lost_events_of_others() {
    let _room = room(1).await;
    for (before, after) in [(0, 60), (200, 60), (200, 0)] {
        let restored = beyond_a_backup(87, before, async |office| {
            let stream: StreamName = "other_Thing-1".parse().unwrap();
            for number in 0..40 {
                let event = [sample_event(&number.to_string())];
                let appended = office.store.append(&stream, ExpectedVersion::Any, &event);
                appended.await.unwrap();
            }
            office.store.head().await.unwrap()
        });
        let restored = restored.await;
        let mut office = restored.restore(88);
        office.work(after).await;
        restored.project(&mut office).await;
    }
}

/// Else the server would hold everything twice from then on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_folded_from_the_lost_log_is_swept_away() {
    let _room = room(2).await;
    let restored = beyond_the_backup(89, 300, 60).await;
    let mut office = restored.restore(90);
    office.forget_ids();
    let head = office.work(100).await;
    let fresh = RedisServer::start();
    let fresh_read_models = connect(&fresh.url()).await;
    let once = projector(&office.store, &fresh_read_models).start();
    arrive(&once, head).await;
    let keys = fresh.cli(&["DBSIZE"]);
    let again = projector(&office.store, &restored.read_models).start();
    arrive(&again, head).await;
    restored.server.wait_for(&["DBSIZE"], keys.trim());
    assert_eq!(restored.server.cli(&["DBSIZE"]), keys);
    assert_sound(&office.store, &restored.read_models).await;
    office.store.close();
}
