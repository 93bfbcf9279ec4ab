//! One type for all stores of read models, chosen by URL.

mod url;

#[cfg(any(feature = "memory", feature = "redis"))]
use std::time::Duration;

#[cfg(feature = "redis")]
use minwon_adapters::redis::RedisReadModels;
#[cfg(feature = "sqlite")]
use minwon_adapters::sqlite::SqliteStore;
#[cfg(feature = "memory")]
use minwon_adapters::{SystemClock, memory::MemoryReadModels};
use minwon_core::{
    Catalogue, CatalogueError, CommitError, Counts, GenerationName, IndexName, ListPage, ListQuery,
    Loaded, ModelName, NamespaceName, ReadModelAdmin, ReadModelStore, ScanCursor, ScanPage,
    SliceCheckpoint, SliceName, SliceWrites, StoreError, Wanted,
};
#[cfg(any(feature = "memory", feature = "redis"))]
use minwon_core::{Lease, MemberName, SliceCount, SliceLeases};

pub use self::url::{ReadModelsUrl, ReadModelsUrlError, RedisUrl};
#[cfg(any(feature = "memory", feature = "sqlite"))]
use crate::Store;

/// Why a store of read models could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenReadModelsError {
    /// This build has no such backend.
    #[error("{url} needs the feature {feature:?} of the crate minwon; enable it in Cargo.toml")]
    NotBuilt {
        /// The URL.
        url: ReadModelsUrl,
        /// The feature it needs.
        feature: &'static str,
    },
    /// The backend refused.
    #[error("the store of read models {url} could not be opened")]
    Store {
        /// The URL.
        url: ReadModelsUrl,
        /// What went wrong.
        #[source]
        source: StoreError,
    },
}

/// A store of read models of any backend. Clones share it.
///
/// ```
/// # #[cfg(feature = "memory")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use minwon::{ReadModels, Store};
/// let store = Store::open(&"memory:".parse()?)?;
/// let read_models = ReadModels::beside(&store);
/// # let _ = read_models;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "memory"))]
/// # fn main() {}
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ReadModels {
    /// In this process.
    #[cfg(feature = "memory")]
    Memory(MemoryReadModels),
    /// In one file, that of the events or another.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
    /// In Redis.
    #[cfg(feature = "redis")]
    Redis(RedisReadModels),
}

impl ReadModels {
    /// The embedded default: in the file of the events, where they are in one. Otherwise in memory,
    /// so that a KurrentDB's log is folded anew whenever a process starts; beside one, `open` what
    /// stays.
    #[cfg(any(feature = "memory", feature = "sqlite"))]
    #[must_use]
    pub fn beside(store: &Store) -> Self {
        match store {
            #[cfg(feature = "memory")]
            Store::Memory(_) => Self::Memory(MemoryReadModels::with_clock(SystemClock)),
            #[cfg(feature = "sqlite")]
            Store::Sqlite(store) => Self::Sqlite(store.clone()),
            #[cfg(feature = "kurrentdb")]
            Store::KurrentDb(_) => Self::Memory(MemoryReadModels::with_clock(SystemClock)),
        }
    }

    /// Opens what `url` names, as [`open`](Self::open) does; where that is the file that `store`
    /// has open it is shared, for one file has one writer.
    ///
    /// # Errors
    /// [`OpenReadModelsError`].
    #[cfg(any(feature = "memory", feature = "sqlite"))]
    pub async fn open_beside(
        url: &ReadModelsUrl,
        store: &Store,
    ) -> Result<Self, OpenReadModelsError> {
        #[cfg(feature = "sqlite")]
        if let (ReadModelsUrl::Sqlite(path), Store::Sqlite(events)) = (url, store)
            && is_same_file(path, events.path())
        {
            return Ok(Self::beside(store));
        }
        // Without SQLite there is no file to share.
        let _ = store;
        Self::open(url).await
    }

    /// Opens what `url` names, creating a file where it is missing. Has to be called, and the
    /// store used, within a tokio runtime; a file is opened on the spot, which blocks.
    ///
    /// # Errors
    /// [`OpenReadModelsError`].
    pub async fn open(url: &ReadModelsUrl) -> Result<Self, OpenReadModelsError> {
        match url {
            #[cfg(feature = "memory")]
            ReadModelsUrl::Memory => Ok(Self::Memory(MemoryReadModels::with_clock(SystemClock))),
            #[cfg(feature = "sqlite")]
            ReadModelsUrl::Sqlite(path) => SqliteStore::open(path)
                .map(Self::Sqlite)
                .map_err(|source| refused(url, source)),
            #[cfg(feature = "redis")]
            ReadModelsUrl::Redis(redis) => RedisReadModels::connect(redis.secret())
                .await
                .map(Self::Redis)
                .map_err(|source| refused(url, source)),
            #[allow(unreachable_patterns, reason = "where all features are enabled")]
            _ => Err(OpenReadModelsError::NotBuilt {
                url: url.clone(),
                feature: match url {
                    ReadModelsUrl::Memory => "memory",
                    ReadModelsUrl::Sqlite(_) => "sqlite",
                    ReadModelsUrl::Redis(_) => "redis",
                },
            }),
        }
    }

    /// What projectors in several processes share the slices by; see
    /// [`ProjectorBuilder::share`](crate::projections::ProjectorBuilder::share). None for a file,
    /// which one process writes.
    #[cfg(any(feature = "memory", feature = "redis"))]
    #[must_use]
    pub fn leases(&self) -> Option<Leases> {
        match self {
            #[cfg(feature = "memory")]
            Self::Memory(store) => Some(Leases::Memory(store.clone())),
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => None,
            #[cfg(feature = "redis")]
            Self::Redis(store) => Some(Leases::Redis(store.clone())),
        }
    }
}

#[cfg(any(feature = "sqlite", feature = "redis"))]
fn refused(url: &ReadModelsUrl, source: StoreError) -> OpenReadModelsError {
    OpenReadModelsError::Store {
        url: url.clone(),
        source,
    }
}

#[cfg(feature = "sqlite")]
fn is_same_file(one: &std::path::Path, other: &std::path::Path) -> bool {
    // Of a file that is not there yet there is no canonical path, and nobody has it open.
    let whole = |path: &std::path::Path| path.canonicalize().ok();
    whole(one).is_some_and(|one| whole(other) == Some(one))
}

/// Calls the same method on whichever store it is.
macro_rules! on_backend {
    ($self:ident, $store:ident => $call:expr) => {
        match $self {
            #[cfg(feature = "memory")]
            Self::Memory($store) => $call,
            #[cfg(feature = "sqlite")]
            Self::Sqlite($store) => $call,
            #[cfg(feature = "redis")]
            Self::Redis($store) => $call,
        }
    };
}

impl ReadModelStore for ReadModels {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        on_backend!(self, store => store.load(slice, wanted).await)
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        on_backend!(self, store => store.commit(slice, expected, next, writes).await)
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        on_backend!(self, store => store.list(slice, query).await)
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        on_backend!(self, store => store.counts(slice, index, group).await)
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        on_backend!(self, store => store.changes(namespace))
    }
}

impl ReadModelAdmin for ReadModels {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        on_backend!(self, store => store.load_catalogue(model).await)
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        on_backend!(self, store => store.save_catalogue(model, expected, next).await)
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        on_backend!(self, store => store.scan(generation, cursor).await)
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        on_backend!(self, store => store.remove(generation).await)
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        on_backend!(self, store => store.sweep(generation).await)
    }
}

/// By what projectors share slices, where the [`ReadModels`] have such a thing.
#[cfg(any(feature = "memory", feature = "redis"))]
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Leases {
    /// Among the projectors of this process.
    #[cfg(feature = "memory")]
    Memory(MemoryReadModels),
    /// Among all that use this Redis.
    #[cfg(feature = "redis")]
    Redis(RedisReadModels),
}

#[cfg(any(feature = "memory", feature = "redis"))]
impl SliceLeases for Leases {
    async fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> Result<Vec<Lease>, StoreError> {
        match self {
            #[cfg(feature = "memory")]
            Self::Memory(store) => {
                let leases = store.heartbeat(generation, slices, member, time_to_live);
                leases.await
            }
            #[cfg(feature = "redis")]
            Self::Redis(store) => {
                let leases = store.heartbeat(generation, slices, member, time_to_live);
                leases.await
            }
        }
    }

    async fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> Result<(), StoreError> {
        match self {
            #[cfg(feature = "memory")]
            Self::Memory(store) => store.leave(generation, member).await,
            #[cfg(feature = "redis")]
            Self::Redis(store) => store.leave(generation, member).await,
        }
    }
}

#[cfg(test)]
mod tests;
