//! The connection of the moment: tries, and a new connection where the old one is of no more use.

use std::{
    future::Future,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared as SharedFuture},
};
use minwon_core::{StoreError, StoreErrorKind};
use tokio::{
    runtime::Handle,
    time::{self, Instant},
};

use super::{
    client::{Client, ConnectError, Members, check, connect},
    credentials::{self, CredentialSource, Credentials, CredentialsFile},
    error::Fault,
    options::KurrentOptions,
    url::{Host, KurrentUrl, Settings},
};

/// After so many calls in a row that failed as they do when a node is gone, another node is looked
/// for.
const FAULTS_MAX: u32 = 3;

/// How long a server is left alone that refused the user or the password: whoever tries faster changes
/// nothing, and may lock the user out.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// How many times as long as a call may take, a connection may take to come about: with its handshakes, and
/// the search for the leader among nodes of which some are silent.
const CONNECTING_LIMITS: u32 = 2;

/// How often a call is tried at least.
pub(super) const TRIES_MIN: u32 = 3;

const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// A connection that heals itself. Clones share it.
#[derive(Clone)]
pub(crate) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    settings: Arc<Settings>,
    credentials: Option<Arc<dyn CredentialSource>>,
    options: KurrentOptions,
    runtime: Handle,
    members: Members,
    current: Mutex<Current>,
}

/// A connection, or one on its way, with the credentials that it was made with. Whoever needs it
/// waits for the same one.
type Connecting = SharedFuture<BoxFuture<'static, Result<Connected, NotConnected>>>;

#[derive(Clone)]
struct Connected {
    client: Client,
    credentials: Option<Credentials>,
}

/// Why there is none, and the credentials that it was to be made with.
#[derive(Clone)]
struct NotConnected {
    error: Arc<ConnectError>,
    credentials: Option<Credentials>,
}

/// The server knows these credentials not, and is not asked again with them for a while.
#[derive(Clone, PartialEq, Eq)]
struct Refused {
    credentials: Option<Credentials>,
    until: Instant,
}

/// The connection in use. It is made when it is first needed.
#[derive(Default)]
struct Current {
    connecting: Option<Connecting>,
    /// Counts connections, so that a call only ever forgets the one that failed it.
    number: u64,
    faults: u32,
    /// The node that was said to lead.
    leader: Option<Host>,
    refused: Option<Refused>,
}

/// A connection in use; and the knowledge about it, to be noted with how the call ended.
#[derive(Clone)]
pub(super) struct Begun {
    pub(super) client: Client,
    credentials: Option<Credentials>,
    number: u64,
    faults: u32,
}

impl Link {
    pub(crate) fn new(url: &KurrentUrl, mut options: KurrentOptions) -> Result<Self, StoreError> {
        let misconfigured = |what| StoreError::new(StoreErrorKind::Misconfigured, what);
        let runtime = Handle::try_current().map_err(|error| {
            let what = "a KurrentDB store has to be opened within a Tokio runtime";
            misconfigured(what.to_owned()).caused_by(error)
        })?;
        let settings = Arc::clone(&url.settings);
        // Reported now rather than by the first call.
        check(&settings)
            .map_err(|error| misconfigured(format!("opening {url}")).caused_by(error))?;
        if let Some(deadline) = settings.deadline {
            options.call_timeout = options.call_timeout.min(deadline);
        }
        let file = settings.credentials_file.clone();
        let login = settings.login.clone();
        let credentials = options
            .credentials
            .take()
            .or_else(|| Some(Arc::new(CredentialsFile::new(file?))))
            .or_else(|| Some(Arc::new(login?)));
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                credentials,
                options,
                runtime,
                members: Members::default(),
                current: Mutex::default(),
            }),
        })
    }

    pub(crate) fn options(&self) -> &KurrentOptions {
        &self.shared.options
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.shared.runtime
    }

    /// Calls once.
    pub(crate) async fn call<T, F>(&self, call: impl FnOnce(Client) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let begun = self.begin().await?;
        let answer = call(begun.client.clone()).await;
        answer
            .map_err(|fault| self.note_fault(&begun, fault))
            .inspect(|_| self.note_answer(&begun))
    }

    /// Calls what may be called again, until it is answered or the time for trying is over.
    pub(crate) async fn read<T, F>(&self, mut call: impl FnMut(Client) -> F) -> Result<T, Fault>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let mut tries = Tries::new(self.options());
        loop {
            match self.call(&mut call).await {
                Err(fault) if fault.is_transient() && tries.again().await => {
                    tracing::debug!(%fault, "a read from KurrentDB is tried again");
                }
                answer => return answer,
            }
        }
    }

    /// Returns the connection in use, or a new one.
    pub(super) async fn begin(&self) -> Result<Begun, Fault> {
        if self.is_held_back() {
            return Err(Fault::NotAuthenticated);
        }
        let (connecting, number, faults) = {
            let mut current = self.current();
            let connecting = match &current.connecting {
                Some(connecting) => connecting.clone(),
                None => {
                    current.number += 1;
                    current.faults = 0;
                    let connecting = self.connect(current.leader.take());
                    current.connecting.insert(connecting).clone()
                }
            };
            (connecting, current.number, current.faults)
        };
        match connecting.await {
            Ok(Connected {
                client,
                credentials,
            }) => Ok(Begun {
                client,
                credentials,
                number,
                faults,
            }),
            Err(NotConnected { error, credentials }) => {
                self.forget(number, None);
                if error.is_refusal_of_user() {
                    self.current().refused = Some(Refused::now(credentials));
                }
                Err(Fault::Connect(error))
            }
        }
    }

    /// Whether the server has just refused the credentials that there still are. With others, the
    /// connection that was made with these is forgotten.
    fn is_held_back(&self) -> bool {
        let Some(refused) = self.current().refused.clone() else {
            return false;
        };
        if Instant::now() >= refused.until {
            return false;
        }
        if !self
            .are_others(refused.credentials.as_ref())
            .unwrap_or(false)
        {
            return true;
        }
        let mut current = self.current();
        if current.refused.as_ref() == Some(&refused) {
            current.refused = None;
            current.connecting = None;
        }
        false
    }

    /// In a task, so that it goes on where whoever waited for it first no longer does.
    fn connect(&self, leader: Option<Host>) -> Connecting {
        let settings = Arc::clone(&self.shared.settings);
        let source = self.shared.credentials.clone();
        let members = self.shared.members.clone();
        let limit = self.options().call_timeout;
        let connecting = self.runtime().spawn(async move {
            let credentials = source.map(|source| credentials::ask(&*source)).transpose();
            let credentials =
                credentials.map_err(|error| (ConnectError::Credentials(error), None))?;
            let (user, leader) = (credentials.as_ref(), leader.as_ref());
            let connecting = connect(&settings, user, leader, limit, &members);
            // Steps and nodes add up, and a call waits for all of them.
            let all = limit * CONNECTING_LIMITS;
            let connected = time::timeout(all, connecting)
                .await
                .unwrap_or_else(|_| Err(ConnectError::Silent(settings.hosts[0].clone(), all)));
            match connected {
                Ok(client) => Ok(Connected {
                    client,
                    credentials,
                }),
                Err(error) => Err((error, credentials)),
            }
        });
        let ended = |answer| {
            let (error, credentials) = match answer {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(why)) => why,
                Err(error) => (ConnectError::Ended(error), None),
            };
            let error = Arc::new(error);
            Err(NotConnected { error, credentials })
        };
        connecting.map(ended).boxed().shared()
    }

    /// Takes down that a call was answered.
    pub(super) fn note_answer(&self, begun: &Begun) {
        let mut current = self.current();
        if current.number == begun.number {
            current.faults = 0;
        }
    }

    /// Takes down how a call ended, and forgets its connection where that is of no more use or its
    /// node seems gone. Where the server refuses credentials and there are others by now, that is
    /// what it says.
    pub(super) fn note_fault(&self, begun: &Begun, fault: Fault) -> Fault {
        let fault = match fault {
            fault if fault.is_refusal_of_user() => {
                match self.are_others(begun.credentials.as_ref()) {
                    Ok(true) => Fault::NewCredentials,
                    Ok(false) => fault,
                    Err(error) => {
                        tracing::warn!(%error, "the credentials cannot be read again");
                        fault
                    }
                }
            }
            fault => fault,
        };
        let mut current = self.current();
        if matches!(fault, Fault::NotAuthenticated) {
            current.refused = Some(Refused::now(begun.credentials.clone()));
        }
        if current.number == begun.number {
            let seems_gone = if fault.may_be_the_node() {
                // A connection that stalls takes all calls on it along: that is one fault. One
                // time-out says as much as several, which would take too long to wait for.
                if current.faults == begun.faults || matches!(fault, Fault::TimedOut(_)) {
                    current.faults += 1;
                }
                current.faults >= FAULTS_MAX
            } else {
                // An answer, if only a refusal.
                current.faults = 0;
                fault.is_fatal()
            };
            drop(current);
            if seems_gone {
                self.forget(begun.number, Some(&fault));
            }
        }
        fault
    }

    fn forget(&self, number: u64, fault: Option<&Fault>) {
        let mut current = self.current();
        if current.number != number || current.connecting.take().is_none() {
            return;
        }
        if let Some(Fault::NotLeader(leader)) = fault {
            current.leader.clone_from(leader);
        }
        drop(current);
        if let Some(fault) = fault {
            tracing::warn!(%fault, "connecting to KurrentDB anew");
        }
    }

    /// Whether other credentials than `these` would be sent now.
    fn are_others(&self, these: Option<&Credentials>) -> io::Result<bool> {
        let Some(source) = &self.shared.credentials else {
            return Ok(false);
        };
        Ok(Some(&credentials::ask(&**source)?) != these)
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        // Every change is a single assignment.
        self.shared
            .current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refused {
    fn now(credentials: Option<Credentials>) -> Self {
        let until = Instant::now() + REFUSED_PAUSE;
        Self { credentials, until }
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
