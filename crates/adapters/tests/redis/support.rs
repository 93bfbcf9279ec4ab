//! Helpers that the tests share.

use bytes::Bytes;
use minwon_adapters::redis::{RedisOptions, RedisReadModels};
use minwon_core::{
    CommitError, CountCell, Generation, GenerationName, GlobalPosition, Incarnation, IndexName,
    ListChange, ListName, ListPlace, Loaded, Lookup, ModelName, NamespaceName, Order, Phase,
    ProjectionName, ReadModelStore, Slice, SliceCheckpoint, SliceName, SliceWrites, StoreErrorKind,
    Timestamp, ViewKey, ViewSchema, Wanted,
};
use minwon_test_servers::RedisServer;
use std::time::Duration;

pub(crate) const RECEIPT: IndexName = IndexName::new("receipt");
pub(crate) const APPLICANT: IndexName = IndexName::new("applicant");
pub(crate) const STATUS: IndexName = IndexName::new("status");

/// Only a failing test waits so long, however slow the machine is.
const WAIT_MAX: Duration = Duration::from_secs(600);

pub(crate) async fn connect(server: &RedisServer) -> RedisReadModels {
    // A call on a connection that is cut may end by this limit alone.
    let options = RedisOptions::default().response_timeout(Duration::from_secs(20));
    options.connect(&server.url()).await.unwrap()
}

/// A store that gives up soon, for tests that wait for it to do so; yet not before an answer of a
/// server that runs has come on a busy machine.
pub(crate) async fn connect_impatient(url: &str) -> RedisReadModels {
    let short = Duration::from_secs(2);
    let options = RedisOptions::default().response_timeout(short);
    options.connect_timeout(short).connect(url).await.unwrap()
}

/// Repeats a call until it succeeds, as callers do.
pub(crate) async fn until_ok<T, E: std::fmt::Debug>(
    mut call: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let begun = std::time::Instant::now();
    loop {
        match call().await {
            Ok(answer) => return answer,
            Err(error) => assert!(begun.elapsed() < WAIT_MAX, "{error:?}"),
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) fn model() -> ModelName {
    ModelName {
        namespace: NamespaceName::new("general").unwrap(),
        projection: ProjectionName::new("petitions").unwrap(),
    }
}

pub(crate) fn generation() -> GenerationName {
    GenerationName {
        model: model(),
        generation: Generation::FIRST,
    }
}

pub(crate) fn slice(number: u16) -> SliceName {
    generation().slice(Slice::new(number))
}

pub(crate) fn at(incarnation: u64, position: u64) -> SliceCheckpoint {
    SliceCheckpoint {
        incarnation: Incarnation::new(incarnation),
        schema: ViewSchema::new(1),
        phase: Phase::Building,
        position: GlobalPosition::from_parts(position, position),
        last_event: None,
        recorded_at: Timestamp::UNIX_EPOCH,
    }
}

pub(crate) fn key(name: &str) -> ViewKey {
    ViewKey::new(name).unwrap()
}

pub(crate) fn document(name: &str, text: &str) -> (ViewKey, Option<Bytes>) {
    (key(name), Some(Bytes::copy_from_slice(text.as_bytes())))
}

pub(crate) fn documents<const N: usize>(all: [(&str, &str); N]) -> SliceWrites {
    SliceWrites {
        documents: all.map(|(name, text)| document(name, text)).into(),
        ..SliceWrites::default()
    }
}

pub(crate) fn lookup(value: &str) -> Lookup {
    Lookup {
        index: RECEIPT,
        value: value.into(),
    }
}

pub(crate) fn list(applicant: &str) -> ListName {
    ListName {
        index: APPLICANT,
        partition: applicant.into(),
    }
}

pub(crate) fn place(order: u64, name: &str) -> ListPlace {
    ListPlace {
        order: Order::new(order),
        key: key(name),
    }
}

pub(crate) fn cell(group: &str, member: &str) -> CountCell {
    CountCell {
        index: STATUS,
        group: group.into(),
        member: member.into(),
    }
}

/// Something of every kind, under these names.
pub(crate) fn one_of_each(name: &str) -> SliceWrites {
    SliceWrites {
        documents: vec![document(name, "민원")],
        lookups: vec![(lookup("R-1"), key(name), ListChange::Take)],
        lists: vec![(list("kim"), place(5, name), ListChange::Take)],
        counts: vec![(cell("2026-03-09", "open"), 3)],
    }
}

/// Everything that [`one_of_each`] writes, and whether there is more to find.
pub(crate) async fn load_each(store: &RedisReadModels, slice: &SliceName, name: &str) -> Loaded {
    let wanted = Wanted {
        documents: &[key(name)],
        lookups: &[lookup("R-1")],
        lists: &[(list("kim"), place(5, name))],
        counts: &[cell("2026-03-09", "open")],
    };
    store.load(slice, &wanted).await.unwrap()
}

pub(crate) fn each_loaded(checkpoint: SliceCheckpoint, name: &str) -> Loaded {
    Loaded {
        checkpoint: Some(checkpoint),
        is_damaged: false,
        documents: vec![Some(Bytes::from("민원"))],
        lookups: vec![vec![key(name)]],
        lists: vec![true],
        counts: vec![3],
    }
}

pub(crate) fn nothing_loaded(checkpoint: Option<SliceCheckpoint>) -> Loaded {
    Loaded {
        checkpoint,
        is_damaged: false,
        documents: vec![None],
        lookups: vec![vec![]],
        lists: vec![false],
        counts: vec![0],
    }
}

pub(crate) async fn load_documents<const N: usize>(
    store: &RedisReadModels,
    slice: &SliceName,
    names: [&str; N],
) -> (Option<SliceCheckpoint>, Vec<Option<Bytes>>) {
    let wanted = Wanted {
        documents: &names.map(key),
        ..Wanted::default()
    };
    let loaded = store.load(slice, &wanted).await.unwrap();
    (loaded.checkpoint, loaded.documents)
}

#[track_caller]
pub(crate) fn assert_moved(answer: Result<(), CommitError>, expected: Option<SliceCheckpoint>) {
    match answer {
        Err(CommitError::Moved { actual, .. }) => assert_eq!(actual.map(|at| *at), expected),
        other => panic!("not moved: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn assert_refused(answer: Result<(), CommitError>, kind: StoreErrorKind) {
    match answer {
        Err(CommitError::Store { source, .. }) => assert_eq!(source.kind(), kind, "{source:?}"),
        other => panic!("not refused: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn assert_unknown(answer: Result<(), CommitError>) {
    assert!(
        matches!(answer, Err(CommitError::OutcomeUnknown { .. })),
        "{answer:?}"
    );
}
