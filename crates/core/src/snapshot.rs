//! Folded states kept aside, so that a long stream need not be read whole.

use std::{future::Future, num::NonZeroU64};

use crate::{
    decider::StateSchema,
    id::EventId,
    store::StoreError,
    stream::{GlobalPosition, StreamName, StreamVersion},
};

/// The state of a stream at one version: a cache, never a truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The stream.
    pub stream: StreamName,
    /// The fold that made it.
    pub schema: StateSchema,
    /// The last event folded in.
    pub version: StreamVersion,
    /// That event's identity: it shows whether the stream is still the one that was folded.
    pub event_id: EventId,
    /// That event's position.
    pub position: GlobalPosition,
    /// The encoded state; opaque to the store.
    pub state: Vec<u8>,
}

/// Keeps the newest snapshot per stream and schema.
#[auto_impl::auto_impl(Arc)]
pub trait SnapshotStore: Send + Sync {
    /// The snapshot of `stream` that this very fold made, if there is one.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> impl Future<Output = Result<Option<Snapshot>, StoreError>> + Send;

    /// Keeps `snapshot`, unless it holds a newer one of the same stream and schema. A dropped
    /// future may or may not have kept it.
    ///
    /// # Errors
    /// [`StoreError`]; the snapshot kept before is unharmed.
    fn save_snapshot(
        &self,
        snapshot: &Snapshot,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Forgets all snapshots of `stream`: what a repair does first.
    ///
    /// # Errors
    /// [`StoreError`] where the store is away, damaged or closed.
    fn delete_snapshots(
        &self,
        stream: &StreamName,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The choice to keep no snapshots.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSnapshots;

impl SnapshotStore for NoSnapshots {
    async fn load_snapshot(
        &self,
        _: &StreamName,
        _: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        Ok(None)
    }

    async fn save_snapshot(&self, _: &Snapshot) -> Result<(), StoreError> {
        Ok(())
    }

    async fn delete_snapshots(&self, _: &StreamName) -> Result<(), StoreError> {
        Ok(())
    }
}

/// When a snapshot is taken.
///
/// ```
/// use std::num::NonZeroU64;
/// use minwon_core::SnapshotPolicy;
/// let policy = SnapshotPolicy::every(NonZeroU64::new(500).expect("not 0"));
/// assert_ne!(policy, SnapshotPolicy::default());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotPolicy {
    every: NonZeroU64,
}

impl SnapshotPolicy {
    /// A snapshot each time the stream has grown by `events`.
    #[must_use]
    pub const fn every(events: NonZeroU64) -> Self {
        Self { every: events }
    }

    /// Returns whether to take one now that a stream has grown from `before` to `after`.
    pub(crate) fn is_due(self, before: Option<StreamVersion>, after: StreamVersion) -> bool {
        let interval = |version: StreamVersion| version.next().get() / self.every;
        before.map_or(0, interval) < interval(after)
    }
}

impl Default for SnapshotPolicy {
    /// Every 100 events: from about there on, reading a snapshot is cheaper than folding.
    fn default() -> Self {
        Self::every(NonZeroU64::new(100).expect("100 is not 0"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_due_when_a_multiple_is_crossed() {
        let policy = SnapshotPolicy::every(NonZeroU64::new(10).unwrap());
        let due = |before: Option<u64>, after| {
            policy.is_due(before.map(StreamVersion::new), StreamVersion::new(after))
        };
        assert!(!due(None, 8));
        assert!(due(None, 9), "the tenth event");
        assert!(due(Some(8), 9));
        assert!(!due(Some(9), 10));
        assert!(due(Some(3), 40), "a long append crosses several");
    }
}
