//! Telling feeds, in this process and in others, that the log has grown.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use minwon_core::StoreError;
use notify::{RecursiveMode, Watcher};
use tokio::sync::watch;

use super::{
    error::{io_error, store_error},
    reader::open_read_only,
};

/// How a writer announces news: to this process through `changes`, to others by touching the signal
/// file.
pub(super) struct Announcer {
    pub(super) changes: watch::Sender<u64>,
    pub(super) signal: File,
}

impl Announcer {
    pub(super) fn announce(&mut self) {
        self.changes.send_modify(|count| *count += 1);
        // Others watch for a write to this file. If it fails they still look once a second.
        let touched = self.signal.seek(SeekFrom::Start(SIGNAL_AT));
        if let Err(error) = touched.and_then(|_| self.signal.write_all(b".")) {
            tracing::debug!(%error, "feeds in other processes will be late");
        }
    }
}

/// Where in the lock file the writer leaves its mark, behind its process id.
const SIGNAL_AT: u64 = 32;

/// How often a follower looks by itself, for file systems that do not report changes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Listens for the writer in another process until it is dropped.
#[derive(Debug)]
pub(super) struct Listener {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// Delivers the events of the file system while it lives.
    _watcher: Option<notify::RecommendedWatcher>,
}

impl Listener {
    pub(super) fn start(
        path: &Path,
        signal_path: &Path,
        changes: watch::Sender<u64>,
    ) -> Result<Self, StoreError> {
        let watcher = watch_file(signal_path, changes.clone());
        let (in_use, connection) = open_read_only(path)?;
        // Fails now rather than in the thread where the file is no database.
        data_version(&connection).map_err(|error| store_error(path, "opening", error))?;
        let (stop, stopped) = channel();
        let look = move || {
            let _in_use = in_use;
            let connection = connection;
            let mut seen = None;
            while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                let version = data_version(&connection).ok();
                if version != seen {
                    seen = version;
                    changes.send_modify(|count| *count += 1);
                }
            }
        };
        let thread = thread::Builder::new()
            .name("minwon-follow".into())
            .spawn(look)
            .map_err(|error| io_error(path, "following", error))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
            _watcher: watcher,
        })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn data_version(connection: &rusqlite::Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0))
}

/// A watcher that wakes feeds on each write to `path`; none where that is impossible.
fn watch_file(path: &Path, changes: watch::Sender<u64>) -> Option<notify::RecommendedWatcher> {
    let wake = move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| event.kind.is_modify()) {
            changes.send_modify(|count| *count += 1);
        }
    };
    let watch = || {
        let mut watcher = notify::recommended_watcher(wake)?;
        watcher.watch(path, RecursiveMode::NonRecursive)?;
        Ok::<_, notify::Error>(watcher)
    };
    watch()
        .inspect_err(|error| tracing::debug!(%error, "no file watcher; looking once a second"))
        .ok()
}
