//! Folded states kept aside, so that a long stream need not be read whole.

use std::{fmt, future::Future, num::NonZeroU64, sync::LazyLock};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use uuid::Uuid;

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

/// Shows that a snapshot was made by a handler with the same key: another one is not believed, and
/// the stream is folded from its events.
///
/// ```
/// use minwon_core::{SnapshotKey, SnapshotPolicy};
/// # fn secret() -> [u8; 32] { [7; 32] }
/// let kept_by_the_team = SnapshotKey::new(secret());
/// let policy = SnapshotPolicy::default().sealed_with(kept_by_the_team);
/// assert_ne!(policy, SnapshotPolicy::default());
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SnapshotKey([u8; 32]);

impl SnapshotKey {
    /// A key that a team keeps: all programs that are to believe each other's snapshots have it, and
    /// nobody else who can write into the store.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// A random key of this process: it believes its own snapshots, and those of no other.
    ///
    /// # Panics
    /// Where the operating system gives no random bytes.
    #[must_use]
    pub fn of_process() -> Self {
        static KEY: LazyLock<[u8; 32]> = LazyLock::new(|| {
            let halves = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
            std::array::from_fn(|at| halves[at / 16][at % 16])
        });
        Self(*KEY)
    }

    /// The snapshot with its seal, in front of the state.
    #[must_use]
    pub fn seal(self, mut snapshot: Snapshot) -> Snapshot {
        let seal = self.mac(&snapshot, &snapshot.state).finalize().into_bytes();
        snapshot.state.splice(..0, seal);
        snapshot
    }

    /// Returns the state behind the seal; none where that was not made with this key over all that the
    /// snapshot says.
    #[must_use]
    pub fn open(self, snapshot: &Snapshot) -> Option<&[u8]> {
        let (seal, state) = snapshot.state.split_first_chunk::<32>()?;
        self.mac(snapshot, state).verify(seal.into()).ok()?;
        Some(state)
    }

    fn mac(self, of: &Snapshot, state: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(&self.0);
        let mut mac = mac.expect("a key of any length");
        // No name has a blank, and numbers are written in full.
        let (stream, event) = (of.stream.as_str(), of.event_id);
        let (schema, version, position) = (of.schema.get(), of.version, of.position);
        mac.update(format!("{stream} {schema} {version} {event} {position} ").as_bytes());
        mac.update(state);
        mac
    }
}

impl fmt::Debug for SnapshotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SnapshotKey(…)")
    }
}

/// When a snapshot is taken, and which are believed.
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
    key: SnapshotKey,
}

impl SnapshotPolicy {
    /// A snapshot each time the stream has grown by `events`.
    #[must_use]
    pub fn every(events: NonZeroU64) -> Self {
        Self {
            every: events,
            key: SnapshotKey::of_process(),
        }
    }

    /// Believes the snapshots that were made with `key`, also those of other processes. Default: those
    /// of [this process](SnapshotKey::of_process), so that each one folds a stream once.
    #[must_use]
    pub const fn sealed_with(mut self, key: SnapshotKey) -> Self {
        self.key = key;
        self
    }

    /// The key of the snapshots that are believed.
    #[must_use]
    pub const fn key(self) -> SnapshotKey {
        self.key
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
