//! The SQLite store on a disk that loses power, tears pages and fails syncs: nothing acknowledged is lost,
//! nothing torn is served, and nothing that was refused appears.
//!
//! `MINWON_POWER_CUTS` sets how often power is lost (default 300), `MINWON_POWER_SEED` which world comes
//! first. A seed repeats what is asked, the faults and the step of each cut; how many callers share a commit
//! is left to the threads of the store.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use minwon_test_panics as _;

#[path = "power_loss/book.rs"]
mod book;
#[path = "power_loss/world.rs"]
mod world;

use std::{
    collections::BTreeMap,
    env,
    num::NonZeroUsize,
    ops::Range,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use minwon_adapters::sqlite::{SqliteOptions, SqliteStore};
use minwon_core::{
    AppendError, CommandId, EventStore, ExpectedVersion, StoreError, StoreErrorKind, StreamName,
    testing::sample_event_of,
};
use minwon_power_loss::{Disk, Faults, Step};
use rusqlite::config::DbConfig;

use self::world::{Tally, World};

/// How often power is lost in one world, which is one store from its making on. Unit: cuts.
const CUTS_PER_WORLD: u64 = 12;

const SOME: Faults = Faults {
    failed_log_syncs: 15,
    failed_database_syncs: 150,
    full_writes: 2,
    lies: false,
};

fn env_number(name: &str, default: u64) -> u64 {
    let text = env::var(name).ok();
    text.map_or(default, |text| text.parse().expect(name))
}

/// Opens a store whose every write meets the disk.
fn open(disk: &Disk, path: &Path) -> Result<SqliteStore, StoreError> {
    let disk = disk.clone();
    let options = SqliteOptions::default().readers(NonZeroUsize::MIN);
    options.rewrite_log(move |log| disk.rewrite(log)).open(path)
}

/// Runs one world. Returns what came about, or the finding.
fn run(seed: u64, faults: Faults) -> Result<Tally, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut world = World::new(seed, faults);
    let outcome = runtime.block_on(world.live(CUTS_PER_WORLD));
    outcome.map_err(|finding| format!("MINWON_POWER_SEED={seed}: {finding}"))?;
    Ok(world.tally)
}

#[test]
fn whatever_power_loss_leaves_is_the_log_that_was_acknowledged() {
    let cuts = env_number("MINWON_POWER_CUTS", 300);
    let first = env_number("MINWON_POWER_SEED", 1);
    let worlds = cuts.div_ceil(CUTS_PER_WORLD);
    let next = AtomicU64::new(first);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + worlds {
                return tally;
            }
            tally += run(seed, SOME).unwrap();
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let tally = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut tally = Tally::default();
        for thread in threads {
            tally += thread.join().unwrap();
        }
        tally
    });
    println!("{worlds} worlds from seed {first}: {tally:#?}");
    assert!(tally.cuts >= cuts);
    if cuts >= 300 {
        // Where it was cut is chance, but not of that many.
        let at = |step| tally.cut_at.get(&Some(step)).copied().unwrap_or(0);
        for step in [
            Step::Create,
            Step::WriteLog,
            Step::WriteDatabase,
            Step::SyncLog,
            Step::SyncDatabase,
        ] {
            assert!(at(step) > 0, "power was never lost at {step:?}");
        }
        assert!(
            tally.cut_at.contains_key(&None),
            "power was never lost at rest"
        );
        for (what, count) in [
            ("a sync failed", tally.syncs_failed),
            ("the disk was full", tally.writes_refused),
            ("a piece was lost", tally.loss.pieces_lost),
            ("a piece was torn", tally.loss.pieces_torn),
            ("a name was lost", tally.loss.names_lost),
            (
                "an append of unknown outcome was there",
                tally.unknown_there,
            ),
            (
                "an append of unknown outcome was not there",
                tally.unknown_absent,
            ),
        ] {
            assert!(count > 0, "never: {what}");
        }
    }
}

/// SQLite says of a change to a write-ahead log that it is made before it is on the disk; where that fails,
/// it says nothing more. A store without that log lost what it had acknowledged: seed 1000 found it.
#[tokio::test]
async fn a_store_whose_making_met_a_failed_sync_has_its_write_ahead_log() {
    let mut refused = 0;
    for syncs in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::mount(directory.path(), syncs).unwrap();
        let path = directory.path().join("petitions.db");
        disk.fail_sync_after(syncs, None);
        let store = open(&disk, &path).or_else(|error| {
            assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error:?}");
            refused += 1;
            open(&disk, &path)
        });
        let store = store.unwrap();
        let beside = rusqlite::Connection::open(&path).unwrap();
        let mode: String = beside
            .pragma_query_value(None, "journal_mode", |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal", "after {syncs} syncs");
        drop(beside);
        store.close();
    }
    assert!(refused > 0, "no opening met the failed sync");
}

/// A connection that is left keeps in memory what the next opening has to find out anew.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_opening_that_fails_leaves_no_connection_behind() {
    let directory = tempfile::tempdir().unwrap();
    let disk = Disk::mount(directory.path(), 1).unwrap();
    let path = directory.path().join("petitions.db");
    let store = open(&disk, &path).unwrap();
    append(&store, 0..600).await.unwrap();
    store.close();
    // What the next opening has to write.
    let beside = rusqlite::Connection::open(&path).unwrap();
    let forget = "DELETE FROM namespace_log; UPDATE namespace_log_end SET position = 0";
    beside.execute_batch(forget).unwrap();
    drop(beside);
    for _ in 0..20 {
        disk.fail_sync_after(0, Some(Step::SyncLog));
        let error = open(&disk, &path).unwrap_err();
        let files = std::fs::read_dir("/proc/self/fd").unwrap();
        let files = files.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok());
        let left: Vec<_> = files
            .filter(|file| file.starts_with(directory.path()))
            .collect();
        assert!(left.is_empty(), "{left:?} after {error:?}");
    }
    open(&disk, &path).unwrap();
}

/// While somebody reads, a part of the log is written back without a sync of its own. SQLite counts it as
/// done; where the next sync fails, Linux forgets it; and the next log would overwrite the only copy.
#[tokio::test]
async fn a_sync_that_fails_after_a_part_of_the_log_was_written_back_loses_nothing() {
    for seed in 0..8 {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::mount(directory.path(), seed).unwrap();
        let path = directory.path().join("petitions.db");
        let mut store = open(&disk, &path).unwrap();
        append(&store, 0..60).await.unwrap();
        let reader = rusqlite::Connection::open(&path).unwrap();
        let begin = "BEGIN; SELECT count(*) FROM events";
        reader.execute_batch(begin).unwrap();
        append(&store, 60..360).await.unwrap();
        reader.execute_batch("ROLLBACK").unwrap();
        drop(reader);
        disk.fail_sync_after(0, Some(Step::SyncDatabase));
        // That sync comes after the answer to a commit.
        let mut events = 360;
        let stopped = loop {
            assert!(events < 1000, "nobody heard of the failed sync");
            match append(&store, events..events + 1).await {
                Ok(()) => events += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(stopped, AppendError::Store { .. }), "{stopped:?}");
        assert_eq!(disk.faults_seen().0, 1);
        store.close();
        if seed % 2 == 0 {
            // Opened anew, it makes good for it.
            store = open(&disk, &path).unwrap();
            append(&store, events..events + 1).await.unwrap();
            events += 1;
            store.close();
        }
        disk.cut();
        disk.restore().unwrap();
        store = open(&disk, &path).unwrap();
        let report = store.check().await.unwrap();
        assert_eq!(report.events, events, "seed {seed}");
    }
}

/// What a failed sync left can be read until the system is started anew, and an opening takes it for
/// committed: what comes behind it was lost with it.
#[tokio::test]
async fn nothing_is_built_on_what_a_failed_sync_left() {
    for seed in 0..8 {
        let directory = tempfile::tempdir().unwrap();
        let disk = Disk::mount(directory.path(), seed).unwrap();
        let path = directory.path().join("petitions.db");
        let open = || open(&disk, &path).unwrap();
        let store = open();
        append(&store, 0..3).await.unwrap();
        // So that the log is still there when the store is closed.
        let beside = rusqlite::Connection::open(&path).unwrap();
        let no_checkpoint = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        beside.set_db_config(no_checkpoint, true).unwrap();
        beside.execute_batch("SELECT count(*) FROM events").unwrap();
        disk.fail_sync_after(0, Some(Step::SyncLog));
        store.close();
        drop(beside);
        assert_eq!(disk.faults_seen().0, 1);
        let store = open();
        append(&store, 3..4).await.unwrap();
        disk.cut();
        store.close();
        disk.restore().unwrap();
        let events = open().check().await.unwrap().events;
        assert_eq!(events, 4, "seed {seed}");
    }
}

async fn append(store: &SqliteStore, events: Range<u64>) -> Result<(), AppendError> {
    for number in events {
        let stream: StreamName = format!("general_Power-{number}").parse().unwrap();
        let payload = format!("\"{}\"", "x".repeat(3000));
        let command = CommandId::derive(&[7; 16], number.to_string());
        let event = sample_event_of(command, 0, payload);
        store
            .append(&stream, ExpectedVersion::NoStream, &[event])
            .await?;
    }
    Ok(())
}

/// The wrong disk, which shows that the test above can fail.
#[test]
fn a_disk_that_only_says_that_it_synced_is_noticed() {
    let lies = Faults { lies: true, ..SOME };
    let findings = (1..=5).filter_map(|seed| run(seed, lies).err());
    let findings: Vec<_> = findings.collect();
    assert!(!findings.is_empty(), "nobody noticed");
    println!("{findings:#?}");
}

/// Not only when all is lost: each cut is counted once.
#[test]
fn tallies_add_up() {
    let mut sum = Tally::default();
    let one = Tally {
        cuts: 1,
        cut_at: BTreeMap::from([(Some(Step::Delete), 1)]),
        ..Tally::default()
    };
    sum += one.clone();
    sum += one;
    assert_eq!(sum.cuts, 2);
    assert_eq!(sum.cut_at[&Some(Step::Delete)], 2);
}
