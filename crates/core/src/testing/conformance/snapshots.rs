//! The rules of snapshot stores.

use super::case::{Case, Snapshots, Verdict, ensure, stream};
use crate::{
    CommandId, GlobalPosition, Snapshot, SnapshotStore, StateSchema, StreamName, StreamVersion,
};

const SCHEMA: StateSchema = StateSchema::new(u64::MAX);

const OTHER_SCHEMA: StateSchema = StateSchema::new(1);

fn snapshot(stream: &StreamName, schema: StateSchema, version: u64, state: &str) -> Snapshot {
    let event_id = CommandId::derive(&[0; 16], state).event_id(version as u32);
    Snapshot {
        stream: stream.clone(),
        schema,
        version: StreamVersion::new(version),
        event_id,
        position: GlobalPosition::from_parts(version + 9, version + 7),
        state: state.into(),
    }
}

impl<S: SnapshotStore> Case<'_, S, Snapshots> {
    /// What is kept must be `wanted`.
    async fn has(
        &self,
        stream: &StreamName,
        schema: StateSchema,
        wanted: Option<&Snapshot>,
    ) -> Verdict {
        let kept = self.store.load_snapshot(stream, schema).await?;
        // A large state would make a message that nobody reads.
        ensure(kept.as_ref() == wanted, || match (&kept, wanted) {
            (Some(kept), Some(wanted)) => format!(
                "wanted version {} with {} bytes, found version {} with {} bytes",
                wanted.version,
                wanted.state.len(),
                kept.version,
                kept.state.len()
            ),
            (Some(kept), None) => format!("wanted none, found version {}", kept.version),
            (None, _) => "none is kept".into(),
        })
    }

    /// Saves some, then `wanted` must be kept.
    async fn saving_keeps(&self, saved: &[&Snapshot], wanted: &Snapshot) -> Verdict {
        for snapshot in saved {
            self.store.save_snapshot(snapshot).await?;
        }
        self.has(&wanted.stream, wanted.schema, Some(wanted)).await
    }

    pub(super) async fn there_is_no_snapshot_at_first(&self) -> Verdict {
        self.has(&self.stream("1"), SCHEMA, None).await
    }

    pub(super) async fn a_snapshot_loads_as_it_was_saved(&self) -> Verdict {
        let mut snapshot = snapshot(&self.stream("민원"), SCHEMA, 0, "state");
        // Opaque to the store: neither text nor JSON.
        snapshot.state = (0..=255).collect();
        self.saving_keeps(&[&snapshot], &snapshot).await?;
        snapshot.version = StreamVersion::new(1);
        snapshot.state.clear();
        self.saving_keeps(&[&snapshot], &snapshot).await
    }

    pub(super) async fn a_large_snapshot_loads_as_it_was_saved(&self) -> Verdict {
        let mut snapshot = snapshot(&self.stream("1"), SCHEMA, 7, "state");
        snapshot.state = (0..1024 * 1024_u32).map(|n| (n % 251) as u8).collect();
        self.saving_keeps(&[&snapshot], &snapshot).await
    }

    pub(super) async fn a_newer_snapshot_replaces_an_older_one(&self) -> Verdict {
        let [older, newer] = [9, 10].map(|v| snapshot(&self.stream("1"), SCHEMA, v, "state"));
        self.saving_keeps(&[&older, &newer], &newer).await
    }

    pub(super) async fn an_older_snapshot_does_not_replace_a_newer_one(&self) -> Verdict {
        let [older, newer] = [9, 10].map(|v| snapshot(&self.stream("1"), SCHEMA, v, "state"));
        self.saving_keeps(&[&newer, &older], &newer).await
    }

    /// It is not newer; and after a store was restored, the one saved last is the right one.
    pub(super) async fn a_snapshot_of_the_same_version_replaces(&self) -> Verdict {
        let first = snapshot(&self.stream("1"), SCHEMA, 9, "first");
        let second = snapshot(&self.stream("1"), SCHEMA, 9, "second");
        self.saving_keeps(&[&first, &second], &second).await
    }

    pub(super) async fn each_schema_has_a_snapshot_of_its_own(&self) -> Verdict {
        let stream = self.stream("1");
        let one = snapshot(&stream, SCHEMA, 9, "one");
        self.saving_keeps(&[&one], &one).await?;
        self.has(&stream, OTHER_SCHEMA, None).await?;
        let other = snapshot(&stream, OTHER_SCHEMA, 3, "other");
        self.saving_keeps(&[&other], &other).await?;
        self.has(&stream, SCHEMA, Some(&one)).await
    }

    pub(super) async fn each_stream_has_a_snapshot_of_its_own(&self) -> Verdict {
        let ids = ["1", "10", "1%", "a", "A"];
        self.are_apart(&ids.map(|id| self.stream(id))).await
    }

    /// Each of the streams keeps a snapshot of its own.
    async fn are_apart(&self, streams: &[StreamName]) -> Verdict {
        for (version, stream) in (1..).zip(streams) {
            self.has(stream, SCHEMA, None).await?;
            let snapshot = snapshot(stream, SCHEMA, version, stream.as_str());
            self.store.save_snapshot(&snapshot).await?;
        }
        for (version, stream) in (1..).zip(streams) {
            let wanted = snapshot(stream, SCHEMA, version, stream.as_str());
            self.has(stream, SCHEMA, Some(&wanted)).await?;
        }
        Ok(())
    }

    /// Streams of one name in two namespaces.
    pub(super) async fn namespaces_are_apart(&self) -> Verdict {
        let streams =
            [self.namespace(), self.longer_namespace()].map(|n| stream(&n, "Petition", "1"));
        self.are_apart(&streams).await?;
        self.store.delete_snapshots(&streams[0]).await?;
        let wanted = snapshot(&streams[1], SCHEMA, 2, streams[1].as_str());
        self.has(&streams[1], SCHEMA, Some(&wanted)).await
    }

    pub(super) async fn deleting_forgets_all_snapshots_of_one_stream(&self) -> Verdict {
        let (one, two) = (self.stream("1"), self.stream("10"));
        let kept = snapshot(&two, SCHEMA, 9, "two");
        for schema in [SCHEMA, OTHER_SCHEMA] {
            let snapshot = snapshot(&one, schema, 9, "one");
            self.store.save_snapshot(&snapshot).await?;
        }
        self.store.save_snapshot(&kept).await?;
        self.store.delete_snapshots(&one).await?;
        self.has(&one, SCHEMA, None).await?;
        self.has(&one, OTHER_SCHEMA, None).await?;
        self.has(&two, SCHEMA, Some(&kept)).await?;
        // An older one may come in again; and deleting none is no error.
        self.store.delete_snapshots(&self.stream("missing")).await?;
        let again = snapshot(&one, SCHEMA, 2, "again");
        let found = self.saving_keeps(&[&again], &again).await;
        ensure(found.is_ok(), || "after deleting, none can be saved".into())
    }
}
