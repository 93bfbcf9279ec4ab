//! How often was called for what, and what is going on now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// Kinds of calls, for counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// Appends.
    Append,
    /// Soft deletions and tombstones.
    Delete,
    /// Reads of a stream or of `$all`.
    Read,
    /// Subscriptions.
    Subscribe,
    /// A client introduces itself.
    Handshake,
    /// A client asks for the nodes.
    Gossip,
}

const KINDS: usize = 6;

/// Counts of all nodes together.
pub(crate) struct Tally {
    calls: [AtomicU64; KINDS],
    /// Events of `$all` that filters were tried on.
    pub(crate) considered: AtomicU64,
    /// Checkpoints sent to subscriptions.
    pub(crate) checkpoints: AtomicU64,
    /// Calls of users that are not known, or lack a right.
    pub(crate) refusals: AtomicU64,
    /// Subscriptions that are open now.
    pub(crate) subscriptions: watch::Sender<usize>,
    /// Connections that are open now.
    pub(crate) connections: watch::Sender<usize>,
    /// Acknowledgements that were delayed to the end of their time.
    pub(crate) delayed_acknowledgements: Arc<AtomicU64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            calls: Default::default(),
            considered: AtomicU64::new(0),
            checkpoints: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
            subscriptions: watch::Sender::new(0),
            connections: watch::Sender::new(0),
            delayed_acknowledgements: Arc::default(),
        }
    }

    pub(crate) fn count(&self, call: Call) {
        self.calls[call as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn calls(&self, call: Call) -> u64 {
        self.calls[call as usize].load(Ordering::Relaxed)
    }
}

/// Counts one that goes on, for as long as it does.
pub(crate) struct Ongoing(watch::Sender<usize>);

impl Ongoing {
    pub(crate) fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count.clone())
    }
}

impl Drop for Ongoing {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
