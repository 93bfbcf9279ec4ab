//! How far a consumer of the log has got, kept beside the events.

use std::{fmt, future::Future};

use crate::{
    store::StoreError,
    stream::GlobalPosition,
    text::{ConsumerName, NamespaceName},
};

crate::text::number_newtype! {
    /// A share of the log that is worked on as one: keys are spread over slices by a stable hash.
    Slice(u16)
}

/// The name of a checkpoint: consumers of two namespaces often have the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckpointName {
    /// Whose events are consumed.
    pub namespace: NamespaceName,
    /// Who consumes them.
    pub consumer: ConsumerName,
    /// Which share of them.
    pub slice: Slice,
}

impl fmt::Display for CheckpointName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            consumer,
            slice,
        } = self;
        write!(f, "{consumer} in {namespace}, slice {}", slice.get())
    }
}

/// Keeps one position per namespace, consumer and slice, durably.
#[auto_impl::auto_impl(Arc)]
pub trait CheckpointStore: Send + Sync {
    /// The position kept, [`START`](GlobalPosition::START) if there is none.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn load_checkpoint(
        &self,
        name: &CheckpointName,
    ) -> impl Future<Output = Result<GlobalPosition, StoreError>> + Send;

    /// Moves the checkpoint from `expected` to `position`, and returns when that is durable. Moving
    /// it to where it already is succeeds, so a lost answer may be repeated. A dropped future may
    /// or may not have moved it.
    ///
    /// # Errors
    /// [`CheckpointError::Moved`] where it is at neither; then nothing was changed.
    fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> impl Future<Output = Result<(), CheckpointError>> + Send;
}

/// Why a checkpoint was not moved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// A twin of the consumer moved it.
    #[error(
        "the checkpoint of {name} is at {actual}, not at {expected}; another instance works on it: \
         continue from {actual}"
    )]
    Moved {
        /// Which checkpoint.
        name: CheckpointName,
        /// Where it was expected.
        expected: GlobalPosition,
        /// Where it is.
        actual: GlobalPosition,
    },
    /// The store failed.
    #[error("the checkpoint of {name} could not be saved")]
    Store {
        /// Which checkpoint.
        name: CheckpointName,
        /// The cause.
        #[source]
        source: StoreError,
    },
}
