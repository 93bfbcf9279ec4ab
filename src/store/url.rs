//! Where events are kept, as text.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::login::without_login;

/// Where events are kept: `memory:`, `sqlite:PATH`, or KurrentDB as `kurrentdb://HOST:PORT` or
/// `kurrentdb+discover://HOST:PORT`.
///
/// A KurrentDB URL is the connection string of KurrentDB's own clients: several hosts are a cluster,
/// `kurrentdb://node1:2113,node2:2113,node3:2113`; so is one host with `+discover`, which is asked
/// for the others. Settings follow a `?`, as `?tls=false`. The schemes `esdb`, `kurrent` and `kdb`
/// mean the same. `docs/kurrentdb.md` says which settings matter.
///
/// ```
/// let url: minwon::StoreUrl = "sqlite:/var/lib/minwon/petitions.db".parse()?;
/// assert_eq!(url.to_string(), "sqlite:/var/lib/minwon/petitions.db");
/// let url: minwon::StoreUrl = "kurrentdb://portal:secret@node1:2113?tls=true".parse()?;
/// assert_eq!(url.to_string(), "kurrentdb://***@node1:2113?tls=true");
/// # Ok::<(), minwon::StoreUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// In this process.
    Memory,
    /// In this file.
    Sqlite(PathBuf),
    /// In KurrentDB.
    KurrentDb(KurrentDbUrl),
}

/// Where a KurrentDB is. Shown without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct KurrentDbUrl(String);

/// A text that names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} names no event store; write memory:, sqlite:PATH, kurrentdb://HOST:PORT or \
     kurrentdb+discover://HOST:PORT"
)]
#[non_exhaustive]
pub struct StoreUrlError {
    /// The text, without user and password.
    pub text: String,
}

/// What KurrentDB's clients take.
const KURRENTDB_SCHEMES: [&str; 4] = ["kurrentdb", "esdb", "kurrent", "kdb"];

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(text: &str) -> Result<Self, StoreUrlError> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some((scheme, rest)) if is_kurrentdb(scheme, rest) => {
                Ok(Self::KurrentDb(KurrentDbUrl(text.to_owned())))
            }
            _ => Err(StoreUrlError {
                text: without_login(text),
            }),
        }
    }
}

/// The settings are checked when the store is opened, by the client that knows them.
fn is_kurrentdb(scheme: &str, rest: &str) -> bool {
    let scheme = scheme.strip_suffix("+discover").unwrap_or(scheme);
    let place = rest.strip_prefix("//").unwrap_or("");
    KURRENTDB_SCHEMES.contains(&scheme) && !place.is_empty()
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::KurrentDb(url) => url.fmt(f),
        }
    }
}

impl KurrentDbUrl {
    /// The whole URL, with user and password.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KurrentDbUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_login(&self.0))
    }
}

impl fmt::Debug for KurrentDbUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KurrentDbUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_read_back_and_others_are_refused() {
        for url in [
            "memory:",
            "sqlite:petitions.db",
            "sqlite:/var/lib/a:b.db",
            "kurrentdb://localhost:2113?tls=false",
            "kurrentdb://a:2113,b:2113,c:2113",
            "kurrentdb+discover://cluster.example",
            "esdb://localhost",
            "esdb+discover://localhost",
            "kurrent://localhost",
            "kdb+discover://localhost",
        ] {
            assert_eq!(url.parse::<StoreUrl>().unwrap().to_string(), url);
        }
        for bad in [
            "",
            "memory",
            "memory:x",
            "sqlite:",
            "redis://localhost",
            "petitions.db",
            "kurrentdb:",
            "kurrentdb://",
            "kurrentdb:localhost",
            "kurrentdb+srv://localhost",
        ] {
            let error = bad.parse::<StoreUrl>().unwrap_err().to_string();
            let forms = ["write memory:, sqlite:PATH", "kurrentdb://HOST:PORT"];
            assert!(forms.iter().all(|form| error.contains(form)), "{error}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let text = "kurrentdb+discover://user:p@ss@host:2113?tls=true";
        let url: StoreUrl = text.parse().unwrap();
        let StoreUrl::KurrentDb(inner) = &url else {
            panic!("{url}");
        };
        assert_eq!(inner.secret(), text);
        let mistyped = "kurentdb://user:p@ss@host".parse::<StoreUrl>();
        let mistyped = mistyped.unwrap_err();
        for shown in [
            url.to_string(),
            format!("{url:?}"),
            mistyped.to_string(),
            format!("{mistyped:?}"),
        ] {
            assert!(shown.contains("***@host"), "{shown}");
            assert!(
                !shown.contains("p@ss") && !shown.contains("user"),
                "{shown}"
            );
        }
    }
}
