//! Whether a log is still what was written to it.

#[cfg(feature = "sqlite")]
use minwon_core::StoreErrorKind;
use minwon_core::{GlobalPosition, LogDigest, StoreError};

use super::Store;

impl Store {
    /// Reads the whole log and checks it against digests that were `kept` of it elsewhere; returns the
    /// digest of all of it. `progress` is called with each position that was reached.
    ///
    /// Of a SQLite file its structures, checksums and own digests are checked as well
    /// ([`SqliteStore::check_against`](minwon_adapters::sqlite::SqliteStore::check_against)).
    ///
    /// # Errors
    /// [`StoreError`] of kind `Corrupt` that names the first damage found; its source is a
    /// [`LogAltered`](minwon_core::LogAltered) where a digest does not fit.
    #[cfg_attr(
        not(feature = "memory"),
        allow(irrefutable_let_patterns, reason = "there is one backend then")
    )]
    pub async fn check(
        &self,
        kept: impl IntoIterator<Item = LogDigest>,
        progress: impl FnMut(GlobalPosition) + Send + 'static,
    ) -> Result<LogDigest, StoreError> {
        #[cfg(feature = "sqlite")]
        if let Self::Sqlite(store) = self {
            return Ok(store.check_against(kept, progress).await?.digest);
        }
        minwon_core::check_log(self, kept, progress).await
    }

    /// Returns the digest of all that is committed, to be signed and kept elsewhere. For a SQLite file
    /// that this program writes nothing is read; else it is a [`check`](Self::check).
    ///
    /// # Errors
    /// As [`check`](Self::check).
    #[cfg_attr(
        not(feature = "memory"),
        allow(irrefutable_let_patterns, reason = "there is one backend then")
    )]
    pub async fn log_digest(&self) -> Result<LogDigest, StoreError> {
        #[cfg(feature = "sqlite")]
        if let Self::Sqlite(store) = self {
            match store.log_digest().await {
                Err(error) if error.kind() == StoreErrorKind::ReadOnly => {}
                known => return known,
            }
        }
        self.check([], |_| ()).await
    }
}
