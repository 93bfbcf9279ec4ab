//! Who may do what, if users were set: users with passwords and groups, and the access control lists
//! that stand in the log.

use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::log::Log;
use crate::refusal;

/// The group of those who may do everything.
pub const ADMINS: &str = "$admins";

/// The role that everybody has.
const EVERYBODY: &str = "$all";

/// The stream of the lists for streams without a list of their own.
pub(crate) const SETTINGS_STREAM: &str = "$settings";

/// An act on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Read,
    Write,
    Delete,
}

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) login: String,
    pub(crate) password: String,
    pub(crate) groups: Vec<String>,
    pub(crate) is_enabled: bool,
}

impl User {
    fn has_role(&self, role: &str) -> bool {
        role == EVERYBODY || role == self.login || self.is_in(role)
    }

    fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|own| own == group)
    }
}

/// The users that are known; without any everybody may do everything, as in a server with `--insecure`.
#[derive(Debug, Default)]
pub(crate) struct Users(Mutex<Vec<User>>);

impl Users {
    pub(crate) fn add(&self, user: User) {
        self.users().push(user);
    }

    /// Changes the user `login`; answers whether there is one.
    pub(crate) fn change(&self, login: &str, change: impl FnOnce(&mut User)) -> bool {
        let mut users = self.users();
        let user = users.iter_mut().find(|user| user.login == login);
        user.map(change).is_some()
    }

    /// Whether there are any.
    pub(crate) fn are_known(&self) -> bool {
        !self.users().is_empty()
    }

    /// Whether whoever sent `headers` gave a name that is known with its password, or none.
    pub(crate) fn authenticate(&self, headers: &MetadataMap) -> Result<(), Status> {
        let users = self.users();
        if users.is_empty() || !headers.contains_key("authorization") {
            return Ok(());
        }
        find(&users, headers).map(|_| ())
    }

    /// Whether whoever sent `headers` may do `act` to `stream`, which may be `$all`.
    pub(crate) fn check(
        &self,
        log: &Log,
        headers: &MetadataMap,
        act: Act,
        stream: &str,
    ) -> Result<(), Status> {
        let users = self.users();
        // Since 23.6 nobody is let in without a name, not even where everybody is.
        if !headers.contains_key("authorization") {
            return Err(refusal::access_denied());
        }
        let user = find(&users, headers)?;
        // Nobody deletes metadata.
        let Some((key, about)) = right(act, stream) else {
            return Err(refusal::access_denied());
        };
        let is_allowed = user.is_in(ADMINS)
            || roles(log, key, about)
                .iter()
                .any(|role| user.has_role(role));
        if is_allowed {
            Ok(())
        } else {
            Err(refusal::access_denied())
        }
    }

    fn users(&self) -> MutexGuard<'_, Vec<User>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find<'a>(users: &'a [User], headers: &MetadataMap) -> Result<&'a User, Status> {
    let credentials = headers
        .get("authorization")
        .and_then(|header| header.to_str().ok())
        .and_then(|header| header.strip_prefix("Basic "))
        .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok())
        .and_then(|credentials| String::from_utf8(credentials).ok());
    let known = credentials.as_deref().and_then(|credentials| {
        let (login, password) = credentials.split_once(':')?;
        let is_it = |user: &&User| user.login == login && user.password == password;
        users.iter().find(is_it).filter(|user| user.is_enabled)
    });
    known.ok_or_else(|| Status::unauthenticated("Not Authenticated"))
}

/// The right that `act` takes, as lists name it, and the stream whose list counts.
fn right(act: Act, stream: &str) -> Option<(&'static str, &str)> {
    match (act, stream.strip_prefix("$$")) {
        (Act::Read, None) => Some(("$r", stream)),
        (Act::Write, None) => Some(("$w", stream)),
        (Act::Delete, None) => Some(("$d", stream)),
        (Act::Read, Some(about)) => Some(("$mr", about)),
        (Act::Write, Some(about)) => Some(("$mw", about)),
        (Act::Delete, Some(_)) => None,
    }
}

/// Who has a right: by the stream's own list, else by the list for streams of its kind, else by the list
/// that every server begins with. Each right is looked up by itself.
fn roles(log: &Log, key: &str, stream: &str) -> Vec<String> {
    let (kind, by_default) = match stream.starts_with('$') {
        true => ("$systemStreamAcl", ADMINS),
        false => ("$userStreamAcl", EVERYBODY),
    };
    let own = log
        .own_metadata(stream)
        .and_then(|metadata| listed(metadata.whole.get("$acl")?, key));
    let of_kind = || {
        let settings = log.last_event(SETTINGS_STREAM)?;
        let settings: Value = serde_json::from_slice(&settings.data).ok()?;
        listed(settings.get(kind)?, key)
    };
    own.or_else(of_kind)
        .unwrap_or_else(|| vec![by_default.into()])
}

/// The roles of one right in a list; a list may be the name of one that every server begins with.
fn listed(list: &Value, key: &str) -> Option<Vec<String>> {
    match list.as_str() {
        Some("$userStreamAcl") => return Some(vec![EVERYBODY.into()]),
        Some("$systemStreamAcl") => return Some(vec![ADMINS.into()]),
        _ => {}
    }
    match list.get(key)? {
        Value::String(role) => Some(vec![role.clone()]),
        Value::Array(roles) => {
            let roles = roles.iter().filter_map(Value::as_str);
            Some(roles.map(Into::into).collect())
        }
        _ => None,
    }
}
