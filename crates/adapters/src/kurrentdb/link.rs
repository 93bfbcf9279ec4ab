//! The client of the moment: time-outs, panics, and a new client where the old one is dead.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::FutureExt;
use kurrentdb::{Client, ClientSettings, Error as ClientError};
use minwon_core::{StoreError, StoreErrorKind};
use tokio::{
    runtime::Handle,
    time::{self, Instant},
};

use super::{error::Fault, options::KurrentOptions, retire::retire, url::KurrentUrl};
use crate::cryptography;

/// After so many calls in a row that failed as they do when a node is gone, a new client looks
/// for another node: the old one never would.
const FAULTS_MAX: u32 = 3;

/// How often a call is tried at least.
pub(super) const TRIES_MIN: u32 = 3;

const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// A connection that heals itself. Clones share it.
///
/// The client's futures are large, so they are boxed here rather than carried by every caller's.
#[derive(Clone)]
pub(crate) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    settings: ClientSettings,
    options: KurrentOptions,
    runtime: Handle,
    current: Mutex<Current>,
}

/// The client in use. It connects when it is first called.
struct Current {
    client: Option<Client>,
    /// Counts clients, so that a call only ever forgets the one that failed it.
    number: u64,
    faults: u32,
}

/// The client of a call, by its number, and how many faults in a row it had when the call began.
#[derive(Debug, Clone, Copy)]
struct Begun {
    number: u64,
    faults: u32,
}

impl Link {
    pub(crate) fn new(url: &KurrentUrl, options: KurrentOptions) -> Result<Self, StoreError> {
        let runtime = Handle::try_current().map_err(|error| {
            let what = "a KurrentDB store has to be opened within a Tokio runtime";
            StoreError::new(StoreErrorKind::Misconfigured, what).caused_by(error)
        })?;
        let link = Self {
            shared: Arc::new(Shared {
                settings: url.settings.clone(),
                options,
                runtime,
                current: Mutex::new(Current {
                    client: None,
                    number: 0,
                    faults: 0,
                }),
            }),
        };
        // Certificates that cannot be read are reported now.
        link.client()
            .map_err(|fault| fault.into_store_error(format_args!("opening {url}")))?;
        Ok(link)
    }

    pub(crate) fn options(&self) -> &KurrentOptions {
        &self.shared.options
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.shared.runtime
    }

    /// Calls once. Every failure of the client is a [`Fault`]: errors, panics, silence.
    pub(crate) async fn call<T, F>(&self, call: impl FnOnce(Client) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, ClientError>>,
    {
        let (client, begun) = self.client()?;
        let answer = guarded(self.options().call_timeout, Box::pin(call(client))).await;
        self.note(begun, answer.as_ref().err());
        answer
    }

    /// Calls what may be called again, until it is answered or the time for trying is over. Each
    /// step of the call has to be [`guarded`].
    pub(crate) async fn read<T, F>(&self, mut call: impl FnMut(Client) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let mut tries = Tries::new(self.options());
        loop {
            let (client, begun) = self.client()?;
            let answer = Box::pin(call(client)).await;
            self.note(begun, answer.as_ref().err());
            match answer {
                Err(fault) if fault.is_transient() && tries.again().await => {
                    tracing::debug!(%fault, "a read from KurrentDB is tried again");
                }
                answer => return answer,
            }
        }
    }

    /// Returns the client in use, or a new one; and the knowledge about it, to be noted with how
    /// the call ended.
    fn client(&self) -> Result<(Client, Begun), Fault> {
        let mut current = self.current();
        let client = match &current.client {
            Some(client) => client.clone(),
            None => {
                let client = self.new_client()?;
                current.number += 1;
                current.faults = 0;
                current.client.insert(client).clone()
            }
        };
        let begun = Begun {
            number: current.number,
            faults: current.faults,
        };
        Ok((client, begun))
    }

    /// Another client, for one who needs a connection alone.
    pub(crate) fn new_client(&self) -> Result<Client, Fault> {
        // Before the client makes its own choice for the whole process.
        cryptography::choose().map_err(|error| Fault::NoClient(error.to_string()))?;
        let (runtime, settings) = (&self.shared.runtime, &self.shared.settings);
        Client::with_runtime_handle(runtime.clone(), settings.clone())
            .map_err(|error| Fault::NoClient(error.to_string()))
    }

    /// Takes down how a call ended, and forgets its client where that is dead or its node seems
    /// gone.
    fn note(&self, begun: Begun, fault: Option<&Fault>) {
        let mut current = self.current();
        if current.number != begun.number {
            return;
        }
        let forgotten = match fault {
            Some(fault) if fault.is_fatal() => current.client.take(),
            Some(fault) if fault.may_be_the_node() => {
                // A connection that breaks takes all calls on it along: that is one fault. One
                // time-out says as much as several, which would take too long to wait for.
                if current.faults == begun.faults || matches!(fault, Fault::TimedOut(_)) {
                    current.faults += 1;
                }
                let seems_gone = current.faults >= FAULTS_MAX;
                current.client.take_if(|_| seems_gone)
            }
            // An answer, if only a refusal.
            _ => {
                current.faults = 0;
                None
            }
        };
        drop(current);
        if let (Some(fault), Some(client)) = (fault, forgotten) {
            tracing::warn!(%fault, "connecting to KurrentDB anew");
            self.retire(client);
        }
    }

    /// Closes the connection of a client that nobody is to use any more.
    pub(crate) fn retire(&self, client: Client) {
        retire(&self.shared.runtime, client);
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        // Every change is a single assignment.
        self.shared
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let current = self.current.get_mut();
        let current = current.unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = current.client.take() {
            retire(&self.runtime, client);
        }
    }
}

/// Waits at most `limit`; a panic on the way is an error.
pub(crate) async fn guarded<T>(
    limit: Duration,
    call: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, Fault> {
    let call = AssertUnwindSafe(call).catch_unwind();
    match time::timeout(limit, call).await {
        Ok(Ok(answer)) => answer.map_err(Fault::from),
        Ok(Err(panic)) => Err(Fault::of_panic(panic)),
        Err(_) => Err(Fault::TimedOut(limit)),
    }
}

/// How often and how long something is tried again.
pub(crate) struct Tries {
    until: Instant,
    made: u32,
    pauses: ExponentialBackoff,
}

impl Tries {
    pub(crate) fn new(options: &KurrentOptions) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(PAUSE_MIN)
            .with_max_delay(PAUSE_MAX)
            .with_jitter()
            .without_max_times()
            .build();
        Self {
            until: Instant::now() + options.retry_timeout,
            made: 0,
            pauses,
        }
    }

    /// Notes a failed try; pauses and answers whether there is to be another.
    pub(crate) async fn again(&mut self) -> bool {
        self.made += 1;
        if self.made >= TRIES_MIN && Instant::now() >= self.until {
            return false;
        }
        time::sleep(self.pauses.next().unwrap_or(PAUSE_MAX)).await;
        true
    }
}
