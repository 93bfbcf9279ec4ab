//! The threads of a store.

use std::{
    io,
    thread::{self, JoinHandle},
};

/// Threads that end once their queues are closed. Whoever drops them waits for that: a connection that
/// outlives its store, also one that failed to open, keeps what the next opening has to find out anew.
#[derive(Debug, Default)]
pub(super) struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    pub(super) fn spawn(
        &mut self,
        name: String,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        self.0.push(thread::Builder::new().name(name).spawn(run)?);
        Ok(())
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                tracing::error!(name, "a thread of the store had panicked");
            }
        }
    }
}
