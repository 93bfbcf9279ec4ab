//! An event store in a KurrentDB cluster (formerly EventStoreDB), over a connection of our own.
//!
//! | what | where |
//! |---|---|
//! | an event | the stream of its own name, so `general_GeneralApplication-2026-000362` |
//! | its id, type, payload | the event's own id, type and data |
//! | its other fields | a JSON object in the event's custom metadata |
//! | positions | KurrentDB's own: commit and prepare |
//!
//! Other programs may use the same database: streams whose names are not of the form
//! `namespace_Category-id` are passed over. An event in a stream of ours that this program did not
//! write is handed out with what is wrong with it.
//!
//! `docs/kurrentdb.md` names the rights that a service needs. Servers 23.10 to 26 are served.

mod append;
mod bookkeeping;
mod checkpoints;
mod client;
mod codec;
mod credentials;
mod error;
mod feed;
mod filter;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod link;
mod log_end;
mod looks;
mod metadata;
mod options;
mod read;
mod rights;
mod small_file;
mod snapshots;
mod turns;
mod url;

use std::fmt;

use minwon_core::{StoreError, StoreErrorKind};

use self::{
    checkpoints::Remembered, link::Link, log_end::LogEnd, looks::Looks, read::Ends, turns::Turns,
};
pub use self::{
    credentials::{CredentialSource, Credentials, CredentialsError, CredentialsFile},
    feed::KurrentFeed,
    options::KurrentOptions,
    url::{KurrentUrl, KurrentUrlError},
};

/// An event store in KurrentDB. Clones share one connection.
#[derive(Clone)]
pub struct KurrentStore {
    link: Link,
    url: KurrentUrl,
    turns: Turns,
    end: LogEnd,
    ends: Ends,
    looks: Looks,
    checkpoints: Remembered,
}

impl KurrentStore {
    /// Sets a store up, without connecting: that is done by the first call. A server that is not
    /// there yet makes calls fail with `Unavailable` until it is.
    ///
    /// Has to be called within a Tokio runtime, in which the store then lives. It has one connection,
    /// which is closed when the last clone and the last feed are dropped.
    ///
    /// # Errors
    /// [`StoreError`], kind `Misconfigured`: no Tokio runtime is running, or a file of certificates
    /// cannot be read or holds none.
    pub fn open(url: &KurrentUrl, options: KurrentOptions) -> Result<Self, StoreError> {
        Ok(Self {
            link: Link::new(url, options)?,
            url: url.clone(),
            turns: Turns::default(),
            end: LogEnd::default(),
            ends: Ends::default(),
            looks: Looks::default(),
            checkpoints: Remembered::default(),
        })
    }

    /// Sets the store up that `url` names, with the default options; as [`open`](Self::open).
    ///
    /// # Errors
    /// [`StoreError`], kind `Misconfigured`: also where `url` is no connection string of KurrentDB.
    pub fn open_url(url: &str) -> Result<Self, StoreError> {
        let url = url.parse::<KurrentUrl>().map_err(|error| {
            let doing = "the URL of the event store is no connection string of KurrentDB";
            StoreError::new(StoreErrorKind::Misconfigured, doing).caused_by(error)
        })?;
        Self::open(&url, KurrentOptions::default())
    }
}

impl fmt::Debug for KurrentStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KurrentStore")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
