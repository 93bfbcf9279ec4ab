//! Every byte of a SQLite file may be hostile.

#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

use std::{
    env, fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use minwon_adapters::sqlite::{SqliteOptions, SqliteStore};
use minwon_core::{
    CheckpointName, CheckpointStore, EventStore, ExpectedVersion, GlobalPosition, Slice,
    StoreError, StreamVersion,
    testing::{
        conformance::{self, SpoilStored, StoredPlace},
        sample_event,
    },
};
use rusqlite::{Connection, types::Value};
use tempfile::{TempDir, tempdir};

/// How often bytes are spoilt; `MINWON_SPOILS` says another number. Unit: times.
fn times() -> u32 {
    let more = env::var("MINWON_SPOILS").ok();
    more.map_or(240, |times| times.parse().expect("a number"))
}

/// Changes single values of a file as somebody with a shell does.
struct File {
    dir: TempDir,
}

impl File {
    fn new() -> Self {
        Self {
            dir: tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("petitions.db")
    }

    fn sound(&self) -> PathBuf {
        self.dir.path().join("sound.db")
    }

    fn connection(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }
}

fn texts(file: &Connection, sql: &str) -> Vec<String> {
    let mut statement = file.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Every value of a table. Its name is what finds it again: `SET … WHERE …` without the value.
fn values_of(file: &Connection, table: &str) -> Vec<StoredPlace> {
    let columns = format!("SELECT name FROM pragma_table_info('{table}')");
    let columns = texts(file, &columns);
    let keys = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0");
    let mut keys = texts(file, &keys);
    if keys.is_empty() {
        keys.push("rowid".into());
    }
    let row = keys.iter().map(|key| format!("'{key} = ' || quote({key})"));
    let row = row.collect::<Vec<_>>().join(" || ' AND ' || ");
    let mut places = Vec::new();
    for column in &columns {
        let sql = format!("SELECT {row}, {column} FROM {table} WHERE {column} IS NOT NULL");
        let mut statement = file.prepare(&sql).unwrap();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let at: String = row.get(0).unwrap();
            let bytes = match row.get(1).unwrap() {
                Value::Integer(number) => number.to_be_bytes().to_vec(),
                Value::Text(text) => text.into_bytes(),
                Value::Blob(bytes) => bytes,
                other => panic!("{table} holds {other:?}"),
            };
            places.push(StoredPlace {
                kind: format!("{table}.{column}"),
                name: format!("{table} SET {column} = ? WHERE {at}"),
                bytes,
            });
        }
    }
    places
}

fn copy(from: &Path, to: &Path) {
    for end in ["-wal", "-shm"] {
        let mut beside = to.as_os_str().to_owned();
        beside.push(end);
        let _ = fs::remove_file(beside);
    }
    fs::copy(from, to).unwrap();
}

impl SpoilStored for File {
    type Store = SqliteStore;

    async fn open(&mut self) -> Result<SqliteStore, StoreError> {
        let options = SqliteOptions::default().readers(NonZeroUsize::MIN);
        options.open(self.path())
    }

    async fn places(&mut self) -> Vec<StoredPlace> {
        let file = self.connection();
        file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .unwrap();
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
        let tables = texts(&file, tables);
        let places = tables.iter().flat_map(|table| values_of(&file, table));
        let places = places.collect();
        file.close().unwrap();
        copy(&self.path(), &self.sound());
        places
    }

    async fn put(&mut self, place: &StoredPlace, bytes: &[u8]) -> bool {
        let (table, column) = place.kind.split_once('.').unwrap();
        let file = self.connection();
        let sql = format!("SELECT type FROM pragma_table_info('{table}') WHERE name = '{column}'");
        let of_type = texts(&file, &sql).remove(0);
        let sql = format!("UPDATE {}", place.name);
        let updated = match &*of_type {
            "INTEGER" => {
                let mut number = [0; 8];
                let end = bytes.len().min(8);
                number[..end].copy_from_slice(&bytes[..end]);
                file.execute(&sql, [i64::from_be_bytes(number)])
            }
            "TEXT" => file.execute(&sql.replace("= ?", "= CAST(? AS TEXT)"), [bytes]),
            _ => file.execute(&sql, [bytes]),
        };
        // What two rows may not say is refused.
        updated.is_ok_and(|rows| rows > 0)
    }

    async fn mend(&mut self) {
        copy(&self.sound(), &self.path());
    }

    async fn is_found_by_check(&mut self, store: &SqliteStore) -> bool {
        store.check().await.is_err()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_spoilt_of_events_is_told() {
    let report = conformance::hostile_events(&mut File::new(), 14, times()).await;
    report.assert_all_hold();
}

/// Checksums of events were over metadata and payload alone, checkpoints had none, and the places of a stream
/// were an index.
#[tokio::test]
async fn what_earlier_programs_wrote_is_read() {
    let mut file = File::new();
    let stream = "general_GeneralApplication-1".parse().unwrap();
    let checkpoint = CheckpointName {
        namespace: "general".parse().unwrap(),
        consumer: "notices".parse().unwrap(),
        slice: Slice::new(3),
    };
    let (start, two) = (GlobalPosition::START, GlobalPosition::new(2));
    let store = file.open().await.unwrap();
    let events = ["one", "two"].map(sample_event);
    let expected = ExpectedVersion::NoStream;
    store.append(&stream, expected, &events).await.unwrap();
    store
        .save_checkpoint(&checkpoint, start, two)
        .await
        .unwrap();
    let page = |store: SqliteStore| async move {
        let stream = "general_GeneralApplication-1".parse().unwrap();
        let all = std::num::NonZeroU32::new(9).unwrap();
        let page = store.read_stream(&stream, StreamVersion::FIRST, all).await;
        page.unwrap().events
    };
    let written = page(store).await;
    let sqlite = file.connection();
    for event in &written {
        let mut checksum = crc32fast::Hasher::new();
        checksum.update(event.metadata.as_bytes());
        checksum.update(&event.payload);
        let row = (checksum.finalize(), event.position.commit());
        let sql = "UPDATE events SET checksum = ?1 WHERE position = ?2";
        assert_eq!(sqlite.execute(sql, row).unwrap(), 1);
    }
    let sql = "UPDATE consumer_checkpoints SET position = substr(position, 1, 16)";
    assert_eq!(sqlite.execute(sql, []).unwrap(), 1);
    let earlier = "DROP TABLE stream_events; DROP TABLE stream_events_end;
                   CREATE UNIQUE INDEX events_by_stream ON events (stream, version);";
    sqlite.execute_batch(earlier).unwrap();
    sqlite.pragma_update(None, "user_version", 8).unwrap();
    sqlite.close().unwrap();
    let store = file.open().await.unwrap();
    assert_eq!(store.load_checkpoint(&checkpoint).await.unwrap(), two);
    store
        .save_checkpoint(&checkpoint, two, start)
        .await
        .unwrap();
    store.check().await.unwrap();
    let found = page(store).await;
    assert!(found.iter().all(|event| event.fault.is_none()));
    assert_eq!(found, written);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_spoilt_of_read_models_can_begin_anew() {
    let report = conformance::hostile_slices(&mut File::new(), 14, times()).await;
    report.assert_all_hold();
}
