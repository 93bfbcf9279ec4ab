//! Who may do what, if users were set.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::refusal;

/// The rights of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything.
    Admin,
    /// Reading and writing streams, but neither `$all` nor those of the system.
    Streams,
}

/// The users that are known; without any everybody may do everything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Users(pub(crate) Vec<(String, String, Access)>);

impl Users {
    /// Whether whoever sent `headers` may work on `stream`, which may be `$all`.
    pub(crate) fn check(&self, headers: &MetadataMap, stream: &str) -> Result<(), Status> {
        if self.0.is_empty() {
            return Ok(());
        }
        let Some(authorization) = headers.get("authorization") else {
            return Err(refusal::access_denied());
        };
        let access = authorization
            .to_str()
            .ok()
            .and_then(|header| header.strip_prefix("Basic "))
            .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok())
            .and_then(|credentials| self.access_of(&credentials))
            .ok_or_else(|| Status::unauthenticated("Not Authenticated"))?;
        let is_system = stream.starts_with('$') && !is_metadata_of_user_stream(stream);
        if is_system && access != Access::Admin {
            return Err(refusal::access_denied());
        }
        Ok(())
    }

    fn access_of(&self, credentials: &[u8]) -> Option<Access> {
        let credentials = std::str::from_utf8(credentials).ok()?;
        let (login, password) = credentials.split_once(':')?;
        let known = |user: &&(String, String, Access)| user.0 == login && user.1 == password;
        self.0.iter().find(known).map(|user| user.2)
    }
}

fn is_metadata_of_user_stream(stream: &str) -> bool {
    stream
        .strip_prefix("$$")
        .is_some_and(|about| !about.starts_with('$'))
}
