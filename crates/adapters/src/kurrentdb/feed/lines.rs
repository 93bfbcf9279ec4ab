//! Connections for feeds.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kurrentdb::Client;

use crate::kurrentdb::{error::Fault, link::Link};

/// After so many tries in a row that failed as they do when a node is gone, a new client looks
/// for another node. One such failure is how any subscription ends when its node restarts.
const FAULTS_MAX: u32 = 2;

/// Clients that serve one feed each.
///
/// A feed whose consumer is slow fills the window of its connection, and then nothing else comes
/// through on it: so every feed has a connection of its own. The client (1.2.0) holds its
/// connection open also when it was dropped, so one that a feed leaves is kept for the next feed.
#[derive(Clone)]
pub(crate) struct Lines {
    link: Link,
    free: Arc<Mutex<Vec<Client>>>,
}

impl Lines {
    pub(crate) fn new(link: Link) -> Self {
        Self {
            link,
            free: Arc::default(),
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Client>> {
        // Every change is a single push or pop.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The connection of one feed.
pub(super) struct Line {
    lines: Lines,
    client: Option<Client>,
    faults: u32,
}

impl Line {
    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            client: None,
            faults: 0,
        }
    }

    /// The client that nobody else uses.
    pub(super) fn client(&mut self) -> Result<Client, Fault> {
        let client = match self.client.take() {
            Some(client) => client,
            None => match self.lines.free().pop() {
                Some(free) => free,
                None => self.lines.link.new_client()?,
            },
        };
        Ok(self.client.insert(client).clone())
    }

    /// Something came through.
    pub(super) fn is_sound(&mut self) {
        self.faults = 0;
    }

    /// Forgets the client where it is dead or its node seems gone.
    pub(super) fn note(&mut self, fault: &Fault) {
        if fault.is_fatal() {
            self.faults = FAULTS_MAX;
        } else if fault.may_be_the_node() {
            self.faults += 1;
        }
        if self.faults >= FAULTS_MAX {
            self.faults = 0;
            self.client = None;
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let (Some(client), 0) = (self.client.take(), self.faults) {
            self.lines.free().push(client);
        }
    }
}
