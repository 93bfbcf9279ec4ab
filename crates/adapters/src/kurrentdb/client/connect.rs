//! Making a connection: to the one node there is, or to the leader of a cluster.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use hyper_util::rt::TokioIo;
use minwon_core::StoreErrorKind;
use minwon_kurrentdb_protocol::{
    Empty,
    gossip::{MemberInfo, gossip_client::GossipClient, member_info::VNodeState},
    server_features::server_features_client::ServerFeaturesClient,
};
use rustls::pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{self, TcpStream},
    time,
};
use tokio_rustls::TlsConnector;
use tonic::{
    Code, Request,
    metadata::{MetadataMap, MetadataValue},
    transport::{Channel, Endpoint, Uri},
};
use tower::service_fn;

use super::{
    Client,
    tls::{self, TlsFileError},
};
use crate::kurrentdb::{
    credentials::Credentials,
    error::{Fault, within},
    url::{Host, Settings, Tls},
};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(in crate::kurrentdb) enum ConnectError {
    #[error(transparent)]
    Files(#[from] TlsFileError),
    #[error("the credentials cannot be had")]
    Credentials(#[source] io::Error),
    #[error("nobody answers at {0}")]
    Unreachable(Host, #[source] io::Error),
    #[error("{0} does not answer within {1:?}")]
    Silent(Host, Duration),
    #[error("{host}: {cause}")]
    Tls {
        host: Host,
        cause: &'static str,
        source: rustls::Error,
    },
    /// A server that stops does this, or one that speaks no TLS.
    #[error("{0} broke the TLS handshake off; if it speaks no TLS on this port, try tls=false")]
    CutOff(Host, #[source] io::Error),
    #[error("{0} speaks TLS on this port: take tls=false out of the URL")]
    OnlyTls(Host),
    #[error("{0} is no name that a certificate could have")]
    BadName(Host),
    #[error(
        "{0} speaks no HTTP/2 on this port, as a KurrentDB does: look at the host and the port in the URL"
    )]
    NoHttp2(Host),
    #[error("{0} does not answer as a KurrentDB does")]
    Refused(Host, #[source] Fault),
    #[error("the runtime of the store has ended")]
    Ended(#[source] tokio::task::JoinError),
    #[error("no node of the cluster says who leads")]
    NoLeader(#[source] Option<Box<ConnectError>>),
}

impl ConnectError {
    /// The kind of error, for a caller to act on.
    pub(in crate::kurrentdb) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Unreachable(..) | Self::Silent(..) | Self::CutOff(..) | Self::NoLeader(None) => {
                StoreErrorKind::Unavailable
            }
            Self::Refused(_, fault) => fault.kind(),
            Self::NoLeader(Some(last)) => last.kind(),
            Self::Ended(_) => StoreErrorKind::Closed,
            Self::Files(_)
            | Self::Credentials(_)
            | Self::Tls { .. }
            | Self::OnlyTls(_)
            | Self::NoHttp2(_)
            | Self::BadName(_) => StoreErrorKind::Misconfigured,
        }
    }

    /// Returns whether other credentials may help.
    pub(in crate::kurrentdb) fn is_refusal_of_user(&self) -> bool {
        match self {
            Self::Refused(_, fault) => fault.is_refusal_of_user(),
            Self::NoLeader(Some(last)) => last.is_refusal_of_user(),
            _ => false,
        }
    }
}

/// The nodes that were last named as those of the cluster. Clones share them.
#[derive(Debug, Clone, Default)]
pub(in crate::kurrentdb) struct Members(Arc<Mutex<Vec<Host>>>);

/// Most members that are remembered: more than clusters have.
const MEMBERS_MAX: usize = 16;

impl Members {
    fn remember(&self, members: &[MemberInfo]) {
        let hosts = members.iter().filter_map(host_of).take(MEMBERS_MAX);
        *self.hosts() = hosts.collect();
    }

    /// Those that are not among `others`.
    fn beside(&self, others: &[Host]) -> Vec<Host> {
        let hosts = self.hosts();
        let beside = hosts.iter().filter(|host| !others.contains(host));
        beside.cloned().collect()
    }

    fn hosts(&self) -> MutexGuard<'_, Vec<Host>> {
        // Every change is a single assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Checks what the settings name before anything is called.
pub(in crate::kurrentdb) fn check(settings: &Settings) -> Result<(), TlsFileError> {
    settings
        .tls
        .as_ref()
        .map_or(Ok(()), |tls| tls::config(tls).map(drop))
}

/// Makes further connections to a node.
pub(super) struct Opener {
    settings: Arc<Settings>,
    pub(super) headers: MetadataMap,
    host: Host,
    pub(super) limit: Duration,
}

impl Opener {
    /// The error where that took too long.
    pub(super) fn silent(&self) -> ConnectError {
        ConnectError::Silent(self.host.clone(), self.limit)
    }

    pub(super) async fn open(&self) -> Result<Channel, ConnectError> {
        let caller = Caller {
            settings: &self.settings,
            headers: self.headers.clone(),
            limit: self.limit,
            members: &Members::default(),
        };
        caller.open(&self.host).await
    }
}

/// A connection to the node that is to be called; `leader` is known to be it, if there is one. In a
/// cluster `members` are asked behind those that the settings name, and are those of the answer
/// afterwards. Each step may take up to `limit`.
pub(in crate::kurrentdb) async fn connect(
    settings: &Arc<Settings>,
    credentials: Option<&Credentials>,
    leader: Option<&Host>,
    limit: Duration,
    members: &Members,
) -> Result<Client, ConnectError> {
    let caller = Caller {
        settings,
        headers: headers(settings, credentials),
        limit,
        members,
    };
    let client = |channel, host| {
        let opener = Opener {
            settings: Arc::clone(settings),
            headers: caller.headers.clone(),
            host,
            limit,
        };
        Client::new(channel, opener)
    };
    if let Some(leader) = leader
        && let Ok(channel) = caller.open(leader).await
        && caller.greet(leader, channel.clone()).await.is_ok()
    {
        return Ok(client(channel, leader.clone()));
    }
    if !settings.is_cluster {
        let host = &settings.hosts[0];
        let channel = caller.open(host).await?;
        caller.greet(host, channel.clone()).await?;
        return Ok(client(channel, host.clone()));
    }
    let (channel, leader) = caller.find_leader().await?;
    Ok(client(channel, leader))
}

struct Caller<'a> {
    settings: &'a Settings,
    headers: MetadataMap,
    limit: Duration,
    members: &'a Members,
}

impl Caller<'_> {
    /// Asks the known nodes, one after the other, until one knows a leader that answers. One that is
    /// silent is waited for while the next ones are asked.
    async fn find_leader(&self) -> Result<(Channel, Host), ConnectError> {
        let mut last = None;
        let seeds = &self.settings.hosts;
        let members = self.members.beside(seeds);
        for attempt in 0..self.settings.discovery.attempts {
            if attempt > 0 {
                time::sleep(self.settings.discovery.interval).await;
            }
            let mut hosts = seeds.iter().chain(&members);
            let mut asked = FuturesUnordered::new();
            loop {
                asked.extend(hosts.next().map(|host| self.leader_by(host)));
                match time::timeout(HEAD_START, asked.next()).await {
                    Ok(Some(Ok(Some(found)))) => return Ok(found),
                    // What has to be mended says more than who is away.
                    Ok(Some(Err(error))) => match &last {
                        Some(before)
                            if ConnectError::kind(before) != error.kind()
                                && error.kind() == StoreErrorKind::Unavailable => {}
                        _ => last = Some(error),
                    },
                    Ok(None) => break,
                    Ok(Some(Ok(None))) | Err(_) => {}
                }
            }
        }
        Err(ConnectError::NoLeader(last.map(Box::new)))
    }

    /// The leader, as far as `host` knows one.
    async fn leader_by(&self, host: &Host) -> Result<Option<(Channel, Host)>, ConnectError> {
        let channel = self.open(host).await?;
        let mut gossip = GossipClient::new(channel.clone());
        let limit = self.settings.discovery.timeout;
        let members = within(limit, gossip.read(self.request())).await;
        let members = match members {
            Ok(cluster) => cluster.into_inner().members,
            Err(fault) => return Err(self.refused(host, fault).await),
        };
        let Some(leader) = leader_of(&members) else {
            return Ok(None);
        };
        let channel = if leader == *host {
            channel
        } else {
            let channel = self.open(&leader).await?;
            self.greet(&leader, channel.clone()).await?;
            channel
        };
        self.members.remember(&members);
        Ok(Some((channel, leader)))
    }

    /// A channel over one connection. It does not make another when that is lost: the leader may be
    /// elsewhere by then.
    async fn open(&self, host: &Host) -> Result<Channel, ConnectError> {
        let keep_alive = &self.settings.keep_alive;
        let stream = self.stream(host).await?;
        let scheme = match &self.settings.tls {
            None => "http",
            Some(_) => "https",
        };
        let uri = |scheme| format!("{scheme}://{host}").parse::<Uri>();
        let (Ok(plain), Ok(origin)) = (uri("http"), uri(scheme)) else {
            return Err(ConnectError::BadName(host.clone()));
        };
        let endpoint = Endpoint::from(plain)
            .origin(origin)
            .http2_keep_alive_interval(keep_alive.interval)
            .keep_alive_timeout(keep_alive.timeout)
            .keep_alive_while_idle(true)
            // A feed whose consumer is slow fills the window of its stream, never that of all.
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        let stream = Mutex::new(Some(stream));
        let once = service_fn(move |_: Uri| {
            let stream = stream.lock().ok().and_then(|mut stream| stream.take());
            let lost = || io::Error::new(io::ErrorKind::NotConnected, "the connection was lost");
            std::future::ready(stream.map(TokioIo::new).ok_or_else(lost))
        });
        let opening = within(self.limit, async {
            let channel = endpoint.connect_with_connector(once).await;
            channel.map_err(|error| Fault::Broken(Box::new(error)))
        });
        match opening.await {
            Ok(channel) => Ok(channel),
            Err(fault) => Err(self.refused(host, fault).await),
        }
    }

    async fn stream(&self, host: &Host) -> Result<Box<dyn Io>, ConnectError> {
        let stream = self.tcp(host).await?;
        Ok(match &self.settings.tls {
            None => Box::new(stream),
            Some(tls) => Box::new(self.encrypted(host, tls, stream).await?),
        })
    }

    async fn tcp(&self, host: &Host) -> Result<TcpStream, ConnectError> {
        let unreachable = |error| ConnectError::Unreachable(host.clone(), error);
        let connecting = async {
            let addresses = net::lookup_host((host.name.as_str(), host.port)).await?;
            first_to_answer(addresses.map(TcpStream::connect)).await
        };
        let stream = time::timeout(self.limit, connecting)
            .await
            .map_err(|_| ConnectError::Silent(host.clone(), self.limit))?
            .map_err(unreachable)?;
        // A request is several small writes: without, each would wait for the acknowledgement of
        // the one before, which the server delays by 40 ms.
        stream.set_nodelay(true).map_err(unreachable)?;
        Ok(stream)
    }

    async fn encrypted(
        &self,
        host: &Host,
        tls: &Tls,
        stream: TcpStream,
    ) -> Result<impl Io + use<>, ConnectError> {
        let name = ServerName::try_from(host.name.clone())
            .map_err(|_| ConnectError::BadName(host.clone()))?;
        let handshake = TlsConnector::from(tls::config(tls)?).connect(name, stream);
        let stream = time::timeout(self.limit, handshake)
            .await
            .map_err(|_| ConnectError::Silent(host.clone(), self.limit))?;
        stream.map_err(|error| match tls::of_io(&error) {
            Some(source) => ConnectError::Tls {
                host: host.clone(),
                cause: tls::cause_of(&source),
                source,
            },
            None => ConnectError::CutOff(host.clone(), error),
        })
    }

    /// The first call on a connection: it shows who is there.
    async fn greet(&self, host: &Host, channel: Channel) -> Result<(), ConnectError> {
        let mut features = ServerFeaturesClient::new(channel);
        let limit = self.settings.discovery.timeout;
        match within(limit, features.get_supported_methods(self.request())).await {
            // Servers before 21.10 have no such call.
            Ok(_)
            | Err(Fault::Answered {
                code: Code::Unimplemented,
                ..
            }) => Ok(()),
            Err(fault) => Err(self.refused(host, fault).await),
        }
    }

    fn request(&self) -> Request<Empty> {
        let mut request = Request::new(Empty {});
        *request.metadata_mut() = self.headers.clone();
        request
    }

    /// Finds out whether a connection broke because something else is spoken there.
    async fn refused(&self, host: &Host, fault: Fault) -> ConnectError {
        if matches!(fault, Fault::Broken(_)) {
            if self.settings.tls.is_none()
                && let Ok(stream) = self.tcp(host).await
                && tls::is_spoken(host, stream, self.limit).await
            {
                return ConnectError::OnlyTls(host.clone());
            }
            if let Ok(stream) = self.stream(host).await
                && answers_otherwise(stream, self.limit).await
            {
                return ConnectError::NoHttp2(host.clone());
            }
        }
        ConnectError::Refused(host.clone(), fault)
    }
}

/// What both ends begin with in HTTP/2: a client with these words and a frame of settings, which may be
/// empty, and a server with such a frame.
///
/// Source: RFC 9113, 3.4 and 6.5.
const CLIENT_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Returns whether the other end answers that with anything but HTTP/2, as an older web server does.
async fn answers_otherwise(mut stream: impl Io, limit: Duration) -> bool {
    // The first frame's length in three bytes, its type, its flags, and the stream in four.
    let mut head = [0; 9];
    let asking = async {
        stream.write_all(CLIENT_PREFACE).await?;
        stream.read_exact(&mut head).await
    };
    match time::timeout(limit, asking).await {
        Ok(Ok(_)) => head[3] != 4 || head[5..] != [0; 4],
        // It closes, or is silent: that is no answer.
        Ok(Err(_)) | Err(_) => false,
    }
}

/// How long a node, or an address of its name, is tried before the next one is as well.
const HEAD_START: Duration = Duration::from_millis(250);

/// The first of `connects` that comes about, each to another address. One that does not, as where a
/// network carries only one of both versions of IP, holds up those behind it for a moment.
async fn first_to_answer<T>(
    connects: impl Iterator<Item = impl Future<Output = io::Result<T>>>,
) -> io::Result<T> {
    let mut connects = connects.fuse();
    let mut tried = FuturesUnordered::new();
    let mut refusal = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        tried.extend(connects.next());
        match time::timeout(HEAD_START, tried.next()).await {
            Ok(Some(Ok(stream))) => return Ok(stream),
            Ok(Some(Err(error))) => refusal = error,
            Ok(None) => return Err(refusal),
            // The next one's turn, if there is one.
            Err(_) => {}
        }
    }
}

/// What a server may send ahead on one stream. Unit: bytes.
const STREAM_WINDOW_BYTES: u32 = 2 * 1024 * 1024;

/// What it may send ahead on all: the most there can be. Unit: bytes.
const CONNECTION_WINDOW_BYTES: u32 = (1 << 31) - 1;

/// Both ways of a connection.
trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

fn leader_of(members: &[MemberInfo]) -> Option<Host> {
    let leader = VNodeState::Leader as i32;
    let mut members = members.iter();
    host_of(members.find(|member| member.is_alive && member.state == leader)?)
}

fn host_of(member: &MemberInfo) -> Option<Host> {
    let place = member.http_end_point.as_ref()?;
    Some(Host {
        name: place.address.clone(),
        port: u16::try_from(place.port).ok()?,
    })
}

fn headers(settings: &Settings, credentials: Option<&Credentials>) -> MetadataMap {
    let mut headers = MetadataMap::new();
    // What is acknowledged has to be there when it is read.
    headers.insert("requires-leader", MetadataValue::from_static("true"));
    if let Some(credentials) = credentials {
        let text = format!("{}:{}", credentials.user(), credentials.password());
        let text = format!("Basic {}", BASE64_STANDARD.encode(text));
        if let Ok(mut value) = MetadataValue::try_from(text) {
            value.set_sensitive(true);
            headers.insert("authorization", value);
        }
    }
    let name = settings.connection_name.as_deref();
    if let Some(Ok(name)) = name.map(MetadataValue::try_from) {
        headers.insert("connection-name", name);
    }
    headers
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail so")]
mod tests {
    use std::future::{Ready, pending, ready};

    use futures_util::FutureExt as _;
    use minwon_kurrentdb_protocol::gossip::EndPoint;

    use super::*;

    impl Opener {
        pub(in crate::kurrentdb::client) fn to(url: &str, limit: Duration) -> Self {
            let url: crate::kurrentdb::KurrentUrl = url.parse().unwrap();
            Self {
                host: url.settings.hosts[0].clone(),
                headers: headers(&url.settings, None),
                settings: url.settings,
                limit,
            }
        }
    }

    #[test]
    fn so_many_members_are_remembered_and_those_of_the_url_are_not_asked_twice() {
        let member = |port| MemberInfo {
            http_end_point: Some(EndPoint {
                address: "node".into(),
                port,
            }),
            ..MemberInfo::default()
        };
        let members = Members::default();
        // A port that is none, and more members than there can be.
        let named: Vec<_> = (65_536..65_537).chain(1..100).map(member).collect();
        members.remember(&named);
        let seed = host_of(&member(1)).unwrap();
        let beside = members.beside(std::slice::from_ref(&seed));
        assert_eq!(beside.len(), MEMBERS_MAX - 1);
        assert!(!beside.contains(&seed));
    }

    #[tokio::test]
    async fn an_address_that_does_not_answer_holds_up_no_other() {
        let connects = [pending().boxed(), ready(Ok("the second")).boxed()];
        let answer = first_to_answer(connects.into_iter()).await;
        assert_eq!(answer.unwrap(), "the second");
    }

    #[tokio::test]
    async fn without_an_address_that_answers_the_last_refusal_is_told() {
        let refusals = [
            io::ErrorKind::NetworkUnreachable,
            io::ErrorKind::ConnectionRefused,
        ];
        let connects = refusals.map(|kind| ready(Err::<(), _>(kind.into())));
        let error = first_to_answer(connects.into_iter()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let none = std::iter::empty::<Ready<io::Result<()>>>();
        let error = first_to_answer(none).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
