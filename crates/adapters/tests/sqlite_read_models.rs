//! What is special about read models in a SQLite file.

#![allow(clippy::unwrap_used)]

use minwon_adapters::sqlite::SqliteStore;
use minwon_core::{
    CommitError, Generation, GenerationName, GlobalPosition, Incarnation, ModelName, NamespaceName,
    Phase, ProjectionName, ReadModelAdmin, ReadModelStore, Slice, SliceCheckpoint, SliceName,
    SliceWrites, StoreErrorKind, Timestamp, ViewKey, ViewSchema, Wanted,
};
use tempfile::{TempDir, tempdir};

fn open() -> (TempDir, SqliteStore) {
    let dir = tempdir().unwrap();
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    (dir, store)
}

fn generation() -> GenerationName {
    let model = ModelName {
        namespace: NamespaceName::new("general").unwrap(),
        projection: ProjectionName::new("petitions").unwrap(),
    };
    let generation = Generation::FIRST;
    GenerationName { model, generation }
}

fn slice() -> SliceName {
    generation().slice(Slice::new(0))
}

fn checkpoint(incarnation: u64, position: u64) -> SliceCheckpoint {
    SliceCheckpoint {
        incarnation: Incarnation::new(incarnation),
        schema: ViewSchema::new(1),
        phase: Phase::Ready,
        position: GlobalPosition::new(position),
        last_event: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

fn key(number: usize) -> ViewKey {
    ViewKey::new(format!("2026-{number:06}")).unwrap()
}

fn documents(count: usize) -> SliceWrites {
    let document = |number| (key(number), Some(format!("{{\"n\":{number}}}").into()));
    SliceWrites {
        documents: (0..count).map(document).collect(),
        ..SliceWrites::default()
    }
}

/// How many of the first `count` documents are there, and at which position.
async fn found(store: &SqliteStore, count: usize) -> (usize, Option<u64>) {
    let keys: Vec<_> = (0..count).map(key).collect();
    let wanted = Wanted {
        documents: &keys,
        ..Wanted::default()
    };
    let loaded = store.load(&slice(), &wanted).await.unwrap();
    let there = loaded.documents.iter().flatten().count();
    (there, loaded.checkpoint.map(|at| at.position.commit()))
}

fn rows(store: &SqliteStore, table: &str) -> usize {
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    let sql = format!("SELECT count(*) FROM {table}");
    sqlite.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn read_models_are_kept_copied_and_read_beside_the_writer() {
    let (dir, store) = open();
    let first = checkpoint(1, 1);
    store
        .commit(&slice(), None, &first, &documents(9))
        .await
        .unwrap();
    let reader = SqliteStore::open_read_only(store.path()).unwrap();
    assert_eq!(found(&reader, 9).await, (9, Some(1)));
    let refused = reader
        .commit(&slice(), Some(&first), &checkpoint(1, 2), &documents(1))
        .await;
    assert!(
        matches!(&refused, Err(CommitError::Store { source, .. })
        if source.kind() == StoreErrorKind::ReadOnly),
        "{refused:?}"
    );
    let copy = dir.path().join("backup.db");
    store.backup(&copy, |_| {}).await.unwrap();
    store.close();
    for path in [store.path(), &*copy] {
        let store = SqliteStore::open(path).unwrap();
        assert_eq!(found(&store, 9).await, (9, Some(1)));
        store.check().await.unwrap();
    }
}

#[tokio::test]
async fn what_an_incarnation_leaves_is_swept_away_in_steps() {
    let (_dir, store) = open();
    let (one, two) = (checkpoint(1, 1), checkpoint(2, 1));
    store
        .commit(&slice(), None, &one, &documents(5000))
        .await
        .unwrap();
    store
        .commit(&slice(), Some(&one), &two, &documents(3))
        .await
        .unwrap();
    assert_eq!(found(&store, 5000).await, (3, Some(1)));
    assert_eq!(rows(&store, "read_documents"), 5003);
    assert_eq!(store.sweep(&generation()).await.unwrap(), 5000);
    assert_eq!(rows(&store, "read_documents"), 3);
    assert_eq!(rows(&store, "read_lives"), 1);
    assert_eq!(found(&store, 5000).await, (3, Some(1)));
    store.remove(&generation()).await.unwrap();
    assert_eq!(
        (rows(&store, "read_documents"), rows(&store, "read_lives")),
        (0, 0)
    );
}

#[tokio::test]
async fn a_removal_left_half_way_shows_nothing_and_is_finished_later() {
    let (_dir, store) = open();
    let first = checkpoint(1, 1);
    store
        .commit(&slice(), None, &first, &documents(5000))
        .await
        .unwrap();
    {
        // Polled once: its first step, which ends the lives, is queued.
        let generation = generation();
        let mut removal = Box::pin(store.remove(&generation));
        assert!(futures_util::poll!(removal.as_mut()).is_pending());
    }
    store
        .commit(&slice(), None, &first, &documents(1))
        .await
        .expect("the slice can begin again");
    assert_eq!(found(&store, 5000).await, (1, Some(1)));
    assert_eq!(store.sweep(&generation()).await.unwrap(), 5000);
    assert_eq!(found(&store, 5000).await, (1, Some(1)));
}

#[tokio::test]
async fn a_checkpoint_that_cannot_be_read_is_damage_and_not_absence() {
    let (_dir, store) = open();
    let first = checkpoint(1, 1);
    store
        .commit(&slice(), None, &first, &documents(1))
        .await
        .unwrap();
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    sqlite
        .execute("UPDATE read_lives SET checkpoint = '{}'", [])
        .unwrap();
    let error = store.load(&slice(), &Wanted::default()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    let refused = store
        .commit(&slice(), Some(&first), &checkpoint(1, 2), &documents(1))
        .await;
    assert!(
        matches!(&refused, Err(CommitError::Store { source, .. })
        if source.kind() == StoreErrorKind::Corrupt),
        "{refused:?}"
    );
}
