//! Wrong stores of snapshots and checkpoints.

use super::wrongs;
use crate::{
    CheckpointError, CheckpointName, CheckpointStore, ConsumerName, GlobalPosition, NamespaceName,
    Slice, Snapshot, SnapshotStore, StateSchema, StoreError, StreamName, StreamVersion,
    testing::yield_now,
};

wrongs! {
    /// How a snapshot store can be wrong.
    WrongSnapshots {
        /// Finds a snapshot for every stream.
        InventsOne breaks "there_is_no_snapshot_at_first",
        /// Takes the state for text.
        KeepsText breaks "a_snapshot_loads_as_it_was_saved",
        /// Cuts states after 64 KiB.
        CutsLargeStates breaks "a_large_snapshot_loads_as_it_was_saved",
        /// Keeps the first snapshot for good.
        KeepsTheFirst breaks "a_newer_snapshot_replaces_an_older_one",
        /// Keeps whatever was saved last.
        KeepsTheLastSaved breaks "an_older_snapshot_does_not_replace_a_newer_one",
        /// Keeps the first of two snapshots of one version.
        KeepsTheFirstOfAVersion breaks "a_snapshot_of_the_same_version_replaces",
        /// Gives a snapshot to whatever fold asks.
        IgnoresTheSchema breaks "each_schema_has_a_snapshot_of_its_own",
        /// Does not tell capital letters from small ones.
        IgnoresLetterCase breaks "each_stream_has_a_snapshot_of_its_own",
        /// Takes a stream for that of another namespace.
        ForgetsTheNamespace breaks "namespaces_are_apart",
        /// Deletes nothing.
        DeletesNothing breaks "deleting_forgets_all_snapshots_of_one_stream",
    }
}

/// A snapshot store that keeps every promise of `S` but one.
#[derive(Debug)]
pub struct WrongSnapshotStore<S> {
    store: S,
    wrong: WrongSnapshots,
}

impl<S: SnapshotStore> WrongSnapshotStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: WrongSnapshots) -> Self {
        Self { store, wrong }
    }

    fn key(&self, stream: &StreamName, schema: StateSchema) -> (StreamName, StateSchema) {
        match self.wrong {
            WrongSnapshots::IgnoresTheSchema => (stream.clone(), StateSchema::new(0)),
            WrongSnapshots::ForgetsTheNamespace => {
                let of_any = format!("any_{}-{}", stream.category(), stream.id()).parse();
                (of_any.expect("still a stream name"), schema)
            }
            WrongSnapshots::IgnoresLetterCase => {
                let lower = stream.as_str().to_lowercase().parse();
                (lower.expect("still a stream name"), schema)
            }
            _ => (stream.clone(), schema),
        }
    }

    fn spoil(&self, mut snapshot: Snapshot) -> Snapshot {
        match self.wrong {
            WrongSnapshots::KeepsText => {
                let text = String::from_utf8_lossy(&snapshot.state);
                snapshot.state = text.into_owned().into_bytes();
            }
            WrongSnapshots::CutsLargeStates => snapshot.state.truncate(64 * 1024),
            _ => {}
        }
        (snapshot.stream, snapshot.schema) = self.key(&snapshot.stream, snapshot.schema);
        snapshot
    }
}

impl<S: SnapshotStore> SnapshotStore for WrongSnapshotStore<S> {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let (kept_as, kept_schema) = self.key(stream, schema);
        let kept = self.store.load_snapshot(&kept_as, kept_schema).await?;
        let kept = kept.map(|kept| Snapshot {
            stream: stream.clone(),
            schema,
            ..kept
        });
        if kept.is_none() && self.wrong == WrongSnapshots::InventsOne {
            return Ok(Some(invented(stream, schema)));
        }
        Ok(kept)
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let snapshot = self.spoil(snapshot.clone());
        let (stream, schema) = (&snapshot.stream, snapshot.schema);
        let kept = self.store.load_snapshot(stream, schema).await?;
        match (self.wrong, kept) {
            (WrongSnapshots::KeepsTheFirst, Some(_)) => return Ok(()),
            (WrongSnapshots::KeepsTheFirstOfAVersion, Some(kept))
                if kept.version == snapshot.version =>
            {
                return Ok(());
            }
            (WrongSnapshots::KeepsTheLastSaved, _) => self.store.delete_snapshots(stream).await?,
            _ => {}
        }
        self.store.save_snapshot(&snapshot).await
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        if self.wrong == WrongSnapshots::DeletesNothing {
            return Ok(());
        }
        let (kept_as, _) = self.key(stream, StateSchema::new(0));
        self.store.delete_snapshots(&kept_as).await
    }
}

fn invented(stream: &StreamName, schema: StateSchema) -> Snapshot {
    Snapshot {
        stream: stream.clone(),
        schema,
        version: StreamVersion::FIRST,
        event_id: crate::CommandId::from_bytes([0; 16]).event_id(0),
        position: GlobalPosition::START,
        state: Vec::new(),
    }
}

wrongs! {
    /// How a checkpoint store can be wrong.
    WrongCheckpoints {
        /// Begins after the first event.
        StartsLate breaks "a_checkpoint_starts_at_the_start",
        /// Moves only to where it is.
        NeverMoves breaks "a_checkpoint_moves_from_where_it_is",
        /// Moves from wherever it is.
        IgnoresTheExpectation breaks "a_checkpoint_elsewhere_is_not_moved",
        /// Refuses a move that was done already.
        RefusesARepeat breaks "a_repeated_move_succeeds",
        /// Moves forward only, and says nothing.
        OnlyMovesForward breaks "a_checkpoint_moves_back_for_who_knows_where_it_is",
        /// Keeps one number of a position.
        KeepsHalfAPosition breaks "both_parts_of_a_position_are_kept",
        /// Keeps slices in one byte.
        MixesSlices breaks "slices_are_apart",
        /// Does not tell capital letters from small ones.
        MixesConsumers breaks "consumers_are_apart",
        /// Keeps one checkpoint for consumers of the same name in all namespaces.
        ForgetsTheNamespace breaks "namespaces_are_apart",
        /// Looks where it is, and moves later.
        ChecksThenMoves breaks "one_of_two_movers_wins",
    }
}

/// A checkpoint store that keeps every promise of `S` but one.
#[derive(Debug)]
pub struct WrongCheckpointStore<S> {
    store: S,
    wrong: WrongCheckpoints,
}

impl<S: CheckpointStore> WrongCheckpointStore<S> {
    /// A store that is wrong in this one way.
    pub fn new(store: S, wrong: WrongCheckpoints) -> Self {
        Self { store, wrong }
    }

    fn key(&self, name: &CheckpointName) -> CheckpointName {
        let mut name = name.clone();
        match self.wrong {
            WrongCheckpoints::MixesSlices => name.slice = Slice::new(name.slice.get() % 256),
            WrongCheckpoints::MixesConsumers => {
                let lower = ConsumerName::new(name.consumer.as_str().to_lowercase());
                name.consumer = lower.expect("still a name");
            }
            WrongCheckpoints::ForgetsTheNamespace => {
                name.namespace = NamespaceName::new("any").expect("a word");
            }
            _ => {}
        }
        name
    }

    fn spoil(&self, position: GlobalPosition) -> GlobalPosition {
        match self.wrong {
            WrongCheckpoints::KeepsHalfAPosition => GlobalPosition::new(position.commit()),
            WrongCheckpoints::StartsLate => position.max(GlobalPosition::new(1)),
            _ => position,
        }
    }
}

impl<S: CheckpointStore> CheckpointStore for WrongCheckpointStore<S> {
    async fn load_checkpoint(&self, name: &CheckpointName) -> Result<GlobalPosition, StoreError> {
        let kept = self.store.load_checkpoint(&self.key(name)).await?;
        Ok(self.spoil(kept))
    }

    async fn save_checkpoint(
        &self,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let key = self.key(name);
        let (expected, position) = match self.wrong {
            WrongCheckpoints::KeepsHalfAPosition => (self.spoil(expected), self.spoil(position)),
            _ => (expected, position),
        };
        let failed = |source| CheckpointError::Store {
            name: name.clone(),
            source,
        };
        let kept = self.store.load_checkpoint(&key).await.map_err(failed)?;
        let expected = match self.wrong {
            WrongCheckpoints::IgnoresTheExpectation => kept,
            WrongCheckpoints::OnlyMovesForward if position < kept => return Ok(()),
            WrongCheckpoints::NeverMoves => return Ok(()),
            WrongCheckpoints::RefusesARepeat if kept == position && kept != expected => {
                return Err(CheckpointError::Moved {
                    name: name.clone(),
                    expected,
                    actual: kept,
                });
            }
            WrongCheckpoints::ChecksThenMoves if kept == expected => {
                yield_now().await;
                self.store.load_checkpoint(&key).await.map_err(failed)?
            }
            _ => expected,
        };
        self.store.save_checkpoint(&key, expected, position).await
    }
}
