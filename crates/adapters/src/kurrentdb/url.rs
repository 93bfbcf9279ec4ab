//! Where KurrentDB is: a checked connection string whose password is never shown.

use std::{fmt, str::FromStr};

use kurrentdb::ClientSettings;

use crate::exposure;

/// A connection string of KurrentDB:
///
/// - `kurrentdb://[user:password@]host[:port][?setting=value&…]`: one node.
/// - `kurrentdb://[user:password@]host:port,host:port,…[?…]`: a cluster, found through any of
///   these nodes.
/// - `kurrentdb+discover://[user:password@]host[:port][?…]`: a cluster, found through this node.
///
/// `esdb`, `kurrent` and `kdb` mean the same as `kurrentdb`; the port is 2113 if none is given.
/// The settings are those of the official clients: `tls` (`true` by default), `tlsVerifyCert`,
/// `tlsCaFile`, `userCertFile`, `userKeyFile`, `nodePreference` (`leader` only), `connectionName`,
/// `keepAliveInterval`, `keepAliveTimeout`, `maxDiscoverAttempts`, `discoveryInterval`,
/// `gossipTimeout`, `defaultDeadline`. An unknown setting is an error here, where the client only
/// logs it.
///
/// A password with `tls=false`, and `tlsVerifyCert=false`, are refused but for hosts of this machine,
/// unless the setting `insecure=accepted`, which is ours, stands beside them.
///
/// `Display` and `Debug` show a password as `***`.
#[derive(Clone)]
pub struct KurrentUrl {
    shown: Box<str>,
    pub(super) settings: ClientSettings,
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

/// In lower case, as the client compares them.
const SETTINGS: [&str; 13] = [
    "connectionname",
    "defaultdeadline",
    "discoveryinterval",
    "gossiptimeout",
    "keepaliveinterval",
    "keepalivetimeout",
    "maxdiscoverattempts",
    "nodepreference",
    "tls",
    "tlscafile",
    "tlsverifycert",
    "usercertfile",
    "userkeyfile",
];

/// The client pauses for so long before its first connection, not only between attempts; its
/// own default is half a second. Unit: milliseconds.
const DISCOVERY_INTERVAL_MS: u64 = 20;

impl FromStr for KurrentUrl {
    type Err = KurrentUrlError;

    fn from_str(text: &str) -> Result<Self, KurrentUrlError> {
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| bad("it has no scheme"))?;
        let base = scheme.strip_suffix("+discover").unwrap_or(scheme);
        if !SCHEMES.contains(&base) {
            return Err(bad(format!("its scheme {scheme:?} is not known")));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (login, hosts) = match place.rsplit_once('@') {
            Some((login, hosts)) => (Some(login), hosts),
            None => (None, place),
        };
        let hosts = hosts.trim_end_matches('/');
        if hosts.is_empty() || hosts.contains(['/', '#']) {
            return Err(bad("it has no host, or something behind the host"));
        }
        check_login(login)?;
        let (settings, is_accepted) = exposure::take_word(query);
        let has_interval = check_settings(&settings)?;
        let mut full = format!("{scheme}://{}", place.trim_end_matches('/'));
        if !settings.is_empty() || !has_interval {
            full = format!("{full}?{settings}");
        }
        if !has_interval {
            let and = if settings.is_empty() { "" } else { "&" };
            full = format!("{full}{and}discoveryInterval={DISCOVERY_INTERVAL_MS}");
        }
        // The client's message about a text that it cannot read may repeat the text.
        let settings: ClientSettings = full
            .parse()
            .map_err(|_| bad("a host, a port or a setting cannot be read"))?;
        let is_encrypted = settings.is_secure_mode_enabled();
        let risk = if !is_encrypted && login.is_some() {
            Some("anybody on the way to KurrentDB can read the password (tls=false)")
        } else if is_encrypted && !settings.is_tls_certificate_verification_enabled() {
            Some("anybody can pass for the KurrentDB (tlsVerifyCert=false)")
        } else {
            None
        };
        if let Some(risk) = risk {
            exposure::check(risk, hosts, is_accepted).map_err(bad)?;
        }
        Ok(Self {
            shown: shown(scheme, login, hosts, query),
            settings,
        })
    }
}

/// The client takes user and password as they stand in the URL, without decoding them.
fn check_login(login: Option<&str>) -> Result<(), KurrentUrlError> {
    let Some(login) = login else { return Ok(()) };
    let sound = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-._~!$&*+,;=()".contains(&b))
    };
    match login.split_once(':') {
        Some((user, password)) if sound(user) && sound(password) => Ok(()),
        Some(_) => Err(bad(
            "user and password may hold ASCII letters, digits and any of -._~!$&*+,;=() only, \
             for the client does not decode others",
        )),
        None => Err(bad("there is a user without a password")),
    }
}

/// Returns whether the settings say how long to pause before connecting.
fn check_settings(query: &str) -> Result<bool, KurrentUrlError> {
    let mut has_interval = false;
    for setting in query.split('&').filter(|setting| !setting.is_empty()) {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        let lower = name.to_ascii_lowercase();
        if !SETTINGS.contains(&lower.as_str()) {
            // Perhaps the rest of a password that holds a question mark.
            return Err(bad(if query.contains('@') {
                "there is a setting that is not known; no @ may stand behind the ?".to_owned()
            } else {
                format!("there is no setting {name:?}")
            }));
        }
        let number = value.parse::<i64>().ok();
        match lower.as_str() {
            // -1 makes the client panic at its first call.
            "defaultdeadline" if !number.is_some_and(|ms| (1..=86_400_000).contains(&ms)) => {
                return Err(bad(
                    "defaultDeadline has to be 1 to 86400000 milliseconds; leave it out to have \
                     the default",
                ));
            }
            // The client ignores less; without, nothing notices that the network is gone.
            "keepaliveinterval" | "keepalivetimeout"
                if !number.is_some_and(|ms| (10_000..=86_400_000).contains(&ms)) =>
            {
                return Err(bad(format!("{name} has to be at least 10000 milliseconds")));
            }
            "maxdiscoverattempts" if !number.is_some_and(|n| (2..=1000).contains(&n)) => {
                return Err(bad("maxDiscoverAttempts has to be 2 to 1000"));
            }
            // Another node may not have yet what was just appended.
            "nodepreference" if !value.eq_ignore_ascii_case("leader") => {
                return Err(bad(
                    "nodePreference has to be leader, for what is acknowledged has to be \
                     there when it is read",
                ));
            }
            "connectionname" if !value.bytes().all(|b| b.is_ascii_graphic()) => {
                return Err(bad("connectionName has to be of visible ASCII characters"));
            }
            "discoveryinterval" => has_interval = true,
            _ => {}
        }
    }
    Ok(has_interval)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_and_clusters_are_read() {
        for (text, hosts) in [
            ("kurrentdb://127.0.0.1:2113?tls=false", 1),
            ("esdb://db.example", 1),
            (
                "kdb://admin:changeit@a:1,b:2,c:3?tls=true&nodePreference=leader",
                3,
            ),
            ("kurrent+discover://cluster.example:2113/", 1),
            ("kurrentdb://a:2113?discoveryInterval=100", 1),
        ] {
            let url: KurrentUrl = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(url.settings.hosts().len(), hosts, "{text}");
        }
        let url: KurrentUrl = "kdb://u:p@a:1,b:2".parse().unwrap();
        assert_eq!(url.settings.discovery_interval().as_millis(), 20);
        let credentials = url.settings.default_authenticated_user();
        assert!(credentials.is_some());
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: KurrentUrl = "kurrentdb://admin:secret@127.0.0.1:2113?tls=false"
            .parse()
            .unwrap();
        assert_eq!(
            url.to_string(),
            "kurrentdb://admin:***@127.0.0.1:2113?tls=false"
        );
        assert!(!format!("{url:?}").contains("secret"));
        for bad in [
            "kurrentdb://admin:secret@a:port",
            "kurrentdb://admin:sec%ret@a",
            "kurrentdb://admin:a?secret@a",
            "kurrentdb://admin:a?secret=b@a",
            "http://admin:secret@a",
            "kurrentdb://admin:secret@",
            "kurrentdb://admin:secret@a?nodePreference=secret",
        ] {
            let error = bad.parse::<KurrentUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
        }
    }

    #[test]
    fn what_others_could_read_or_forge_is_refused_unless_the_url_accepts_it() {
        for (text, is_taken) in [
            ("kurrentdb://u:secret@127.0.0.1:2113?tls=false", true),
            ("kurrentdb://u:secret@localhost,127.0.0.2:1?tls=false", true),
            ("kurrentdb://a?tls=false", true),
            ("kurrentdb://u:secret@a", true),
            ("kurrentdb://u:secret@a?tls=false", false),
            ("kurrentdb://u:secret@localhost,a?tls=FALSE", false),
            ("kurrentdb+discover://u:secret@a?tls=false", false),
            ("kurrentdb://a?tlsVerifyCert=false", false),
            ("kurrentdb://localhost?tlsVerifyCert=false", true),
            ("kurrentdb://u:secret@a?tls=false&insecure=accepted", true),
            ("kurrentdb://a?insecure=accepted&tlsVerifyCert=false", true),
            ("kurrentdb://u:secret@a?tls=false&insecure=yes", false),
        ] {
            let read = text.parse::<KurrentUrl>();
            assert_eq!(read.is_ok(), is_taken, "{text}: {read:?}");
            let shown = read.map_or_else(|error| error.to_string(), |url| url.to_string());
            assert!(!shown.contains("secret"), "{shown}");
        }
    }

    #[test]
    fn what_the_client_would_ignore_or_die_of_is_refused() {
        for (text, wanted) in [
            ("kurrentdb:a", "no scheme"),
            ("postgres://a", "postgres"),
            ("kurrentdb://?tls=false", "no host"),
            ("kurrentdb://a?tsl=false", "\"tsl\""),
            ("kurrentdb://a?defaultDeadline=-1", "defaultDeadline"),
            ("kurrentdb://a?keepAliveInterval=5", "at least 10000"),
            ("kurrentdb://a?tls=maybe", "cannot be read"),
            ("kurrentdb://user@a", "without a password"),
            ("kurrentdb://a?userCertFile=x", "cannot be read"),
            (
                "kurrentdb://a?nodePreference=follower",
                "nodePreference has",
            ),
        ] {
            let error = text.parse::<KurrentUrl>().unwrap_err().to_string();
            assert!(error.contains(wanted), "{text}: {error}");
            assert!(error.contains("kurrentdb+discover://"), "{error}");
        }
    }
}
