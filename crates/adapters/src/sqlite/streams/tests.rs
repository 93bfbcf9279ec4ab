use std::{
    collections::BTreeMap,
    num::{NonZeroU32, NonZeroU64},
};

use minwon_core::{
    AppendError, CommandId, EventFilter, EventStore, ExpectedVersion, GlobalPosition, StreamName,
    StreamVersion, testing::sample_event_of,
};
use rusqlite::Connection;
use tempfile::{TempDir, tempdir};

use super::{
    super::{SqliteOptions, SqliteStore},
    BEHIND_MAX,
};

const PAGE: NonZeroU32 = NonZeroU32::new(7).expect("not 0");

fn open() -> (TempDir, SqliteStore) {
    let dir = tempdir().unwrap();
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    (dir, store)
}

fn stream(number: usize) -> StreamName {
    format!("general_Case-{number}").parse().unwrap()
}

/// Appends so many events, a few at a time, to streams in turn.
async fn write(store: &SqliteStore, run: &str, events: usize) {
    let mut written = 0;
    for turn in 0.. {
        let command = CommandId::derive(&[5; 16], format!("{run} {turn}"));
        let some = 1 + turn % 30;
        let some: Vec<_> = (0..some as u32)
            .map(|index| sample_event_of(command, index, "{}"))
            .collect();
        written += some.len();
        let stream = stream(turn % 40);
        let appended = store.append(&stream, ExpectedVersion::Any, &some);
        appended.await.unwrap();
        if written >= events {
            return;
        }
    }
}

/// Every stream, read page by page, is what the log has of it.
async fn assert_streams_are_those_of_the_log(store: &SqliteStore) {
    let mut streams = BTreeMap::<_, Vec<_>>::new();
    let all = EventFilter::all();
    let many = NonZeroU32::new(1_000).unwrap();
    let mut after = GlobalPosition::START;
    loop {
        let page = store.read_all(after, &all, many).await.unwrap();
        for event in page.events {
            streams.entry(event.stream.clone()).or_default().push(event);
        }
        after = page.position;
        if page.is_end {
            break;
        }
    }
    assert_eq!(streams.len(), 40);
    for (name, events) in streams {
        let (mut from, mut read) = (StreamVersion::FIRST, Vec::new());
        loop {
            let page = store.read_stream(&name, from, PAGE).await.unwrap();
            read.extend(page.events);
            if page.is_end {
                break;
            }
            from = StreamVersion::new(read.len() as u64);
        }
        assert_eq!(read, events, "{name}");
    }
}

fn execute(store: &SqliteStore, sql: &str) -> usize {
    let file = Connection::open(store.path()).unwrap();
    file.execute(sql, []).unwrap()
}

fn written_up_to(store: &SqliteStore) -> usize {
    let file = Connection::open(store.path()).unwrap();
    let written = super::written_up_to(&file).unwrap();
    usize::try_from(written).unwrap()
}

#[tokio::test]
async fn streams_are_those_of_the_log_wherever_the_table_ends() {
    let (_dir, store) = open();
    write(&store, "few", 600).await;
    let beside = SqliteStore::open_read_only(store.path()).unwrap();
    assert_eq!(
        written_up_to(&store),
        0,
        "few events cost the table nothing"
    );
    assert_streams_are_those_of_the_log(&store).await;
    assert_streams_are_those_of_the_log(&beside).await;
    write(&store, "more", BEHIND_MAX).await;
    let up_to = written_up_to(&store);
    assert!(up_to >= BEHIND_MAX, "{up_to}");
    write(&store, "and more", 50).await;
    assert_eq!(written_up_to(&store), up_to);
    // A reader goes on from what it knew before the table was written.
    assert_streams_are_those_of_the_log(&beside).await;
    assert_streams_are_those_of_the_log(&store).await;
    store.check().await.unwrap();
    store.close();
    let store = SqliteStore::open(store.path()).unwrap();
    assert!(written_up_to(&store) > up_to, "closing writes the rest");
    assert_streams_are_those_of_the_log(&store).await;
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_table_that_lacks_events_is_made_up_for_when_the_file_is_opened() {
    let (_dir, store) = open();
    write(&store, "all", 2 * BEHIND_MAX).await;
    store.close();
    for end in ["0", "700", "-1", "1 << 40"] {
        let sql = format!("UPDATE stream_events_end SET position = {end}");
        assert_eq!(execute(&store, &sql), 1);
        execute(&store, "DELETE FROM stream_events WHERE position > 700");
        let store = SqliteStore::open(store.path()).unwrap();
        assert_streams_are_those_of_the_log(&store).await;
        store.check().await.unwrap();
        store.close();
    }
}

#[tokio::test]
async fn a_stream_goes_on_and_its_repeats_are_known_from_table_and_tail() {
    let (dir, mut store) = open();
    for part in 0..3_u64 {
        let events = |label: &str| {
            let command = CommandId::derive(&[6; 16], format!("{label} {part}"));
            [0, 1].map(|index| sample_event_of(command, index, "{}"))
        };
        let last = (2 * part).checked_sub(1).map(StreamVersion::new);
        for (expected, is_known) in [
            (ExpectedVersion::Any, false),
            (ExpectedVersion::Any, true),
            (ExpectedVersion::of(last), true),
        ] {
            let appended = store.append(&stream(0), expected, &events("same")).await;
            let appended = appended.unwrap();
            assert_eq!(appended.repeated, is_known, "part {part}");
            assert_eq!(appended.version.get(), 2 * part + 1);
            // A copy of one moment has in the log what its table lacks.
            let copy = dir
                .path()
                .join(format!("{part} {is_known} {expected:?}.db"));
            store.backup(&copy, |_| ()).await.unwrap();
            let copy = SqliteStore::open(copy).unwrap();
            let (stream, events) = (stream(0), events("next"));
            let next = copy.append(&stream, ExpectedVersion::Any, &events);
            assert_eq!(next.await.unwrap().version.get(), 2 * part + 3);
            if is_known {
                store.close();
                store = SqliteStore::open(store.path()).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn what_was_rolled_back_is_in_no_stream() {
    let dir = tempdir().unwrap();
    let bytes_max = NonZeroU64::new(256 * 1024).unwrap();
    let options = SqliteOptions::default().file_bytes_max(bytes_max);
    let store = options.open(dir.path().join("petitions.db")).unwrap();
    let (name, mut last) = (stream(0), None);
    let some = |last: Option<StreamVersion>, events| {
        let command = CommandId::derive(&[7; 16], format!("{last:?} {events}"));
        (0..events)
            .map(|index| sample_event_of(command, index, "{}"))
            .collect::<Vec<_>>()
    };
    let full = loop {
        let events = some(last, 100);
        match store
            .append(&name, ExpectedVersion::of(last), &events)
            .await
        {
            Ok(appended) => last = Some(appended.version),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, AppendError::Store { .. }), "{full:?}");
    let events = some(last, 1);
    let next = store.append(&name, ExpectedVersion::of(last), &events);
    let next = next.await;
    let is_where_it_was = !matches!(next, Err(AppendError::Conflict { .. }));
    assert!(is_where_it_was, "{next:?}");
}

#[tokio::test]
async fn a_table_that_does_not_fit_the_log_is_found() {
    let (_dir, store) = open();
    write(&store, "all", 600).await;
    store.close();
    let file = std::fs::read(store.path()).unwrap();
    for (sql, says) in [
        (
            "DELETE FROM stream_events WHERE position = 17",
            "event 17 is missing in its stream",
        ),
        (
            "UPDATE stream_events SET position = 18 WHERE position = 17",
            "event 17 is missing",
        ),
        (
            "INSERT INTO stream_events VALUES (1, 999, 17)",
            "has event 17, which is not of it",
        ),
    ] {
        assert_eq!(execute(&store, sql), 1);
        let opened = SqliteStore::open(store.path()).unwrap();
        let error = opened.check().await.unwrap_err().to_string();
        assert!(error.contains(says), "{sql}: {error}");
        opened.close();
        std::fs::write(store.path(), &file).unwrap();
    }
}

/// A row of another stream is no event of this one, also where no checksum tells.
#[tokio::test]
async fn an_event_in_the_place_of_another_is_marked() {
    let (_dir, store) = open();
    write(&store, "all", 600).await;
    store.close();
    let file = Connection::open(store.path()).unwrap();
    let metadata_alone = |position: i64| {
        let sql = "SELECT metadata, payload FROM events WHERE position = ?1";
        let (metadata, payload): (Vec<u8>, String) = file
            .query_row(sql, [position], |row| row.try_into())
            .unwrap();
        super::super::row::checksum(&metadata, payload.as_bytes())
    };
    // As earlier programs wrote it.
    let sql = "UPDATE events SET checksum = ?1 WHERE position = 2";
    assert_eq!(file.execute(sql, [metadata_alone(2)]).unwrap(), 1);
    let sql = "UPDATE stream_events SET position = 2 WHERE stream = 1 AND version = 0";
    assert_eq!(file.execute(sql, []).unwrap(), 1);
    drop(file);
    let store = SqliteStore::open(store.path()).unwrap();
    let page = store
        .read_stream(&stream(0), StreamVersion::FIRST, PAGE)
        .await;
    let events = page.unwrap().events;
    assert!(events[0].fault.is_some(), "{:?}", events[0]);
    assert!(events[1].fault.is_none(), "{:?}", events[1]);
}
