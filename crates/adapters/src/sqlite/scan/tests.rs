use std::path::Path;

use minwon_core::{
    CommandId, EventStore, ExpectedVersion::Any, NamespaceName, NewEvent, RecordedEvent,
    testing::sample_event_of,
};
use rusqlite::StatementStatus;
use tempfile::TempDir;

use super::{super::SqliteStore, *};

fn events(label: &str, count: u32) -> Vec<NewEvent> {
    let command = CommandId::derive(&[5; 16], label);
    (0..count)
        .map(|index| sample_event_of(command, index, "{}".to_owned()))
        .collect()
}

async fn append(store: &SqliteStore, stream: &str, label: &str, count: u32) {
    let stream = stream.parse().unwrap();
    let events = events(label, count);
    store.append(&stream, Any, &events).await.unwrap();
}

fn filter(namespace: &str) -> EventFilter {
    EventFilter::namespace(NamespaceName::new(namespace).unwrap())
}

fn open() -> (TempDir, SqliteStore) {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path().join("petitions.db")).unwrap();
    (dir, store)
}

fn positions(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.commit()).collect()
}

/// The steps that SQLite's machine took for all that `reader` selected from the log.
fn steps(reader: &Reader) -> i32 {
    [OWN, ALL, OWN_BACKWARDS, ALL_BACKWARDS]
        .iter()
        .map(|sql| {
            let statement = reader.connection.prepare_cached(sql).unwrap();
            statement.get_status(StatementStatus::VmStep)
        })
        .sum()
}

/// Steps to find own events that stand before and behind `foreign` events.
async fn steps_among(foreign: u32) -> i32 {
    let (_dir, store) = open();
    append(&store, "own_Case-1", "before", 3).await;
    for part in 0..foreign / 1000 {
        append(&store, "other_Case-1", &format!("part {part}"), 1000).await;
    }
    append(&store, "own_Case-1", "behind", 2).await;
    append(&store, "other_Case-1", "last", foreign / 20).await;
    let mut reader = Reader::open(store.path()).unwrap();
    let (filter, one) = (filter("own"), NonZeroU32::MIN);
    let head = u64::from(foreign + 5 + foreign / 20);
    let page = reader
        .read_all(GlobalPosition::new(3), &filter, one)
        .unwrap();
    assert_eq!(positions(&page.events), [u64::from(foreign) + 4]);
    let last = reader
        .last_up_to(GlobalPosition::new(head), &filter)
        .unwrap();
    assert_eq!(last.commit(), u64::from(foreign) + 5);
    let before = GlobalPosition::new(u64::from(foreign) + 3);
    assert_eq!(reader.last_up_to(before, &filter).unwrap().commit(), 3);
    let end = reader.read_all(last, &filter, one).unwrap();
    assert!(end.is_end && end.events.is_empty());
    assert_eq!(end.position.commit(), head);
    steps(&reader)
}

#[tokio::test]
async fn what_others_wrote_is_not_looked_at() {
    let (few, many) = (steps_among(2_000).await, steps_among(40_000).await);
    // Only what has no run yet is looked through, and that is bounded.
    assert!(
        many < few + 8_000,
        "{few} steps among 2,000, {many} among 40,000"
    );
}

#[tokio::test]
async fn sqlite_sorts_nothing_to_read_the_log() {
    let (_dir, store) = open();
    let reader = Reader::open(store.path()).unwrap();
    for sql in [OWN, ALL, OWN_BACKWARDS, ALL_BACKWARDS] {
        let sql = sql.replace("?1", "1").replace("?2", "2");
        let sql = sql.replace("?3", "3");
        let explained = format!("EXPLAIN QUERY PLAN {sql}");
        let mut statement = reader.connection.prepare(&explained).unwrap();
        let plan = statement
            .query_map([], |row| row.get::<_, String>(3))
            .unwrap();
        let plan: Vec<_> = plan.map(Result::unwrap).collect();
        assert!(
            plan.iter().all(|step| !step.contains("TEMP B-TREE")),
            "{plan:?}"
        );
    }
}

/// Reads in pages of `events_max` what `filter` admits.
fn read_on(reader: &mut Reader, filter: &EventFilter, events_max: u32) -> Vec<RecordedEvent> {
    let (mut after, mut events) = (GlobalPosition::START, Vec::new());
    loop {
        let most = NonZeroU32::new(events_max).unwrap();
        let page = reader.read_all(after, filter, most).unwrap();
        (after, _) = (page.position, events.extend(page.events));
        if page.is_end {
            return events;
        }
    }
}

/// Whatever the file knows of the order of a namespace, its pages are what a scan of all finds.
fn assert_reads_as_a_scan(path: &Path, namespaces: &[&str]) {
    let mut reader = Reader::open(path).unwrap();
    let all = read_on(&mut reader, &EventFilter::all(), 1000);
    for namespace in namespaces {
        let filter = filter(namespace);
        let mut wanted = all.clone();
        wanted.retain(|event| filter.admits(&event.stream));
        for events_max in [1, 7, 5000] {
            let found = read_on(&mut reader, &filter, events_max);
            assert_eq!(
                positions(&found),
                positions(&wanted),
                "{namespace} by {events_max}"
            );
        }
        let mut last = GlobalPosition::START;
        let mut own = wanted.iter().map(|event| event.position).peekable();
        for at in (0..=all.len() as u64).map(GlobalPosition::new) {
            last = own.next_if(|position| *position <= at).unwrap_or(last);
            assert_eq!(
                reader.last_up_to(at, &filter).unwrap(),
                last,
                "{namespace} up to {at}"
            );
        }
    }
}

const NAMESPACES: [&str; 4] = ["car", "carp", "general", "nobody"];

async fn write_in_turn(store: &SqliteStore, rounds: u32, run: u32) {
    for round in 0..rounds {
        let namespace = NAMESPACES[(round % 3) as usize];
        let stream = format!("{namespace}_Case-{}", round % 5);
        append(
            store,
            &stream,
            &format!("{rounds} {round}"),
            1 + round % run,
        )
        .await;
    }
}

#[tokio::test]
async fn each_namespace_reads_as_a_scan_of_all_finds_it() {
    let (_dir, store) = open();
    for rounds in [10, 400, 90, 300] {
        write_in_turn(&store, rounds, 9).await;
        assert_reads_as_a_scan(store.path(), &NAMESPACES);
    }
    store.check().await.unwrap();
    store.close();
    let store = SqliteStore::open(store.path()).unwrap();
    write_in_turn(&store, 50, 3).await;
    assert_reads_as_a_scan(store.path(), &NAMESPACES);
    store.check().await.unwrap();
}

/// Events that an older program, or a person with a shell, appended.
#[tokio::test]
async fn a_file_without_the_order_is_made_up_for_when_it_is_opened() {
    let (_dir, store) = open();
    write_in_turn(&store, 700, 5).await;
    store.close();
    for kept in [0, 1, 600] {
        let sqlite = Connection::open(store.path()).unwrap();
        let forget = format!(
            "DELETE FROM namespace_log WHERE first > {kept};
             UPDATE namespace_log SET last = min(last, {kept});
             UPDATE namespace_log_end SET position = {kept};"
        );
        sqlite.execute_batch(&forget).unwrap();
        assert_reads_as_a_scan(store.path(), &["car"]);
        let again = SqliteStore::open(store.path()).unwrap();
        assert_reads_as_a_scan(store.path(), &NAMESPACES);
        again.check().await.unwrap();
        let (up_to, head): (i64, i64) = sqlite
            .query_row(
                "SELECT n.position, (SELECT max(position) FROM events) FROM namespace_log_end n",
                [],
                |row| row.try_into(),
            )
            .unwrap();
        assert!(head - up_to <= 512, "{up_to} of {head}");
        again.close();
    }
}

#[tokio::test]
async fn an_event_that_is_missing_in_its_order_is_found() {
    let (_dir, store) = open();
    write_in_turn(&store, 400, 9).await;
    store.close();
    let sqlite = Connection::open(store.path()).unwrap();
    let sql = "UPDATE namespace_log SET last = last - 1 WHERE first = 2";
    assert_eq!(sqlite.execute(sql, []).unwrap(), 1);
    drop(sqlite);
    let error = SqliteStore::open(store.path())
        .unwrap()
        .check()
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("in the order of its namespace"),
        "{error}"
    );
}

/// Written by a hand that is not ours, in streams and under types whose names break every rule.
#[tokio::test]
async fn names_that_are_none_stop_no_namespace() {
    let (_dir, store) = open();
    append(&store, "general_Case-1", "before", 2).await;
    let sqlite = Connection::open(store.path()).unwrap();
    let junk = "INSERT INTO streams VALUES (100, 'general_Case-'), (101, 'no name');
         INSERT INTO event_types VALUES (100, '', 1);
         INSERT INTO events SELECT 3, 100, 0, type, recorded_at, checksum, metadata, payload
             FROM events WHERE position = 1;
         INSERT INTO events SELECT 4, 101, 0, type, recorded_at, checksum, metadata, payload
             FROM events WHERE position = 1;
         INSERT INTO events SELECT 5, 900, 0, type, recorded_at, checksum, metadata, payload
             FROM events WHERE position = 1;
         INSERT INTO events SELECT 6, 1, 2, 100, recorded_at, checksum, metadata, payload
             FROM events WHERE position = 1;";
    sqlite.execute_batch(junk).unwrap();
    store.close();
    let store = SqliteStore::open(store.path()).unwrap();
    append(&store, "general_Case-2", "behind", 1).await;
    append(&store, "car_Case-1", "other", 1).await;
    let mut reader = Reader::open(store.path()).unwrap();
    let own = read_on(&mut reader, &filter("general"), 2);
    assert_eq!(positions(&own), [1, 2, 6, 7]);
    assert_eq!(own[2].event_type.as_str(), "Unreadable");
    assert_eq!(positions(&read_on(&mut reader, &filter("car"), 2)), [8]);
    let last = reader.last_up_to(GlobalPosition::new(6), &filter("general"));
    assert_eq!(last.unwrap(), GlobalPosition::new(6));
    store.check().await.unwrap_err();
}
