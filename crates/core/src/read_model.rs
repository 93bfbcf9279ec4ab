//! The ports to where read models are kept.
//!
//! A read model is what a [`Projection`](crate::Projection) comes to. It is kept in
//! *generations*: a rebuild fills the next one while the one before still answers. A generation
//! is spread over *slices*, and a slice is what is written in one atomic step.

mod catalogue;
mod checkpoint;
mod error;
mod leases;
mod reads;
mod writes;

use std::future::Future;

pub use self::{
    catalogue::{Catalogue, Generation, GenerationInfo, GenerationName, ModelName, SliceName},
    checkpoint::{CheckpointTextError, Incarnation, LastEvent, Phase, SliceCheckpoint},
    error::{CatalogueError, CommitError},
    leases::{Epoch, Lease, MemberName, SliceLeases},
    reads::{
        CLAIMANTS_MAX, Counts, Direction, ListPage, ListPlace, ListQuery, Loaded, ScanCursor,
        ScanPage, StoredItem, Wanted,
    },
    writes::{ListChange, SliceWrites},
};
use crate::{NamespaceName, projection::IndexName, store::StoreError};

/// Keeps read models: documents, and the indexes that lead to them.
///
/// A slice has a [`SliceCheckpoint`] that says up to where the log is folded into it. Everything
/// that a method returns of a slice is from one moment: the checkpoint belongs to what stands
/// beside it.
///
/// An [`Incarnation`] is one life of a slice. A commit under another incarnation than the one kept
/// starts the slice again: nothing written before is ever seen again.
#[auto_impl::auto_impl(Arc)]
pub trait ReadModelStore: Send + Sync {
    /// The checkpoint of a slice, and what is wanted of it.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed; `NewerVersion` where a newer
    /// program wrote the checkpoint.
    fn load(
        &self,
        slice: &SliceName,
        wanted: &Wanted<'_>,
    ) -> impl Future<Output = Result<Loaded, StoreError>> + Send;

    /// Moves the checkpoint of `slice` from `expected` to `next` and applies `writes`: all of it,
    /// or nothing. `expected` is compared whole; none expects a slice that was never written, or
    /// whose checkpoint is damaged.
    ///
    /// Repeating a commit is safe: where the checkpoint already is at `next`, nothing is written
    /// and the answer is `Ok`.
    /// A dropped future may or may not have committed.
    ///
    /// # Errors
    /// [`CommitError`]; for all but [`OutcomeUnknown`](CommitError::OutcomeUnknown) nothing was
    /// written.
    fn commit(
        &self,
        slice: &SliceName,
        expected: Option<&SliceCheckpoint>,
        next: &SliceCheckpoint,
        writes: &SliceWrites,
    ) -> impl Future<Output = Result<(), CommitError>> + Send;

    /// Part of a list, in order of [`Order`](crate::Order) and then of the key's bytes.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn list(
        &self,
        slice: &SliceName,
        query: &ListQuery,
    ) -> impl Future<Output = Result<ListPage, StoreError>> + Send;

    /// The counts of a group that are not 0, by member.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn counts(
        &self,
        slice: &SliceName,
        index: IndexName,
        group: &str,
    ) -> impl Future<Output = Result<Counts, StoreError>> + Send;

    /// A number that is another one after each change to the read models of `namespace`, whoever
    /// made it: catalogues, checkpoints and what is in the slices. None where the store cannot
    /// know, since others write to it as well.
    ///
    /// Whoever asked for it *before* a look need not look again as long as it stays the same. It
    /// costs no call to a database. Another number does not mean that anything has changed.
    fn changes(&self, namespace: &NamespaceName) -> Option<u64> {
        let _ = namespace;
        None
    }
}

/// Looks after whole read models: which generation answers, what is in one, and its end.
#[auto_impl::auto_impl(Arc)]
pub trait ReadModelAdmin: Send + Sync {
    /// Returns the generations, and which of them answers. None before a catalogue was saved, and
    /// where the stored value is invalid: a caller that knows the catalogue, or starts afresh,
    /// saves it as if none was there.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn load_catalogue(
        &self,
        model: &ModelName,
    ) -> impl Future<Output = Result<Option<Catalogue>, StoreError>> + Send;

    /// Replaces the catalogue in one atomic step. Replacing it by what it already is succeeds. An
    /// invalid catalogue is replaced where none is expected.
    ///
    /// # Errors
    /// [`CatalogueError::Changed`] where it is not `expected`; then nothing was changed.
    fn save_catalogue(
        &self,
        model: &ModelName,
        expected: Option<&Catalogue>,
        next: &Catalogue,
    ) -> impl Future<Output = Result<(), CatalogueError>> + Send;

    /// Returns part of everything that a generation holds, in any order; from the beginning where
    /// `cursor` is none. Items that do not change meanwhile are returned at least once.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn scan(
        &self,
        generation: &GenerationName,
        cursor: Option<ScanCursor>,
    ) -> impl Future<Output = Result<ScanPage, StoreError>> + Send;

    /// Removes all that a generation holds, checkpoints first, so that it is never half seen.
    /// Can be repeated; dropped half way, it leaves an empty generation and things nobody sees.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn remove(
        &self,
        generation: &GenerationName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes what earlier incarnations of the generation's slices left behind. How many things
    /// that were.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn sweep(
        &self,
        generation: &GenerationName,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}
