//! Where events are kept, as text.

use crate::{backends::backend_url, store::KNOWN};

backend_url! {
    /// Where events are kept: `memory:`, `sqlite:PATH`, or a database server, as
    /// `kurrentdb://HOST:PORT`.
    ///
    /// A server's URL is the connection string of its own clients; the page of the server in `docs`
    /// says which hosts and settings may follow.
    ///
    /// ```
    /// let url: minwon::StoreUrl = "sqlite:/var/lib/minwon/petitions.db".parse()?;
    /// assert_eq!(url.to_string(), "sqlite:/var/lib/minwon/petitions.db");
    /// let url: minwon::StoreUrl = "kurrentdb://portal:secret@node1:2113?tls=true".parse()?;
    /// assert_eq!(url.to_string(), "kurrentdb://***@node1:2113?tls=true");
    /// # Ok::<(), minwon::StoreUrlError>(())
    /// ```
    StoreUrl, StoreUrlError, "event store", KNOWN
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
    fn what_sqlite_or_others_read_otherwise_is_refused_with_the_form_that_was_meant() {
        for (text, form) in [
            ("sqlite::memory:", "write memory: for"),
            ("sqlite:file::memory:?cache=shared", "write memory: for"),
            ("sqlite:file:w.db?mode=memory", "write memory: for"),
            ("sqlite:file:w.db", "write sqlite:w.db"),
            ("sqlite:file:/w.db?cache=shared", "write sqlite:/w.db"),
            ("sqlite:w.db?mode=ro", "write sqlite:w.db"),
            (
                "sqlite://four.db",
                "write sqlite:four.db in the working directory, or sqlite:/four.db",
            ),
            ("sqlite:///var/four.db", "or sqlite:/var/four.db"),
        ] {
            let error = text.parse::<StoreUrl>().unwrap_err().to_string();
            assert!(error.contains(form), "{error}");
            let error = text.parse::<crate::ReadModelsUrl>().unwrap_err();
            assert!(error.to_string().contains(form), "{error}");
        }
        let error = "sqlite://user:p@ss@host/db".parse::<StoreUrl>();
        let error = error.unwrap_err().to_string();
        assert!(!error.contains("p@ss"), "{error}");
    }

    #[test]
    fn a_password_is_never_shown() {
        let text = "kurrentdb+discover://user:p@ss@host:2113?tls=true";
        let url: StoreUrl = text.parse().unwrap();
        let StoreUrl::Server(inner) = &url else {
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
