//! The rights of a service that is no administrator.

use serde_json::json;

use crate::access::{ADMINS, SETTINGS_STREAM};
use crate::stand_in::StandIn;

/// A right that a service of minwon needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceRight {
    /// `$r` on `$all`.
    ReadAll,
    /// `$r` on its streams.
    Read,
    /// `$w` on its streams.
    Write,
    /// `$mw` on its streams.
    WriteMetadata,
    /// `$mr` on its streams: a stream that was deleted is told from one that never was by its metadata.
    ReadMetadata,
    /// `$d` on its streams. It deletes snapshots alone, but these lists know no prefixes.
    Delete,
}

impl ServiceRight {
    /// The smallest set with which nothing is refused.
    pub const ALL: [Self; 6] = [
        Self::ReadAll,
        Self::Read,
        Self::Write,
        Self::WriteMetadata,
        Self::ReadMetadata,
        Self::Delete,
    ];

    /// All the others.
    #[must_use]
    pub fn others(self) -> Vec<Self> {
        let others = Self::ALL.into_iter().filter(|right| *right != self);
        others.collect()
    }
}

impl StandIn {
    /// Gives exactly these rights to the user `login`, as an administrator does: in the metadata of `$all`
    /// and the default lists of `$settings`. Other users lose them, but for administrators.
    ///
    /// ```
    /// # async fn example() -> std::io::Result<()> {
    /// use minwon_kurrentdb_stand_in::{ServiceRight, StandIn};
    ///
    /// let builder = StandIn::builder().user("minwon", "secret", []);
    /// let stand_in = builder.start().await?;
    /// stand_in.grant("minwon", &ServiceRight::WriteMetadata.others());
    /// let url = stand_in.url_as("minwon:secret");
    /// # Ok(())
    /// # }
    /// ```
    pub fn grant(&self, login: &str, rights: &[ServiceRight]) {
        let role = |right| match rights.contains(&right) {
            true => json!([login]),
            false => json!(ADMINS),
        };
        let read_all = match rights.contains(&ServiceRight::ReadAll) {
            true => json!([ADMINS, login]),
            false => json!([ADMINS]),
        };
        let all = json!({ "$acl": { "$r": read_all } });
        self.set_metadata("$all", all.to_string());
        let lists = json!({
            "$userStreamAcl": {
                "$r": role(ServiceRight::Read),
                "$w": role(ServiceRight::Write),
                "$d": role(ServiceRight::Delete),
                "$mr": role(ServiceRight::ReadMetadata),
                "$mw": role(ServiceRight::WriteMetadata),
            },
            "$systemStreamAcl": {
                "$r": ADMINS, "$w": ADMINS, "$d": ADMINS, "$mr": ADMINS, "$mw": ADMINS,
            },
        });
        self.write(SETTINGS_STREAM, "update-default-acl", lists.to_string(), "");
    }
}
