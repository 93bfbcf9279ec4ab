//! The files of the SQLite store: one writer whatever their names are, disks that cannot be written,
//! and links and modes that others have a hand in.
#![cfg(unix)]
// Allowed in tests; clippy sees that only inside `#[test]` functions.
#![allow(clippy::unwrap_used)]

use minwon_test_panics as _;

use std::{
    env, fs,
    os::unix::fs::{MetadataExt, symlink},
    path::{Path, PathBuf},
    process::Command,
};

use minwon_adapters::sqlite::{FileAccess, SqliteOptions, SqliteStore};
use minwon_core::{
    CommandId, EventStore, ExpectedVersion, StoreError, StoreErrorKind, testing::sample_event_of,
};
use tempfile::{TempDir, tempdir};

/// The path that another process opens.
const OPENED: &str = "MINWON_TEST_OPENED";

fn open() -> (TempDir, SqliteStore) {
    let directory = tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("petitions.db")).unwrap();
    (directory, store)
}

async fn append(store: &SqliteStore, name: &str) {
    let stream = format!("general_GeneralApplication-{name}");
    let stream = stream.parse().unwrap();
    let command = CommandId::derive(&[3; 16], name);
    let event = sample_event_of(command, 0, r#"{"text":"민원 신청"}"#.to_owned());
    let events = [event];
    let appended = store.append(&stream, ExpectedVersion::NoStream, &events);
    appended.await.unwrap();
}

#[track_caller]
fn assert_refused(opened: Result<SqliteStore, StoreError>, kind: StoreErrorKind) -> String {
    let error = opened.expect_err("it should be refused");
    assert_eq!(error.kind(), kind, "{error:?}");
    error.to_string()
}

/// Opens the file for writing in a process of its own; returns what came of it.
fn open_elsewhere(path: &Path) -> String {
    let run = Command::new(env::current_exe().unwrap())
        .args(["--exact", "another_process", "--nocapture"])
        .env(OPENED, path)
        .output()
        .unwrap();
    let printed = String::from_utf8(run.stdout).unwrap();
    let line = printed.lines().find_map(|line| line.split_once("opened: "));
    line.expect("it says what came of it").1.to_owned()
}

/// Does nothing but in the process that [`open_elsewhere`] starts.
#[test]
fn another_process() {
    let Some(path) = env::var_os(OPENED) else {
        return;
    };
    match SqliteStore::open(path) {
        Ok(store) => {
            store.close();
            println!("opened: yes");
        }
        Err(error) => println!("opened: {:?}", error.kind()),
    }
}

#[test]
fn a_hard_link_has_no_second_writer() {
    let (directory, store) = open();
    let link = directory.path().join("link.db");
    fs::hard_link(store.path(), &link).unwrap();
    assert_refused(SqliteStore::open(&link), StoreErrorKind::Locked);
    assert_eq!(open_elsewhere(&link), "Locked");
    assert_eq!(open_elsewhere(store.path()), "Locked");
    store.close();
    assert_eq!(open_elsewhere(&link), "yes");
    SqliteStore::open(store.path()).expect("the lock went with the writer");
}

#[test]
fn a_file_that_is_mounted_elsewhere_has_no_second_writer() {
    let (directory, store) = open();
    let other = directory.path().join("other.db");
    fs::write(&other, "").unwrap();
    let mounted = Command::new("mount")
        .arg("--bind")
        .args([store.path(), &other])
        .output();
    if !mounted.is_ok_and(|run| run.status.success()) {
        return println!("skipped: a file cannot be mounted here");
    }
    let (here, elsewhere) = (SqliteStore::open(&other), open_elsewhere(&other));
    Command::new("umount").arg(&other).status().unwrap();
    assert_refused(here, StoreErrorKind::Locked);
    assert_eq!(elsewhere, "Locked");
}

#[test]
fn a_link_to_a_file_that_is_not_there_yet_has_one_writer() {
    let directory = tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    fs::create_dir(at("data")).unwrap();
    symlink("second.db", at("first.db")).unwrap();
    symlink("data/petitions.db", at("second.db")).unwrap();
    let store = SqliteStore::open(at("first.db")).unwrap();
    let file = at("data/petitions.db").canonicalize().unwrap();
    assert_eq!(store.path(), file);
    for name in ["first.db", "second.db", "data/../data/petitions.db"] {
        assert_refused(SqliteStore::open(at(name)), StoreErrorKind::Locked);
        assert_eq!(open_elsewhere(&at(name)), "Locked");
    }
    symlink("circle.db", at("circle.db")).unwrap();
    assert_refused(
        SqliteStore::open(at("circle.db")),
        StoreErrorKind::Misconfigured,
    );
}

#[test]
fn sqlite_reads_no_uri_and_keeps_everything() {
    for path in [":memory:", "file:w.db", "file::memory:?cache=shared"] {
        assert_refused(SqliteStore::open(path), StoreErrorKind::Misconfigured);
        assert_refused(
            SqliteStore::open_read_only(path),
            StoreErrorKind::Misconfigured,
        );
        assert!(!Path::new(path).exists());
    }
    let directory = tempdir().unwrap();
    for name in [":memory:", "file:w.db", "w.db?mode=ro", "ä %41#.db"] {
        let path = directory.path().join(name);
        SqliteStore::open(&path).unwrap().close();
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

/// SQLite's locks are gone once its process closes any descriptor of the file. Who comes next would
/// take the write-ahead log away from under the reader.
#[tokio::test]
async fn a_writer_that_closes_leaves_the_locks_of_readers_beside_it() {
    let (_directory, store) = open();
    append(&store, "a").await;
    let reader = SqliteStore::open_read_only(store.path()).unwrap();
    let path = store.path().to_owned();
    let inode = format!(":{} ", fs::metadata(&path).unwrap().ino());
    let has_lock = || {
        let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
        let mut locks = locks.lines();
        locks.any(|lock| lock.contains("POSIX") && lock.contains(&inode))
    };
    let before = has_lock();
    assert!(before || !cfg!(target_os = "linux"));
    store.close();
    drop(store);
    assert_eq!(has_lock(), before, "the reader is without its lock");
    assert_eq!(reader.head().await.unwrap().commit(), 1);
    drop(reader);
    assert!(!has_lock());
}

/// A store that was closed and is dropped later gives up nothing of its successor.
#[test]
fn a_closed_store_unlocks_once() {
    let (_directory, store) = open();
    store.close();
    let next = SqliteStore::open(store.path()).unwrap();
    drop(store);
    assert_refused(SqliteStore::open(next.path()), StoreErrorKind::Locked);
    assert_eq!(open_elsewhere(next.path()), "Locked");
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A file system of its own, where one can be mounted.
struct Mounted(TempDir);

impl Mounted {
    fn new() -> Option<Self> {
        let mounted = Self(tempdir().unwrap());
        mounted
            .mount(&["-t", "tmpfs", "minwon-test"])
            .then_some(mounted)
    }

    fn mount(&self, args: &[&str]) -> bool {
        let run = Command::new("mount").args(args).arg(self.0.path()).output();
        run.is_ok_and(|run| run.status.success())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_read_only_disk_is_read_or_says_that_it_is_one() {
    let Some(disk) = Mounted::new() else {
        return println!("skipped: a file system cannot be mounted here");
    };
    // A name that is none in a URI.
    let path = disk.0.path().join("pe ti?ti#ons%41.db");
    let store = SqliteStore::open(&path).unwrap();
    append(&store, "a").await;
    let with_log = disk.0.path().join("with_log.db");
    fs::copy(&path, &with_log).unwrap();
    fs::copy(beside(&path, "-wal"), beside(&with_log, "-wal")).unwrap();
    store.close();
    drop(store);
    for ending in ["-wal", "-shm"] {
        // Whether they stay depends on whose connection was the last.
        let removed = fs::remove_file(beside(&path, ending));
        assert!(removed.is_ok() || !beside(&path, ending).exists());
    }
    assert!(disk.mount(&["-o", "remount,ro"]));
    let store = SqliteStore::open_read_only(&path).unwrap();
    assert_eq!(store.head().await.unwrap().commit(), 1);
    assert_eq!(store.check().await.unwrap().events, 1);
    assert_refused(SqliteStore::open(&path), StoreErrorKind::ReadOnly);
    let missing = disk.0.path().join("missing.db");
    assert_refused(SqliteStore::open(&missing), StoreErrorKind::ReadOnly);
    let missing = SqliteStore::open_read_only(&missing);
    assert_refused(missing, StoreErrorKind::NotFound);
    // What stands in the log counts, so it is not passed over.
    let says = assert_refused(
        SqliteStore::open_read_only(&with_log),
        StoreErrorKind::ReadOnly,
    );
    assert!(says.contains("write-ahead log"), "{says}");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o777
}

#[tokio::test]
async fn what_is_made_is_for_its_owner_or_for_the_group_that_was_named() {
    for (access, expected) in [
        (FileAccess::Owner, 0o600),
        (FileAccess::GroupReads, 0o640),
        (FileAccess::GroupWrites, 0o660),
    ] {
        let directory = tempdir().unwrap();
        let path = directory.path().join("petitions.db");
        let store = SqliteOptions::default().file_access(access).open(&path);
        let store = store.unwrap();
        append(&store, "a").await;
        let target = directory.path().join("backup.db");
        store.backup(&target, |_| {}).await.unwrap();
        for ending in ["", "-wal", "-shm", ".writer"] {
            assert_eq!(
                mode(&beside(&path, ending)),
                expected,
                "{access:?} {ending}"
            );
        }
        assert_eq!(mode(&target), expected, "{access:?} backup");
    }
}

#[test]
fn a_planted_link_is_not_followed() {
    let directory = tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    let path = at("petitions.db");
    fs::write(at("victim"), "precious").unwrap();
    type Plant = fn(PathBuf, PathBuf) -> std::io::Result<()>;
    let plants: [Plant; 2] = [
        |from, to| symlink(from, to),
        |from, to| fs::hard_link(from, to),
    ];
    for plant in plants {
        plant(at("victim"), at("petitions.db.writer")).unwrap();
        let says = assert_refused(SqliteStore::open(&path), StoreErrorKind::Misconfigured);
        assert!(says.contains("petitions.db.writer"), "{says}");
        assert_eq!(fs::read(at("victim")).unwrap(), b"precious");
        fs::remove_file(at("petitions.db.writer")).unwrap();
    }
    for ending in ["-wal", "-shm"] {
        symlink(at("new"), beside(&path, ending)).unwrap();
        SqliteStore::open(&path).expect_err("a link stands in its place");
        assert!(!at("new").exists(), "{ending}");
        fs::remove_file(beside(&path, ending)).unwrap();
    }
    SqliteStore::open(&path).unwrap();
}

#[tokio::test]
async fn a_backup_overwrites_nothing_that_appears_meanwhile() {
    let (directory, store) = open();
    append(&store, "a").await;
    let at = |name: &str| directory.path().join(name);
    let target = at("backup.db");
    let appears = target.clone();
    let backup = store.backup(&target, move |_| fs::write(&appears, "precious").unwrap());
    let error = backup.await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly);
    assert!(error.to_string().contains("not overwritten"), "{error}");
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert!(!at("backup.db.partial").exists());
    symlink(at("new"), at("dangling.db")).unwrap();
    let error = store.backup(at("dangling.db"), |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::ReadOnly, "{error}");
    assert!(!at("new").exists());
    // What a backup left that was killed is no obstacle; a link is.
    fs::write(at("next.db.partial"), "half").unwrap();
    store.backup(at("next.db"), |_| {}).await.unwrap();
    symlink(&target, at("last.db.partial")).unwrap();
    let error = store.backup(at("last.db"), |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Misconfigured, "{error}");
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}
