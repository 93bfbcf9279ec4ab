//! Who works on which slice: to save work, never for safety.

use std::{future::Future, time::Duration};

use super::GenerationName;
use crate::{checkpoint::Slice, projection::SliceCount, store::StoreError, text::check_id};

crate::text::name_newtype! {
    /// One of the processes that share the slices of a read model; unique among them.
    MemberName, "member name", check_id
}

crate::text::number_newtype! {
    /// How often a slice has changed hands.
    Epoch(u64)
}

/// The right to work on a slice, until the next heartbeat is overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lease {
    /// The slice.
    pub slice: Slice,
    /// How often it has changed hands.
    pub epoch: Epoch,
}

/// Shares the slices of a generation among the members that are alive.
///
/// Leases only spare members each other's work. Two members on one slice are safe, since every
/// commit compares the checkpoint.
#[auto_impl::auto_impl(Arc)]
pub trait SliceLeases: Send + Sync {
    /// Says that `member` is alive and will say so again within `time_to_live`, and answers the
    /// slices it has now, in order.
    ///
    /// Members get equal shares, give or take one. Who has too many gives up some with this call;
    /// who has too few takes what is free: slices of nobody, or of a member overdue. A slice that
    /// changes hands gets the next epoch; one that stays keeps its epoch.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn heartbeat(
        &self,
        generation: &GenerationName,
        slices: SliceCount,
        member: &MemberName,
        time_to_live: Duration,
    ) -> impl Future<Output = Result<Vec<Lease>, StoreError>> + Send;

    /// Gives up all slices of `member` at once.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn leave(
        &self,
        generation: &GenerationName,
        member: &MemberName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
