//! One type for all stores of read models, chosen by URL.

mod url;

use std::{ffi::OsStr, time::Duration};

#[cfg(feature = "memory")]
use minwon_adapters::{SystemClock, memory::MemoryReadModels};
use minwon_core::{
    Catalogue, CatalogueError, CommitError, Counts, GenerationName, IndexName, Lease, ListPage,
    ListQuery, Loaded, MemberName, ModelName, NamespaceName, ReadModelAdmin, ReadModelStore,
    ScanCursor, ScanPage, SliceCheckpoint, SliceCount, SliceLeases, SliceName, SliceWrites,
    StoreError, Wanted,
};

pub use self::url::{ReadModelsUrl, ReadModelsUrlError};
#[cfg(any(feature = "memory", feature = "sqlite"))]
use crate::Store;
use crate::backends::{Known, make_on_each, read_model_backends};

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
        /// The error underneath.
        #[source]
        source: StoreError,
    },
}

/// Makes the store of all backends from their table.
macro_rules! make_read_models {
    ($($(#[$doc:meta])* $backend:ident {
        feature: $feature:literal,
        schemes: [$($scheme:literal),* $(,)?],
        form: $form:literal,
        store: $store:ty,
        open: $open:expr,
        $($(#[$shared:meta])* leases: $leases:ident,)?
    })+) => {
        /// All backends that keep read models, built or not.
        pub(crate) const KNOWN: &[Known] = &[$(Known {
            feature: $feature,
            schemes: &[$($scheme),*],
            form: $form,
        },)+];

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
            $($(#[$doc])* #[cfg(feature = $feature)] $backend($store),)+
        }

        impl ReadModels {
            /// Opens what `url` names, creating a file where it is missing. Has to be called, and the
            /// store used, within a tokio runtime; a file is opened on the spot, which blocks.
            ///
            /// # Errors
            /// [`OpenReadModelsError`].
            pub async fn open(url: &ReadModelsUrl) -> Result<Self, OpenReadModelsError> {
                $(
                    #[cfg(feature = $feature)]
                    if url.feature() == $feature {
                        let opened: Result<Self, StoreError> = ($open)(url.place()).await;
                        return opened.map_err(|source| OpenReadModelsError::Store {
                            url: url.clone(),
                            source,
                        });
                    }
                )+
                Err(OpenReadModelsError::NotBuilt {
                    url: url.clone(),
                    feature: url.feature(),
                })
            }

            /// The leases by which projectors in several processes share the slices; see
            /// [`ProjectorBuilder::share_as`](crate::engine::ProjectorBuilder::share_as). None for a
            /// file, which one process writes.
            #[must_use]
            pub fn leases(&self) -> Option<Leases> {
                match self {
                    $($(#[cfg(feature = $feature)]
                    Self::$leases(store) => Some(Leases::$leases(store.clone())),)?)+
                    #[allow(unreachable_patterns, reason = "where all that are built have leases")]
                    _ => None,
                }
            }
        }

        /// By what projectors share slices, where the [`ReadModels`] have such a thing.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Leases {
            $($($(#[$shared])* #[cfg(feature = $feature)] $leases($store),)?)+
        }

        #[allow(unused_variables, reason = "where no backend that is built has leases")]
        impl SliceLeases for Leases {
            async fn heartbeat(
                &self,
                generation: &GenerationName,
                slices: SliceCount,
                member: &MemberName,
                time_to_live: Duration,
            ) -> Result<Vec<Lease>, StoreError> {
                match *self {
                    $($(#[cfg(feature = $feature)]
                    Self::$leases(ref store) => {
                        store.heartbeat(generation, slices, member, time_to_live).await
                    })?)+
                }
            }

            async fn leave(
                &self,
                generation: &GenerationName,
                member: &MemberName,
            ) -> Result<(), StoreError> {
                match *self {
                    $($(#[cfg(feature = $feature)]
                    Self::$leases(ref store) => store.leave(generation, member).await,)?)+
                }
            }
        }
    };
}

read_model_backends!(make_read_models);
read_model_backends!(make_on_each $);

impl ReadModelStore for ReadModels {
    async fn load(&self, slice: &SliceName, wanted: &Wanted<'_>) -> Result<Loaded, StoreError> {
        on_each!(self, store => store.load(slice, wanted).await)
    }

    async fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> Result<(), CommitError> {
        on_each!(self, store => store.commit(slice, expected, next, writes).await)
    }

    async fn list(&self, slice: &SliceName, query: &ListQuery) -> Result<ListPage, StoreError> {
        on_each!(self, store => store.list(slice, query).await)
    }

    async fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> Result<Counts, StoreError> {
        on_each!(self, store => store.counts(slice, index, group).await)
    }

    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        on_each!(self, store => store.changes(namespace))
    }
}

impl ReadModelAdmin for ReadModels {
    async fn load_catalogue(&self, model: &ModelName) -> Result<Option<Catalogue>, StoreError> {
        on_each!(self, store => store.load_catalogue(model).await)
    }

    async fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> Result<(), CatalogueError> {
        on_each!(self, store => store.save_catalogue(model, expected, next).await)
    }

    async fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> Result<ScanPage, StoreError> {
        on_each!(self, store => store.scan(generation, cursor).await)
    }

    async fn remove(&self, generation: &GenerationName) -> Result<(), StoreError> {
        on_each!(self, store => store.remove(generation).await)
    }

    async fn sweep(&self, generation: &GenerationName) -> Result<u64, StoreError> {
        on_each!(self, store => store.sweep(generation).await)
    }
}

impl ReadModels {
    #[cfg(feature = "memory")]
    pub(crate) fn in_memory() -> Self {
        Self::Memory(MemoryReadModels::with_clock(SystemClock))
    }

    /// The embedded default: in the file of the events, where they are in one. Otherwise in memory,
    /// so that a server's log is folded again whenever a process starts; for a server, `open` read
    /// models that persist.
    #[cfg(any(feature = "memory", feature = "sqlite"))]
    #[must_use]
    pub fn beside(store: &Store) -> Self {
        store.read_models()
    }

    /// Opens what `url` names, as [`open`](Self::open) does; where that is the file that `store`
    /// has open it is shared, as one file has one writer.
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
            && crate::backends::is_same_file(path, events.path())
        {
            return Ok(Self::beside(store));
        }
        // Without SQLite there is no file to share.
        let _ = store;
        Self::open(url).await
    }
}

#[cfg(test)]
mod tests;
