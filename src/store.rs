//! One store type for all backends, chosen by URL.

mod namespaces;
mod url;

use std::num::NonZeroU32;
#[cfg(feature = "kurrentdb")]
use std::sync::Arc;

#[cfg(feature = "kurrentdb")]
use minwon_adapters::kurrentdb::{KurrentFeed, KurrentOptions, KurrentStore, KurrentUrl};
#[cfg(feature = "sqlite")]
use minwon_adapters::sqlite::{SqliteFeed, SqliteStore};
#[cfg(feature = "memory")]
use minwon_adapters::{
    SystemClock,
    memory::{MemoryFeed, MemoryStore},
};
#[cfg(feature = "kurrentdb")]
use minwon_core::StoreErrorKind;
use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
    EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NewEvent, Snapshot,
    SnapshotStore, StateSchema, StoreError, StreamName, StreamPage, StreamVersion,
};

pub use self::namespaces::Namespaces;
pub use self::url::{KurrentDbUrl, StoreUrl, StoreUrlError};

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
    /// In KurrentDB.
    #[cfg(feature = "kurrentdb")]
    KurrentDb(Arc<KurrentStore>),
}

impl Store {
    /// Opens the store that `url` names, creating a file where it is missing; blocks while it does.
    ///
    /// A KurrentDB has to be opened, and used, within a tokio runtime. It is connected to by the
    /// first call, so it may be away meanwhile.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(url: &StoreUrl) -> Result<Self, OpenError> {
        match url {
            #[cfg(feature = "memory")]
            StoreUrl::Memory => Ok(Self::Memory(MemoryStore::with_clock(SystemClock))),
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
            #[cfg(feature = "kurrentdb")]
            StoreUrl::KurrentDb(place) => open_kurrentdb(place)
                .map(|store| Self::KurrentDb(Arc::new(store)))
                .map_err(|source| OpenError::Store {
                    url: url.clone(),
                    source,
                }),
            #[cfg(not(feature = "kurrentdb"))]
            StoreUrl::KurrentDb(_) => Err(OpenError::NotBuilt {
                url: url.clone(),
                feature: "kurrentdb",
            }),
        }
    }
}

#[cfg(feature = "kurrentdb")]
fn open_kurrentdb(url: &KurrentDbUrl) -> Result<KurrentStore, StoreError> {
    let place: KurrentUrl = url.secret().parse().map_err(|error| {
        let doing = format!("the URL {url} is no connection string of KurrentDB");
        StoreError::new(StoreErrorKind::Misconfigured, doing).caused_by(error)
    })?;
    KurrentStore::open(&place, KurrentOptions::default())
}

/// Calls the same method on whichever store it is.
macro_rules! on_backend {
    ($self:ident, $store:ident => $call:expr) => {
        match $self {
            #[cfg(feature = "memory")]
            Store::Memory($store) => $call,
            #[cfg(feature = "sqlite")]
            Store::Sqlite($store) => $call,
            #[cfg(feature = "kurrentdb")]
            Store::KurrentDb($store) => $call,
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

    fn positions_per_event(&self) -> u64 {
        on_backend!(self, store => store.positions_per_event())
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        on_backend!(self, store => store.head().await)
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        on_backend!(self, store => store.last_up_to(until, filter).await)
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
            #[cfg(feature = "kurrentdb")]
            Self::KurrentDb(store) => {
                StoreFeed::KurrentDb(store.feed(after, filter, batch_events_max))
            }
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
    /// Of KurrentDB.
    #[cfg(feature = "kurrentdb")]
    KurrentDb(KurrentFeed),
}

impl Feed for StoreFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        match self {
            #[cfg(feature = "memory")]
            Self::Memory(feed) => feed.next().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(feed) => feed.next().await,
            #[cfg(feature = "kurrentdb")]
            Self::KurrentDb(feed) => feed.next().await,
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
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        on_backend!(self, store => store.load_checkpoint(name).await)
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        on_backend!(self, store => store.save_checkpoint(name, expected, position).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_kurrentdb_that_is_not_built_says_which_feature_it_needs() {
        let url: StoreUrl = "kurrentdb://user:secret@127.0.0.1:1?tls=false"
            .parse()
            .unwrap();
        // Without a runtime there is nothing to open it in, and that is said as well.
        let error = Store::open(&url).unwrap_err();
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        if cfg!(not(feature = "kurrentdb")) {
            let told = "kurrentdb://***@127.0.0.1:1?tls=false needs the feature \"kurrentdb\"";
            assert!(error.to_string().starts_with(told), "{error}");
        }
    }

    #[cfg(feature = "kurrentdb")]
    #[tokio::test]
    async fn settings_that_kurrentdb_does_not_have_are_told_of() {
        use std::error::Error;
        let url: StoreUrl = "kurrentdb://user:secret@127.0.0.1:1?tls=perhaps"
            .parse()
            .unwrap();
        let error = Store::open(&url).unwrap_err();
        assert!(error.source().is_some());
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
