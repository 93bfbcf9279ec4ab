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
/// through on it: so every feed has a connection of its own. Setting a client up is costly, so one
/// that a feed leaves is kept for the next feed.
#[derive(Clone)]
pub(crate) struct Lines {
    free: Arc<Free>,
}

/// Clients that no feed uses.
struct Free {
    link: Link,
    clients: Mutex<Vec<Client>>,
}

impl Drop for Free {
    fn drop(&mut self) {
        let clients = self.clients.get_mut();
        for client in clients.unwrap_or_else(PoisonError::into_inner).drain(..) {
            self.link.retire(client);
        }
    }
}

/// Most clients that are kept for later feeds.
const FREE_MAX: usize = 16;

impl Lines {
    pub(crate) fn new(link: Link) -> Self {
        let clients = Mutex::default();
        Self {
            free: Arc::new(Free { link, clients }),
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Client>> {
        // Every change is a single push or pop.
        let clients = &self.free.clients;
        clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a client that works for the next feed, if there are not enough.
    fn keep(&self, client: Client) {
        let mut free = self.free();
        if free.len() < FREE_MAX {
            free.push(client);
        } else {
            drop(free);
            self.free.link.retire(client);
        }
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
                None => self.lines.free.link.new_client()?,
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
            self.retire();
        }
    }

    fn retire(&mut self) {
        if let Some(client) = self.client.take() {
            self.lines.free.link.retire(client);
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.faults > 0 {
            self.retire();
        } else if let Some(client) = self.client.take() {
            self.lines.keep(client);
        }
    }
}
