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
    let shown = url.split_inclusive(['?', '&']).map(|setting| {
        let (name, value) = setting.split_once('=').unwrap_or((setting, ""));
        if !name.to_ascii_lowercase().contains("password") {
            return setting.to_owned();
        }
        let end = if value.ends_with('&') { "&" } else { "" };
        format!("{name}=***{end}")
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::without_login;

    /// The second kind was found by the fuzz targets.
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
            ("sqlite:petitions.db", "sqlite:petitions.db"),
        ] {
            assert_eq!(without_login(url), shown);
        }
    }
}
