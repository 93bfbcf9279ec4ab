//! Settings of the stand-in.

use std::sync::Arc;
use std::time::SystemTime;

use crate::access::{User, Users};
use crate::certificates::Certificate;
use crate::config::Config;
use crate::connection::Acknowledgements;
use crate::positions::Positions;
use crate::version::ServerVersion;

/// Settings of a [`StandIn`](crate::StandIn).
pub struct Builder {
    pub(crate) config: Config,
    pub(crate) nodes: usize,
    pub(crate) port: u16,
    pub(crate) is_up: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            config: Config {
                seed: 0,
                version: ServerVersion::new(25, 0, 1),
                positions: Positions::Offsets,
                clock: Arc::new(SystemTime::now),
                users: Users::default(),
                append_bytes_max: None,
                tls: None,
                acknowledgements: Acknowledgements::Delayed,
            },
            nodes: 1,
            port: 0,
            is_up: true,
        }
    }
}

impl Builder {
    /// The seed of positions. Default: 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = seed;
        self
    }

    /// The version to claim and to answer as. Default: 25.0.1.
    #[must_use]
    pub fn version(mut self, version: impl Into<ServerVersion>) -> Self {
        self.config.version = version.into();
        self
    }

    /// How records are placed in the log. Default: [`Positions::Offsets`].
    #[must_use]
    pub fn positions(mut self, positions: Positions) -> Self {
        self.config.positions = positions;
        self
    }

    /// The clock for `created`, `$maxAge` and the like. Default: the machine's.
    #[must_use]
    pub fn clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.config.clock = Arc::new(clock);
        self
    }

    /// Adds a user, who is in `groups`; from the first one on nobody else is let in. Default: there is no
    /// user, and everybody may do everything, as in a server with `--insecure`.
    ///
    /// With users, what each of them may do is in the log, as a server has it: in the metadata of streams
    /// (`$acl`) and in `$settings`. Who is in [`ADMINS`](crate::ADMINS) may do everything; others may do
    /// everything to streams whose names begin without `$`, and nothing to the rest, until the log says
    /// otherwise.
    #[must_use]
    pub fn user<'a>(
        self,
        login: &str,
        password: &str,
        groups: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        self.config.users.add(User {
            login: login.into(),
            password: password.into(),
            groups: groups.into_iter().map(Into::into).collect(),
            is_enabled: true,
        });
        self
    }

    /// Most bytes in one append. Default: as the version says (1 MiB until 25.0).
    #[must_use]
    pub fn append_bytes_max(mut self, bytes: usize) -> Self {
        self.config.append_bytes_max = Some(bytes);
        self
    }

    /// Encrypts connections, as the server that has `certificate`; the URL names a file with its
    /// authority. Default: nothing is encrypted.
    #[must_use]
    pub fn tls(mut self, certificate: &Certificate) -> Self {
        self.config.tls = Some(certificate.clone());
        self
    }

    /// Acknowledges what comes as soon as it has been read. Default: as servers have it, with the answer,
    /// or after 40 ms, for which a client with Nagle's algorithm waits in each of its calls. Only Linux
    /// can be told.
    #[must_use]
    pub fn acknowledges_at_once(mut self) -> Self {
        self.config.acknowledgements = Acknowledgements::AtOnce;
        self
    }

    /// How many nodes the cluster has, at least one; the first one leads. Default: 1.
    #[must_use]
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes.max(1);
        self
    }

    /// The port of the first node; others always take free ones. Default: 0, a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// All nodes are down until they are started; their ports refuse connections.
    #[must_use]
    pub fn down(mut self) -> Self {
        self.is_up = false;
        self
    }
}
