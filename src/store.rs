//! One store type for all backends, chosen by URL.

mod check;
mod namespaces;
mod url;

use std::{ffi::OsStr, num::NonZeroU32};

#[cfg(feature = "memory")]
use minwon_adapters::SystemClock;
use minwon_core::{
    AppendError, Appended, CheckpointError, CheckpointName, CheckpointStore, EventFilter,
    EventStore, ExpectedVersion, Feed, FeedBatch, GlobalPosition, LogPage, NamespaceName, NewEvent,
    Snapshot, SnapshotStore, StateSchema, StoreError, StreamName, StreamPage, StreamVersion, trace,
};
use tracing::Instrument as _;

pub use self::namespaces::Namespaces;
pub use self::url::{StoreUrl, StoreUrlError};
use crate::{
    ReadModels,
    backends::{Known, event_backends, make_on_each},
};

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
        /// The error underneath.
        #[source]
        source: StoreError,
    },
}

/// Makes the store of all backends from their table.
macro_rules! make_store {
    ($($(#[$doc:meta])* $backend:ident {
        feature: $feature:literal,
        schemes: [$($scheme:literal),* $(,)?],
        form: $form:literal,
        store: $store:ty,
        feed: $feed:ty,
        open: $open:expr,
        beside: $beside:expr,
    })+) => {
        /// All backends that keep events, built or not.
        pub(crate) const KNOWN: &[Known] = &[$(Known {
            feature: $feature,
            schemes: &[$($scheme),*],
            form: $form,
        },)+];

        /// An event store of any backend. Clones share it.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Store {
            $($(#[$doc])* #[cfg(feature = $feature)] $backend($store),)+
        }

        /// The feed of a [`Store`].
        #[derive(Debug)]
        #[non_exhaustive]
        pub enum StoreFeed {
            $($(#[$doc])* #[cfg(feature = $feature)] $backend($feed),)+
        }

        impl Store {
            /// Opens the store that `url` names, creating a file where it is missing; blocks while
            /// it does.
            ///
            /// A database server has to be opened, and used, within a tokio runtime. It is connected
            /// to by the first call, so it may be away meanwhile.
            ///
            /// # Errors
            /// [`OpenError`].
            pub fn open(url: &StoreUrl) -> Result<Self, OpenError> {
                $(
                    #[cfg(feature = $feature)]
                    if url.feature() == $feature {
                        let open: fn(&OsStr) -> Result<$store, StoreError> = $open;
                        return open(url.place())
                            .map(Self::$backend)
                            .map_err(|source| OpenError::Store { url: url.clone(), source });
                    }
                )+
                Err(OpenError::NotBuilt {
                    url: url.clone(),
                    feature: url.feature(),
                })
            }

            /// Its word in spans.
            const fn system(&self) -> &'static str {
                match self {
                    $(#[cfg(feature = $feature)] Self::$backend(_) => $feature,)+
                }
            }

            /// The read models that go with this store where none are named.
            pub(crate) fn read_models(&self) -> ReadModels {
                match self {
                    $(
                        #[cfg(feature = $feature)]
                        Self::$backend(store) => {
                            let beside: fn(&$store) -> ReadModels = $beside;
                            beside(store)
                        }
                    )+
                }
            }
        }

        $(
            #[cfg(feature = $feature)]
            impl From<$feed> for StoreFeed {
                fn from(feed: $feed) -> Self {
                    Self::$backend(feed)
                }
            }
        )+
    };
}

event_backends!(make_store);
event_backends!(make_on_each $);

impl EventStore for Store {
    type Feed = StoreFeed;

    async fn append(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        events: &[NewEvent],
    ) -> Result<Appended, AppendError> {
        let span = trace::asking_database(self.system(), "append", stream);
        let append =
            async { on_each!(self, store => store.append(stream, expected, events).await) };
        let appended = append.instrument(span.clone()).await;
        if let Err(error) = &appended {
            trace::note_error(&span, error_type(error));
        }
        appended
    }

    async fn read_stream(
        &self,
        stream: &StreamName,
        from: StreamVersion,
        events_max: NonZeroU32,
    ) -> Result<StreamPage, StoreError> {
        let span = trace::asking_database(self.system(), "read_stream", stream);
        let read =
            async { on_each!(self, store => store.read_stream(stream, from, events_max).await) };
        let read = read.instrument(span.clone()).await;
        if read.is_err() {
            trace::note_error(&span, "read");
        }
        read
    }

    async fn read_all(
        &self,
        after: GlobalPosition,
        filter: &EventFilter,
        events_max: NonZeroU32,
    ) -> Result<LogPage, StoreError> {
        on_each!(self, store => store.read_all(after, filter, events_max).await)
    }

    async fn try_rights(&self, namespace: &NamespaceName) -> Result<(), StoreError> {
        on_each!(self, store => store.try_rights(namespace).await)
    }

    fn positions_per_event(&self) -> u64 {
        on_each!(self, store => store.positions_per_event())
    }

    async fn head(&self) -> Result<GlobalPosition, StoreError> {
        on_each!(self, store => store.head().await)
    }

    async fn last_up_to(
        &self,
        until: GlobalPosition,
        filter: &EventFilter,
    ) -> Result<GlobalPosition, StoreError> {
        on_each!(self, store => store.last_up_to(until, filter).await)
    }

    fn feed(
        &self,
        after: GlobalPosition,
        filter: EventFilter,
        batch_events_max: NonZeroU32,
    ) -> StoreFeed {
        on_each!(self, store => store.feed(after, filter, batch_events_max).into())
    }
}

/// How an append failed, in a word for spans.
const fn error_type(error: &AppendError) -> &'static str {
    match error {
        AppendError::Conflict { .. } => "conflict",
        AppendError::OutcomeUnknown { .. } => "outcome_unknown",
        _ => "append",
    }
}

impl Feed for StoreFeed {
    async fn next(&mut self) -> Result<FeedBatch, StoreError> {
        on_each!(self, feed => feed.next().await)
    }
}

impl SnapshotStore for Store {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        on_each!(self, store => store.load_snapshot(stream, schema).await)
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        on_each!(self, store => store.save_snapshot(snapshot).await)
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        on_each!(self, store => store.delete_snapshots(stream).await)
    }
}

impl CheckpointStore for Store {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        on_each!(self, store => store.load_checkpoint(name).await)
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        on_each!(self, store => store.save_checkpoint(name, expected, position).await)
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
            let text = "kurrentdb://***@127.0.0.1:1?tls=false needs the feature \"kurrentdb\"";
            assert!(error.to_string().starts_with(text), "{error}");
        }
    }

    #[cfg(feature = "kurrentdb")]
    #[tokio::test]
    async fn settings_that_kurrentdb_does_not_have_are_refused() {
        use std::error::Error;
        let url: StoreUrl = "kurrentdb://user:secret@127.0.0.1:1?tls=perhaps"
            .parse()
            .unwrap();
        let error = Store::open(&url).unwrap_err();
        assert!(error.source().is_some());
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}
