//! Where read models are kept, as text.

use crate::{backends::backend_url, read_models::KNOWN};

backend_url! {
    /// Where read models are kept: `memory:`, `sqlite:PATH`, or a database server: Redis as
    /// `redis://HOST:PORT`, `redis+sentinel://HOST:PORT,…/MASTER` or `redis+cluster://HOST:PORT,…`.
    ///
    /// With `rediss` in place of `redis` the connection is encrypted; that needs the feature
    /// `redis-tls`.
    ///
    /// ```
    /// let url: minwon::ReadModelsUrl = "redis://:secret@cache-1:6379/2".parse()?;
    /// assert_eq!(url.to_string(), "redis://***@cache-1:6379/2");
    /// # Ok::<(), minwon::ReadModelsUrlError>(())
    /// ```
    ReadModelsUrl, ReadModelsUrlError, "store of read models", KNOWN
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
        let ReadModelsUrl::Server(inner) = &url else {
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
