//! The backends: two tables, of those that keep events and of those that keep read models.
//!
//! A new backend is a module of `minwon-adapters`, a row here for what it keeps, and the features of
//! both in `Cargo.toml`. A row says by which feature it is built, which URLs name it, how it is opened
//! and what it can do; [`Store`](crate::Store) and [`ReadModels`](crate::ReadModels) are made of them.

use std::fmt;
#[cfg(feature = "sqlite")]
use std::path::Path;

use crate::login::without_login;

/// The backends that keep events, for the macro named.
///
/// `open` takes what follows `memory:` or `sqlite:`, and the whole URL of a server. `beside` are the
/// read models that go with such events where none are named.
#[cfg(any(feature = "memory", feature = "sqlite"))]
macro_rules! event_backends {
    ($make:ident $($with:tt)*) => {
        $make! {
            $($with)*
            /// In this process.
            Memory {
                feature: "memory",
                schemes: [],
                form: "memory:",
                store: minwon_adapters::memory::MemoryStore,
                feed: minwon_adapters::memory::MemoryFeed,
                open: |_| Ok(minwon_adapters::memory::MemoryStore::with_clock(SystemClock)),
                beside: |_| ReadModels::in_memory(),
            }
            /// In one file, which one process writes.
            Sqlite {
                feature: "sqlite",
                schemes: [],
                form: "sqlite:PATH",
                store: minwon_adapters::sqlite::SqliteStore,
                feed: minwon_adapters::sqlite::SqliteFeed,
                open: |path| minwon_adapters::sqlite::SqliteStore::open(path),
                beside: |store| ReadModels::Sqlite(store.clone()),
            }
            /// In KurrentDB.
            KurrentDb {
                feature: "kurrentdb",
                schemes: [
                    "kurrentdb", "kurrentdb+discover", "esdb", "esdb+discover", "kurrent",
                    "kurrent+discover", "kdb", "kdb+discover",
                ],
                form: "kurrentdb://HOST:PORT",
                store: std::sync::Arc<minwon_adapters::kurrentdb::KurrentStore>,
                feed: minwon_adapters::kurrentdb::KurrentFeed,
                open: |url| {
                    let url = url.to_string_lossy();
                    minwon_adapters::kurrentdb::KurrentStore::open_url(&url).map(Into::into)
                },
                beside: |_| ReadModels::in_memory(),
            }
        }
    };
}
#[cfg(any(feature = "memory", feature = "sqlite"))]
pub(crate) use event_backends;

/// The backends that keep read models, for the macro named.
///
/// `leases` says how processes share the work on them; none where one process writes.
macro_rules! read_model_backends {
    ($make:ident $($with:tt)*) => {
        $make! {
            $($with)*
            /// In this process.
            Memory {
                feature: "memory",
                schemes: [],
                form: "memory:",
                store: minwon_adapters::memory::MemoryReadModels,
                open: async |_: &OsStr| Ok(Self::in_memory()),
                /// Among the projectors of this process.
                leases: Memory,
            }
            /// In one file, that of the events or another.
            Sqlite {
                feature: "sqlite",
                schemes: [],
                form: "sqlite:PATH",
                store: minwon_adapters::sqlite::SqliteStore,
                open: async |path: &OsStr| {
                    minwon_adapters::sqlite::SqliteStore::open(path).map(Self::Sqlite)
                },
            }
            /// In Redis.
            Redis {
                feature: "redis",
                schemes: [
                    "redis", "redis+sentinel", "redis+cluster", "rediss", "rediss+sentinel",
                    "rediss+cluster",
                ],
                form: "redis://HOST:PORT",
                store: minwon_adapters::redis::RedisReadModels,
                open: async |url: &OsStr| {
                    let url = url.to_string_lossy();
                    let opened = minwon_adapters::redis::RedisReadModels::connect(&url).await;
                    opened.map(Self::Redis)
                },
                /// Among all that use this Redis.
                leases: Redis,
            }
        }
    };
}
pub(crate) use read_model_backends;

/// Defines `on_each!(self, store => expression)`: the expression, with the store of whichever backend
/// `self` is. For either table; `$` is handed in, for the macro that is defined.
macro_rules! make_on_each {
    ($d:tt $($(#[$doc:meta])* $backend:ident { feature: $feature:literal, $($row:tt)* })+) => {
        macro_rules! on_each {
            ($d on:ident, $d store:ident => $d call:expr) => {
                match $d on {
                    $(#[cfg(feature = $feature)] Self::$backend($d store) => $d call,)+
                }
            };
        }
    };
}
pub(crate) use make_on_each;

/// The facts about a backend that hold whether it is built or not.
pub(crate) struct Known {
    pub(crate) feature: &'static str,
    pub(crate) schemes: &'static [&'static str],
    pub(crate) form: &'static str,
}

/// Returns how to write the URLs of these backends.
pub(crate) fn forms(known: &[Known]) -> String {
    let forms: Vec<_> = known.iter().map(|backend| backend.form).collect();
    match forms.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => String::new(),
    }
}

/// Where a database server is, as its own clients write it. Shown without user and password.
///
/// `kurrentdb://HOST:PORT` keeps events, `redis://HOST:PORT` read models. Which hosts and settings may
/// follow is for the server's client to say, when it is opened.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerUrl {
    text: String,
    feature: &'static str,
}

impl ServerUrl {
    /// The server that `text` names, if it is one of these.
    pub(crate) fn read(text: &str, known: &[Known]) -> Option<Self> {
        let (scheme, place) = text.split_once("://")?;
        let backend = known.iter().find(|one| one.schemes.contains(&scheme))?;
        (!place.is_empty()).then(|| Self {
            text: text.to_owned(),
            feature: backend.feature,
        })
    }

    /// The whole URL, with user and password.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.text
    }

    /// The feature of this crate with which the server can be opened.
    #[must_use]
    pub const fn feature(&self) -> &'static str {
        self.feature
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_login(&self.text))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerUrl({self})")
    }
}

/// Returns how to write the path of a `sqlite:` URL that has another meaning elsewhere, so that nobody
/// knows which was meant; none for a path.
///
/// `:memory:`, URIs and their parameters are SQLite's, and are not read; `//` is how other programs write
/// a path that is counted from the root in one and from the working directory in another.
pub(crate) fn other_form(path: &str) -> Option<String> {
    let bare = path.strip_prefix("file:").unwrap_or(path);
    if bare.starts_with(":memory:") || path.contains("mode=memory") {
        return Some("memory: for what ends with the process, or sqlite:PATH".to_owned());
    }
    let (name, _) = bare.split_once('?').unwrap_or((bare, ""));
    let relative = name.trim_start_matches('/');
    if name.starts_with("//") {
        return Some(format!(
            "sqlite:{relative} in the working directory, or sqlite:/{relative}"
        ));
    }
    (name.len() < path.len()).then(|| format!("sqlite:{name}"))
}

/// A URL of either table.
macro_rules! backend_url {
    ($(#[$doc:meta])* $url:ident, $error:ident, $what:literal, $known:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $url {
            /// In this process.
            Memory,
            /// In this file.
            Sqlite(std::path::PathBuf),
            /// In a database server.
            Server($crate::ServerUrl),
        }

        #[doc = concat!("A text that names no ", $what, ".")]
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("{text:?} names no {}; write {form}", $what)]
        #[non_exhaustive]
        pub struct $error {
            /// The text, without user and password.
            pub text: String,
            /// How to write what may have been meant.
            pub form: String,
        }

        impl std::str::FromStr for $url {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                use crate::backends::{forms, other_form};
                let path = text.strip_prefix("sqlite:").filter(|path| !path.is_empty());
                match (text, path) {
                    ("memory:", _) => return Ok(Self::Memory),
                    (_, Some(path)) if other_form(path).is_none() => {
                        return Ok(Self::Sqlite(path.into()));
                    }
                    _ => {}
                }
                if let Some(server) = $crate::ServerUrl::read(text, $known) {
                    return Ok(Self::Server(server));
                }
                let text = crate::login::without_login(text);
                let form = text.strip_prefix("sqlite:").and_then(other_form);
                let form = form.unwrap_or_else(|| forms($known));
                Err($error { text, form })
            }
        }

        impl std::fmt::Display for $url {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self {
                    Self::Memory => f.write_str("memory:"),
                    Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
                    Self::Server(url) => url.fmt(f),
                }
            }
        }

        impl $url {
            /// The feature it needs.
            pub(crate) fn feature(&self) -> &'static str {
                match self {
                    Self::Memory => "memory",
                    Self::Sqlite(_) => "sqlite",
                    Self::Server(url) => url.feature(),
                }
            }

            /// The path or address that it is opened with.
            pub(crate) fn place(&self) -> &std::ffi::OsStr {
                match self {
                    Self::Memory => std::ffi::OsStr::new(""),
                    Self::Sqlite(path) => path.as_os_str(),
                    Self::Server(url) => std::ffi::OsStr::new(url.secret()),
                }
            }
        }
    };
}
pub(crate) use backend_url;

/// Returns whether both are one file that is there.
#[cfg(feature = "sqlite")]
pub(crate) fn is_same_file(one: &Path, other: &Path) -> bool {
    // Of a file that is not there yet there is no canonical path, and nobody has it open.
    let whole = |path: &Path| path.canonicalize().ok();
    whole(one).is_some_and(|one| whole(other) == Some(one))
}
