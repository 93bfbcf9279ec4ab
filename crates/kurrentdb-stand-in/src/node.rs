//! Nodes: each listens on a port of its own over the log that all share.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_stream::{Stream, StreamExt};

use crate::config::Config;
use crate::connection::{Connection, Cutter};
use crate::encryption::Encryption;
use crate::faults::Faults;
use crate::log::Log;
use crate::tally::Tally;

/// Nobody leads.
pub(crate) const NO_LEADER: usize = usize::MAX;

/// Connections that a node does not take yet.
const BACKLOG: u32 = 1024;

/// How often a node tries to listen on its port, which is its own. Unit: tries, 1 ms apart.
const LISTENS_MAX: u32 = 10_000;

/// The state that all nodes share.
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) faults: Faults,
    pub(crate) tally: Tally,
    pub(crate) nodes: Vec<Node>,
    /// Events handed to connections.
    pub(crate) events_sent: Arc<AtomicU64>,
    /// Changes with every append, and whenever subscriptions have to look up.
    pub(crate) changed: watch::Sender<u64>,
    log: Mutex<Log>,
    /// How new connections are encrypted, if they are.
    tls: Mutex<Option<Arc<ServerConfig>>>,
    leader: AtomicUsize,
}

impl Shared {
    pub(crate) fn new(config: Config, nodes: Vec<Node>) -> Self {
        let log = Log::new(config.positions, config.seed, (config.clock)());
        let tls = config
            .tls
            .as_ref()
            .map(|certificate| Arc::clone(&certificate.server));
        Self {
            config,
            faults: Faults::new(),
            tally: Tally::new(),
            nodes,
            events_sent: Arc::default(),
            changed: watch::Sender::new(0),
            log: Mutex::new(log),
            tls: Mutex::new(tls),
            leader: AtomicUsize::new(0),
        }
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tls(&self) -> Option<Arc<ServerConfig>> {
        self.tls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_tls(&self, tls: Arc<ServerConfig>) {
        *self.tls.lock().unwrap_or_else(PoisonError::into_inner) = Some(tls);
    }

    pub(crate) fn notify_change(&self) {
        self.changed.send_modify(|count| *count += 1);
    }

    pub(crate) fn lead(&self, node: usize) {
        self.leader.store(node, Ordering::SeqCst);
        self.log().forget_recent_ids();
        self.notify_change();
    }

    pub(crate) fn leads(&self, node: usize) -> bool {
        self.leader.load(Ordering::SeqCst) == node
    }

    pub(crate) fn leader(&self) -> Option<SocketAddr> {
        self.nodes
            .get(self.leader.load(Ordering::SeqCst))
            .map(|node| node.address)
    }
}

/// The connections that clients open.
pub(crate) type Incoming = Pin<Box<dyn Stream<Item = io::Result<Encryption>> + Send>>;

/// A node that runs.
struct Running {
    server: JoinHandle<()>,
    connections: Arc<Mutex<Vec<Cutter>>>,
}

/// A node, up or down.
pub(crate) struct Node {
    pub(crate) address: SocketAddr,
    /// Keeps the port ours while the node is down: bound, but it refuses whoever connects.
    _reservation: TcpSocket,
    running: Mutex<Option<Running>>,
}

fn socket(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

impl Node {
    /// A node on `port` of the loopback interface (0: a free one), down at first.
    pub(crate) fn reserve(port: u16) -> io::Result<Self> {
        let reservation = socket((Ipv4Addr::LOCALHOST, port).into())?;
        let address = reservation.local_addr()?;
        Ok(Self {
            address,
            _reservation: reservation,
            running: Mutex::default(),
        })
    }

    pub(crate) fn is_up(&self) -> bool {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// A process that was just started holds a copy of the last listener until it runs its own
    /// program, which takes a moment on a busy machine.
    fn listen(&self) -> io::Result<TcpListener> {
        for _ in 0..LISTENS_MAX {
            match socket(self.address).and_then(|socket| socket.listen(BACKLOG)) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                listener => return listener,
            }
        }
        socket(self.address)?.listen(BACKLOG)
    }

    /// Listens and hands the connections to `serve`, unless the node is up already.
    pub(crate) fn start<F>(
        &self,
        shared: &Arc<Shared>,
        serve: impl FnOnce(Incoming) -> F,
    ) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return Ok(());
        }
        let listener = self.listen()?;
        let connections: Arc<Mutex<Vec<Cutter>>> = Arc::default();
        let opened = Arc::clone(&connections);
        let shared = Arc::clone(shared);
        let incoming = TcpListenerStream::new(listener).map(move |stream| {
            let cutter = Cutter::default();
            let mut opened = opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.retain(|cutter| !cutter.is_alone());
            opened.push(cutter.clone());
            let acknowledgements = shared.config.acknowledgements;
            let tls = shared.tls();
            stream.map(|stream| {
                let tally = &shared.tally;
                Encryption::new(
                    Connection::new(stream, cutter, acknowledgements, tally),
                    tls,
                )
            })
        });
        *running = Some(Running {
            server: tokio::spawn(serve(Box::pin(incoming))),
            connections,
        });
        Ok(())
    }

    /// Ends the node and all its connections; answers the task to wait for.
    pub(crate) fn stop(&self) -> Option<JoinHandle<()>> {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        running.server.abort();
        running.for_each_connection(Cutter::cut);
        Some(running.server)
    }

    /// Does `what` to all connections that there are.
    pub(crate) fn for_each_connection(&self, what: impl Fn(&Cutter)) {
        if let Some(running) = &*self.running.lock().unwrap_or_else(PoisonError::into_inner) {
            running.for_each_connection(what);
        }
    }
}

impl Running {
    fn for_each_connection(&self, what: impl Fn(&Cutter)) {
        let connections = self
            .connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        connections.iter().for_each(what);
    }
}
