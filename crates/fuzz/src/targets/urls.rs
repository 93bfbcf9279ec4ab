//! URLs of stores, of read models and of the servers that they are in.

use std::{error::Error, fmt, str::FromStr};

use minwon::{ReadModelsUrl, StoreUrl};
use minwon_adapters::{kurrentdb::KurrentUrl, redis::fuzzing};

use super::{check_error, inputs};

/// Stands for a password in the inputs.
const PASSWORD: &str = "hunter2secret";

pub(super) fn golden() -> Vec<Vec<u8>> {
    inputs(&[
        "memory:",
        "sqlite:petitions.db",
        "sqlite:/var/lib/petitions.db",
        "sqlite::memory:",
        "sqlite:file:w.db?mode=memory&cache=shared",
        "sqlite://four.db",
        "redis://:hunter2secret@127.0.0.1:6379/3?protocol=resp3",
        "rediss://user:hunter2secret@cache-1",
        "redis+sentinel://u:hunter2secret@a:1,b/master/2?insecure=accepted",
        "redis+sentinel://localhost/master?sentinel_username=u&sentinel_password=hunter2secret",
        "redis+cluster://:hunter2secret@[::1]:7000,localhost?insecure=accepted",
        "kurrentdb://admin:hunter2secret@127.0.0.1:2113?tls=false",
        "kurrentdb+discover://a:1,b:2,c:3?tls=true&nodePreference=leader&connectionName=x",
        "esdb://u:hunter2secret@a?tlsVerifyCert=false&insecure=accepted&defaultDeadline=5000",
        "kdb://a?keepAliveInterval=10000&keepAliveTimeout=10000&maxDiscoverAttempts=3&discoveryInterval=100&gossipTimeout=5",
        "kurrentdb://a?tlsCaFile=/dev/null&userCertFile=/dev/null&userKeyFile=/dev/null",
    ])
}

pub(super) fn run(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else {
        return;
    };
    check::<StoreUrl>(text);
    check::<ReadModelsUrl>(text);
    match text.parse::<KurrentUrl>() {
        Ok(url) => {
            check_shown(text, &url.to_string());
            check_shown(text, &format!("{url:?}"));
        }
        Err(error) => check_refused(text, &error),
    }
    if let Err(error) = fuzzing::url(text) {
        check_refused(text, &error);
    }
}

/// What is read is shown without passwords, and what is shown is read again as the same.
fn check<U>(text: &str)
where
    U: FromStr<Err: Error + 'static> + fmt::Display + fmt::Debug + PartialEq,
{
    match text.parse::<U>() {
        Ok(url) => {
            let shown = url.to_string();
            check_shown(text, &shown);
            check_shown(text, &format!("{url:?}"));
            let again = shown.parse::<U>();
            assert!(again.is_ok_and(
                |again| again.to_string() == shown && (again == url || shown.contains("***"))
            ));
        }
        Err(error) => check_refused(text, &error),
    }
}

fn check_refused(text: &str, error: &(dyn Error + 'static)) {
    if text.len() < 400 {
        check_error(error);
    }
    let mut cause = Some(error);
    while let Some(error) = cause {
        check_shown(text, &format!("{error} {error:?}"));
        cause = error.source();
    }
}

/// A password that stands where one may stand, and nowhere else, is not shown.
fn check_shown(text: &str, shown: &str) {
    let Some((before, after)) = text.split_once(PASSWORD) else {
        return;
    };
    let is_of_server = before.contains("://") && !before.starts_with("sqlite:");
    let is_login = before.ends_with(':') && after.starts_with('@') && !before.contains(['?', '#']);
    let is_setting = before.contains('?')
        && ["?sentinel_password=", "&sentinel_password="]
            .iter()
            .any(|name| before.ends_with(name));
    let is_password = is_of_server && (is_login || is_setting) && !after.contains(PASSWORD);
    assert!(!is_password || !shown.contains(PASSWORD), "{text}: {shown}");
}
