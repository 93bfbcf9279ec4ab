//! Users and passwords in URLs.

/// The URL without user and password: errors and logs go where passwords must not.
///
/// A password may hold any sign, so everything up to the last `@` goes.
pub(crate) fn without_login(url: &str) -> String {
    let Some((login, place)) = url.rsplit_once('@') else {
        return url.to_owned();
    };
    let scheme = login.split_once("//").map_or("", |(scheme, _)| scheme);
    format!("{scheme}//***@{place}")
}
