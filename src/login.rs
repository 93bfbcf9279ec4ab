//! Users and passwords in URLs.

/// The URL without user and password: errors and logs go where passwords must not.
///
/// A password may hold any sign, so everything up to the last `@` goes; and one may stand in a setting.
pub(crate) fn without_login(url: &str) -> String {
    let url = match url.rsplit_once('@') {
        Some((login, place)) => {
            let scheme = login.split_once("//").map_or("", |(scheme, _)| scheme);
            format!("{scheme}//***@{place}")
        }
        None => url.to_owned(),
    };
    let shown = url.split('&').map(|setting| {
        let lower = setting.to_ascii_lowercase();
        let value = lower.find("password").and_then(|at| {
            let sign = lower[at..].find('=')?;
            Some(at + sign + 1)
        });
        value.map_or(setting.to_owned(), |at| format!("{}***", &setting[..at]))
    });
    shown.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::without_login;

    /// Those in settings were found by the fuzz targets.
    #[test]
    fn no_password_is_shown_wherever_it_stands() {
        for (url, shown) in [
            ("redis://u:p@ss@cache-1/3", "redis://***@cache-1/3"),
            (
                "redis+sentinel://a/m?sentinel_username=u&sentinel_password=secret&x=1",
                "redis+sentinel://a/m?sentinel_username=u&sentinel_password=***&x=1",
            ),
            (
                "redis+sentinel://a/m?x@y=u&sentinel_password=secret",
                "redis+sentinel://***@y=u&sentinel_password=***",
            ),
            (
                "redis+sentinel://a/m?sentinel_password=sec?ret",
                "redis+sentinel://a/m?sentinel_password=***",
            ),
            ("sqlite:petitions.db", "sqlite:petitions.db"),
        ] {
            assert_eq!(without_login(url), shown);
        }
    }
}
