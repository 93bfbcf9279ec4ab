//! The rules of snapshot stores.

use super::case::{Case, Verdict, ensure, stream};
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

/// What is kept must be `wanted`.
async fn keeps<S: SnapshotStore>(
    case: &Case<'_, S>,
    stream: &StreamName,
    schema: StateSchema,
    wanted: Option<&Snapshot>,
) -> Verdict {
    let kept = case.store.load_snapshot(stream, schema).await?;
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
async fn saving_keeps<S: SnapshotStore>(
    case: &Case<'_, S>,
    saved: &[&Snapshot],
    wanted: &Snapshot,
) -> Verdict {
    for snapshot in saved {
        case.store.save_snapshot(snapshot).await?;
    }
    keeps(case, &wanted.stream, wanted.schema, Some(wanted)).await
}

pub(super) async fn there_is_no_snapshot_at_first<S: SnapshotStore>(case: &Case<'_, S>) -> Verdict {
    keeps(case, &case.stream("1"), SCHEMA, None).await
}

pub(super) async fn a_snapshot_loads_as_it_was_saved<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let mut snapshot = snapshot(&case.stream("민원"), SCHEMA, 0, "state");
    // Opaque to the store: neither text nor JSON.
    snapshot.state = (0..=255).collect();
    saving_keeps(case, &[&snapshot], &snapshot).await?;
    snapshot.version = StreamVersion::new(1);
    snapshot.state.clear();
    saving_keeps(case, &[&snapshot], &snapshot).await
}

pub(super) async fn a_large_snapshot_loads_as_it_was_saved<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let mut snapshot = snapshot(&case.stream("1"), SCHEMA, 7, "state");
    snapshot.state = (0..1024 * 1024_u32).map(|n| (n % 251) as u8).collect();
    saving_keeps(case, &[&snapshot], &snapshot).await
}

pub(super) async fn a_newer_snapshot_replaces_an_older_one<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let [older, newer] = [9, 10].map(|v| snapshot(&case.stream("1"), SCHEMA, v, "state"));
    saving_keeps(case, &[&older, &newer], &newer).await
}

pub(super) async fn an_older_snapshot_does_not_replace_a_newer_one<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let [older, newer] = [9, 10].map(|v| snapshot(&case.stream("1"), SCHEMA, v, "state"));
    saving_keeps(case, &[&newer, &older], &newer).await
}

/// It is not newer; and after a store was restored, the one saved last is the right one.
pub(super) async fn a_snapshot_of_the_same_version_replaces<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let first = snapshot(&case.stream("1"), SCHEMA, 9, "first");
    let second = snapshot(&case.stream("1"), SCHEMA, 9, "second");
    saving_keeps(case, &[&first, &second], &second).await
}

pub(super) async fn each_schema_has_a_snapshot_of_its_own<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let stream = case.stream("1");
    let one = snapshot(&stream, SCHEMA, 9, "one");
    saving_keeps(case, &[&one], &one).await?;
    keeps(case, &stream, OTHER_SCHEMA, None).await?;
    let other = snapshot(&stream, OTHER_SCHEMA, 3, "other");
    saving_keeps(case, &[&other], &other).await?;
    keeps(case, &stream, SCHEMA, Some(&one)).await
}

pub(super) async fn each_stream_has_a_snapshot_of_its_own<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let ids = ["1", "10", "1%", "a", "A"];
    for (version, id) in (1..).zip(ids) {
        let snapshot = snapshot(&case.stream(id), SCHEMA, version, id);
        case.store.save_snapshot(&snapshot).await?;
    }
    for (version, id) in (1..).zip(ids) {
        let wanted = snapshot(&case.stream(id), SCHEMA, version, id);
        keeps(case, &wanted.stream, SCHEMA, Some(&wanted)).await?;
    }
    Ok(())
}

/// Streams of one name in two namespaces.
pub(super) async fn namespaces_are_apart<S: SnapshotStore>(case: &Case<'_, S>) -> Verdict {
    let streams = [case.namespace(), case.longer_namespace()].map(|n| stream(&n, "Petition", "1"));
    for (version, stream) in (1..).zip(&streams) {
        keeps(case, stream, SCHEMA, None).await?;
        let snapshot = snapshot(stream, SCHEMA, version, stream.as_str());
        case.store.save_snapshot(&snapshot).await?;
    }
    for (version, stream) in (1..).zip(&streams) {
        let wanted = snapshot(stream, SCHEMA, version, stream.as_str());
        keeps(case, stream, SCHEMA, Some(&wanted)).await?;
    }
    case.store.delete_snapshots(&streams[0]).await?;
    let wanted = snapshot(&streams[1], SCHEMA, 2, streams[1].as_str());
    keeps(case, &streams[1], SCHEMA, Some(&wanted)).await
}

pub(super) async fn deleting_forgets_all_snapshots_of_one_stream<S: SnapshotStore>(
    case: &Case<'_, S>,
) -> Verdict {
    let (one, two) = (case.stream("1"), case.stream("10"));
    let kept = snapshot(&two, SCHEMA, 9, "two");
    for schema in [SCHEMA, OTHER_SCHEMA] {
        let snapshot = snapshot(&one, schema, 9, "one");
        case.store.save_snapshot(&snapshot).await?;
    }
    case.store.save_snapshot(&kept).await?;
    case.store.delete_snapshots(&one).await?;
    keeps(case, &one, SCHEMA, None).await?;
    keeps(case, &one, OTHER_SCHEMA, None).await?;
    keeps(case, &two, SCHEMA, Some(&kept)).await?;
    // An older one may come in again; and deleting none is no error.
    case.store.delete_snapshots(&case.stream("missing")).await?;
    let again = snapshot(&one, SCHEMA, 2, "again");
    let found = saving_keeps(case, &[&again], &again).await;
    ensure(found.is_ok(), || "after deleting, none can be saved".into())
}
