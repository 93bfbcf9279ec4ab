//! Where Redis is, and how it is spoken to.

use std::time::Duration;

use minwon_core::{StoreError, StoreErrorKind};
use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo,
    cluster::{ClusterClient, ClusterClientBuilder},
    io::tcp::TcpSettings,
    sentinel::{SentinelClientBuilder, SentinelServerType},
};

use crate::exposure;

use super::{
    RedisReadModels,
    link::{Link, Target},
};

/// How [`RedisReadModels`] are connected.
///
/// ```no_run
/// # async fn connect() -> Result<(), minwon_core::StoreError> {
/// use std::time::Duration;
/// use minwon_adapters::redis::RedisOptions;
/// let options = RedisOptions::default().prefix("portal").response_timeout(Duration::from_secs(2));
/// let read_models = options.connect("redis://cache-1:6379").await?;
/// # drop(read_models);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct RedisOptions {
    pub(super) prefix: String,
    pub(super) connect_timeout: Duration,
    pub(super) response_timeout: Duration,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            prefix: "minwon".into(),
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(5),
        }
    }
}

impl RedisOptions {
    /// The prefix of the names of all keys: 1 to 64 ASCII letters, digits, hyphens, underscores and
    /// colons, checked by [`connect`](Self::connect). Default: `minwon`.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long connecting may take, with finding the master and checking the server; to a cluster
    /// with a node that does not answer three times as long. Default: 2 seconds.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long an answer may take; for a commit this is when its outcome becomes unknown. Default:
    /// 5 seconds, as Redis stands still while it forks or waits for its disk.
    pub fn response_timeout(mut self, time: Duration) -> Self {
        self.response_timeout = time;
        self
    }

    /// Connects to the Redis at `url`:
    ///
    /// - `redis://[[user]:password@]host[:port][/db]`: one server.
    /// - `redis+sentinel://[[user]:password@]host[:port],…/master[/db]`: the master that Sentinels
    ///   know by this name; user and password are those of the master. Where the Sentinels have
    ///   some of their own, these follow as `?sentinel_username=…&sentinel_password=…`, either of
    ///   them or both, with `%`, `&`, `#` and what is no ASCII as percent escapes.
    /// - `redis+cluster://[[user]:password@]host[:port],…`: a cluster, found through any of these
    ///   nodes.
    ///
    /// With `rediss` in place of `redis` the connection is encrypted; that needs the feature
    /// `redis-tls`. A password in the clear is refused but for hosts of this machine, unless the URL has
    /// the parameter `insecure=accepted`. Has to be called, and the store used, within a tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`]: `Misconfigured` where the URL is none of these, where Redis is older than
    /// version 7, evicts what it holds when memory runs short, or refuses the password;
    /// `Unavailable` where it cannot be reached, or where Sentinels know no healthy master of this
    /// name.
    pub async fn connect(self, url: &str) -> Result<RedisReadModels, StoreError> {
        let suits = |c: char| c.is_ascii_alphanumeric() || "-_:".contains(c);
        if !(1..=64).contains(&self.prefix.len()) || !self.prefix.chars().all(suits) {
            let what = format!(
                "the key prefix {:?} is not made of 1 to 64 ASCII letters, digits, hyphens, \
                 underscores and colons",
                self.prefix
            );
            return Err(StoreError::new(StoreErrorKind::Misconfigured, what));
        }
        let target = self.target(url)?;
        let link = Link::new(target, self.connect_timeout, self.response_timeout);
        link.connect().await?;
        Ok(RedisReadModels::new(link, self.prefix))
    }

    pub(super) fn target(&self, url: &str) -> Result<Target, StoreError> {
        let (scheme, rest) = url
            .split_once("://")
            .ok_or_else(|| bad_url("it has no scheme"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (query, is_accepted) = exposure::take_word(query);
        let (scheme, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
        if !matches!(scheme, "redis" | "rediss") {
            return Err(bad_url("its scheme is neither redis nor rediss"));
        }
        if scheme == "redis" {
            check_passwords(rest, &query, is_accepted)?;
        }
        #[cfg(feature = "redis-tls")]
        choose_cryptography(scheme)?;
        let mark = if query.is_empty() { "" } else { "?" };
        let rest = &format!("{rest}{mark}{query}");
        match kind {
            "" => {
                let url = format!("{scheme}://{rest}");
                let client = Client::open(url).map_err(client_error)?;
                Ok(Target::Server(Box::new(client)))
            }
            "sentinel" => Ok(Target::Sentinel(Box::new(sentinel(scheme, rest)?.into()))),
            "cluster" => Ok(Target::Cluster(Box::new(self.cluster(scheme, rest)?))),
            _ => Err(bad_url(
                "it is for one server, for +sentinel or for +cluster",
            )),
        }
    }

    /// A cluster's client keeps the connection to a node that does not answer, so the system has to
    /// find out that the node is gone.
    fn tcp_settings(&self) -> TcpSettings {
        let settings = TcpSettings::default().set_nodelay(true);
        #[cfg(target_os = "linux")]
        let settings = settings.set_user_timeout(self.response_timeout);
        settings
    }

    fn cluster(&self, scheme: &str, rest: &str) -> Result<ClusterClient, StoreError> {
        let nodes = nodes(scheme, rest.trim_end_matches('/'), 6379)?;
        // Retries are ours: the client's own would hide that a commit may have been done before.
        ClusterClientBuilder::new(nodes)
            .retries(0)
            .tcp_settings(self.tcp_settings())
            .connection_timeout(self.connect_timeout)
            .response_timeout(self.response_timeout)
            .overall_response_timeout(Some(self.response_timeout))
            .build()
            .map_err(client_error)
    }
}

/// Sees to passwords that are sent in the clear.
fn check_passwords(rest: &str, query: &str, is_accepted: bool) -> Result<(), StoreError> {
    let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
    let hosts = place.split('/').next().unwrap_or(place);
    if login.contains(':') || query.contains("sentinel_password=") {
        let risk = "anybody on the way to Redis can read the password (redis in place of rediss)";
        exposure::check(risk, hosts, is_accepted).map_err(|reason| bad_url(&reason))?;
    }
    Ok(())
}

/// The client takes the cryptography that the process has chosen, and panics where there is none.
#[cfg(feature = "redis-tls")]
fn choose_cryptography(scheme: &str) -> Result<(), StoreError> {
    match crate::cryptography::choose() {
        Err(error) if scheme == "rediss" => {
            let doing = "an encrypted connection to Redis cannot be set up";
            Err(StoreError::new(StoreErrorKind::Misconfigured, doing).caused_by(error))
        }
        _ => Ok(()),
    }
}

fn sentinel(scheme: &str, rest: &str) -> Result<redis::sentinel::SentinelClient, StoreError> {
    let (rest, login) = rest.split_once('?').unwrap_or((rest, ""));
    let login = SentinelLogin::parse(login)?;
    let (hosts, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (master, db) = path.split_once('/').unwrap_or((path, "0"));
    if master.is_empty() {
        return Err(bad_url(
            "it lacks the master's name, as in redis+sentinel://host:26379/name",
        ));
    }
    let db = db
        .parse()
        .map_err(|_| bad_url("its database is no number"))?;
    let nodes = nodes(scheme, hosts, 26379)?;
    let settings = nodes[0].redis_settings().clone();
    let addresses: Vec<ConnectionAddr> = nodes.iter().map(|node| node.addr().clone()).collect();
    let is_encrypted = scheme == "rediss";
    let server = SentinelServerType::Master;
    let mut builder =
        SentinelClientBuilder::new(addresses, master, server).map_err(client_error)?;
    builder = builder.set_client_to_redis_db(db);
    if let Some(user) = settings.username() {
        builder = builder.set_client_to_redis_username(user);
    }
    if let Some(password) = settings.password() {
        builder = builder.set_client_to_redis_password(password);
    }
    if let Some(user) = login.username {
        builder = builder.set_client_to_sentinel_username(user);
    }
    if let Some(password) = login.password {
        builder = builder.set_client_to_sentinel_password(password);
    }
    if is_encrypted {
        builder = builder.set_client_to_redis_tls_mode(redis::TlsMode::Secure);
    }
    builder.build().map_err(client_error)
}

/// The login that Sentinels ask for before they answer.
#[derive(Default)]
struct SentinelLogin {
    username: Option<String>,
    password: Option<String>,
}

impl SentinelLogin {
    fn parse(query: &str) -> Result<Self, StoreError> {
        let mut login = Self::default();
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let place = match name {
                "sentinel_username" => &mut login.username,
                "sentinel_password" => &mut login.password,
                _ => {
                    return Err(bad_url(
                        "of parameters it may have sentinel_username and sentinel_password alone",
                    ));
                }
            };
            let value = percent_decoded(value)
                .ok_or_else(|| bad_url("a percent escape among its parameters is none"))?;
            *place = Some(value);
        }
        Ok(login)
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes: Vec<u8> = parts.next()?.into();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(rest.bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Each of the nodes, with the user and the password that stand before all of them.
fn nodes(scheme: &str, rest: &str, port: u16) -> Result<Vec<ConnectionInfo>, StoreError> {
    let (login, hosts) = match rest.rsplit_once('@') {
        Some((login, hosts)) => (format!("{login}@"), hosts),
        None => (String::new(), rest),
    };
    let node = |host: &str| {
        let has_port = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.ends_with(']'));
        let port = if has_port {
            String::new()
        } else {
            format!(":{port}")
        };
        let url = format!("{scheme}://{login}{host}{port}");
        url.into_connection_info().map_err(client_error)
    };
    hosts.split(',').map(node).collect()
}

fn client_error(error: redis::RedisError) -> StoreError {
    bad_url("it cannot be read").caused_by(error)
}

/// The URL itself is not shown, as it may contain a password.
fn bad_url(reason: &str) -> StoreError {
    let what = format!("the URL of Redis is of no use: {reason}");
    StoreError::new(StoreErrorKind::Misconfigured, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_the_clear_is_refused_unless_the_url_accepts_it() {
        for (url, is_taken) in [
            ("redis://:secret@127.0.0.1", true),
            ("redis://u:secret@[::1]:7000/3", true),
            ("redis://cache-1:6379", true),
            ("redis://user@cache-1", true),
            ("redis://:secret@cache-1", false),
            ("redis://:sec@localhost@cache-1/1", false),
            ("redis://:secret@cache-1?protocol=resp3", false),
            (
                "redis://:secret@cache-1?protocol=resp3&insecure=accepted",
                true,
            ),
            ("redis://:secret@cache-1/2?insecure=accepted", true),
            ("redis://:secret@cache-1?insecure=yes", false),
            ("redis+cluster://:secret@localhost,cache-1", false),
            (
                "redis+cluster://:secret@cache-1,cache-2:1?insecure=accepted",
                true,
            ),
            ("redis+sentinel://:secret@cache-1/master", false),
            (
                "redis+sentinel://localhost/master?sentinel_password=secret",
                true,
            ),
            (
                "redis+sentinel://cache-1/master?sentinel_password=secret",
                false,
            ),
            (
                "redis+sentinel://cache-1/master/2?sentinel_password=secret&insecure=accepted",
                true,
            ),
        ] {
            let target = RedisOptions::default().target(url);
            let error = target.err().map(|error| error.to_string());
            assert_eq!(error.is_none(), is_taken, "{url}: {error:?}");
            let error = error.unwrap_or_default();
            assert!(is_taken || error.contains("insecure=accepted"), "{error}");
            assert!(!error.contains("secret@"), "{error}");
        }
    }
}
