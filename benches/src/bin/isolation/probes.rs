//! Probes of the resources that two namespaces share: each measures one, beside the load.

use std::{
    fs::File,
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use minwon_benches::{delays::Delays, office::Failure};

/// How long each probe waits between two looks.
const TICK: Duration = Duration::from_millis(1);

/// How often the disk is looked at: seldom, for each look is a load of its own.
const SYNC_WAIT: Duration = Duration::from_millis(20);

/// The delays of the probes.
#[derive(Debug, Default)]
pub(crate) struct Felt {
    /// How late a task of the runtime of `building` wakes: its workers, and the processor.
    pub(crate) task: Delays,
    /// How late a thread wakes: the processor alone.
    pub(crate) thread: Delays,
    /// How long appending 400 bytes to a file and syncing it takes: the disk.
    pub(crate) sync: Delays,
}

/// The probes, while they run.
pub(crate) struct Probes {
    is_over: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Delays>,
    thread: JoinHandle<Delays>,
    sync: JoinHandle<std::io::Result<Delays>>,
}

impl Probes {
    pub(crate) fn start(dir: &Path) -> Result<Self, Failure> {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = || Arc::clone(&is_over);
        let (of_task, of_thread, of_sync) = (over(), over(), over());
        let file = File::create(dir.join("probe"))?;
        Ok(Self {
            is_over,
            task: tokio::spawn(wake_task(of_task)),
            thread: thread::spawn(move || wake_thread(&of_thread)),
            sync: thread::spawn(move || sync(file, &of_sync)),
        })
    }

    pub(crate) async fn stop(self) -> Result<Felt, Failure> {
        self.is_over.store(true, Ordering::Relaxed);
        Ok(Felt {
            task: self.task.await?,
            thread: self.thread.join().map_err(|_| "a probe panicked")?,
            sync: self.sync.join().map_err(|_| "a probe panicked")??,
        })
    }
}

async fn wake_task(is_over: Arc<AtomicBool>) -> Delays {
    let mut delays = Delays::default();
    while !is_over.load(Ordering::Relaxed) {
        let start = Instant::now();
        tokio::time::sleep(TICK).await;
        delays.note(start.elapsed().saturating_sub(TICK));
    }
    delays
}

fn wake_thread(is_over: &AtomicBool) -> Delays {
    let mut delays = Delays::default();
    while !is_over.load(Ordering::Relaxed) {
        let start = Instant::now();
        thread::sleep(TICK);
        delays.note(start.elapsed().saturating_sub(TICK));
    }
    delays
}

fn sync(mut file: File, is_over: &AtomicBool) -> std::io::Result<Delays> {
    let mut delays = Delays::default();
    while !is_over.load(Ordering::Relaxed) {
        thread::sleep(SYNC_WAIT);
        let start = Instant::now();
        file.write_all(&[b'x'; 400])?;
        file.sync_data()?;
        delays.note(start.elapsed());
    }
    Ok(delays)
}
