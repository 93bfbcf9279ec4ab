//! URLs that send a password where others can read it, or trust whoever answers.

use std::net::IpAddr;

/// The setting by which a URL says that its author knows.
const WORD: &str = "insecure=accepted";

/// Takes that setting out of those of a URL; returns the others, and whether it was there.
pub(crate) fn take_word(settings: &str) -> (String, bool) {
    let (words, others): (Vec<_>, Vec<_>) = settings.split('&').partition(|one| *one == WORD);
    (others.join("&"), !words.is_empty())
}

/// Warns of the risk where nobody else can be on the way to `hosts` (`HOST[:PORT],…`), or where the
/// URL has accepted it.
///
/// # Errors
/// The form to write instead, anywhere else.
pub(crate) fn check(risk: &str, hosts: &str, is_accepted: bool) -> Result<(), String> {
    if is_accepted || hosts.split(',').all(is_loopback) {
        tracing::warn!(hosts, "{risk}");
        return Ok(());
    }
    Err(format!(
        "{risk}; encrypt and verify the connection, or add the setting {WORD} where nobody else is on \
         the way"
    ))
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next(),
        None => host.split(':').next(),
    };
    let name = name.unwrap_or(host);
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for host in [
            "localhost",
            "LOCALHOST:1",
            "127.0.0.1:6379",
            "127.8.0.1",
            "[::1]:1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "cache-1",
            "localhost.evil",
            "127.0.0.1.evil:1",
            "10.0.0.1",
            "[::2]",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
        assert!(check("risk", "localhost,127.0.0.1:1", false).is_ok());
        assert!(check("risk", "localhost,cache-1", false).is_err());
        assert!(check("risk", "cache-1", true).is_ok());
    }

    #[test]
    fn the_word_is_taken_out_of_the_settings() {
        let taken = |settings| take_word(settings);
        assert_eq!(taken(""), (String::new(), false));
        assert_eq!(taken("insecure=accepted"), (String::new(), true));
        assert_eq!(taken("a=1&insecure=accepted&b=2"), ("a=1&b=2".into(), true));
        assert_eq!(taken("insecure=yes"), ("insecure=yes".into(), false));
    }
}
