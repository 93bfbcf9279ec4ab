//! Wrong stores of snapshots and checkpoints.

use super::{WrongStore, Wrongly, wrongs};
use crate::{
    CheckpointError, CheckpointName, CheckpointStore, CommandId, ConsumerName, GlobalPosition,
    NamespaceName, Slice, Snapshot, SnapshotStore, StateSchema, StoreError, StreamName,
    StreamVersion,
    testing::{Hook, yield_now},
};

wrongs! {
    /// How a snapshot store can be wrong.
    WrongSnapshot {
        InventsOne breaks "there_is_no_snapshot_at_first",
        /// Takes the state for text.
        KeepsText breaks "a_snapshot_loads_as_it_was_saved",
        CutsLargeStates breaks "a_large_snapshot_loads_as_it_was_saved",
        KeepsTheFirst breaks "a_newer_snapshot_replaces_an_older_one",
        KeepsTheLastSaved breaks "an_older_snapshot_does_not_replace_a_newer_one",
        KeepsTheFirstOfAVersion breaks "a_snapshot_of_the_same_version_replaces",
        IgnoresTheSchema breaks "each_schema_has_a_snapshot_of_its_own",
        IgnoresLetterCase breaks "each_stream_has_a_snapshot_of_its_own",
        ForgetsTheNamespace breaks "namespaces_are_apart",
        DeletesNothing breaks "deleting_forgets_all_snapshots_of_one_stream",
    }
}

type WrongSnapshots = Wrongly<WrongSnapshot>;

impl WrongSnapshots {
    fn key(&self, stream: &StreamName, schema: StateSchema) -> (StreamName, StateSchema) {
        match self.wrong {
            WrongSnapshot::IgnoresTheSchema => (stream.clone(), StateSchema::new(0)),
            WrongSnapshot::ForgetsTheNamespace => {
                let of_any = format!("any_{}-{}", stream.category(), stream.id());
                (of_any.parse().unwrap(), schema)
            }
            WrongSnapshot::IgnoresLetterCase => {
                (stream.as_str().to_lowercase().parse().unwrap(), schema)
            }
            _ => (stream.clone(), schema),
        }
    }
}

impl<S: SnapshotStore> SnapshotStore for WrongStore<S, WrongSnapshot> {
    async fn load_snapshot(
        &self,
        stream: &StreamName,
        schema: StateSchema,
    ) -> Result<Option<Snapshot>, StoreError> {
        let store = &self.store;
        let (kept_as, kept_schema) = self.key(stream, schema);
        let kept = store.load_snapshot(&kept_as, kept_schema).await?;
        let invented = || Snapshot {
            stream: stream.clone(),
            schema,
            version: StreamVersion::FIRST,
            event_id: CommandId::from_bytes([0; 16]).event_id(0),
            position: GlobalPosition::START,
            state: Vec::new(),
        };
        if kept.is_none() && self.is(WrongSnapshot::InventsOne) {
            return Ok(Some(invented()));
        }
        Ok(kept.map(|kept| Snapshot {
            stream: stream.clone(),
            schema,
            ..kept
        }))
    }

    async fn save_snapshot(&self, snapshot: &Snapshot) -> Result<(), StoreError> {
        let store = &self.store;
        let mut snapshot = snapshot.clone();
        (snapshot.stream, snapshot.schema) = self.key(&snapshot.stream, snapshot.schema);
        let (stream, schema) = (&snapshot.stream, snapshot.schema);
        let kept = store.load_snapshot(stream, schema).await?;
        match (self.wrong, kept) {
            (WrongSnapshot::KeepsText, _) => {
                let text = String::from_utf8_lossy(&snapshot.state);
                snapshot.state = text.into_owned().into_bytes();
            }
            (WrongSnapshot::CutsLargeStates, _) => snapshot.state.truncate(64 * 1024),
            (WrongSnapshot::KeepsTheFirst, Some(_)) => return Ok(()),
            (WrongSnapshot::KeepsTheFirstOfAVersion, Some(kept))
                if kept.version == snapshot.version =>
            {
                return Ok(());
            }
            (WrongSnapshot::KeepsTheLastSaved, _) => store.delete_snapshots(stream).await?,
            _ => {}
        }
        store.save_snapshot(&snapshot).await
    }

    async fn delete_snapshots(&self, stream: &StreamName) -> Result<(), StoreError> {
        let store = &self.store;
        if self.is(WrongSnapshot::DeletesNothing) {
            return Ok(());
        }
        let (kept_as, _) = self.key(stream, StateSchema::new(0));
        store.delete_snapshots(&kept_as).await
    }
}

wrongs! {
    /// How a checkpoint store can be wrong.
    WrongCheckpoint {
        /// Begins after the first event.
        StartsLate breaks "a_checkpoint_starts_at_the_start",
        NeverMoves breaks "a_checkpoint_moves_from_where_it_is",
        IgnoresTheExpectation breaks "a_checkpoint_elsewhere_is_not_moved",
        RefusesARepeat breaks "a_repeated_move_succeeds",
        OnlyMovesForward breaks "a_checkpoint_moves_back_for_who_knows_where_it_is",
        KeepsHalfAPosition breaks "both_parts_of_a_position_are_kept",
        /// Keeps slices in one byte.
        MixesSlices breaks "slices_are_apart",
        /// Takes capital letters for small ones.
        MixesConsumers breaks "consumers_are_apart",
        ForgetsTheNamespace breaks "namespaces_are_apart",
        ChecksThenMoves breaks "one_of_two_movers_wins",
    }
}

type WrongCheckpoints = Wrongly<WrongCheckpoint>;

impl WrongCheckpoints {
    fn key(&self, name: &CheckpointName) -> CheckpointName {
        let mut name = name.clone();
        match self.wrong {
            WrongCheckpoint::MixesSlices => name.slice = Slice::new(name.slice.get() % 256),
            WrongCheckpoint::MixesConsumers => {
                let lower = name.consumer.as_str().to_lowercase();
                name.consumer = ConsumerName::new(lower).unwrap();
            }
            WrongCheckpoint::ForgetsTheNamespace => {
                name.namespace = NamespaceName::new("any").unwrap();
            }
            _ => {}
        }
        name
    }

    fn spoil(&self, position: GlobalPosition) -> GlobalPosition {
        match self.wrong {
            WrongCheckpoint::KeepsHalfAPosition => GlobalPosition::new(position.commit()),
            WrongCheckpoint::StartsLate => position.max(GlobalPosition::new(1)),
            _ => position,
        }
    }
}

impl<S: CheckpointStore> Hook<S> for WrongCheckpoints {
    type Memory = ();

    async fn load_checkpoint(
        &self,
        store: &S,
        name: &CheckpointName,
    ) -> Result<GlobalPosition, StoreError> {
        let kept = store.load_checkpoint(&self.key(name)).await?;
        Ok(self.spoil(kept))
    }

    async fn save_checkpoint(
        &self,
        store: &S,
        name: &CheckpointName,
        expected: GlobalPosition,
        position: GlobalPosition,
    ) -> Result<(), CheckpointError> {
        let key = self.key(name);
        let (expected, position) = match self.wrong {
            WrongCheckpoint::KeepsHalfAPosition => (self.spoil(expected), self.spoil(position)),
            _ => (expected, position),
        };
        let kept = store.load_checkpoint(&key).await.unwrap();
        let expected = match self.wrong {
            WrongCheckpoint::IgnoresTheExpectation => kept,
            WrongCheckpoint::OnlyMovesForward if position < kept => return Ok(()),
            WrongCheckpoint::NeverMoves => return Ok(()),
            WrongCheckpoint::RefusesARepeat if kept == position && kept != expected => {
                return Err(CheckpointError::Moved {
                    name: name.clone(),
                    expected,
                    actual: kept,
                });
            }
            WrongCheckpoint::ChecksThenMoves if kept == expected => {
                yield_now().await;
                store.load_checkpoint(&key).await.unwrap()
            }
            _ => expected,
        };
        store.save_checkpoint(&key, expected, position).await
    }
}
