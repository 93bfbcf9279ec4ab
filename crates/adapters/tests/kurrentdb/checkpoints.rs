//! Checkpoints: their contract, and what becomes of them when the server misbehaves.

use minwon_adapters::kurrentdb::KurrentStore;
use minwon_core::{
    CheckpointError, CheckpointName, CheckpointStore, ConsumerName, GlobalPosition, NamespaceName,
    Slice, StoreErrorKind, testing::conformance,
};
use minwon_kurrentdb_stand_in::{AppendFault, StandIn};

use crate::scene::{impatient, many_faults, open, patient, scene};

fn name_in(namespace: &str) -> CheckpointName {
    CheckpointName {
        namespace: NamespaceName::new(namespace).unwrap(),
        consumer: ConsumerName::new("permits:notices").unwrap(),
        slice: Slice::new(3),
    }
}

fn name() -> CheckpointName {
    name_in("general")
}

const fn at(number: u64) -> GlobalPosition {
    GlobalPosition::from_parts(number, number - 1)
}

async fn try_save(
    store: &KurrentStore,
    from: GlobalPosition,
    to: GlobalPosition,
) -> Result<(), CheckpointError> {
    store.save_checkpoint(&name(), from, to).await
}

async fn save(store: &KurrentStore, from: GlobalPosition, to: GlobalPosition) {
    try_save(store, from, to).await.unwrap();
}

async fn load(store: &KurrentStore) -> GlobalPosition {
    store.load_checkpoint(&name()).await.unwrap()
}

const STREAM: &str = "minwon-checkpoint/general/permits:notices/3";

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept() {
    let (_stand_in, store) = scene(patient()).await;
    conformance::checkpoint_store(async || store.clone())
        .await
        .assert_all_hold();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_whatever_the_server_does() {
    let (stand_in, store) = scene(patient()).await;
    stand_in.misbehave_by(many_faults(5));
    conformance::checkpoint_store(async || store.clone())
        .await
        .assert_all_hold();
    assert!(stand_in.occurred_by_fault().len() > 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_save_is_one_append() {
    let (stand_in, store) = scene(patient()).await;
    save(&store, GlobalPosition::START, at(10)).await;
    let metadata = stand_in.stream(&format!("$${STREAM}"));
    assert_eq!(metadata.len(), 1);
    assert_eq!(&metadata[0].data[..], br#"{"$maxCount":1}"#);
    let reads = stand_in.events_sent();
    for number in 11..=20 {
        save(&store, at(number - 1), at(number)).await;
    }
    assert_eq!(stand_in.events_sent(), reads, "nothing was read");
    assert_eq!(stand_in.stream(STREAM).len(), 11);
    assert_eq!(stand_in.stream(&format!("$${STREAM}")).len(), 1);
    assert_eq!(load(&open(&stand_in.url(), patient())).await, at(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_found_out() {
    for fault in [
        AppendFault::AbortAfterCommit,
        AppendFault::CutAfterCommit,
        AppendFault::DeadlineAfterCommit,
        AppendFault::MissingOutcome,
        AppendFault::CutBeforeCommit,
        AppendFault::HangAfterCommit,
        AppendFault::HangBeforeCommit,
    ] {
        let (stand_in, store) = scene(impatient()).await;
        save(&store, GlobalPosition::START, at(10)).await;
        stand_in.misbehave_on(STREAM, fault);
        save(&store, at(10), at(11)).await;
        save(&store, at(11), at(12)).await;
        // What comes late changes nothing.
        stand_in.behave();
        save(&store, at(12), at(13)).await;
        assert_eq!(load(&store).await, at(13), "{fault:?}");
        assert_eq!(stand_in.occurred(fault), 1);
        assert_eq!(stand_in.stream(STREAM).len(), 4, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_twin_is_noticed() {
    let (stand_in, store) = scene(patient()).await;
    let twin = open(&stand_in.url(), patient());
    save(&store, GlobalPosition::START, at(10)).await;
    save(&twin, at(10), at(30)).await;
    // The store remembers another place.
    for position in [at(20), at(10)] {
        let moved = try_save(&store, at(10), position).await.unwrap_err();
        assert!(
            matches!(moved, CheckpointError::Moved { actual, .. } if actual == at(30)),
            "{moved}"
        );
    }
    // And two that move alike do not hinder each other.
    save(&store, at(30), at(40)).await;
    save(&twin, at(30), at(40)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_wrote_is_no_checkpoint() {
    let (stand_in, store) = scene(patient()).await;
    stand_in.write(STREAM, "Other", "{\"a\":1}", "");
    let error = store.load_checkpoint(&name()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Corrupt);
    assert!(error.to_string().contains(STREAM), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_server_is_an_error() {
    let stand_in = StandIn::builder().down().start().await.unwrap();
    let store = open(&stand_in.url(), impatient());
    let saved = try_save(&store, GlobalPosition::START, at(1)).await;
    let error = saved.unwrap_err();
    assert!(
        matches!(&error, CheckpointError::Store { source, .. } if source.kind() == StoreErrorKind::Unavailable),
        "{error}"
    );
    stand_in.start_all().unwrap();
    save(&store, GlobalPosition::START, at(1)).await;
}

const OLD_STREAM: &str = "minwon-checkpoint-permits:notices:3";
const OLD: &str = r#"{"position":"40/39"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_without_a_namespace_is_nobodys() {
    let (stand_in, store) = scene(patient()).await;
    stand_in.write(OLD_STREAM, "CheckpointSaved", OLD, "");
    assert_eq!(load(&store).await, GlobalPosition::START);
    save(&store, GlobalPosition::START, at(10)).await;
    assert_eq!(stand_in.stream(OLD_STREAM).len(), 1, "it stays as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_without_a_namespace_is_given_to_the_only_one() {
    let (stand_in, _) = scene(patient()).await;
    stand_in.write(OLD_STREAM, "CheckpointSaved", OLD, "");
    let options = patient().old_checkpoints_of(name().namespace);
    let store = open(&stand_in.url(), options.clone());
    let other = store.load_checkpoint(&name_in("car")).await.unwrap();
    assert_eq!(other, GlobalPosition::START);
    assert_eq!(load(&store).await, at(40));
    save(&open(&stand_in.url(), options), at(40), at(50)).await;
    assert_eq!(load(&store).await, at(50));
}
