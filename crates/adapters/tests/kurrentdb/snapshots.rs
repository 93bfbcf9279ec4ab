//! Snapshots: their contract, and what becomes of them when the server misbehaves.

use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{
    CommandId, GlobalPosition, Snapshot, SnapshotStore, StateSchema, StoreErrorKind, StreamVersion,
    testing::conformance,
};
use minwon_kurrentdb_stand_in::AppendFault;

use crate::scene::{impatient, many_faults, open, patient, scene, stream};

const SCHEMA: StateSchema = StateSchema::new(7);
const MIB: usize = 1024 * 1024;

fn snapshot(version: u64, fill: u8, bytes: usize) -> Snapshot {
    Snapshot {
        stream: stream("2026-000362"),
        schema: SCHEMA,
        version: StreamVersion::new(version),
        event_id: CommandId::derive(&[0; 16], "snapshot").event_id(version as u32),
        position: GlobalPosition::from_parts(version + 9, version + 7),
        state: vec![fill; bytes],
    }
}

async fn load(store: &KurrentStore) -> Option<Snapshot> {
    let loaded = store.load_snapshot(&stream("2026-000362"), SCHEMA).await;
    loaded.unwrap()
}

const STREAM: &str = "minwon-snapshot-general_GeneralApplication-2026-000362";

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept() {
    let (_stand_in, store) = scene(patient()).await;
    conformance::snapshot_store(async || store.clone())
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_whatever_the_server_does() {
    let (stand_in, store) = scene(patient()).await;
    stand_in.misbehave_by(many_faults(6));
    conformance::snapshot_store(async || store.clone())
        .await
        .assert_all_hold();
    assert!(stand_in.occurred_by_fault().len() > 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_snapshot_survives_lost_answers_at_any_part() {
    for lost in 0..3 {
        let (stand_in, store) = scene(impatient()).await;
        store.save_snapshot(&snapshot(1, 1, 10)).await.unwrap();
        for part in 0..3 {
            let fault = if part == lost {
                AppendFault::CutAfterCommit
            } else {
                AppendFault::Slow(std::time::Duration::ZERO)
            };
            stand_in.misbehave_on(STREAM, fault);
        }
        let large = snapshot(2, 2, 2 * MIB);
        store.save_snapshot(&large).await.unwrap();
        assert_eq!(stand_in.occurred(AppendFault::CutAfterCommit), 1);
        assert_eq!(load(&store).await, Some(large));
        assert_eq!(stand_in.stream(STREAM).len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_snapshot_is_none() {
    let (stand_in, store) = scene(impatient()).await;
    let whole = snapshot(1, 1, 2 * MIB);
    store.save_snapshot(&whole).await.unwrap();
    // One part gets through, then the server is away for as long as anybody tries.
    stand_in.misbehave_on(STREAM, AppendFault::Slow(std::time::Duration::ZERO));
    for _ in 0..1000 {
        stand_in.misbehave_on(STREAM, AppendFault::AbortBeforeCommit);
    }
    let error = store.save_snapshot(&snapshot(2, 2, 2 * MIB)).await;
    assert_eq!(error.unwrap_err().kind(), StoreErrorKind::Unavailable);
    assert_eq!(stand_in.stream(STREAM).len(), 4, "three parts, and one");
    stand_in.behave();
    assert_eq!(load(&store).await, Some(whole));
    let next = snapshot(3, 3, MIB);
    store.save_snapshot(&next).await.unwrap();
    assert_eq!(load(&store).await, Some(next));
}

#[tokio::test(flavor = "multi_thread")]
async fn savers_at_once_do_not_mix_their_parts() {
    let (stand_in, store) = scene(patient()).await;
    let other = open(&stand_in.url(), patient());
    for round in 0..5 {
        let one = snapshot(round, 1, MIB + MIB / 2);
        let two = snapshot(round, 2, MIB + MIB / 2);
        let (first, second) = tokio::join!(store.save_snapshot(&one), other.save_snapshot(&two));
        first.unwrap();
        second.unwrap();
        let kept = load(&store).await.unwrap();
        assert!(kept == one || kept == two, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_snapshots_stays_short() {
    let (stand_in, store) = scene(patient()).await;
    for version in 0..3 {
        store
            .save_snapshot(&snapshot(version, 0, 10))
            .await
            .unwrap();
    }
    let metadata = stand_in.stream(&format!("$${STREAM}"));
    assert_eq!(metadata.len(), 1);
    assert_eq!(&metadata[0].data[..], br#"{"$maxCount":32}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_large_a_snapshot_is_refused() {
    let (_stand_in, store) = scene(patient()).await;
    let refused = store.save_snapshot(&snapshot(1, 0, 16 * MIB)).await;
    assert_eq!(refused.unwrap_err().kind(), StoreErrorKind::Misconfigured);
}
