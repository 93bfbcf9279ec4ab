//! Connection strings of KurrentDB.

mod settings;
#[cfg(test)]
mod tests;

use std::{fmt, str::FromStr, sync::Arc};

use percent_encoding::percent_decode_str;

pub(super) use self::settings::{Host, Settings, Tls};
use super::credentials::Credentials;
use crate::exposure;

/// Where a KurrentDB is, and how it is spoken to.
///
/// ```
/// use minwon_adapters::kurrentdb::KurrentUrl;
///
/// let one: KurrentUrl = "kurrentdb://localhost:2113?tls=false".parse()?;
/// let cluster: KurrentUrl = "kurrentdb://admin:secret@node1:2113,node2:2113".parse()?;
/// assert_eq!(cluster.to_string(), "kurrentdb://admin:***@node1:2113,node2:2113");
/// # Ok::<(), minwon_adapters::kurrentdb::KurrentUrlError>(())
/// ```
///
/// | form | meaning |
/// |---|---|
/// | `kurrentdb://HOST:PORT` | one node |
/// | `kurrentdb://HOST:PORT,HOST:PORT,…` | a cluster, of which these nodes are known |
/// | `kurrentdb+discover://HOST:PORT` | a cluster, found through this node |
///
/// `esdb`, `kurrent` and `kdb` mean the same as `kurrentdb`; the port is 2113 if none is given. User
/// and password stand before an `@`, as `USER:PASSWORD@`: ASCII letters, digits and any of
/// ``-._~!$&'()*+,;=`` as they are, in the password also `:`, and every other byte as `%` and two
/// hexadecimal digits (`%40` is an `@`). So do values of settings, which may hold `:`, `/` and `@` too.
///
/// | setting | meaning | default |
/// |---|---|---|
/// | `tls` | encrypted, or with `false` not | `true` |
/// | `tlsCaFile` | the certificates, in PEM, of who may sign a server's | those of the system |
/// | `tlsVerifyCert` | with `false` any certificate will do | `true` |
/// | `userCertFile`, `userKeyFile` | the certificate and key, in PEM, of who calls | none |
/// | `credentialsFile` | a file with `USER:PASSWORD`, read again when the server refuses what it said; ours | none |
/// | `connectionName` | how the connection is called in the server's log | none |
/// | `keepAliveInterval`, `keepAliveTimeout` | how often a silent connection is tried, and how long; ms, from 10000 | 10000 |
/// | `maxDiscoverAttempts` | how often the nodes of a cluster are asked who leads | 3 |
/// | `discoveryInterval`, `gossipTimeout` | the pause between, and the time for an answer; ms | 20, 3000 |
/// | `defaultDeadline` | the most a call may take; ms | that of the options |
/// | `nodePreference` | `leader` only | `leader` |
/// | `insecure=accepted` | what follows is meant; ours | |
///
/// Files of certificates are read each time a connection is made. A password with `tls=false`, and
/// `tlsVerifyCert=false`, are refused but for hosts of this machine, unless `insecure=accepted` stands
/// beside them.
///
/// `Display` and `Debug` show a password as `***`.
#[derive(Clone)]
pub struct KurrentUrl {
    shown: Box<str>,
    pub(super) settings: Arc<Settings>,
}

/// A text that is no connection string of KurrentDB. The text itself is not shown, as it may
/// contain a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is no URL of KurrentDB: {reason}; write kurrentdb://user:password@host:2113?tls=true, \
     kurrentdb://host:2113,host:2113 or kurrentdb+discover://host:2113"
)]
#[non_exhaustive]
pub struct KurrentUrlError {
    /// The error in it.
    pub reason: String,
}

const SCHEMES: [&str; 4] = ["kurrentdb", "esdb", "kurrent", "kdb"];

impl FromStr for KurrentUrl {
    type Err = KurrentUrlError;

    fn from_str(text: &str) -> Result<Self, KurrentUrlError> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| bad("it has no scheme with ://"))?;
        let lower = scheme.to_ascii_lowercase();
        let base = lower.strip_suffix("+discover");
        if !SCHEMES.contains(&base.unwrap_or(&lower)) {
            return Err(bad(format!("its scheme {scheme:?} is not known")));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        if text.contains('#') {
            // What a password or a path holds behind it would be lost.
            return Err(bad("a # may not stand in it; write %23"));
        }
        let (login, hosts) = match place.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, place),
        };
        let hosts = hosts.trim_end_matches('/');
        let (query_read, is_accepted) = exposure::take_word(query);
        let mut settings = Settings::read(&query_read)?;
        settings.hosts = hosts.split(',').map(Host::read).collect::<Result<_, _>>()?;
        settings.is_cluster = base.is_some() || settings.hosts.len() > 1;
        settings.login = login.map(read_login).transpose()?;
        if settings.login.is_some() && settings.credentials_file.is_some() {
            return Err(bad("it has a password and a credentialsFile"));
        }
        let has_password = settings.login.is_some() || settings.credentials_file.is_some();
        let risk = match &settings.tls {
            None if has_password => {
                Some("anybody on the way to KurrentDB can read the password (tls=false)")
            }
            Some(tls) if !tls.verifies => {
                Some("anybody can pass for the KurrentDB (tlsVerifyCert=false)")
            }
            _ => None,
        };
        if let Some(risk) = risk {
            exposure::check(risk, hosts, is_accepted).map_err(bad)?;
        }
        Ok(Self {
            shown: shown(scheme, login, hosts, query),
            settings: Arc::new(settings),
        })
    }
}

fn read_login(login: &str) -> Result<Credentials, KurrentUrlError> {
    let Some((user, password)) = login.split_once(':') else {
        return Err(bad("there is a user without a password"));
    };
    let user = decoded(user, "").ok_or_else(|| bad(BAD_LOGIN))?;
    let password = decoded(password, ":").ok_or_else(|| bad(BAD_LOGIN))?;
    Credentials::new(user, password).map_err(|error| bad(error.to_string()))
}

const BAD_LOGIN: &str = "user and password may hold ASCII letters, digits and any of \
     -._~!$&'()*+,;= as they are; write every other byte as % and two hexadecimal digits, so %40 for @";

/// The text behind the percent signs; none where a byte stands unescaped that is neither sound nor
/// one of `others`, or where there is no text.
fn decoded(text: &str, others: &str) -> Option<String> {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_sound = match byte {
            b'%' => [bytes.next(), bytes.next()]
                .iter()
                .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit())),
            byte => {
                byte.is_ascii_alphanumeric()
                    || b"-._~!$&'()*+,;=".contains(&byte)
                    || others.as_bytes().contains(&byte)
            }
        };
        if !is_sound {
            return None;
        }
    }
    let decoded = percent_decode_str(text).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

fn shown(scheme: &str, login: Option<&str>, hosts: &str, query: &str) -> Box<str> {
    let user = login
        .and_then(|login| login.split_once(':'))
        .map(|(user, _)| user);
    let login = user.map(|user| format!("{user}:***@")).unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{login}{hosts}{mark}{query}").into()
}

fn bad(reason: impl Into<String>) -> KurrentUrlError {
    KurrentUrlError {
        reason: reason.into(),
    }
}

impl fmt::Display for KurrentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for KurrentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KurrentUrl({})", self.shown)
    }
}
