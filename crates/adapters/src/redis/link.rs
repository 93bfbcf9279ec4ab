//! The connection, which all callers share.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use minwon_core::{StoreError, StoreErrorKind};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, RedisResult,
    ServerErrorKind, Value,
    aio::MultiplexedConnection,
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    cluster_routing::{
        MultipleNodeRoutingInfo, Route, RoutingInfo, SingleNodeRoutingInfo, Slot, SlotAddr,
    },
    sentinel::SentinelClient,
};
use tokio::time;

use super::{
    error::{Fault, is_refusal, store_error},
    guard,
    scripts::Form,
};

/// How often a call is sent again before its caller gets the error. Unit: times.
///
/// Two redirections and a handful of waits for a slot that is being moved.
const RETRIES_MAX: u32 = 8;

/// The first wait for a slot that is being moved; each further one is twice as long.
const WAIT_FIRST: Duration = Duration::from_millis(5);

/// How many times as long as to one server it may take to connect to a cluster: to the nodes that
/// are named, to those that these know of, and to look all of them over. Where one hangs, each
/// round waits for it.
const CLUSTER_ROUNDS: u32 = 3;

/// Where to connect to.
pub(super) enum Target {
    Server(Box<Client>),
    /// Behind a lock, as it remembers which Sentinel answered.
    Sentinel(Box<tokio::sync::Mutex<SentinelClient>>),
    Cluster(Box<ClusterClient>),
}

/// Which node a call is for.
#[derive(Clone, Copy)]
pub(super) enum To<'a> {
    /// The one that keeps this key.
    Key(&'a str),
    /// The one with this address; in a cluster only.
    Node(&'a str),
}

#[derive(Clone)]
pub(super) enum Connection {
    One(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// The connection to Redis, made again where it was lost.
pub(super) struct Link {
    target: Target,
    connect_timeout: Duration,
    response_timeout: Duration,
    held: Mutex<Held>,
    /// Held while connecting, so that many callers make one connection.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    connection: Option<Connection>,
    /// Counts connections, so that a caller only forgets the one that failed it.
    number: u64,
}

/// A redirection that a cluster gave.
enum Redirect {
    Moved(String),
    Ask(String),
}

impl Link {
    pub(super) fn new(
        target: Target,
        connect_timeout: Duration,
        response_timeout: Duration,
    ) -> Self {
        Self {
            target,
            connect_timeout,
            response_timeout,
            held: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn is_cluster(&self) -> bool {
        matches!(self.target, Target::Cluster(_))
    }

    /// The connection there is, or a new one to a server that was looked over.
    pub(super) async fn connect(&self) -> Result<(Connection, u64), StoreError> {
        if let Some(held) = self.held() {
            return Ok(held);
        }
        let _alone = self.connecting.lock().await;
        if let Some(held) = self.held() {
            return Ok(held);
        }
        self.open_in_time().await
    }

    /// Connects to a cluster as it is now, where one of its nodes gave no answer: another may have
    /// taken that node's place, and a client learns of it from redirections alone, which a node
    /// that hangs does not give. Until there is a new connection the old one serves the other nodes.
    async fn renew(&self, number: u64) {
        let Ok(_alone) = self.connecting.try_lock() else {
            return;
        };
        if self.held().is_none_or(|(_, held)| held != number) {
            return;
        }
        if let Err(error) = self.open_in_time().await {
            tracing::debug!(%error, "the connection to the Redis cluster is not yet renewed");
        }
    }

    /// Makes a new connection the one that is held.
    async fn open_in_time(&self) -> Result<(Connection, u64), StoreError> {
        let limit = self.connect_timeout * if self.is_cluster() { CLUSTER_ROUNDS } else { 1 };
        let opened = time::timeout(limit, self.open()).await;
        let connection = opened.unwrap_or_else(|_| {
            let what = format!("no connection to Redis within {limit:?}");
            Err(StoreError::new(StoreErrorKind::Unavailable, what))
        })?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.number += 1;
        held.connection = Some(connection.clone());
        Ok((connection, held.number))
    }

    fn held(&self) -> Option<(Connection, u64)> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Some((held.connection.clone()?, held.number))
    }

    fn forget(&self, number: u64) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.number == number {
            held.connection = None;
        }
    }

    async fn open(&self) -> Result<Connection, StoreError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.connect_timeout))
            .set_response_timeout(Some(self.response_timeout));
        let error = |error| store_error("connecting to Redis", error);
        let mut connection = match &self.target {
            Target::Server(client) => Connection::One(
                client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
                    .map_err(error)?,
            ),
            Target::Sentinel(sentinel) => Connection::One(
                sentinel
                    .lock()
                    .await
                    .get_async_connection_with_config(&config)
                    .await
                    .map_err(error)?,
            ),
            Target::Cluster(client) => {
                Connection::Cluster(client.get_async_connection().await.map_err(error)?)
            }
        };
        guard::check(&mut connection, self.is_cluster()).await?;
        Ok(connection)
    }

    /// Sends what `build` writes and waits for the answer; follows a cluster's redirections.
    ///
    /// A call whose connection was lost is sent once more, so all calls have to bear repeating.
    pub(super) async fn call(
        &self,
        to: To<'_>,
        build: impl Fn(Form) -> Cmd,
    ) -> Result<Answer, Fault> {
        let mut attempt = Attempt::default();
        for _ in 0..RETRIES_MAX {
            match self.try_call(to, &build, &mut attempt).await? {
                Some(value) => {
                    let repeated = attempt.maybe_done;
                    return Ok(Answer { value, repeated });
                }
                None => continue,
            }
        }
        let what = format!("Redis, asked {RETRIES_MAX} times, had no answer");
        let mut error = StoreError::new(StoreErrorKind::Unavailable, what);
        if let Some(last) = attempt.last.take() {
            error = error.caused_by(last);
        }
        if self.is_cluster() {
            self.renew(attempt.connection).await;
        }
        Err(attempt.fault(error))
    }

    /// Tries once; none where it is to be tried again.
    async fn try_call(
        &self,
        to: To<'_>,
        build: &impl Fn(Form) -> Cmd,
        attempt: &mut Attempt,
    ) -> Result<Option<Value>, Fault> {
        let connected = self.connect().await;
        let (mut connection, number) = connected.map_err(|error| attempt.fault(error))?;
        attempt.connection = number;
        let cmd = build(attempt.form);
        let sent = connection.send(to, attempt.redirect.take(), cmd).await;
        let error = match sent.and_then(Value::extract_error) {
            Ok(value) => return Ok(Some(value)),
            Err(error) => error,
        };
        let next = self.next_step(&error, attempt);
        if !is_refusal(&error) && error.kind() != ErrorKind::ClusterConnectionNotFound {
            attempt.maybe_done = true;
        }
        match next {
            Next::Again => {}
            Next::Wait => {
                time::sleep(attempt.wait).await;
                attempt.wait *= 2;
            }
            Next::Reconnect => self.forget(number),
            Next::GiveUpAndReconnect => {
                self.forget(number);
                return Err(attempt.fault(store_error("asking Redis", error)));
            }
            Next::GiveUpAndRenew => {
                self.renew(number).await;
                return Err(attempt.fault(store_error("asking Redis", error)));
            }
            Next::GiveUp => return Err(attempt.fault(store_error("asking Redis", error))),
        }
        attempt.last = Some(error);
        Ok(None)
    }

    fn next_step(&self, error: &RedisError, attempt: &mut Attempt) -> Next {
        use ServerErrorKind as E;
        match error.kind() {
            // Redis forgets its scripts when it starts; being sent the code it learns it again.
            ErrorKind::Server(E::NoScript) if matches!(attempt.form, Form::Digest) => {
                attempt.form = Form::Code;
                Next::Again
            }
            ErrorKind::Server(kind @ (E::Moved | E::Ask)) if self.is_cluster() => {
                let node = error.redirect_node().map(|(node, _)| node.to_owned());
                attempt.redirect = node.map(|node| match kind {
                    E::Ask => Redirect::Ask(node),
                    _ => Redirect::Moved(node),
                });
                Next::Again
            }
            ErrorKind::Server(E::TryAgain | E::ClusterDown | E::MasterDown | E::ReadOnly)
            | ErrorKind::ClusterConnectionNotFound
                if self.is_cluster() =>
            {
                Next::Wait
            }
            // Whoever is asked next may know the new master. And a server that has become part of a
            // cluster is refused when it is looked over again.
            ErrorKind::Server(E::ReadOnly | E::Moved | E::Ask) => Next::GiveUpAndReconnect,
            _ if is_refusal(error) => Next::GiveUp,
            _ if self.is_cluster() && error.is_timeout() => Next::GiveUpAndRenew,
            // A cluster's client connects again to the one node by itself; the others are well.
            _ if self.is_cluster() && !error.is_connection_dropped() => Next::GiveUp,
            _ if self.is_cluster() => Next::Wait,
            _ if error.is_connection_dropped() && !attempt.maybe_done => Next::Reconnect,
            _ => Next::GiveUpAndReconnect,
        }
    }

    /// Returns what every node answers, by its address; of one server by an empty one.
    pub(super) async fn ask_all(&self, cmd: &Cmd) -> Result<Vec<(String, Value)>, StoreError> {
        let (mut connection, number) = self.connect().await?;
        let error = match connection.ask_all(cmd).await {
            Ok(answers) => return Ok(answers),
            Err(error) => error,
        };
        if self.is_cluster() && error.is_timeout() {
            self.renew(number).await;
        } else if !is_refusal(&error) && !self.is_cluster() {
            self.forget(number);
        }
        Err(store_error("asking Redis", error))
    }
}

/// An answer of Redis.
pub(super) struct Answer {
    pub(super) value: Value,
    /// Whether the call may have been done before, by a connection that was then lost.
    pub(super) repeated: bool,
}

/// The knowledge about a call that was tried.
struct Attempt {
    form: Form,
    redirect: Option<Redirect>,
    wait: Duration,
    maybe_done: bool,
    last: Option<RedisError>,
    /// The number of the connection that was tried last.
    connection: u64,
}

impl Default for Attempt {
    fn default() -> Self {
        Self {
            form: Form::Digest,
            redirect: None,
            wait: WAIT_FIRST,
            maybe_done: false,
            last: None,
            connection: 0,
        }
    }
}

impl Attempt {
    fn fault(&self, error: StoreError) -> Fault {
        Fault {
            maybe_done: self.maybe_done,
            error,
        }
    }
}

enum Next {
    Again,
    Wait,
    Reconnect,
    GiveUp,
    GiveUpAndReconnect,
    GiveUpAndRenew,
}

impl Connection {
    async fn send(
        &mut self,
        to: To<'_>,
        redirect: Option<Redirect>,
        cmd: Cmd,
    ) -> RedisResult<Value> {
        let connection = match self {
            Self::One(connection) => return connection.send_packed_command(&cmd).await,
            Self::Cluster(connection) => connection,
        };
        let node = match (redirect, to) {
            (Some(Redirect::Ask(node)), _) => {
                let mut pipeline = Pipeline::with_capacity(2);
                pipeline.cmd("ASKING").add_command(cmd);
                let answers = connection.route_pipeline(pipeline, 0, 2, node_at(&node)?);
                return Ok(answers.await?.pop().unwrap_or(Value::Nil));
            }
            (Some(Redirect::Moved(node)), _) => node_at(&node)?,
            (None, To::Node(node)) => node_at(node)?,
            (None, To::Key(key)) => SingleNodeRoutingInfo::SpecificNode(Route::with_slot(
                Slot::for_key(key),
                SlotAddr::Master,
            )),
        };
        let routing = RoutingInfo::SingleNode(node);
        connection.route_command(cmd, routing).await
    }

    pub(super) async fn ask_all(&mut self, cmd: &Cmd) -> RedisResult<Vec<(String, Value)>> {
        let answers = match self {
            Self::One(connection) => {
                let answer = connection.send_packed_command(cmd).await?.extract_error()?;
                return Ok(vec![(String::new(), answer)]);
            }
            Self::Cluster(connection) => {
                let routing = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                connection.route_command(cmd.clone(), routing).await?
            }
        };
        let answers = answers.extract_error()?.into_map_iter();
        let answers = answers.map_err(|_| unexpected("no answer per node"))?;
        let mut nodes: Vec<(String, Value)> = Vec::new();
        for (node, answer) in answers {
            nodes.push((redis::from_redis_value(node)?, answer));
        }
        nodes.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(nodes)
    }
}

fn node_at(address: &str) -> RedisResult<SingleNodeRoutingInfo> {
    let (host, port) = address
        .rsplit_once(':')
        .and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)))
        .ok_or_else(|| unexpected("no address of a node"))?;
    Ok(SingleNodeRoutingInfo::ByAddress { host, port })
}

fn unexpected(what: &'static str) -> RedisError {
    (ErrorKind::UnexpectedReturnType, what).into()
}
