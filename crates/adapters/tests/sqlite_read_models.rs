//! What is special about read models in a SQLite file.

#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

use minwon_adapters::sqlite::SqliteStore;
use minwon_core::{
    CommitError, Generation, GenerationName, GlobalPosition, Incarnation, IndexName, ListChange,
    Lookup, ModelName, NamespaceName, Phase, ProjectionName, ReadModelAdmin, ReadModelStore, Slice,
    SliceCheckpoint, SliceName, SliceWrites, StoreErrorKind, Timestamp, ViewKey, ViewSchema,
    Wanted, testing::conformance,
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

/// Its rows stand under the old number, which the next life would have been given.
#[tokio::test]
async fn a_life_whose_number_was_changed_leaves_nothing_to_the_next() {
    let (_dir, store) = open();
    let (one, two) = (checkpoint(1, 1), checkpoint(2, 1));
    let first = store.commit(&slice(), None, &one, &documents(9)).await;
    first.unwrap();
    for number in [0, i64::MAX] {
        let sqlite = rusqlite::Connection::open(store.path()).unwrap();
        let sql = "UPDATE read_lives SET life = ?1 WHERE checkpoint IS NOT NULL";
        assert_eq!(sqlite.execute(sql, [number]).unwrap(), 1);
        let at = if number == 0 { &one } else { &two };
        let next = checkpoint(if number == 0 { 2 } else { 3 }, 1);
        store
            .commit(&slice(), Some(at), &next, &documents(1))
            .await
            .unwrap();
        assert_eq!(found(&store, 9).await, (1, Some(1)));
    }
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

/// What earlier programs wrote is a lookup that one key claims.
#[tokio::test]
async fn a_lookup_of_an_earlier_program_is_read_joined_given_up_and_swept() {
    let (_dir, store) = open();
    let claim = |number, change| {
        let lookup = Lookup {
            index: IndexName::new("receipt"),
            value: "R-1".into(),
        };
        (lookup, key(number), change)
    };
    let asked = [claim(1, ListChange::Take).0];
    let mut here = checkpoint(1, 1);
    let nothing = SliceWrites::default();
    store.commit(&slice(), None, &here, &nothing).await.unwrap();
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    let sql = "INSERT INTO read_lookups SELECT life, 'receipt', 'R-1', ?1 FROM read_lives";
    sqlite.execute(sql, [key(9).as_str()]).unwrap();
    for (position, change, wanted) in [
        (2, None, vec![9]),
        (3, Some((1, ListChange::Take)), vec![1, 9]),
        (4, Some((9, ListChange::Take)), vec![1, 9]),
        (5, Some((9, ListChange::Leave)), vec![1]),
        (6, Some((9, ListChange::Take)), vec![1, 9]),
    ] {
        let next = checkpoint(1, position);
        let lookups = change.map(|(number, change)| claim(number, change));
        let writes = SliceWrites {
            lookups: lookups.into_iter().collect(),
            ..SliceWrites::default()
        };
        store
            .commit(&slice(), Some(&here), &next, &writes)
            .await
            .unwrap();
        here = next;
        let wanted: Vec<_> = wanted.into_iter().map(key).collect();
        let loaded = store
            .load(
                &slice(),
                &Wanted {
                    lookups: &asked,
                    ..Wanted::default()
                },
            )
            .await
            .unwrap();
        assert_eq!(loaded.lookups, [wanted]);
    }
    let anew = checkpoint(2, 1);
    store
        .commit(&slice(), Some(&here), &anew, &nothing)
        .await
        .unwrap();
    assert_eq!(store.sweep(&generation()).await.unwrap(), 2);
    assert_eq!(
        (rows(&store, "read_claims"), rows(&store, "read_lookups")),
        (0, 0)
    );
}

#[tokio::test]
async fn what_is_no_checkpoint_is_said_and_gives_way_to_a_slice_begun_anew() {
    let (_dir, store) = open();
    let old = checkpoint(1, 9);
    store
        .commit(&slice(), None, &old, &documents(3))
        .await
        .unwrap();
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    let plant = |text: &str| {
        let sql = "UPDATE read_lives SET checkpoint = ?1 WHERE checkpoint IS NOT NULL";
        assert_eq!(sqlite.execute(sql, [text]).unwrap(), 1);
    };
    // An older program must not begin the slices of a newer one anew.
    plant(&old.to_text().replace("ready", "resting"));
    let refused = store.load(&slice(), &Wanted::default()).await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::NewerVersion);
    let refused = store
        .commit(&slice(), None, &checkpoint(2, 1), &documents(1))
        .await;
    assert!(
        matches!(&refused, Err(CommitError::Store { source, .. })
        if source.kind() == StoreErrorKind::NewerVersion),
        "{refused:?}"
    );
    plant("twelve");
    let loaded = store.load(&slice(), &Wanted::default()).await.unwrap();
    assert!(loaded.is_damaged && loaded.checkpoint.is_none());
    assert_eq!(found(&store, 3).await, (0, None));
    let moved = store
        .commit(&slice(), Some(&old), &checkpoint(1, 10), &documents(1))
        .await;
    assert!(
        matches!(moved, Err(CommitError::Moved { actual: None, .. })),
        "{moved:?}"
    );
    store
        .commit(&slice(), None, &checkpoint(2, 1), &documents(2))
        .await
        .unwrap();
    assert_eq!(found(&store, 3).await, (2, Some(1)));
    assert_eq!(store.sweep(&generation()).await.unwrap(), 3);
}

#[tokio::test]
async fn damaged_catalogues_keep_the_contract() {
    for junk in [
        "'twelve'",
        "''",
        r#"'{"active":1}'"#,
        "CAST(x'00ff' AS TEXT)",
    ] {
        let (_dir, store) = open();
        let damage = async |store: &SqliteStore, model: &ModelName| {
            let sqlite = rusqlite::Connection::open(store.path()).unwrap();
            let sql = format!(
                "UPDATE read_catalogues SET catalogue = {junk}
                 WHERE namespace = ?1 AND projection = ?2"
            );
            let name = (model.namespace.as_str(), model.projection.as_str());
            assert_eq!(sqlite.execute(&sql, name).unwrap(), 1);
        };
        let report = conformance::damaged_catalogues(async || store.clone(), damage).await;
        report.assert_all_hold();
    }
}

#[tokio::test]
async fn damaged_slices_keep_the_contract() {
    let (_dir, store) = open();
    let damage = async |store: &SqliteStore, slice: &SliceName| {
        let sqlite = rusqlite::Connection::open(store.path()).unwrap();
        let sql = "UPDATE read_lives SET checkpoint = 'twelve'
                   WHERE namespace = ?1 AND slice = ?2 AND checkpoint IS NOT NULL";
        let model = &slice.generation.model;
        let name = (model.namespace.as_str(), slice.slice.get());
        assert_eq!(sqlite.execute(sql, name).unwrap(), 1);
    };
    let report = conformance::damaged_slices(async || store.clone(), damage).await;
    report.assert_all_hold();
}
