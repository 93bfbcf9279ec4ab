//! The parts of a connection string.

use std::{fmt, ops::RangeInclusive, path::PathBuf, time::Duration};

use super::{KurrentUrlError, bad, decoded};
use crate::kurrentdb::credentials::Credentials;

/// A connection string, read.
#[derive(Debug)]
pub(in crate::kurrentdb) struct Settings {
    pub(in crate::kurrentdb) hosts: Vec<Host>,
    /// Whether the nodes are asked who leads.
    pub(in crate::kurrentdb) is_cluster: bool,
    pub(in crate::kurrentdb) login: Option<Credentials>,
    pub(in crate::kurrentdb) credentials_file: Option<PathBuf>,
    pub(in crate::kurrentdb) tls: Option<Tls>,
    pub(in crate::kurrentdb) connection_name: Option<String>,
    pub(in crate::kurrentdb) keep_alive: KeepAlive,
    pub(in crate::kurrentdb) discovery: Discovery,
    pub(in crate::kurrentdb) deadline: Option<Duration>,
}

/// A node's name or address, and its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::kurrentdb) struct Host {
    /// Without the brackets of an address of version 6.
    pub(in crate::kurrentdb) name: String,
    pub(in crate::kurrentdb) port: u16,
}

/// An encrypted connection.
#[derive(Debug)]
pub(in crate::kurrentdb) struct Tls {
    pub(in crate::kurrentdb) verifies: bool,
    pub(in crate::kurrentdb) ca_file: Option<PathBuf>,
    /// The certificate and the key of who calls.
    pub(in crate::kurrentdb) user_files: Option<(PathBuf, PathBuf)>,
}

/// How often a silent connection is tried, and how long it may take.
#[derive(Debug)]
pub(in crate::kurrentdb) struct KeepAlive {
    pub(in crate::kurrentdb) interval: Duration,
    pub(in crate::kurrentdb) timeout: Duration,
}

/// How the leader of a cluster is found.
#[derive(Debug)]
pub(in crate::kurrentdb) struct Discovery {
    pub(in crate::kurrentdb) attempts: u64,
    pub(in crate::kurrentdb) interval: Duration,
    pub(in crate::kurrentdb) timeout: Duration,
}

const PORT: u16 = 2113;

const DAY_MS: u64 = 86_400_000;

const NAMES: [&str; 14] = [
    "connectionName",
    "credentialsFile",
    "defaultDeadline",
    "discoveryInterval",
    "gossipTimeout",
    "keepAliveInterval",
    "keepAliveTimeout",
    "maxDiscoverAttempts",
    "nodePreference",
    "tls",
    "tlsCaFile",
    "tlsVerifyCert",
    "userCertFile",
    "userKeyFile",
];

impl Host {
    pub(super) fn read(text: &str) -> Result<Self, KurrentUrlError> {
        let (name, port) = match text.strip_prefix('[') {
            Some(bracketed) => {
                let (name, behind) = bracketed.split_once(']').ok_or_else(|| bad(BAD_HOST))?;
                (name, behind)
            }
            None => text.split_at(text.find(':').unwrap_or(text.len())),
        };
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(bad(BAD_HOST));
        }
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => Some(PORT),
            None => None,
            Some(port) => port.parse().ok().filter(|port| *port > 0),
        };
        let port = port.ok_or_else(|| bad("behind the colon of a host there is no port"))?;
        Ok(Self {
            name: name.to_owned(),
            port,
        })
    }
}

const BAD_HOST: &str = "a host is missing or not sound; write host:port,host:port behind the @";

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, port } = self;
        if name.contains(':') {
            write!(f, "[{name}]:{port}")
        } else {
            write!(f, "{name}:{port}")
        }
    }
}

impl Settings {
    /// Reads what stands behind the question mark.
    pub(super) fn read(query: &str) -> Result<Self, KurrentUrlError> {
        let given = Given::read(query)?;
        if let Some(node) = given.value("nodePreference")
            && !node.eq_ignore_ascii_case("leader")
        {
            // Another node may not have yet what was just appended.
            return Err(bad(
                "nodePreference has to be leader, for what is acknowledged has to be there when it \
                 is read",
            ));
        }
        let connection_name = given.value("connectionName");
        if connection_name.is_some_and(|name| !name.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(bad("connectionName has to be of visible ASCII characters"));
        }
        let user_files = match (given.value("userCertFile"), given.value("userKeyFile")) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            _ => return Err(bad("userCertFile and userKeyFile go together")),
        };
        let tls = Tls {
            verifies: given.flag("tlsVerifyCert")?.unwrap_or(true),
            ca_file: given.value("tlsCaFile").map(PathBuf::from),
            user_files,
        };
        let ms = |name, range, default| {
            let number = given.number(name, range, "milliseconds")?;
            Ok(Duration::from_millis(number.unwrap_or(default)))
        };
        // Without, nothing notices that the network is gone; more often, servers take it amiss.
        let keep_alive = KeepAlive {
            interval: ms("keepAliveInterval", 10_000..=DAY_MS, 10_000)?,
            timeout: ms("keepAliveTimeout", 10_000..=DAY_MS, 10_000)?,
        };
        let discovery = Discovery {
            attempts: given
                .number("maxDiscoverAttempts", 1..=1000, "attempts")?
                .unwrap_or(3),
            interval: ms("discoveryInterval", 0..=DAY_MS, 20)?,
            timeout: ms("gossipTimeout", 1..=DAY_MS, 3000)?,
        };
        let deadline = given.number("defaultDeadline", 1..=DAY_MS, "milliseconds")?;
        Ok(Self {
            hosts: Vec::new(),
            is_cluster: false,
            login: None,
            credentials_file: given.value("credentialsFile").map(PathBuf::from),
            tls: given.flag("tls")?.unwrap_or(true).then_some(tls),
            connection_name: connection_name.map(str::to_owned),
            keep_alive,
            discovery,
            deadline: deadline.map(Duration::from_millis),
        })
    }
}

/// Settings by name, each at most once.
struct Given(Vec<(&'static str, String)>);

impl Given {
    fn read(query: &str) -> Result<Self, KurrentUrlError> {
        let mut given = Self(Vec::new());
        for setting in query.split('&').filter(|setting| !setting.is_empty()) {
            let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
            let known = NAMES.into_iter().find(|it| it.eq_ignore_ascii_case(name));
            let Some(known) = known else {
                // Perhaps the rest of a password that holds a question mark.
                return Err(bad(if query.contains('@') {
                    "there is a setting that is not known; write %3F and %40 for ? and @ in a \
                     password"
                        .to_owned()
                } else {
                    format!("there is no setting {name:?}")
                }));
            };
            if given.value(known).is_some() {
                return Err(bad(format!("{known} stands twice")));
            }
            let value = decoded(value, ":/@\\").ok_or_else(|| {
                bad(format!(
                    "{known} has no value, or one with characters that have to be written as % and \
                     two hexadecimal digits"
                ))
            })?;
            given.0.push((known, value));
        }
        Ok(given)
    }

    fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, KurrentUrlError> {
        let read = |value: &str| {
            let flag = value.to_ascii_lowercase().parse();
            flag.map_err(|_| bad(format!("{name} has to be true or false")))
        };
        self.value(name).map(read).transpose()
    }

    fn number(
        &self,
        name: &str,
        range: RangeInclusive<u64>,
        unit: &str,
    ) -> Result<Option<u64>, KurrentUrlError> {
        let read = |value: &str| {
            let number = value.parse().ok().filter(|number| range.contains(number));
            number.ok_or_else(|| {
                let (least, most) = (range.start(), range.end());
                bad(format!("{name} has to be {least} to {most} {unit}"))
            })
        };
        self.value(name).map(read).transpose()
    }
}
