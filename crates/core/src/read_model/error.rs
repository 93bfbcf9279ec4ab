//! Why a read model was not changed.

use super::{Catalogue, ModelName, SliceCheckpoint, SliceName};
use crate::store::StoreError;

/// Why a commit did not, or may not have, happened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The slice is elsewhere: somebody else works on it, or the store lost or regained a part of
    /// its past.
    #[error("slice {slice} is {}; load it again and go on from there",
        match actual { Some(actual) => format!("at position {}, not where it was left", actual.position), None => "empty, not where it was left".into() })]
    Moved {
        /// The slice.
        slice: SliceName,
        /// Where it is; none where it was never written, or lost.
        actual: Option<Box<SliceCheckpoint>>,
    },
    /// The store did not say whether it happened.
    #[error(
        "whether the commit to slice {slice} happened is unknown; repeat it unchanged, which is safe"
    )]
    OutcomeUnknown {
        /// The slice.
        slice: SliceName,
        /// The cause.
        #[source]
        source: StoreError,
    },
    /// The store failed, and nothing was written.
    #[error("nothing was committed to slice {slice}")]
    Store {
        /// The slice.
        slice: SliceName,
        /// The cause.
        #[source]
        source: StoreError,
    },
}

/// Why a catalogue was not replaced.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// Somebody else replaced it first.
    #[error("the catalogue of {model} was changed by somebody else; load it again and decide anew")]
    Changed {
        /// The read model.
        model: ModelName,
        /// The catalogue as it is.
        actual: Option<Box<Catalogue>>,
    },
    /// The store failed; whether it was replaced is unknown, and repeating is safe.
    #[error("the catalogue of {model} could not be saved")]
    Store {
        /// The read model.
        model: ModelName,
        /// The cause.
        #[source]
        source: StoreError,
    },
}
