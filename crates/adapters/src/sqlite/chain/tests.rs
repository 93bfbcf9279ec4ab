use std::{error::Error as _, num::NonZeroU64};

use minwon_core::{
    AppendError, CommandId, EventStore, ExpectedVersion, GlobalPosition, LogAltered, LogDigest,
    NewEvent, StoreError, StoreErrorKind, StreamName, testing::sample_event_of,
};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use super::super::{SqliteOptions, SqliteStore, row::checksum};

fn open() -> (TempDir, SqliteStore) {
    let dir = tempdir().unwrap();
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    (dir, store)
}

fn reopen(store: &SqliteStore) -> SqliteStore {
    store.close();
    SqliteStore::open(store.path()).unwrap()
}

/// Appends some events to a stream of their own.
async fn append(store: &SqliteStore, name: &str, events: u32) -> Result<(), AppendError> {
    let stream: StreamName = format!("general_Case-{name}").parse().unwrap();
    let command = CommandId::derive(&[3; 16], name);
    let payload = format!(r#"{{"applicant":"{name}"}}"#);
    let event = |index| sample_event_of(command, index, payload.clone());
    let events: Vec<NewEvent> = (0..events).map(event).collect();
    let appended = store.append(&stream, ExpectedVersion::NoStream, &events);
    appended.await.map(drop)
}

/// Does what a person with a shell can do, who knows of the checksum.
fn forge(store: &SqliteStore, position: u64, from: &str, to: &str) {
    let file = Connection::open(store.path()).unwrap();
    let sql = "SELECT metadata, payload FROM events WHERE position = ?1";
    let (metadata, payload): (Vec<u8>, String) = file
        .query_row(sql, [position], |row| row.try_into())
        .unwrap();
    let forged = payload.replace(from, to);
    assert_ne!(forged, payload);
    let checksum = checksum(&metadata, forged.as_bytes());
    let sql = "UPDATE events SET payload = ?1, checksum = ?2 WHERE position = ?3";
    file.execute(sql, (forged, checksum, position)).unwrap();
}

fn execute(store: &SqliteStore, sql: &str) {
    Connection::open(store.path())
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

#[track_caller]
fn assert_altered<T: std::fmt::Debug>(checked: Result<T, StoreError>, expected: LogAltered) {
    let error = checked.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains("altered"), "{error}");
    let cause = error.source().unwrap().downcast_ref::<LogAltered>();
    assert_eq!(cause, Some(&expected));
}

fn at(number: u64) -> GlobalPosition {
    GlobalPosition::new(number)
}

#[tokio::test]
async fn an_event_that_was_changed_with_its_checksum_is_found() {
    let (_dir, store) = open();
    append(&store, "kim", 600).await.unwrap();
    append(&store, "lee", 600).await.unwrap();
    append(&store, "park", 3).await.unwrap();
    let store = reopen(&store);
    store.check().await.unwrap();
    for (position, after, up_to) in [(7, 0, 600), (900, 600, 1200), (1203, 1200, 1203)] {
        forge(&store, position, "applicant", "appellant");
        let (after, up_to) = (at(after), at(up_to));
        assert_altered(store.check().await, LogAltered::Changed { after, up_to });
        forge(&store, position, "appellant", "applicant");
        store.check().await.unwrap();
    }
}

#[tokio::test]
async fn one_who_writes_the_digests_anew_is_found_by_one_that_was_kept() {
    let (_dir, store) = open();
    append(&store, "kim", 2).await.unwrap();
    let kept = store.log_digest().await.unwrap();
    append(&store, "lee", 1).await.unwrap();
    let newer = store.log_digest().await.unwrap();
    store.close();
    forge(&store, 2, "kim", "lee");
    execute(&store, "DELETE FROM log_digests");
    let store = reopen(&store);
    store.check().await.unwrap();
    let checked = store.check_against([newer, kept], |_| ()).await;
    let (after, up_to) = (at(0), at(2));
    assert_altered(checked, LogAltered::Changed { after, up_to });
    // Of what came behind a digest it proves nothing.
    store.close();
    forge(&store, 2, "lee", "kim");
    forge(&store, 3, "lee", "choi");
    execute(&store, "DELETE FROM log_digests");
    let store = reopen(&store);
    store.check_against([kept], |_| ()).await.unwrap();
}

#[tokio::test]
async fn events_that_were_taken_away_are_missed_also_where_others_took_their_places() {
    let (_dir, store) = open();
    append(&store, "kim", 2).await.unwrap();
    append(&store, "lee", 2).await.unwrap();
    store.close();
    execute(&store, "DELETE FROM events WHERE position > 2");
    let store = reopen(&store);
    let (end, up_to) = (at(2), at(4));
    assert_altered(store.check().await, LogAltered::Shortened { end, up_to });
    append(&store, "choi", 1).await.unwrap();
    append(&store, "choo", 2).await.unwrap();
    let store = reopen(&store);
    let (after, up_to) = (at(0), at(4));
    assert_altered(store.check().await, LogAltered::Changed { after, up_to });
}

#[tokio::test]
async fn the_digest_is_that_of_the_committed_log() {
    let (dir, store) = open();
    assert_eq!(store.log_digest().await.unwrap(), LogDigest::START);
    append(&store, "kim", 3).await.unwrap();
    append(&store, "kim", 2).await.unwrap(); // a repeat
    append(&store, "lee", 1).await.unwrap();
    append(&store, "lee", 2).await.unwrap_err(); // a conflict
    let digest = store.log_digest().await.unwrap();
    assert_eq!(digest.position(), at(4));
    assert_eq!(store.check().await.unwrap().digest, digest);
    // A copy of one moment needs what the file lacks made up for.
    let copy = dir.path().join("copy.db");
    store.backup(&copy, |_| ()).await.unwrap();
    let copy = SqliteStore::open(copy).unwrap();
    assert_eq!(copy.log_digest().await.unwrap(), digest);
    let reading = SqliteStore::open_read_only(store.path()).unwrap();
    assert_eq!(reading.check().await.unwrap().digest, digest);
    let refused = reading.log_digest().await.unwrap_err();
    assert_eq!(refused.kind(), StoreErrorKind::ReadOnly);
    assert_eq!(reopen(&store).log_digest().await.unwrap(), digest);
}

#[tokio::test]
async fn what_was_rolled_back_is_in_no_digest() {
    let dir = tempdir().unwrap();
    let bytes_max = NonZeroU64::new(256 * 1024).unwrap();
    let options = SqliteOptions::default().file_bytes_max(bytes_max);
    let store = options.open(dir.path().join("petitions.db")).unwrap();
    let mut appends = 0;
    while append(&store, &format!("kim-{appends}"), 100).await.is_ok() {
        appends += 1;
    }
    assert!(appends > 0);
    let digest = store.log_digest().await.unwrap();
    assert_eq!(digest.position(), at(appends * 100));
    let later = store.log_digest().await.unwrap();
    assert_eq!(later, digest, "behind a commit that succeeds");
    assert_eq!(store.check().await.unwrap().digest, digest);
}

#[tokio::test]
async fn a_file_without_digests_is_made_up_for_when_it_is_opened() {
    let (_dir, store) = open();
    for number in 0..70 {
        append(&store, &number.to_string(), 1000).await.unwrap();
    }
    let digest = store.log_digest().await.unwrap();
    store.close();
    for from in [0, 20_000, 66_000] {
        execute(
            &store,
            &format!("DELETE FROM log_digests WHERE position > {from}"),
        );
        let store = reopen(&store);
        assert_eq!(store.log_digest().await.unwrap(), digest, "from {from}");
        assert_eq!(store.check().await.unwrap().digest, digest, "from {from}");
        store.close();
    }
}

/// What stands there is none, or another: the log is served all the same, and a check says so.
#[tokio::test]
async fn a_digest_that_is_damaged_stops_nobody() {
    let (_dir, store) = open();
    append(&store, "kim", 2).await.unwrap();
    for (number, junk) in ["x''", "x'00'", "zeroblob(32)"].into_iter().enumerate() {
        reopen(&store).close();
        execute(&store, &format!("UPDATE log_digests SET digest = {junk}"));
        let damaged = reopen(&store);
        let error = damaged.check().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{junk}: {error}");
        append(&damaged, &number.to_string(), 1).await.unwrap();
        damaged.close();
        execute(&store, "DELETE FROM log_digests");
    }
}
