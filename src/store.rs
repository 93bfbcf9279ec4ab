//! One store type for all backends, chosen by URL.

use std::{fmt, num::NonZeroU32, path::PathBuf, str::FromStr};

#[cfg(feature = "memory")]
use minwon_adapters::memory::{MemoryFeed, MemoryStore};
#[cfg(feature = "sqlite")]
use minwon_adapters::sqlite::{SqliteFeed, SqliteStore};
use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointStore, ConsumerName, EventFilter, EventStore,
    ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent, Slice, Snapshot,
    SnapshotStore, StateSchema, StoreError, StreamName, StreamPage, StreamVersion,
};

/// Where events are kept: `memory:` or `sqlite:PATH`.
///
/// ```
/// let url: minwon::StoreUrl = "sqlite:/var/lib/minwon/petitions.db".parse()?;
/// assert_eq!(url.to_string(), "sqlite:/var/lib/minwon/petitions.db");
/// # Ok::<(), minwon::StoreUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// In this process.
    Memory,
    /// In this file.
    Sqlite(PathBuf),
}

/// A text that names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no event store; write memory: or sqlite:PATH")]
#[non_exhaustive]
pub struct StoreUrlError {
    /// The text.
    pub text: String,
}

impl FromStr for StoreUrl {
    type Err = StoreUrlError;

    fn from_str(text: &str) -> Result<Self, StoreUrlError> {
        match text.split_once(':') {
            Some(("memory", "")) => Ok(Self::Memory),
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            _ => Err(StoreUrlError {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory:"),
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// This build has no such backend.
    #[error("{url} needs the feature {feature:?} of the crate minwon; enable it in Cargo.toml")]
    NotBuilt {
        /// The URL.
        url: StoreUrl,
        /// The feature it needs.
        feature: &'static str,
    },
    /// The backend refused.
    #[error("the event store {url} could not be opened")]
    Store {
        /// The URL.
        url: StoreUrl,
        /// What went wrong.
        #[source]
        source: StoreError,
    },
}

/// An event store of any backend. Clones share it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Store {
    /// In this process.
    #[cfg(feature = "memory")]
    Memory(MemoryStore),
    /// In one file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
}

impl Store {
    /// Opens the store that `url` names, creating it where it is missing. Blocks while it works.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(url: &StoreUrl) -> Result<Self, OpenError> {
        match url {
            #[cfg(feature = "memory")]
            StoreUrl::Memory => Ok(Self::Memory(MemoryStore::default())),
            #[cfg(not(feature = "memory"))]
            StoreUrl::Memory => Err(OpenError::NotBuilt {
                url: url.clone(),
                feature: "memory",
            }),
            #[cfg(feature = "sqlite")]
            StoreUrl::Sqlite(path) => {
                SqliteStore::open(path)
                    .map(Self::Sqlite)
                    .map_err(|source| OpenError::Store {
                        url: url.clone(),
                        source,
                    })
            }
            #[cfg(not(feature = "sqlite"))]
            StoreUrl::Sqlite(_) => Err(OpenError::NotBuilt {
                url: url.clone(),
                feature: "sqlite",
            }),
        }
    }
}

/// Calls the same method on whichever store it is.
macro_rules! on_backend {
    ($self:ident, $store:ident => $call:expr) => {
        match $self {
            #[cfg(feature = "memory")]
            Store::Memory($store) => $call,
            #[cfg(feature = "sqlite")]
            Store::Sqlite($store) => $call,
        }
    };
}

impl EventStore for Store {
    type Feed = StoreFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        on_backend!(self, store => store.append(stream, expected, events).await)
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        on_backend!(self, store => store.read_stream(stream, from, events_max).await)
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        on_backend!(self, store => store.read_all(after, filter, events_max).await)
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        on_backend!(self, store => store.head().await)
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> StoreFeed {
        match self {
            #[cfg(feature = "memory")]
            Self::Memory(store) => StoreFeed::Memory(store.feed(after, filter, batch_events_max)),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => StoreFeed::Sqlite(store.feed(after, filter, batch_events_max)),
        }
    }
}

/// The feed of a [`Store`].
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreFeed {
    /// Of the store in this process.
    #[cfg(feature = "memory")]
    Memory(MemoryFeed),
    /// Of the store in one file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteFeed),
}

impl Feed for StoreFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        match self {
            #[cfg(feature = "memory")]
            Self::Memory(feed) => feed.next().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(feed) => feed.next().await,
        }
    }
}

impl SnapshotStore for Store {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        on_backend!(self, store => store.load_snapshot(stream, schema).await)
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        on_backend!(self, store => store.save_snapshot(snapshot).await)
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        on_backend!(self, store => store.delete_snapshots(stream).await)
    }
}

impl CheckpointStore for Store {
    async fn load_checkpoint(
        &self,
        consumer: &ConsumerName,
        slice: Slice,
    ) -> Result<GlobalPosition, StoreError> {
        on_backend!(self, store => store.load_checkpoint(consumer, slice).await)
    }

    async fn save_checkpoint(
        &self,
        consumer: &ConsumerName,
        slice: Slice,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        on_backend!(self, store => store.save_checkpoint(consumer, slice, expected, position).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_read_back_and_others_are_refused() {
        for url in ["memory:", "sqlite:petitions.db", "sqlite:/var/lib/a:b.db"] {
            assert_eq!(url.parse::<StoreUrl>().unwrap().to_string(), url);
        }
        for bad in [
            "",
            "memory",
            "memory:x",
            "sqlite:",
            "redis://localhost",
            "petitions.db",
        ] {
            let error = bad.parse::<StoreUrl>().unwrap_err();
            assert!(
                error.to_string().contains("write memory: or sqlite:PATH"),
                "{error}"
            );
        }
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_store_that_cannot_be_opened_says_which_and_why() {
        use std::error::Error;
        let url: StoreUrl = "sqlite:/no/such/place/petitions.db".parse().unwrap();
        let error = Store::open(&url).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("sqlite:/no/such/place/petitions.db"),
            "{error}"
        );
        assert!(error.source().is_some());
    }
}
