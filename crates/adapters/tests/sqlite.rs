//! The SQLite store: the conformance suites, and the faults of a file.

// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

use std::{
    error::Error,
    fmt::Display,
    fs,
    num::{NonZeroU32, NonZeroU64},
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use minwon_adapters::sqlite::{SqliteOptions, SqliteStore};
use minwon_core::{
    AppendError, Appended, CommandId, EncodedMetadata, EventFilter, EventStore, ExpectedVersion,
    FaultKind, Feed, GlobalPosition, NamespaceName, NewEvent, RecordedEvent, StoreError,
    StoreErrorKind, StreamName, StreamVersion,
    testing::{conformance, sample_event_of},
};
use tempfile::{TempDir, tempdir};

fn stream(id: impl Display) -> StreamName {
    format!("general_GeneralApplication-{id}").parse().unwrap()
}

fn event(name: impl Display) -> NewEvent {
    let command = CommandId::derive(&[3; 16], name.to_string());
    sample_event_of(
        command,
        0,
        format!(r#"{{"name":"{name}","text":"민원 신청"}}"#),
    )
}

/// Appends one event to a stream of its own.
async fn file(store: &impl EventStore, name: impl Display) -> Result<Appended, AppendError> {
    store
        .append(&stream(&name), ExpectedVersion::NoStream, &[event(&name)])
        .await
}

const PAGE: NonZeroU32 = NonZeroU32::new(100).unwrap();

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_store_keeps_every_contract() {
    // One file for all rules: none of them may count on an empty store.
    let (_dir, store) = open();
    conformance::event_store(async || store.clone())
        .await
        .assert_all_hold();
    conformance::snapshot_store(async || store.clone())
        .await
        .assert_all_hold();
    conformance::checkpoint_store(async || store.clone())
        .await
        .assert_all_hold();
    conformance::read_model_store(async || store.clone())
        .await
        .assert_all_hold();
    conformance::read_model_admin(async || store.clone())
        .await
        .assert_all_hold();
    store.check().await.unwrap();
}

fn open() -> (TempDir, SqliteStore) {
    let dir = tempdir().unwrap();
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    (dir, store)
}

async fn read(store: &SqliteStore) -> Result<Vec<RecordedEvent>, StoreError> {
    let mut events = Vec::new();
    let mut after = GlobalPosition::START;
    loop {
        let page = store.read_all(after, &EventFilter::all(), PAGE).await?;
        (after, _) = (page.position, events.extend(page.events));
        if page.is_end {
            return Ok(events);
        }
    }
}

#[track_caller]
fn assert_refused(answer: Result<SqliteStore, StoreError>, kind: StoreErrorKind, says: &str) {
    let error = answer.expect_err("it should be refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(says), "{error}");
}

#[tokio::test]
async fn a_reopened_store_goes_on_where_it_was() {
    let (_dir, store) = open();
    file(&store, "a").await.unwrap();
    let before = read(&store).await.unwrap();
    store.close();
    let store = SqliteStore::open(store.path()).unwrap();
    assert_eq!(read(&store).await.unwrap(), before);
    let next = file(&store, "b").await.unwrap();
    assert_eq!(
        next.position,
        GlobalPosition::new(2),
        "positions have no hole"
    );
    assert!(
        file(&store, "a").await.unwrap().repeated,
        "a repeat is known after reopening"
    );
}

#[test]
fn a_second_writer_learns_who_has_the_store() {
    let (_dir, store) = open();
    let pid = format!("open for writing in process {}", std::process::id());
    assert_refused(
        SqliteStore::open(store.path()),
        StoreErrorKind::Locked,
        &pid,
    );
    store.close();
    SqliteStore::open(store.path()).expect("the lock went with the writer");
}

#[cfg(unix)]
#[test]
fn another_name_of_the_file_gets_no_second_writer() {
    let (dir, store) = open();
    let link = dir.path().join("link.db");
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    assert_refused(
        SqliteStore::open(&link),
        StoreErrorKind::Locked,
        "petitions.db",
    );
}

#[test]
fn files_that_are_no_store_of_ours_are_refused_and_left_alone() {
    let dir = tempdir().unwrap();
    let write_database = |name: &str, sql: &str| {
        let path = dir.path().join(name);
        rusqlite::Connection::open(&path)
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        path
    };
    let garbage = dir.path().join("garbage");
    fs::write(&garbage, "this is a letter, not a database ".repeat(500)).unwrap();
    let foreign = write_database("foreign", "CREATE TABLE invoices (number)");
    let newer = write_database(
        "newer",
        "PRAGMA application_id = 0x6d6e776e; PRAGMA user_version = 99; CREATE TABLE t (x)",
    );
    for (path, kind, says) in [
        (
            &garbage,
            StoreErrorKind::Corrupt,
            "restore the newest sound backup",
        ),
        (
            &foreign,
            StoreErrorKind::Corrupt,
            "no event store of minwon",
        ),
        (
            &newer,
            StoreErrorKind::NewerVersion,
            "has format 99, this program knows up to 11",
        ),
    ] {
        let before = fs::read(path).unwrap();
        assert_refused(SqliteStore::open(path), kind, says);
        assert_refused(SqliteStore::open_read_only(path), kind, says);
        assert_eq!(
            fs::read(path).unwrap(),
            before,
            "{} was touched",
            path.display()
        );
    }
}

#[test]
fn a_place_without_a_store_is_reported_plainly() {
    let dir = tempdir().unwrap();
    let missing = dir.path().join("no/such/place.db");
    assert_refused(
        SqliteStore::open(&missing),
        StoreErrorKind::NotFound,
        "check the path",
    );
    assert_refused(
        SqliteStore::open_read_only(&missing),
        StoreErrorKind::NotFound,
        "place.db",
    );
    assert_refused(
        SqliteStore::open(dir.path()),
        StoreErrorKind::NotFound,
        "is a directory",
    );
}

/// Makes the last row of the file one that cannot be read; answers whether such a row can be.
fn spoil(path: &Path, kind: FaultKind) -> bool {
    let sound = EncodedMetadata::from(&event("planted").metadata);
    let mut metadata = sound.as_bytes().to_vec();
    let lengths = 1 + 4 * 16 + 8;
    match kind {
        // No petition id: neither its length nor its bytes.
        FaultKind::Malformed => {
            let length = usize::from(std::mem::replace(&mut metadata[lengths], 0));
            metadata.drain(lengths + 5..lengths + 5 + length);
        }
        FaultKind::Newer => metadata[0] = 3,
        FaultKind::Damaged => {}
        _ => return false,
    }
    let payload = "{}";
    let mut checksum = crc32fast::Hasher::new();
    checksum.update(&metadata);
    checksum.update(payload.as_bytes());
    let checksum = checksum.finalize() ^ u32::from(kind == FaultKind::Damaged);
    let file = rusqlite::Connection::open(path).unwrap();
    file.busy_timeout(std::time::Duration::from_secs(60))
        .unwrap();
    let sql = "UPDATE events SET checksum = ?1, metadata = ?2, payload = ?3
               WHERE position = (SELECT max(position) FROM events)";
    file.execute(sql, (checksum, metadata, payload)).unwrap() == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_cannot_be_read_stop_nobody() {
    let (_dir, store) = open();
    let plant = async |store: &SqliteStore, stream: &StreamName, kind| {
        if kind == FaultKind::Foreign {
            return false;
        }
        let event = event(format!("{stream}/{kind:?}"));
        let appended = store.append(stream, ExpectedVersion::Any, &[event]).await;
        appended.unwrap();
        spoil(store.path(), kind)
    };
    conformance::unreadable_events(async || store.clone(), plant)
        .await
        .assert_all_hold();
}

/// What was read ahead of a page that could not be read is behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_cannot_read_a_page_passes_over_nothing() {
    let (_dir, store) = open();
    let rename = async |from: &str, to: &str| {
        let file = rusqlite::Connection::open(store.path()).unwrap();
        file.busy_timeout(std::time::Duration::from_secs(60))
            .unwrap();
        if file.table_exists(None, from).unwrap() {
            let sql = format!("ALTER TABLE {from} RENAME TO {to}");
            file.execute_batch(&sql).unwrap();
        }
    };
    let fail = async |_: &SqliteStore| rename("events", "events_away").await;
    let mend = async |_: &SqliteStore| rename("events_away", "events").await;
    conformance::failing_feeds(async || store.clone(), fail, mend)
        .await
        .assert_all_hold();
    store.check().await.unwrap();
}

/// The table of types is no event, and all events are read through it.
#[tokio::test]
async fn a_type_that_no_program_of_ours_wrote_stops_no_event_of_another() {
    let (_dir, store) = open();
    file(&store, 1).await.unwrap();
    store.close();
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    for (name, version) in [("", 1), ("Filed", -1), ("Filed", 1_i64 << 40)] {
        let sql = "INSERT INTO event_types (name, schema_version) VALUES (?1, ?2)";
        sqlite.execute(sql, (name, version)).unwrap();
    }
    let store = SqliteStore::open(store.path()).unwrap();
    assert_eq!(read(&store).await.unwrap().len(), 1);
    file(&store, 2).await.unwrap();
    assert_eq!(read(&store).await.unwrap().len(), 2);
}

/// Somebody took the last events out of the file: what comes in their place has another order.
#[tokio::test]
async fn an_order_that_goes_beyond_the_log_is_written_anew() {
    let (_dir, store) = open();
    for number in 0..600 {
        file(&store, number).await.unwrap();
    }
    store.close();
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    let run: i64 = sqlite
        .query_row("SELECT max(last) FROM namespace_log", [], |row| row.get(0))
        .unwrap();
    assert!(run > 500);
    let sql = "DELETE FROM events WHERE position > 100";
    sqlite.execute(sql, []).unwrap();
    drop(sqlite);
    let store = SqliteStore::open(store.path()).unwrap();
    let other = "other_GeneralApplication-1".parse().unwrap();
    let events = [event("other")];
    let appended = store.append(&other, ExpectedVersion::Any, &events);
    appended.await.unwrap();
    file(&store, 601).await.unwrap();
    for (namespace, count) in [("general", 101), ("other", 1)] {
        let filter = EventFilter::namespace(namespace.parse().unwrap());
        let all = NonZeroU32::new(1_000).unwrap();
        let page = store.read_all(GlobalPosition::START, &filter, all).await;
        assert_eq!(page.unwrap().events.len(), count, "{namespace}");
    }
}

/// What a foreign program wrote in the place of names and numbers.
#[tokio::test]
async fn names_and_numbers_that_no_program_of_ours_wrote_stop_nobody() {
    let (_dir, store) = open();
    for name in ["a", "b", "c", "d"] {
        file(&store, name).await.unwrap();
    }
    let path = store.path().to_owned();
    store.close();
    let file_of = || rusqlite::Connection::open(&path).unwrap();
    let (planted, mut last) = (file_of(), 4);
    let stream_names = [
        "''",
        "'general_'",
        "'general_Thing'",
        "'no separator'",
        "'a-b_c-d'",
        "CAST(x'67656e6572616c5f5468696e672dff' AS TEXT)",
    ];
    let copy = "INSERT INTO events SELECT ?1, ?2, ?3, ?4, recorded_at, checksum, metadata, payload
                FROM events WHERE position = 4";
    for name in stream_names {
        let sql = format!("INSERT INTO streams (name) VALUES ({name}) RETURNING stream");
        let stream: i64 = planted.query_row(&sql, [], |row| row.get(0)).unwrap();
        last += 1;
        planted.execute(copy, (last, stream, 0, 1)).unwrap();
    }
    // A stream that has no event.
    let (mine, empty) = (stream("d"), stream("empty"));
    let sql = "INSERT INTO streams (name) VALUES (?1)";
    planted.execute(sql, [empty.as_str()]).unwrap();
    let sql = "SELECT stream FROM streams WHERE name = ?1";
    let key: i64 = planted
        .query_row(sql, [mine.as_str()], |row| row.get(0))
        .unwrap();
    let types = [
        ("''", 1_i64),
        ("'no word'", 1),
        ("CAST(x'41ff' AS TEXT)", 1),
        ("'Negative'", -1),
        ("'Large'", i64::MAX),
    ];
    for (version, (name, schema)) in (1_i64..).zip(types) {
        let sql = format!(
            "INSERT INTO event_types (name, schema_version) VALUES ({name}, {schema}) RETURNING type"
        );
        let event_type: i64 = planted.query_row(&sql, [], |row| row.get(0)).unwrap();
        last += 1;
        planted
            .execute(copy, (last, key, version, event_type))
            .unwrap();
    }
    last += 1;
    planted.execute(copy, (last, key, -1, 1)).unwrap();
    drop(planted);
    let store = SqliteStore::open(&path).unwrap();
    let own = EventFilter::namespace(NamespaceName::new(mine.namespace()).unwrap());
    let all = store.read_all(GlobalPosition::START, &own, PAGE).await;
    let events = all.unwrap().events;
    let versions = events.iter().filter(|event| event.stream == mine);
    let versions: Vec<_> = versions.map(|event| event.version.get()).collect();
    assert_eq!(versions, [0, 1, 2, 3, 4, 5], "each at its place");
    assert_eq!(events.len(), 3 + 6);
    let page = store.read_stream(&mine, StreamVersion::FIRST, PAGE).await;
    assert_eq!(page.unwrap().events.len(), 6);
    let head = store.head().await.unwrap();
    let found = store.last_up_to(head, &own).await.unwrap().commit();
    assert_eq!(
        found as i64,
        last - 1,
        "what is passed over is passed over here as well"
    );
    let names = store.namespaces(PAGE).await.unwrap();
    assert!(names.iter().any(|name| name.as_str() == mine.namespace()));
    assert!(store.has_namespace(&names[0]).await.unwrap());
    // All goes on, in streams old and new.
    for name in ["a", "d", "empty", "new"] {
        let (stream, events) = (stream(name), [event(format!("more of {name}"))]);
        let appended = store.append(&stream, ExpectedVersion::Any, &events);
        appended.await.unwrap();
    }
    let page = store.read_all(head, &own, PAGE).await.unwrap();
    assert_eq!(page.events.len(), 4);
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_never_served() {
    let (_dir, store) = open();
    for name in ["first", "second", "third"] {
        file(&store, name).await.unwrap();
    }
    store.close();
    damage(store.path(), b"second", b"sEcond");
    let store = SqliteStore::open(store.path()).unwrap();
    let error = store.check().await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    let cause = error.source().unwrap().to_string();
    assert!(error.to_string().contains("event 2"), "{error}");
    assert!(cause.contains("fails its checksum"), "{cause}");
    // It is handed out with a mark, and stops nobody.
    let read = read(&store).await.unwrap();
    let kinds = read
        .iter()
        .map(|event| event.fault.as_ref().map(|it| it.kind));
    let kinds: Vec<_> = kinds.collect();
    assert_eq!(kinds, [None, Some(FaultKind::Damaged), None]);
    let sound = store
        .read_stream(&stream("third"), StreamVersion::FIRST, PAGE)
        .await
        .unwrap();
    assert_eq!(sound.events.len(), 1, "what is sound can be rescued");
}

/// Overwrites the first place in the file where the payload says `from`.
fn damage(path: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let needle = [b"{\"name\":\"", from].concat();
    let at = bytes
        .windows(needle.len())
        .position(|window| window == needle)
        .unwrap();
    bytes[at + needle.len() - from.len()..at + needle.len()].copy_from_slice(to);
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_file_cut_short_is_found() {
    let (_dir, store) = open();
    for number in 0..200 {
        file(&store, number).await.unwrap();
    }
    store.close();
    let bytes = fs::read(store.path()).unwrap();
    fs::write(store.path(), &bytes[..bytes.len() / 2]).unwrap();
    let error = match SqliteStore::open(store.path()) {
        Ok(store) => store.check().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
}

#[tokio::test]
async fn a_missing_event_is_found() {
    let (_dir, store) = open();
    for number in 0..3 {
        file(&store, number).await.unwrap();
    }
    store.close();
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    sqlite
        .execute("DELETE FROM events WHERE position = 2", [])
        .unwrap();
    drop(sqlite);
    let error = SqliteStore::open(store.path())
        .unwrap()
        .check()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("event 2 is missing"), "{error}");
}

/// Appends until the store refuses; gives back how many it took, and the refusal.
async fn fill(store: &SqliteStore) -> (usize, AppendError) {
    for number in 0..100_000 {
        if let Err(error) = file(store, number).await {
            return (number, error);
        }
    }
    panic!("the store never filled up");
}

async fn assert_full_and_whole(store: &SqliteStore) {
    let (taken, error) = fill(store).await;
    assert!(
        matches!(&error, AppendError::Store { source, .. }
        if source.kind() == StoreErrorKind::DiskFull),
        "{error:?}"
    );
    let advice = error.source().unwrap().to_string();
    assert!(advice.contains("free or add space"), "{advice}");
    assert_eq!(
        read(store).await.unwrap().len(),
        taken,
        "what was acknowledged is there"
    );
    let again = file(store, taken).await.unwrap_err();
    assert!(
        matches!(again, AppendError::Store { .. }),
        "it stays full, and says so: {again}"
    );
}

#[tokio::test]
async fn a_full_file_refuses_and_loses_nothing() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("petitions.db");
    let limit = NonZeroU64::new(300_000).unwrap();
    let store = SqliteOptions::default()
        .file_bytes_max(limit)
        .open(&path)
        .unwrap();
    assert_full_and_whole(&store).await;
    store.close();
    let store = SqliteStore::open(&path).unwrap();
    let events = read(&store).await.unwrap().len();
    let next = file(&store, "more").await.expect("there is room again");
    assert_eq!(next.position, GlobalPosition::new(events as u64 + 1));
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing() {
    let dir = tempdir().unwrap();
    let mount = |args: &[&str]| Command::new("mount").args(args).arg(dir.path()).output();
    match mount(&["-t", "tmpfs", "-o", "size=600k", "minwon-test"]) {
        Ok(output) if output.status.success() => {}
        _ => return println!("skipped: a small file system cannot be mounted here"),
    }
    let unmount = Unmount(dir.path());
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    assert_full_and_whole(&store).await;
    let taken = store.head().await.unwrap().commit();
    assert!(mount(&["-o", "remount,size=8m"]).unwrap().status.success());
    let next = file(&store, "more").await.expect("there is room again");
    assert_eq!(
        next.position,
        GlobalPosition::new(taken + 1),
        "what failed left no hole"
    );
    store.check().await.unwrap();
    store.close();
    drop(unmount);
}

struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_each_commit() {
    let (_dir, store) = open();
    let reader = SqliteStore::open_read_only(store.path()).unwrap();
    let mut feed = reader.feed(GlobalPosition::START, EventFilter::all(), PAGE);
    assert!(
        feed.next().await.unwrap().caught_up,
        "an empty store is caught up with"
    );
    for number in 0..20 {
        file(&store, number).await.unwrap();
        let batch = feed.next().await.unwrap();
        assert_eq!(batch.events.len(), 1);
        assert_eq!(batch.events[0].stream, stream(number));
    }
    let refused = file(&reader, "x").await.unwrap_err();
    assert!(matches!(refused, AppendError::Store { source, .. }
        if source.kind() == StoreErrorKind::ReadOnly));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_one_moment_of_a_store_in_use() {
    let (dir, store) = open();
    for number in 0..500 {
        file(&store, number).await.unwrap();
    }
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 500..1000 {
                file(&store, number).await.unwrap();
            }
        }
    });
    let target = dir.path().join("backup.db");
    let progress = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&progress);
    store
        .backup(&target, move |step| seen.lock().unwrap().push(step))
        .await
        .unwrap();
    writer.await.unwrap();

    let last = *progress.lock().unwrap().last().unwrap();
    assert!(
        last.bytes_done == last.bytes_total && last.bytes_total > 0,
        "{last:?}"
    );
    let copy = SqliteStore::open(&target).unwrap();
    copy.check().await.unwrap();
    let (copied, all) = (read(&copy).await.unwrap(), read(&store).await.unwrap());
    assert!(copied.len() >= 500);
    assert!(
        copied == all[..copied.len()],
        "the copy is the beginning of the log"
    );

    let refused = store.backup(&target, |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("not overwritten"), "{refused}");
    assert!(!dir.path().join("backup.db.partial").exists());
}

#[tokio::test]
async fn a_closed_store_says_so_and_keeps_what_it_took() {
    let (_dir, store) = open();
    let mut feed = store.feed(GlobalPosition::START, EventFilter::all(), PAGE);
    feed.next().await.unwrap();
    // Queued, but not waited for: closing writes it.
    let mut queued = Box::pin(file(&store, "queued"));
    assert!(futures_util::poll!(queued.as_mut()).is_pending());
    store.close();
    queued.await.expect("what was queued is written");
    let is_closed = |error: &StoreError| error.kind() == StoreErrorKind::Closed;
    assert!(is_closed(&store.head().await.unwrap_err()));
    assert!(is_closed(&feed.next().await.unwrap_err()));
    let append = file(&store, "late").await.unwrap_err();
    assert!(matches!(append, AppendError::Store { source, .. } if is_closed(&source)));
    let store = SqliteStore::open(store.path()).unwrap();
    assert_eq!(read(&store).await.unwrap().len(), 1);
}

#[tokio::test]
async fn people_can_read_the_log_with_sqlite_alone() {
    let (_dir, store) = open();
    file(&store, "seen").await.unwrap();
    let second = event("seen twice");
    let expected = ExpectedVersion::Exactly(StreamVersion::FIRST);
    store
        .append(&stream("seen"), expected, std::slice::from_ref(&second))
        .await
        .unwrap();
    let sqlite = rusqlite::Connection::open(store.path()).unwrap();
    let sql = "SELECT stream, version, event_type, event_id, payload ->> '$.name', recorded_at
               FROM event_log WHERE position = 2";
    let row: (String, u64, String, String, String, String) =
        sqlite.query_row(sql, [], |row| row.try_into()).unwrap();
    assert_eq!(
        (row.0.as_str(), row.1),
        ("general_GeneralApplication-seen", 1)
    );
    assert_eq!(row.2, "ConformanceChecked");
    assert_eq!(row.3, second.id().to_string().replace('-', ""));
    assert_eq!(row.4, "seen twice");
    assert!(row.5.starts_with("20") && row.5.ends_with('Z'), "{}", row.5);
}
