//! Who may come in, and what they may do there.

mod list;
mod tokens;

use std::{collections::BTreeSet, error::Error};

use async_trait::async_trait;
use minwon::{ActorId, Timestamp};
use serde::Deserialize;

pub(crate) use self::list::hex;
pub use self::{
    list::{OperatorList, OperatorListError, Secret},
    tokens::{ROLES_CLAIM, SignedTokens, SignedTokensError},
};

/// Longest credential that is looked at. Unit: bytes.
pub const CREDENTIAL_BYTES_MAX: usize = 8 * 1024;

/// Knows operators by what they present: the port to a team's own way of signing in.
///
/// Whoever it does not know is let in nowhere, and whoever has no [role](Role) sees nothing.
#[async_trait]
pub trait Authentication: Send + Sync + 'static {
    /// The operator who presents `credential` at `now`; it is at most [`CREDENTIAL_BYTES_MAX`] long.
    ///
    /// # Errors
    /// [`AuthenticationError`]. What is wrong with a credential is for the log alone: whoever presents it
    /// is told nothing but that it does not do.
    async fn operator(
        &self,
        credential: &str,
        now: Timestamp,
    ) -> Result<Operator, AuthenticationError>;
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    /// Who, as an opaque id: it stands in every decision and every line of the record.
    pub id: ActorId,
    /// What they may do.
    pub roles: BTreeSet<Role>,
    /// From when on the credential does not do any more; none where it does until it is withdrawn.
    pub until: Option<Timestamp>,
}

/// What an operator may do. Nobody may do what no role of theirs says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Role {
    /// Look at everything but payloads.
    Look,
    /// Look into payloads, which are about people.
    Read,
    /// Have letters tried again, and ask for one to be skipped or compensated; where nobody has to approve
    /// of that, it is done.
    Mend,
    /// Approve of what another asked for.
    Approve,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthenticationError {
    /// The credential is nobody's, or not any more.
    #[error("the credential does not do")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// Nobody can say now.
    #[error("it cannot be found out now whose the credential is; see what the cause names")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

impl Operator {
    /// Returns whether they may do that.
    #[must_use]
    pub fn may(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }
}
