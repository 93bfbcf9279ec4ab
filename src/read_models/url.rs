//! Where read models are kept, as text.

use std::{fmt, path::PathBuf, str::FromStr};

use crate::login::without_login;

/// Where read models are kept: `memory:`, `sqlite:PATH`, or Redis as `redis://HOST:PORT`,
/// `redis+sentinel://HOST:PORT,…/MASTER` or `redis+cluster://HOST:PORT,…`.
///
/// With `rediss` in place of `redis` the connection is encrypted; that needs the feature
/// `redis-tls`.
///
/// ```
/// let url: minwon::ReadModelsUrl = "redis://:secret@cache-1:6379/2".parse()?;
/// assert_eq!(url.to_string(), "redis://***@cache-1:6379/2");
/// # Ok::<(), minwon::ReadModelsUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadModelsUrl {
    /// In this process.
    Memory,
    /// In this file, which may be that of the events.
    Sqlite(PathBuf),
    /// In Redis.
    Redis(RedisUrl),
}

/// Where a Redis is. Shown without user and password.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(String);

/// A text that names no store of read models.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} names no store of read models; write memory:, sqlite:PATH, redis://HOST:PORT, \
     redis+sentinel://HOST:PORT/MASTER or redis+cluster://HOST:PORT"
)]
#[non_exhaustive]
pub struct ReadModelsUrlError {
    /// The text, without user and password.
    pub text: String,
}

const REDIS_SCHEMES: [&str; 6] = [
    "redis",
    "redis+sentinel",
    "redis+cluster",
    "rediss",
    "rediss+sentinel",
    "rediss+cluster",
];

impl FromStr for ReadModelsUrl {
    type Err = ReadModelsUrlError;

    fn from_str(text: &str) -> Result<Self, ReadModelsUrlError> {
        let is_redis = |scheme: &str, rest: &str| {
            let place = rest.strip_prefix("//").unwrap_or("");
            REDIS_SCHEMES.contains(&scheme) && !place.is_empty()
        };
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some((scheme, rest)) if is_redis(scheme, rest) => {
                Ok(Self::Redis(RedisUrl(text.to_owned())))
            }
            _ => Err(ReadModelsUrlError {
                text: without_login(text),
            }),
        }
    }
}

impl fmt::Display for ReadModelsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Redis(url) => url.fmt(f),
        }
    }
}

impl RedisUrl {
    /// The whole URL, with user and password.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_login(&self.0))
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
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
            "redis://localhost",
            "redis+sentinel://a:26379,b/petitions",
            "redis+cluster://a,b:7000",
            "rediss://localhost:6380/1",
        ] {
            assert_eq!(url.parse::<ReadModelsUrl>().unwrap().to_string(), url);
        }
        for bad in ["", "memory", "memory:x", "sqlite:", "redis:", "redis://"] {
            let error = bad.parse::<ReadModelsUrl>().unwrap_err();
            assert!(error.to_string().contains("write memory:"), "{error}");
        }
        assert!("redis+ring://a".parse::<ReadModelsUrl>().is_err());
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: ReadModelsUrl = "redis://user:p@ss@host".parse().unwrap();
        let ReadModelsUrl::Redis(inner) = &url else {
            panic!("{url}");
        };
        assert_eq!(inner.secret(), "redis://user:p@ss@host");
        let mistyped = "rdis://user:p@ss@host".parse::<ReadModelsUrl>();
        let mistyped = mistyped.unwrap_err();
        for shown in [
            url.to_string(),
            format!("{url:?}"),
            mistyped.to_string(),
            format!("{mistyped:?}"),
        ] {
            assert!(!shown.contains("ss@"), "{shown}");
            assert!(shown.contains("//***@host"), "{shown}");
        }
    }
}
